//! What a check found, as one JSON object.

use super::Report;
use super::text::fee;
use crate::check::{ColumnProfile, DistinctCount, Example, Examples, Extreme, FeeGroup, Suspicion};
use crate::ingest::{Column, RejectCode};
use serde_json::{Map, Value, json};

const SCHEMA: &str = "renewals.check";
const SCHEMA_VERSION: u32 = 1;

/// Everything that was found; `verdict` says why the inputs are not fine, if they are not.
pub fn object(report: &Report<'_>, verdict: Option<&str>) -> Value {
    let findings = &report.checked.findings;
    let by_code: Map<String, Value> = RejectCode::ALL
        .iter()
        .map(|code| (code.as_str().to_owned(), findings.rejected_by_code[code.index()].into()))
        .collect();
    let unchecked: Vec<&str> = match report.as_of {
        Some(_) => Vec::new(),
        None => std::iter::once(RejectCode::PaymentAfterAsOf.as_str())
            .chain(Suspicion::ALL.iter().filter(|what| what.needs_as_of()).map(|what| what.as_str()))
            .collect(),
    };
    json!({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "is_fine": verdict.is_none(),
        "verdict": verdict,
        "as_of": report.as_of.map(|day| day.to_string()),
        "policy": report.policy.policy.id(),
        "inputs": report.inputs,
        "rows": { "read": findings.rows, "rejected": findings.rejected(), "valid": findings.rows - findings.rejected() },
        "rejected_by_code": by_code,
        "faults": findings.faults.iter().map(|(code, column, examples)| json!({
            "code": code.as_str(),
            "column": column.map(Column::as_str),
            "rows": examples.count,
            "message": code.message(*column),
            "examples": examples_value(report, examples),
        })).collect::<Vec<_>>(),
        "duplicates": duplicates(report),
        "suspicions": findings.suspicions.iter().map(|(suspicion, examples)| json!({
            "suspicion": suspicion.as_str(),
            "rows": examples.count,
            "message": suspicion.message(),
            "examples": examples_value(report, examples),
        })).collect::<Vec<_>>(),
        "columns": findings.columns.iter().map(|profile| column_value(report, profile)).collect::<Vec<_>>(),
        "fees": findings.fees.iter().map(fee_value).collect::<Vec<_>>(),
        "unchecked": unchecked,
    })
}

fn examples_value(report: &Report<'_>, examples: &Examples) -> Value {
    let value = |example: &Example| {
        json!({
            "file": report.inputs[example.input],
            "line": example.line,
            "byte_offset": example.byte_offset,
            "value": String::from_utf8_lossy(&example.value),
        })
    };
    Value::Array(examples.list.iter().map(value).collect())
}

fn duplicates(report: &Report<'_>) -> Value {
    let duplicates = &report.checked.duplicates;
    let groups = duplicates.groups.iter().map(|group| {
        let offer = report.checked.offers.get(&group.key);
        let places = group.places.iter().map(|(input, line)| json!({ "file": report.inputs[*input], "line": line }));
        json!({
            "partner_id": offer.map(|offer| String::from_utf8_lossy(&offer.partner_id).into_owned()),
            "offer_type": offer.map(|offer| offer.offer_type),
            "offer_name": offer.map(|offer| String::from_utf8_lossy(&offer.offer_name).into_owned()),
            "level": offer.map(|offer| offer.level),
            "rows": group.rows,
            "places": places.collect::<Vec<_>>(),
        })
    });
    json!({ "rows": duplicates.rows, "offers": duplicates.offers, "groups": groups.collect::<Vec<_>>() })
}

fn column_value(report: &Report<'_>, profile: &ColumnProfile) -> Value {
    let (distinct, is_exact) = match profile.distinct {
        DistinctCount::Exact(count) => (count, true),
        DistinctCount::About(count) => (count, false),
    };
    let extreme = |extreme: &Option<Extreme>| {
        extreme.as_ref().map(|found| {
            json!({
                "value": String::from_utf8_lossy(&found.value),
                "file": report.inputs[found.input],
                "line": found.line,
            })
        })
    };
    let common = profile.most_common.iter();
    let common = common.map(|(value, count)| json!({ "value": String::from_utf8_lossy(value), "rows": count }));
    json!({
        "column": profile.column.as_str(),
        "rows": profile.rows,
        "empty": profile.empty,
        "distinct": distinct,
        "distinct_is_exact": is_exact,
        "most_common": common.collect::<Vec<_>>(),
        "lowest": extreme(&profile.lowest),
        "highest": extreme(&profile.highest),
    })
}

fn fee_value(group: &FeeGroup) -> Value {
    json!({
        "currency": String::from_utf8_lossy(&group.key.currency),
        "level": group.key.level.map(|level| level.as_str()),
        "rows": group.rows,
        "lowest": fee(group.range.0),
        "highest": fee(group.range.1),
        "median": fee(group.median),
        "median_is_rounded": group.is_rounded,
    })
}
