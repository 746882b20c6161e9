//! `renewals run`: exports in, reports out, published whole.

use super::arguments::{DuplicateHandling, Format, ResolvedDay, RunArguments};
use super::error::CommandError;
use super::forecasting::Forecasting;
use super::inputs::{OpenedInputs, open_inputs};
use super::lineage::Lineage;
use super::message;
use super::page::page_facts;
use super::progress::Progress;
use super::reach::report_options;
use super::repetition::{self, Asked, find_same};
use super::run_ending::{self, Completed, Ending, RunContext};
use super::run_identity::{ByteOptions, run_id};
use super::side_files::{SideFiles, check_output};
use super::signals::Signals;
use super::summary::{self, Figures, RunFacts};
use super::table;
use super::workbook::{warn_of_exceptions, workbook_facts};
use crate::formats::html;
use crate::objects::{Bucket, ObjectError, ObjectUrl};
use crate::pipeline::{self, Input, REJECTS_CSV, RunError, RunResult, RunSettings, Workbook};
use crate::publish::{History, ManifestHead, Publication, PublishError};
use std::time::{Duration, Instant};

/// What an interrupted run leaves alone.
const OUTPUT: &str = "the output directory";

/// Runs the main job, tells of its ending, and returns the exit code.
pub fn run(arguments: &RunArguments) -> u8 {
    let started = Instant::now();
    let signals = Signals::listen();
    let (mut side_files, checked) = SideFiles::check(arguments);
    let mut lineage = side_files.lineage.as_ref().map(|_| Lineage::new(arguments));
    let day = arguments.day.resolve().map_err(CommandError::AsOf);
    let (day, outcome) = match checked.and(day) {
        Ok(day) => {
            let outcome = execute(arguments, &day, &mut side_files, lineage.as_mut(), &signals);
            (Some(day), outcome)
        }
        Err(error) => (None, Err(error)),
    };
    let context = RunContext { arguments, day: day.as_ref(), side_files: &side_files, started };
    run_ending::tell(&context, lineage, &outcome)
}

/// Turns exports into reports; the output directory is as it was unless this succeeds.
fn execute(
    arguments: &RunArguments,
    day: &ResolvedDay,
    side_files: &mut SideFiles,
    lineage: Option<&mut Lineage>,
    signals: &Signals,
) -> Result<Completed, CommandError> {
    let options = report_options(&arguments.reach, day)?;
    if arguments.compress.is_some() && !arguments.formats.contains(&Format::Csv) {
        return Err(CommandError::NothingToCompress);
    }
    check_output(arguments)?;
    let policy = crate::policy::load(&arguments.policy)?;
    let forecasting = Forecasting::read(&arguments.outlook)?;
    let opened = open_inputs(&arguments.inputs, &arguments.reading, signals);
    let OpenedInputs { inputs, date_format, profile, picked } = opened.map_err(|error| interrupted(error, signals))?;
    side_files.check_inputs(&inputs)?;
    if let (Some(file), Some(lineage)) = (&side_files.lineage, lineage) {
        lineage.start(file, &inputs, Some(day));
    }
    if arguments.on_duplicate == DuplicateHandling::Reject
        && let Some(input) = inputs.iter().find(|input| !input.is_repeatable())
    {
        return Err(CommandError::ReadOnce { path: input.path().to_owned() });
    }
    let mut publication = begin(arguments, day, signals)?;
    let ending = signals.clone();
    publication.end_when(move || ending.received().is_some());
    if day.is_derived() && !arguments.messages.display.quiet {
        message::line(&day.derivation());
    }
    if let Some(picked) = picked.filter(|_| !arguments.messages.display.quiet) {
        message::line(&picked);
    }
    let threads = arguments.threads.map_or_else(default_threads, usize::from);
    let bytes_total = inputs.iter().map(Input::size).sum::<Option<u64>>();
    let progress = Progress::new(bytes_total, &arguments.messages.display, signals.clone());
    let byte_options = ByteOptions {
        forecasting: &forecasting,
        formats: &arguments.formats,
        profile: profile.as_ref(),
        reading: &arguments.reading,
        raw_text: arguments.raw_text,
        codec: arguments.codec(),
        decisions: arguments.decisions,
        on_duplicate: arguments.on_duplicate.for_run(),
    };
    let asked = Asked { inputs: &inputs, policy: &policy, options: &options, byte_options: &byte_options };
    if let Some(held) = publication.held().filter(|_| !arguments.publishing.no_skip) {
        progress.begin_phase(true);
        let same = find_same(held, &asked, threads, &progress).map_err(|error| interrupted(error, signals))?;
        if let Some(same) = same.filter(|same| is_within_limit(arguments, &same.figures)) {
            progress.finish();
            return skip(arguments, publication, same);
        }
        progress.begin_phase(false);
    }
    let settings = RunSettings {
        policy: &policy.policy,
        options,
        outlook: forecasting.settings(),
        date_format,
        is_raw_text: arguments.raw_text,
        writes_csv: arguments.formats.contains(&Format::Csv),
        codec: arguments.codec(),
        writes_parquet: arguments.formats.contains(&Format::Parquet),
        writes_decisions: arguments.decisions,
        writes_html: arguments.formats.contains(&Format::Html),
        writes_xlsx: arguments.formats.contains(&Format::Xlsx),
        on_duplicate: arguments.on_duplicate.for_run(),
        threads,
        batch_bytes: arguments.batch_bytes,
    };
    let outcome = pipeline::run(&inputs, &settings, &publication, &progress);
    progress.finish();
    let result = outcome.map_err(|error| interrupted(error.into(), signals))?;
    conclude(arguments, &asked, publication, result, &progress, signals)
}

