//! Reads the batch that a thread has claimed, whatever form its input has.

use super::input::Input;
use super::lanes::{Claim, Lane, LaneKind, Lanes};
use crate::ingest::csv::{ChunkOutcome, ChunkReader, CsvStream, CsvStreamReader, Piece, StreamEnd, hash_chunk};
use crate::ingest::parquet::{ParquetBatch, ParquetSource, RowGroupReader, read_batch};
use crate::ingest::xlsx::{SheetBatch, SheetReader, SheetSource, read_sheet_batch};
use crate::ingest::{DateFormat, IngestError, InputFile, RowConsumer};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What reads a lane of more than one batch.
pub enum LaneReader {
    /// A row group of a Parquet file.
    RowGroup(RowGroupReader),
    /// A stream.
    Stream(Box<CsvStreamReader>),
    /// A sheet.
    Sheet(SheetReader),
}

/// What a thread uses again from batch to batch.
#[derive(Default)]
pub struct Buffers {
    /// Reads chunks of CSV.
    pub reader: ChunkReader,
    piece: Piece,
}

/// A batch that was read, besides what its rows yielded.
pub struct ReadBatch {
    /// Rows read and where; for Parquet, lines are rows.
    pub outcome: ChunkOutcome,
    /// Part of the input's BLAKE3 hash.
    pub hash: Option<[u8; 32]>,
    /// What is known of a stream with its last batch.
    pub end: Option<StreamEnd>,
    /// Bytes of input that the batch stands for.
    pub bytes: u64,
}

/// The inputs, and how their batches are read.
#[derive(Clone, Copy)]
pub struct LaneInputs<'a> {
    /// The inputs.
    pub inputs: &'a [Input],
    /// How text dates are written.
    pub date_format: &'a DateFormat,
    /// Bytes of CSV in a batch.
    pub chunk_bytes: u64,
    /// Rows of Parquet in a batch.
    pub batch_rows: usize,
    /// Whether files are hashed.
    pub is_hashed: bool,
    /// What is read in the meantime.
    pub ahead: &'a ReadAhead,
}

/// Has the system read the files that come next while one is worked on: of small files none is read for long enough
/// that the system would read on by itself.
#[derive(Default)]
pub struct ReadAhead {
    /// The first input that was not asked for.
    next: AtomicUsize,
}

impl ReadAhead {
    /// Bytes that are read before they are needed.
    const BYTES: u64 = 4 << 20;
    /// Files that are looked at for as many bytes.
    const FILES: usize = 32;

    /// Asks for what follows an input of which at most so many bytes are left.
    fn follow(&self, inputs: &[Input], current: usize, left: u64) {
        let mut bytes = left;
        for (index, input) in inputs.iter().enumerate().skip(current + 1).take(Self::FILES) {
            if bytes >= Self::BYTES {
                return;
            }
            bytes += input.size().unwrap_or_default();
            if self.next.fetch_max(index + 1, Ordering::Relaxed) <= index {
                input.read_ahead(Self::BYTES);
            }
        }
    }
}

/// Wakes the other threads if this one panics, which would otherwise wait for its batch for ever.
pub struct StopOnPanic<'a, I: Iterator<Item = Lane>>(pub &'a Lanes<I, LaneReader>);

impl<I: Iterator<Item = Lane>> Drop for StopOnPanic<'_, I> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

