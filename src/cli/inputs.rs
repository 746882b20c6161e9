//! From the paths and reading options of a command line to inputs whose headers are checked.

use super::arguments::{AUTO_PROFILE, ReadingArguments};
use super::error::CommandError;
use super::near_headers;
use super::signals::Signals;
use crate::configuration::listed;
use crate::ingest::stream::Cancellation;
use crate::ingest::{
    Column, Constant, ConstantOrigin, DateFormat, HeaderProblem, IngestError, Mapping, ReadOptions, column_of,
    find_inputs,
};
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

/// Finds and opens the inputs, checks their headers, and warns of those that are nearly a column's.
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
    check_use(reading, &inputs)?;
    near_headers::warn(&inputs);
    Ok(OpenedInputs { inputs, date_format, profile, picked })
}

/// Refuses options that no input has a use for.
fn check_use(reading: &ReadingArguments, inputs: &[Input]) -> Result<(), CommandError> {
    let has = |format: &str| inputs.iter().any(|input| input.format() == format);
    if reading.sheet.is_some() && !has("xlsx") {
        return Err(CommandError::WithoutUse { option: "--sheet", what: "Excel workbooks" });
    }
    if reading.encoding.is_some() && !has("csv") {
        return Err(CommandError::WithoutUse { option: "--encoding", what: "CSV" });
    }
    Ok(())
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
#[derive(Clone, Copy)]
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
            None => match self.open(None) {
                Err(CommandError::Run(RunError::Ingest(error))) if lacks_column(&error) => {
                    let hint = self.suggestion().unwrap_or_else(|| error.hint().to_owned());
                    Err(CommandError::Misfit { error: Box::new(error), hint })
                }
                inputs => Ok((None, inputs?, None)),
            },
        }
    }

    /// Which shipped profile inputs with other headers would fit, in words; `None` if none would, or if they cannot be
    /// looked at once more.
    pub fn suggestion(&self) -> Option<String> {
        let is_remote = |path: &PathBuf| path.as_os_str() == "-" || path.to_string_lossy().contains("://");
        if self.paths.iter().any(is_remote) {
            return None;
        }
        let tried = self.try_shipped().ok()?;
        if let Some(set) = &tried.with_partner {
            return Some(set.clone());
        }
        let fitting = most_specific(tried.fitting);
        let [profile] = fitting.as_slice() else { return None };
        let id = &profile.0.id;
        Some(format!(
            "the headers are those of --profile {id}; `renewals profile check --profile {id}` shows how it reads them"
        ))
    }

    fn open(&self, profile: Option<&ProfileFile>) -> Result<Vec<Input>, CommandError> {
        let options = read_options(self.reading, self.signals, profile)?;
        let mut inputs: Vec<Input> = Vec::new();
        for found in find_inputs(self.paths, &options.cancellation).map_err(RunError::from)? {
            // Of very many files the headers alone take seconds.
            if options.cancellation.is_cancelled() {
                return Err(RunError::Cancelled.into());
            }
            let mut input = Input::open(found, &options).map_err(RunError::from)?;
            if let Some(previous) = inputs.last() {
                input.share_layout(previous);
            }
            inputs.push(input);
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
        let Tried { fitting, lacks, first_misfit, with_partner } = self.try_shipped()?;
        if let (true, Some(path)) = (fitting.is_empty(), first_misfit) {
            return Err(CommandError::NoProfileFits { path, lacks, hint: with_partner });
        }
        let several = listed(fitting.iter().map(|(profile, _)| profile.id.as_str()));
        let mut fitting = most_specific(fitting);
        match (fitting.pop(), fitting.is_empty()) {
            (Some((profile, inputs)), true) => Ok((Some(profile), inputs)),
            _ => Err(CommandError::SeveralProfilesFit(several)),
        }
    }

    /// Opens the inputs by each shipped profile.
    fn try_shipped(&self) -> Result<Tried, CommandError> {
        let mut tried = Tried::default();
        for shipped in profile::shipped() {
            let profile = profile::load(shipped.id)?;
            match self.open(Some(&profile)) {
                Ok(inputs) => tried.fitting.push((profile, inputs)),
                Err(CommandError::Run(RunError::Ingest(
                    IngestError::Header { path, problem, .. } | IngestError::Columns { path, problem },
                ))) => {
                    tried.lacks.push(format!("\n  {}: {problem}", shipped.id));
                    tried.first_misfit.get_or_insert(path);
                    if matches!(problem, HeaderProblem::MissingHeader { column: Column::PartnerId, .. })
                        && self.fits_with_partner(&profile)
                    {
                        tried.with_partner.get_or_insert_with(|| partner_words(shipped.id));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(tried)
    }

    /// Whether nothing but the partner is missing.
    fn fits_with_partner(&self, profile: &ProfileFile) -> bool {
        let mut reading = self.reading.clone();
        reading.set.push((Column::PartnerId, "0".to_owned()));
        Opening { reading: &reading, ..*self }.open(Some(profile)).is_ok()
    }
}

/// What came of opening inputs by each shipped profile.
#[derive(Default)]
struct Tried {
    /// Those that fit, with the inputs.
    fitting: Vec<(ProfileFile, Vec<Input>)>,
    /// What each other one lacked, a line each.
    lacks: Vec<String>,
    /// The first input that does not fit one of them.
    first_misfit: Option<PathBuf>,
    /// The words about the first one that fits but for the partner, who is not in the file.
    with_partner: Option<String>,
}

fn partner_words(profile: &str) -> String {
    format!("the file does not say whose it is: give the partner with --profile {profile} --set partner_id=ID")
}

/// Those that ignore no column which another one reads; of several, those that have every header among their own names
/// which another one has, since the specification's names count for all.
fn most_specific(mut fitting: Vec<(ProfileFile, Vec<Input>)>) -> Vec<(ProfileFile, Vec<Input>)> {
    let known: BTreeSet<String> = fitting.iter().flat_map(known_headers).collect();
    fitting.retain(|candidate| known_headers(candidate) == known);
    let own: BTreeSet<String> = fitting.iter().flat_map(own_headers).collect();
    if fitting.iter().any(|candidate| own_headers(candidate) == own) {
        fitting.retain(|candidate| own_headers(candidate) == own);
    }
    fitting
}

/// The headers of the inputs that a profile names itself.
fn own_headers((profile, inputs): &(ProfileFile, Vec<Input>)) -> BTreeSet<String> {
    let headers = profile.mapping.headers.as_ref();
    let names = inputs.iter().flat_map(|input| input.names());
    let is_own = |name: &str| Column::from_header(name).is_none() && headers.is_some_and(|own| own.names_itself(name));
    names.filter(|name| is_own(name)).cloned().collect()
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

/// Whether an error says that a needed column is missing under the names of the specification.
const fn lacks_column(error: &IngestError) -> bool {
    matches!(
        error,
        IngestError::Header { problem: HeaderProblem::MissingColumn { .. }, .. }
            | IngestError::Columns { problem: HeaderProblem::MissingColumn { .. }, .. }
    )
}
