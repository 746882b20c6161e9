//! Records longer than the limit: what they are called, and where reading goes on (SPEC §2).
//!
//! These are rare, so they are walked byte by byte, in blocks, without holding the record in memory.

use crate::ingest::error::IngestError;
use crate::ingest::file::InputFile;

/// Where a byte-by-byte walk through a record stands.
#[derive(Clone, Copy, PartialEq, Eq)]
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
    /// Whether it is an unclosed quote rather than merely too long.
    pub is_unclosed: bool,
    /// Offset in the file at which reading goes on.
    pub resume: u64,
    /// Line feeds from the record's first byte to `resume`.
    pub lines: u64,
}

/// Judges a record that begins at `start` and is known to be longer than `limit` bytes, or unclosed.
///
/// # Errors
/// Reading fails.
pub fn judge(file: &InputFile, start: u64, delimiter: u8, limit: usize) -> Result<Overlong, IngestError> {
    let mut walk = Walk::new(file, start);
    let mut state = State::FieldStart;
    let mut lines = 0;
    let mut length = 0usize;
    while let Some(byte) = walk.next()? {
        let is_open = state == State::Quoted || (state == State::QuoteInQuoted && byte == b'"');
        if length == limit && is_open {
            return resume_at_next_line(file, start);
        }
        lines += u64::from(byte == b'\n');
        match state.after(byte, delimiter) {
            Some(next) => state = next,
            None => return Ok(Overlong { is_unclosed: false, resume: walk.offset, lines }),
        }
        length = length.saturating_add(1);
    }
    if state == State::Quoted {
        return resume_at_next_line(file, start);
    }
    Ok(Overlong { is_unclosed: false, resume: walk.offset, lines })
}

fn resume_at_next_line(file: &InputFile, start: u64) -> Result<Overlong, IngestError> {
    let mut walk = Walk::new(file, start);
    while let Some(byte) = walk.next()? {
        if byte == b'\n' {
            return Ok(Overlong { is_unclosed: true, resume: walk.offset, lines: 1 });
        }
    }
    Ok(Overlong { is_unclosed: true, resume: walk.offset, lines: 0 })
}

/// The bytes of a file from an offset on, one after the other.
struct Walk<'a> {
    file: &'a InputFile,
    offset: u64,
    block: Vec<u8>,
    used: usize,
}

impl<'a> Walk<'a> {
    const BLOCK: u64 = 64 * 1024;

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