/// An error that a signal is the reason of.
fn interrupted(error: CommandError, signals: &Signals) -> CommandError {
    let is_ended = matches!(
        error,
        CommandError::Run(RunError::Cancelled | RunError::Publish(PublishError::Cancelled))
            | CommandError::Publish(PublishError::Busy { .. } | PublishError::Cancelled)
    );
    match signals.received() {
        Some(signal) if is_ended => CommandError::Interrupted { signal, output: OUTPUT },
        _ => error,
    }
}

/// Takes the output directory for this run, waiting for another run to end if asked to.
fn begin(arguments: &RunArguments, day: &ResolvedDay, signals: &Signals) -> Result<Publication, CommandError> {
    const PAUSE: Duration = Duration::from_millis(50);
    let publishing = &arguments.publishing;
    if let Some(url) = ObjectUrl::parse(&arguments.out) {
        return begin_objects(arguments, url, signals);
    }
    let history = publishing.keep.map(|keep| History { key: "as_of", value: day.day.to_string(), keep });
    let deadline = Instant::now() + publishing.lock_wait;
    let mut is_told = arguments.messages.display.quiet;
    let mut waits = || {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || signals.received().is_some() {
            return false;
        }
        if !is_told {
            is_told = true;
            let directory = arguments.out.display();
            message::line(&format!("waiting for another run on {directory}, {} s at most", left.as_secs_f64().ceil()));
        }
        std::thread::sleep(PAUSE.min(left));
        true
    };
    Publication::begin_when_free(&arguments.out, history.as_ref(), &mut waits)
        .map_err(|error| interrupted(error.into(), signals))
}

/// Looks at what is published in object storage.
fn begin_objects(
    arguments: &RunArguments,
    url: Result<ObjectUrl, ObjectError>,
    signals: &Signals,
) -> Result<Publication, CommandError> {
    let url = url.map_err(CommandError::Address)?;
    if url.key().is_empty() {
        let reason = "a run is published under a prefix, not as the bucket itself".to_owned();
        return Err(CommandError::Address(ObjectError::Address { url: url.to_string(), reason }));
    }
    if arguments.publishing.keep.is_some() {
        return Err(CommandError::KeepObjects);
    }
    let waiting = signals.clone();
    let bucket = Bucket::open(&url, move || waiting.received().is_some()).map_err(CommandError::Address)?;
    Publication::begin_objects(&url, &bucket).map_err(|error| interrupted(error.into(), signals))
}

/// Whether a run with these counts would be published.
fn is_within_limit(arguments: &RunArguments, figures: &Figures) -> bool {
    arguments.max_rejects.is_none_or(|limit| limit.allows(figures.rows.rejected, figures.rows.read))
}

/// Ends a run that is already published.
fn skip(arguments: &RunArguments, publication: Publication, same: Completed) -> Result<Completed, CommandError> {
    warn_of_leftovers(&publication.leave_held()?);
    if !arguments.messages.display.quiet {
        let (run_id, directory) = (&same.manifest.head.run_id, same.directory.display());
        tracing::info!(run_id, out = %directory, "nothing to do: {directory} already holds run {run_id}");
    }
    warn_of_rows(&same);
    Ok(same)
}

