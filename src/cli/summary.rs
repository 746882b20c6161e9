//! `summary.json`: the counts of a run, for machines.

use super::run_identity::ByteOptions;
use crate::formats::compression::Codec;
use crate::ingest::{RejectCode, TextEncoding};
use crate::pipeline::{InputFacts, OnDuplicate, RunResult};
use crate::policy::PolicyFile;
use crate::reports::{Report, ReportOptions, Tally, currency_text};
use crate::rules::{OfferType, Stage, write_amount};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};

/// Name of the file in the published directory.
pub const FILE_NAME: &str = "summary.json";

pub const SCHEMA: &str = "renewals.summary";
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

/// The counts of a summary, as read from one that was published.
#[derive(Clone, Debug, Deserialize)]
pub struct Figures {
    /// Rows as a whole.
    pub rows: RowFigures,
    /// Rejected rows by code, in the order of the codes.
    pub rejected_by_code: Map<String, Value>,
    /// Offers that are there more than once.
    pub duplicates: DuplicateFigures,
    /// The inputs, in order.
    pub inputs: Vec<InputFigures>,
}

/// Rows of a run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RowFigures {
    /// Rows read.
    pub read: u64,
    /// Rows evaluated.
    pub evaluated: u64,
    /// Rows rejected.
    pub rejected: u64,
}

/// Offers that are there more than once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DuplicateFigures {
    /// What was done about them.
    pub on_duplicate: String,
    /// Rows whose offer an earlier row has; `None` if none were looked for.
    pub rows: Option<u64>,
}

impl DuplicateFigures {
    /// Whether these rows were rejected.
    pub fn is_rejected(&self) -> bool {
        self.on_duplicate == OnDuplicate::Reject.as_str()
    }
}

/// An input of a run.
#[derive(Clone, Debug, Deserialize)]
pub struct InputFigures {
    /// Size in bytes.
    pub bytes: u64,
    /// Rows read.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// BLAKE3 of its content, in hexadecimal digits.
    pub blake3: String,
}

impl Figures {
    /// Bytes of all inputs.
    pub fn input_bytes(&self) -> u64 {
        self.inputs.iter().map(|input| input.bytes).sum()
    }
}

/// The summary as indented JSON, and its counts.
///
/// # Errors
/// None in practice: a value of plain texts and numbers always has a JSON form.
pub fn to_json(facts: &RunFacts<'_>) -> serde_json::Result<(String, Figures)> {
    let inputs = facts.result.inputs.iter().map(WrittenInput::of).collect();
    let mut text = serde_json::to_string_pretty(&Summary { but_inputs: but_inputs(facts), inputs })?;
    text.push('\n');
    let figures = serde_json::from_str(&text)?;
    Ok((text, figures))
}

/// The summary as it is written. The inputs may be thousands, too many to be made values of first.
#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    but_inputs: Value,
    inputs: Vec<WrittenInput<'a>>,
}

#[derive(Serialize)]
struct WrittenInput<'a> {
    path: &'a str,
    format: &'a str,
    bytes: u64,
    rows: u64,
    rejected: u64,
    #[serde(serialize_with = "write_hash")]
    blake3: &'a blake3::Hash,
}

impl<'a> WrittenInput<'a> {
    fn of(facts: &'a InputFacts) -> Self {
        let InputFacts { path, format, bytes, rows, rejected, blake3 } = facts;
        Self { path, format, bytes: *bytes, rows: *rows, rejected: *rejected, blake3 }
    }
}

fn write_hash<S: Serializer>(hash: &blake3::Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hash.to_hex())
}

fn but_inputs(facts: &RunFacts<'_>) -> Value {
    let tally = &facts.result.tally;
    json!({
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
            "history_days": facts.byte_options.forecasting.history_days,
            "interval": facts.byte_options.forecasting.interval.to_string(),
            "assumptions": facts.byte_options.forecasting.assumptions.title,
            "exchange_rates": facts.byte_options.forecasting.exchange.as_ref().map(|file| file.origin.as_str()),
            "date_format": date_format(facts.byte_options),
            "profile": facts.byte_options.profile.map(|profile| profile.id.as_str()),
            "set": set(facts.byte_options),
            "sheet": facts.byte_options.reading.sheet.as_deref(),
            "encoding": facts.byte_options.reading.encoding.map(TextEncoding::as_str),
            "max_record_bytes": facts.byte_options.reading.max_record_bytes,
            "raw_text": facts.byte_options.raw_text,
            "decisions": facts.byte_options.decisions,
            "compress": facts.byte_options.codec.map(Codec::extension),
        },
        "rows": {
            "read": tally.rows_read,
            "evaluated": tally.rows_evaluated,
            "rejected": tally.rows_rejected(),
        },
        "rejected_by_code": rejected_by_code(tally),
        "duplicates": {
            "on_duplicate": facts.byte_options.on_duplicate.as_str(),
            "rows": facts.result.duplicates,
        },
        "stages": object(Stage::ALL, Stage::as_str, |stage| {
            object(OfferType::ALL, OfferType::as_str, |offer_type| {
                tally.stages[stage.index()][offer_type.index()].into()
            })
        }),
        "reports": object(Report::ALL, Report::as_str, |report| tally.report_rows[report.index()].into()),
        "fees": fees(facts),
        "expected_fees": expected_fees(facts),
    })
}

/// The form of dates that holds for the whole run; a profile has its own for each column.
fn date_format<'a>(options: &'a ByteOptions<'_>) -> Option<&'a str> {
    match &options.reading.date_format {
        Some(format) => Some(format),
        None => options.profile.is_none().then_some("%Y-%m-%d"),
    }
}

fn set(options: &ByteOptions<'_>) -> Map<String, Value> {
    let set = options.reading.set.iter();
    set.map(|(column, value)| (column.as_str().to_owned(), value.as_str().into())).collect()
}

/// Rejected rows by code.
pub fn rejected_by_code(tally: &Tally) -> Map<String, Value> {
    RejectCode::ALL.iter().map(|code| (code.as_str().to_owned(), tally.rejected[code.index()].into())).collect()
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

/// What is expected of the fees due in all months of the forecast, by scenario and currency.
fn expected_fees(facts: &RunFacts<'_>) -> Value {
    let outlook = &facts.result.outlook;
    let mut rows = Vec::new();
    for scenario in &outlook.scenarios {
        for total in scenario.totals.iter().filter(|total| total.month.is_none()) {
            rows.push(json!({
                "scenario": scenario.scenario.name,
                "currency": String::from_utf8_lossy(currency_text(&total.currency)),
                "offers": total.sum.offers,
                "offers_without_fee": total.sum.offers_without_fee,
                "fees_due": total.sum.known_fees().map(|fees| amount(fees, outlook.places)),
                "fees_expected": total.estimate.map(|estimate| estimate.expected),
                "fees_low": total.estimate.map(|estimate| estimate.low),
                "fees_high": total.estimate.map(|estimate| estimate.high),
            }));
        }
    }
    Value::Array(rows)
}

/// An exact amount as text, with two decimal places or as many as its widest fee.
pub fn amount(ten_thousandths: i128, places: u8) -> String {
    let mut text = Vec::new();
    write_amount(ten_thousandths, places.max(2), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
