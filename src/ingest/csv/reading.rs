//! From records to checked rows: each is checked as a whole, then cell by cell, and passed on.

use super::framing::{FieldSpan, Record};
use super::plain::{PlainRecord, PlainRecords};
use super::record::{CsvCells, FieldTexts, PlainFields, QuotedFields, Undoubled};
use super::source::CsvLayout;
use crate::ingest::date_format::DateFormat;
use crate::ingest::mapping::{Mapping, take_mapped_row};
use crate::ingest::reject::{Fault, Reject, RejectCode};
use crate::ingest::row::{Cells, RowConsumer, RowPlace, check_row};
use std::cell::Cell;

/// What begins a file, never a record inside one: there it would become an unseen part of a cell.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A piece of an input that is being read.
pub struct Reading<'a> {
    /// What the header says.
    pub layout: &'a CsvLayout,
    /// The piece.
    pub bytes: &'a [u8],
    /// Offset of the piece in the input.
    pub window_start: u64,
    /// Up to here, from the first record on, the bytes are known to be UTF-8.
    pub valid_end: usize,
    /// How text dates are written.
    pub date_format: &'a DateFormat,
}

/// How far records without quotes were taken.
pub struct PlainTaken {
    /// Rows, rejected ones included.
    pub rows: u64,
    /// Line feeds.
    pub lines: u64,
    /// Offset of the next record.
    pub position: usize,
    /// Whether the next record is known to be of another kind: one with quotes, too long, or cut off.
    pub is_another_kind_next: bool,
}

/// The reject of a record that is not looked at any further.
pub const fn whole_record(line_in_batch: u64, byte_offset: u64, code: RejectCode) -> Reject {
    Reject { line_in_batch, byte_offset: Some(byte_offset), column: None, code, value: Vec::new() }
}

impl Reading<'_> {
    /// Takes the records without quotes that follow each other from `from` on and begin before `stop`, as far as one
    /// stretch goes; `line_in_batch` is the line of the first.
    #[inline]
    pub fn take_plain(
        &self,
        plain: &mut PlainRecords,
        from: usize,
        stop: usize,
        line_in_batch: u64,
        consumer: &mut impl RowConsumer,
    ) -> PlainTaken {
        let mut taken = PlainTaken { rows: 0, lines: 0, position: from, is_another_kind_next: true };
        if self.bytes.get(from) == Some(&b'"') {
            return taken;
        }
        let (blank_bytes, blank_lines) = blank_lines(&self.bytes[from..stop.min(self.bytes.len())]);
        if blank_lines > 0 {
            return PlainTaken {
                lines: blank_lines,
                position: from + blank_bytes,
                is_another_kind_next: false,
                ..taken
            };
        }
        let ends_at_quote = plain.find(self.bytes, from, self.layout.delimiter);
        while let Some(record) = plain.next(self.bytes) {
            if record.end > record.start {
                if record.end - record.start > self.layout.max_record_bytes {
                    return taken;
                }
                taken.rows += 1;
                self.take_plain_record(&record, line_in_batch + taken.lines, consumer);
            }
            taken.lines += 1;
            taken.position = record.next;
            if record.next >= stop {
                break;
            }
        }
        taken.is_another_kind_next = taken.position < stop && (ends_at_quote || taken.position == from);
        taken
    }

    #[inline]
    fn take_plain_record(&self, record: &PlainRecord<'_>, line_in_batch: u64, consumer: &mut impl RowConsumer) {
        let is_plain = self.layout.delimiter == b','
            && (record.has_no_carriage_return
                || memchr::memchr(b'\r', &self.bytes[record.start..record.end]).is_none());
        let field_count = record.bounds.len() - 1;
        match self.record_fault(record.start, record.end, field_count) {
            None => {
                let fields = PlainFields { bytes: self.bytes, bounds: record.bounds };
                self.take_cells(fields, is_plain, record.start, line_in_batch, consumer);
            }
            Some(code) => {
                let reject = whole_record(line_in_batch, self.byte_offset(record.start), code);
                consumer.reject_record(reject, &self.bytes[record.start..record.end]);
            }
        }
    }

    /// Takes a record that may have quotes.
    #[inline(never)]
    pub fn take_quoted(
        &self,
        record: Record,
        spans: &[FieldSpan],
        undoubled: &mut Undoubled,
        line_in_batch: u64,
        consumer: &mut impl RowConsumer,
    ) {
        let fault = if record.has_bad_quote {
            Some(RejectCode::BadQuote)
        } else {
            self.record_fault(record.start, record.end, spans.len())
        };
        if let Some(code) = fault {
            let reject = whole_record(line_in_batch, self.byte_offset(record.start), code);
            consumer.reject_record(reject, &self.bytes[record.start..record.end]);
            return;
        }
        if record.has_doubled_quotes {
            undoubled.fill(self.bytes, spans);
        }
        let fields = QuotedFields { bytes: self.bytes, spans, undoubled };
        self.take_cells(fields, false, record.start, line_in_batch, consumer);
    }

    /// Checks the cells of a record, and passes it on; `is_plain` tells that no cell can hold a comma, a quote or a
    /// line end.
    #[inline]
    fn take_cells<'a>(
        &'a self,
        fields: impl FieldTexts<'a>,
        is_plain: bool,
        start: usize,
        line_in_batch: u64,
        consumer: &mut impl RowConsumer,
    ) {
        let CsvLayout { fields: indexes, offer_fields, .. } = self.layout;
        let cells = CsvCells {
            fields,
            indexes,
            offer_fields: *offer_fields,
            date_format: self.date_format,
            is_plain,
            is_spelled_exactly: Cell::new(true),
        };
        let byte_offset = Some(self.byte_offset(start));
        let place = RowPlace { line_in_batch, byte_offset };
        if let Some(mapping) = &self.layout.mapping {
            take_mapped(&cells, mapping, place, consumer);
            return;
        }
        if !consumer.is_wanted(place, &cells) {
            return;
        }
        if let Err(Fault { column, code }) = check_row(&cells).and_then(|row| consumer.row(&row)) {
            let value = cells.text(column).to_vec();
            consumer.reject(Reject { line_in_batch, byte_offset, column: Some(column), code, value });
        }
    }

    #[inline]
    fn record_fault(&self, start: usize, end: usize, field_count: usize) -> Option<RejectCode> {
        let record = &self.bytes[start..end];
        let is_invalid = end > self.valid_end && simdutf8::basic::from_utf8(record).is_err();
        if is_invalid || record.starts_with(BYTE_ORDER_MARK) {
            Some(RejectCode::BadUtf8)
        } else if field_count < self.layout.field_count {
            Some(RejectCode::TooFewFields)
        } else if field_count > self.layout.field_count {
            Some(RejectCode::TooManyFields)
        } else {
            None
        }
    }

    const fn byte_offset(&self, start: usize) -> u64 {
        self.window_start + start as u64
    }
}

