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

impl FieldSpan {
    /// Appends the field's text to `output`, each doubled quote made one; `bytes` are those that were scanned.
    pub fn append_text(&self, bytes: &[u8], output: &mut Vec<u8>) {
        let text = &bytes[self.start as usize..self.end as usize];
        if !self.has_doubled_quotes {
            output.extend_from_slice(text);
            return;
        }
        let mut is_second_quote = false;
        for &byte in text {
            if is_second_quote {
                is_second_quote = false;
                continue;
            }
            output.push(byte);
            is_second_quote = byte == b'"';
        }
    }
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

impl Record {
    const fn plain(start: usize, end: usize) -> Self {
        Self { start, end, has_bad_quote: false, has_quotes: false, has_doubled_quotes: false }
    }
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
    /// Offset of the block that the marks are about.
    block: usize,
    /// Bytes of the block that mean something and were not visited yet.
    marks: Marks,
}

/// The bytes of a block that mean something, as bits.
#[derive(Clone, Copy, Default)]
struct Marks {
    delimiters: u64,
    line_feeds: u64,
    quotes: u64,
}

impl Marks {
    #[inline]
    const fn keep(self, bits: u64) -> Self {
        Self { delimiters: self.delimiters & bits, line_feeds: self.line_feeds & bits, quotes: self.quotes & bits }
    }

    #[inline]
    const fn all(self) -> u64 {
        self.delimiters | self.line_feeds | self.quotes
    }
}

impl<'a> Scanner<'a> {
    /// A scanner at offset `position` of `bytes`.
    pub fn new(bytes: &'a [u8], position: usize, delimiter: u8, is_end_of_file: bool) -> Self {
        let mut scanner =
            Self { bytes, delimiter, is_end_of_file, position, lines: 0, block: 0, marks: Marks::default() };
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

    /// Goes on at the record at `position`, which lies `lines` line feeds further.
    pub fn skip_to(&mut self, position: usize, lines: u64) {
        if position > self.position {
            self.position = position;
            self.lines += lines;
            self.seek(position);
        }
    }

    fn seek(&mut self, position: usize) {
        self.block = position - position % BLOCK;
        self.marks = self.mark_block().keep(u64::MAX << (position % BLOCK));
    }

    #[inline]
    fn mark_block(&self) -> Marks {
        let Some(block) = self.bytes.get(self.block..).and_then(|rest| rest.first_chunk::<BLOCK>()) else {
            return self.mark_rest();
        };
        let (lanes, _) = block.as_chunks::<16>();
        let lanes = [u8x16::new(lanes[0]), u8x16::new(lanes[1]), u8x16::new(lanes[2]), u8x16::new(lanes[3])];
        let mark = |byte: u8| {
            let wanted = u8x16::splat(byte);
            let bits = |lane: usize| u64::from(lanes[lane].simd_eq(wanted).to_bitmask());
            bits(0) | bits(1) << 16 | bits(2) << 32 | bits(3) << 48
        };
        Marks { delimiters: mark(self.delimiter), line_feeds: mark(b'\n'), quotes: mark(b'"') }
    }

    /// The marks of the last bytes, which do not fill a block.
    #[cold]
    fn mark_rest(&self) -> Marks {
        let rest = self.bytes.get(self.block..).unwrap_or_default();
        let mark = |wanted: u8| {
            rest.iter().enumerate().fold(0, |bits, (index, &byte)| bits | u64::from(byte == wanted) << index)
        };
        Marks { delimiters: mark(self.delimiter), line_feeds: mark(b'\n'), quotes: mark(b'"') }
    }

    /// Goes on to the next block; false at the end of the bytes.
    #[inline]
    fn next_block(&mut self) -> bool {
        self.block += BLOCK;
        if self.block >= self.bytes.len() {
            return false;
        }
        self.marks = self.mark_block();
        true
    }

    /// The next marked byte, or `None` at the end of the bytes.
    #[inline]
    fn next_mark(&mut self) -> Option<usize> {
        while self.marks.all() == 0 {
            if !self.next_block() {
                return None;
            }
        }
        let bit = self.marks.all().trailing_zeros();
        self.marks = self.marks.keep(!(1 << bit));
        Some(self.block + bit as usize)
    }

    /// Finds the next record or blank line, and puts the record's fields into `fields`.
    #[inline]
    pub fn next_record(&mut self, fields: &mut Vec<FieldSpan>) -> Step {
        fields.clear();
        let start = self.position;
        if start >= self.bytes.len() {
            return if self.is_end_of_file { Step::End } else { Step::Incomplete };
        }
        let mut field_start = start;
        // As long as no quote comes up, delimiters need not be looked at one by one to tell what they are.
        loop {
            let line_feed = self.marks.line_feeds & self.marks.line_feeds.wrapping_neg();
            let bits_to_line_end = line_feed | line_feed.wrapping_sub(1);
            if self.marks.quotes & bits_to_line_end != 0 {
                return self.next_record_with_quotes(start, field_start, fields);
            }
            let mut delimiters = self.marks.delimiters & bits_to_line_end;
            while delimiters != 0 {
                let at = self.block + delimiters.trailing_zeros() as usize;
                fields.push(span(field_start, at, false));
                field_start = at + 1;
                delimiters &= delimiters - 1;
            }
            self.marks = self.marks.keep(!bits_to_line_end);
            if line_feed != 0 {
                let at = self.block + line_feed.trailing_zeros() as usize;
                return self.finish_at_line_feed(Record::plain(start, at), field_start, fields);
            }
            if !self.next_block() {
                return self.finish_at_end(Record::plain(start, start), field_start, fields);
            }
        }
    }

    /// [`Self::next_record`] where a quote was seen: mark by mark, from the field at hand on.
    fn next_record_with_quotes(&mut self, start: usize, mut field_start: usize, fields: &mut Vec<FieldSpan>) -> Step {
        let mut record = Record::plain(start, start);
        loop {
            let Some(at) = self.next_mark() else { return self.finish_at_end(record, field_start, fields) };
            match self.bytes[at] {
                b'\n' => {
                    record.end = at;
                    return self.finish_at_line_feed(record, field_start, fields);
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

    /// The record, or blank line, that the line feed at `record.end` ends outside quotes.
    #[inline]
    fn finish_at_line_feed(&mut self, mut record: Record, field_start: usize, fields: &mut Vec<FieldSpan>) -> Step {
        let at = record.end;
        self.position = at + 1;
        self.lines += 1;
        if at > record.start && self.bytes[at - 1] == b'\r' {
            record.end = at - 1;
        }
        if record.end == record.start {
            return Step::Blank;
        }
        fields.push(span(field_start, record.end, false));
        Step::Record(record)
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
