//! A batch of sheet rows as cells, which keep their types.

use super::rows::text_of;
use crate::ingest::column::{COLUMN_COUNT, Column, ColumnPositions};
use crate::ingest::date_format::DateFormat;
use crate::ingest::mapping::{Mapping, take_mapped_row};
use crate::ingest::reject::{Fault, Reject, RejectCode};
use crate::ingest::row::{BadCell, Cells, RowConsumer, RowPlace, check_row, parse_boolean};
use crate::rules::Date;
use calamine::{DataRef, ExcelDateTime};

/// Rows of a sheet, in order.
pub struct SheetBatch {
    /// Rows of the sheet before the batch.
    lines_before: u64,
    rows: Vec<SheetRow>,
    text: String,
    /// Whether the sheet ends with this batch.
    pub is_last: bool,
}

/// The known cells of a row.
struct SheetRow {
    /// Number of the row in the sheet, from 0.
    number: u64,
    cells: [SheetCell; COLUMN_COUNT],
}

/// A cell: what it is, and where its text lies.
#[derive(Clone, Copy, Default)]
struct SheetCell {
    kind: CellKind,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum CellKind {
    #[default]
    Empty,
    Text,
    Number,
    /// A whole number of which a workbook does not hold every digit.
    RoundedNumber,
    Boolean(bool),
    /// A day, and whether its time is midnight.
    Moment(Date, bool),
    /// A date that the program does not reckon with, or a span of time.
    OtherMoment,
    Error,
}

/// The least number of more digits than the 15 that Excel keeps.
const FIRST_ROUNDED: f64 = 1e15;

impl SheetBatch {
    /// A batch without rows yet; `lines_before` counts the rows of the sheet before it.
    pub const fn new(lines_before: u64) -> Self {
        Self { lines_before, rows: Vec::new(), text: String::new(), is_last: false }
    }

