//! Reading a CSV file in chunks that threads can take in any order.
//!
//! BE ADVISED: where a record begins depends on all bytes before it, because a line feed may lie inside quotes.
//! A chunk is read on the assumption that its first line feed ends a record, which is true unless a quoted line
//! break lies across the chunk's border. Each outcome says where its first record was taken to begin and where
//! the next chunk's must begin; whoever puts the chunks in order compares the two, and has a chunk read again
//! from the right place where they differ. So the sequential reading is the norm, and threads only guess it.

use super::framing::{FieldSpan, Scanner, Step};
use super::lookahead::{Block, Lookahead};
use super::overlong::{self, OpenQuote};
use super::plain::PlainRecords;
use super::read_buffer::ReadBuffer;
use super::reading::{Reading, whole_record};
use super::record::Undoubled;
use super::source::CsvSource;
use super::whole_records::passes_limit;
use crate::ingest::date_format::DateFormat;
use crate::ingest::error::IngestError;
use crate::ingest::row::RowConsumer;
use blake3::hazmat::HasherExt;

/// What came of reading one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkOutcome {
    /// Offset at which the chunk's first record was taken to begin; `None` if no line feed told.
    pub first_record: Option<u64>,
    /// Offset at which the first record after the chunk begins.
    pub next_record: u64,
    /// Line feeds between the two.
    pub lines: u64,
    /// Rows read, rejected ones included.
    pub rows: u64,
}

/// Buffers that are used again from chunk to chunk.
#[derive(Default)]
pub struct ChunkReader {
    buffer: ReadBuffer,
    pub(super) plain: PlainRecords,
    pub(super) fields: Vec<FieldSpan>,
    pub(super) undoubled: Undoubled,
    ahead: Block,
}

/// The part of the file that the buffer holds.
struct Window {
    /// Offset in the file of the buffer's first byte.
    start: u64,
    /// Bytes that were read.
    length: usize,
    /// Up to here, from the first record on, the bytes are known to be UTF-8.
    valid_end: usize,
    /// The quoted field that was found open last.
    open_quote: Option<OpenQuote>,
}

impl ChunkReader {
    /// Bytes read beyond a chunk at first, for the record that crosses its end.
    const LOOKAHEAD: usize = 4 * 1024;

    /// Reads the records that begin in chunk `index` of `chunk_bytes` bytes.
    ///
    /// `from` is the offset of the first record where it is known; otherwise it is taken to follow the first
    /// line feed.
    ///
    /// # Errors
    /// Reading fails, or the file has become shorter.
    pub fn read(
        &mut self,
        source: &CsvSource,
        index: u64,
        chunk_bytes: u64,
        from: Option<u64>,
        date_format: &DateFormat,
        consumer: &mut impl RowConsumer,
    ) -> Result<ChunkOutcome, IngestError> {
        let chunk_start = index * chunk_bytes;
        let chunk_end = (chunk_start + chunk_bytes).min(source.file.size());
        let mut window = Window { start: chunk_start.saturating_sub(1), length: 0, valid_end: 0, open_quote: None };
        self.ahead.clear();
        self.fill(source, &mut window, chunk_end)?;
        let first = match from {
            Some(from) => Some(from),
            None if chunk_start <= source.layout.data_start => Some(source.layout.data_start),
            None => memchr::memchr(b'\n', &self.buffer[..window.length]).map(|at| window.start + at as u64 + 1),
        };
        let mut outcome = ChunkOutcome { first_record: first, next_record: first.unwrap_or(0), lines: 0, rows: 0 };
        if let Some(first) = first.filter(|first| *first < chunk_end) {
            window.valid_end = (first - window.start) as usize;
            self.validate(&mut window);
        }
        let mut is_incomplete = false;
        while first.is_some() && outcome.next_record < chunk_end {
            if is_incomplete {
                self.extend(source, &mut window, outcome.next_record)?;
            }
            is_incomplete = self.scan(source, &mut window, chunk_end, date_format, consumer, &mut outcome)?;
        }
        Ok(outcome)
    }

    /// The BLAKE3 chaining value of the chunk that was read last, or the hash itself if the chunk is the file.
    pub fn hash(&self, source: &CsvSource, index: u64, chunk_bytes: u64) -> [u8; 32] {
        let chunk_start = index * chunk_bytes;
        let length = (source.file.size() - chunk_start).min(chunk_bytes) as usize;
        let offset = usize::from(chunk_start > 0);
        hash_chunk(&self.buffer[offset..offset + length], chunk_start, source.file.size(), chunk_bytes)
    }

    /// Reads the file from where the window ends up to `end`.
    fn fill(&mut self, source: &CsvSource, window: &mut Window, end: u64) -> Result<(), IngestError> {
        let length = (end - window.start) as usize;
        self.buffer.reserve(length);
        source.file.read_at(&mut self.buffer[window.length..length], window.start + window.length as u64)?;
        window.length = length;
        Ok(())
    }

