//! A sink that keeps nothing, for rows that are counted though no format has them.

use super::columns::Report;
use super::rows::{CellSink, ReportSink};
use crate::ingest::FeeCell;
use crate::rules::Date;

/// Takes the cells of any report, and forgets them.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCells;

impl CellSink for NoCells {
    fn text(&mut self, _text: &[u8]) {}
    fn word(&mut self, _word: &[u8]) {}
    fn date(&mut self, _date: Date) {}
    fn optional_date(&mut self, _date: Option<Date>) {}
    fn integer(&mut self, _value: i64) {}
    fn optional_integer(&mut self, _value: Option<i64>) {}
    fn amount(&mut self, _ten_thousandths: Option<i128>, _places: u8) {}
    fn estimate(&mut self, _value: Option<f64>) {}
    fn fee(&mut self, _fee: Option<&FeeCell<'_>>) {}
    fn end_row(&mut self) {}
}

impl ReportSink for NoCells {
    type Cells = Self;

    fn report(&mut self, _report: Report) -> &mut Self {
        self
    }
}
