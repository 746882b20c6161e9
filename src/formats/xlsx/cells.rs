//! Report rows in a compact form, row after row, until their place in a sheet is known.

use super::texts::fitting;
use crate::ingest::FeeCell;
use crate::reports::{CellSink, REPORT_COUNT, Report, ReportSink};
use crate::rules::Date;

/// Texts and amounts that a sheet cannot hold as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// Texts that were cut because a cell cannot hold them.
    pub cut_texts: u64,
    /// Numbers with more digits than Excel keeps, which are written as text.
    pub numbers_as_text: u64,
}

impl Exceptions {
    /// Adds those of a part.
    pub const fn add(&mut self, part: Self) {
        self.cut_texts += part.cut_texts;
        self.numbers_as_text += part.numbers_as_text;
    }
}

/// A cell of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing is known.
    Empty,
    /// Text from the export, which may hold anything.
    Text(&'a str),
    /// A word of the tool's own.
    Word(&'a str),
    /// A calendar day.
    Date(Date),
    /// A count.
    Integer(i64),
    /// An amount in ten-thousandths.
    Amount(i128),
    /// An estimate.
    Estimate(f64),
}

/// First byte of a cell in its compact form.
mod tag {
    pub const EMPTY: u8 = 0;
    pub const TEXT: u8 = 1;
    pub const WORD: u8 = 2;
    pub const DATE: u8 = 3;
    pub const INTEGER: u8 = 4;
    pub const AMOUNT: u8 = 5;
    pub const ESTIMATE: u8 = 6;
}

/// The rows of one report.
#[derive(Clone, Debug)]
pub struct XlsxCellSink {
    report: Report,
    bytes: Vec<u8>,
    /// Where each row ends.
    row_ends: Vec<usize>,
    /// Rows whose texts were cut, with how many of them.
    cut: Vec<usize>,
}

/// The rows of every report.
#[derive(Debug)]
pub struct XlsxReports {
    sinks: [XlsxCellSink; REPORT_COUNT],
}

impl XlsxReports {
    /// No rows in any report.
    pub fn new() -> Self {
        Self { sinks: std::array::from_fn(|index| XlsxCellSink::new(Report::ALL[index])) }
    }

    /// The rows of a report.
    pub const fn sink(&self, report: Report) -> &XlsxCellSink {
        &self.sinks[report.index()]
    }

    /// Empties every report, and keeps the memory.
    pub fn clear(&mut self) {
        self.sinks.iter_mut().for_each(XlsxCellSink::clear);
    }
}

impl Default for XlsxReports {
    fn default() -> Self {
        Self::new()
    }
}

impl ReportSink for XlsxReports {
    type Cells = XlsxCellSink;

    #[inline]
    fn report(&mut self, report: Report) -> &mut XlsxCellSink {
        &mut self.sinks[report.index()]
    }
}

impl XlsxCellSink {
    /// No rows of a report.
    pub const fn new(report: Report) -> Self {
        Self { report, bytes: Vec::new(), row_ends: Vec::new(), cut: Vec::new() }
    }

    /// The report.
    pub const fn report(&self) -> Report {
        self.report
    }

    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.row_ends.len()
    }

    /// Bytes of all rows in their compact form.
    pub const fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of a row in its compact form.
    pub fn row_bytes(&self, row: usize) -> usize {
        self.row_ends[row] - self.row_start(row)
    }

    /// Texts that were cut.
    pub const fn cut_texts(&self) -> u64 {
        self.cut.len() as u64
    }

    fn row_start(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.row_ends[before])
    }

    /// Forgets the rows, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.row_ends.clear();
        self.cut.clear();
    }

    /// Appends rows `from..to` of the same report.
    pub fn append(&mut self, other: &Self, from: usize, to: usize) {
        let (start, end) = (other.row_start(from), other.row_start(to));
        let (held_bytes, held_rows) = (self.bytes.len(), self.rows());
        self.bytes.extend_from_slice(&other.bytes[start..end]);
        self.row_ends.extend(other.row_ends[from..to].iter().map(|at| at - start + held_bytes));
        let cut = other.cut.iter().filter(|row| (from..to).contains(row));
        self.cut.extend(cut.map(|row| row - from + held_rows));
    }

    /// Reads the cells of a row into `cells`.
    pub fn read_row<'a>(&'a self, row: usize, cells: &mut Vec<Cell<'a>>) {
        cells.clear();
        let mut rest = &self.bytes[self.row_start(row)..self.row_ends[row]];
        while let Some((&tag, after)) = rest.split_first() {
            rest = after;
            let cell = match tag {
                tag::EMPTY => Cell::Empty,
                tag::TEXT => Cell::Text(take_text(&mut rest)),
                tag::WORD => Cell::Word(take_text(&mut rest)),
                tag::DATE => Cell::Date(Date::from_days_since_epoch(i32::from_le_bytes(take(&mut rest)))),
                tag::INTEGER => Cell::Integer(i64::from_le_bytes(take(&mut rest))),
                tag::ESTIMATE => Cell::Estimate(f64::from_le_bytes(take(&mut rest))),
                _ => Cell::Amount(i128::from_le_bytes(take(&mut rest))),
            };
            cells.push(cell);
        }
    }

    #[inline]
    fn write_text(&mut self, tag: u8, text: &[u8]) {
        if text.is_empty() {
            self.bytes.push(tag::EMPTY);
            return;
        }
        self.bytes.push(tag);
        // A record has at most 1 GiB.
        self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(text);
    }
}