impl LaneInputs<'_> {
    /// Passes the rows of a batch on, and gives its lane back as soon as another thread can go on with it.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn read<I: Iterator<Item = Lane>>(
        &self,
        claim: Claim<LaneReader>,
        lanes: &Lanes<I, LaneReader>,
        buffers: &mut Buffers,
        consumer: &mut impl RowConsumer,
    ) -> Result<ReadBatch, IngestError> {
        let Self { inputs, date_format, chunk_bytes, is_hashed, .. } = *self;
        let lane = claim.lane;
        if let (LaneKind::CsvChunk { .. } | LaneKind::Stream, 0) = (lane.kind, claim.batch) {
            let behind = if let LaneKind::CsvChunk { index } = lane.kind { index * chunk_bytes } else { 0 };
            let left = inputs[lane.input].size().unwrap_or_default().saturating_sub(behind);
            self.ahead.follow(inputs, lane.input, left);
        }
        match (lane.kind, &inputs[lane.input]) {
            (LaneKind::CsvChunk { index }, Input::Csv(source)) => {
                lanes.release(claim.sequence, None);
                let outcome = buffers.reader.read(source, index, chunk_bytes, None, date_format, consumer)?;
                let hash = is_hashed.then(|| buffers.reader.hash(source, index, chunk_bytes));
                let bytes = (source.file.size() - index * chunk_bytes).min(chunk_bytes);
                Ok(ReadBatch { outcome, hash, end: None, bytes })
            }
            (LaneKind::RowGroup { index }, Input::Parquet(source)) => {
                let rows = self.next_rows(source, index, claim, lanes)?;
                read_batch(&rows, date_format, consumer);
                let count = rows.rows() as u64;
                let outcome = ChunkOutcome { first_record: None, next_record: 0, lines: count, rows: count };
                let bytes = source.row_group_bytes(index) * count / source.row_group_rows(index).max(1);
                Ok(ReadBatch { outcome, hash: None, end: None, bytes })
            }
            (LaneKind::HashChunk { index }, Input::Parquet(source)) => {
                lanes.release(claim.sequence, None);
                // An object stands for itself and is not read again to be hashed.
                let file = source.file.file().filter(|_| is_hashed);
                let hash = file.map(|file| self.hash_of(file, index)).transpose()?;
                let outcome = ChunkOutcome { first_record: None, next_record: 0, lines: 0, rows: 0 };
                Ok(ReadBatch { outcome, hash, end: None, bytes: 0 })
            }
            (LaneKind::HashChunk { index }, Input::Sheet(source)) => {
                lanes.release(claim.sequence, None);
                let hash = is_hashed.then(|| self.hash_of(&source.file, index)).transpose()?;
                let outcome = ChunkOutcome { first_record: None, next_record: 0, lines: 0, rows: 0 };
                // How much of the workbook a row stands for is not known, so its bytes are told with its hash.
                let bytes = (source.file.size() - index * chunk_bytes).min(chunk_bytes);
                Ok(ReadBatch { outcome, hash, end: None, bytes })
            }
            (LaneKind::Stream, Input::Sheet(source)) => {
                let rows = self.next_sheet_rows(source, claim, lanes)?;
                read_sheet_batch(&rows, source.mapping.as_deref(), date_format, consumer);
                let (count, lines) = (rows.rows() as u64, rows.lines());
                let outcome = ChunkOutcome { first_record: None, next_record: 0, lines, rows: count };
                Ok(ReadBatch { outcome, hash: None, end: None, bytes: 0 })
            }
            (LaneKind::Stream, Input::Stream(stream)) => {
                let (bytes, end) = self.next_piece(stream, claim, lanes, &mut buffers.piece)?;
                let outcome = buffers.reader.read_piece(&stream.layout, &buffers.piece, date_format, consumer);
                Ok(ReadBatch { outcome, hash: None, end, bytes })
            }
            (kind, input) => unreachable!("{} has no lane of {kind:?}", input.path().display()),
        }
    }

    fn hash_of(&self, file: &InputFile, index: u64) -> Result<[u8; 32], IngestError> {
        let offset = index * self.chunk_bytes;
        let mut bytes = vec![0; (file.size() - offset).min(self.chunk_bytes) as usize];
        file.read_at(&mut bytes, offset)?;
        Ok(hash_chunk(&bytes, offset, file.size(), self.chunk_bytes))
    }

    /// Takes the next batch of a sheet, and lets another thread go on with the sheet while this one evaluates it.
    fn next_sheet_rows<I: Iterator<Item = Lane>>(
        &self,
        source: &SheetSource,
        claim: Claim<LaneReader>,
        lanes: &Lanes<I, LaneReader>,
    ) -> Result<SheetBatch, IngestError> {
        let reader = match claim.reader {
            Some(LaneReader::Sheet(reader)) => reader,
            _ => SheetReader::start(source, self.batch_rows)?,
        };
        let batch = reader.next(source)?;
        if batch.is_last {
            lanes.end(claim.sequence);
        } else {
            lanes.release(claim.sequence, Some(LaneReader::Sheet(reader)));
        }
        Ok(batch)
    }

    /// Reads the next piece of a stream, and lets another thread go on with the stream while this one evaluates it.
    ///
    /// Returns the bytes of input that the piece stands for, and with the last piece what is known of the stream.
    fn next_piece<I: Iterator<Item = Lane>>(
        &self,
        stream: &CsvStream,
        claim: Claim<LaneReader>,
        lanes: &Lanes<I, LaneReader>,
        piece: &mut Piece,
    ) -> Result<(u64, Option<StreamEnd>), IngestError> {
        let mut reader = match claim.reader {
            Some(LaneReader::Stream(reader)) => reader,
            _ => Box::new(stream.start(self.chunk_bytes)?),
        };
        let bytes = reader.next(stream, piece)?;
        if piece.is_last() {
            lanes.end(claim.sequence);
            return Ok((bytes, Some(reader.end())));
        }
        lanes.release(claim.sequence, Some(LaneReader::Stream(reader)));
        Ok((bytes, None))
    }

    /// Reads the next batch of a row group, and lets the other threads go on with the row group.
    fn next_rows<I: Iterator<Item = Lane>>(
        &self,
        source: &ParquetSource,
        index: usize,
        claim: Claim<LaneReader>,
        lanes: &Lanes<I, LaneReader>,
    ) -> Result<ParquetBatch, IngestError> {
        let mut group = match claim.reader {
            Some(LaneReader::RowGroup(reader)) => reader,
            _ => source.read_row_group(index, self.batch_rows)?,
        };
        let batch = source.next_batch(&mut group)?;
        lanes.release(claim.sequence, Some(LaneReader::RowGroup(group)));
        let rows_before = claim.batch * self.batch_rows as u64;
        let expected = (source.row_group_rows(index) - rows_before).min(self.batch_rows as u64);
        match batch {
            Some(batch) if batch.rows() as u64 == expected => Ok(batch),
            _ => Err(source.damaged(format!("row group {index} has fewer rows than the footer says"))),
        }
    }
}
