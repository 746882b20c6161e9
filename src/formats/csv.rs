//! Report rows as CSV: RFC 4180, UTF-8, `\n`, quoted where needed (SPEC §3).

mod small_cells;

use super::date_texts::DateTexts;
use crate::ingest::{FeeCell, Row};
use crate::reports::{CellSink, REPORT_COUNT, Report, ReportSink, Table};
use crate::rules::{Blockers, Date, Requirements, Stage, write_amount};
use std::io::Write;
use std::sync::Arc;
use wide::u8x16;

/// The rows of one report as CSV bytes.
#[derive(Debug)]
pub struct CsvCellSink {
    bytes: Vec<u8>,
    date_texts: Arc<DateTexts>,
    /// Whether texts are written as they are, even where a spreadsheet would run them.
    is_raw_text: bool,
}

/// The rows of every report as CSV bytes.
#[derive(Debug)]
pub struct CsvReports {
    sinks: [CsvCellSink; REPORT_COUNT],
}

impl CsvReports {
    /// Empty buffers for every report.
    pub fn new(is_raw_text: bool, date_texts: &Arc<DateTexts>) -> Self {
        Self { sinks: std::array::from_fn(|_| CsvCellSink::new(is_raw_text, date_texts.clone())) }
    }

    /// The bytes written to a report.
    pub fn bytes(&self, report: Report) -> &[u8] {
        &self.sinks[report.index()].bytes
    }

    /// Empties every report, and keeps the memory.
    pub fn clear(&mut self) {
        self.sinks.iter_mut().for_each(CsvCellSink::clear);
    }
}

impl ReportSink for CsvReports {
    type Cells = CsvCellSink;

    #[inline]
    fn report(&mut self, report: Report) -> &mut CsvCellSink {
        &mut self.sinks[report.index()]
    }
}

/// The header line of a report.
pub fn header(report: Report) -> Vec<u8> {
    table_header(report.table())
}

/// The header line of a table.
pub fn table_header(table: Table) -> Vec<u8> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let mut line = names.join(",").into_bytes();
    line.push(b'\n');
    line
}

impl CsvCellSink {
    /// A sink without bytes.
    pub const fn new(is_raw_text: bool, date_texts: Arc<DateTexts>) -> Self {
        Self { bytes: Vec::new(), date_texts, is_raw_text }
    }

    /// The bytes written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets the bytes written, and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}

/// Whether a spreadsheet would take a text for a formula.
const fn is_formula(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'))
}

/// Whether a text holds a comma, a quote or a line end.
#[inline]
fn needs_quotes(text: &[u8]) -> bool {
    static IS_SPECIAL: [bool; 256] = {
        let mut special = [false; 256];
        special[b',' as usize] = true;
        special[b'"' as usize] = true;
        special[b'\n' as usize] = true;
        special[b'\r' as usize] = true;
        special
    };
    // Without an early end the look-ups of a short text overlap.
    let is_special = |text: &[u8]| text.iter().fold(false, |found, &byte| found | IS_SPECIAL[usize::from(byte)]);
    match text.last_chunk() {
        // The last bytes are looked at together too, some of them a second time.
        Some(end) => text.as_chunks().0.iter().fold(has_special(end), |found, bytes| found | has_special(bytes)),
        None => is_special(text),
    }
}

/// [`needs_quotes`] of bytes that are looked at together.
#[inline]
fn has_special(bytes: &[u8; 16]) -> bool {
    are_special(bytes).any()
}

#[inline]
fn are_special(bytes: &[u8; 16]) -> u8x16 {
    let bytes = u8x16::new(*bytes);
    let equal = |byte: u8| bytes.simd_eq(u8x16::splat(byte));
    equal(b',') | equal(b'"') | equal(b'\n') | equal(b'\r')
}

/// [`needs_quotes`] of the first `length` bytes of a window of at most 64, in the same steps whatever they are.
#[inline]
fn needs_quotes_in(window: &[[u8; 16]], length: usize) -> bool {
    let blocks = window.iter().enumerate();
    let special =
        blocks.fold(0, |bits, (block, bytes)| bits | u64::from(are_special(bytes).to_bitmask()) << (16 * block));
    special.checked_shl((64 - length.min(64)) as u32).is_some_and(|special| special != 0)
}

impl CellSink for CsvCellSink {
    #[inline]
    fn text(&mut self, text: &[u8]) {
        let is_guarded = !self.is_raw_text && is_formula(text);
        if needs_quotes(text) {
            self.quoted(text, is_guarded);
        } else {
            if is_guarded {
                self.bytes.push(b'\'');
            }
            self.bytes.extend_from_slice(text);
        }
        self.bytes.push(b',');
    }

    #[inline]
    fn offer(&mut self, row: &Row<'_>) {
        if row.joined_offer.is_some_and(|joined| self.joined(joined, row)) {
            return;
        }
        self.text_in(row.partner_id, row.windows.partner_id);
        self.text_in(row.partner_name, row.windows.partner_name);
        self.text(row.country);
        small_cells::offer_type(row.offer.offer_type).append_to(&mut self.bytes);
        self.text_in(row.offer.offer_name, row.windows.offer_name);
        small_cells::level(row.level).append_to(&mut self.bytes);
    }

    #[inline]
    fn word(&mut self, word: &[u8]) {
        self.bytes.extend_from_slice(word);
        self.bytes.push(b',');
    }

    #[inline]
    fn date(&mut self, date: Date) {
        let cell = self.date_texts.cell(date);
        self.bytes.extend_from_slice(&cell);
    }

    #[inline]
    fn stage(&mut self, stage: Stage) {
        small_cells::stage(stage).append_to(&mut self.bytes);
    }

