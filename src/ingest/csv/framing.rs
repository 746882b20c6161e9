//! Where records and fields begin and end in a piece of CSV, byte by byte as SPEC §2 says.
//!
//! [`Scanner`] looks at 64 bytes at a time: it marks every delimiter, line feed and quote in a bit mask and
//! visits only the marked bytes. The tests hold it to a state machine that reads one byte after the other.

use wide::u8x16;

/// A field of a record: its bytes without the enclosing quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpan {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
    /// Whether the field holds doubled quotes, each of which stands for one.
    pub has_doubled_quotes: bool,
}

/// One record as the scanner found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte, the line ending left out.
    pub end: usize,
    /// Whether text follows a closing quote.
    pub has_bad_quote: bool,
    /// Whether any quote stands in the record.
    pub has_quotes: bool,
    /// Whether a field holds doubled quotes.
    pub has_doubled_quotes: bool,
}

/// What the scanner came upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A record; its fields are in the buffer that was passed.
    Record(Record),
    /// A line of no bytes, which is no row.
    Blank,
    /// The record that begins here does not end in these bytes.
    Incomplete,
    /// A quoted field is open where the file ends.
    OpenAtEnd,
    /// No record begins here any more.
    End,
}

const BLOCK: usize = 64;

/// Finds the records of a piece of CSV one after the other.
///
/// The first byte must be the first of a record. If `is_end_of_file` is false, a record that may go on beyond
/// the bytes is [`Step::Incomplete`].
pub struct Scanner<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    is_end_of_file: bool,
    /// Offset of the record that comes next.
    position: usize,
    /// Line feeds before `position`.
    lines: u64,
    /// Offset of the block that `marks` is about.
    block: usize,
    /// Marked bytes of the block that were not visited yet.
    marks: u64,
}

impl<'a> Scanner<'a> {
    /// A scanner at offset `position` of `bytes`.
    pub fn new(bytes: &'a [u8], position: usize, delimiter: u8, is_end_of_file: bool) -> Self {
        let mut scanner = Self { bytes, delimiter, is_end_of_file, position, lines: 0, block: 0, marks: 0 };
        scanner.seek(position);
        scanner
    }

    /// Offset at which the next record begins.
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Line feeds between the first record and the next one.
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    fn seek(&mut self, position: usize) {
        self.block = position - position % BLOCK;
        self.marks = self.mark_block() & (u64::MAX << (position % BLOCK));
    }

    /// The bytes of the current block that mean something, as bits.
    #[inline]
    fn mark_block(&self) -> u64 {
        let (delimiter, line_feed, quote) = (u8x16::splat(self.delimiter), u8x16::splat(b'\n'), u8x16::splat(b'"'));
        let mark = |lane: &[u8; 16]| {
            let lane = u8x16::new(*lane);
            u64::from((lane.simd_eq(delimiter) | lane.simd_eq(line_feed) | lane.simd_eq(quote)).to_bitmask())
        };
        match self.bytes.get(self.block..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            Some(block) => {
                let (lanes, _) = block.as_chunks::<16>();
                mark(&lanes[0]) | mark(&lanes[1]) << 16 | mark(&lanes[2]) << 32 | mark(&lanes[3]) << 48
            }
            None => {
                let rest = self.bytes.get(self.block..).unwrap_or_default();
                rest.iter().enumerate().fold(0, |marks, (index, &byte)| {
                    let is_marked = byte == self.delimiter || byte == b'\n' || byte == b'"';
                    marks | u64::from(is_marked) << index
                })
            }
        }
    }

    /// The next marked byte, or `None` at the end of the bytes.
    #[inline]
    fn next_mark(&mut self) -> Option<usize> {
        while self.marks == 0 {
            self.block += BLOCK;
            if self.block >= self.bytes.len() {
                return None;
            }
            self.marks = self.mark_block();
        }
        let offset = self.block + self.marks.trailing_zeros() as usize;
        self.marks &= self.marks - 1;
        Some(offset)
    }

