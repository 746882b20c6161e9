//! `renewals profile check`: how each column of a file is understood, and what is missing.

use super::findings::Findings;
use super::look::Look;
use crate::cli::arguments::ProfileCheckArguments;
use crate::cli::error::CommandError;
use crate::cli::inputs::{Opening, date_format, read_options};
use crate::cli::signals::Signals;
use crate::ingest::{IngestError, Mapping, find_inputs};
use crate::pipeline::{Input, RunError, RunObserver, ScanSettings, scan};
use crate::profile::{self, ProfileFile};
use std::io::Write;
use std::sync::Arc;

const MISSING: &str = "--set gives a column that the file lacks; other headers go into a copy of a profile, such as \
                       `renewals profile show membership-offers > own.toml`";
const DOUBT: &str = "declare the one format that all rows have, in the profile or with --date-format; correct rows of the \
                     other kind at the source";
const BATCH_BYTES: u64 = 1 << 20;

/// Ends the reading when a signal comes.
struct Interruption(Signals);

impl RunObserver for Interruption {
    fn advance(&self, _: u64, _: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.received().is_some()
    }
}

/// Shows on standard output how a file is understood.
///
/// # Errors
/// A file that cannot be read, and one that is not understood throughout.
pub fn check(arguments: &ProfileCheckArguments) -> Result<(), CommandError> {
    let signals = Signals::listen();
    let interrupted = |error: CommandError| match (&error, signals.received()) {
        (CommandError::Run(RunError::Cancelled), Some(signal)) => {
            CommandError::Interrupted { signal, output: "the file" }
        }
        _ => error,
    };
    let date_format = date_format(&arguments.reading)?;
    let (profile, picked) = profile_of(arguments, &signals).map_err(interrupted)?;
    let mut options = read_options(&arguments.reading, &signals, profile.as_ref())?;
    let mut mapping = options.mapping.as_deref().cloned().unwrap_or_else(Mapping::default);
    mapping.allows_missing = true;
    let mapping = Arc::new(mapping);
    options.mapping = Some(mapping.clone());
    let [input] = inputs_of(arguments, &options).map_err(interrupted)?;
    let present = input.positions().map(|position| position.is_some());
    let new_look = || Look::new(mapping.clone(), present);
    let mut look = new_look();
    let inputs = [input];
    let settings = ScanSettings {
        date_format: &date_format,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        batch_bytes: BATCH_BYTES,
    };
    let mut take = |place: crate::pipeline::BatchPlace, batch: Look| {
        look.append(batch, place.lines_before);
        Ok(())
    };
    scan(&inputs, &settings, &Interruption(signals.clone()), &new_look, &mut take)
        .map_err(|error| interrupted(error.into()))?;
    let [input] = &inputs;
    let findings = Findings { input, mapping: &mapping, look: &look, picked: picked.as_deref() };
    let mut output = std::io::stdout().lock();
    if arguments.json {
        writeln!(output, "{}", findings.to_json())?;
    } else {
        write!(output, "{}", findings.to_text())?;
    }
    output.flush()?;
    let Some(problem) = findings.problem() else { return Ok(()) };
    let hint = if findings.lacks_column() {
        let opening =
            Opening { paths: std::slice::from_ref(&arguments.file), reading: &arguments.reading, signals: &signals };
        opening.suggestion().filter(|_| profile.is_none()).or_else(|| Some(MISSING.to_owned()))
    } else {
        findings.look.doubt.is_some().then(|| DOUBT.to_owned())
    };
    Err(CommandError::NotUnderstood { path: arguments.file.clone(), problem, hint })
}

/// The profile that is asked for, and what to tell of it if it was picked.
fn profile_of(
    arguments: &ProfileCheckArguments,
    signals: &Signals,
) -> Result<(Option<ProfileFile>, Option<String>), CommandError> {
    let reading = &arguments.reading;
    match reading.profile.as_deref() {
        Some(crate::cli::arguments::AUTO_PROFILE) => {
            let paths = std::slice::from_ref(&arguments.file);
            let (profile, _, picked) = Opening { paths, reading, signals }.open_by_profile()?;
            Ok((profile, picked))
        }
        Some(name) => Ok((Some(profile::load(name)?), None)),
        None => Ok((None, None)),
    }
}

fn inputs_of(
    arguments: &ProfileCheckArguments,
    options: &crate::ingest::ReadOptions,
) -> Result<[Input; 1], CommandError> {
    let mut found =
        find_inputs(std::slice::from_ref(&arguments.file), &options.cancellation).map_err(RunError::from)?;
    match (found.pop(), found.is_empty()) {
        (Some(found), true) => Ok([Input::open(found, options).map_err(RunError::from)?]),
        _ => Err(IngestError::Pattern {
            path: arguments.file.clone(),
            reason: "it names several files, but one is checked at a time".to_owned(),
        }
        .into()),
    }
}
