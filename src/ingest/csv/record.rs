//! One CSV record as cells.

use super::framing::FieldSpan;
use crate::ingest::column::{Column, ColumnPositions};
use crate::ingest::date_format::DateFormat;
use crate::ingest::row::{BadCell, Cells, parse_boolean};
use crate::rules::Date;

/// The cells of a record, borrowed from the bytes it was read from.
pub struct CsvCells<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) fields: &'a [FieldSpan],
    pub(super) positions: &'a ColumnPositions,
    pub(super) undoubled: &'a Undoubled,
    pub(super) date_format: &'a DateFormat,
    pub(super) is_plain: bool,
}

/// The fields of a record that hold doubled quotes, with each pair made one.
#[derive(Default)]
pub struct Undoubled {
    bytes: Vec<u8>,
    /// Field index, and where its text lies in `bytes`.
    texts: Vec<(usize, std::ops::Range<usize>)>,
}

impl Undoubled {
    /// Takes over the fields of the next record.
    pub(super) fn fill(&mut self, bytes: &[u8], fields: &[FieldSpan]) {
        self.bytes.clear();
        self.texts.clear();
        for (index, field) in fields.iter().enumerate().filter(|(_, field)| field.has_doubled_quotes) {
            let start = self.bytes.len();
            field.append_text(bytes, &mut self.bytes);
            self.texts.push((index, start..self.bytes.len()));
        }
    }

    fn text(&self, field: usize) -> &[u8] {
        let found = self.texts.iter().find(|(index, _)| *index == field);
        found.map(|(_, range)| &self.bytes[range.clone()]).unwrap_or_default()
    }
}

impl<'a> Cells<'a> for CsvCells<'a> {
    #[inline]
    fn text(&self, column: Column) -> &'a [u8] {
        let Some(position) = self.positions[column.index()] else { return b"" };
        let field = self.fields[position];
        if field.has_doubled_quotes {
            return self.undoubled.text(position);
        }
        &self.bytes[field.start as usize..field.end as usize]
    }

    #[inline]
    fn is_plain(&self) -> bool {
        self.is_plain
    }

    #[inline]
    fn date(&self, column: Column) -> Result<Option<Date>, BadCell> {
        self.date_format.read_cell(self.text(column))
    }

    #[inline]
    fn boolean(&self, column: Column) -> Result<Option<bool>, BadCell> {
        parse_boolean(self.text(column))
    }
}
