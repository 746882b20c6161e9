//! Cutting a stream of CSV into pieces of whole records, which threads can then read in any order.
//!
//! What can be read by position is read in chunks whose first record is guessed ([`super::chunk`]). A stream passes by
//! once, so where its records begin is settled as the bytes come: mostly by looking at quotes alone, which costs next
//! to nothing beside reading them, and record by record only where a record may be too long or its quote unclosed.

use super::framing::{FieldSpan, Scanner, Step};
use super::overlong::{self, Lookup, OpenQuote, Overlong};
use super::piece::Piece;
use super::source::CsvLayout;
use super::whole_records::{WholeRecords, passes_limit};
use crate::ingest::stream::{ByteStream, read_some};
use std::io;

/// Cuts a stream into pieces.
pub struct PieceCutter {
    stream: ByteStream,
    /// Bytes that are not passed on yet, the first of them a record's first; only `length` mean something.
    held: Vec<u8>,
    length: usize,
    /// Offset in the stream of the first byte held.
    offset: u64,
    is_at_end: bool,
    piece_bytes: usize,
    /// The quoted field that was found open last.
    open_quote: Option<OpenQuote>,
    fields: Vec<FieldSpan>,
    whole_records: WholeRecords,
}

/// Where the bytes held can be cut.
enum Cut {
    /// After so many bytes.
    After(usize),
    /// Their only record may go on.
    NeedsMore,
    /// Their only record is too long, and how it ends is not among them.
    IsOverlong,
}

/// The bytes held, looked at by their offset in the stream.
struct Held<'a> {
    bytes: &'a [u8],
    offset: u64,
    is_at_end: bool,
}

/// What is asked for has not come yet.
struct NotYet;

impl Lookup for Held<'_> {
    type Error = NotYet;

    fn look_up(&mut self, offset: u64) -> Result<&[u8], NotYet> {
        let rest = &self.bytes[(offset - self.offset) as usize..];
        if rest.is_empty() && !self.is_at_end { Err(NotYet) } else { Ok(rest) }
    }
}

impl PieceCutter {
    /// Cuts the rest of a stream whose next byte lies at `offset` and is a record's first into pieces of some
    /// `piece_bytes` bytes.
    pub fn new(stream: ByteStream, offset: u64, piece_bytes: usize) -> Self {
        Self {
            stream,
            held: Vec::new(),
            length: 0,
            offset,
            is_at_end: false,
            piece_bytes,
            open_quote: None,
            fields: Vec::new(),
            whole_records: WholeRecords::default(),
        }
    }

