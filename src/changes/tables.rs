//! The reports of a comparison: their columns and their rows.

use super::change::Changes;
use super::offer::NightOffer;
use super::tally::{ChangeTally, places_of};
use crate::reports::{CellKind, CellSink, ReportColumn, Table, currency_text};
use crate::rules::{Date, Level};

const fn column(name: &'static str, kind: CellKind) -> ReportColumn {
    ReportColumn { name, kind }
}

use CellKind::{Amount, Integer, OptionalDate, Text};

/// Every offer that changed, one row each, in the order of their keys.
pub const CHANGES: Table = Table {
    name: "changes",
    columns: &[
        column("change", Text),
        column("also", Text),
        column("partner_id", Text),
        column("partner_name", Text),
        column("country", Text),
        column("offer_type", Text),
        column("offer_name", Text),
        column("level", Text),
        column("level_before", Text),
        column("stage", Text),
        column("stage_before", Text),
        column("anniversary_date", OptionalDate),
        column("anniversary_before", OptionalDate),
        column("last_renewal_date", OptionalDate),
        column("last_renewal_before", OptionalDate),
        column("blockers", Text),
        column("blockers_before", Text),
        column("fee", Amount),
        column("currency", Text),
        column("fee_before", Amount),
        column("currency_before", Text),
        column("edited", Text),
    ],
};

/// Offers and fees of every group, those that did not change too.
pub const CHANGE_TOTALS: Table = Table {
    name: "change_totals",
    columns: &[
        column("change", Text),
        column("offer_type", Text),
        column("stage_before", Text),
        column("stage", Text),
        column("currency", Text),
        column("offers", Integer),
        column("offers_without_fee", Integer),
        column("fees", Amount),
    ],
};

/// Writes the row of an offer that one night has, or both.
pub fn write_change(
    changes: Changes,
    old: Option<&NightOffer<'_>>,
    new: Option<&NightOffer<'_>>,
    cells: &mut (impl CellSink + ?Sized),
) {
    let Some(offer) = new.or(old) else { return };
    cells.word(changes.first().as_str().as_bytes());
    cells.word(joined(changes.others().map(|change| change.as_str())).as_bytes());
    cells.text(offer.partner_id);
    cells.text(offer.partner_name);
    cells.text(offer.country);
    cells.word(offer.offer_type.as_str().as_bytes());
    cells.text(offer.offer_name);
    let nights = [new, old];
    for night in nights {
        cells.word(night.and_then(|night| night.level).map(Level::as_str).unwrap_or_default().as_bytes());
    }
    for night in nights {
        cells.word(night.map(|night| night.stage.as_str()).unwrap_or_default().as_bytes());
    }
    let dates: [fn(&NightOffer<'_>) -> Option<Date>; 2] = [|night| night.anniversary, |night| night.last_renewal_date];
    for date in dates {
        nights.iter().for_each(|night| cells.optional_date(night.and_then(date)));
    }
    for night in nights {
        cells.word(night.map(|night| night.blockers.as_str()).unwrap_or_default().as_bytes());
    }
    for night in nights {
        let fee = night.and_then(|night| night.fee);
        cells.amount(fee, fee.map(places_of).unwrap_or_default());
        cells.word(night.map(|night| night.currency).unwrap_or_default());
    }
    let edited = old.zip(new).map(|(old, new)| joined(changes.edited(old, new))).unwrap_or_default();
    cells.word(edited.as_bytes());
    cells.end_row();
}

fn joined(names: impl Iterator<Item = &'static str>) -> String {
    names.fold(String::new(), |mut text, name| {
        if !text.is_empty() {
            text.push(';');
        }
        text.push_str(name);
        text
    })
}

/// Writes the groups, in the order of their keys; returns their number.
pub fn write_totals(tally: &ChangeTally, cells: &mut (impl CellSink + ?Sized)) -> u64 {
    let places = tally.places();
    let groups = tally.groups();
    for (key, total) in &groups {
        cells.word(key.change.as_str().as_bytes());
        cells.word(key.offer_type.as_str().as_bytes());
        for stage in [key.stage_before, key.stage] {
            cells.word(stage.map(|stage| stage.as_str()).unwrap_or_default().as_bytes());
        }
        cells.word(currency_text(&key.currency));
        cells.integer(total.offers as i64);
        cells.integer(total.offers_without_fee as i64);
        cells.amount((total.offers > total.offers_without_fee).then_some(total.fees), places);
        cells.end_row();
    }
    groups.len() as u64
}
