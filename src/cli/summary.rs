//! `summary.json`: the counts of a run, for machines.

use super::run_identity::ByteOptions;
use crate::ingest::RejectCode;
use crate::pipeline::RunResult;
use crate::policy::PolicyFile;
use crate::reports::{Report, ReportOptions};
use crate::rules::{OfferType, Stage, write_amount};
use serde_json::{Map, Value, json};

/// Name of the file in the published directory.
pub const FILE_NAME: &str = "summary.json";

const SCHEMA: &str = "renewals.summary";
const SCHEMA_VERSION: u32 = 1;

/// What is known of a run when it is published.
pub struct RunFacts<'a> {
    /// The run id.
    pub run_id: String,
    /// The policy.
    pub policy: &'a PolicyFile,
    /// The as-of date and the reach of the reports.
    pub options: &'a ReportOptions,
    /// The other options that change bytes.
    pub byte_options: &'a ByteOptions<'a>,
    /// Counts, inputs and files.
    pub result: &'a RunResult,
}

/// The summary as indented JSON.
pub fn to_json(facts: &RunFacts<'_>) -> String {
    let tally = &facts.result.tally;
    let value = json!({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "run_id": facts.run_id,
        "as_of": facts.options.as_of.to_string(),
        "policy": facts.policy.policy.id(),
        "options": {
            "horizon_days": facts.options.horizon_days,
            "forecast_months": facts.options.forecast_months,
            "reminders_from": facts.options.reminders_from.to_string(),
            "date_format": facts.byte_options.date_format.unwrap_or("%Y-%m-%d"),
            "max_record_bytes": facts.byte_options.max_record_bytes,
            "raw_text": facts.byte_options.raw_text,
        },
        "rows": {
            "read": tally.rows_read,
            "evaluated": tally.rows_evaluated,
            "rejected": tally.rows_rejected(),
        },
        "rejected_by_code": object(RejectCode::ALL, RejectCode::as_str, |code| tally.rejected[code.index()].into()),
        "stages": object(Stage::ALL, Stage::as_str, |stage| {
            object(OfferType::ALL, OfferType::as_str, |offer_type| {
                tally.stages[stage.index()][offer_type.index()].into()
            })
        }),
        "reports": object(Report::ALL, Report::as_str, |report| tally.report_rows[report.index()].into()),
        "fees": fees(facts),
        "inputs": inputs(facts),
    });
    // A value of plain texts and numbers always has a JSON form.
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

fn object<T: Copy>(keys: &[T], name: impl Fn(T) -> &'static str, value: impl Fn(T) -> Value) -> Value {
    Value::Object(keys.iter().map(|&key| (name(key).to_owned(), value(key))).collect::<Map<_, _>>())
}

fn fees(facts: &RunFacts<'_>) -> Value {
    let mut rows = Vec::new();
    for (currency, totals) in facts.result.tally.fees_by_currency(&facts.result.currencies) {
        for (stage, total) in Stage::ALL.iter().zip(totals).filter(|(_, total)| total.offers > 0) {
            rows.push(json!({
                "currency": String::from_utf8_lossy(&currency),
                "stage": stage.as_str(),
                "offers": total.offers,
                "fees": amount(total.fees, total.places),
            }));
        }
    }
    Value::Array(rows)
}

fn inputs(facts: &RunFacts<'_>) -> Value {
    let rows = facts.result.inputs.iter().map(|input| {
        json!({
            "path": input.path,
            "format": input.format,
            "bytes": input.bytes,
            "rows": input.rows,
            "blake3": input.blake3.to_hex().as_str(),
        })
    });
    Value::Array(rows.collect())
}

/// An exact amount as text, with two decimal places or as many as its widest fee.
pub fn amount(ten_thousandths: i128, places: u8) -> String {
    let mut text = Vec::new();
    write_amount(ten_thousandths, places.max(2), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
