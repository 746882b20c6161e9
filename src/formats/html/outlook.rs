//! What is expected to be paid, a currency each: amounts of different currencies cannot be added.

use super::PageFacts;
use super::figure::Column::{Number, Words};
use super::figure::table;
use super::lapses::cut;
use super::month_chart::figure;
use super::text::{count, counted, currency_name, estimate, money, month_words};
use crate::finance::{Estimate, ExpectedTotal, FeeSum, RequirementState, ScenarioOutlook};
use crate::reports::CurrencyCode;
use crate::rules::Stage;
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Currencies whose charts are shown at once.
const OPEN: usize = 6;
/// Currencies whose charts are shown at all.
const CHARTS: usize = 24;
/// Currencies in the tables of totals.
const LISTED: usize = 60;
/// Scenarios that are compared.
const SCENARIOS: usize = 4;

/// What falls due in one currency, and what of it is expected.
pub struct Currency<'a> {
    /// The currency.
    pub code: CurrencyCode,
    /// By month, counted since the year 0.
    pub months: BTreeMap<i32, &'a ExpectedTotal>,
    /// All months together.
    pub all: &'a ExpectedTotal,
}

/// The charts and the tables of totals.
pub fn section(page: &PageFacts<'_>) -> Markup {
    let currencies = page.outlook.scenarios.first().map(currencies).unwrap_or_default();
    let charted: Vec<&Currency<'_>> =
        currencies.iter().filter(|currency| currency.all.sum.fees > 0).take(CHARTS).collect();
    let (open, folded) = charted.split_at(charted.len().min(OPEN));
    html! {
        p.lede {
            "What falls due in the " (counted(page.options.forecast_months.into(), "month")) " from "
            (month_words(page.first_month())) ", what of it is expected to be paid at the renewal rates of the last "
            (counted(page.history_days as u64, "day")) ", and the range that holds the outcome with a chance of "
            (page.interval) ". Fees fall due in the month in which their window opens, or in the first one if it is "
            "open already. Currencies cannot be added; those with most offers come first."
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
        div.pair.below {
            (position(page))
            @if !currencies.is_empty() { (scenarios(page, &currencies)) }
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
fn currencies(scenario: &ScenarioOutlook) -> Vec<Currency<'_>> {
    let mut months: BTreeMap<CurrencyCode, BTreeMap<i32, &ExpectedTotal>> = BTreeMap::new();
    for total in &scenario.totals {
        if let Some(month) = total.month {
            months.entry(total.currency).or_default().insert(month, total);
        }
    }
    let all = scenario.totals.iter().filter(|total| total.month.is_none());
    let mut currencies: Vec<Currency<'_>> = all
        .map(|all| Currency { code: all.currency, months: months.remove(&all.currency).unwrap_or_default(), all })
        .collect();
    currencies.sort_by_key(|currency| (Reverse(currency.all.sum.offers), currency.code));
    currencies
}

fn totals(currencies: &[Currency<'_>]) -> Markup {
    let body = html! {
        tbody {
            @for Currency { code, all, .. } in currencies.iter().take(LISTED) {
                tr data-currency=(currency_name(code)) {
                    th scope="row" { (currency_name(code)) }
                    (cells(code, &all.sum, Some(all.estimate)))
                }
            }
        }
    };
    let head = [
        Words("Currency"),
        Number("Offers"),
        Number("Fee unknown"),
        Number("Fees due"),
        Number("Expected"),
        Number("From"),
        Number("To"),
    ];
    html! {
        div.card {
            h3 { "All months by currency" }
            (table("Fees due and expected by currency", &head, body))
            @if currencies.len() > LISTED { p.cut { (cut(currencies.len() - LISTED, "currency")) } }
        }
    }
}

/// The cells of a row of fees, due and expected; `None` for an estimate that is not shown.
pub fn cells(code: &CurrencyCode, sum: &FeeSum, estimates: Option<Option<Estimate>>) -> Markup {
    html! {
        td { (count(sum.offers)) }
        td { (count(sum.offers_without_fee)) }
        td data-figure="fees_due" { @if sum.known_fees().is_some() { (money(code, sum.fees)) } @else { "unknown" } }
        @match estimates {
            Some(Some(it)) => {
                td data-figure="fees_expected" { (estimate(code, it.expected)) }
                td data-figure="fees_low" { (estimate(code, it.low)) }
                td data-figure="fees_high" { (estimate(code, it.high)) }
            }
            Some(None) => { td { "unknown" } td { "unknown" } td { "unknown" } }
            None => { td { "\u{2013}" } td { "\u{2013}" } td { "\u{2013}" } }
        }
    }
}

/// A way in which offers stand: its words, and which positions it counts.
type Standing = (&'static str, fn(Stage, RequirementState, bool) -> bool);

const STANDINGS: [Standing; 6] = [
    ("Window open now, unpaid", |stage, _, _| matches!(stage, Stage::Open | Stage::FinalNotice)),
    ("Window yet to open", |stage, _, _| matches!(stage, Stage::Current | Stage::Reminded)),
    ("Blocked: still on the old portal", |_, _, is_on_pmc| is_on_pmc),
    ("Blocked: requirements not met", |_, requirements, _| requirements == RequirementState::Unmet),
    ("Exempt from the requirements", |_, requirements, _| requirements == RequirementState::Exempt),
    ("Waiting for reactivation", |stage, _, _| stage == Stage::Reactivatable),
];

/// Where the offers stand now that fees are or could be due for, also beyond the months of the forecast.
fn position(page: &PageFacts<'_>) -> Markup {
    let standings = STANDINGS.map(|(words, is_meant)| {
        let meant = page.outlook.position.iter().filter(|position| {
            let condition = position.condition;
            is_meant(position.stage, condition.requirements, condition.is_on_pmc)
        });
        let (offers, unknown) = meant.fold((0, 0), |(offers, unknown), position| {
            (offers + position.sum.offers, unknown + position.sum.offers_without_fee)
        });
        (words, offers, unknown)
    });
    let body = html! {
        tbody {
            @for (words, offers, unknown) in standings {
                tr { th scope="row" { (words) } td { (count(offers)) } td { (count(unknown)) } }
            }
        }
    };
    html! {
        div.card {
            h3 { "Open, blocked, waiting" }
            p.sum {
                "An offer can be in several rows. Those waiting for reactivation are in no month: nothing is expected "
                "of them. A fee that is unknown is in no sum."
            }
            (table("Offers that are open, blocked or waiting", &[Words("State"), Number("Offers"), Number("Fee unknown")], body))
        }
    }
}

/// What each scenario expects of each currency.
fn scenarios(page: &PageFacts<'_>, currencies: &[Currency<'_>]) -> Markup {
    let scenarios = &page.outlook.scenarios;
    let shown = &scenarios[..scenarios.len().min(SCENARIOS)];
    let names: Vec<String> = shown.iter().map(|it| it.scenario.name.chars().take(24).collect()).collect();
    let head: Vec<_> = [Words("Currency")].into_iter().chain(names.iter().map(|name| Number(name))).collect();
    let of = |scenario: &ScenarioOutlook, code: CurrencyCode| {
        let all = scenario.totals.iter().find(|total| total.month.is_none() && total.currency == code);
        all.and_then(|total| total.estimate)
    };
    let (open, folded) = currencies.split_at(currencies.len().min(OPEN));
    let body = |currencies: &[Currency<'_>]| {
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
    html! {
        div.card {
            h3 { "Expected by scenario" }
            p.sum { "All months. What each scenario takes for granted is told under " a href="#assumptions" { "Assumptions" } "." }
            (table("Fees expected by scenario", &head, body(open)))
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
