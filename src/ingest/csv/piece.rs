//! Reading a piece of a stream: whole records, and what is known of those that are not.

use super::chunk::{ChunkOutcome, ChunkReader, first_line};
use super::framing::{Scanner, Step};
use super::overlong::Overlong;
use super::reading::{Reading, whole_record};
use super::source::CsvLayout;
use crate::ingest::date_format::DateFormat;
use crate::ingest::reject::RejectCode;
use crate::ingest::row::RowConsumer;

/// Records that follow each other in a stream.
#[derive(Default)]
pub struct Piece {
    pub(super) bytes: Vec<u8>,
    /// Bytes of the piece, which may be fewer than there is room for.
    pub(super) length: usize,
    /// Offset in the stream of the first byte.
    pub(super) start: u64,
    /// Where records with an unclosed quote begin: each is given up at its first line feed.
    pub(super) unclosed: Vec<usize>,
    /// An overlong record after the bytes, which is not among them.
    pub(super) overlong: Option<Overlong>,
    /// Whether nothing follows in the stream.
    pub(super) is_last: bool,
}

impl Piece {
    /// Whether nothing follows in the stream.
    pub const fn is_last(&self) -> bool {
        self.is_last
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
        self.unclosed.clear();
        self.overlong = None;
        self.is_last = false;
    }
}

impl ChunkReader {
    /// Reads the records of a piece.
    pub fn read_piece(
        &mut self,
        layout: &CsvLayout,
        piece: &Piece,
        date_format: &DateFormat,
        consumer: &mut impl RowConsumer,
    ) -> ChunkOutcome {
        let bytes = &piece.bytes[..piece.length];
        // Whole pieces are checked faster than records one by one.
        let valid_end = simdutf8::compat::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let reading = Reading { layout, bytes, window_start: piece.start, valid_end, date_format };
        let mut outcome = ChunkOutcome { first_record: Some(piece.start), next_record: piece.start, lines: 0, rows: 0 };
        let mut from = 0;
        for &unclosed in &piece.unclosed {
            self.read_whole(&reading, from, unclosed, &mut outcome, consumer);
            let reject = whole_record(outcome.lines, piece.start + unclosed as u64, RejectCode::UnclosedQuote);
            consumer.reject_record(reject, first_line(&bytes[unclosed..]));
            outcome.rows += 1;
            let line_feed = memchr::memchr(b'\n', &bytes[unclosed..]);
            outcome.lines += u64::from(line_feed.is_some());
            from = line_feed.map_or(bytes.len(), |at| unclosed + at + 1);
        }
        self.read_whole(&reading, from, bytes.len(), &mut outcome, consumer);
        outcome.next_record += bytes.len() as u64;
        if let Some(overlong) = piece.overlong {
            consumer.reject(whole_record(outcome.lines, outcome.next_record, overlong.code()));
            outcome.rows += 1;
            outcome.lines += overlong.lines;
            outcome.next_record = overlong.resume;
        }
        outcome
    }

    /// Reads the records from `from` up to `stop`, where the last of them ends.
    fn read_whole(
        &mut self,
        reading: &Reading<'_>,
        from: usize,
        stop: usize,
        outcome: &mut ChunkOutcome,
        consumer: &mut impl RowConsumer,
    ) {
        let layout = reading.layout;
        let lines_before = outcome.lines;
        let mut scanner = Scanner::new(reading.bytes, from, layout.delimiter, true);
        while scanner.position() < stop {
            let lines = lines_before + scanner.lines();
            let taken = reading.take_plain(&mut self.plain, scanner.position(), stop, lines, consumer);
            outcome.rows += taken.rows;
            scanner.skip_to(taken.position, taken.lines);
            if !taken.is_another_kind_next {
                continue;
            }
            let line_in_batch = lines_before + scanner.lines();
            let Step::Record(record) = scanner.next_record(&mut self.fields) else { continue };
            outcome.rows += 1;
            if record.end - record.start > layout.max_record_bytes {
                let byte_offset = reading.window_start + record.start as u64;
                let reject = whole_record(line_in_batch, byte_offset, RejectCode::RecordTooLong);
                consumer.reject_record(reject, first_line(&reading.bytes[record.start..record.end]));
            } else {
                reading.take_quoted(record, &self.fields, &mut self.undoubled, line_in_batch, consumer);
            }
        }
        outcome.lines = lines_before + scanner.lines();
    }
}
