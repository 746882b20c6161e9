//! `renewals backtest`: what was expected of an older export, against what a later one shows to have been paid.

mod told;

use super::arguments::{BacktestArguments, Format};
use super::error::CommandError;
use super::forecasting::Forecasting;
use super::inputs::{OpenedInputs, open_inputs};
use super::message;
use super::progress::Progress;
use super::run::default_threads;
use super::run_identity::{ByteOptions, run_id};
use super::signals::Signals;
use crate::pipeline::{
    BacktestResult, BacktestSettings, Export, Input, RunError, backtest as run_backtest, content_hashes,
};
use crate::policy::PolicyFile;
use crate::publish::{ManifestHead, Publication};
use crate::reports::{BacktestMonth, ReportOptions, UnmatchedReason};
use crate::rules::Date;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

const BATCH_BYTES: u64 = 512 * 1024;
const FILE_NAME: &str = "backtest.json";
const OUTPUT: &str = "the output directory";

/// Runs a backtest and publishes it.
///
/// # Errors
/// Arguments that contradict each other, exports that cannot be used, and an output that cannot be written.
pub fn backtest(arguments: &BacktestArguments) -> Result<(), CommandError> {
    let signals = Signals::listen();
    let (actuals_as_of, later) = actuals(arguments)?;
    let policy = crate::policy::load(&arguments.policy)?;
    let forecasting = Forecasting::read(&arguments.outlook)?;
    let older = open(&arguments.older, arguments, &signals)?;
    let later = open(&later, arguments, &signals)?;
    let publication = Publication::begin(&arguments.out)?;
    let settings = BacktestSettings {
        policy: &policy.policy,
        options: options(arguments),
        actuals_as_of,
        outlook: forecasting.settings(),
        is_raw_text: arguments.raw_text,
        threads: arguments.threads.map_or_else(default_threads, usize::from),
        batch_bytes: BATCH_BYTES,
    };
    // Each export is hashed, and the older one read twice.
    let bytes = |opened: &OpenedInputs| opened.inputs.iter().map(Input::size).sum::<Option<u64>>();
    let total = bytes(&older).zip(bytes(&later)).map(|(older, later)| 3 * older + 2 * later);
    let progress = Progress::new(total, &arguments.display, signals.clone());
    let exports =
        [&older, &older, &later].map(|opened| Export { inputs: &opened.inputs, date_format: &opened.date_format });
    let outcome = run_backtest(exports, &settings, &publication, &progress);
    let hashes = outcome.and_then(|result| {
        let older = content_hashes(&older.inputs, settings.threads, &progress)?;
        Ok((result, older, content_hashes(&later.inputs, settings.threads, &progress)?))
    });
    progress.finish();
    let (result, older_hashes, later_hashes) = hashes.map_err(|error| interrupted(error, &signals))?;
    let byte_options = ByteOptions {
        forecasting: &forecasting,
        formats: &[Format::Csv],
        codec: None,
        profile: older.profile.as_ref(),
        reading: &arguments.reading,
        raw_text: arguments.raw_text,
        decisions: false,
        on_duplicate: crate::pipeline::OnDuplicate::Ignore,
    };
    let in_both = later.inputs.iter().zip(&later_hashes).filter(|(_, hash)| older_hashes.contains(hash));
    let in_both: Vec<&Path> = in_both.map(|(input, _)| input.path()).collect();
    let ids = [older_hashes, later_hashes].map(|hashes| run_id(hashes, &policy, &settings.options, &byte_options));
    let facts = Facts { arguments, actuals_as_of, policy: &policy, forecasting: &forecasting, result: &result, ids };
    let directory = publish(&facts, publication)?;
    told::warn(&facts, &in_both);
    if !arguments.display.quiet {
        told::tell(&facts);
        message::line(&format!("published in {}", directory.display()));
    }
    Ok(())
}

/// The day of the later export and its paths.
fn actuals(arguments: &BacktestArguments) -> Result<(Date, Vec<PathBuf>), CommandError> {
    let (day, later) = arguments.actuals_as_of.split_first().unwrap_or((&arguments.out, &[]));
    let text = day.to_string_lossy();
    let day = Date::parse_iso(text.as_bytes())
        .ok_or_else(|| CommandError::ActualsAsOf(format!("`{}` is no day such as 2020-06-05", text.escape_debug())))?;
    if day <= arguments.as_of {
        return Err(CommandError::ActualsAsOf(format!("{day} does not lie after --as-of {}", arguments.as_of)));
    }
    Ok((day, later.to_vec()))
}

