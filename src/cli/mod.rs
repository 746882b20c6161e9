//! The command line: arguments as typed, commands, messages and exit codes. Nobody imports this module.

mod arguments;
mod backtest;
mod check;
mod diff;
mod diff_summary;
mod diff_table;
mod documents;
mod ending_facts;
mod error;
mod explain;
mod forecasting;
mod generate;
mod inputs;
mod limit;
mod lineage;
mod message;
mod metrics;
mod near_headers;
mod nearby;
mod page;
mod policy;
mod profile;
mod progress;
mod reach;
mod refusal;
mod repetition;
mod run;
mod run_ending;
mod run_identity;
mod side_file;
mod side_files;
mod signals;
mod summary;
mod table;
mod terminal;
mod verify;
mod workbook;

use arguments::{Arguments, Command, LogFormat};
use clap::Parser;
use error::CommandError;
use std::ffi::OsString;
use std::process::ExitCode;

/// Exit code of a wrong command line.
const USAGE: u8 = 64;

/// Runs the program and returns its exit code (SPEC §4).
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return ExitCode::from(refuse(&refusal::printable(error))),
    };
    message::start(match &arguments.command {
        Command::Run(arguments) => arguments.messages.display.log_format,
        Command::Backtest(arguments) => arguments.display.log_format,
        Command::Diff(arguments) => arguments.display.log_format,
        _ => LogFormat::Text,
    });
    let outcome = match arguments.command {
        Command::Run(arguments) => return ExitCode::from(run::run(&arguments)),
        Command::Check(arguments) => check::check(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Diff(arguments) => return ExitCode::from(diff::diff(&arguments)),
        Command::Generate(arguments) => generate::generate(&arguments),
        Command::Backtest(arguments) => backtest::backtest(&arguments),
        Command::Assumptions(arguments) => policy::assumptions(&arguments),
        Command::Policy(arguments) => policy::policy(&arguments),
        Command::Profile(arguments) => profile::profile(&arguments),
        Command::Verify(arguments) => verify::verify(&arguments),
        Command::Completions(arguments) => documents::completions(&arguments),
        Command::Man(arguments) => documents::man(&arguments),
    };
    ExitCode::from(exit_code(outcome))
}

/// The exit code of a command, telling of its error.
fn exit_code(outcome: Result<(), CommandError>) -> u8 {
    match outcome {
        // A closed pipe is no reason to complain.
        Ok(()) | Err(CommandError::BrokenPipe) => 0,
        Err(error) => {
            message::error(&error.to_string(), error.exit_code(), error.hint().as_deref());
            error.exit_code()
        }
    }
}

/// Answers a command line that asks for help or the version, or that is wrong.
fn refuse(error: &clap::Error) -> u8 {
    let printed = error.print().map_err(CommandError::from);
    if !error.use_stderr() {
        message::start(LogFormat::Text);
        return exit_code(printed);
    }
    let is_json = |argument: &OsString| argument.to_str().is_some_and(|text| text.split('=').next() == Some("--json"));
    if std::env::args_os().skip(1).take_while(|argument| argument != "--").any(|argument| is_json(&argument)) {
        // The exit code says it too.
        let _ = run_ending::print(&run_ending::usage_object(&error.to_string(), USAGE));
    }
    USAGE
}