    #[inline]
    fn conditions(&mut self, requirements: Requirements, blockers: Blockers) {
        small_cells::conditions(requirements, blockers).append_to(&mut self.bytes);
    }

    #[inline]
    fn integer(&mut self, value: i64) {
        match small_cells::integer(value) {
            Some(cell) => cell.append_to(&mut self.bytes),
            None => self.long_integer(value),
        }
    }

    fn optional_integer(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.integer(value),
            None => self.bytes.push(b','),
        }
    }

    fn amount(&mut self, ten_thousandths: Option<i128>, places: u8) {
        if let Some(amount) = ten_thousandths {
            write_amount(amount, places, &mut self.bytes);
        }
        self.bytes.push(b',');
    }

    fn estimate(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            // The shortest digits that read back to the same float, without an exponent.
            write!(self.bytes, "{value}").expect("writing to memory does not fail");
        }
        self.bytes.push(b',');
    }

    #[inline]
    fn fee(&mut self, fee: Option<&FeeCell<'_>>) {
        let text = fee.map(|cell| cell.text).unwrap_or_default();
        match small_cells::short(text) {
            Some(cell) => cell.append_to(&mut self.bytes),
            None => self.word(text),
        }
    }

    #[inline]
    fn end_row(&mut self) {
        // Every cell ends in a comma; that of the last cell becomes the line's end.
        if let Some(last) = self.bytes.last_mut() {
            *last = b'\n';
        }
    }
}

impl CsvCellSink {
    /// A text, with the bytes from where it begins on if they are at hand: how long it is cannot be foreseen, and a
    /// copy of the whole window takes the same steps.
    #[inline]
    fn text_in<const BLOCKS: usize>(&mut self, text: &[u8], window: Option<&[[u8; 16]; BLOCKS]>) {
        match window {
            Some(window)
                if text.len() <= window.as_flattened().len()
                    && !needs_quotes_in(window, text.len())
                    && (self.is_raw_text || !is_formula(text)) =>
            {
                let end = self.bytes.len() + text.len();
                self.bytes.extend_from_slice(window.as_flattened());
                self.bytes.truncate(end);
                self.bytes.push(b',');
            }
            _ => self.text(text),
        }
    }

    /// The cells that name the offer, in the form of CSV without quotes; false if they cannot be taken as one.
    #[inline]
    fn joined(&mut self, cells: &[u8], row: &Row<'_>) -> bool {
        let texts = [row.partner_id, row.partner_name, row.country, row.offer.offer_name];
        let is_taken = self.is_raw_text || !texts.into_iter().any(is_formula);
        if is_taken {
            self.word(cells);
        }
        is_taken
    }

    #[cold]
    fn long_integer(&mut self, value: i64) {
        write!(self.bytes, "{value},").expect("writing to memory does not fail");
    }

    #[cold]
    fn quoted(&mut self, text: &[u8], is_guarded: bool) {
        self.bytes.push(b'"');
        if is_guarded {
            self.bytes.push(b'\'');
        }
        for &byte in text {
            if byte == b'"' {
                self.bytes.push(b'"');
            }
            self.bytes.push(byte);
        }
        self.bytes.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink(is_raw_text: bool) -> CsvCellSink {
        let middle = Date::parse_iso(b"2020-06-05").unwrap();
        CsvCellSink::new(is_raw_text, Arc::new(DateTexts::around(middle)))
    }

    fn cell(text: &str, is_raw_text: bool) -> String {
        let mut sink = sink(is_raw_text);
        sink.text(text.as_bytes());
        sink.end_row();
        String::from_utf8(sink.bytes).unwrap()
    }

    #[test]
    fn texts_are_quoted_and_guarded_where_needed() {
        for (text, guarded, raw) in [
            ("", "\n", "\n"),
            ("Contoso", "Contoso\n", "Contoso\n"),
            ("a,b", "\"a,b\"\n", "\"a,b\"\n"),
            ("say \"hi\"", "\"say \"\"hi\"\"\"\n", "\"say \"\"hi\"\"\"\n"),
            ("two\nlines", "\"two\nlines\"\n", "\"two\nlines\"\n"),
            ("lone\rreturn", "\"lone\rreturn\"\n", "\"lone\rreturn\"\n"),
            ("=1+1", "'=1+1\n", "=1+1\n"),
            ("+1", "'+1\n", "+1\n"),
            ("-1", "'-1\n", "-1\n"),
            ("@a", "'@a\n", "@a\n"),
            ("\tx", "'\tx\n", "\tx\n"),
            ("\rx", "\"'\rx\"\n", "\"\rx\"\n"),
            ("=a,b", "\"'=a,b\"\n", "\"=a,b\"\n"),
            ("a=b", "a=b\n", "a=b\n"),
            ("; semicolon", "; semicolon\n", "; semicolon\n"),
        ] {
            assert_eq!(cell(text, false), guarded);
            assert_eq!(cell(text, true), raw);
        }
    }

    #[test]
    fn a_special_byte_is_found_wherever_it_stands() {
        for length in 0..70 {
            let mut text = vec![b'.'; length];
            assert!(!needs_quotes(&text), "{length}");
            for place in 0..length {
                for byte in *b",\"\n\r" {
                    text[place] = byte;
                    assert!(needs_quotes(&text), "{length} {place} {byte}");
                }
                text[place] = b'.';
            }
        }
    }

    #[test]
    fn numbers_and_dates() {
        let mut sink = sink(false);
        for value in [0, 7, -7, 1234567890, i64::MIN, i64::MAX] {
            sink.integer(value);
        }
        sink.date(Date::parse_iso(b"2020-02-29").unwrap());
        sink.end_row();
        let expected = format!("0,7,-7,1234567890,{},{},2020-02-29\n", i64::MIN, i64::MAX);
        assert_eq!(sink.bytes(), expected.as_bytes());
    }
}
