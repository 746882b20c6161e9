//! Records longer than the limit: what they are called, and where reading goes on (SPEC §2).
//!
//! These are rare, so they are walked byte by byte, in blocks, without holding the record in memory.

use crate::ingest::error::IngestError;
use crate::ingest::file::InputFile;

/// Where a byte-by-byte walk through a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    FieldStart,
    /// In a field without quotes, or in the stray text after a closing quote.
    Unquoted,
    Quoted,
    /// After a quote inside a quoted field, which closes the field or is the first of a doubled one.
    QuoteInQuoted,
}

impl State {
    /// The state after one more byte; `None` where the byte ends the record.
    const fn after(self, byte: u8, delimiter: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Quoted, b'"') => Some(Self::QuoteInQuoted),
            (Self::Quoted, _) => Some(Self::Quoted),
            (Self::QuoteInQuoted | Self::FieldStart, b'"') => Some(Self::Quoted),
            (_, b'\n') => None,
            (_, byte) if byte == delimiter => Some(Self::FieldStart),
            _ => Some(Self::Unquoted),
        }
    }
}

/// What an overlong record turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlong {
    /// The open quote, if it is that rather than merely too long.
    pub open: Option<OpenQuote>,
    /// Offset in the file at which reading goes on.
    pub resume: u64,
    /// Line feeds from the record's first byte to `resume`.
    pub lines: u64,
}

/// A quoted field that was still open where the limit of its record was reached.
///
/// Reading goes on at the next line, and a record that begins there and does not end on its own line is, from its
/// first line feed on, inside quotes just as this one was. So how far this one was followed holds for that one too,
/// and a file full of such lines is read in one go rather than once a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenQuote {
    /// Offset up to which the field was followed.
    through: u64,
    state: State,
}

impl OpenQuote {
    /// Offset in the file up to which the field was followed.
    pub const fn through(self) -> u64 {
        self.through
    }
}

/// Judges a record that begins at `start` and is known to be longer than `limit` bytes, or unclosed.
///
/// # Errors
/// Reading fails.
pub fn judge(file: &InputFile, start: u64, delimiter: u8, limit: usize) -> Result<Overlong, IngestError> {
    let begin = OpenQuote { through: start, state: State::FieldStart };
    follow(file, start, begin, delimiter, limit)?.judged(file, start)
}

/// Judges a record that begins at `start`, after one with an open quote; `None` if it is not overlong.
///
/// # Errors
/// Reading fails.
pub fn judge_after(
    file: &InputFile,
    start: u64,
    open: OpenQuote,
    delimiter: u8,
    limit: usize,
) -> Result<Option<Overlong>, IngestError> {
    if !crosses_line_feed(file, start, open.through, delimiter)? {
        return Ok(None);
    }
    match follow(file, start, open, delimiter, limit)? {
        Followed::Ends { is_within_limit: true, .. } => Ok(None),
        followed => followed.judged(file, start).map(Some),
    }
}

/// Whether the record at `start` goes on beyond its first line feed, and that lies before `through`.
fn crosses_line_feed(file: &InputFile, start: u64, through: u64, delimiter: u8) -> Result<bool, IngestError> {
    let mut walk = Walk::new(file, start);
    let mut state = State::FieldStart;
    while walk.offset < through {
        let Some(byte) = walk.next()? else { return Ok(false) };
        match state.after(byte, delimiter) {
            Some(_) if byte == b'\n' => return Ok(true),
            Some(next) => state = next,
            None => return Ok(false),
        }
    }
    Ok(false)
}

enum Followed {
    Open(OpenQuote),
    Ends { is_within_limit: bool, resume: u64 },
}

impl Followed {
    /// What the record at `start` is, known to be overlong.
    fn judged(self, file: &InputFile, start: u64) -> Result<Overlong, IngestError> {
        match self {
            Self::Open(open) => resume_at_next_line(file, start, open),
            Self::Ends { resume, .. } => Ok(Overlong { open: None, resume, lines: count_lines(file, start, resume)? }),
        }
    }
}

/// Follows the record at `start` from where it is known already: to its end, or to the limit inside quotes.
fn follow(
    file: &InputFile,
    start: u64,
    known: OpenQuote,
    delimiter: u8,
    limit: usize,
) -> Result<Followed, IngestError> {
    let limit_end = start.saturating_add(limit as u64);
    let mut walk = Walk::new(file, known.through);
    let mut state = known.state;
    loop {
        let at = walk.offset;
        let Some(byte) = walk.next()? else {
            return Ok(match state {
                State::Quoted => Followed::Open(OpenQuote { through: at, state }),
                _ => Followed::Ends { is_within_limit: at <= limit_end, resume: at },
            });
        };
        let is_open = state == State::Quoted || (state == State::QuoteInQuoted && byte == b'"');
        if at == limit_end && is_open {
            return Ok(Followed::Open(OpenQuote { through: at, state }));
        }
        match state.after(byte, delimiter) {
            Some(next) => state = next,
            // The carriage return of a line ending is not counted, so an end one byte beyond may still be within.
            None => return Ok(Followed::Ends { is_within_limit: at <= limit_end + 1, resume: walk.offset }),
        }
    }
}

fn count_lines(file: &InputFile, start: u64, end: u64) -> Result<u64, IngestError> {
    let mut walk = Walk::new(file, start);
    let mut lines = 0;
    while walk.offset < end {
        let Some(byte) = walk.next()? else { break };
        lines += u64::from(byte == b'\n');
    }
    Ok(lines)
}

fn resume_at_next_line(file: &InputFile, start: u64, open: OpenQuote) -> Result<Overlong, IngestError> {
    let mut walk = Walk::new(file, start);
    while let Some(byte) = walk.next()? {
        if byte == b'\n' {
            return Ok(Overlong { open: Some(open), resume: walk.offset, lines: 1 });
        }
    }
    Ok(Overlong { open: Some(open), resume: walk.offset, lines: 0 })
}

/// The bytes of a file from an offset on, one after the other.
struct Walk<'a> {
    file: &'a InputFile,
    offset: u64,
    block: Vec<u8>,
    used: usize,
}

impl<'a> Walk<'a> {
    const BLOCK: u64 = 4 * 1024;

    const fn new(file: &'a InputFile, offset: u64) -> Self {
        Self { file, offset, block: Vec::new(), used: 0 }
    }

    fn next(&mut self) -> Result<Option<u8>, IngestError> {
        if self.used == self.block.len() {
            let length = (self.file.size() - self.offset).min(Self::BLOCK);
            self.block.resize(length as usize, 0);
            self.used = 0;
            self.file.read_at(&mut self.block, self.offset)?;
        }
        let byte = self.block.get(self.used).copied();
        if byte.is_some() {
            self.used += 1;
            self.offset += 1;
        }
        Ok(byte)
    }
}
