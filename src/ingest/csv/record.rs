//! One CSV record as cells.

use super::framing::FieldSpan;
use crate::ingest::column::{COLUMN_COUNT, Column};
use crate::ingest::date_format::DateFormat;
use crate::ingest::row::{BadCell, Cells, FeeCell, OfferWindows, parse_boolean, parse_enumeration};
use crate::rules::{Date, Fee, SHORT_TEXT_BYTES, ShortText, Spelled};
use std::cell::Cell;

/// The cells of a record, borrowed from the bytes it was read from.
pub struct CsvCells<'a, F> {
    pub(super) fields: F,
    pub(super) indexes: &'a FieldIndexes,
    /// Where the cells of reports that name the offer stand, if they stand together in the same order.
    pub(super) offer_fields: Option<(u32, u32)>,
    pub(super) date_format: &'a DateFormat,
    pub(super) is_plain: bool,
    /// Whether no value of a list was found that is spelled otherwise than in reports.
    pub(super) is_spelled_exactly: Cell<bool>,
}

/// For each known column, the field that it stands in.
///
/// A field is found by 32 bits, so that the one after it needs no check of its own.
pub type FieldIndexes = [Option<u32>; COLUMN_COUNT];

/// The texts of a record's fields.
pub trait FieldTexts<'a> {
    /// The text of a field.
    fn text(&self, field: u32) -> &'a [u8];
    /// The text of a field as one integer; `None` of a longer one, near the end of the bytes, or where the text is not
    /// one piece of them.
    fn short_text(&self, _field: u32) -> Option<ShortText> {
        None
    }
    /// The bytes from where a field begins on; `None` near the end of the bytes, or where they are not at hand.
    fn window<const N: usize>(&self, _field: u32) -> Option<&'a [[u8; SHORT_TEXT_BYTES]; N]> {
        None
    }
    /// The text from the beginning of one field to the end of another, with what stands between them.
    fn joined(&self, _first: u32, _last: u32) -> Option<&'a [u8]> {
        None
    }
}

/// The fields of a record without quotes: what stands between two bounds.
pub struct PlainFields<'a> {
    pub(super) bytes: &'a [u8],
    /// Offset of the byte before the first field, and of those after each field.
    pub(super) bounds: &'a [u32],
}

impl PlainFields<'_> {
    #[inline]
    fn range(&self, field: u32) -> (usize, usize) {
        let around = &self.bounds[field as usize..field as usize + 2];
        (around[0].wrapping_add(1) as usize, around[1] as usize)
    }
}

impl<'a> FieldTexts<'a> for PlainFields<'a> {
    #[inline]
    fn text(&self, field: u32) -> &'a [u8] {
        let (start, end) = self.range(field);
        &self.bytes[start..end]
    }

    #[inline]
    fn short_text(&self, field: u32) -> Option<ShortText> {
        let (start, end) = self.range(field);
        let length = end - start;
        let window = self.bytes.get(start..start + SHORT_TEXT_BYTES)?.first_chunk()?;
        (length <= SHORT_TEXT_BYTES).then(|| ShortText::in_window(window, length))
    }

    #[inline]
    fn window<const N: usize>(&self, field: u32) -> Option<&'a [[u8; SHORT_TEXT_BYTES]; N]> {
        let (start, _) = self.range(field);
        self.bytes.get(start..start + N * SHORT_TEXT_BYTES)?.as_chunks().0.first_chunk()
    }

    #[inline]
    fn joined(&self, first: u32, last: u32) -> Option<&'a [u8]> {
        Some(&self.bytes[self.range(first).0..self.range(last).1])
    }
}

/// The fields of a record that may have quotes.
pub struct QuotedFields<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) spans: &'a [FieldSpan],
    pub(super) undoubled: &'a Undoubled,
}

impl<'a> FieldTexts<'a> for QuotedFields<'a> {
    #[inline]
    fn text(&self, field: u32) -> &'a [u8] {
        let span = self.spans[field as usize];
        if span.has_doubled_quotes {
            return self.undoubled.text(field as usize);
        }
        &self.bytes[span.start as usize..span.end as usize]
    }
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

