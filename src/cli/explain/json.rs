//! Explanations as one JSON object.

use super::Context;
use super::block::{Block, Content};
use super::search::Search;
use crate::cli::arguments::ExplainArguments;
use crate::explain::{Change, ChangeKind, Event, Explanation, OwnedRow, derivation_text, explain_fault};
use crate::ingest::{Column, Fault, RejectCode};
use crate::reports::Report;
use crate::rules::{Contradiction, Decision, Derivation, Rule, Span, Term};
use serde_json::{Value, json};

const SCHEMA: &str = "renewals.explanation";
const SCHEMA_VERSION: u32 = 1;

/// Everything that was found, and what is said of it.
pub fn object(context: &Context, arguments: &ExplainArguments, search: &Search, blocks: &[Block<'_>]) -> Value {
    json!({
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "as_of": context.options.as_of.to_string(),
        "policy": context.policy.policy.id(),
        "partner_id": arguments.partner_id,
        "offer": arguments.offer,
        "searched": { "files": search.files, "rows": search.rows_read },
        "rows_found": search.count + search.broken.len() as u64,
        "rows": blocks.iter().map(block_value).collect::<Vec<_>>(),
    })
}

fn block_value(block: &Block<'_>) -> Value {
    let [partner_name, country, offer_type, offer_name, level] = &block.offer_cells;
    let mut value = json!({
        "file": (!block.file.is_empty()).then_some(block.file),
        "line": (block.line > 0).then_some(block.line),
        "byte_offset": block.byte_offset,
        "partner_name": partner_name,
        "country": country,
        "offer_type": offer_type,
        "offer_name": offer_name,
        "level": level,
        "state": block.state(),
        "duplicate_of": block.same_as.map(|(file, line)| json!({ "file": file, "line": line })),
    });
    let more = match &block.content {
        Content::Explained(row, explanation) => explained(row, explanation),
        Content::Rejected(reject) | Content::Broken(reject) => {
            // The same members as of a decided row, so that no reader needs to ask which are there.
            json!({
                "facts": null,
                "decision": null,
                "exempt_by": null,
                "reject": reject_value(reject.code, reject.column, &reject.value),
                "reports": [Report::Rejects.as_str()],
                "events": [],
                "changes": [],
                "rules": [],
            })
        }
    };
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}

fn explained(row: &OwnedRow, explanation: &Explanation) -> Value {
    let row = row.row();
    let reject = explanation.outcome.err().map(|contradiction| {
        let Fault { column, code } = contradiction.into();
        let day = match column {
            Column::RenewalStartDate => row.offer.renewal_start_date,
            _ => row.offer.last_renewal_date,
        };
        reject_value(code, Some(column), day.map(|day| day.to_string()).unwrap_or_default().as_bytes())
    });
    json!({
        "facts": {
            "purchase_date": row.offer.purchase_date.to_string(),
            "renewal_start_date": row.offer.renewal_start_date.map(|day| day.to_string()),
            "last_renewal_date": row.offer.last_renewal_date.map(|day| day.to_string()),
            "requirements_met": row.offer.requirements_met,
            "portal": row.offer.portal.as_str(),
            "fee": row.fee.map(|fee| String::from_utf8_lossy(fee.text)),
            "currency": String::from_utf8_lossy(row.currency),
        },
        "decision": explanation.outcome.ok().map(|decision| decision_value(&decision)),
        "exempt_by": explanation.exempt_by,
        "reject": reject,
        "reports": explanation.reports.iter().map(|report| report.as_str()).collect::<Vec<_>>(),
        "events": explanation.events.iter().map(event_value).collect::<Vec<_>>(),
        "changes": explanation.changes.iter().map(change_value).collect::<Vec<_>>(),
        "rules": explanation.rules.iter().map(|text| json!({
            "rule": text.rule.as_str(),
            "sentence": text.sentence,
            "source": text.source,
        })).collect::<Vec<_>>(),
    })
}

fn reject_value(code: RejectCode, column: Option<Column>, value: &[u8]) -> Value {
    let fault = explain_fault(code, column);
    json!({
        "code": code.as_str(),
        "column": column.map(Column::as_str),
        "value": String::from_utf8_lossy(value),
        "message": fault.message,
        "contract": fault.contract,
        "mend": fault.mend,
    })
}

fn decision_value(decision: &Decision) -> Value {
    json!({
        "stage": decision.stage.as_str(),
        "requirements": decision.requirements.as_str(),
        "blockers": decision.blockers.as_str().split(';').filter(|name| !name.is_empty()).collect::<Vec<_>>(),
        "term": decision.term.map(|term| term_value(&term)),
    })
}

fn term_value(term: &Term) -> Value {
    json!({
        "anniversary_date": term.anniversary.to_string(),
        "window_opens": term.window_opens.to_string(),
        "window_closes": term.window_closes.to_string(),
        "first_reminder": term.first_reminder.to_string(),
        "second_reminder": term.second_reminder.to_string(),
        "lapses_on": term.lapses_on().to_string(),
        "reactivate_by": term.reactivate_by.map(|day| day.to_string()),
        "next_anniversary": term.next_anniversary.to_string(),
    })
}

fn event_value(event: &Event) -> Value {
    json!({
        "day": event.day.to_string(),
        "kind": event.kind.as_str(),
        "label": event.label,
        "rule": event.rule.map(Rule::as_str),
        "told_by": event.told_by,
        "arithmetic": event.derivation.as_ref().map(derivation_value),
    })
}

fn derivation_value(derivation: &Derivation) -> Value {
    let (days, calendar_years, terms) = match derivation.span {
        Span::Days(days) => (Some(days), None, None),
        Span::CalendarYear => (None, Some(1), None),
        Span::Terms { count, days } => (Some(days), None, Some(count)),
    };
    json!({
        "text": format!("{} = {}", derivation_text(derivation), derivation.to),
        "from": derivation.from.to_string(),
        "days": days,
        "terms": terms,
        "calendar_years": calendar_years,
        "to": derivation.to.to_string(),
    })
}

fn change_value(change: &Change) -> Value {
    let (kind, from, to, policy) = match &change.kind {
        ChangeKind::Pay { from, through } => ("pay", Some(*from), Some(*through), None),
        ChangeKind::PayTooLate { on } => ("pay_too_late", Some(*on), Some(*on), None),
        ChangeKind::Wait { until } => ("wait", None, Some(*until), None),
        ChangeKind::MoveToPartnerCenter => ("move_to_partner_center", None, None, None),
        ChangeKind::MeetRequirements => ("meet_requirements", None, None, None),
        ChangeKind::MissRequirements => ("miss_requirements", None, None, None),
        ChangeKind::WithoutPayment => ("without_payment", None, None, None),
        ChangeKind::WithoutAnniversary => ("without_anniversary", None, None, None),
        ChangeKind::OtherPolicy { id } => ("other_policy", None, None, Some(id)),
    };
    json!({
        "change": kind,
        "from": from.map(|day| day.to_string()),
        "to": to.map(|day| day.to_string()),
        "policy": policy,
        "what": change.what(),
        "then": change.then(),
        "as_of": change.as_of.to_string(),
        "decision": change.outcome.ok().map(|decision| decision_value(&decision)),
        "rejected": change.outcome.err().map(Contradiction::as_str),
    })
}
