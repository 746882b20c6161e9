//! Where the offers stand now that fees are or could be due for.

use super::PageFacts;
use super::figure::Column::{Number, Words};
use super::figure::table;
use super::text::{converted, count, currency_name};
use crate::finance::{Position, RequirementState};
use crate::rules::Stage;
use maud::{Markup, html};

/// A way in which offers stand: its words, and which positions it counts.
type Kind = (&'static str, fn(Stage, RequirementState, bool) -> bool);

const KINDS: [Kind; 6] = [
    ("Window open now, unpaid", |stage, _, _| matches!(stage, Stage::Open | Stage::FinalNotice)),
    ("Window yet to open", |stage, _, _| matches!(stage, Stage::Current | Stage::Reminded)),
    ("Blocked: still on the old portal", |_, _, is_on_pmc| is_on_pmc),
    ("Blocked: requirements not met", |_, requirements, _| requirements == RequirementState::Unmet),
    ("Exempt from the requirements", |_, requirements, _| requirements == RequirementState::Exempt),
    ("Waiting for reactivation", |stage, _, _| stage == Stage::Reactivatable),
];

/// The offers that stand in a way.
struct Standing {
    words: &'static str,
    offers: u64,
    /// Those of them whose fee is unknown.
    unknown: u64,
    /// Sum of the known fees in the reporting currency; `None` where one of them cannot be converted.
    fees: Option<i128>,
}

/// The known fees of a position in the reporting currency.
fn converted_fees(page: &PageFacts<'_>, position: &Position) -> Option<i128> {
    match position.sum.known_fees() {
        None | Some(0) => Some(0),
        Some(fees) => page.exchange?.rates.rates.get(&position.currency)?.convert(fees),
    }
}

/// Where the offers stand now that fees are or could be due for, also beyond the months of the forecast.
pub fn card(page: &PageFacts<'_>) -> Markup {
    let standings = KINDS.map(|(words, is_meant)| {
        let meant = page.outlook.position.iter().filter(|position| {
            let condition = position.condition;
            is_meant(position.stage, condition.requirements, condition.is_on_pmc)
        });
        let start = Standing { words, offers: 0, unknown: 0, fees: Some(0) };
        meant.fold(start, |standing, position| Standing {
            words,
            offers: standing.offers + position.sum.offers,
            unknown: standing.unknown + position.sum.offers_without_fee,
            fees: standing.fees.zip(converted_fees(page, position)).and_then(|(sum, fees)| sum.checked_add(fees)),
        })
    });
    let reporting = page.exchange.map(|exchange| exchange.rates.reporting_currency);
    let body = html! {
        tbody {
            @for Standing { words, offers, unknown, fees } in standings {
                tr {
                    th scope="row" { (words) }
                    td { (count(offers)) }
                    td { (count(unknown)) }
                    @if let Some(code) = &reporting {
                        td { @match fees { Some(fees) => (converted(code, fees)), None => "unknown" } }
                    }
                }
            }
        }
    };
    let fees = reporting.map(|code| format!("Fees in {}", currency_name(&code)));
    let head: Vec<_> = [Words("State"), Number("Offers"), Number("Fee unknown")]
        .into_iter()
        .chain(fees.as_deref().map(Number))
        .collect();
    html! {
        div.card {
            h3 { "Open, blocked, waiting" }
            p.sum {
                "An offer can be in several rows. Those waiting for reactivation are in no month: nothing is expected "
                "of them. A fee that is unknown is in no sum."
            }
            (table("Offers that are open, blocked or waiting", &head, body))
        }
    }
}
