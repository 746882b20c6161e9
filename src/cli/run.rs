//! `renewals run`: exports in, reports out, published whole.

use super::arguments::{Format, ResolvedDay, RunArguments};
use super::error::CommandError;
use super::message;
use super::progress::Progress;
use super::run_ending::{self, Completed, RunContext};
use super::run_identity::{ByteOptions, run_id};
use super::side_file;
use super::signals::Signals;
use super::summary::{self, RunFacts};
use super::table;
use crate::ingest::{DateFormat, find_inputs};
use crate::pipeline::{self, Input, REJECTS_CSV, RunError, RunResult, RunSettings};
use crate::policy::PolicyFile;
use crate::publish::{ManifestHead, Publication};
use crate::reports::ReportOptions;
use std::time::Instant;

/// What an interrupted run leaves alone.
const OUTPUT: &str = "the output directory";

/// Runs the main job, tells of its ending, and returns the exit code.
pub fn run(arguments: &RunArguments) -> u8 {
    let started = Instant::now();
    let day = arguments.day.resolve().map_err(CommandError::AsOf);
    let (day, outcome) = match day {
        Ok(day) => {
            let outcome = execute(arguments, &day);
            (Some(day), outcome)
        }
        Err(error) => (None, Err(error)),
    };
    run_ending::tell(&RunContext { arguments, day: day.as_ref(), started }, &outcome)
}

/// Turns exports into reports; the output directory is as it was unless this succeeds.
fn execute(arguments: &RunArguments, day: &ResolvedDay) -> Result<Completed, CommandError> {
    let signals = Signals::listen();
    let options = report_options(arguments, day)?;
    let date_format = match &arguments.date_format {
        Some(format) => DateFormat::parse(format)?,
        None => DateFormat::Iso,
    };
    if let Some(path) = &arguments.messages.summary_json {
        side_file::check("--summary-json", path, &arguments.out)?;
    }
    let policy = crate::policy::load(&arguments.policy)?;
    let mut inputs = Vec::new();
    for file in find_inputs(&arguments.inputs)? {
        inputs.push(Input::open(file, arguments.max_record_bytes as usize)?);
    }
    let publication = Publication::begin(&arguments.out)?;
    if day.is_derived() && !arguments.messages.quiet {
        message::line(&day.derivation());
    }
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
    let progress = Progress::new(bytes_total, &arguments.messages, signals.clone());
    let outcome = pipeline::run(&inputs, &settings, &publication, &progress);
    progress.finish();
    let result = outcome.map_err(|error| match (error, signals.received()) {
        (RunError::Cancelled, Some(signal)) => CommandError::Interrupted { signal, output: OUTPUT },
        (error, _) => error.into(),
    })?;
    conclude(arguments, &policy, &options, publication, result, &progress, &signals)
}

fn report_options(arguments: &RunArguments, day: &ResolvedDay) -> Result<ReportOptions, CommandError> {
    let reminders_from = arguments.reminders_from.unwrap_or(day.day);
    if reminders_from > day.day {
        return Err(CommandError::RemindersAfterAsOf);
    }
    Ok(ReportOptions {
        as_of: day.day,
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
) -> Result<Completed, CommandError> {
    let (rejected, read) = (result.tally.rows_rejected(), result.tally.rows_read);
    if let Some(limit) = arguments.max_rejects.filter(|limit| !limit.allows(rejected, read)) {
        let kept = publication.keep_rejects(REJECTS_CSV)?;
        let by_code = Box::new(summary::rejected_by_code(&result.tally));
        return Err(CommandError::TooManyRejects { rejected, read, limit, by_code, kept });
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
    let completed = publish(&facts, publication, arguments)?;
    if !arguments.messages.quiet {
        table::write(&facts, &completed.directory, progress.elapsed(), arguments.messages.log_format);
    } else if rejected > 0 {
        let (rejected, read) = (message::grouped(rejected), message::grouped(read));
        let directory = completed.directory.display();
        message::warning(&format!("{rejected} of {read} rows were rejected; they are in {directory}"));
    }
    Ok(completed)
}

fn publish(
    facts: &RunFacts<'_>,
    publication: Publication,
    arguments: &RunArguments,
) -> Result<Completed, CommandError> {
    let mut files = facts.result.files.clone();
    if !arguments.formats.contains(&Format::Csv) {
        publication.discard(REJECTS_CSV)?;
        files.retain(|file| file.name != REJECTS_CSV);
    }
    let (summary, figures) = summary::to_json(facts).map_err(std::io::Error::from)?;
    let mut file = publication.create(summary::FILE_NAME)?;
    file.append(summary.as_bytes())?;
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
    Ok(Completed { directory: published.directory, manifest: published.manifest, figures })
}