    /// Bytes of memory in use.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.held.len()
    }

    /// Offset in the stream up to which it was read.
    pub const fn offset(&self) -> u64 {
        self.offset + self.length as u64
    }

    /// Reads and cuts the next piece; its memory is used again. After the last piece there are no more.
    ///
    /// # Errors
    /// Reading fails, or a record cannot be judged within the memory that there is for it.
    pub fn next(&mut self, layout: &CsvLayout, piece: &mut Piece) -> io::Result<()> {
        piece.clear();
        // Twice what is held already, so that a long record is not looked at once for every piece.
        let mut wanted = self.piece_bytes.max(self.length * 2);
        loop {
            self.fill(wanted)?;
            match self.find_cut(layout, piece) {
                Cut::After(end) => {
                    self.pass_on(end, piece);
                    return Ok(());
                }
                Cut::NeedsMore => wanted = self.length * 2,
                Cut::IsOverlong => {
                    piece.start = self.offset;
                    piece.overlong = Some(self.pass_over(layout)?);
                    piece.is_last = self.is_at_end && self.length == 0;
                    return Ok(());
                }
            }
        }
    }

    /// Reads until so many bytes are held, or the stream ends.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        if self.held.len() < wanted {
            self.held.resize(wanted, 0);
        }
        while self.length < wanted && !self.is_at_end {
            let count = read_some(&mut self.stream, &mut self.held[self.length..wanted])?;
            self.length += count;
            self.is_at_end = count == 0;
        }
        Ok(())
    }

    fn find_cut(&mut self, layout: &CsvLayout, piece: &mut Piece) -> Cut {
        let bytes = &self.held[..self.length];
        let is_overlong = passes_limit(bytes.len(), layout.max_record_bytes);
        let found = self.whole_records.find(bytes, layout.delimiter);
        // Within the limit a quote is closed, or goes on in what has not come yet.
        let is_settled = found.has_no_quote || bytes.len() <= layout.max_record_bytes;
        let end = match (is_settled, self.is_at_end) {
            (true, true) if !found.ends_in_quotes => bytes.len(),
            (true, false) => found.end,
            _ => return self.find_cut_with_care(layout, piece),
        };
        match (end, self.is_at_end) {
            (0, false) if is_overlong => Cut::IsOverlong,
            (0, false) => Cut::NeedsMore,
            _ => Cut::After(end),
        }
    }

    /// Goes from record to record, and notes those whose quote is not closed.
    fn find_cut_with_care(&mut self, layout: &CsvLayout, piece: &mut Piece) -> Cut {
        let bytes = &self.held[..self.length];
        let mut held = Held { bytes, offset: self.offset, is_at_end: self.is_at_end };
        let (delimiter, limit) = (layout.delimiter, layout.max_record_bytes);
        let stop = |at: usize| match at {
            0 if passes_limit(bytes.len(), limit) => Cut::IsOverlong,
            0 => Cut::NeedsMore,
            _ => Cut::After(at),
        };
        let mut scanner = Scanner::new(bytes, 0, delimiter, self.is_at_end);
        while scanner.position() < bytes.len() {
            let start = scanner.position();
            let offset = self.offset + start as u64;
            let after_open = self.open_quote.filter(|open| offset < open.through());
            let after_open = after_open.map(|open| overlong::judge_after(&mut held, offset, open, delimiter, limit));
            let Ok(after_open) = after_open.transpose() else { return stop(start) };
            let after_open = after_open.flatten();
            let step = if after_open.is_some() { Step::Incomplete } else { scanner.next_record(&mut self.fields) };
            let is_overlong = match step {
                Step::Record(record) => record.end - record.start > limit,
                Step::Incomplete => after_open.is_some() || passes_limit(bytes.len() - start, limit),
                Step::OpenAtEnd => true,
                Step::Blank | Step::End => false,
            };
            if is_overlong {
                let judged = after_open.map_or_else(|| overlong::judge(&mut held, offset, delimiter, limit), Ok);
                let Ok(overlong) = judged else { return stop(start) };
                if overlong.open.is_some() {
                    piece.unclosed.push(start);
                    self.open_quote = overlong.open;
                }
                let resume = (overlong.resume - self.offset) as usize;
                scanner = Scanner::new(bytes, resume, delimiter, self.is_at_end);
            } else if step == Step::Incomplete {
                return stop(start);
            }
        }
        Cut::After(bytes.len())
    }

    /// Passes the first `end` bytes on, and holds the rest in the memory that the piece had.
    fn pass_on(&mut self, end: usize, piece: &mut Piece) {
        std::mem::swap(&mut self.held, &mut piece.bytes);
        let rest = self.length - end;
        if self.held.len() < rest {
            self.held.resize(rest, 0);
        }
        self.held[..rest].copy_from_slice(&piece.bytes[end..self.length]);
        piece.length = end;
        piece.start = self.offset;
        self.length = rest;
        self.offset += end as u64;
        piece.is_last = self.is_at_end && rest == 0;
    }

    /// Judges the overlong record that begins with the first byte held, and reads on to where reading resumes.
    fn pass_over(&mut self, layout: &CsvLayout) -> io::Result<Overlong> {
        let mut judge = overlong::StreamJudge::new(self.offset, layout.delimiter, layout.max_record_bytes);
        loop {
            let judged = judge.judge(&self.held[..self.length], self.offset, self.is_at_end)?;
            let through = judged.as_ref().map_or_else(|| judge.needed_from(), |overlong| overlong.resume);
            self.forget(through);
            if let Some(overlong) = judged {
                self.open_quote = overlong.open.or(self.open_quote);
                return Ok(overlong);
            }
            self.fill(self.length + self.piece_bytes)?;
        }
    }

    /// Holds no bytes before `offset` any more.
    fn forget(&mut self, offset: u64) {
        let count = (offset - self.offset) as usize;
        self.held.copy_within(count..self.length, 0);
        self.length -= count;
        self.offset = offset;
    }
}
