//! `renewals completions` and `renewals man`: what the program says of itself, for shells and for `man`.

use super::arguments::{Arguments, CompletionsArguments, ManArguments};
use super::error::CommandError;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::fs;
use std::io::Write;
use std::path::Path;

const NAME: &str = env!("CARGO_PKG_NAME");

/// Prints the completions of a shell.
///
/// # Errors
/// Standard output cannot be written.
pub fn completions(arguments: &CompletionsArguments) -> Result<(), CommandError> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), NAME, &mut text);
    print(&text)
}

/// Prints the manual page of a command, or writes those of all.
///
/// # Errors
/// A command that does not exist, and whatever cannot be written.
pub fn man(arguments: &ManArguments) -> Result<(), CommandError> {
    let program = named_commands();
    if let Some(directory) = &arguments.out {
        fs::create_dir_all(directory).map_err(|source| CommandError::Write { path: directory.clone(), source })?;
        return write_pages(&program, directory);
    }
    let mut command = &program;
    for name in &arguments.command {
        command = command.find_subcommand(name).ok_or_else(|| CommandError::NoCommand(arguments.command.join(" ")))?;
    }
    print(&page(command)?)
}

/// The command line, each command by its whole name, such as `renewals-policy-show`.
fn named_commands() -> Command {
    fn name(command: Command, prefix: &str) -> Command {
        let own =
            if prefix.is_empty() { command.get_name().to_owned() } else { format!("{prefix}-{}", command.get_name()) };
        let typed = own.replace('-', " ");
        let version = env!("CARGO_PKG_VERSION");
        command.version(version).display_name(own.clone()).bin_name(typed).mut_subcommands(|inner| name(inner, &own))
    }
    name(Arguments::command().disable_help_subcommand(true), "")
}

fn page(command: &Command) -> Result<Vec<u8>, CommandError> {
    let title = command.get_display_name().unwrap_or(NAME).to_owned();
    let mut text = Vec::new();
    Man::new(command.clone()).title(title).manual("renewals").render(&mut text)?;
    Ok(text)
}

fn write_pages(command: &Command, directory: &Path) -> Result<(), CommandError> {
    let path = directory.join(format!("{}.1", command.get_display_name().unwrap_or(NAME)));
    let text = page(command)?;
    fs::write(&path, text).map_err(|source| CommandError::Write { path, source })?;
    command.get_subcommands().try_for_each(|inner| write_pages(inner, directory))
}

fn print(text: &[u8]) -> Result<(), CommandError> {
    let mut output = std::io::stdout().lock();
    output.write_all(text)?;
    Ok(output.flush()?)
}
