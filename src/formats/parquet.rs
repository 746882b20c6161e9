//! Report rows as Parquet: raw texts, dates as Date32, counts and days as Int64, money as decimal(22,4) (SPEC §3).

use crate::ingest::FeeCell;
use crate::reports::{CellKind, CellSink, REPORT_COUNT, Report, ReportSink};
use crate::rules::Date;
use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use std::io::Write;
use std::sync::Arc;

/// Rows of each row group but the last; fixed, so that the bytes do not depend on how the rows arrived.
pub const ROW_GROUP_ROWS: usize = 65_536;

const AMOUNT_DIGITS: u8 = 22;
const AMOUNT_PLACES: i8 = 4;
const AMOUNT_LIMIT: i128 = 10_i128.pow(AMOUNT_DIGITS as u32);

/// Why a report cannot be written as Parquet.
#[derive(Debug, thiserror::Error)]
pub enum ParquetFormatError {
    /// A sum has more digits than the column's type.
    #[error("a sum of fees has more than 18 digits before the point, which decimal(22,4) cannot hold")]
    AmountTooLarge,
    /// The columns do not make a table.
    #[error("{0}")]
    Arrow(#[from] ArrowError),
    /// Encoding or writing failed.
    #[error("{0}")]
    Parquet(#[from] ParquetError),
}

/// The cells of one report column.
#[derive(Clone, Debug)]
enum ColumnBuffer {
    Text { bytes: String, ends: Vec<usize> },
    Date(Vec<i32>),
    Integer(Vec<Option<i64>>),
    Amount(Vec<Option<i128>>),
}

impl ColumnBuffer {
    const fn new(kind: CellKind) -> Self {
        match kind {
            CellKind::Text => Self::Text { bytes: String::new(), ends: Vec::new() },
            CellKind::Date => Self::Date(Vec::new()),
            CellKind::Integer | CellKind::OptionalInteger => Self::Integer(Vec::new()),
            CellKind::Amount => Self::Amount(Vec::new()),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Text { bytes, ends } => {
                bytes.clear();
                ends.clear();
            }
            Self::Date(values) => values.clear(),
            Self::Integer(values) => values.clear(),
            Self::Amount(values) => values.clear(),
        }
    }

    /// Appends rows `from..to` of another buffer of the same kind.
    fn append(&mut self, other: &Self, from: usize, to: usize) {
        match (self, other) {
            (Self::Text { bytes, ends }, Self::Text { bytes: other_bytes, ends: other_ends }) => {
                let start = from.checked_sub(1).map_or(0, |before| other_ends[before]);
                let end = to.checked_sub(1).map_or(0, |last| other_ends[last]);
                let shift = bytes.len();
                bytes.push_str(&other_bytes[start..end]);
                ends.extend(other_ends[from..to].iter().map(|at| at - start + shift));
            }
            (Self::Date(values), Self::Date(other)) => values.extend_from_slice(&other[from..to]),
            (Self::Integer(values), Self::Integer(other)) => values.extend_from_slice(&other[from..to]),
            (Self::Amount(values), Self::Amount(other)) => values.extend_from_slice(&other[from..to]),
            _ => unreachable!("buffers of one report column have one kind"),
        }
    }

    fn to_array(&self) -> Result<ArrayRef, ParquetFormatError> {
        Ok(match self {
            Self::Text { bytes, ends } => {
                let starts = std::iter::once(0).chain(ends.iter().copied());
                let texts = starts.zip(ends).map(|(start, &end)| &bytes[start..end]);
                Arc::new(StringArray::from_iter_values(texts))
            }
            Self::Date(values) => Arc::new(Date32Array::from(values.clone())),
            Self::Integer(values) => Arc::new(Int64Array::from(values.clone())),
            Self::Amount(values) => {
                if values.iter().flatten().any(|value| *value >= AMOUNT_LIMIT) {
                    return Err(ParquetFormatError::AmountTooLarge);
                }
                let array = Decimal128Array::from(values.clone());
                Arc::new(array.with_precision_and_scale(AMOUNT_DIGITS, AMOUNT_PLACES)?)
            }
        })
    }
}

/// The rows of one report as columns.
#[derive(Clone, Debug)]
pub struct ParquetCellSink {
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
        Self { sinks: std::array::from_fn(|index| ParquetCellSink::new(Report::ALL[index])) }
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
    /// Empty columns for a report.
    pub fn new(report: Report) -> Self {
        let columns = report.columns().iter().map(|column| ColumnBuffer::new(column.kind)).collect();
        Self { columns, next_column: 0, rows: 0 }
    }

    /// Forgets the rows, and keeps the memory.
    pub fn clear(&mut self) {
        self.columns.iter_mut().for_each(ColumnBuffer::clear);
        self.next_column = 0;
        self.rows = 0;
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
        let ColumnBuffer::Text { bytes, ends } = self.next() else { unreachable!("the report has no text here") };
        match std::str::from_utf8(text) {
            Ok(text) => bytes.push_str(text),
            // Rows were checked when they were read; only a path of the user's may come here.
            Err(_) => bytes.push_str(&String::from_utf8_lossy(text)),
        }
        ends.push(bytes.len());
    }

    #[inline]
    fn word(&mut self, word: &[u8]) {
        self.text(word);
    }

    #[inline]
    fn date(&mut self, date: Date) {
        let ColumnBuffer::Date(values) = self.next() else { unreachable!("the report has no date here") };
        values.push(date.days_since_epoch());
    }

    #[inline]
    fn integer(&mut self, value: i64) {
        self.optional_integer(Some(value));
    }

    fn optional_integer(&mut self, value: Option<i64>) {
        let ColumnBuffer::Integer(values) = self.next() else { unreachable!("the report has no integer here") };
        values.push(value);
    }

    fn amount(&mut self, ten_thousandths: Option<i128>, _places: u8) {
        let ColumnBuffer::Amount(values) = self.next() else { unreachable!("the report has no amount here") };
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

/// Writes one report as a Parquet file, in row groups of a fixed number of rows.
pub struct ParquetFile<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    pending: ParquetCellSink,
}

impl<W: Write + Send> ParquetFile<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Writing fails.
    pub fn new(report: Report, output: W) -> Result<Self, ParquetFormatError> {
        let fields: Vec<Field> = report
            .columns()
            .iter()
            .map(|column| match column.kind {
                CellKind::Text => Field::new(column.name, DataType::Utf8, false),
                CellKind::Date => Field::new(column.name, DataType::Date32, false),
                CellKind::Integer => Field::new(column.name, DataType::Int64, false),
                CellKind::OptionalInteger => Field::new(column.name, DataType::Int64, true),
                CellKind::Amount => Field::new(column.name, DataType::Decimal128(AMOUNT_DIGITS, AMOUNT_PLACES), true),
            })
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("renewals ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(output, schema.clone(), Some(properties))?;
        Ok(Self { writer, schema, pending: ParquetCellSink::new(report) })
    }

    /// Appends rows, in order.
    ///
    /// # Errors
    /// Writing fails.
    pub fn append(&mut self, rows: &ParquetCellSink) -> Result<(), ParquetFormatError> {
        let mut from = 0;
        while from < rows.rows {
            let to = rows.rows.min(from + ROW_GROUP_ROWS - self.pending.rows);
            for (column, other) in self.pending.columns.iter_mut().zip(&rows.columns) {
                column.append(other, from, to);
            }
            self.pending.rows += to - from;
            from = to;
            if self.pending.rows == ROW_GROUP_ROWS {
                self.write_row_group()?;
            }
        }
        Ok(())
    }

    fn write_row_group(&mut self) -> Result<(), ParquetFormatError> {
        let arrays: Result<Vec<ArrayRef>, _> = self.pending.columns.iter().map(ColumnBuffer::to_array).collect();
        let batch = RecordBatch::try_new(self.schema.clone(), arrays?)?;
        self.writer.write(&batch)?;
        self.writer.flush()?;
        self.pending.clear();
        Ok(())
    }

    /// Writes what is left and the file's footer, and gives the output back.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(mut self) -> Result<W, ParquetFormatError> {
        if self.pending.rows > 0 {
            self.write_row_group()?;
        }
        Ok(self.writer.into_inner()?)
    }
}
