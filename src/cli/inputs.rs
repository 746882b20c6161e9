//! From the paths and reading options of a command line to inputs whose headers are checked.

use super::arguments::{AUTO_PROFILE, ReadingArguments};
use super::error::CommandError;
use super::signals::Signals;
use crate::configuration::listed;
use crate::ingest::stream::Cancellation;
use crate::ingest::{Constant, ConstantOrigin, DateFormat, IngestError, Mapping, ReadOptions, column_of, find_inputs};
use crate::pipeline::{Input, RunError};
use crate::profile::{self, ProfileFile};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Inputs that can be read, and what reading them takes.
pub struct OpenedInputs {
    /// The inputs, in order.
    pub inputs: Vec<Input>,
    /// How text dates are written where no profile says so.
    pub date_format: DateFormat,
    /// The profile by which they are read, if there is one.
    pub profile: Option<ProfileFile>,
    /// What to tell of the profile that was picked, if one was to be picked.
    pub picked: Option<String>,
}

/// Finds and opens the inputs, and checks their headers.
///
/// `signals` end the waiting for an input from which nothing comes.
///
/// # Errors
/// Options that contradict each other or the inputs, and inputs that cannot be used.
pub fn open_inputs(
    paths: &[PathBuf],
    reading: &ReadingArguments,
    signals: &Signals,
) -> Result<OpenedInputs, CommandError> {
    let date_format = date_format(reading)?;
    let opening = Opening { paths, reading, signals };
    let (profile, inputs, picked) = opening.open_by_profile()?;
    Ok(OpenedInputs { inputs, date_format, profile, picked })
}

/// The form of dates where no profile says it.
///
/// # Errors
/// A form that names no day.
pub fn date_format(reading: &ReadingArguments) -> Result<DateFormat, CommandError> {
    Ok(match &reading.date_format {
        Some(format) => DateFormat::parse(format)?,
        None => DateFormat::Iso,
    })
}

/// How inputs are read by these arguments, and by a profile if there is one.
///
/// # Errors
/// Constants that are no values of their columns.
pub fn read_options(
    reading: &ReadingArguments,
    signals: &Signals,
    profile: Option<&ProfileFile>,
) -> Result<ReadOptions, CommandError> {
    let mut options = ReadOptions::new(reading.max_record_bytes as usize);
    options.max_expansion = reading.max_expansion;
    let signals = signals.clone();
    options.cancellation = Cancellation::new(move || signals.received().is_some());
    options.encoding = reading.encoding;
    options.sheet.clone_from(&reading.sheet);
    if profile.is_none() && reading.set.is_empty() {
        return Ok(options);
    }
    let mut mapping = profile.map_or_else(Mapping::default, |profile| profile.mapping.clone());
    for (index, (column, value)) in reading.set.iter().enumerate() {
        if reading.set[..index].iter().any(|(earlier, _)| earlier == column) {
            return Err(CommandError::ConstantTwice(column.as_str()));
        }
        mapping.constants[column.index()] = Some(Constant::new(*column, value, ConstantOrigin::CommandLine)?);
    }
    if reading.date_format.is_some() {
        mapping.dates = Default::default();
    }
    options.mapping = Some(Arc::new(mapping));
    Ok(options)
}

/// What inputs are opened by.
pub struct Opening<'a> {
    /// Where they lie.
    pub paths: &'a [PathBuf],
    /// How they are read.
    pub reading: &'a ReadingArguments,
    /// What ends the waiting for one.
    pub signals: &'a Signals,
}

/// The profile by which inputs are read, the inputs, and what to tell of a profile that was picked.
type OpenedByProfile = (Option<ProfileFile>, Vec<Input>, Option<String>);

impl Opening<'_> {
    /// The profile that is asked for, and the inputs opened by it.
    ///
    /// # Errors
    /// A profile or inputs that cannot be used.
    pub fn open_by_profile(&self) -> Result<OpenedByProfile, CommandError> {
        match self.reading.profile.as_deref() {
            Some(AUTO_PROFILE) => {
                let (profile, inputs) = self.pick()?;
                let picked = match &profile {
                    Some(profile) => {
                        format!("profile {}: the only one that fits the headers of all inputs", profile.id)
                    }
                    None => "no profile is needed: the headers are those of the data contract".to_owned(),
                };
                Ok((profile, inputs, Some(picked)))
            }
            Some(name) => {
                let profile = profile::load(name)?;
                let inputs = self.open(Some(&profile))?;
                Ok((Some(profile), inputs, None))
            }
            None => Ok((None, self.open(None)?, None)),
        }
    }

    fn open(&self, profile: Option<&ProfileFile>) -> Result<Vec<Input>, CommandError> {
        let options = read_options(self.reading, self.signals, profile)?;
        let mut inputs = Vec::new();
        for found in find_inputs(self.paths, &options.cancellation).map_err(RunError::from)? {
            // Of very many files the headers alone take seconds.
            if options.cancellation.is_cancelled() {
                return Err(RunError::Cancelled.into());
            }
            inputs.push(Input::open(found, &options).map_err(RunError::from)?);
        }
        Ok(inputs)
    }

    /// The one profile that all inputs fit; none if they have the headers of the specification.
    ///
    /// A file fits a profile that finds all needed columns in it, and that ignores no column which another such
    /// profile reads: otherwise labels that two languages share would fit both.
    fn pick(&self) -> Result<(Option<ProfileFile>, Vec<Input>), CommandError> {
        if self.paths.iter().any(|path| path.as_os_str() == "-") {
            return Err(CommandError::AutoOfStandardInput);
        }
        match self.open(None) {
            Err(CommandError::Run(RunError::Ingest(error))) if is_misfit(&error) => {}
            outcome => return outcome.map(|inputs| (None, inputs)),
        }
        let mut fitting = Vec::new();
        let mut lacks = Vec::new();
        let mut first_misfit = None;
        for shipped in profile::shipped() {
            let profile = profile::load(shipped.id)?;
            match self.open(Some(&profile)) {
                Ok(inputs) => fitting.push((profile, inputs)),
                Err(CommandError::Run(RunError::Ingest(
                    IngestError::Header { path, problem, .. } | IngestError::Columns { path, problem },
                ))) => {
                    lacks.push(format!("\n  {}: {problem}", shipped.id));
                    first_misfit.get_or_insert(path);
                }
                Err(error) => return Err(error),
            }
        }
        if let (true, Some(path)) = (fitting.is_empty(), first_misfit) {
            return Err(CommandError::NoProfileFits { path, lacks });
        }
        let several = listed(fitting.iter().map(|(profile, _)| profile.id.as_str()));
        let known: BTreeSet<String> = fitting.iter().flat_map(known_headers).collect();
        fitting.retain(|candidate| known_headers(candidate) == known);
        match (fitting.pop(), fitting.is_empty()) {
            (Some((profile, inputs)), true) => Ok((Some(profile), inputs)),
            _ => Err(CommandError::SeveralProfilesFit(several)),
        }
    }
}

/// The headers of the inputs that a profile reads.
fn known_headers((profile, inputs): &(ProfileFile, Vec<Input>)) -> BTreeSet<String> {
    let headers = profile.mapping.headers.as_ref();
    let names = inputs.iter().flat_map(|input| input.names());
    names.filter(|name| column_of(name, headers).is_some()).cloned().collect()
}

/// Whether an error says that the headers are not those that were looked for.
const fn is_misfit(error: &IngestError) -> bool {
    matches!(error, IngestError::Header { .. } | IngestError::Columns { .. })
}
