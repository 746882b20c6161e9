//! How a run ended, as one JSON object for whoever started it: `--json` and `--summary-json`.

use super::arguments::{ResolvedDay, RunArguments};
use super::error::CommandError;
use super::message;
use super::side_file;
use super::summary::Figures;
use crate::publish::Manifest;
use serde_json::{Map, Value, json};
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
    /// When the run began.
    pub started: Instant,
}

/// Tells of the ending, the JSON after everything else, and returns the exit code.
pub fn tell(context: &RunContext<'_>, outcome: &Result<Completed, CommandError>) -> u8 {
    let mut exit_code = exit_code(context, outcome);
    if let Err(error) = outcome {
        message::error(&error.to_string(), exit_code, error.hint().as_deref());
    }
    let mut object = result_object(context, outcome);
    if let Some(path) = &context.arguments.messages.summary_json
        && let Err(cause) = side_file::replace(path, format!("{object}\n").as_bytes())
    {
        let error = CommandError::NotTold { what: path.display().to_string(), source: cause };
        exit_code = fail_late(&mut object, exit_code, &error);
    }
    if context.arguments.messages.json
        && let Err(error) = print(&object)
    {
        exit_code = fail_late(&mut object, exit_code, &error);
    }
    exit_code
}

fn exit_code(context: &RunContext<'_>, outcome: &Result<Completed, CommandError>) -> u8 {
    match outcome {
        Ok(Completed { ending: Ending::Published, .. }) => 0,
        Ok(Completed { ending: Ending::Skipped, .. }) => context.arguments.publishing.skip_exit_code,
        Err(error) => error.exit_code(),
    }
}

/// A run that ended well, but could not tell so, ends with the code of that error.
fn fail_late(object: &mut Value, exit_code: u8, error: &CommandError) -> u8 {
    if matches!(error, CommandError::BrokenPipe) {
        return exit_code;
    }
    let exit_code = if object["error"].is_null() { error.exit_code() } else { exit_code };
    message::error(&error.to_string(), exit_code, error.hint().as_deref());
    if object["error"].is_null() {
        object["exit_code"] = exit_code.into();
        object["error"] = error_object(error);
    }
    exit_code
}

/// Prints an object as the last line of standard output.
pub fn print(object: &Value) -> Result<(), CommandError> {
    let mut output = std::io::stdout().lock();
    // One write, so that nothing of another process comes between.
    output.write_all(format!("{object}\n").as_bytes())?;
    Ok(output.flush()?)
}

/// The object of a command line that could not be read.
pub fn usage_object(message: &str, exit_code: u8) -> Value {
    json!({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "outcome": "failed",
        "exit_code": exit_code,
        "error": { "message": message, "hint": null, "exit_code": exit_code },
    })
}

fn result_object(context: &RunContext<'_>, outcome: &Result<Completed, CommandError>) -> Value {
    let ending = match outcome {
        Ok(Completed { ending: Ending::Published, .. }) => "published",
        Ok(Completed { ending: Ending::Skipped, .. }) => "skipped",
        Err(CommandError::Interrupted { .. }) => "interrupted",
        Err(_) => "failed",
    };
    let mut object = json!({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "outcome": ending,
        "exit_code": exit_code(context, outcome),
        "tool_version": env!("CARGO_PKG_VERSION"),
        "as_of": context.day.map(|day| day.day.to_string()),
        "as_of_given": context.day.map(|day| day.given.clone()),
        "timezone": context.day.map(|day| day.zone_name().to_owned()),
        "seconds": rounded_seconds(context.started),
    });
    let more = match outcome {
        Ok(completed) => completed_members(completed),
        Err(error) => failed_members(context.arguments, error),
    };
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

fn completed_members(completed: &Completed) -> Value {
    let Completed { directory, manifest, figures, .. } = completed;
    json!({
        "run_id": manifest.head.run_id,
        "out": directory.display().to_string(),
        "policy": manifest.head.policy,
        "rows": figures.rows,
        "reject_share": share(figures.rows.rejected, figures.rows.read),
        "rejected_by_code": occurring(&figures.rejected_by_code),
        "inputs": { "files": figures.inputs.len(), "bytes": figures.input_bytes() },
        "files": manifest.files,
        "error": null,
    })
}

fn failed_members(arguments: &RunArguments, error: &CommandError) -> Value {
    let mut members = json!({ "out": absolute(arguments), "error": error_object(error) });
    if let CommandError::TooManyRejects { rejected, read, by_code, kept, .. } = error {
        members["rows"] = json!({ "read": read, "evaluated": read - rejected, "rejected": rejected });
        members["reject_share"] = share(*rejected, *read);
        members["rejected_by_code"] = occurring(by_code);
        members["rejects"] = kept.display().to_string().into();
    }
    members
}

fn error_object(error: &CommandError) -> Value {
    json!({ "message": error.to_string(), "hint": error.hint(), "exit_code": error.exit_code() })
}

fn absolute(arguments: &RunArguments) -> String {
    std::path::absolute(&arguments.out).unwrap_or_else(|_| arguments.out.clone()).display().to_string()
}

fn share(rejected: u64, read: u64) -> Value {
    (rejected as f64 / read.max(1) as f64).into()
}

/// The codes that came up.
fn occurring(by_code: &Map<String, Value>) -> Value {
    let counts = by_code.iter().filter(|(_, count)| count.as_u64().is_some_and(|count| count > 0));
    Value::Object(counts.map(|(code, count)| (code.clone(), count.clone())).collect())
}

fn rounded_seconds(started: Instant) -> f64 {
    (started.elapsed().as_secs_f64() * 1e3).round() / 1e3
}
