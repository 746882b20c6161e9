//! From the paths and reading options of a command line to inputs whose headers are checked.

use super::arguments::ReadingArguments;
use super::error::CommandError;
use super::signals::Signals;
use crate::ingest::stream::Cancellation;
use crate::ingest::{DateFormat, ReadOptions, find_inputs};
use crate::pipeline::{Input, RunError};
use std::path::PathBuf;

/// Inputs that can be read, and what reading them takes.
pub struct OpenedInputs {
    /// The inputs, in order.
    pub inputs: Vec<Input>,
    /// How text dates are written.
    pub date_format: DateFormat,
}

/// Finds and opens the inputs, and checks their headers.
///
/// # Errors
/// Options that contradict each other or the inputs, and inputs that cannot be used.
pub fn open_inputs(
    paths: &[PathBuf],
    reading: &ReadingArguments,
    signals: &Signals,
) -> Result<OpenedInputs, CommandError> {
    let date_format = match &reading.date_format {
        Some(format) => DateFormat::parse(format)?,
        None => DateFormat::Iso,
    };
    let signals = signals.clone();
    let mut options = ReadOptions::new(reading.max_record_bytes as usize);
    options.cancellation = Cancellation::new(move || signals.received().is_some());
    let mut inputs = Vec::new();
    for found in find_inputs(paths)? {
        inputs.push(Input::open(found, &options).map_err(RunError::from)?);
    }
    Ok(OpenedInputs { inputs, date_format })
}
