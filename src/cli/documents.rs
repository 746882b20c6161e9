//! `renewals completions` and `renewals man`: what the program says of itself, for shells and for `man`.

use super::arguments::{Arguments, CompletionsArguments, ManArguments, policies, profile_choices, profiles};
use super::error::CommandError;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
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
    let mut text = String::from_utf8_lossy(&text).into_owned();
    for ids in [policies(), profiles(), profile_choices()] {
        text = with_files(&text, arguments.shell, &ids);
    }
    if arguments.shell == Shell::Fish {
        text.push_str(&shown_ids("policy", &policies()));
        text.push_str(&shown_ids("profile", &profiles()));
    }
    print(text.as_bytes())
}

/// Completions in which files are offered wherever these ids are: both may stand there, but `clap_complete` offers
/// files only where nothing is known by name.
fn with_files(text: &str, shell: Shell, ids: &[&str]) -> String {
    let listed = ids.join(" ");
    match shell {
        Shell::Bash => text.replace(&format!("compgen -W \"{listed}\""), &format!("compgen -f -W \"{listed}\"")),
        Shell::Zsh => text.replace(&format!(":({listed})'"), &format!(":{{compadd -- {listed}; _files}}'")),
        Shell::Fish => {
            let listed = ids.iter().map(|id| format!("{id}\\t''")).collect::<Vec<_>>().join("\n");
            text.replace(&format!(" -f -a \"{listed}\""), &format!(" -F -a \"{listed}\""))
        }
        _ => text.to_owned(),
    }
}

/// What fish completes after `policy show` and `profile show`, which `clap_complete` leaves to files.
fn shown_ids(command: &str, ids: &[&str]) -> String {
    let condition = format!("__fish_seen_subcommand_from {command}; and __fish_seen_subcommand_from show");
    format!("complete -c {NAME} -n \"{condition}\" -F -a \"{}\"\n", ids.join(" "))
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
