//! `renewals diff`: what changed from one published night to another.

use super::arguments::{ChangeFormat, DiffArguments};
use super::diff_summary::{self, ComparisonFacts, Night};
use super::diff_table;
use super::error::CommandError;
use super::message::{self, grouped};
use super::progress::Progress;
use super::run::default_threads;
use super::run_ending;
use super::side_file;
use super::signals::Signals;
use super::summary;
use crate::pipeline::{ComparisonSettings, Nights, RunError, compare_nights};
use crate::publish::{
    Manifest, ManifestHead, ManifestProblem, Publication, PublishError, PublishedFile, read_manifest,
};
use crate::reports::DECISIONS;
use crate::rules::Date;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What an interrupted comparison leaves alone.
const OUTPUT: &str = "the output directory";

/// Compares two nights, tells what changed, and returns the exit code.
pub fn diff(arguments: &DiffArguments) -> u8 {
    let started = Instant::now();
    let outcome = execute(arguments, started);
    let (object, exit_code) = match outcome {
        Ok(object) => (object, 0),
        Err(CommandError::BrokenPipe) => return 0,
        Err(error) => {
            let exit_code = error.exit_code();
            message::error(&error.to_string(), exit_code, error.hint().as_deref());
            (diff_summary::failure(&error), exit_code)
        }
    };
    match tell(arguments, &object) {
        Ok(()) | Err(CommandError::BrokenPipe) => exit_code,
        Err(error) => {
            let late = if exit_code == 0 { error.exit_code() } else { exit_code };
            message::error(&error.to_string(), late, error.hint().as_deref());
            late
        }
    }
}

/// Writes the object that machines read, where they asked for it.
fn tell(arguments: &DiffArguments, object: &Value) -> Result<(), CommandError> {
    if arguments.json { run_ending::print(object) } else { Ok(()) }
}

fn execute(arguments: &DiffArguments, started: Instant) -> Result<Value, CommandError> {
    let signals = Signals::listen();
    let nights = Nights { old: open_night(&arguments.old)?, new: open_night(&arguments.new)? };
    let facts = [night(&arguments.old, &nights.old), night(&arguments.new, &nights.new)];
    check_order(&facts)?;
    let publication = arguments.out.as_deref().map(|out| begin(out, arguments)).transpose()?;
    let bytes = nights.old.entry.bytes + nights.new.entry.bytes;
    let progress = Progress::new(Some(bytes), &arguments.display, signals.clone());
    let temporary_directory = arguments.temporary_directory.clone().unwrap_or_else(std::env::temp_dir);
    let settings = ComparisonSettings {
        as_of: facts[1].as_of,
        writes_csv: arguments.formats.contains(&ChangeFormat::Csv),
        writes_parquet: arguments.formats.contains(&ChangeFormat::Parquet),
        is_raw_text: arguments.raw_text,
        threads: arguments.threads.map_or_else(default_threads, usize::from),
        temporary_directory: &temporary_directory,
    };
    let outcome = compare_nights(nights, &settings, publication.as_ref(), &progress);
    progress.finish();
    let result = outcome.map_err(|error| match (error, signals.received()) {
        (RunError::Cancelled, Some(signal)) => CommandError::Interrupted { signal, output: OUTPUT },
        (error, _) => error.into(),
    })?;
    let facts = ComparisonFacts { run_id: run_id(arguments, &facts), nights: facts, result };
    let published = publication.map(|publication| publish(publication, &facts)).transpose()?;
    let object = diff_summary::ending(&facts, published.as_ref(), started);
    warn(&facts);
    if !arguments.json && !arguments.display.quiet {
        diff_table::write(&facts)?;
    }
    if let Some((directory, _)) = published.filter(|_| !arguments.display.quiet) {
        message::line(&format!("published in {}", directory.display()));
    }
    Ok(object)
}

/// Opens the decision table of a night.
fn open_night(directory: &Path) -> Result<PublishedFile, CommandError> {
    let name = format!("{}.parquet", DECISIONS.name);
    match PublishedFile::open(directory, &name) {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(CommandError::NoDecisions { directory: directory.to_owned() }),
        Err(PublishError::Manifest { problem: ManifestProblem::Missing, .. })
            if directory.join("latest").is_symlink() =>
        {
            Err(CommandError::HistoryIsNoNight { directory: directory.to_owned() })
        }
        Err(error) => Err(error.into()),
    }
}