fn options(arguments: &BacktestArguments) -> ReportOptions {
    ReportOptions {
        as_of: arguments.as_of,
        horizon_days: 0,
        forecast_months: arguments.forecast_months,
        reminders_from: arguments.as_of,
    }
}

fn open(paths: &[PathBuf], arguments: &BacktestArguments, signals: &Signals) -> Result<OpenedInputs, CommandError> {
    let opened = open_inputs(paths, &arguments.reading, signals).map_err(|error| match error {
        CommandError::Run(error) => interrupted(error, signals),
        error => error,
    })?;
    match opened.inputs.iter().find(|input| !input.is_repeatable()) {
        Some(input) => Err(CommandError::ReadTwice(input.path().to_owned())),
        None => Ok(opened),
    }
}

fn interrupted(error: RunError, signals: &Signals) -> CommandError {
    match (error, signals.received()) {
        (RunError::Cancelled, Some(signal)) => CommandError::Interrupted { signal, output: OUTPUT },
        (error, _) => error.into(),
    }
}

/// What is known of a backtest when it is published.
struct Facts<'a> {
    arguments: &'a BacktestArguments,
    actuals_as_of: Date,
    policy: &'a PolicyFile,
    forecasting: &'a Forecasting,
    result: &'a BacktestResult,
    /// Run ids that runs of the older and of the later export alone would have on the older one's day.
    ids: [String; 2],
}

impl Facts<'_> {
    fn run_id(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let day = self.actuals_as_of.to_string();
        for part in ["backtest", &day, &self.ids[0], &self.ids[1]] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Months of which it can be said whether what was paid lies in the interval, and how many of them do; of single
    /// currencies, or of all together.
    fn coverage(&self, is_of_all: bool) -> (u64, u64) {
        let months = self.result.months.iter().filter(|month| month.currency.is_none() == is_of_all);
        months
            .filter_map(BacktestMonth::is_inside)
            .fold((0, 0), |(told, inside), is_inside| (told + 1, inside + u64::from(is_inside)))
    }

    fn unmatched(&self) -> u64 {
        self.result.unmatched.iter().sum()
    }

    fn to_value(&self) -> Value {
        let coverage = |is_of_all| {
            let (months, inside) = self.coverage(is_of_all);
            json!({ "months": months, "inside": inside, "share": (months > 0).then(|| inside as f64 / months as f64) })
        };
        let unmatched = UnmatchedReason::ALL.iter();
        let unmatched: Map<String, Value> = unmatched
            .map(|reason| (reason.as_str().to_owned(), self.result.unmatched[reason.index()].into()))
            .collect();
        let rows = |index: usize| {
            let rows = self.result.rows[index];
            json!({ "evaluated": rows.evaluated, "rejected": rows.rejected })
        };
        json!({
            "schema": "renewals.backtest",
            "schema_version": 1,
            "tool_version": env!("CARGO_PKG_VERSION"),
            "run_id": self.run_id(),
            "as_of": self.arguments.as_of.to_string(),
            "actuals_as_of": self.actuals_as_of.to_string(),
            "policy": self.policy.policy.id(),
            "forecast_months": self.arguments.forecast_months,
            "history_days": self.forecasting.history_days,
            "interval": self.forecasting.interval.to_string(),
            "assumptions": self.forecasting.assumptions.title,
            "rows": { "older": rows(0), "later": rows(1) },
            "offers_due": self.result.offers_due,
            "unmatched": unmatched,
            "currencies": coverage(false),
            "reporting_currency": coverage(true),
        })
    }
}

fn publish(facts: &Facts<'_>, publication: Publication) -> Result<PathBuf, CommandError> {
    let mut files = facts.result.files.clone();
    let mut file = publication.create(FILE_NAME)?;
    let mut text = serde_json::to_string_pretty(&facts.to_value()).map_err(std::io::Error::from)?;
    text.push('\n');
    file.append(text.as_bytes())?;
    files.push(file.finish(0)?);
    let head = ManifestHead {
        run_id: facts.run_id(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        as_of: facts.arguments.as_of.to_string(),
        policy: facts.policy.policy.id().to_owned(),
    };
    let published = publication.publish(head, files)?;
    for leftover in &published.leftovers {
        message::warning(&format!("{leftover}; the next run tries again"));
    }
    Ok(published.directory)
}