fn take<const LENGTH: usize>(rest: &mut &[u8]) -> [u8; LENGTH] {
    let (taken, after) = rest.split_first_chunk().expect("a cell was written whole");
    *rest = after;
    *taken
}

fn take_text<'a>(rest: &mut &'a [u8]) -> &'a str {
    let length = u32::from_le_bytes(take(rest)) as usize;
    let (text, after) = rest.split_at(length);
    *rest = after;
    std::str::from_utf8(text).expect("texts are checked as they are written")
}

impl CellSink for XlsxCellSink {
    #[inline]
    fn text(&mut self, text: &[u8]) {
        // Rows are UTF-8 or rejected, and what is kept of a rejected one is made so.
        let text = String::from_utf8_lossy(text);
        match fitting(&text) {
            None => self.write_text(tag::TEXT, text.as_bytes()),
            Some(shortened) => {
                self.cut.push(self.rows());
                self.write_text(tag::TEXT, shortened.as_bytes());
            }
        }
    }

    #[inline]
    fn word(&mut self, word: &[u8]) {
        self.write_text(tag::WORD, word);
    }

    #[inline]
    fn date(&mut self, date: Date) {
        self.bytes.push(tag::DATE);
        self.bytes.extend_from_slice(&date.days_since_epoch().to_le_bytes());
    }

    fn optional_date(&mut self, date: Option<Date>) {
        match date {
            Some(date) => self.date(date),
            None => self.bytes.push(tag::EMPTY),
        }
    }

    #[inline]
    fn integer(&mut self, value: i64) {
        self.bytes.push(tag::INTEGER);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn optional_integer(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.integer(value),
            None => self.bytes.push(tag::EMPTY),
        }
    }

    #[inline]
    fn amount(&mut self, ten_thousandths: Option<i128>, _places: u8) {
        match ten_thousandths {
            Some(amount) => {
                self.bytes.push(tag::AMOUNT);
                self.bytes.extend_from_slice(&amount.to_le_bytes());
            }
            None => self.bytes.push(tag::EMPTY),
        }
    }

    fn estimate(&mut self, value: Option<f64>) {
        match value {
            Some(value) => {
                self.bytes.push(tag::ESTIMATE);
                self.bytes.extend_from_slice(&value.to_le_bytes());
            }
            None => self.bytes.push(tag::EMPTY),
        }
    }

    #[inline]
    fn fee(&mut self, fee: Option<&FeeCell<'_>>) {
        self.amount(fee.map(|cell| cell.fee.ten_thousandths), 0);
    }

    #[inline]
    fn end_row(&mut self) {
        self.row_ends.push(self.bytes.len());
    }
}
