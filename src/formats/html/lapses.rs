//! Lapses by age, and reactivation with its deadlines.

use super::PageFacts;
use super::chart;
use super::figure::Column::{Number, Words};
use super::figure::{Figure, table};
use super::text::{count, counted, currency_name, day_words, money};
use crate::reports::{CurrencyCode, FeeTotal, LAPSE_AGES_FROM, LapseGroup};
use crate::rules::Stage;
use maud::{Markup, html};
use std::cmp::Reverse;

/// Deadlines and currencies that are listed.
const LISTED: usize = 24;
/// Currencies that are shown at once.
const OPEN: usize = 6;

/// The chart of the ages, and the deadlines.
pub fn section(page: &PageFacts<'_>) -> Markup {
    html! {
        div.pair {
            (ages(page))
            (reactivation(page))
        }
    }
}

fn ages(page: &PageFacts<'_>) -> Markup {
    const SHOWN: [LapseGroup; 3] = [LapseGroup::Competency, LapseGroup::ActionPack, LapseGroup::Reactivatable];
    let values = page.overview.lapses.map(|counts| SHOWN.map(|group| counts[group.index()]));
    let names: Vec<String> = (0..LAPSE_AGES_FROM.len()).map(age_name).collect();
    let labels: Vec<&str> = names.iter().map(String::as_str).collect();
    let all =
        values.iter().fold([0; 3], |sum: [u64; 3], counts| std::array::from_fn(|index| sum[index] + counts[index]));
    let body = html! {
        tbody { @for (name, counts) in names.iter().zip(&values) { (row(name, counts)) } }
        tfoot { (row("All", &all)) }
    };
    let description = format!(
        "{} missed the renewal window, {} on this very day.",
        counted(all.iter().sum(), "offer"),
        count(page.overview.lapsed_today())
    );
    Figure {
        id: "ages",
        title: "Days since the window closed",
        description: &description,
        chart: &chart::rows(&labels, &values, 84),
        legend: &[("first", "Competencies"), ("second", "Action Packs"), ("third", "Can be reactivated")],
        table: table(
            "Lapsed offers by days since the window closed",
            &[Words("Days"), Number("Competencies"), Number("Action Packs"), Number("Reactivatable"), Number("All")],
            body,
        ),
    }
    .render()
}

fn age_name(age: usize) -> String {
    let from = LAPSE_AGES_FROM[age];
    match LAPSE_AGES_FROM.get(age + 1) {
        Some(next) if from + 1 == *next => "Today".to_owned(),
        Some(next) => format!("{from} to {}", next - 1),
        None => format!("{from} or more"),
    }
}

fn row(name: &str, counts: &[u64; 3]) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            @for value in counts { td { (count(*value)) } }
            td { (count(counts.iter().sum())) }
        }
    }
}

fn reactivation(page: &PageFacts<'_>) -> Markup {
    let deadlines = &page.overview.deadlines;
    html! {
        div.card {
            h3 { "Reactivation" }
            @if deadlines.is_empty() {
                p { "No offer can be reactivated on this day." }
            } @else {
                @for (deadline, offers) in deadlines.iter().take(LISTED) {
                    p.deadline {
                        strong { (counted(offers.offers, "offer")) } " until " strong { (day_words(*deadline)) } ", "
                        @match deadline.days_since(page.options.as_of) {
                            0 => "which is today",
                            days => { (counted(days as u64, "day")) " left" }
                        }
                        "."
                        @if offers.blocked > 0 { " " (count(offers.blocked)) " of them have something else in the way." }
                        @if offers.offers_without_fee > 0 {
                            " The fee of " (count(offers.offers_without_fee)) " is unknown and in no sum."
                        }
                    }
                }
                @if deadlines.len() > LISTED { p.cut { (cut(deadlines.len() - LISTED, "deadline")) } }
                (reactivation_fees(page))
            }
        }
    }
}

fn reactivation_fees(page: &PageFacts<'_>) -> Markup {
    let totals = page.tally.fees_by_currency(page.currencies);
    let mut fees: Vec<(&CurrencyCode, FeeTotal)> = totals
        .iter()
        .map(|(code, totals)| (code, totals[Stage::Reactivatable.index()]))
        .filter(|(_, total)| total.offers > 0)
        .collect();
    fees.sort_by_key(|(code, total)| (Reverse(total.offers), **code));
    let rows = |fees: &[(&CurrencyCode, FeeTotal)], caption| {
        let body = html! {
            tbody {
                @for (code, total) in fees {
                    tr data-figure="reactivatable" data-currency=(currency_name(code)) {
                        th scope="row" { (currency_name(code)) }
                        td { (count(total.offers)) }
                        td { (money(code, total.fees)) }
                    }
                }
            }
        };
        table(caption, &[Words("Currency"), Number("Offers"), Number("Fees")], body)
    };
    let (open, folded) = fees.split_at(fees.len().min(OPEN));
    html! {
        @if !fees.is_empty() {
            (rows(open, "Fees of offers that can be reactivated"))
            @if !folded.is_empty() {
                details {
                    summary { "Fees in more currencies" }
                    (rows(&folded[..folded.len().min(LISTED - OPEN)], "Fees in more currencies"))
                }
            }
            @if fees.len() > LISTED { p.cut { (cut(fees.len() - LISTED, "currency")) } }
        }
    }
}

/// What is said of the entries that a list leaves out.
pub fn cut(left_out: usize, noun: &str) -> String {
    let left_out = left_out as u64;
    let (count, is_one) = (count(left_out), left_out == 1);
    let plural = match noun.strip_suffix('y') {
        _ if is_one => noun.to_owned(),
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    format!(
        "{count} more {plural} {} not shown here, to keep the page small; the reports have all.",
        if is_one { "is" } else { "are" }
    )
}
