//! The decision table: every evaluated offer with all that was read of it and decided on it, one row each.

use super::columns::{
    BLOCKERS, COUNTRY, CURRENCY, CellKind, FEE, LEVEL, OFFER_NAME, OFFER_TYPE, PARTNER_ID, PARTNER_NAME, REQUIREMENTS,
    STAGE, Table, column,
};
use super::rows::CellSink;
use crate::ingest::Row;
use crate::rules::{AnniversaryOrigin, Decision, Policy, Term, anniversary_origin};

/// The decision table. Its rows are the offers in the order of the input.
pub const DECISIONS: Table = Table {
    name: "decisions",
    columns: &[
        PARTNER_ID,
        PARTNER_NAME,
        COUNTRY,
        OFFER_TYPE,
        OFFER_NAME,
        LEVEL,
        column("purchase_date", CellKind::Date),
        column("renewal_start_date", CellKind::OptionalDate),
        column("last_renewal_date", CellKind::OptionalDate),
        column("requirements_met", CellKind::Text),
        column("portal", CellKind::Text),
        FEE,
        CURRENCY,
        STAGE,
        column("anniversary_date", CellKind::OptionalDate),
        column("anniversary_rule", CellKind::Text),
        column("window_opens", CellKind::OptionalDate),
        column("window_closes", CellKind::OptionalDate),
        column("first_reminder", CellKind::OptionalDate),
        column("second_reminder", CellKind::OptionalDate),
        REQUIREMENTS,
        BLOCKERS,
        column("next_anniversary", CellKind::OptionalDate),
        column("reactivate_by", CellKind::OptionalDate),
    ],
};

/// Writes the row of an offer.
pub fn write_decision(policy: &Policy, row: &Row<'_>, decision: &Decision, cells: &mut impl CellSink) {
    let offer = &row.offer;
    cells.offer(row);
    cells.date(offer.purchase_date);
    cells.optional_date(offer.renewal_start_date);
    cells.optional_date(offer.last_renewal_date);
    cells.word(match offer.requirements_met {
        Some(true) => b"true",
        Some(false) => b"false",
        None => b"",
    });
    cells.word(offer.portal.as_str().as_bytes());
    cells.fee(row.fee.as_ref());
    cells.word(row.currency);
    cells.word(decision.stage.as_str().as_bytes());
    // An offer that was decided has no contradiction, so the origin is there wherever there is a term.
    let origin = decision.term.and_then(|_| anniversary_origin(policy, offer).ok());
    let date = |of: fn(&Term) -> crate::rules::Date| decision.term.as_ref().map(of);
    cells.optional_date(date(|term| term.anniversary));
    cells.word(origin.map(AnniversaryOrigin::as_str).unwrap_or_default().as_bytes());
    cells.optional_date(date(|term| term.window_opens));
    cells.optional_date(date(|term| term.window_closes));
    cells.optional_date(date(|term| term.first_reminder));
    cells.optional_date(date(|term| term.second_reminder));
    cells.word(decision.requirements.as_str().as_bytes());
    cells.word(decision.blockers.as_str().as_bytes());
    cells.optional_date(date(|term| term.next_anniversary));
    cells.optional_date(decision.term.and_then(|term| term.reactivate_by));
    cells.end_row();
}
