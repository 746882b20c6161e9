//! The renewal rates and scenarios that the expected fees rest on.

use super::PageFacts;
use super::figure::Column::{Number, Words};
use super::figure::table;
use super::lapses::cut;
use super::text::{count, counted, currency_name, foreign, measured_percent, percent};
use crate::finance::{Factors, RateBasis, RateStatement, Scenario, Segment, SegmentRate};
use crate::formats::ExchangeWords;
use crate::reports::ShortenedText;
use maud::{Markup, html};

/// Scenarios that are listed.
const LISTED: usize = 12;
/// Assumed rates that are listed.
const RATES_LISTED: usize = 24;
/// Rates of exchange that are listed.
const EXCHANGE_LISTED: usize = 60;
/// Characters of a title or source that are shown.
const WORDS_MAX: usize = 200;

/// The rates of the first scenario, and what the scenarios take for granted.
pub fn cards(page: &PageFacts<'_>) -> Markup {
    html! {
        div.pair {
            (rates(page))
            div.stack {
                (scenarios(page))
                @if let Some(exchange) = &page.exchange { (exchange_card(page, exchange)) }
            }
        }
    }
}

fn rates(page: &PageFacts<'_>) -> Markup {
    let rates = page.outlook.scenarios.first().map(|scenario| scenario.rates.segments.as_slice()).unwrap_or_default();
    // A segment that neither has windows nor a rate of its own says nothing that the one it leans on does not.
    let is_told = |rate: &&SegmentRate| rate.measured.counts.closed() > 0 || rate.measured.segment == Segment::All;
    let body = html! {
        tbody {
            @for rate in rates.iter().filter(is_told) {
                tr {
                    th scope="row" { (segment_words(rate.measured.segment)) }
                    td {
                        (measured_percent(rate.rate))
                        @if rate.basis == RateBasis::Measured {
                            span.note.range { (measured_percent(rate.bounds.low)) " to " (measured_percent(rate.bounds.high)) }
                        }
                    }
                    td { (count(rate.measured.counts.closed())) }
                    td { (count(rate.measured.counts.paid())) }
                    td.words { (rate.basis.as_str()) }
                }
            }
        }
    };
    let head = [Words("Offers"), Number("Renewal rate"), Number("Windows closed"), Number("Paid"), Words("Basis")];
    html! {
        div.card {
            h3 { "Renewal rates" }
            p.sum {
                "Of the renewal windows that closed in the " (counted(page.history_days as u64, "day")) " before this "
                "day, the share that was paid in time. A kind of offer with few windows leans on the row it belongs to "
                "(empirical Bayes, Beta-binomial). Blocked and exempt offers are among those measured."
            }
            (table("Renewal rates", &head, body))
        }
    }
}

fn segment_words(segment: Segment) -> String {
    let (offer_type, level) = segment.spelling();
    let offer_type = match offer_type {
        "action_pack" => "Action Pack",
        "competency" => "Competency",
        _ => return "All offers".to_owned(),
    };
    match (segment, level) {
        (Segment::Leaf(..), "") => format!("{offer_type}, no level"),
        (_, "") => offer_type.to_owned(),
        _ => format!("{offer_type}, {level}"),
    }
}

fn scenarios(page: &PageFacts<'_>) -> Markup {
    let scenarios = &page.outlook.scenarios;
    let sources = || page.assumptions.scenario_sources.iter().map(String::as_str).chain(std::iter::repeat(""));
    let body = html! {
        tbody {
            @for (scenario, source) in scenarios.iter().zip(sources()).take(LISTED) {
                @let Scenario { name, rate_quantile, factors, rates } = &scenario.scenario;
                @let Factors { requirements_unmet, pmc_migration, exempt } = factors;
                tr {
                    th.words scope="row" {
                        (foreign(&ShortenedText::new(name.as_bytes(), 60)))
                        span.note { (foreign(&ShortenedText::new(source.as_bytes(), WORDS_MAX))) }
                    }
                    td.words {
                        @match rate_quantile {
                            None => "as measured",
                            Some(quantile) => { (percent(*quantile)) " quantile" }
                        }
                        @if !rates.is_empty() { span.note { (counted(rates.len() as u64, "rate")) " assumed" } }
                    }
                    @for factor in [requirements_unmet, pmc_migration, exempt] { td { (percent(*factor)) } }
                }
            }
        }
    };
    let head =
        [Words("Scenario"), Words("Rates"), Number("Requirements unmet"), Number("Old portal"), Number("Exempt")];
    html! {
        div.card {
            h3 { "Scenarios" }
            p.sum {
                (foreign(&ShortenedText::new(page.assumptions.title.as_bytes(), WORDS_MAX))) ", source: "
                (foreign(&ShortenedText::new(page.assumptions.source.as_bytes(), WORDS_MAX))) "."
            }
            p.sum {
                "Shares of the rate at which offers renew whose requirements are not met, that are still on the old "
                "portal, or that are exempt from the requirements."
            }
            (table("Scenarios", &head, body))
            @if scenarios.len() > LISTED { p.cut { (cut(scenarios.len() - LISTED, "scenario")) } }
            @if !page.assumptions.rates.is_empty() { (assumed_rates(page)) }
        }
    }
}

/// The rates that are taken for granted, each with its source.
fn assumed_rates(page: &PageFacts<'_>) -> Markup {
    let rates = page.assumptions.rates;
    let body = html! {
        tbody {
            @for RateStatement { scenario, assumed, source } in rates.iter().take(RATES_LISTED) {
                tr {
                    th.words scope="row" {
                        (segment_words(assumed.segment))
                        span.note { (foreign(&ShortenedText::new(source.as_bytes(), WORDS_MAX))) }
                    }
                    td.words {
                        @match scenario {
                            Some(name) => (foreign(&ShortenedText::new(name.as_bytes(), 60))),
                            None => "every scenario",
                        }
                    }
                    td { (percent(assumed.rate)) }
                }
            }
        }
    };
    html! {
        p.sum.below { "Rates that are not measured, but taken for granted:" }
        (table("Rates taken for granted", &[Words("Offers"), Words("In"), Number("Rate")], body))
        @if rates.len() > RATES_LISTED { p.cut { (cut(rates.len() - RATES_LISTED, "rate")) } }
    }
}

/// The rates of exchange of the currencies that come up.
fn exchange_card(page: &PageFacts<'_>, exchange: &ExchangeWords<'_>) -> Markup {
    let rates: Vec<_> =
        exchange.rates.rates.iter().filter(|(code, _)| page.currencies.codes().contains(*code)).collect();
    let reporting = currency_name(&exchange.rates.reporting_currency);
    let body = html! {
        tbody {
            @for (code, rate) in rates.iter().take(EXCHANGE_LISTED) {
                tr { th scope="row" { "1 " (currency_name(code)) } td { (rate.to_f64()) } }
            }
        }
    };
    html! {
        div.card {
            h3 { "Rates of exchange" }
            p.sum { "From " (foreign(&ShortenedText::new(exchange.origin.as_bytes(), WORDS_MAX))) "." }
            details {
                summary { (counted(rates.len() as u64, "rate")) }
                (table("Rates of exchange", &[Words("Unit"), Number(reporting)], body))
                @if rates.len() > EXCHANGE_LISTED { p.cut { (cut(rates.len() - EXCHANGE_LISTED, "rate")) } }
            }
        }
    }
}
