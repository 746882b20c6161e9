//! Where the offers stand now that fees are or could be due for.

use super::PageFacts;
use super::figure::Column::{Number, Words};
use super::figure::table;
use super::text::count;
use crate::finance::RequirementState;
use crate::rules::Stage;
use maud::{Markup, html};

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
pub fn card(page: &PageFacts<'_>) -> Markup {
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
