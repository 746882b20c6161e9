//! `renewals verify`: whether a published directory is what its manifest says.

use super::arguments::VerifyArguments;
use super::error::CommandError;
use super::message;
use crate::objects::{Bucket, ObjectUrl};
use crate::publish::{self, Manifest, VerifyProblem};
use std::io::Write;

/// Checks sizes and SHA-256 of every file of a published run.
///
/// # Errors
/// A directory that is no published run, or is not what its manifest says.
pub fn verify(arguments: &VerifyArguments) -> Result<(), CommandError> {
    let directory = &arguments.directory;
    let (manifest, problems) = match ObjectUrl::parse(directory) {
        Some(url) => verify_objects(&url.map_err(CommandError::Address)?)?,
        None => {
            let problems = publish::verify(directory)?;
            (publish::read_manifest(directory)?, problems)
        }
    };
    for problem in &problems {
        message::line(&format!("{}: {problem}", directory.display()));
    }
    if !problems.is_empty() {
        return Err(CommandError::NotVerified { directory: directory.clone(), count: problems.len() });
    }
    let mut output = std::io::stdout().lock();
    writeln!(output, "{} files verified, run {}", manifest.files.len(), manifest.head.run_id)?;
    Ok(output.flush()?)
}

fn verify_objects(url: &ObjectUrl) -> Result<(Manifest, Vec<VerifyProblem>), CommandError> {
    let bucket = Bucket::open(url, || false).map_err(CommandError::Address)?;
    Ok(publish::verify_objects(&bucket, url)?)
}
