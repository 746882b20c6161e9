//! The months of one currency as a chart, with their table.

use super::PageFacts;
use super::chart::{self, Interval, IntervalColumn};
use super::figure::Column::Words;
use super::figure::{Figure, table};
use super::outlook::{COLUMNS, Currency, Line, cells};
use super::text::{currency_name, estimate_words, money_words, month_name, month_words, rounded};
use crate::reports::month_text;
use maud::{Markup, html};
use std::cmp::Reverse;

/// Months of a chart.
const MONTHS_SHOWN: i32 = 12;
/// Months that a table has one by one.
const MONTHS_LISTED: i32 = 24;

/// The chart of a currency.
pub fn figure(page: &PageFacts<'_>, currency: &Currency) -> Markup {
    let Currency { code, months, all, .. } = currency;
    let name = currency_name(code);
    let first = page.first_month();
    let columns: Vec<IntervalColumn> = (first..first + MONTHS_SHOWN.min(page.options.forecast_months as i32))
        .map(|month| column(month, first, months.get(&month)))
        .collect();
    let listed = first + MONTHS_LISTED;
    let later = months.range(listed..).fold(Line::default(), |sum, (_, line)| Line {
        offers: sum.offers + line.offers,
        without_fee: sum.without_fee + line.without_fee,
        fees: sum.fees.into_iter().chain(line.fees).reduce(|sum, fees| sum + fees),
        estimate: None,
    });
    let body = html! {
        tbody {
            @for (month, total) in months.range(..listed) {
                tr data-currency=[currency.own()] data-reporting=[currency.reporting()] data-month=(month_text(*month)) {
                    th.day scope="row" { (month_text(*month)) }
                    (cells(currency, total, true))
                }
            }
            @if later.offers > 0 { tr { th scope="row" { "later" } (cells(currency, &later, false)) } }
        }
        tfoot { tr { th scope="row" { "All" } (cells(currency, all, true)) } }
    };
    let head = [&[Words("Month")], COLUMNS].concat();
    let (id, title) = match currency.is_sum {
        true => ("fees-all".to_owned(), format!("All currencies in {name}, a month")),
        false => (format!("fees-{name}"), format!("{name} a month")),
    };
    Figure {
        id: &id.replace(' ', "-"),
        title: &title,
        description: &description(page, currency),
        chart: &chart::intervals(&columns),
        legend: &[("pale", "due"), ("expected", "expected"), ("whisker", &format!("{} range", page.interval))],
        table: table(&format!("Fees due and expected: {title}"), &head, body),
    }
    .render()
}

fn column(month: i32, first: i32, total: Option<&Line>) -> IntervalColumn {
    let (name, year) = month_name(month);
    // The year stands below the first month and below each January.
    let group = if month == first || name == "January" { year.to_string() } else { String::new() };
    let estimate = total.and_then(|total| total.estimate);
    IntervalColumn {
        label: name[..3].to_owned(),
        group,
        // What the height loses of the exact amount is less than a line is wide.
        whole: total.and_then(|total| total.fees).unwrap_or_default() as f64 / 10_000.0,
        interval: estimate.map(|it| Interval { expected: it.expected, low: it.low, high: it.high }),
    }
}

/// The chart in words.
fn description(page: &PageFacts<'_>, currency: &Currency) -> String {
    let Currency { code, months, all, is_sum } = currency;
    let fees = |line: &Line| {
        let fees = line.fees.unwrap_or_default();
        money_words(code, if *is_sum { rounded(code, fees) } else { fees })
    };
    let mut words = format!("{} fall due in all", fees(all));
    if let Some(it) = all.estimate {
        let (expected, low) = (estimate_words(code, it.expected), estimate_words(code, it.low));
        let high = estimate_words(code, it.high);
        words.push_str(&format!(
            ", of which {expected} are expected, with a chance of {} from {low} to {high}",
            page.interval
        ));
    }
    let highest = months.iter().max_by_key(|(month, total)| (total.fees, Reverse(**month)));
    if let Some((month, total)) = highest {
        words.push_str(&format!(". Most falls due in {}: {}", month_words(*month), fees(total)));
    }
    words + "."
}