/// Bytes and lines without anything in them that some bytes begin with, counted many at a time: a file may be made of
/// them.
#[inline]
fn blank_lines(bytes: &[u8]) -> (usize, u64) {
    let blank = match bytes {
        [b'\n', ..] => leading(bytes, b"\n"),
        [b'\r', b'\n', ..] => leading(bytes, b"\r\n"),
        _ => return (0, 0),
    };
    (blank.0, blank.1 as u64)
}

/// How many bytes are one text over and over, and how often.
#[inline(never)]
fn leading<const N: usize>(bytes: &[u8], text: &[u8; N]) -> (usize, usize) {
    const TOGETHER: usize = 32;
    let (texts, _) = bytes.as_chunks::<N>();
    let together =
        texts.chunks_exact(TOGETHER).take_while(|many| many.iter().fold(true, |all, one| all & (one == text)));
    let whole = together.count() * TOGETHER;
    let times = whole + texts[whole..].iter().take_while(|one| *one == text).count();
    (times * N, times)
}

/// Checks the cells of a record of a file that is mapped, and passes it on; rejects show what stands in the file.
#[inline(never)]
fn take_mapped<'a>(cells: &impl Cells<'a>, mapping: &Mapping, place: RowPlace, consumer: &mut impl RowConsumer) {
    if let Err(Fault { column, code }) = take_mapped_row(cells, mapping, place, consumer) {
        let value = cells.text(column).to_vec();
        let RowPlace { line_in_batch, byte_offset } = place;
        consumer.reject(Reject { line_in_batch, byte_offset, column: Some(column), code, value });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_counted_up_to_the_first_line_that_is_none() {
        for ending in ["\n", "\r\n"] {
            for count in [1, 2, 31, 32, 33, 64, 1_000] {
                let bytes = ending.len() * count;
                // The end of the bytes, a record, half a line end, a carriage return that ends no line.
                for rest in ["", "7,a\n\n", "\r", "\r\r\n"] {
                    let text = ending.repeat(count) + rest;
                    assert_eq!(blank_lines(text.as_bytes()), (bytes, count as u64), "{ending:?} {count} {rest:?}");
                }
            }
        }
        for text in ["", "7\n", "\r", "\r\r\n", " \n"] {
            assert_eq!(blank_lines(text.as_bytes()), (0, 0), "{text:?}");
        }
    }
}
