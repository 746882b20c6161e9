//! From decisions to reports: their columns, their rows, the sums of fees and the counts.
//!
//! Nothing here knows a format: rows go to a [`CellSink`], which the formats implement.

mod backtest_rows;
mod columns;
mod currency;
mod decisions;
mod due_offers;
mod forecast;
mod forecast_rows;
mod no_cells;
mod outlook_rows;
mod overview;
mod reject_rows;
mod rows;
mod tally;

pub use backtest_rows::{BACKTEST, BacktestMonth, UNMATCHED, UnmatchedReason, write_backtest_month, write_unmatched};
pub use columns::{CellKind, REPORT_COUNT, Report, ReportColumn, Table};
pub use currency::{CurrencyCode, CurrencyIndex, currency_text, is_currency, minor_unit_places};
pub use decisions::{DECISIONS, write_decision};
pub use due_offers::{DueOffers, due_time, is_in_forecast};
pub use forecast::{Forecast, month_text};
pub use forecast_rows::write_forecast;
pub use no_cells::NoCells;
pub use outlook_rows::{write_expected, write_outlook, write_position, write_rates, write_timing, write_totals};
pub use overview::{
    DeadlineCount, FeeAtRisk, LAPSE_AGES_FROM, LARGEST_FEES, LapseGroup, Overview, ShortenedText, TEXT_CHARACTERS_MAX,
    WEEKS, is_at_risk, monday_of,
};
pub use reject_rows::{RejectOrigin, write_reject};
pub use rows::{CellSink, ReportOptions, ReportSink, write_rows};
pub use tally::{FeeTotal, OFFER_TYPE_COUNT, STAGE_COUNT, Tally};
