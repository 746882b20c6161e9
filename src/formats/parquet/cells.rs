//! Report rows in columns, one buffer a column.

use super::ParquetFormatError;
use crate::ingest::FeeCell;
use crate::reports::{CellKind, CellSink, REPORT_COUNT, Report, ReportSink, Table};
use crate::rules::Date;
use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray};
use std::sync::Arc;

/// Digits of an amount, decimal places included.
pub(super) const AMOUNT_DIGITS: u8 = 22;
/// Decimal places of an amount.
pub(super) const AMOUNT_PLACES: i8 = 4;
const AMOUNT_LIMIT: i128 = 10_i128.pow(AMOUNT_DIGITS as u32);

/// The cells of one column.
#[derive(Clone, Debug)]
enum ColumnBuffer {
    /// Texts one after the other, and where each ends.
    Text {
        bytes: Vec<u8>,
        ends: Vec<usize>,
    },
    Date(Vec<i32>),
    /// Days, and which of them are known.
    OptionalDate {
        days: Vec<i32>,
        known: Vec<bool>,
    },
    Integer(Vec<i64>),
    OptionalInteger(Vec<Option<i64>>),
    Estimate(Vec<Option<f64>>),
    /// Amounts in ten-thousandths, and which of them are known.
    Amount {
        values: Vec<i128>,
        known: Vec<bool>,
    },
}

impl ColumnBuffer {
    const fn new(kind: CellKind) -> Self {
        match kind {
            CellKind::Text => Self::Text { bytes: Vec::new(), ends: Vec::new() },
            CellKind::Date => Self::Date(Vec::new()),
            CellKind::OptionalDate => Self::OptionalDate { days: Vec::new(), known: Vec::new() },
            CellKind::Integer => Self::Integer(Vec::new()),
            CellKind::OptionalInteger => Self::OptionalInteger(Vec::new()),
            CellKind::Estimate => Self::Estimate(Vec::new()),
            CellKind::Amount => Self::Amount { values: Vec::new(), known: Vec::new() },
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Text { bytes, ends } => {
                bytes.clear();
                ends.clear();
            }
            Self::Date(values) => values.clear(),
            Self::OptionalDate { days, known } => {
                days.clear();
                known.clear();
            }
            Self::Integer(values) => values.clear(),
            Self::OptionalInteger(values) => values.clear(),
            Self::Estimate(values) => values.clear(),
            Self::Amount { values, known } => {
                values.clear();
                known.clear();
            }
        }
    }

    /// Appends rows `from..to` of another buffer of the same kind.
    fn append(&mut self, other: &Self, from: usize, to: usize) {
        match (self, other) {
            (Self::Text { bytes, ends }, Self::Text { bytes: other_bytes, ends: other_ends }) => {
                let end_of = |rows: usize| rows.checked_sub(1).map_or(0, |last| other_ends[last]);
                let (start, end) = (end_of(from), end_of(to));
                let held = bytes.len();
                bytes.extend_from_slice(&other_bytes[start..end]);
                ends.extend(other_ends[from..to].iter().map(|at| at - start + held));
            }
            (Self::Date(values), Self::Date(other)) => values.extend_from_slice(&other[from..to]),
            (Self::OptionalDate { days, known }, Self::OptionalDate { days: other_days, known: other_known }) => {
                days.extend_from_slice(&other_days[from..to]);
                known.extend_from_slice(&other_known[from..to]);
            }
            (Self::Integer(values), Self::Integer(other)) => values.extend_from_slice(&other[from..to]),
            (Self::OptionalInteger(values), Self::OptionalInteger(other)) => {
                values.extend_from_slice(&other[from..to]);
            }
            (Self::Estimate(values), Self::Estimate(other)) => values.extend_from_slice(&other[from..to]),
            (Self::Amount { values, known }, Self::Amount { values: other_values, known: other_known }) => {
                values.extend_from_slice(&other_values[from..to]);
                known.extend_from_slice(&other_known[from..to]);
            }
            _ => unreachable!("buffers of one column have one kind"),
        }
    }

    fn into_array(self) -> Result<ArrayRef, ParquetFormatError> {
        Ok(match self {
            Self::Text { bytes, ends } => {
                let mut offsets = Vec::with_capacity(ends.len() + 1);
                offsets.push(0);
                for end in ends {
                    offsets.push(i32::try_from(end).map_err(|_| ParquetFormatError::TextTooLarge)?);
                }
                let offsets = arrow_buffer::OffsetBuffer::new(offsets.into());
                // Whether the bytes are UTF-8 is checked here, once for all of them.
                Arc::new(StringArray::try_new(offsets, bytes.into(), None)?)
            }
            Self::Date(values) => Arc::new(Date32Array::from(values)),
            Self::OptionalDate { days, known } => Arc::new(Date32Array::try_new(days.into(), Some(known.into()))?),
            Self::Integer(values) => Arc::new(Int64Array::from(values)),
            Self::OptionalInteger(values) => Arc::new(Int64Array::from(values)),
            Self::Estimate(values) => Arc::new(Float64Array::from(values)),
            Self::Amount { values, known } => {
                if values.iter().any(|value| *value >= AMOUNT_LIMIT) {
                    return Err(ParquetFormatError::AmountTooLarge);
                }
                let array = Decimal128Array::try_new(values.into(), Some(known.into()))?;
                Arc::new(array.with_precision_and_scale(AMOUNT_DIGITS, AMOUNT_PLACES)?)
            }
        })
    }
}

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
        let columns = table.columns.iter().map(|column| ColumnBuffer::new(column.kind)).collect();
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

    /// Bytes of all texts, which row groups must keep within what an offset can say.
    pub(super) fn text_bytes(&self) -> usize {
        let texts = self.columns.iter().map(|column| match column {
            ColumnBuffer::Text { bytes, .. } => bytes.len(),
            _ => 0,
        });
        texts.sum()
    }

    /// Forgets the rows, and keeps the memory.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(ColumnBuffer::clear);
        self.next_column = 0;
        self.rows = 0;
    }

    /// Appends rows `from..to` of the same table.
    pub(super) fn append(&mut self, other: &Self, from: usize, to: usize) {
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.append(other, from, to);
        }
        self.rows += to - from;
    }

    /// The columns as arrays.
    pub(super) fn into_arrays(self) -> Result<Vec<ArrayRef>, ParquetFormatError> {
        self.columns.into_iter().map(ColumnBuffer::into_array).collect()
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
        let ColumnBuffer::Text { bytes, ends } = self.next() else { unreachable!("the table has no text here") };
        bytes.extend_from_slice(text);
        ends.push(bytes.len());
    }

    #[inline]
    fn word(&mut self, word: &[u8]) {
        self.text(word);
    }

    #[inline]
    fn date(&mut self, date: Date) {
        let ColumnBuffer::Date(values) = self.next() else { unreachable!("the table has no date here") };
        values.push(date.days_since_epoch());
    }

    #[inline]
    fn optional_date(&mut self, date: Option<Date>) {
        let ColumnBuffer::OptionalDate { days, known } = self.next() else {
            unreachable!("the table has no date that may be missing here")
        };
        days.push(date.map(Date::days_since_epoch).unwrap_or_default());
        known.push(date.is_some());
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
        let ColumnBuffer::Amount { values, known } = self.next() else { unreachable!("the table has no amount here") };
        values.push(ten_thousandths.unwrap_or_default());
        known.push(ten_thousandths.is_some());
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
