//! `renewals generate`: an invented export, written beside its name and then renamed.

use super::arguments::GenerateArguments;
use super::error::CommandError;
use super::message::{grouped, line};
use super::signals::Signals;
use crate::finance::{LEAF_COUNT, Segment};
use crate::generate::{GenerateError, GenerateOptions, GenerateSummary, Lives, generate_csv, generate_parquet};
use crate::policy::{DEFAULT_ID, load};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Makes an export.
///
/// # Errors
/// Options that cannot be, or a file that cannot be written.
pub fn generate(arguments: &GenerateArguments) -> Result<(), CommandError> {
    let path = &arguments.out;
    let kind = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let options = GenerateOptions {
        rows: arguments.rows,
        seed: arguments.seed,
        dirty: arguments.dirty,
        as_of: arguments.as_of,
        lives: lives(arguments)?,
    };
    let policy = load(DEFAULT_ID)?.policy;
    let signals = Signals::listen();
    let outcome = write_whole(path, &signals, |mut file| match kind.as_deref() {
        Some("csv") => generate_csv(options, &policy, b',', &mut file).map_err(failed(path)),
        Some("tsv") => generate_csv(options, &policy, b'\t', &mut file).map_err(failed(path)),
        Some("parquet") => generate_parquet(options, &policy, &mut file).map_err(failed(path)),
        _ => Err(CommandError::GenerateName(path.clone())),
    });
    let summary = outcome.map_err(|error| match signals.received() {
        Some(signal) => CommandError::Interrupted { signal, output: "the file" },
        None => error,
    })?;
    if !arguments.quiet {
        let spoiled = summary.planted.total();
        line(&format!("{}: {} rows, {} of them spoiled", path.display(), grouped(summary.rows), grouped(spoiled)));
    }
    Ok(())
}

/// How the offers live on, if rates are given.
fn lives(arguments: &GenerateArguments) -> Result<Option<Lives>, CommandError> {
    if arguments.renewal_rates.is_empty() {
        return Ok(None);
    }
    let mut renewal_rates = [0.0; LEAF_COUNT];
    for (leaf, rate) in renewal_rates.iter_mut().enumerate() {
        let mut looked_for = Some(Segment::leaf(leaf));
        let given = std::iter::from_fn(|| {
            let segment = looked_for?;
            looked_for = segment.parent();
            Some(arguments.renewal_rates.iter().find(|(given, _)| *given == segment).map(|(_, rate)| *rate))
        });
        let given = given.flatten().next();
        *rate = given.ok_or_else(|| CommandError::NoRenewalRate(Segment::leaf(leaf).name()))?;
    }
    Ok(Some(Lives { renewal_rates, seen_on: arguments.seen_on.unwrap_or(arguments.as_of) }))
}

fn failed(path: &Path) -> impl FnOnce(GenerateError) -> CommandError + '_ {
    move |source| CommandError::Generate { path: path.to_owned(), source }
}

/// A file whose writing fails once a signal has come, so that what was begun is cleaned up.
struct Interruptible<'a> {
    file: File,
    signals: &'a Signals,
}

impl Write for Interruptible<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.signals.received() {
            Some(_) => Err(std::io::Error::other("interrupted")),
            None => self.file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Writes a file under another name first, so that a failure leaves no half an export.
fn write_whole(
    path: &Path,
    signals: &Signals,
    write: impl FnOnce(&mut Interruptible<'_>) -> Result<GenerateSummary, CommandError>,
) -> Result<GenerateSummary, CommandError> {
    let refuse = |source| CommandError::Write { path: path.to_owned(), source };
    let name = path.file_name().ok_or_else(|| CommandError::GenerateName(path.to_owned()))?;
    let partial: PathBuf = path.with_file_name(format!(".{}.partial-{}", name.to_string_lossy(), std::process::id()));
    let mut file = Interruptible { file: File::create(&partial).map_err(refuse)?, signals };
    let outcome = write(&mut file).and_then(|summary| {
        file.flush().and_then(|()| file.file.sync_all()).map_err(refuse)?;
        std::fs::rename(&partial, path).map_err(refuse)?;
        Ok(summary)
    });
    if outcome.is_err() {
        // The export failed already; a file that cannot be removed does not make it worse.
        let _ = std::fs::remove_file(&partial);
    }
    outcome
}
