//! `renewals check`: what is wrong with inputs, before a run.

mod json;
mod text;

use super::arguments::{CheckArguments, DuplicateHandling};
use super::error::CommandError;
use super::inputs::{OpenedInputs, open_inputs};
use super::limit::RejectLimit;
use super::message::{self, counted, grouped};
use super::progress::Progress;
use super::run::default_threads;
use super::signals::Signals;
use crate::check::{CheckSettings, Thresholds};
use crate::pipeline::{self, Checked, Input, RunError, ScanSettings};
use crate::policy::{self, PolicyFile};
use crate::rules::Date;
use std::io::Write;

/// Bytes of input that a thread reads at a time.
const BATCH_BYTES: u64 = 1 << 19;
/// Days of a year, for thresholds that are years.
const DAYS_PER_YEAR: f64 = 365.2425;

/// What is told of a check.
pub struct Report<'a> {
    /// The arguments.
    pub arguments: &'a CheckArguments,
    /// The policy.
    pub policy: &'a PolicyFile,
    /// The as-of date, if there is one.
    pub as_of: Option<Date>,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Whether an input's rows have lines, which those of Parquet have not.
    pub has_lines: Vec<bool>,
    /// What was found.
    pub checked: Checked,
}

/// Checks inputs, and tells on standard output what was found.
///
/// # Errors
/// Inputs that cannot be used, and more rejected rows or duplicates than allowed.
pub fn check(arguments: &CheckArguments) -> Result<(), CommandError> {
    let day = arguments.as_of.as_ref().map(|as_of| as_of.resolve(&arguments.timezone)).transpose();
    let day = day.map_err(CommandError::AsOf)?;
    if let Some(day) = day.as_ref().filter(|day| day.is_derived()) {
        message::line(&day.derivation());
    }
    let policy = policy::load(&arguments.policy)?;
    let signals = Signals::listen();
    let opened = open_inputs(&arguments.inputs, &arguments.reading, &signals);
    let OpenedInputs { inputs, date_format, picked, .. } = opened.map_err(|error| interrupted(error, &signals))?;
    if let Some(picked) = picked {
        message::line(&picked);
    }
    let as_of = day.map(|day| day.day);
    let settings = CheckSettings {
        policy: &policy.policy,
        as_of,
        thresholds: thresholds(arguments),
        examples: arguments.examples as usize,
    };
    let threads = arguments.threads.map_or_else(default_threads, usize::from);
    let scan_settings = ScanSettings { date_format: &date_format, threads, batch_bytes: BATCH_BYTES };
    let bytes = inputs.iter().map(Input::size).sum::<Option<u64>>();
    let progress = Progress::new(bytes, &super::explain::display_arguments(), signals.clone());
    let outcome = pipeline::check(&inputs, &settings, &scan_settings, &progress);
    progress.finish();
    let checked = outcome.map_err(|error| interrupted(error.into(), &signals))?;
    let report = Report {
        arguments,
        policy: &policy,
        as_of,
        inputs: inputs.iter().map(|input| input.path().to_string_lossy().into_owned()).collect(),
        has_lines: inputs.iter().map(|input| input.format() == "csv").collect(),
        checked,
    };
    let verdict = report.verdict();
    if arguments.json {
        super::run_ending::print(&json::object(&report, verdict.as_deref()))?;
    } else {
        let mut output = anstream::stdout().lock();
        text::write(&mut output, &report)?;
        output.flush()?;
    }
    verdict.map_or(Ok(()), |verdict| Err(CommandError::Checked(verdict)))
}

fn thresholds(arguments: &CheckArguments) -> Thresholds {
    let days = |years: u16| (f64::from(years) * DAYS_PER_YEAR).round() as i32;
    Thresholds {
        days_ahead: days(arguments.suspicion.years_ahead),
        days_past: days(arguments.suspicion.years_past),
        fee_factor: arguments.suspicion.fee_factor,
    }
}

impl Report<'_> {
    /// Rows that a run by the same options would reject.
    pub fn rejected(&self) -> u64 {
        let is_rejected = self.arguments.on_duplicate == DuplicateHandling::Reject;
        self.checked.findings.rejected() + if is_rejected { self.checked.duplicates.rows } else { 0 }
    }

    /// Why the inputs are not fine, if they are not.
    fn verdict(&self) -> Option<String> {
        let limit: RejectLimit = self.arguments.max_rejects;
        let (rejected, rows) = (self.rejected(), self.checked.findings.rows);
        if !limit.allows(rejected, rows) {
            let (rejected, rows) = (grouped(rejected), grouped(rows));
            return Some(format!(
                "{rejected} of {rows} rows would be rejected, more than --max-rejects allows ({limit})"
            ));
        }
        let duplicates = self.checked.duplicates.rows;
        if self.arguments.on_duplicate == DuplicateHandling::Fail && duplicates > 0 {
            return Some(format!("{} the offer of an earlier row", counted(duplicates, "row has", "rows have")));
        }
        None
    }

    /// Where a row stands, in words.
    pub fn place(&self, input: usize, line: u64) -> String {
        let unit = if self.has_lines[input] { "line" } else { "row" };
        format!("{}, {unit} {}", super::terminal::safe(self.inputs[input].as_bytes()), grouped(line))
    }
}

/// An error that a signal is the reason of.
fn interrupted(error: CommandError, signals: &Signals) -> CommandError {
    match (error, signals.received()) {
        (CommandError::Run(RunError::Cancelled), Some(signal)) => {
            CommandError::Interrupted { signal, output: "every file" }
        }
        (error, _) => error,
    }
}
