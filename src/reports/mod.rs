//! From decisions to reports: their columns, their rows, the forecast and the counts.
//!
//! Nothing here knows a format: rows go to a [`CellSink`], which the formats implement.

mod columns;
mod currency;
mod decisions;
mod forecast;
mod forecast_rows;
mod overview;
mod reject_rows;
mod rows;
mod tally;

pub use columns::{CellKind, REPORT_COUNT, Report, ReportColumn, Table};
pub use currency::{CurrencyCode, CurrencyIndex, currency_text, minor_unit_places};
pub use decisions::{DECISIONS, write_decision};
pub use forecast::{Forecast, ForecastGroup, ForecastKey};
pub use forecast_rows::write_forecast;
pub use overview::{
    DeadlineCount, FeeAtRisk, LAPSE_AGES_FROM, LARGEST_FEES, LapseGroup, Overview, ShortenedText, TEXT_CHARACTERS_MAX,
    WEEKS, is_at_risk, monday_of,
};
pub use reject_rows::{RejectOrigin, write_reject};
pub use rows::{CellSink, ReportOptions, ReportSink, write_rows};
pub use tally::{FeeTotal, OFFER_TYPE_COUNT, STAGE_COUNT, Tally};
