//! `renewals verify`: whether a published directory is what its manifest says.

use super::arguments::VerifyArguments;
use super::error::CommandError;
use super::message;
use super::summary;
use crate::formats::RowCounter;
use crate::objects::{Bucket, ObjectUrl};
use crate::publish::{self, ContentReader, Contents, Manifest, ManifestHead, VerifyProblem};
use serde::Deserialize;
use std::io::{self, Write};

/// Most bytes of a summary that are looked at; it lists every input.
const SUMMARY_BYTES_MAX: usize = 256 << 20;

/// Checks sizes, SHA-256 and rows of every file of a published run, and that its summary is of that run.
///
/// # Errors
/// A directory that is no published run, or is not what its manifest says.
pub fn verify(arguments: &VerifyArguments) -> Result<(), CommandError> {
    let directory = &arguments.directory;
    let (manifest, problems) = match ObjectUrl::parse(directory) {
        Some(url) => verify_objects(&url.map_err(CommandError::Address)?)?,
        None => {
            let problems = publish::verify(directory, &reader_of)?;
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
    Ok(publish::verify_objects(&bucket, url, &reader_of)?)
}

/// What reads a file of this name, if that can tell something of it.
fn reader_of(name: &str) -> Option<Box<dyn ContentReader>> {
    if name == summary::FILE_NAME {
        return Some(Box::new(SummaryReader(Vec::new())));
    }
    Some(Box::new(RowsReader(RowCounter::of(name).transpose()?)))
}

/// Counts the rows of a report.
struct RowsReader(io::Result<RowCounter>);

impl Write for RowsReader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Ok(counter) => counter.write(bytes),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ContentReader for RowsReader {
    fn finish(self: Box<Self>) -> Result<Contents, String> {
        let rows = self.0.map_err(|error| error.to_string())?.finish()?;
        Ok(Contents { rows: Some(rows), head: None })
    }
}

/// The part that tells what a summary is of.
#[derive(Deserialize)]
struct Marks {
    schema: Option<String>,
}

/// Reads of a summary what run it is of.
struct SummaryReader(Vec<u8>);

impl Write for SummaryReader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > SUMMARY_BYTES_MAX {
            return Err(io::Error::other(format!("it is larger than {} MiB", SUMMARY_BYTES_MAX >> 20)));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ContentReader for SummaryReader {
    fn finish(self: Box<Self>) -> Result<Contents, String> {
        let read = |error: serde_json::Error| error.to_string();
        let Marks { schema } = serde_json::from_slice(&self.0).map_err(read)?;
        // The summary of a comparison is of two runs.
        let is_of_a_run = schema.as_deref() == Some(summary::SCHEMA);
        let head = is_of_a_run.then(|| serde_json::from_slice::<ManifestHead>(&self.0)).transpose();
        Ok(Contents { rows: Some(0), head: head.map_err(read)? })
    }
}