    /// Adds a row, whose cells are in the order of their columns, and of which only the known ones are kept.
    pub fn push(&mut self, number: u64, row: &[(u32, DataRef<'_>)], positions: &ColumnPositions) {
        let mut cells = [SheetCell::default(); COLUMN_COUNT];
        for (cell, position) in cells.iter_mut().zip(positions) {
            let Some(position) = *position else { continue };
            let Ok(at) = row.binary_search_by_key(&position, |(column, _)| *column as usize) else { continue };
            let value = &row[at].1;
            let start = self.text.len() as u32;
            let kind = self.append(value);
            *cell = SheetCell { kind, start, end: self.text.len() as u32 };
        }
        self.rows.push(SheetRow { number, cells });
    }

    /// Appends a value's text, and tells what it is.
    fn append(&mut self, value: &DataRef<'_>) -> CellKind {
        let kind = match value {
            DataRef::Empty => return CellKind::Empty,
            DataRef::String(_) | DataRef::SharedString(_) => CellKind::Text,
            DataRef::Float(number) if number.abs() >= FIRST_ROUNDED => CellKind::RoundedNumber,
            DataRef::Int(_) | DataRef::Float(_) => CellKind::Number,
            DataRef::Bool(value) => CellKind::Boolean(*value),
            DataRef::Error(_) => CellKind::Error,
            DataRef::DateTime(moment) => return self.append_moment(moment),
            DataRef::DateTimeIso(text) => iso_moment(text),
            DataRef::DurationIso(_) => CellKind::OtherMoment,
        };
        self.text.push_str(&text_of(value));
        kind
    }

    fn append_moment(&mut self, moment: &ExcelDateTime) -> CellKind {
        let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
        if moment.is_duration() {
            self.text.push_str(&moment.as_f64().to_string());
            return CellKind::OtherMoment;
        }
        let is_midnight = (hour, minute, second, milli) == (0, 0, 0, 0);
        self.text.push_str(&format!("{year:04}-{month:02}-{day:02}"));
        if !is_midnight {
            self.text.push_str(&format!("T{hour:02}:{minute:02}:{second:02}"));
        }
        match Date::from_year_month_day(i32::from(year), u32::from(month), u32::from(day)) {
            Some(date) if date.is_in_input_range() => CellKind::Moment(date, is_midnight),
            _ => CellKind::OtherMoment,
        }
    }

    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Rows of the sheet that the batch stands for, empty ones included.
    pub fn lines(&self) -> u64 {
        self.next_line() - self.lines_before
    }

    /// Rows of the sheet before the next batch.
    pub fn next_line(&self) -> u64 {
        self.rows.last().map_or(self.lines_before, |row| row.number + 1)
    }
}

/// A moment that is written as text: a day, and perhaps a time.
fn iso_moment(text: &str) -> CellKind {
    let (day, time) = text.split_at_checked("YYYY-MM-DD".len()).unwrap_or((text, ""));
    let is_midnight = time.chars().all(|character| matches!(character, 'T' | '0' | ':' | '.' | 'Z'));
    match Date::parse_iso(day.as_bytes()) {
        Some(date) if time.is_empty() || time.starts_with('T') => CellKind::Moment(date, is_midnight),
        _ => CellKind::OtherMoment,
    }
}

/// The cells of one row of a batch.
struct SheetCells<'a> {
    batch: &'a SheetBatch,
    row: &'a SheetRow,
    date_format: &'a DateFormat,
}

impl SheetCells<'_> {
    const fn kind(&self, column: Column) -> CellKind {
        self.row.cells[column.index()].kind
    }
}

impl<'a> Cells<'a> for SheetCells<'a> {
    fn text(&self, column: Column) -> &'a [u8] {
        let SheetCell { start, end, .. } = self.row.cells[column.index()];
        &self.batch.text.as_bytes()[start as usize..end as usize]
    }

    fn is_typed(&self, column: Column) -> bool {
        !matches!(self.kind(column), CellKind::Text | CellKind::Empty)
    }

    fn fault(&self) -> Option<Fault> {
        // In every other column the text of an error is no value anyway.
        const TEXTS: [Column; 4] = [Column::PartnerId, Column::PartnerName, Column::Country, Column::OfferName];
        let is_none = |column: &Column| match self.kind(*column) {
            CellKind::Error => true,
            // Another partner may have the id that it was rounded to.
            CellKind::RoundedNumber => *column == Column::PartnerId,
            _ => false,
        };
        let column = TEXTS.into_iter().find(is_none)?;
        Some(Fault { column, code: RejectCode::MissingValue })
    }

    fn date(&self, column: Column) -> Result<Option<Date>, BadCell> {
        match self.kind(column) {
            CellKind::Empty => Ok(None),
            CellKind::Text => self.date_format.read_cell(self.text(column)),
            CellKind::Moment(date, true) => Ok(Some(date)),
            _ => Err(BadCell),
        }
    }

    fn day(&self, column: Column) -> Result<Option<Date>, BadCell> {
        match self.kind(column) {
            CellKind::Moment(date, _) => Ok(Some(date)),
            _ => self.date(column),
        }
    }

    fn boolean(&self, column: Column) -> Result<Option<bool>, BadCell> {
        match self.kind(column) {
            CellKind::Boolean(value) => Ok(Some(value)),
            _ => parse_boolean(self.text(column)),
        }
    }
}

/// Passes the rows of a batch on, in order.
pub fn read_sheet_batch(
    batch: &SheetBatch,
    mapping: Option<&Mapping>,
    date_format: &DateFormat,
    consumer: &mut impl RowConsumer,
) {
    for row in &batch.rows {
        let cells = SheetCells { batch, row, date_format };
        let place = RowPlace { line_in_batch: row.number - batch.lines_before, byte_offset: None };
        let taken = match mapping {
            Some(mapping) => take_mapped_row(&cells, mapping, place, consumer),
            None if !consumer.is_wanted(place, &cells) => Ok(()),
            None => check_row(&cells).and_then(|checked| consumer.row(&checked)),
        };
        if let Err(Fault { column, code }) = taken {
            let value = cells.text(column).to_vec();
            let RowPlace { line_in_batch, byte_offset } = place;
            consumer.reject(Reject { line_in_batch, byte_offset, column: Some(column), code, value });
        }
    }
}
