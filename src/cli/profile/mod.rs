//! `renewals profile`: which profiles there are, what they say, and how they understand a file.

mod check;
mod findings;
mod look;

use crate::cli::arguments::{ProfileArguments, ProfileCommand};
use crate::cli::error::CommandError;
use crate::profile::{load, shipped};
use std::io::Write;

/// Lists, shows or tries profiles on standard output.
///
/// # Errors
/// A profile that cannot be used, and a file that is not understood.
pub fn profile(arguments: &ProfileArguments) -> Result<(), CommandError> {
    let mut output = std::io::stdout().lock();
    match &arguments.command {
        ProfileCommand::List => {
            for profile in shipped() {
                let file = load(profile.id)?;
                writeln!(output, "{:<22} {}", profile.id, file.title)?;
            }
        }
        ProfileCommand::Check(arguments) => return check::check(arguments),
        ProfileCommand::Show { profile } => output.write_all(load(profile)?.text.as_bytes())?,
    }
    Ok(output.flush()?)
}
