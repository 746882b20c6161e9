//! What is expected to be paid, a currency each: amounts of different currencies cannot be added.

use super::PageFacts;
use super::figure::Column::{Number, Words};
use super::figure::{Column, table};
use super::lapses::cut;
use super::month_chart::figure;
use super::position;
use super::text::{converted, count, counted, currency_name, estimate, money, month_words};
use crate::finance::{Estimate, ExpectedTotal, ReportingTotal, ScenarioOutlook};
use crate::reports::CurrencyCode;
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Currencies whose charts are shown at once.
const OPEN: usize = 6;
/// Currencies whose charts are shown at all.
const CHARTS: usize = 24;
/// Currencies in the tables of totals.
const LISTED: usize = 60;
/// Scenarios that there is room for beside another card.
const SCENARIOS_BESIDE: usize = 3;
/// Scenarios that are compared.
const SCENARIOS: usize = 6;

/// What falls due, in one month or in several, and what of it is expected.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// Offers.
    pub offers: u64,
    /// Those of them whose fee is unknown.
    pub without_fee: u64,
    /// Sum of the known fees in ten-thousandths; `None` where none is known.
    pub fees: Option<i128>,
    /// What is expected of them.
    pub estimate: Option<Estimate>,
}

/// What falls due in one currency.
pub struct Currency {
    /// The currency.
    pub code: CurrencyCode,
    /// Whether all other currencies are converted to it here.
    pub is_sum: bool,
    /// By month, counted since the year 0.
    pub months: BTreeMap<i32, Line>,
    /// All months together.
    pub all: Line,
}

impl Currency {
    /// The currency's own code, for what a figure stands for.
    pub fn own(&self) -> Option<&str> {
        (!self.is_sum).then(|| currency_name(&self.code))
    }

    /// The code of the currency that all are converted to, for what a figure stands for.
    pub fn reporting(&self) -> Option<&str> {
        self.is_sum.then(|| currency_name(&self.code))
    }
}

impl From<&ExpectedTotal> for Line {
    fn from(total: &ExpectedTotal) -> Self {
        let ExpectedTotal { sum, estimate, .. } = total;
        let (offers, without_fee) = (sum.offers, sum.offers_without_fee);
        Self { offers, without_fee, fees: sum.known_fees(), estimate: *estimate }
    }
}

impl From<&ReportingTotal> for Line {
    fn from(total: &ReportingTotal) -> Self {
        let ReportingTotal { offers, offers_without_fee: without_fee, reporting, .. } = *total;
        let (fees, estimate) = (reporting.map(|it| it.fees_due), reporting.map(|it| it.estimate));
        Self { offers, without_fee, fees, estimate }
    }
}

/// The charts and the tables of totals.
pub fn section(page: &PageFacts<'_>) -> Markup {
    let base = page.outlook.scenarios.first();
    let currencies = base.map(currencies).unwrap_or_default();
    let sum = base.and_then(|base| sum(page, base));
    let charted: Vec<&Currency> =
        currencies.iter().filter(|currency| currency.all.fees.is_some_and(|fees| fees > 0)).take(CHARTS).collect();
    // The chart of all of them takes the place of one.
    let (open, folded) = charted.split_at(charted.len().min(OPEN - usize::from(sum.is_some())));
    let is_wide = page.outlook.scenarios.len() > SCENARIOS_BESIDE;
    html! {
        (lede(page))
        @if currencies.is_empty() { p { "Nothing falls due in these months." } }
        div.cards {
            @if let Some(sum) = sum.as_ref().filter(|_| !currencies.is_empty()) { (figure(page, sum)) }
            @for currency in open { (figure(page, currency)) }
        }
        @if !folded.is_empty() {
            details.more {
                summary { "Charts of " (folded.len()) " more " @if folded.len() == 1 { "currency" } @else { "currencies" } }
                div.cards { @for currency in folded { (figure(page, currency)) } }
            }
        }
        @if !currencies.is_empty() { (totals(&currencies, sum.as_ref())) }
        div.pair.below {
            (position::card(page))
            @if !currencies.is_empty() && !is_wide { (scenario_card(page, &currencies)) }
        }
        @if !currencies.is_empty() && is_wide { div.below { (scenario_card(page, &currencies)) } }
    }
}

fn lede(page: &PageFacts<'_>) -> Markup {
    html! {
        p.lede {
            "What falls due in the " (counted(page.options.forecast_months.into(), "month")) " from "
            (month_words(page.first_month())) ", what of it is expected to be paid at the renewal rates of the last "
            (counted(page.history_days as u64, "day")) ", and the range that holds the outcome with a chance of "
            (page.interval) ". Fees fall due in the month in which their window opens, or in the first one if it is "
            "open already. "
            @match &page.exchange {
                Some(exchange) => {
                    "All currencies are also converted to " (currency_name(&exchange.rates.reporting_currency))
                    " and added, at the rates under " a href="#assumptions" { "Assumptions" } ". "
                }
                None => "Currencies cannot be added. ",
            }
            "Those with most offers come first."
        }
    }
}

impl PageFacts<'_> {
    /// The month of the as-of date, counted from the year 0.
    pub(super) fn first_month(&self) -> i32 {
        let date = self.options.as_of.year_month_day();
        date.year * 12 + date.month as i32 - 1
    }
}

/// The currencies in which something falls due, those of most offers first.
fn currencies(scenario: &ScenarioOutlook) -> Vec<Currency> {
    let mut months: BTreeMap<CurrencyCode, BTreeMap<i32, Line>> = BTreeMap::new();
    for total in &scenario.totals {
        if let Some(month) = total.month {
            months.entry(total.currency).or_default().insert(month, total.into());
        }
    }
    let all = scenario.totals.iter().filter(|total| total.month.is_none());
    let mut currencies: Vec<Currency> = all
        .map(|all| Currency {
            code: all.currency,
            is_sum: false,
            months: months.remove(&all.currency).unwrap_or_default(),
            all: all.into(),
        })
        .collect();
    currencies.sort_by_key(|currency| (Reverse(currency.all.offers), currency.code));
    currencies
}

