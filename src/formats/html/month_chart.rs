//! The months of one currency as a chart, with their table.

use super::PageFacts;
use super::chart::{self, Interval, IntervalColumn};
use super::figure::Column::{Number, Words};
use super::figure::{Figure, table};
use super::outlook::{Currency, cells};
use super::text::{currency_name, estimate_words, money_words, month_name, month_words};
use crate::finance::{ExpectedTotal, FeeSum};
use crate::reports::month_text;
use maud::{Markup, html};
use std::cmp::Reverse;

/// Months of a chart.
const MONTHS_SHOWN: i32 = 12;
/// Months that a table has one by one.
const MONTHS_LISTED: i32 = 24;

/// The chart of a currency.
pub fn figure(page: &PageFacts<'_>, currency: &Currency<'_>) -> Markup {
    let Currency { code, months, all } = currency;
    let name = currency_name(code);
    let first = page.first_month();
    let columns: Vec<IntervalColumn> = (first..first + MONTHS_SHOWN.min(page.options.forecast_months as i32))
        .map(|month| column(month, first, months.get(&month).copied()))
        .collect();
    let listed = first + MONTHS_LISTED;
    let later = months.range(listed..).fold(FeeSum::default(), |mut sum, (_, total)| {
        sum.merge(&total.sum);
        sum
    });
    let body = html! {
        tbody {
            @for (month, total) in months.range(..listed) {
                tr data-currency=(name) data-month=(month_text(*month)) {
                    th scope="row" { (month_text(*month)) }
                    (cells(code, &total.sum, Some(total.estimate)))
                }
            }
            @if later.offers > 0 { tr { th scope="row" { "later" } (cells(code, &later, None)) } }
        }
        tfoot { tr { th scope="row" { "All" } (cells(code, &all.sum, Some(all.estimate))) } }
    };
    let head = [
        Words("Month"),
        Number("Offers"),
        Number("Fee unknown"),
        Number("Fees due"),
        Number("Expected"),
        Number("From"),
        Number("To"),
    ];
    Figure {
        id: &format!("fees-{name}"),
        title: &format!("{name} a month"),
        description: &description(page, currency),
        chart: &chart::intervals(&columns),
        legend: &[("pale", "due"), ("expected", "expected"), ("whisker", &format!("{} range", page.interval))],
        table: table(&format!("Fees due and expected a month in {name}"), &head, body),
    }
    .render()
}

fn column(month: i32, first: i32, total: Option<&ExpectedTotal>) -> IntervalColumn {
    let (name, year) = month_name(month);
    // The year stands below the first month and below each January.
    let group = if month == first || name == "January" { year.to_string() } else { String::new() };
    let estimate = total.and_then(|total| total.estimate);
    IntervalColumn {
        label: name[..3].to_owned(),
        group,
        // What the height loses of the exact amount is less than a line is wide.
        whole: total.map_or(0.0, |total| total.sum.fees as f64 / 10_000.0),
        interval: estimate.map(|it| Interval { expected: it.expected, low: it.low, high: it.high }),
    }
}

/// The chart in words.
fn description(page: &PageFacts<'_>, currency: &Currency<'_>) -> String {
    let Currency { code, months, all } = currency;
    let mut words = format!("{} fall due in all", money_words(code, all.sum.fees));
    if let Some(it) = all.estimate {
        let (expected, low) = (estimate_words(code, it.expected), estimate_words(code, it.low));
        let high = estimate_words(code, it.high);
        words.push_str(&format!(
            ", of which {expected} are expected, with a chance of {} from {low} to {high}",
            page.interval
        ));
    }
    let highest = months.iter().max_by_key(|(month, total)| (total.sum.fees, Reverse(**month)));
    if let Some((month, total)) = highest {
        let fees = money_words(code, total.sum.fees);
        words.push_str(&format!(". Most falls due in {}: {fees}", month_words(*month)));
    }
    words + "."
}
