//! Telling how a run ended: to people, and to whoever watches it by `--json`, `--summary-json`, `--metrics` and `--lineage`.

use super::arguments::{ResolvedDay, RunArguments};
use super::ending_facts::EndingFacts;
use super::error::CommandError;
use super::lineage::Lineage;
use super::message;
use super::metrics;
use super::side_file::SideFile;
use super::side_files::SideFiles;
use super::summary::Figures;
use crate::publish::Manifest;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

const SCHEMA: &str = "renewals.result";
const SCHEMA_VERSION: u32 = 1;

/// How a run that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was published.
    Published,
    /// The directory held it already.
    Skipped,
}

/// A run that did what was asked of it.
pub struct Completed {
    /// How it ended.
    pub ending: Ending,
    /// The absolute path of the published directory.
    pub directory: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// The counts of its summary.
    pub figures: Figures,
}

/// What is known of a run whatever its ending.
pub struct RunContext<'a> {
    /// The arguments.
    pub arguments: &'a RunArguments,
    /// The as-of date, if it could be told.
    pub day: Option<&'a ResolvedDay>,
    /// The files for whoever watches it.
    pub side_files: &'a SideFiles,
    /// When the run began.
    pub started: Instant,
}

/// Tells of the ending, the JSON after everything else, and returns the exit code.
pub fn tell(context: &RunContext<'_>, lineage: Option<Lineage>, outcome: &Result<Completed, CommandError>) -> u8 {
    let mut facts = EndingFacts::new(context, outcome);
    if let Some(error) = facts.error {
        message::error(&error.to_string(), facts.exit_code, error.hint().as_deref());
    }
    let mut object = result_object(context, &facts);
    let SideFiles { summary_json, metrics, lineage: lineage_file } = context.side_files;
    if let (Some(file), Some(lineage)) = (lineage_file, lineage)
        && let Err(cause) = lineage.end(file, &facts)
    {
        fail_late(&mut object, &mut facts, &not_told(file, cause));
    }
    if let Some(file) = metrics
        && let Err(cause) = file.replace(|old| metrics::text(&facts, old.as_deref(), Timestamp::now()).into_bytes())
    {
        fail_late(&mut object, &mut facts, &not_told(file, cause));
    }
    if let Some(file) = summary_json
        && let Err(cause) = file.replace(|_| format!("{object}\n").into_bytes())
    {
        fail_late(&mut object, &mut facts, &not_told(file, cause));
    }
    if context.arguments.messages.json
        && let Err(error) = print(&object)
    {
        fail_late(&mut object, &mut facts, &error);
    }
    facts.exit_code
}

fn not_told(file: &SideFile, source: std::io::Error) -> CommandError {
    CommandError::NotTold { what: file.given.display().to_string(), source }
}

/// A run that ended well, but could not tell so, ends with the code of that error.
fn fail_late(object: &mut Value, facts: &mut EndingFacts<'_>, error: &CommandError) {
    if matches!(error, CommandError::BrokenPipe) {
        return;
    }
    let is_first = !facts.is_failure;
    if is_first {
        facts.is_failure = true;
        facts.exit_code = error.exit_code();
        object["exit_code"] = facts.exit_code.into();
        object["error"] = error_object(error);
    }
    message::error(&error.to_string(), facts.exit_code, error.hint().as_deref());
}

/// Prints an object as the last line of standard output.
pub fn print(object: &Value) -> Result<(), CommandError> {
    let mut output = std::io::stdout().lock();
    // One write, so that nothing of another process comes between.
    output.write_all(format!("{object}\n").as_bytes())?;
    Ok(output.flush()?)
}

/// The object of a command line that could not be read, about which `text` was said in paragraphs: first what is wrong,
/// then perhaps tips and the usage.
pub fn usage_object(text: &str, exit_code: u8) -> Value {
    let line = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut paragraphs = text.split("\n\n").map(line);
    let message = paragraphs.next().unwrap_or_default();
    let message = message.trim_start_matches("error: ");
    let hint = paragraphs.find_map(|paragraph| paragraph.strip_prefix("tip: ").map(str::to_owned));
    json!({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "outcome": "failed",
        "exit_code": exit_code,
        "error": { "message": message, "hint": hint, "exit_code": exit_code },
    })
}

fn result_object(context: &RunContext<'_>, facts: &EndingFacts<'_>) -> Value {
    let mut object = json!({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "outcome": facts.outcome,
        "exit_code": facts.exit_code,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "as_of": context.day.map(|day| day.day.to_string()),
        "as_of_given": context.day.map(|day| day.given.clone()),
        "timezone": context.day.map(|day| day.zone_name().to_owned()),
        "seconds": facts.seconds,
    });
    if let Some(Completed { directory, manifest, .. }) = facts.completed {
        object["run_id"] = manifest.head.run_id.clone().into();
        object["out"] = directory.display().to_string().into();
        object["policy"] = manifest.head.policy.clone().into();
    } else {
        object["out"] = facts.out.display().to_string().into();
    }
    if let Some(counts) = &facts.counts {
        object["rows"] = json!(counts.rows);
        object["reject_share"] = counts.reject_share().into();
        object["rejected_by_code"] = Value::Object(counts.occurring_codes());
    }
    if let Some(Completed { manifest, figures, .. }) = facts.completed {
        object["inputs"] = json!({ "files": figures.inputs.len(), "bytes": figures.input_bytes() });
        object["files"] = json!(manifest.files);
        object["duplicates"] = json!(figures.duplicates);
    }
    if let Some(CommandError::Duplicates { rows, .. }) = facts.error {
        object["duplicates"] = json!({ "on_duplicate": "fail", "rows": rows });
    }
    if let Some(CommandError::TooManyRejects { kept, .. }) = facts.error {
        object["rejects"] = kept.display().to_string().into();
    }
    object["error"] = facts.error.map_or(Value::Null, error_object);
    object
}

fn error_object(error: &CommandError) -> Value {
    json!({ "message": error.to_string(), "hint": error.hint(), "exit_code": error.exit_code() })
}
