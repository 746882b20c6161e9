//! Which reports a row is in, asked of the functions that write them.

use crate::ingest::{FeeCell, Row};
use crate::reports::{CellSink, REPORT_COUNT, Report, ReportOptions, ReportSink, is_in_forecast, write_rows};
use crate::rules::{Date, Decision};

/// The reports that a row is in, in their order.
pub fn reports_of(options: &ReportOptions, row: &Row<'_>, decision: &Decision) -> Vec<Report> {
    let mut rows = [0; REPORT_COUNT];
    write_rows(options, row, decision, &mut Nowhere, &mut rows);
    rows[Report::FeeForecast.index()] = is_in_forecast(options, decision).into();
    Report::ALL.iter().copied().filter(|report| rows[report.index()] > 0).collect()
}

/// Takes report rows and keeps nothing.
struct Nowhere;

impl ReportSink for Nowhere {
    type Cells = Self;

    fn report(&mut self, _: Report) -> &mut Self {
        self
    }
}

impl CellSink for Nowhere {
    fn text(&mut self, _: &[u8]) {}
    fn word(&mut self, _: &[u8]) {}
    fn date(&mut self, _: Date) {}
    fn integer(&mut self, _: i64) {}
    fn optional_integer(&mut self, _: Option<i64>) {}
    fn amount(&mut self, _: Option<i128>, _: u8) {}
    fn estimate(&mut self, _: Option<f64>) {}
    fn fee(&mut self, _: Option<&FeeCell<'_>>) {}
    fn end_row(&mut self) {}
}
