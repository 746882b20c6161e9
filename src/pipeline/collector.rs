//! Takes the batches in the order of the input: writes their rows, adds up their counts, and checks that every
//! chunk began where the one before it ended.

use super::batch::{BatchEvaluator, BatchSettings, BatchYield};
use super::duplicates::DuplicateCounter;
use super::encoding::{EncodeJob, Encoded};
use super::error::RunError;
use super::hashes::ChunkHashes;
use super::input::Input;
use super::lane_inputs::ReadBatch;
use super::lanes::{Lane, LaneKind};
use super::report_files::ReportFiles;
use crate::finance::PaymentHistory;
use crate::ingest::csv::{ChunkOutcome, ChunkReader, StreamEnd};
use crate::ingest::{ColumnHeaders, DateFormat};
use crate::reports::{CurrencyIndex, Forecast, Overview, RejectOrigin, Report, Tally, currency_text};

/// A batch that a thread has finished.
pub struct Finished {
    /// Where it comes from.
    pub lane: Lane,
    /// What was read.
    pub read: ReadBatch,
    /// What the rows yielded.
    pub batch: BatchYield,
}

/// How far an input has come.
struct InputState {
    /// Offset at which the next record begins (CSV).
    next_record: u64,
    /// Lines, or Parquet rows, before the next batch.
    lines: u64,
    hashes: ChunkHashes,
    end: Option<StreamEnd>,
    rows: u64,
    rejected: u64,
}

impl InputState {
    fn into_read(self) -> InputRead {
        let Self { rows, rejected, hashes, end, .. } = self;
        InputRead { rows, rejected, hashes, end }
    }
}

/// What is known of an input once all its batches were taken.
pub struct InputRead {
    /// Rows read, rejected ones included.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// The parts of its hash in order, if it was read by position.
    pub hashes: ChunkHashes,
    /// Its size and hash, if it was read as a stream.
    pub end: Option<StreamEnd>,
}

/// The results of a run so far.
pub struct Collector<'a> {
    inputs: &'a [Input],
    states: Vec<InputState>,
    /// Display form of the path of the input whose batches are taken now, once there is one.
    name: Vec<u8>,
    /// The headers of its columns that stand under another name.
    headers: ColumnHeaders,
    settings: &'a BatchSettings<'a>,
    date_format: &'a DateFormat,
    chunk_bytes: u64,
    files: ReportFiles,
    currencies: CurrencyIndex,
    tally: Tally,
    forecast: Forecast,
    overview: Option<Overview>,
    history: PaymentHistory,
    reader: ChunkReader,
    /// The input whose batches are taken now.
    current_input: usize,
    /// Counts offers that are there more than once.
    duplicates: Option<DuplicateCounter<'a>>,
}

/// What is known once every batch was taken.
pub struct Collected<'a> {
    /// The open files, the reports on the whole input not yet written.
    pub files: ReportFiles,
    /// Numbers of the currencies.
    pub currencies: CurrencyIndex,
    /// Counts of the whole run.
    pub tally: Tally,
    /// What falls due.
    pub forecast: Forecast,
    /// What a page says beyond that, if one is written.
    pub overview: Option<Overview>,
    /// How the windows of the past ended.
    pub history: PaymentHistory,
    /// The inputs, in order.
    pub inputs: Vec<InputRead>,
    /// The counter of offers that are there more than once.
    pub duplicates: Option<DuplicateCounter<'a>>,
}

impl<'a> Collector<'a> {
    /// A collector that has taken nothing yet.
    pub fn new(
        inputs: &'a [Input],
        settings: &'a BatchSettings<'a>,
        date_format: &'a DateFormat,
        chunk_bytes: u64,
        files: ReportFiles,
        duplicates: Option<DuplicateCounter<'a>>,
    ) -> Self {
        let states = inputs.iter().map(|input| {
            let (lines, next_record) = input.data_start();
            InputState { next_record, lines, hashes: ChunkHashes::default(), end: None, rows: 0, rejected: 0 }
        });
        Self {
            states: states.collect(),
            name: Vec::new(),
            headers: ColumnHeaders::default(),
            inputs,
            settings,
            date_format,
            chunk_bytes,
            files,
            currencies: CurrencyIndex::default(),
            tally: Tally::default(),
            forecast: Forecast::new(settings.options, settings.policy.numbers()),
            history: PaymentHistory::new(settings.policy),
            overview: settings.writes_html.then(|| Overview::new(settings.options)),
            reader: ChunkReader::default(),
            current_input: 0,
            duplicates,
        }
    }

