//! `renewals policy` and `renewals assumptions`: which there are, and what they say.

use super::arguments::{AssumptionsArguments, PolicyArguments, PolicyCommand};
use super::error::CommandError;
use crate::policy::{DEFAULT_ID, default_assumptions, load, load_assumptions, shipped};
use std::io::Write;

/// Lists or shows policies on standard output.
///
/// # Errors
/// A policy that cannot be used.
pub fn policy(arguments: &PolicyArguments) -> Result<(), CommandError> {
    let mut output = std::io::stdout().lock();
    match &arguments.command {
        PolicyCommand::List => {
            for policy in shipped() {
                let file = load(policy.id)?;
                let mark = if policy.id == DEFAULT_ID { " (default)" } else { "" };
                writeln!(output, "{:<12} {}{mark}", policy.id, file.title)?;
            }
        }
        PolicyCommand::Show { policy } => output.write_all(load(policy)?.text.as_bytes())?,
    }
    Ok(output.flush()?)
}

/// Prints assumptions on standard output.
///
/// # Errors
/// Assumptions that cannot be used.
pub fn assumptions(arguments: &AssumptionsArguments) -> Result<(), CommandError> {
    let file = match &arguments.file {
        Some(path) => load_assumptions(path)?,
        None => default_assumptions()?,
    };
    let mut output = std::io::stdout().lock();
    output.write_all(file.text.as_bytes())?;
    Ok(output.flush()?)
}