    /// Finds the next record or blank line, and puts the record's fields into `fields`.
    #[inline]
    pub fn next_record(&mut self, fields: &mut Vec<FieldSpan>) -> Step {
        fields.clear();
        let start = self.position;
        if start >= self.bytes.len() {
            return if self.is_end_of_file { Step::End } else { Step::Incomplete };
        }
        let mut record =
            Record { start, end: start, has_bad_quote: false, has_quotes: false, has_doubled_quotes: false };
        let mut field_start = start;
        loop {
            let Some(at) = self.next_mark() else { return self.finish_at_end(record, field_start, fields) };
            match self.bytes[at] {
                b'\n' => {
                    self.position = at + 1;
                    self.lines += 1;
                    record.end = if at > start && self.bytes[at - 1] == b'\r' { at - 1 } else { at };
                    if record.end == start {
                        return Step::Blank;
                    }
                    fields.push(span(field_start, record.end, false));
                    return Step::Record(record);
                }
                b'"' if at == field_start => match self.finish_quoted_field(&mut record, at, fields) {
                    AfterQuoted::NextField(next) => field_start = next,
                    AfterQuoted::Stop(step) => return step,
                },
                b'"' => record.has_quotes = true,
                _ => {
                    fields.push(span(field_start, at, false));
                    field_start = at + 1;
                }
            }
        }
    }

    /// Reads on from an opening quote at `opening` to the delimiter or record end after the field.
    fn finish_quoted_field(&mut self, record: &mut Record, opening: usize, fields: &mut Vec<FieldSpan>) -> AfterQuoted {
        let mut has_doubled_quotes = false;
        let mut line_feeds = 0;
        let closing = loop {
            let Some(at) = self.next_mark() else { return AfterQuoted::Stop(self.open_step()) };
            match self.bytes[at] {
                b'\n' => line_feeds += 1,
                b'"' => match self.bytes.get(at + 1) {
                    Some(b'"') => {
                        has_doubled_quotes = true;
                        self.next_mark();
                    }
                    None if !self.is_end_of_file => return AfterQuoted::Stop(Step::Incomplete),
                    _ => break at,
                },
                _ => {}
            }
        };
        record.has_quotes = true;
        record.has_doubled_quotes |= has_doubled_quotes;
        let field = span(opening + 1, closing, has_doubled_quotes);
        let rest = &self.bytes[closing + 1..];
        match rest {
            [] | [b'\n', ..] | [b'\r', b'\n', ..] => {}
            [b'\r'] if !self.is_end_of_file => return AfterQuoted::Stop(Step::Incomplete),
            [byte, ..] if *byte == self.delimiter => {}
            _ => record.has_bad_quote = true,
        }
        // A stray text after the closing quote runs on to the next delimiter or line feed, quotes included.
        loop {
            let Some(at) = self.next_mark() else {
                if !self.is_end_of_file {
                    return AfterQuoted::Stop(Step::Incomplete);
                }
                fields.push(field);
                record.end = self.bytes.len();
                self.position = self.bytes.len();
                self.lines += line_feeds;
                return AfterQuoted::Stop(Step::Record(*record));
            };
            match self.bytes[at] {
                b'\n' => {
                    fields.push(field);
                    record.end = if self.bytes[at - 1] == b'\r' { at - 1 } else { at };
                    self.position = at + 1;
                    self.lines += line_feeds + 1;
                    return AfterQuoted::Stop(Step::Record(*record));
                }
                b'"' => {}
                _ => {
                    fields.push(field);
                    self.lines += line_feeds;
                    return AfterQuoted::NextField(at + 1);
                }
            }
        }
    }

    const fn open_step(&self) -> Step {
        if self.is_end_of_file { Step::OpenAtEnd } else { Step::Incomplete }
    }

    /// The record that the end of the bytes cuts short, or ends.
    fn finish_at_end(&mut self, mut record: Record, field_start: usize, fields: &mut Vec<FieldSpan>) -> Step {
        if !self.is_end_of_file {
            return Step::Incomplete;
        }
        record.end = self.bytes.len();
        self.position = record.end;
        fields.push(span(field_start, record.end, false));
        Step::Record(record)
    }
}

enum AfterQuoted {
    NextField(usize),
    Stop(Step),
}

#[inline]
const fn span(start: usize, end: usize, has_doubled_quotes: bool) -> FieldSpan {
    FieldSpan { start: start as u32, end: end as u32, has_doubled_quotes }
}

/// The bytes of a field with each doubled quote made one.
pub fn undouble_quotes(field: &[u8], output: &mut Vec<u8>) {
    let mut skip = false;
    for &byte in field {
        if skip {
            skip = false;
            continue;
        }
        output.push(byte);
        skip = byte == b'"';
    }
}
