//! The counts of a comparison for machines: `summary.json` of its directory, and the object of `--json`.

use super::error::CommandError;
use super::summary::amount;
use crate::changes::{Change, ChangeTally, GroupTotal};
use crate::pipeline::ComparisonResult;
use crate::publish::{Manifest, ManifestHead};
use crate::reports::currency_text;
use crate::rules::Date;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

const SCHEMA: &str = "renewals.changes";
const SCHEMA_VERSION: u32 = 1;

/// A night that was compared.
#[derive(Debug)]
pub struct Night {
    /// The directory as given.
    pub directory: PathBuf,
    /// What its manifest says of the run.
    pub head: ManifestHead,
    /// Its as-of date.
    pub as_of: Date,
    /// Its offers.
    pub offers: u64,
    /// Its rejected rows.
    pub rejected: u64,
    /// SHA-256 of its decision table.
    pub sha256: String,
}

/// What is known of a comparison.
pub struct ComparisonFacts {
    /// The id of the comparison.
    pub run_id: String,
    /// The old night and the new one.
    pub nights: [Night; 2],
    /// Counts and files.
    pub result: ComparisonResult,
}

/// The summary as indented JSON.
///
/// # Errors
/// None in practice: a value of plain texts and numbers always has a JSON form.
pub fn to_json(facts: &ComparisonFacts) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&summary(facts))?;
    text.push('\n');
    Ok(text)
}

fn summary(facts: &ComparisonFacts) -> Value {
    let ComparisonResult { tally, repeats, .. } = &facts.result;
    let [old, new] = &facts.nights;
    json!({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "run_id": facts.run_id,
        "old": night(old, repeats.old),
        "new": night(new, repeats.new),
        "offers": tally.all_offers(),
        "changes": changes(tally),
    })
}

fn night(night: &Night, repeated_keys: u64) -> Value {
    let Night { head, offers, rejected, .. } = night;
    json!({
        "run_id": head.run_id,
        "as_of": head.as_of,
        "policy": head.policy,
        "tool_version": head.tool_version,
        "offers": offers,
        "rejected": rejected,
        "repeated_keys": repeated_keys,
    })
}

fn changes(tally: &ChangeTally) -> Value {
    let by_change = tally.fees_by_change();
    let of = |change: &Change| {
        let groups = by_change.iter().filter(|((listed, _), _)| listed == change);
        let fees: Vec<Value> = groups
            .filter(|(_, total)| total.offers > total.offers_without_fee)
            .map(|((_, currency), total)| {
                json!({
                    "currency": String::from_utf8_lossy(currency_text(currency)),
                    "offers": total.offers - total.offers_without_fee,
                    "fees": amount(total.fees, tally.places()),
                })
            })
            .collect();
        json!({
            "change": change.as_str(),
            "offers": tally.offers(*change),
            "also": tally.also(*change),
            "fees": fees,
        })
    };
    Change::ALL.iter().map(of).collect()
}

/// The object of a comparison that ended well.
pub fn ending(facts: &ComparisonFacts, published: Option<&(PathBuf, Manifest)>, started: Instant) -> Value {
    let mut object = summary(facts);
    for (name, night) in [("old", &facts.nights[0]), ("new", &facts.nights[1])] {
        object[name]["directory"] = night.directory.display().to_string().into();
    }
    object["outcome"] = if published.is_some() { "published" } else { "compared" }.into();
    object["exit_code"] = 0.into();
    object["out"] = published.map(|(directory, _)| directory.display().to_string()).into();
    object["files"] = published.map_or_else(|| json!([]), |(_, manifest)| json!(manifest.files));
    object["seconds"] = ((started.elapsed().as_secs_f64() * 1e3).round() / 1e3).into();
    object["error"] = Value::Null;
    object
}

/// The object of a comparison that failed.
pub fn failure(error: &CommandError) -> Value {
    let outcome = if matches!(error, CommandError::Interrupted { .. }) { "interrupted" } else { "failed" };
    json!({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "outcome": outcome,
        "exit_code": error.exit_code(),
        "error": { "message": error.to_string(), "hint": error.hint(), "exit_code": error.exit_code() },
    })
}

/// Offers with a fee.
pub const fn offers_with_fee(total: &GroupTotal) -> u64 {
    total.offers - total.offers_without_fee
}
