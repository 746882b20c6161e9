//! The tables of a backtest: what was expected of each month and what was paid, and the offers left out.

use super::columns::{
    COUNTRY, CURRENCY, CellKind, FEE, LEVEL, OFFER_NAME, OFFER_TYPE, PARTNER_ID, PARTNER_NAME, Table, column,
};
use super::currency::currency_text;
use super::forecast::month_text;
use super::rows::CellSink;
use crate::finance::{CurrencyCode, Estimate};
use crate::ingest::Row;
use crate::rules::{Date, spelled_enumeration};

spelled_enumeration! {
    /// Why an offer of the older export is left out of a backtest.
    UnmatchedReason {
        /// The later export does not have it.
        NotFound = "not_found",
        /// One of the exports has it more than once.
        MoreThanOnce = "more_than_once",
        /// The later export shows an anniversary that the rules do not lead to.
        OtherAnniversary = "other_anniversary",
        /// Renewed in its window or reactivated after it, the later export does not show which.
        PaymentUnknown = "payment_unknown",
    }
}

/// What was expected of each month and currency, and what was paid.
pub const BACKTEST: Table = Table {
    name: "backtest",
    columns: &[
        column("month", CellKind::Text),
        CURRENCY,
        column("offers", CellKind::Integer),
        column("offers_without_fee", CellKind::Integer),
        column("fees_due", CellKind::Amount),
        column("fees_expected", CellKind::Estimate),
        column("fees_low", CellKind::Estimate),
        column("fees_high", CellKind::Estimate),
        column("fees_actual", CellKind::Amount),
        column("error", CellKind::Estimate),
        column("inside", CellKind::Text),
        column("complete", CellKind::Text),
        column("offers_unmatched", CellKind::Integer),
        column("fees_unmatched", CellKind::Amount),
    ],
};

/// The offers that could not be matched, in the order of the older export.
pub const UNMATCHED: Table = Table {
    name: "unmatched",
    columns: &[
        PARTNER_ID,
        PARTNER_NAME,
        COUNTRY,
        OFFER_TYPE,
        OFFER_NAME,
        LEVEL,
        column("anniversary_date", CellKind::Date),
        FEE,
        CURRENCY,
        column("reason", CellKind::Text),
    ],
};

/// A month of one currency; without a currency, of all of them in the reporting one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BacktestMonth {
    /// Months since the year 0.
    pub month: i32,
    /// Currency code; `None` for all currencies in the reporting one.
    pub currency: Option<CurrencyCode>,
    /// Offers due, matched or not.
    pub offers: u64,
    /// Matched offers whose fee is unknown.
    pub offers_without_fee: u64,
    /// Sum of the known fees of matched offers in ten-thousandths; `None` where there is none.
    pub fees_due: Option<i128>,
    /// What was expected of them.
    pub estimate: Option<Estimate>,
    /// Sum of those that were paid in their window.
    pub fees_actual: Option<i128>,
    /// Whether every window had closed by the day of the later export.
    pub is_complete: bool,
    /// Offers that could not be matched.
    pub offers_unmatched: u64,
    /// Sum of their known fees; `None` where there is none.
    pub fees_unmatched: Option<i128>,
}

impl BacktestMonth {
    /// What was paid, in units of the currency.
    fn actual(&self) -> Option<f64> {
        self.fees_actual.map(|fees| fees as f64 / 1e4)
    }

    /// What was paid less what was expected.
    pub fn error(&self) -> Option<f64> {
        Some(self.actual()? - self.estimate?.expected)
    }

    /// Whether what was paid lies in the interval; `None` for a month of which that cannot be said.
    pub fn is_inside(&self) -> Option<bool> {
        let (actual, estimate) = (self.actual()?, self.estimate?);
        self.is_complete.then_some(estimate.low <= actual && actual <= estimate.high)
    }
}

/// Writes a month; `reporting_currency` stands for a month without a currency of its own.
pub fn write_backtest_month(month: &BacktestMonth, places: u8, cells: &mut dyn CellSink) {
    let flag = |is: bool| if is { &b"true"[..] } else { b"false" };
    cells.word(month_text(month.month).as_bytes());
    cells.word(month.currency.as_ref().map_or(b"all", currency_text));
    cells.integer(month.offers as i64);
    cells.integer(month.offers_without_fee as i64);
    cells.amount(month.fees_due, places);
    cells.estimate(month.estimate.map(|estimate| estimate.expected));
    cells.estimate(month.estimate.map(|estimate| estimate.low));
    cells.estimate(month.estimate.map(|estimate| estimate.high));
    cells.amount(month.fees_actual, places);
    cells.estimate(month.error().map(crate::finance::rounded));
    cells.word(month.is_inside().map(flag).unwrap_or_default());
    cells.word(flag(month.is_complete));
    cells.integer(month.offers_unmatched as i64);
    cells.amount(month.fees_unmatched, places);
    cells.end_row();
}

/// Writes an offer that could not be matched.
pub fn write_unmatched(row: &Row<'_>, anniversary: Date, reason: UnmatchedReason, cells: &mut dyn CellSink) {
    cells.offer(row);
    cells.date(anniversary);
    cells.fee(row.fee.as_ref());
    cells.word(row.currency);
    cells.word(reason.as_str().as_bytes());
    cells.end_row();
}
