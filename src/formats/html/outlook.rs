//! What falls due a month, a currency each: amounts of different currencies cannot be added.

use super::PageFacts;
use super::chart::{self, IntervalColumn};
use super::figure::Column::{Number, Words};
use super::figure::{Figure, table};
use super::lapses::cut;
use super::text::{count, counted, currency_name, money, money_words, month_name};
use crate::reports::CurrencyCode;
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Currencies whose charts are shown at once.
const OPEN: usize = 6;
/// Currencies whose charts are shown at all.
const CHARTS: usize = 24;
/// Currencies in the table of totals.
const LISTED: usize = 60;
/// Months that a chart and its table show one by one.
const MONTHS_SHOWN: i32 = 12;

/// What falls due, of one month or of several.
#[derive(Clone, Copy, Debug, Default)]
struct Due {
    offers: u64,
    without_fee: u64,
    fees: i128,
}

impl Due {
    fn add(&mut self, other: Self) {
        self.offers += other.offers;
        self.without_fee += other.without_fee;
        self.fees += other.fees;
    }
}

/// What falls due in one currency.
struct Currency {
    code: CurrencyCode,
    months: BTreeMap<i32, Due>,
    all: Due,
}

/// The table of totals and the charts.
pub fn section(page: &PageFacts<'_>) -> Markup {
    let currencies = currencies(page);
    let charted: Vec<&Currency> = currencies.iter().filter(|currency| currency.all.fees > 0).take(CHARTS).collect();
    let (open, folded) = charted.split_at(charted.len().min(OPEN));
    html! {
        p.lede {
            "What falls due in the " (counted(page.options.forecast_months.into(), "month")) " from "
            (month_words(page.first_month())) " if everything is paid: a month's fees are those whose window opens in "
            "it, or is open already in the first one. Currencies cannot be added, so each stands for itself; those "
            "with most offers come first."
        }
        @if currencies.is_empty() { p { "Nothing falls due in these months." } }
        div.cards { @for currency in open { (figure(page, currency)) } }
        @if !folded.is_empty() {
            details.more {
                summary { "Charts of " (folded.len()) " more " @if folded.len() == 1 { "currency" } @else { "currencies" } }
                div.cards { @for currency in folded { (figure(page, currency)) } }
            }
        }
        @if !currencies.is_empty() { (totals(&currencies)) }
    }
}

impl PageFacts<'_> {
    /// The month of the as-of date, counted from the year 0.
    fn first_month(&self) -> i32 {
        let date = self.options.as_of.year_month_day();
        date.year * 12 + date.month as i32 - 1
    }
}

fn month_words(month: i32) -> String {
    let (name, year) = month_name(month);
    format!("{name} {year}")
}

/// The currencies in which something falls due, those of most offers first.
fn currencies(page: &PageFacts<'_>) -> Vec<Currency> {
    let mut by_code: BTreeMap<CurrencyCode, Currency> = BTreeMap::new();
    for group in &page.outlook.groups {
        let sum = &group.sum;
        let due = Due { offers: sum.offers, without_fee: sum.offers_without_fee, fees: sum.fees };
        let currency = by_code.entry(group.currency).or_insert_with(|| Currency {
            code: group.currency,
            months: BTreeMap::new(),
            all: Due::default(),
        });
        currency.months.entry(group.month).or_default().add(due);
        currency.all.add(due);
    }
    let mut currencies: Vec<Currency> = by_code.into_values().collect();
    currencies.sort_by_key(|currency| (Reverse(currency.all.offers), currency.code));
    currencies
}

fn totals(currencies: &[Currency]) -> Markup {
    let body = html! {
        tbody {
            @for Currency { code, all, .. } in currencies.iter().take(LISTED) {
                tr data-figure="fees_due" data-currency=(currency_name(code)) {
                    th scope="row" { (currency_name(code)) }
                    (cells(code, all))
                }
            }
        }
    };
    html! {
        div.card {
            h3 { "All months by currency" }
            (table("Fees due by currency", &[Words("Currency"), Number("Offers"), Number("Fee unknown"), Number("Fees due")], body))
            @if currencies.len() > LISTED { p.cut { (cut(currencies.len() - LISTED, "currency")) } }
        }
    }
}

fn cells(code: &CurrencyCode, due: &Due) -> Markup {
    html! {
        td { (count(due.offers)) }
        td { (count(due.without_fee)) }
        td { @if due.without_fee < due.offers { (money(code, due.fees)) } @else { "unknown" } }
    }
}

fn figure(page: &PageFacts<'_>, currency: &Currency) -> Markup {
    let Currency { code, months, all } = currency;
    let name = currency_name(code);
    let first = page.first_month();
    let shown = MONTHS_SHOWN.min(page.options.forecast_months as i32);
    let due_in = |month: i32| months.get(&month).copied().unwrap_or_default();
    let columns: Vec<IntervalColumn> = (first..first + shown)
        .map(|month| IntervalColumn {
            label: label(month),
            group: group(month, first),
            whole: in_units(due_in(month).fees),
            interval: None,
        })
        .collect();
    let mut later = Due::default();
    months.range(first + shown..).for_each(|(_, due)| later.add(*due));
    let body = html! {
        tbody {
            @for month in first..first + shown {
                tr data-figure="fees_due" data-currency=(name) data-month=(month_key(month)) {
                    th scope="row" { (month_key(month)) }
                    (cells(code, &due_in(month)))
                }
            }
            @if later.offers > 0 { tr { th scope="row" { "later" } (cells(code, &later)) } }
        }
        tfoot { tr { th scope="row" { "All" } (cells(code, all)) } }
    };
    let highest = months.iter().max_by_key(|(month, due)| (due.fees, Reverse(**month)));
    let description = match highest {
        Some((month, due)) => format!(
            "{} in all. The most falls due in {}: {}.",
            money_words(code, all.fees),
            month_words(*month),
            money_words(code, due.fees)
        ),
        None => String::new(),
    };
    Figure {
        id: &format!("fees-{name}"),
        title: &format!("{name} a month"),
        description: &description,
        chart: &chart::intervals(&columns),
        legend: &[],
        table: table(
            &format!("Fees due a month in {name}"),
            &[Words("Month"), Number("Offers"), Number("Fee unknown"), Number("Fees due")],
            body,
        ),
    }
    .render()
}

/// The year below the first month of a chart and below each January.
fn group(month: i32, first: i32) -> String {
    let (name, year) = month_name(month);
    if month == first || name == "January" { year.to_string() } else { String::new() }
}

fn month_key(month: i32) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// The first letters of a month.
fn label(month: i32) -> String {
    month_name(month).0[..3].to_owned()
}

/// An amount as a height; what a chart loses of it is less than a line is wide.
fn in_units(ten_thousandths: i128) -> f64 {
    ten_thousandths as f64 / 10_000.0
}
