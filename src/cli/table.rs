//! The summary at the end of a run: tables on a terminal, plain lines elsewhere.

use super::arguments::LogFormat;
use super::message::{counted, grouped, line, printable};
use super::summary::RunFacts;
use super::terminal::{columns, columns_of_standard_error};
use crate::finance::{Estimate, ExpectedTotal};
use crate::formats::money::{estimated_money, money};
use crate::ingest::RejectCode;
use crate::pipeline::OnDuplicate;
use crate::reports::{DECISIONS, FeeTotal, Report, currency_text};
use crate::rules::{OfferType, Stage};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, Table, presets};
use indicatif::HumanBytes;
use std::cmp::Reverse;
use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

/// Stages in which the fee of the current term falls due.
const DUE_STAGES: [Stage; 4] = [Stage::Current, Stage::Reminded, Stage::Open, Stage::FinalNotice];

/// Currencies, those of most offers, whose expected fees are told in a line.
const EXPECTED_TOLD: usize = 4;

/// Columns of the expected fees that a narrow terminal does without, as other tables have them: offers and what is due.
const LEFT_OUT: [usize; 2] = [1, 2];

/// Tells on standard error what a run published.
pub fn write(facts: &RunFacts<'_>, directory: &Path, elapsed: Duration, format: LogFormat) {
    if format == LogFormat::Text && std::io::stderr().is_terminal() {
        let tables = [stages(facts), reports(facts), rejects(facts), fees(facts), expected(facts)];
        for table in tables.into_iter().flatten() {
            line(&format!("{table}\n"));
        }
    } else {
        write_lines(facts);
    }
    if let Some(rows) = facts.result.duplicates.filter(|rows| *rows > 0) {
        line(&duplicate_words(rows, facts.byte_options.on_duplicate == OnDuplicate::Reject));
    }
    let rows = facts.result.tally.rows_read;
    let bytes: u64 = facts.result.inputs.iter().map(|input| input.bytes).sum();
    tracing::info!(
        run_id = facts.run_id,
        rows_read = rows,
        rows_evaluated = facts.result.tally.rows_evaluated,
        rows_rejected = facts.result.tally.rows_rejected(),
        bytes,
        seconds = elapsed.as_secs_f64(),
        out = %directory.display(),
        "{}, {} in {:.1} s; {} evaluated, {} rejected; published in {}",
        counted(rows, "row", "rows"),
        HumanBytes(bytes),
        elapsed.as_secs_f64(),
        grouped(facts.result.tally.rows_evaluated),
        grouped(facts.result.tally.rows_rejected()),
        directory.display(),
    );
}

/// How many rows are duplicates, and how to see them.
pub fn duplicate_words(rows: u64, is_rejected: bool) -> String {
    let rows = if rows == 1 { "1 row has".to_owned() } else { format!("{} rows have", grouped(rows)) };
    let more = if is_rejected { "rejected" } else { "`renewals check` lists them" };
    format!("duplicates: {rows} the partner, offer type, name and level of an earlier row; {more}")
}

/// A table with this header.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(header);
    table
}

/// A cell with a count.
pub(super) fn number(count: u64) -> Cell {
    Cell::new(grouped(count)).set_alignment(CellAlignment::Right)
}

fn stages(facts: &RunFacts<'_>) -> Option<Table> {
    let mut table = table(&["stage", "membership", "action_pack", "competency", "offers"]);
    for stage in Stage::ALL {
        let counts = &facts.result.tally.stages[stage.index()];
        let mut row = vec![Cell::new(stage.as_str())];
        row.extend(OfferType::ALL.iter().map(|offer_type| number(counts[offer_type.index()])));
        row.push(number(counts.iter().sum()));
        table.add_row(row);
    }
    Some(table)
}

fn reports(facts: &RunFacts<'_>) -> Option<Table> {
    let mut table = table(&["report", "rows"]);
    for (name, rows) in report_rows(facts) {
        table.add_row(vec![Cell::new(name), number(rows)]);
    }
    Some(table)
}

/// Rows of each report, and of the decision table if it is written.
fn report_rows<'a>(facts: &'a RunFacts<'_>) -> impl Iterator<Item = (&'static str, u64)> + 'a {
    let tally = &facts.result.tally;
    let decisions = facts.byte_options.decisions.then_some((DECISIONS.name, tally.rows_evaluated));
    Report::ALL.iter().map(|report| (report.as_str(), tally.report_rows[report.index()])).chain(decisions)
}

fn rejects(facts: &RunFacts<'_>) -> Option<Table> {
    let mut table = table(&["rejected", "rows"]);
    for (code, count) in rejected_codes(facts) {
        table.add_row(vec![Cell::new(code), number(count)]);
    }
    (facts.result.tally.rows_rejected() > 0).then_some(table)
}

fn rejected_codes<'a>(facts: &'a RunFacts<'_>) -> impl Iterator<Item = (&'static str, u64)> + 'a {
    let counts = RejectCode::ALL.iter().map(|code| (code.as_str(), facts.result.tally.rejected[code.index()]));
    counts.filter(|(_, count)| *count > 0)
}

