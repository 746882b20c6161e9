//! `renewals profile`: which profiles there are, and what they say.

use super::arguments::{ProfileArguments, ProfileCommand};
use super::error::CommandError;
use crate::profile::{load, shipped};
use std::io::Write;

/// Lists or shows profiles on standard output.
///
/// # Errors
/// A profile that cannot be used.
pub fn profile(arguments: &ProfileArguments) -> Result<(), CommandError> {
    let mut output = std::io::stdout().lock();
    match &arguments.command {
        ProfileCommand::List => {
            for profile in shipped() {
                let file = load(profile.id)?;
                writeln!(output, "{:<22} {}", profile.id, file.title)?;
            }
        }
        ProfileCommand::Show { profile } => output.write_all(load(profile)?.text.as_bytes())?,
    }
    Ok(output.flush()?)
}
