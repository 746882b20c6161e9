//! `renewals run`: exports in, reports out, published whole.

use super::arguments::{Format, RunArguments};
use super::error::CommandError;
use super::message;
use super::progress::Progress;
use super::run_identity::{ByteOptions, run_id};
use super::signals::Signals;
use super::summary::{self, RunFacts};
use super::table;
use crate::ingest::{DateFormat, find_inputs};
use crate::pipeline::{self, Input, REJECTS_CSV, RunError, RunResult, RunSettings};
use crate::policy::PolicyFile;
use crate::publish::{ManifestHead, Publication};
use crate::reports::ReportOptions;
use std::path::PathBuf;

/// What an interrupted run leaves alone.
const OUTPUT: &str = "the output directory";

/// Runs the main job.
///
/// # Errors
/// Whatever keeps the reports from being published; the output directory is then as it was.
pub fn run(arguments: &RunArguments) -> Result<(), CommandError> {
    let signals = Signals::listen();
    let options = report_options(arguments)?;
    let date_format = match &arguments.date_format {
        Some(format) => DateFormat::parse(format)?,
        None => DateFormat::Iso,
    };
    let policy = crate::policy::load(&arguments.policy)?;
    let mut inputs = Vec::new();
    for file in find_inputs(&arguments.inputs)? {
        inputs.push(Input::open(file, arguments.max_record_bytes as usize)?);
    }
    let publication = Publication::begin(&arguments.out)?;
    let settings = RunSettings {
        policy: &policy.policy,
        options,
        date_format,
        is_raw_text: arguments.raw_text,
        writes_csv: arguments.formats.contains(&Format::Csv),
        writes_parquet: arguments.formats.contains(&Format::Parquet),
        threads: arguments.threads.map_or_else(default_threads, usize::from),
        batch_bytes: arguments.batch_bytes,
    };
    let bytes_total = inputs.iter().map(|input| input.file().size()).sum();
    let progress = Progress::new(bytes_total, arguments.quiet, signals.clone());
    let outcome = pipeline::run(&inputs, &settings, &publication, &progress);
    progress.finish();
    let result = outcome.map_err(|error| match (error, signals.received()) {
        (RunError::Cancelled, Some(signal)) => CommandError::Interrupted { signal, output: OUTPUT },
        (error, _) => error.into(),
    })?;
    conclude(arguments, &policy, &options, publication, result, &progress, &signals)
}

fn report_options(arguments: &RunArguments) -> Result<ReportOptions, CommandError> {
    let reminders_from = arguments.reminders_from.unwrap_or(arguments.as_of);
    if reminders_from > arguments.as_of {
        return Err(CommandError::RemindersAfterAsOf);
    }
    Ok(ReportOptions {
        as_of: arguments.as_of,
        horizon_days: arguments.horizon,
        forecast_months: arguments.forecast_months,
        reminders_from,
    })
}

fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Publishes the run, unless too many rows were rejected or a signal came, and tells about it.
fn conclude(
    arguments: &RunArguments,
    policy: &PolicyFile,
    options: &ReportOptions,
    publication: Publication,
    result: RunResult,
    progress: &Progress,
    signals: &Signals,
) -> Result<(), CommandError> {
    let (rejected, read) = (result.tally.rows_rejected(), result.tally.rows_read);
    if let Some(limit) = arguments.max_rejects.filter(|limit| !limit.allows(rejected, read)) {
        let kept = publication.keep_rejects(REJECTS_CSV)?;
        return Err(CommandError::TooManyRejects { rejected, read, limit, kept });
    }
    if let Some(signal) = signals.received() {
        return Err(CommandError::Interrupted { signal, output: OUTPUT });
    }
    let byte_options = ByteOptions {
        formats: &arguments.formats,
        date_format: arguments.date_format.as_deref(),
        max_record_bytes: arguments.max_record_bytes,
        raw_text: arguments.raw_text,
    };
    let facts = RunFacts {
        run_id: run_id(&result.inputs, policy, options, &byte_options),
        policy,
        options,
        byte_options: &byte_options,
        result: &result,
    };
    let directory = publish(&facts, publication, arguments)?;
    if !arguments.quiet {
        table::write(&facts, &directory, progress.elapsed());
    } else if rejected > 0 {
        let (rejected, read) = (message::grouped(rejected), message::grouped(read));
        message::warning(&format!("{rejected} of {read} rows were rejected; they are in {}", directory.display()));
    }
    Ok(())
}

fn publish(facts: &RunFacts<'_>, publication: Publication, arguments: &RunArguments) -> Result<PathBuf, CommandError> {
    let mut files = facts.result.files.clone();
    if !arguments.formats.contains(&Format::Csv) {
        publication.discard(REJECTS_CSV)?;
        files.retain(|file| file.name != REJECTS_CSV);
    }
    let mut file = publication.create(summary::FILE_NAME)?;
    file.append(summary::to_json(facts).as_bytes())?;
    files.push(file.finish(0)?);
    let head = ManifestHead {
        run_id: facts.run_id.clone(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        as_of: facts.options.as_of.to_string(),
        policy: facts.policy.policy.id().to_owned(),
    };
    let published = publication.publish(head, files)?;
    if let Some(leftover) = &published.leftover {
        message::warning(&format!("{leftover}; the next run clears it"));
    }
    Ok(published.directory)
}
