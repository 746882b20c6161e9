//! Effect once: whether the output directory already holds the run that is asked for.

use super::error::CommandError;
use super::run_ending::{Completed, Ending};
use super::run_identity::{ByteOptions, run_id};
use super::summary::{self, Figures};
use crate::pipeline::{self, Input, RunObserver};
use crate::policy::PolicyFile;
use crate::publish::HeldRun;
use crate::reports::ReportOptions;

/// What tells one run from another, besides the content of the inputs.
pub struct Asked<'a> {
    /// The inputs.
    pub inputs: &'a [Input],
    /// The policy.
    pub policy: &'a PolicyFile,
    /// The as-of date and the reach of the reports.
    pub options: &'a ReportOptions,
    /// The other options that change bytes.
    pub byte_options: &'a ByteOptions<'a>,
}

/// The held run, if it is the one that is asked for.
///
/// Its run id is first counted again from the hashes that its own summary lists: it comes out the same only if policy,
/// options, as-of date and version do. So the inputs are only read where nothing else tells the runs apart.
///
/// # Errors
/// An input that cannot be read, or an interrupt.
pub fn find_same(
    held: HeldRun,
    asked: &Asked<'_>,
    threads: usize,
    observer: &dyn RunObserver,
) -> Result<Option<Completed>, CommandError> {
    let Some(figures) = read_figures(&held) else { return Ok(None) };
    let hashes =
        figures.inputs.iter().map(|input| blake3::Hash::from_hex(&input.blake3)).collect::<Result<Vec<_>, _>>();
    let Ok(hashes) = hashes else { return Ok(None) };
    let is_other = run_id(hashes.iter().copied(), asked.policy, asked.options, asked.byte_options)
        != held.manifest.head.run_id
        || !asked.inputs.iter().map(Input::size).eq(figures.inputs.iter().map(|input| Some(input.bytes)));
    if is_other || !pipeline::have_hashes(asked.inputs, &hashes, threads, observer)? {
        return Ok(None);
    }
    let HeldRun { directory, manifest, .. } = held;
    Ok(Some(Completed { ending: Ending::Skipped, directory, manifest, figures }))
}

/// The held run, if it has the id of a run that was done; for inputs that could only be read by doing it.
pub fn with_id(held: HeldRun, run_id: &str) -> Option<Completed> {
    if held.manifest.head.run_id != run_id {
        return None;
    }
    let figures = read_figures(&held)?;
    let HeldRun { directory, manifest, .. } = held;
    Some(Completed { ending: Ending::Skipped, directory, manifest, figures })
}

fn read_figures(held: &HeldRun) -> Option<Figures> {
    serde_json::from_slice(&held.read(summary::FILE_NAME)?).ok()
}