/// All currencies together, if they are converted to one.
fn sum(page: &PageFacts<'_>, scenario: &ScenarioOutlook) -> Option<Currency> {
    let code = page.outlook.reporting_currency?;
    let of_month = |total: &ReportingTotal| Some((total.month?, Line::from(total)));
    Some(Currency {
        code,
        is_sum: true,
        months: scenario.reporting_totals.iter().filter_map(of_month).collect(),
        all: scenario.reporting_totals.iter().find(|total| total.month.is_none())?.into(),
    })
}

/// All currencies together, or the one of most offers whose fees are known, and how many others have known fees.
pub fn largest(page: &PageFacts<'_>) -> (Option<Currency>, usize) {
    let Some(base) = page.outlook.scenarios.first() else { return (None, 0) };
    if let Some(sum) = sum(page, base) {
        return (Some(sum), 0);
    }
    let mut known = currencies(base).into_iter().filter(|currency| currency.all.fees.is_some());
    (known.next(), known.count())
}

fn totals(currencies: &[Currency], sum: Option<&Currency>) -> Markup {
    let row = |currency: &Currency| {
        let name = currency_name(&currency.code);
        html! {
            tr data-currency=[currency.own()] data-reporting=[currency.reporting()] {
                th scope="row" { @if currency.is_sum { "All, in " } (name) }
                (cells(currency, &currency.all, true))
            }
        }
    };
    let body = html! {
        tbody { @for currency in currencies.iter().take(LISTED) { (row(currency)) } }
        @if let Some(sum) = sum { tfoot { (row(sum)) } }
    };
    let head = [&[Words("Currency")], COLUMNS].concat();
    html! {
        div.card.long {
            h3 { "All months by currency" }
            (table("Fees due and expected by currency", &head, body))
            @if currencies.len() > LISTED { p.cut { (cut(currencies.len() - LISTED, "currency")) } }
        }
    }
}

/// The columns of [`cells`].
pub const COLUMNS: &[Column<'_>] =
    &[Number("Fees due"), Number("Expected, and range"), Number("Offers"), Number("Fee unknown")];

/// The cells of fees, due and expected; the estimate is a dash if it is not to be shown.
pub fn cells(currency: &Currency, line: &Line, has_estimate: bool) -> Markup {
    let Currency { code, is_sum, .. } = currency;
    html! {
        td data-figure="fees_due" { @match line.fees { Some(fees) if *is_sum => (converted(code, fees)), Some(fees) => (money(code, fees)), None => "unknown" } }
        @match (has_estimate, line.estimate) {
            (true, Some(it)) => {
                td data-figure="fees_expected" {
                    (estimate(code, it.expected))
                    span.note {
                        span data-figure="fees_low" { (estimate(code, it.low)) } " to "
                        span data-figure="fees_high" { (estimate(code, it.high)) }
                    }
                }
            }
            (true, None) => td { "unknown" },
            (false, _) => td { "\u{2013}" },
        }
        td { (count(line.offers)) }
        td { (count(line.without_fee)) }
    }
}

/// What each scenario expects of each currency.
fn scenario_card(page: &PageFacts<'_>, currencies: &[Currency]) -> Markup {
    let scenarios = &page.outlook.scenarios;
    let shown = &scenarios[..scenarios.len().min(SCENARIOS)];
    let names: Vec<String> = shown.iter().map(|it| it.scenario.name.chars().take(24).collect()).collect();
    let head: Vec<_> = [Words("Currency")].into_iter().chain(names.iter().map(|name| Number(name))).collect();
    let of = |scenario: &ScenarioOutlook, code: CurrencyCode| {
        let all = scenario.totals.iter().find(|total| total.month.is_none() && total.currency == code);
        all.and_then(|total| total.estimate)
    };
    let (open, folded) = currencies.split_at(currencies.len().min(OPEN));
    let body = |currencies: &[Currency]| {
        html! {
            tbody {
                @for Currency { code, .. } in currencies {
                    tr {
                        th scope="row" { (currency_name(code)) }
                        @for scenario in shown {
                            td { @match of(scenario, *code) { Some(it) => (estimate(code, it.expected)), None => "unknown" } }
                        }
                    }
                }
            }
        }
    };
    let sums = |shown: &[ScenarioOutlook]| {
        let sums: Vec<Currency> = shown.iter().filter_map(|scenario| sum(page, scenario)).collect();
        html! {
            @if let Some(first) = sums.first() {
                tbody.sums {
                    tr {
                        th scope="row" { "All, in " (currency_name(&first.code)) }
                        @for Currency { code, all, .. } in &sums {
                            td { @match all.estimate { Some(it) => (estimate(code, it.expected)), None => "unknown" } }
                        }
                    }
                }
            }
        }
    };
    html! {
        div.card {
            h3 { "Expected by scenario" }
            p.sum { "All months. What each scenario takes for granted is told under " a href="#assumptions" { "Assumptions" } "." }
            (table("Fees expected by scenario", &head, html! { (sums(shown)) (body(open)) }))
            @if !folded.is_empty() {
                details {
                    summary { "Scenarios in more currencies" }
                    (table("Fees expected by scenario in more currencies", &head, body(&folded[..folded.len().min(LISTED - OPEN)])))
                }
            }
            @if scenarios.len() > SCENARIOS { p.cut { (cut(scenarios.len() - SCENARIOS, "scenario")) } }
        }
    }
}
