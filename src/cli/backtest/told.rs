//! What a backtest says on standard error: its months, and what a reader must know before believing them.

use super::Facts;
use crate::cli::message::{self, grouped};
use crate::formats::money::{estimated_money, money};
use crate::reports::{BacktestMonth, UnmatchedReason, currency_text, month_text};
use comfy_table::{Cell, CellAlignment, Table, presets};
use std::path::Path;

/// Months that are told; all are in the file.
const MONTHS_TOLD: usize = 60;

/// Warns of what makes the months worth less than they look; `in_both` are the files of the later export that the older
/// one has too.
pub fn warn(facts: &Facts<'_>, in_both: &[&Path]) {
    for path in in_both {
        message::warning(&format!(
            "{} is in both exports, as it is: it cannot show what was paid after {}",
            path.display(),
            facts.arguments.as_of
        ));
    }
    for (name, rows) in ["older", "later"].into_iter().zip(facts.result.rows) {
        if rows.rejected > 0 {
            let (rejected, read) = (grouped(rows.rejected), grouped(rows.evaluated + rows.rejected));
            message::warning(&format!(
                "{rejected} of {read} rows of the {name} export were rejected, and are not looked at; `renewals check` \
                 lists them"
            ));
        }
    }
    let is_judged = [false, true].into_iter().any(|is_of_all| facts.coverage(is_of_all).0 > 0);
    if !is_judged {
        let why = match (facts.result.offers_due, facts.unmatched()) {
            (0, _) => "no offer of the older export was due".to_owned(),
            (due, unmatched) if due == unmatched => {
                format!("none of the {} offers due could be matched{}", grouped(due), reasons(facts))
            }
            _ => format!("no month with known fees was over on {}", facts.actuals_as_of),
        };
        message::warning(&format!("no month is judged: {why}"));
    }
}

/// The offers that could not be matched, by reason.
fn reasons(facts: &Facts<'_>) -> String {
    let counts = UnmatchedReason::ALL.iter().map(|reason| (reason.as_str(), facts.result.unmatched[reason.index()]));
    let words: Vec<String> =
        counts.filter(|(_, count)| *count > 0).map(|(reason, count)| format!("{reason} {}", grouped(count))).collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

/// Tells what was expected and paid, on standard error.
pub fn tell(facts: &Facts<'_>) {
    let reporting = facts.forecasting.exchange.as_ref().map(|file| file.rates.reporting_currency);
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    let interval = facts.forecasting.interval;
    table.set_header(["month", "currency", "due", "expected", &format!("{interval}: from"), "to", "paid", "inside"]);
    let mut told: Vec<&BacktestMonth> = facts.result.months.iter().filter(|month| month.estimate.is_some()).collect();
    // With a reporting currency its months say it all.
    if reporting.is_some() {
        told.retain(|month| month.currency.is_none());
    }
    for month in told.iter().take(MONTHS_TOLD) {
        let Some(estimate) = month.estimate else { continue };
        let code = month.currency.or(reporting).unwrap_or_default();
        let code = String::from_utf8_lossy(currency_text(&code)).into_owned();
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let exact = |fees: Option<i128>| right(fees.map(|fees| money(&code, fees)).unwrap_or_default());
        let inside = match month.is_inside() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not over",
        };
        let mut row = vec![Cell::new(month_text(month.month)), Cell::new(&code), exact(month.fees_due)];
        row.extend([estimate.expected, estimate.low, estimate.high].map(|value| right(estimated_money(&code, value))));
        row.extend([exact(month.fees_actual), Cell::new(inside)]);
        table.add_row(row);
    }
    if !told.is_empty() {
        message::line(&table.to_string());
    }
    if told.len() > MONTHS_TOLD {
        message::line(&format!("and {} more", told.len() - MONTHS_TOLD));
    }
    for (is_of_all, of) in [(false, "months of single currencies"), (true, "months of all currencies")] {
        let (months, inside) = facts.coverage(is_of_all);
        if months > 0 {
            let percent = inside as f64 / months as f64 * 100.0;
            message::line(&format!("{inside} of {months} {of} inside the {interval} interval ({percent:.1}%)"));
        }
    }
    let (due, unmatched) = (grouped(facts.result.offers_due), grouped(facts.unmatched()));
    message::line(&format!("{due} offers due, {unmatched} not matched{}", reasons(facts)));
}
