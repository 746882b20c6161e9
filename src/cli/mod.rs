//! The command line: arguments as typed, commands, messages and exit codes. Nobody imports this module.

mod arguments;
mod error;
mod generate;
mod limit;
mod message;
mod policy;
mod progress;
mod run;
mod run_identity;
mod signals;
mod summary;
mod table;
mod verify;

use arguments::{Arguments, Command};
use clap::Parser;
use error::CommandError;
use std::process::ExitCode;

/// Exit code of a wrong command line.
const USAGE: u8 = 64;

/// Runs the program and returns its exit code (SPEC §4).
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is no reason to complain about help.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let outcome = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Generate(arguments) => generate::generate(&arguments),
        Command::Policy(arguments) => policy::policy(&arguments),
        Command::Verify(arguments) => verify::verify(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandError::BrokenPipe) => ExitCode::SUCCESS,
        Err(error) => {
            message::error(&error.to_string(), error.hint().as_deref());
            ExitCode::from(error.exit_code())
        }
    }
}