    /// Reads further, because the record at `record` does not end in the window.
    fn extend(&mut self, source: &CsvSource, window: &mut Window, record: u64) -> Result<(), IngestError> {
        let held = window.length - (record - window.start) as usize;
        // Somewhat more than the longest record tells whether it is too long; offsets then always fit 32 bits.
        let longest = record + source.layout.max_record_bytes as u64 + Self::LOOKAHEAD as u64;
        let end = (window.start + (window.length + held.max(Self::LOOKAHEAD)) as u64).min(longest);
        self.fill(source, window, end.min(source.file.size()))?;
        self.validate(window);
        Ok(())
    }

    /// Checks how far the window is UTF-8: whole pieces are checked faster than records one by one.
    fn validate(&self, window: &mut Window) {
        let rest = &self.buffer[window.valid_end..window.length];
        window.valid_end += simdutf8::compat::from_utf8(rest).map_or_else(|error| error.valid_up_to(), str::len);
    }

    /// Reads records until the chunk ends; true if the window ends first.
    fn scan(
        &mut self,
        source: &CsvSource,
        window: &mut Window,
        chunk_end: u64,
        date_format: &DateFormat,
        consumer: &mut impl RowConsumer,
        outcome: &mut ChunkOutcome,
    ) -> Result<bool, IngestError> {
        let layout = &source.layout;
        let bytes = &self.buffer[..window.length];
        let is_end_of_file = window.start + window.length as u64 == source.file.size();
        let stop = (chunk_end - window.start) as usize;
        let begin = (outcome.next_record - window.start) as usize;
        let lines_before = outcome.lines;
        let mut scanner = Scanner::new(bytes, begin, layout.delimiter, is_end_of_file);
        let reading = Reading { layout, bytes, window_start: window.start, valid_end: window.valid_end, date_format };
        let mut lookahead =
            Lookahead { file: &source.file, window: bytes, window_start: window.start, block: &mut self.ahead };
        while scanner.position() < stop {
            // After an open quote, whether the next line is inside quotes must be judged first.
            if window.open_quote.is_none_or(|open| open.through() <= window.start + scanner.position() as u64) {
                let lines = lines_before + scanner.lines();
                let taken = reading.take_plain(&mut self.plain, scanner.position(), stop, lines, consumer);
                outcome.rows += taken.rows;
                scanner.skip_to(taken.position, taken.lines);
                if !taken.is_another_kind_next {
                    continue;
                }
            }
            let start = scanner.position();
            let line_in_batch = lines_before + scanner.lines();
            let byte_offset = window.start + start as u64;
            let after_open = match window.open_quote.filter(|open| byte_offset < open.through()) {
                Some(open) => {
                    overlong::judge_after(&mut lookahead, byte_offset, open, layout.delimiter, layout.max_record_bytes)?
                }
                None => None,
            };
            let step = if after_open.is_some() { Step::Incomplete } else { scanner.next_record(&mut self.fields) };
            let is_overlong = match step {
                Step::Record(record) => record.end - record.start > layout.max_record_bytes,
                Step::Incomplete => after_open.is_some() || passes_limit(bytes.len() - start, layout.max_record_bytes),
                Step::OpenAtEnd => true,
                Step::Blank | Step::End => false,
            };
            if is_overlong {
                let overlong = match after_open {
                    Some(overlong) => overlong,
                    None => overlong::judge(&mut lookahead, byte_offset, layout.delimiter, layout.max_record_bytes)?,
                };
                consumer.reject_record(
                    whole_record(line_in_batch, byte_offset, overlong.code()),
                    first_line(&bytes[start..]),
                );
                outcome.rows += 1;
                outcome.next_record = overlong.resume;
                outcome.lines = line_in_batch + overlong.lines;
                window.open_quote = overlong.open;
                // Reading goes on back inside the window, or beyond the chunk.
                return Ok(false);
            }
            match step {
                Step::Record(record) => {
                    outcome.rows += 1;
                    reading.take_quoted(record, &self.fields, &mut self.undoubled, line_in_batch, consumer);
                }
                Step::Incomplete => {
                    outcome.next_record = byte_offset;
                    outcome.lines = line_in_batch;
                    return Ok(true);
                }
                Step::Blank | Step::OpenAtEnd | Step::End => {}
            }
        }
        outcome.next_record = window.start + scanner.position() as u64;
        outcome.lines = lines_before + scanner.lines();
        Ok(false)
    }
}

/// The first line of some bytes, as far as they go.
pub(super) fn first_line(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memchr(b'\n', bytes).unwrap_or(bytes.len())]
}

/// The BLAKE3 chaining value of one chunk of a file, or the file's hash if the chunk is all of it.
///
/// `chunk_bytes` is a power of two of at least 1,024, so that every chunk is a whole subtree of the hash.
pub fn hash_chunk(bytes: &[u8], offset: u64, file_size: u64, chunk_bytes: u64) -> [u8; 32] {
    if file_size <= chunk_bytes {
        return *blake3::hash(bytes).as_bytes();
    }
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(offset);
    hasher.update(bytes);
    hasher.finalize_non_root()
}