    /// Takes the next batch in order.
    ///
    /// # Errors
    /// Writing fails, or reading where a chunk must be read again.
    pub fn take(&mut self, finished: &mut Finished) -> Result<(), RunError> {
        self.turn_to(finished.lane.input)?;
        let state = &mut self.states[finished.lane.input];
        if let Some(hash) = finished.read.hash {
            state.hashes.push(hash);
        }
        state.end = finished.read.end.or(state.end);
        match finished.lane.kind {
            LaneKind::CsvChunk { index } => self.settle_chunk(index, finished)?,
            LaneKind::RowGroup { .. } | LaneKind::Stream => {}
            LaneKind::HashChunk { .. } => return Ok(()),
        }
        let Finished { lane, read: ReadBatch { outcome, .. }, batch } = finished;
        let state = &mut self.states[lane.input];
        self.files.append(batch)?;
        if let Some(duplicates) = &mut self.duplicates {
            duplicates.add(&batch.fingerprints)?;
        }
        let origin = RejectOrigin { file: &self.name, lines_before: state.lines, headers: &self.headers };
        self.inputs[lane.input].check_dates(&batch.rejects, &origin)?;
        self.files.append_rejects(&origin, &batch.rejects)?;
        batch.tally.rows_read += outcome.rows;
        batch.tally.report_rows[Report::Rejects.index()] += batch.rejects.len() as u64;
        state.lines += outcome.lines;
        state.rows += outcome.rows;
        state.rejected += batch.rejects.len() as u64;
        let codes = batch.currencies.codes().iter();
        let numbers: Vec<usize> = codes.map(|code| self.currencies.number(currency_text(code))).collect();
        self.tally.merge(&batch.tally, &numbers);
        self.forecast.add(&batch.due_offers, &numbers);
        if let (Some(overview), Some(part)) = (&mut self.overview, &mut batch.overview) {
            overview.merge(part, &numbers);
        }
        self.history.merge(&batch.history);
        Ok(())
    }

    /// Makes sure that a chunk was read from where its first record really begins.
    fn settle_chunk(&mut self, index: u64, finished: &mut Finished) -> Result<(), RunError> {
        let Input::Csv(source) = &self.inputs[finished.lane.input] else { return Ok(()) };
        let state = &mut self.states[finished.lane.input];
        let chunk_end = ((index + 1) * self.chunk_bytes).min(source.file.size());
        let nothing = ChunkOutcome { first_record: None, next_record: state.next_record, lines: 0, rows: 0 };
        if state.next_record >= chunk_end {
            finished.batch.clear();
            finished.read.outcome = nothing;
        } else if finished.read.outcome.first_record != Some(state.next_record) {
            finished.batch.clear();
            let mut evaluator = BatchEvaluator::new(self.settings, &mut finished.batch);
            finished.read.outcome = self.reader.read(
                source,
                index,
                self.chunk_bytes,
                Some(state.next_record),
                self.date_format,
                &mut evaluator,
            )?;
        }
        state.next_record = finished.read.outcome.next_record;
        Ok(())
    }

    /// Leaves the inputs before this one.
    fn turn_to(&mut self, input: usize) -> Result<(), RunError> {
        if input != self.current_input || self.name.is_empty() {
            self.close_inputs_before(input)?;
            self.name = self.inputs[input].path().to_string_lossy().into_owned().into_bytes();
            self.headers = self.inputs[input].other_headers();
        }
        Ok(())
    }

    /// Checks that the inputs before this one did not change while they were read, and closes them.
    fn close_inputs_before(&mut self, input: usize) -> Result<(), RunError> {
        for input in &self.inputs[self.current_input..input] {
            input.check_unchanged()?;
            input.close();
        }
        self.current_input = input;
        Ok(())
    }

    /// What is complete, to be encoded and given back to [`Self::accept`].
    pub fn take_complete(&mut self) -> Vec<EncodeJob> {
        self.files.take_complete()
    }

    /// Takes what was encoded to be written in order.
    ///
    /// # Errors
    /// Writing fails.
    pub fn accept(&mut self, encoded: Encoded) -> Result<(), RunError> {
        self.files.accept(encoded)
    }

    /// Ends the collection.
    ///
    /// # Errors
    /// The last input changed while it was read.
    pub fn into_collected(mut self) -> Result<Collected<'a>, RunError> {
        self.close_inputs_before(self.inputs.len())?;
        Ok(Collected {
            files: self.files,
            currencies: self.currencies,
            tally: self.tally,
            forecast: self.forecast,
            overview: self.overview,
            history: self.history,
            inputs: self.states.into_iter().map(InputState::into_read).collect(),
            duplicates: self.duplicates,
        })
    }
}
