//! Report rows in columns, one buffer a column.

use super::columns::{ColumnBuffer, NUMBERED_MOST};
use crate::ingest::{FeeCell, Row};
use crate::reports::{CellSink, REPORT_COUNT, Report, ReportSink, Table};
use crate::rules::{Blockers, Date, Level, Requirements, Stage};
use std::ops::Range;

/// The rows of one table as columns.
#[derive(Clone, Debug)]
pub struct ParquetCellSink {
    table: Table,
    columns: Vec<ColumnBuffer>,
    next_column: usize,
    rows: usize,
}

/// The rows of every report as columns.
#[derive(Debug)]
pub struct ParquetReports {
    sinks: [ParquetCellSink; REPORT_COUNT],
}

impl ParquetReports {
    /// Empty columns for every report.
    pub fn new() -> Self {
        Self { sinks: std::array::from_fn(|index| ParquetCellSink::new(Report::ALL[index].table())) }
    }

    /// The rows written to a report.
    pub const fn sink(&self, report: Report) -> &ParquetCellSink {
        &self.sinks[report.index()]
    }

    /// Empties every report, and keeps the memory.
    pub fn clear(&mut self) {
        self.sinks.iter_mut().for_each(ParquetCellSink::clear);
    }
}

impl Default for ParquetReports {
    fn default() -> Self {
        Self::new()
    }
}

impl ReportSink for ParquetReports {
    type Cells = ParquetCellSink;

    #[inline]
    fn report(&mut self, report: Report) -> &mut ParquetCellSink {
        &mut self.sinks[report.index()]
    }
}

impl ParquetCellSink {
    /// Empty columns for a table.
    pub fn new(table: Table) -> Self {
        let columns = table.columns.iter().map(|column| ColumnBuffer::new(*column)).collect();
        Self { table, columns, next_column: 0, rows: 0 }
    }

    /// The table.
    pub const fn table(&self) -> Table {
        self.table
    }

    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of all texts.
    pub(super) fn text_bytes(&self) -> usize {
        self.columns.iter().map(ColumnBuffer::text_bytes).sum()
    }

    /// Forgets the rows, and keeps the memory.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(ColumnBuffer::clear);
        self.next_column = 0;
        self.rows = 0;
    }

    /// Makes room for more rows at once.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.columns.iter_mut().for_each(|column| column.reserve(rows));
    }

    /// Appends some rows of the same table.
    pub(super) fn append(&mut self, other: &Self, rows: Range<usize>) {
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.append(other, rows.clone());
        }
        self.rows += rows.len();
    }

    /// The columns.
    pub(super) fn columns(&self) -> &[ColumnBuffer] {
        &self.columns
    }

    #[inline]
    fn text_in<const BLOCKS: usize>(&mut self, text: &[u8], window: Option<&[[u8; 16]; BLOCKS]>) {
        match self.next() {
            ColumnBuffer::Words(words) => words.push(text),
            ColumnBuffer::Distinct(texts) => texts.push_in(text, window),
            _ => unreachable!("the table has no text here"),
        }
    }

    /// A word of the rules, of which each has a number of its own in its column.
    #[inline]
    fn numbered(&mut self, number: usize, word: &str) {
        let ColumnBuffer::Words(words) = self.next() else { unreachable!("the table has no words here") };
        words.push_numbered(number, word);
    }

    #[inline]
    fn next(&mut self) -> &mut ColumnBuffer {
        let column = &mut self.columns[self.next_column];
        self.next_column += 1;
        column
    }
}

impl CellSink for ParquetCellSink {
    #[inline]
    fn text(&mut self, text: &[u8]) {
        match self.next() {
            ColumnBuffer::Words(words) => words.push(text),
            ColumnBuffer::Distinct(texts) => texts.push(text),
            _ => unreachable!("the table has no text here"),
        }
    }

    #[inline]
    fn word(&mut self, word: &[u8]) {
        self.text(word);
    }

    #[inline]
    fn offer(&mut self, row: &Row<'_>) {
        self.text_in(row.partner_id, row.windows.partner_id);
        self.text_in(row.partner_name, row.windows.partner_name);
        self.text(row.country);
        let Row { level, offer, .. } = row;
        self.numbered(offer.offer_type.index(), offer.offer_type.as_str());
        self.text(offer.offer_name);
        self.numbered(level.map_or(0, |level| 1 + level.index()), level.map(Level::as_str).unwrap_or_default());
    }

    #[inline]
    fn stage(&mut self, stage: Stage) {
        const { assert!(Stage::ALL.len() <= NUMBERED_MOST) };
        self.numbered(stage.index(), stage.as_str());
    }

    #[inline]
    fn conditions(&mut self, requirements: Requirements, blockers: Blockers) {
        self.numbered(requirements.index(), requirements.as_str());
        self.numbered(blockers.index(), blockers.as_str());
    }

    #[inline]
    fn date(&mut self, date: Date) {
        let ColumnBuffer::Date(values) = self.next() else { unreachable!("the table has no date here") };
        values.push(date.days_since_epoch());
    }

    #[inline]
    fn optional_date(&mut self, date: Option<Date>) {
        let ColumnBuffer::OptionalDate(days) = self.next() else {
            unreachable!("the table has no date that may be missing here")
        };
        days.push(date.map(Date::days_since_epoch));
    }

    #[inline]
    fn integer(&mut self, value: i64) {
        let ColumnBuffer::Integer(values) = self.next() else { unreachable!("the table has no integer here") };
        values.push(value);
    }

    fn optional_integer(&mut self, value: Option<i64>) {
        let ColumnBuffer::OptionalInteger(values) = self.next() else {
            unreachable!("the table has no optional integer here")
        };
        values.push(value);
    }

    fn estimate(&mut self, value: Option<f64>) {
        let ColumnBuffer::Estimate(values) = self.next() else { unreachable!("the report has no estimate here") };
        values.push(value);
    }

    #[inline]
    fn amount(&mut self, ten_thousandths: Option<i128>, _places: u8) {
        let ColumnBuffer::Amount(values) = self.next() else { unreachable!("the table has no amount here") };
        values.push(ten_thousandths);
    }

    #[inline]
    fn fee(&mut self, fee: Option<&FeeCell<'_>>) {
        self.amount(fee.map(|cell| cell.fee.ten_thousandths), 0);
    }

    #[inline]
    fn end_row(&mut self) {
        debug_assert_eq!(self.next_column, self.columns.len(), "a row has a cell for every column");
        self.next_column = 0;
        self.rows += 1;
    }
}
