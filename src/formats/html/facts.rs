//! What the numbers rest on, and the facts of the run.

use super::PageFacts;
use super::figure::Column::{Number, Words};
use super::figure::table;
use super::lapses::cut;
use super::text::{count, foreign};
use crate::reports::ShortenedText;
use maud::{Markup, html};

/// Statements of a policy and inputs that are listed.
const LISTED: usize = 40;
/// Characters of a policy's words that are shown.
const WORDS_MAX: usize = 300;
/// Characters of a path that are shown.
const PATH_MAX: usize = 120;

fn words(text: &str) -> Markup {
    foreign(&ShortenedText::new(text.as_bytes(), WORDS_MAX))
}

/// The assumptions and where they come from.
pub fn assumptions(page: &PageFacts<'_>) -> Markup {
    let policy = &page.policy;
    let body = html! {
        tbody {
            @for (statement, source) in policy.statements.iter().take(LISTED) {
                tr { th.words scope="row" { (words(statement)) } td.words { (words(source)) } }
            }
        }
    };
    html! {
        p.lede { "The rules are those of the policy " strong { (words(policy.title)) } ", source: " (words(policy.source)) "." }
        (super::rates::cards(page))
        div.card.below {
            h3 { "The policy" }
            (table("What the policy says, and its sources", &[Words("Rule"), Words("Source")], body))
            @if policy.statements.len() > LISTED { p.cut { (cut(policy.statements.len() - LISTED, "statement")) } }
        }
    }
}

/// The facts of the run.
pub fn run(page: &PageFacts<'_>) -> Markup {
    let options = page.options;
    let facts = [
        ("As-of date", options.as_of.to_string()),
        ("Rows read", count(page.tally.rows_read)),
        ("Rows evaluated", count(page.tally.rows_evaluated)),
        ("Rows rejected", count(page.tally.rows_rejected())),
        ("Upcoming renewals look ahead", format!("{} days", count(options.horizon_days as u64))),
        ("Months of the forecast", count(options.forecast_months.into())),
        ("Reminders from", options.reminders_from.to_string()),
        ("Rates measured on", format!("{} days", count(page.history_days as u64))),
        ("Range of the outcomes", page.interval.clone()),
        ("Version", page.tool_version.to_owned()),
    ];
    let body = html! {
        tbody {
            @for input in page.inputs.iter().take(LISTED) {
                tr {
                    th.words scope="row" {
                        (foreign(&ShortenedText::new(input.path.as_bytes(), PATH_MAX)))
                        span.note { "BLAKE3 " code { (input.blake3.to_hex().as_str()) } }
                    }
                    td.words { (input.format) }
                    td { (count(input.rows)) }
                    td { (count(input.bytes)) }
                }
            }
        }
    };
    html! {
        div.stack {
            div.card {
                h3 { "Facts" }
                dl.facts {
                    @for (name, value) in &facts { div { dt { (name) } dd { (value) } } }
                    div { dt { "Run id" } dd { code { (page.run_id) } } }
                }
            }
            div.card {
                h3 { "Inputs" }
                (table("Inputs of the run", &[Words("File"), Words("Format"), Number("Rows"), Number("Bytes")], body))
                @if page.inputs.len() > LISTED { p.cut { (cut(page.inputs.len() - LISTED, "input")) } }
            }
        }
    }
}
