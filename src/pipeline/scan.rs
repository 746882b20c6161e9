//! Reads inputs on all threads without writing anything: for questions about them, and for checks.
//!
//! What a batch yields is the caller's; it comes back in the order of the input, each batch once, with where it stands.

use super::error::RunError;
use super::input::Input;
use super::lane_inputs::{Buffers, LaneInputs, LaneReader, ReadAhead, ReadBatch, StopOnPanic};
use super::lanes::{Claim, Lane, LaneKind, Lanes};
use super::order::InOrder;
use super::{BYTES_PER_ROW, RunObserver, start_threads, window_batches};
use crate::ingest::csv::{ChunkOutcome, ChunkReader};
use crate::ingest::{DateFormat, RowConsumer};
use std::sync::{Mutex, PoisonError};

/// How inputs are read.
#[derive(Debug)]
pub struct ScanSettings<'a> {
    /// How text dates are written.
    pub date_format: &'a DateFormat,
    /// Number of threads.
    pub threads: usize,
    /// Bytes of CSV in a batch, a power of two of at least 1,024.
    pub batch_bytes: u64,
}

/// Where a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPlace {
    /// Index of the input.
    pub input: usize,
    /// Lines, or Parquet rows, of the input before the batch.
    pub lines_before: u64,
    /// Rows of the batch, rejected ones included.
    pub rows: u64,
}

/// Reads every input once. `new_batch` makes what takes the rows of a batch, and `take` gets it in order.
///
/// # Errors
/// An input that cannot be read, an interrupt, and what `take` says.
pub fn scan<B: RowConsumer + Send>(
    inputs: &[Input],
    settings: &ScanSettings<'_>,
    observer: &dyn RunObserver,
    new_batch: &(impl Fn() -> B + Sync),
    take: &mut (impl FnMut(BatchPlace, B) -> Result<(), RunError> + Send),
) -> Result<(), RunError> {
    let batch_rows = (settings.batch_bytes / BYTES_PER_ROW).max(1);
    let lanes =
        inputs.iter().enumerate().flat_map(|(index, input)| input.lanes(index, settings.batch_bytes, batch_rows));
    let states = inputs.iter().map(|input| {
        let (lines, next_record) = input.data_start();
        InputState { next_record, lines }
    });
    let ahead = ReadAhead::default();
    let crew = ScanCrew {
        lane_inputs: LaneInputs {
            inputs,
            date_format: settings.date_format,
            chunk_bytes: settings.batch_bytes,
            batch_rows: batch_rows as usize,
            is_hashed: false,
            ahead: &ahead,
        },
        lanes: Lanes::new(lanes, window_batches(settings.threads), settings.threads),
        order: InOrder::new(),
        taker: Mutex::new(Taker { take, states: states.collect(), current_input: 0, reader: ChunkReader::default() }),
        failure: Mutex::new(None),
        observer,
        new_batch,
    };
    start_threads(settings.threads)?.broadcast(|_| crew.work());
    if let Some((_, error)) = crew.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    crew.taker.into_inner().unwrap_or_else(PoisonError::into_inner).close_inputs_before(inputs, inputs.len())
}

/// How far an input has come.
struct InputState {
    /// Offset at which the next record begins (CSV).
    next_record: u64,
    lines: u64,
}

/// A batch that was read.
struct Finished<B> {
    lane: Lane,
    read: ReadBatch,
    batch: B,
}

/// Passes batches on in order.
struct Taker<'a, T> {
    take: &'a mut T,
    states: Vec<InputState>,
    current_input: usize,
    reader: ChunkReader,
}

struct ScanCrew<'a, I, B, N, T> {
    lane_inputs: LaneInputs<'a>,
    lanes: Lanes<I, LaneReader>,
    order: InOrder<Finished<B>>,
    taker: Mutex<Taker<'a, T>>,
    failure: Mutex<Option<(u64, RunError)>>,
    observer: &'a dyn RunObserver,
    new_batch: &'a N,
}