impl<'a, F: FieldTexts<'a>> CsvCells<'a, F> {
    #[inline(never)]
    fn long_date(&self, column: Column) -> Result<Option<Date>, BadCell> {
        self.date_format.read_cell(self.text(column))
    }

    /// The cell as one integer, if it can be had; an empty one where the file does not have the column.
    #[inline(always)]
    fn short_text(&self, column: Column) -> Option<ShortText> {
        match self.indexes[column.index()] {
            Some(field) => self.fields.short_text(field),
            None => Some(ShortText::new(b"")),
        }
    }
}

// Inlined always: with several kinds of consumer the compiler would make a call of each cell, which costs a tenth of
// reading.
impl<'a, F: FieldTexts<'a>> Cells<'a> for CsvCells<'a, F> {
    #[inline(always)]
    fn text(&self, column: Column) -> &'a [u8] {
        match self.indexes[column.index()] {
            Some(field) => self.fields.text(field),
            None => b"",
        }
    }

    #[inline(always)]
    fn windows(&self) -> OfferWindows<'a> {
        let field = |column: Column| self.indexes[column.index()];
        OfferWindows {
            partner_id: field(Column::PartnerId).and_then(|field| self.fields.window(field)),
            offer_name: field(Column::OfferName).and_then(|field| self.fields.window(field)),
            ..OfferWindows::default()
        }
    }

    #[inline(always)]
    fn joined_offer(&self) -> Option<&'a [u8]> {
        let (first, last) = self.offer_fields.filter(|_| self.is_plain & self.is_spelled_exactly.get())?;
        self.fields.joined(first, last)
    }

    #[inline(always)]
    fn date(&self, column: Column) -> Result<Option<Date>, BadCell> {
        if let (DateFormat::Iso, Some(text)) = (self.date_format, self.short_text(column)) {
            let date = Date::read_iso(text);
            return if either(date.is_some(), text.is_empty()) { Ok(date) } else { Err(BadCell) };
        }
        self.long_date(column)
    }

    #[inline(always)]
    fn enumeration<T: Spelled>(&self, column: Column) -> Result<Option<T>, BadCell> {
        if let Some(text) = self.short_text(column) {
            let value = T::read_exactly(text);
            if either(value.is_some(), text.is_empty()) {
                return Ok(value);
            }
        }
        let text = self.text(column);
        if !text.is_empty() {
            self.is_spelled_exactly.set(false);
        }
        parse_enumeration(text)
    }

    #[inline(always)]
    fn boolean(&self, column: Column) -> Result<Option<bool>, BadCell> {
        const TRUE: ShortText = ShortText::new(b"true");
        const FALSE: ShortText = ShortText::new(b"false");
        static VALUES: [Option<bool>; 3] = [None, Some(true), Some(false)];
        if let Some(text) = self.short_text(column) {
            // Looked up, because which of them it is cannot be foreseen.
            let value = VALUES[usize::from(text == TRUE) + 2 * usize::from(text == FALSE)];
            if either(value.is_some(), text.is_empty()) {
                return Ok(value);
            }
        }
        parse_boolean(self.text(column))
    }

    #[inline(always)]
    fn fee(&self, column: Column) -> Result<Option<FeeCell<'a>>, BadCell> {
        if let Some(short) = self.short_text(column) {
            let fee = Fee::read_short(short);
            if fee.is_some() | short.is_empty() {
                return Ok(fee.map(|fee| FeeCell { fee, text: self.text(column) }));
            }
        }
        FeeCell::parse(self.text(column))
    }
}

/// Whether one of two conditions holds. It is looked up: where the compiler sees an `or`, it branches on one after the
/// other, though which of them holds cannot be foreseen and that one does nearly always can.
#[inline(always)]
fn either(left: bool, right: bool) -> bool {
    static HOLDS: [bool; 4] = [false, true, true, true];
    HOLDS[usize::from(left) + 2 * usize::from(right)]
}
