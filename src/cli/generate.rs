//! `renewals generate`: an invented export, written beside its name and then renamed.

use super::arguments::GenerateArguments;
use super::error::CommandError;
use super::message::{grouped, line};
use crate::generate::{GenerateError, GenerateOptions, GenerateSummary, generate_csv, generate_parquet};
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
    let options =
        GenerateOptions { rows: arguments.rows, seed: arguments.seed, dirty: arguments.dirty, as_of: arguments.as_of };
    let policy = load(DEFAULT_ID)?.policy;
    let summary = write_whole(path, |mut file| match kind.as_deref() {
        Some("csv") => generate_csv(options, &policy, b',', &mut file).map_err(failed(path)),
        Some("tsv") => generate_csv(options, &policy, b'\t', &mut file).map_err(failed(path)),
        Some("parquet") => generate_parquet(options, &policy, &mut file).map_err(failed(path)),
        _ => Err(CommandError::GenerateName(path.clone())),
    })?;
    if !arguments.quiet {
        let spoiled = summary.planted.total();
        line(&format!("{}: {} rows, {} of them spoiled", path.display(), grouped(summary.rows), grouped(spoiled)));
    }
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(GenerateError) -> CommandError + '_ {
    move |source| CommandError::Generate { path: path.to_owned(), source }
}

/// Writes a file under another name first, so that a failure leaves no half an export.
fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<GenerateSummary, CommandError>,
) -> Result<GenerateSummary, CommandError> {
    let refuse = |source| CommandError::Write { path: path.to_owned(), source };
    let name = path.file_name().ok_or_else(|| CommandError::GenerateName(path.to_owned()))?;
    let partial: PathBuf = path.with_file_name(format!(".{}.partial-{}", name.to_string_lossy(), std::process::id()));
    let mut file = File::create(&partial).map_err(refuse)?;
    let outcome = write(&mut file).and_then(|summary| {
        file.flush().and_then(|()| file.sync_all()).map_err(refuse)?;
        std::fs::rename(&partial, path).map_err(refuse)?;
        Ok(summary)
    });
    if outcome.is_err() {
        // The export failed already; a file that cannot be removed does not make it worse.
        let _ = std::fs::remove_file(&partial);
    }
    outcome
}