fn night(directory: &Path, file: &PublishedFile) -> Night {
    let Manifest { head, files, .. } = &file.manifest;
    let rejected = files.iter().find(|entry| entry.name.starts_with("rejects.")).map_or(0, |entry| entry.rows);
    Night {
        directory: directory.to_owned(),
        // A manifest that was made by hand may say anything; the day is only the middle of a table of texts.
        as_of: Date::parse_iso(head.as_of.as_bytes()).unwrap_or(Date::from_days_since_epoch(0)),
        head: head.clone(),
        offers: file.entry.rows,
        rejected,
        sha256: file.entry.sha256.clone(),
    }
}

/// Backwards, what is new would be told as gone and a payment as none.
fn check_order([old, new]: &[Night; 2]) -> Result<(), CommandError> {
    if old.head.as_of <= new.head.as_of {
        return Ok(());
    }
    Err(CommandError::NightsBackwards { old: old.head.as_of.clone(), new: new.head.as_of.clone() })
}

/// Takes the output directory, unless it is one of the nights or holds a run.
fn begin(given: &Path, arguments: &DiffArguments) -> Result<Publication, CommandError> {
    let place = |path: &Path| fs::canonicalize(path).ok();
    for night in [&arguments.old, &arguments.new] {
        let (Some(night), Some(out)) = (place(night), place(given).or_else(|| place(side_file::parent(given)))) else {
            continue;
        };
        if out == night || out.starts_with(&night) {
            return Err(CommandError::OutputInNight { out: given.to_owned() });
        }
    }
    let is_other = |manifest: &Manifest| !manifest.files.iter().any(|file| file.name.starts_with("changes."));
    if read_manifest(given).is_ok_and(|manifest| is_other(&manifest)) {
        return Err(CommandError::HoldsRun { directory: given.to_owned() });
    }
    Ok(Publication::begin(given)?)
}

/// BLAKE3 of both nights, the options that change bytes, and the version, in hexadecimal digits.
fn run_id(arguments: &DiffArguments, nights: &[Night; 2]) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(b"changes");
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(&[u8::from(arguments.raw_text)]);
    for format in [ChangeFormat::Csv, ChangeFormat::Parquet] {
        add(&[u8::from(arguments.formats.contains(&format))]);
    }
    for night in nights {
        add(night.head.run_id.as_bytes());
        add(night.sha256.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn publish(publication: Publication, facts: &ComparisonFacts) -> Result<(PathBuf, Manifest), CommandError> {
    let mut files = facts.result.files.clone();
    let mut file = publication.create(summary::FILE_NAME)?;
    file.append(diff_summary::to_json(facts).map_err(std::io::Error::from)?.as_bytes())?;
    files.push(file.finish(0)?);
    let new = &facts.nights[1].head;
    let head = ManifestHead {
        run_id: facts.run_id.clone(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        as_of: new.as_of.clone(),
        policy: new.policy.clone(),
    };
    let published = publication.publish(head, files)?;
    for leftover in &published.leftovers {
        message::warning(&format!("{leftover}; the next run tries again"));
    }
    Ok((published.directory, published.manifest))
}

/// Says what else than the export may be the reason of a change.
fn warn(facts: &ComparisonFacts) {
    let [old, new] = &facts.nights;
    if old.head.policy != new.head.policy {
        let (before, now) = (&old.head.policy, &new.head.policy);
        message::warning(&format!("the nights were decided by different policies, {before} and {now}"));
    }
    if old.head.tool_version != new.head.tool_version {
        let (before, now) = (&old.head.tool_version, &new.head.tool_version);
        message::warning(&format!("the nights were published by different versions, {before} and {now}"));
    }
    for (name, other, night) in [("old", "new", old), ("new", "gone", new)] {
        if night.rejected > 0 {
            let rejected = grouped(night.rejected);
            message::warning(&format!(
                "rejected rows of the {name} night: {rejected}; their offers may be told as {other}"
            ));
        }
    }
    for (name, repeats) in [("old", facts.result.repeats.old), ("new", facts.result.repeats.new)] {
        if repeats > 0 {
            let repeats = grouped(repeats);
            message::warning(&format!(
                "rows of the {name} night with the key of another: {repeats}; they are paired in order"
            ));
        }
    }
}
