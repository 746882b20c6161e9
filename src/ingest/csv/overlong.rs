//! Records longer than the limit: what they are called, and where reading goes on (SPEC §2).
//!
//! They are walked byte by byte without holding the record in memory, but for pieces that hold neither a quote nor a
//! line feed, which are passed over: such a record may be nearly the whole of a file.

use crate::ingest::reject::RejectCode;
use crate::ingest::stream::StreamFault;
use memchr::{memchr, memchr_iter, memchr2};

/// Bytes that can be looked at from any offset on.
pub trait Lookup {
    /// Why they could not be.
    type Error;
    /// The bytes from `offset` on, as many as are at hand; none at the end.
    ///
    /// # Errors
    /// They cannot be had.
    fn look_up(&mut self, offset: u64) -> Result<&[u8], Self::Error>;
}

/// Bytes that are passed over together, if at all.
const PIECE: usize = 256;

/// Where a byte-by-byte walk through a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the first byte of a field.
    FieldStart,
    /// In a field without quotes, or in the stray text after a closing quote.
    Unquoted,
    /// Inside quotes.
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

    /// The state after a piece that holds neither a quote nor a line feed; `None` if it holds one.
    fn after_dull(self, piece: &[u8], delimiter: u8) -> Option<Self> {
        if memchr2(b'"', b'\n', piece).is_some() {
            return None;
        }
        Some(match (self, piece.last()) {
            (Self::Quoted, _) | (_, None) => self,
            (_, Some(&last)) if last == delimiter => Self::FieldStart,
            _ => Self::Unquoted,
        })
    }

    /// Whether a quoted field is open before this byte.
    const fn is_open_before(self, byte: u8) -> bool {
        matches!((self, byte), (Self::Quoted, _) | (Self::QuoteInQuoted, b'"'))
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

impl Overlong {
    /// The code that the record is rejected with.
    pub const fn code(&self) -> RejectCode {
        if self.open.is_some() { RejectCode::UnclosedQuote } else { RejectCode::RecordTooLong }
    }
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
pub fn judge<L: Lookup>(file: &mut L, start: u64, delimiter: u8, limit: usize) -> Result<Overlong, L::Error> {
    let begin = OpenQuote { through: start, state: State::FieldStart };
    follow(file, start, begin, delimiter, limit)?.judged(file, start, begin)
}

/// Judges a record that begins at `start`, after one with an open quote; `None` if it is not overlong.
///
/// # Errors
/// Reading fails.
pub fn judge_after<L: Lookup>(
    file: &mut L,
    start: u64,
    open: OpenQuote,
    delimiter: u8,
    limit: usize,
) -> Result<Option<Overlong>, L::Error> {
    if !crosses_line_feed(file, start, open.through, delimiter)? {
        return Ok(None);
    }
    match follow(file, start, open, delimiter, limit)? {
        Followed::Ends { is_within_limit: true, .. } => Ok(None),
        followed => followed.judged(file, start, open).map(Some),
    }
}

/// Whether the record at `start` goes on beyond its first line feed, and that lies before `through`.
fn crosses_line_feed<L: Lookup>(file: &mut L, start: u64, through: u64, delimiter: u8) -> Result<bool, L::Error> {
    let (mut at, mut state) = (start, State::FieldStart);
    while at < through {
        let bytes = file.look_up(at)?;
        if bytes.is_empty() {
            return Ok(false);
        }
        for &byte in bytes.iter().take((through - at) as usize) {
            match state.after(byte, delimiter) {
                Some(_) if byte == b'\n' => return Ok(true),
                Some(next) => state = next,
                None => return Ok(false),
            }
            at += 1;
        }
    }
    Ok(false)
}

enum Followed {
    Open(OpenQuote),
    /// The record ends; `lines` are the line feeds from where it was followed.
    Ends {
        is_within_limit: bool,
        resume: u64,
        lines: u64,
    },
}

impl Followed {
    /// What the record at `start` is, known to be overlong, and followed from where it was known.
    fn judged<L: Lookup>(self, file: &mut L, start: u64, known: OpenQuote) -> Result<Overlong, L::Error> {
        match self {
            Self::Open(open) => resume_at_next_line(file, start, open),
            Self::Ends { resume, lines, .. } => {
                let lines = lines + count_lines(file, start, known.through)?;
                Ok(Overlong { open: None, resume, lines })
            }
        }
    }
}

/// Follows the record at `start` from where it is known already: to its end, or to the limit inside quotes.
fn follow<L: Lookup>(
    file: &mut L,
    start: u64,
    known: OpenQuote,
    delimiter: u8,
    limit: usize,
) -> Result<Followed, L::Error> {
    let limit_end = start.saturating_add(limit as u64);
    let OpenQuote { through: mut at, mut state } = known;
    let mut lines = 0;
    loop {
        let bytes = file.look_up(at)?;
        if bytes.is_empty() {
            return Ok(match state {
                State::Quoted => Followed::Open(OpenQuote { through: at, state }),
                _ => Followed::Ends { is_within_limit: at <= limit_end, resume: at, lines },
            });
        }
        for piece in bytes.chunks(PIECE) {
            let piece_end = at + piece.len() as u64;
            if !(at..piece_end).contains(&limit_end)
                && let Some(next) = state.after_dull(piece, delimiter)
            {
                (at, state) = (piece_end, next);
                continue;
            }
            for &byte in piece {
                if at == limit_end && state.is_open_before(byte) {
                    return Ok(Followed::Open(OpenQuote { through: at, state }));
                }
                let next = state.after(byte, delimiter);
                lines += u64::from(byte == b'\n');
                at += 1;
                match next {
                    Some(next) => state = next,
                    // The carriage return of a line ending is not counted, so an end one byte beyond may still be
                    // within.
                    None => return Ok(Followed::Ends { is_within_limit: at <= limit_end + 2, resume: at, lines }),
                }
            }
        }
    }
}

fn count_lines<L: Lookup>(file: &mut L, start: u64, end: u64) -> Result<u64, L::Error> {
    let (mut at, mut lines) = (start, 0);
    while at < end {
        let bytes = file.look_up(at)?;
        if bytes.is_empty() {
            break;
        }
        let bytes = &bytes[..bytes.len().min((end - at) as usize)];
        lines += memchr_iter(b'\n', bytes).count() as u64;
        at += bytes.len() as u64;
    }
    Ok(lines)
}

fn resume_at_next_line<L: Lookup>(file: &mut L, start: u64, open: OpenQuote) -> Result<Overlong, L::Error> {
    let mut at = start;
    loop {
        let bytes = file.look_up(at)?;
        if bytes.is_empty() {
            return Ok(Overlong { open: Some(open), resume: at, lines: 0 });
        }
        if let Some(line_feed) = memchr(b'\n', bytes) {
            return Ok(Overlong { open: Some(open), resume: at + line_feed as u64 + 1, lines: 1 });
        }
        at += bytes.len() as u64;
    }
}

/// Judges an overlong record of a stream while its bytes come, without holding more of them than it must.
///
/// Reading can only resume at the line after the record's first, so nothing before that is needed again.
pub struct StreamJudge {
    delimiter: u8,
    limit_end: u64,
    /// Offset of the next byte to look at, and the state before it.
    at: u64,
    state: State,
    /// Offset after the record's first line feed.
    next_line: Option<u64>,
    lines: u64,
    /// The quote that was open at the limit.
    open: Option<OpenQuote>,
}

impl StreamJudge {
    /// Bytes that are held at most for a record that may turn out to be one with an unclosed quote.
    const HELD_MAXIMUM: u64 = 64 * 1024 * 1024;

    /// A judge of the record at `start`.
    pub const fn new(start: u64, delimiter: u8, limit: usize) -> Self {
        let limit_end = start.saturating_add(limit as u64);
        Self { delimiter, limit_end, at: start, state: State::FieldStart, next_line: None, lines: 0, open: None }
    }

    /// Offset of the first byte that must still be held.
    pub fn needed_from(&self) -> u64 {
        self.next_line.unwrap_or(self.at)
    }

    /// Looks at the bytes held, of which the first lies at `offset`; `None` if more must come.
    ///
    /// # Errors
    /// The record is longer than can be held.
    pub fn judge(&mut self, held: &[u8], offset: u64, is_at_end: bool) -> std::io::Result<Option<Overlong>> {
        for piece in held[(self.at - offset) as usize..].chunks(PIECE) {
            if let Some(overlong) = self.look_at(piece) {
                return Ok(Some(overlong));
            }
        }
        if let (Some(_), Some(resume)) = (self.open, self.next_line) {
            return Ok(Some(Overlong { open: self.open, resume, lines: 1 }));
        }
        if is_at_end {
            if self.state == State::Quoted {
                self.open.get_or_insert(OpenQuote { through: self.at, state: self.state });
            }
            let (resume, lines) = match (self.open, self.next_line) {
                (Some(_), Some(next_line)) => (next_line, 1),
                _ => (self.at, self.lines),
            };
            return Ok(Some(Overlong { open: self.open, resume, lines }));
        }
        let is_beyond = self.at > self.limit_end;
        if is_beyond && self.next_line.is_some_and(|next_line| self.at - next_line > Self::HELD_MAXIMUM) {
            return Err(StreamFault::Endless { line_bytes: Self::HELD_MAXIMUM }.into());
        }
        Ok(None)
    }
    /// Looks at the next bytes.
    fn look_at(&mut self, piece: &[u8]) -> Option<Overlong> {
        let resumes_at_next_line =
            |judge: &Self| Some(Overlong { open: Some(judge.open?), resume: judge.next_line?, lines: 1 });
        if let Some(overlong) = resumes_at_next_line(self) {
            return Some(overlong);
        }
        let piece_end = self.at + piece.len() as u64;
        if !(self.at..piece_end).contains(&self.limit_end)
            && let Some(state) = self.state.after_dull(piece, self.delimiter)
        {
            (self.at, self.state) = (piece_end, state);
            return None;
        }
        for &byte in piece {
            if self.at == self.limit_end && self.state.is_open_before(byte) {
                self.open = Some(OpenQuote { through: self.at, state: self.state });
            }
            if let Some(overlong) = resumes_at_next_line(self) {
                return Some(overlong);
            }
            let after = self.state.after(byte, self.delimiter);
            self.at += 1;
            if byte == b'\n' {
                self.lines += 1;
                self.next_line.get_or_insert(self.at);
            }
            if let Some(next) = after {
                self.state = next;
            } else if self.open.is_none() {
                return Some(Overlong { open: None, resume: self.at, lines: self.lines });
            }
        }
        None
    }
}