/// Warns of rejected rows and of duplicates.
fn warn_of_rows(completed: &Completed) {
    if let Some(rows) = completed.figures.duplicates.rows.filter(|rows| *rows > 0) {
        message::warning(&table::duplicate_words(rows, completed.figures.duplicates.is_rejected()));
    }
    let rows = completed.figures.rows;
    if rows.rejected > 0 {
        let (rejected, read) = (message::grouped(rows.rejected), message::grouped(rows.read));
        let directory = completed.directory.display();
        message::warning(&format!("{rejected} of {read} rows were rejected; they are in {directory}"));
    }
}

fn warn_of_leftovers(leftovers: &[PublishError]) {
    for leftover in leftovers {
        message::warning(&format!("{leftover}; the next run tries again"));
    }
}

pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Publishes the run, unless too many rows were rejected or a signal came, and tells about it.
fn conclude(
    arguments: &RunArguments,
    asked: &Asked<'_>,
    publication: Publication,
    mut result: RunResult,
    progress: &Progress,
    signals: &Signals,
) -> Result<Completed, CommandError> {
    let (rejected, read) = (result.tally.rows_rejected(), result.tally.rows_read);
    if let Some(limit) = arguments.max_rejects.filter(|limit| !limit.allows(rejected, read)) {
        let kept = publication.keep_rejects(REJECTS_CSV)?;
        let by_code = Box::new(summary::rejected_by_code(&result.tally));
        return Err(CommandError::TooManyRejects { rejected, read, limit, by_code, kept });
    }
    if let Some(rows) = result.duplicates.filter(|rows| *rows > 0 && arguments.on_duplicate == DuplicateHandling::Fail)
    {
        return Err(CommandError::Duplicates { rows, read });
    }
    if let Some(signal) = signals.received() {
        return Err(CommandError::Interrupted { signal, output: OUTPUT });
    }
    let Asked { policy, options, byte_options, .. } = *asked;
    let hashes = result.inputs.iter().map(|input| input.blake3);
    let run_id = run_id(hashes, policy, options, byte_options);
    if !arguments.publishing.no_skip && !asked.inputs.iter().all(Input::is_repeatable) {
        let same = publication.held().and_then(|held| repetition::with_id(held, &run_id));
        if let Some(same) = same {
            return skip(arguments, publication, same);
        }
    }
    let workbook = result.workbook.take();
    let facts = RunFacts { run_id, policy, options, byte_options, result: &result };
    let completed = publish(&facts, workbook, publication, arguments).map_err(|error| interrupted(error, signals))?;
    if !arguments.messages.display.quiet {
        table::write(&facts, &completed.directory, progress.elapsed(), arguments.messages.display.log_format);
    } else {
        warn_of_rows(&completed);
    }
    Ok(completed)
}

fn publish(
    facts: &RunFacts<'_>,
    workbook: Option<Workbook>,
    publication: Publication,
    arguments: &RunArguments,
) -> Result<Completed, CommandError> {
    let mut files = facts.result.files.clone();
    if !arguments.formats.contains(&Format::Csv) || arguments.compress.is_some() {
        publication.discard(REJECTS_CSV)?;
        files.retain(|file| file.name != REJECTS_CSV);
    }
    if let Some(workbook) = workbook {
        let (file, exceptions) = workbook.write(&publication, &workbook_facts(facts))?;
        warn_of_exceptions(exceptions);
        files.push(file);
    }
    let (summary, figures) = summary::to_json(facts).map_err(std::io::Error::from)?;
    let mut file = publication.create(summary::FILE_NAME)?;
    file.append(summary.as_bytes())?;
    files.push(file.finish(0)?);
    if let Some(overview) = &facts.result.overview {
        let page = html::render(&page_facts(facts, overview));
        let mut file = publication.create(html::FILE_NAME)?;
        file.append(page.as_bytes())?;
        files.push(file.finish(0)?);
    }
    let head = ManifestHead {
        run_id: facts.run_id.clone(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        as_of: facts.options.as_of.to_string(),
        policy: facts.policy.policy.id().to_owned(),
    };
    let published = publication.publish(head, files)?;
    warn_of_leftovers(&published.leftovers);
    let ending = Ending::Published;
    Ok(Completed { ending, directory: published.directory, manifest: published.manifest, figures })
}
