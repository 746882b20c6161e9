//! From decisions to reports: their columns, their rows, the forecast and the counts.
//!
//! Nothing here knows a format: rows go to a [`CellSink`], which the formats implement.

mod columns;
mod currency;
mod decisions;
mod forecast;
mod forecast_rows;
mod reject_rows;
mod rows;
mod tally;

pub use columns::{CellKind, REPORT_COUNT, Report, ReportColumn, Table};
pub use currency::{CurrencyCode, CurrencyIndex, currency_text};
pub use decisions::{DECISIONS, write_decision};
pub use forecast::{Forecast, ForecastGroup, ForecastKey};
pub use forecast_rows::write_forecast;
pub use reject_rows::write_reject;
pub use rows::{CellSink, ReportOptions, ReportSink, write_rows};
pub use tally::{FeeTotal, STAGE_COUNT, Tally};
