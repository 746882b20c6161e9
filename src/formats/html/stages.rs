//! The stages of the offers, by offer type.

use super::PageFacts;
use super::chart;
use super::figure::Column::{Number, Words};
use super::figure::{Figure, table};
use super::text::{count, counted};
use crate::rules::{OfferType, Stage};
use maud::{Markup, html};

const SHOWN: [OfferType; 3] = [OfferType::Competency, OfferType::ActionPack, OfferType::Membership];

/// What a stage is called, and what it means.
pub const fn words(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::NotRenewable => ("No renewal", "plain membership, which does not renew"),
        Stage::NotStarted => ("Not started", "bought after this day"),
        Stage::Current => ("Current", "before the first reminder"),
        Stage::Reminded => ("Reminded", "from the first reminder to the anniversary"),
        Stage::Open => ("Open", "in the renewal window, unpaid"),
        Stage::FinalNotice => ("Final notice", "in the window, after the second reminder"),
        Stage::Reactivatable => ("Reactivatable", "missed its window, can still be paid"),
        Stage::Lapsed => ("Lapsed", "missed its window, benefits are lost"),
    }
}

/// The chart of the stages.
pub fn section(page: &PageFacts<'_>) -> Markup {
    let counts = |stage: &Stage| SHOWN.map(|offer_type| page.tally.stages[stage.index()][offer_type.index()]);
    let values: Vec<[u64; 3]> = Stage::ALL.iter().map(counts).collect();
    let labels: Vec<&str> = Stage::ALL.iter().map(|stage| words(*stage).0).collect();
    let all =
        values.iter().fold([0; 3], |sum: [u64; 3], counts| std::array::from_fn(|index| sum[index] + counts[index]));
    let body = html! {
        tbody {
            @for (stage, counts) in Stage::ALL.iter().zip(&values) {
                tr data-stage=(stage.as_str()) {
                    th scope="row" { (words(*stage).0) span.note { (words(*stage).1) } }
                    (cells(counts))
                }
            }
        }
        tfoot { tr { th scope="row" { "All" } (cells(&all)) } }
    };
    let description = format!("{} in {} stages.", counted(all.iter().sum(), "offer"), labels.len());
    let figure = Figure {
        id: "stages-chart",
        title: "Offers by stage and type",
        description: &description,
        chart: &chart::rows(&labels, &values, 86),
        legend: &[("first", "Competencies"), ("second", "Action Packs"), ("third", "Memberships")],
        table: table(
            "Offers by stage and type",
            &[Words("Stage"), Number("Competencies"), Number("Action Packs"), Number("Memberships"), Number("All")],
            body,
        ),
    };
    html! {
        p.lede { "Every offer that was evaluated is in one stage, the one of this day." }
        (figure.render())
    }
}

fn cells(counts: &[u64; 3]) -> Markup {
    html! {
        @for value in counts { td { (count(*value)) } }
        td { (count(counts.iter().sum())) }
    }
}