impl<I, B, N, T> ScanCrew<'_, I, B, N, T>
where
    I: Iterator<Item = Lane>,
    B: RowConsumer + Send,
    N: Fn() -> B + Sync,
    T: FnMut(BatchPlace, B) -> Result<(), RunError> + Send,
{
    /// Takes batches until none is left or something fails.
    fn work(&self) {
        let _guard = StopOnPanic(&self.lanes);
        let mut buffers = Buffers::default();
        while let Some(claim) = self.lanes.claim() {
            let sequence = claim.sequence;
            let outcome = if self.observer.is_cancelled() {
                Err(RunError::Cancelled)
            } else {
                self.read(claim, &mut buffers).and_then(|finished| self.pass_on(sequence, finished))
            };
            if let Err(error) = outcome {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                if failure.as_ref().is_none_or(|(earlier, _)| sequence < *earlier) {
                    *failure = Some((sequence, error));
                }
                self.lanes.stop();
                return;
            }
        }
    }

    fn read(&self, claim: Claim<LaneReader>, buffers: &mut Buffers) -> Result<Finished<B>, RunError> {
        let lane = claim.lane;
        let mut batch = (self.new_batch)();
        let read = self.lane_inputs.read(claim, &self.lanes, buffers, &mut batch)?;
        Ok(Finished { lane, read, batch })
    }

    fn pass_on(&self, sequence: u64, finished: Finished<B>) -> Result<(), RunError> {
        self.order.finish(sequence, finished, |number, mut finished| {
            let mut taker = self.taker.lock().unwrap_or_else(PoisonError::into_inner);
            taker.close_inputs_before(self.lane_inputs.inputs, finished.lane.input)?;
            self.settle(&mut taker, &mut finished)?;
            let Finished { lane, read: ReadBatch { outcome, bytes, .. }, batch } = finished;
            let state = &mut taker.states[lane.input];
            let place = BatchPlace { input: lane.input, lines_before: state.lines, rows: outcome.rows };
            state.lines += outcome.lines;
            (taker.take)(place, batch)?;
            drop(taker);
            self.observer.advance(outcome.rows, bytes);
            self.lanes.set_written(number + 1);
            Ok(())
        })
    }

    /// Makes sure that a chunk was read from where its first record really begins.
    fn settle(&self, taker: &mut Taker<'_, T>, finished: &mut Finished<B>) -> Result<(), RunError> {
        let LaneInputs { inputs, date_format, chunk_bytes, .. } = self.lane_inputs;
        let (LaneKind::CsvChunk { index }, Input::Csv(source)) = (finished.lane.kind, &inputs[finished.lane.input])
        else {
            return Ok(());
        };
        let Taker { states, reader, .. } = taker;
        let state = &mut states[finished.lane.input];
        let chunk_end = ((index + 1) * chunk_bytes).min(source.file.size());
        if state.next_record >= chunk_end {
            finished.batch = (self.new_batch)();
            finished.read.outcome =
                ChunkOutcome { first_record: None, next_record: state.next_record, lines: 0, rows: 0 };
        } else if finished.read.outcome.first_record != Some(state.next_record) {
            finished.batch = (self.new_batch)();
            let from = Some(state.next_record);
            finished.read.outcome = reader.read(source, index, chunk_bytes, from, date_format, &mut finished.batch)?;
        }
        state.next_record = finished.read.outcome.next_record;
        Ok(())
    }
}

impl<T> Taker<'_, T> {
    /// Checks that the inputs before this one did not change while they were read, and closes them.
    fn close_inputs_before(&mut self, inputs: &[Input], input: usize) -> Result<(), RunError> {
        for input in &inputs[self.current_input..input] {
            input.check_unchanged()?;
            input.close();
        }
        self.current_input = input;
        Ok(())
    }
}
