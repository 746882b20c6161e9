//! Rejected rows by reason.

use super::PageFacts;
use super::chart;
use super::figure::Column::{Number, Words};
use super::figure::{Figure, table};
use super::text::{count, counted};
use crate::ingest::RejectCode;
use maud::{Markup, html};
use std::cmp::Reverse;

/// The chart of the reasons.
pub fn section(page: &PageFacts<'_>) -> Markup {
    let rejected = page.tally.rows_rejected();
    if rejected == 0 {
        return html! { p.lede { "All " (counted(page.tally.rows_read, "row")) " were read and evaluated." } };
    }
    let mut reasons: Vec<(&RejectCode, u64)> =
        RejectCode::ALL.iter().map(|code| (code, page.tally.rejected[code.index()])).filter(|(_, n)| *n > 0).collect();
    reasons.sort_by_key(|(_, rows)| Reverse(*rows));
    let labels: Vec<&str> = reasons.iter().map(|(code, _)| words(**code).0).collect();
    let values: Vec<[u64; 1]> = reasons.iter().map(|(_, rows)| [*rows]).collect();
    let body = html! {
        tbody {
            @for (code, rows) in &reasons {
                tr data-reject=(code.as_str()) {
                    th scope="row" { (words(**code).0) span.note { (words(**code).1) } }
                    td.words { code { (code.as_str()) } }
                    td { (count(*rows)) }
                }
            }
        }
    };
    let description = format!(
        "{} for {}. Most often: {}.",
        counted(rejected, "row"),
        counted(reasons.len() as u64, "reason"),
        labels[0]
    );
    html! {
        p.lede {
            (count(rejected)) " of " (counted(page.tally.rows_read, "row")) " broke the data contract. They are in no "
            "other number of this page; the report " code { "rejects" } " has each with its place and what to do."
        }
        (Figure {
            id: "reasons",
            title: "Rejected rows by reason",
            description: &description,
            chart: &chart::rows(&labels, &values, 160),
            legend: &[],
            table: table("Rejected rows by reason", &[Words("Reason"), Words("Code"), Number("Rows")], body),
        }.render())
    }
}

/// What a reason is called, and what it means.
const fn words(code: RejectCode) -> (&'static str, &'static str) {
    match code {
        RejectCode::MissingValue => ("Missing value", "a cell that is needed is empty"),
        RejectCode::BadDate => ("No date", "a cell cannot be read as a date"),
        RejectCode::BadEnum => ("Unknown word", "a word that the column does not have"),
        RejectCode::BadBool => ("Not true or false", "a cell is neither"),
        RejectCode::BadDecimal => ("No amount", "a fee is no plain decimal"),
        RejectCode::BadCurrency => ("No currency", "a fee without a currency code"),
        RejectCode::RecordTooLong => ("Record too long", "longer than the limit of the run"),
        RejectCode::UnclosedQuote => ("Unclosed quote", "a quoted field does not end"),
        RejectCode::BadQuote => ("Misplaced quote", "text follows a closing quote"),
        RejectCode::BadUtf8 => ("Not UTF-8", "the record is in another encoding"),
        RejectCode::TooFewFields => ("Too few fields", "fewer than the header has"),
        RejectCode::TooManyFields => ("Too many fields", "more than the header has"),
        RejectCode::PurchaseAfterAnniversary => ("Bought after anniversary", "the dates contradict each other"),
        RejectCode::PaymentBeforePurchase => ("Paid before purchase", "the dates contradict each other"),
        RejectCode::PaymentAfterAsOf => ("Paid after this day", "the payment lies in the future"),
        RejectCode::PaymentOutsideWindow => ("Paid outside a window", "the payment belongs to no window"),
        RejectCode::DuplicateOffer => ("Duplicate", "an earlier row has the same offer"),
    }
}