fn fees(facts: &RunFacts<'_>) -> Option<Table> {
    let mut table = table(&["fees of current terms", "offers", "amount"]);
    let mut is_empty = true;
    for (currency, offers, fees) in fees_due(facts) {
        is_empty = false;
        table.add_row(vec![Cell::new(currency), number(offers), Cell::new(fees).set_alignment(CellAlignment::Right)]);
    }
    (!is_empty).then_some(table)
}

/// Fees of the terms that can still be paid in their ordinary window, by currency.
fn fees_due(facts: &RunFacts<'_>) -> Vec<(String, u64, String)> {
    let mut rows = Vec::new();
    for (currency, totals) in facts.result.tally.fees_by_currency(&facts.result.currencies) {
        let due = DUE_STAGES.iter().map(|stage| &totals[stage.index()]);
        let sum = due.fold(FeeTotal::default(), |sum, total| FeeTotal {
            offers: sum.offers + total.offers,
            fees: sum.fees + total.fees,
            places: sum.places,
        });
        if sum.offers > 0 {
            let currency = String::from_utf8_lossy(&currency).into_owned();
            let fees = money(&currency, sum.fees);
            rows.push((currency, sum.offers, fees));
        }
    }
    rows
}

/// What is expected of the fees due in all months of the forecast, by currency.
fn expected(facts: &RunFacts<'_>) -> Option<Table> {
    let heading = format!("expected in {}", months(facts));
    let interval = facts.byte_options.forecasting.interval;
    let [low, high] = ["from", "to"].map(|word| format!("{interval}: {word}"));
    let mut table = table(&[&heading, "offers", "due", "expected", &low, &high]);
    let mut is_empty = true;
    for (currency, total, estimate) in expected_totals(facts) {
        is_empty = false;
        let amount = |value: f64| Cell::new(estimated_money(&currency, value)).set_alignment(CellAlignment::Right);
        let due = Cell::new(money(&currency, total.sum.fees)).set_alignment(CellAlignment::Right);
        let [expected, low, high] = [estimate.expected, estimate.low, estimate.high].map(amount);
        table.add_row(vec![Cell::new(&currency), number(total.sum.offers), due, expected, low, high]);
    }
    for column in LEFT_OUT {
        let is_wide = widest_line(&table) > columns_of_standard_error();
        if let Some(column) = table.column_mut(column).filter(|_| is_wide) {
            column.set_constraint(ColumnConstraint::Hidden);
        }
    }
    (!is_empty).then_some(table)
}

fn widest_line(table: &Table) -> usize {
    table.lines().map(|line| columns(&line)).max().unwrap_or(0)
}

fn months(facts: &RunFacts<'_>) -> String {
    match facts.options.forecast_months {
        1 => "1 month".to_owned(),
        months => format!("{months} months"),
    }
}

/// The totals of all months in the scenario `base`, of the currencies with known fees.
fn expected_totals<'a>(facts: &'a RunFacts<'_>) -> impl Iterator<Item = (String, &'a ExpectedTotal, Estimate)> {
    let base = facts.result.outlook.scenarios.first();
    let totals = base.into_iter().flat_map(|base| &base.totals).filter(|total| total.month.is_none());
    totals.filter_map(|total| {
        let currency = String::from_utf8_lossy(currency_text(&total.currency)).into_owned();
        total.estimate.map(|estimate| (currency, total, estimate))
    })
}

fn write_lines(facts: &RunFacts<'_>) {
    let tally = &facts.result.tally;
    let join = |parts: Vec<String>| parts.join(", ");
    let stages = Stage::ALL.iter().map(|stage| {
        let count: u64 = tally.stages[stage.index()].iter().sum();
        format!("{} {}", stage.as_str(), grouped(count))
    });
    line(&format!("stages: {}", join(stages.collect())));
    let reports = report_rows(facts).map(|(name, rows)| format!("{name} {}", grouped(rows)));
    line(&format!("reports: {}", join(reports.collect())));
    let rejects: Vec<String> =
        rejected_codes(facts).map(|(code, count)| format!("{code} {}", grouped(count))).collect();
    if !rejects.is_empty() {
        line(&format!("rejected: {}", join(rejects)));
    }
    let fees = fees_due(facts).into_iter().map(|(currency, _, fees)| format!("{} {fees}", printable(&currency)));
    let fees: Vec<String> = fees.collect();
    if !fees.is_empty() {
        line(&format!("fees of current terms: {}", join(fees)));
    }
    let mut totals: Vec<_> = expected_totals(facts).collect();
    totals.sort_by_key(|(_, total, _)| Reverse(total.sum.offers));
    let more = totals.len().saturating_sub(EXPECTED_TOLD);
    let expected = totals.into_iter().take(EXPECTED_TOLD).map(|(currency, _, estimate)| {
        let [expected, low, high] =
            [estimate.expected, estimate.low, estimate.high].map(|amount| estimated_money(&currency, amount));
        format!("{} {expected} ({low} to {high})", printable(&currency))
    });
    let mut expected: Vec<String> = expected.collect();
    if more > 0 {
        expected.push(format!("and {more} more currencies"));
    }
    if !expected.is_empty() {
        let interval = facts.byte_options.forecasting.interval;
        line(&format!("fees expected in {}, {interval} interval: {}", months(facts), join(expected)));
    }
}
