//! The ending of a run as facts, for whoever tells of it: as JSON, as metrics, as lineage.

use super::arguments::ResolvedDay;
use super::error::CommandError;
use super::run_ending::{Completed, Ending, RunContext};
use super::summary::RowFigures;
use crate::objects::ObjectUrl;
use crate::reports::{DECISIONS, Report, Table};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// How a run ended.
pub struct EndingFacts<'a> {
    /// `published`, `skipped`, `failed` or `interrupted`.
    pub outcome: &'static str,
    /// The exit code as far as it is known.
    pub exit_code: u8,
    /// Whether the run, or telling of it so far, failed.
    pub is_failure: bool,
    /// How long it took, to the millisecond.
    pub seconds: f64,
    /// The absolute path of the output directory as it was named.
    pub out: PathBuf,
    /// The as-of date, if it could be told.
    pub day: Option<&'a ResolvedDay>,
    /// What was counted, if all of it was.
    pub counts: Option<Counts<'a>>,
    /// The run, if it did what was asked of it.
    pub completed: Option<&'a Completed>,
    /// Why it did not, else.
    pub error: Option<&'a CommandError>,
}

/// What a run counted.
pub struct Counts<'a> {
    /// Rows.
    pub rows: RowFigures,
    /// Rejected rows by code; codes that did not come up may be missing.
    pub rejected_by_code: &'a Map<String, Value>,
}

impl<'a> EndingFacts<'a> {
    /// The facts of an ending.
    pub fn new(context: &RunContext<'a>, outcome: &'a Result<Completed, CommandError>) -> Self {
        let (name, exit_code) = match outcome {
            Ok(Completed { ending: Ending::Published, .. }) => ("published", 0),
            Ok(Completed { ending: Ending::Skipped, .. }) => ("skipped", context.arguments.publishing.skip_exit_code),
            Err(error @ CommandError::Interrupted { .. }) => ("interrupted", error.exit_code()),
            Err(error) => ("failed", error.exit_code()),
        };
        let out = &context.arguments.out;
        Self {
            outcome: name,
            exit_code,
            is_failure: outcome.is_err(),
            seconds: (context.started.elapsed().as_secs_f64() * 1e3).round() / 1e3,
            out: absolute(out),
            day: context.day,
            counts: counts(outcome),
            completed: outcome.as_ref().ok(),
            error: outcome.as_ref().err(),
        }
    }
}

/// The path from the root; an address stays as it is.
fn absolute(out: &Path) -> PathBuf {
    match ObjectUrl::parse(out) {
        Some(_) => out.to_owned(),
        None => std::path::absolute(out).unwrap_or_else(|_| out.to_owned()),
    }
}

impl Counts<'_> {
    /// Rejected rows of those read, from 0 to 1.
    pub fn reject_share(&self) -> f64 {
        self.rows.rejected as f64 / self.rows.read.max(1) as f64
    }

    /// The codes that came up.
    pub fn occurring_codes(&self) -> Map<String, Value> {
        let counts = self.rejected_by_code.iter().filter(|(_, count)| count.as_u64().is_some_and(|count| count > 0));
        counts.map(|(code, count)| (code.clone(), count.clone())).collect()
    }
}

/// The table that a published file holds, if it holds one.
pub fn table_of(file_name: &str) -> Option<Table> {
    let stem = file_name.split('.').next()?;
    Report::ALL.iter().map(|report| report.table()).chain([DECISIONS]).find(|table| table.name == stem)
}

fn counts(outcome: &Result<Completed, CommandError>) -> Option<Counts<'_>> {
    match outcome {
        Ok(Completed { figures, .. }) => {
            Some(Counts { rows: figures.rows, rejected_by_code: &figures.rejected_by_code })
        }
        Err(CommandError::TooManyRejects { rejected, read, by_code, .. }) => {
            let rows = RowFigures { read: *read, evaluated: read - rejected, rejected: *rejected };
            Some(Counts { rows, rejected_by_code: by_code })
        }
        Err(_) => None,
    }
}
