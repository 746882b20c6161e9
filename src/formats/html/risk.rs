//! The largest fees that are lost unless they are paid by a deadline, a currency each.

use super::PageFacts;
use super::figure::Column::{Number, Words};
use super::figure::table;
use super::lapses::cut;
use super::stages;
use super::text::{counted, currency_name, foreign, money};
use crate::reports::{CurrencyCode, FeeAtRisk, LARGEST_FEES, is_at_risk};
use crate::rules::{Date, OfferType, Stage};
use maud::{Markup, html};
use std::cmp::Reverse;

/// Currencies whose fees are shown at once.
const OPEN: usize = 4;
/// Currencies whose fees are shown at all.
const LISTED: usize = 24;

/// What is at risk in one currency.
struct Currency<'a> {
    code: CurrencyCode,
    offers: u64,
    fees: i128,
    largest: &'a [FeeAtRisk],
}

/// The cards of the currencies.
pub fn section(page: &PageFacts<'_>) -> Markup {
    let currencies = currencies(page);
    let (open, rest) = currencies.split_at(currencies.len().min(OPEN));
    let folded = &rest[..rest.len().min(LISTED - OPEN)];
    let unknown = page.overview.at_risk_without_fee;
    html! {
        p.lede {
            "Unpaid fees whose window is open, or that can only be won back by reactivation: lost unless paid by the "
            "day shown. The " (LARGEST_FEES) " largest of each currency, those with most offers at risk first."
            @if unknown > 0 { " The fee of " (counted(unknown, "more offer")) " is unknown." }
        }
        @if currencies.is_empty() { p { "No known fee is at risk on this day." } }
        div.pair { @for currency in open { (card(page.options.as_of, currency)) } }
        @if !folded.is_empty() {
            details.more {
                summary { (folded.len()) " more " @if folded.len() == 1 { "currency" } @else { "currencies" } }
                div.pair { @for currency in folded { (card(page.options.as_of, currency)) } }
            }
        }
        @if currencies.len() > LISTED { p.cut { (cut(currencies.len() - LISTED, "currency")) } }
    }
}

/// The currencies with fees at risk, those of most offers first.
fn currencies<'a>(page: &PageFacts<'a>) -> Vec<Currency<'a>> {
    let numbered = page.currencies.codes().iter().zip(&page.tally.fees).enumerate();
    let mut currencies: Vec<Currency<'a>> = numbered
        .map(|(number, (code, totals))| {
            let at_risk = || Stage::ALL.iter().zip(totals).filter(|(stage, _)| is_at_risk(**stage));
            Currency {
                code: *code,
                offers: at_risk().map(|(_, total)| total.offers).sum(),
                fees: at_risk().map(|(_, total)| total.fees).sum(),
                largest: page.overview.largest_fees(number),
            }
        })
        .filter(|currency| currency.offers > 0)
        .collect();
    currencies.sort_by_key(|currency| (Reverse(currency.offers), currency.code));
    currencies
}

fn card(as_of: Date, currency: &Currency<'_>) -> Markup {
    let Currency { code, offers, fees, largest } = currency;
    let name = currency_name(code);
    let body = html! { tbody { @for entry in *largest { (row(as_of, code, entry)) } } };
    html! {
        div.card {
            h3 { (name) }
            p.sum data-figure="at_risk" data-currency=(name) {
                strong { (money(code, *fees)) } " at risk in " (counted(*offers, "offer"))
            }
            (table(&format!("Largest fees at risk in {name}"), &[Words("Partner"), Number("Fee, and pay by")], body))
        }
    }
}

fn row(as_of: Date, code: &CurrencyCode, entry: &FeeAtRisk) -> Markup {
    let level = entry.level.map(|level| level.as_str()).unwrap_or_default();
    let kind = match entry.offer_type {
        OfferType::ActionPack => "Action Pack",
        OfferType::Competency => "competency",
        OfferType::Membership => "membership",
    };
    html! {
        tr {
            th scope="row" {
                (foreign(&entry.partner_name))
                span.note {
                    (foreign(&entry.partner_id)) " · "
                    @if !entry.offer_name.text.is_empty() { (foreign(&entry.offer_name)) ", " }
                    (level) " " (kind) " · " (stages::words(entry.stage).0.to_lowercase())
                }
                @if !entry.blockers.as_str().is_empty() {
                    span.blocked { (entry.blockers.as_str().replace(';', ", ").replace('_', " ")) }
                }
            }
            td {
                (money(code, entry.fee.ten_thousandths))
                span.note.range { (entry.deadline) }
                span.note.range {
                    @match entry.deadline.days_since(as_of) {
                        0 => "last day",
                        days => { (counted(days as u64, "day")) " left" }
                    }
                }
            }
        }
    }
}
