//! The composition root: ingest → rules → reports → formats, in parallel and in the order of the input.
//!
//! This module owns the threads of a run. Each of them takes a batch, reads it, decides its rows and formats the rows
//! that reports want; the thread that completes the next batch in order writes it. No other step of a run starts
//! threads, and what waits for its turn is bounded, so memory does not grow with the input.

mod backtest;
mod batch;
mod change_files;
mod check;
mod collector;
mod comparison;
mod csv_file;
mod duplicates;
mod encoding;
mod error;
mod hashes;
mod input;
mod lane_inputs;
mod lanes;
mod nights;
mod order;
mod outlook;
mod report_files;
mod scan;
mod workbook;

pub use backtest::{BacktestResult, BacktestSettings, Export, backtest};
pub use check::{Checked, OfferTexts, check};
pub use comparison::{content_hashes, have_hashes};
pub use duplicates::OnDuplicate;
pub use error::RunError;
pub use input::Input;
pub use nights::{ComparisonResult, ComparisonSettings, Nights, compare_nights};
pub use outlook::OutlookSettings;
pub use workbook::Workbook;

use crate::finance::FeeOutlook;
use crate::formats::DateTexts;
use crate::formats::compression::Codec;
use crate::ingest::csv::StreamEnd;
use crate::ingest::{DateFormat, IngestError, RejectCode};
use crate::publish::{FileEntry, Publication};
use crate::reports::{CurrencyIndex, Overview, ReportOptions, Tally};
use crate::rules::Policy;
use batch::{BatchEvaluator, BatchSettings, BatchYield};
use collector::{Collected, Collector, Finished};
use duplicates::{DuplicateCounter, find_duplicates};
use encoding::EncodeJob;
use lane_inputs::{Buffers, LaneInputs, LaneReader, ReadAhead, StopOnPanic};
use lanes::{Claim, Lane, Lanes};
use order::InOrder;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
pub use report_files::REJECTS_CSV;
use report_files::ReportFiles;
pub use scan::{BatchPlace, ScanSettings, scan};
use std::sync::{Arc, Mutex, PoisonError};

/// What a run is asked for.
#[derive(Debug)]
pub struct RunSettings<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The as-of date and the reach of the reports.
    pub options: ReportOptions,
    /// What the estimates of fees go by.
    pub outlook: OutlookSettings<'a>,
    /// How text dates are written.
    pub date_format: DateFormat,
    /// Whether texts are written as they are in CSV.
    pub is_raw_text: bool,
    /// Whether CSV is written.
    pub writes_csv: bool,
    /// How CSV is compressed, if it is.
    pub codec: Option<Codec>,
    /// Whether Parquet is written.
    pub writes_parquet: bool,
    /// Whether the decision table is written.
    pub writes_decisions: bool,
    /// Whether what a page says is counted.
    pub writes_html: bool,
    /// Whether a workbook is written.
    pub writes_xlsx: bool,
    /// What becomes of an offer that an earlier row has.
    pub on_duplicate: OnDuplicate,
    /// Number of threads.
    pub threads: usize,
    /// Bytes of CSV in a batch, a power of two of at least 1,024; it changes speed and memory, never results.
    pub batch_bytes: u64,
}

/// What a run tells while it goes on, and what it asks.
pub trait RunObserver: Sync {
    /// Rows and bytes of input that were taken, in the order of the input.
    fn advance(&self, rows: u64, bytes: u64);
    /// Whether the run is to end now.
    fn is_cancelled(&self) -> bool;
}

/// An input after it was read.
#[derive(Clone, Debug)]
pub struct InputFacts {
    /// The path as given, or as found.
    pub path: String,
    /// `csv` or `parquet`.
    pub format: &'static str,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows read, rejected ones included.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// BLAKE3 of its content.
    pub blake3: blake3::Hash,
}

/// What came of a run whose reports are written, but not yet published.
#[derive(Debug)]
pub struct RunResult {
    /// Numbers of the currencies.
    pub currencies: CurrencyIndex,
    /// Counts.
    pub tally: Tally,
    /// What a page says beyond that, if one is to be written.
    pub overview: Option<Overview>,
    /// What finance can expect.
    pub outlook: FeeOutlook,
    /// Rows whose offer an earlier row has; `None` if none were looked for.
    pub duplicates: Option<u64>,
    /// The inputs, in order.
    pub inputs: Vec<InputFacts>,
    /// The files written.
    pub files: Vec<FileEntry>,
    /// The workbook, which is yet to be written, if one was asked for.
    pub workbook: Option<Workbook>,
}

/// Batches that may be worked on or wait for their turn.
///
/// A thread that is kept from running has the others wait for it once these are used up. With more, a run would take more
/// memory the more often that happens, and so the longer it is.
const fn window_batches(threads: usize) -> u64 {
    const PER_THREAD: u64 = 4;
    threads as u64 * PER_THREAD
}
/// Bytes of CSV that stand for one Parquet row when batches are sized. Twice the rows take a twentieth less time, and
/// have memory grow by a tenth and more where an input is six times as long.
const BYTES_PER_ROW: u64 = 64;

/// Reads every input and writes every report.
///
/// Every input is read once; where duplicates are rejected, it is read once before that, so that each must be
/// repeatable.
///
/// # Errors
/// The first [`RunError`] in the order of the input, as far as one can tell.
pub fn run(
    inputs: &[Input],
    settings: &RunSettings<'_>,
    publication: &Publication,
    observer: &dyn RunObserver,
) -> Result<RunResult, RunError> {
    let duplicates = match settings.on_duplicate {
        OnDuplicate::Reject => Some(find_duplicates(inputs, settings, publication, observer)?),
        _ => None,
    };
    let date_texts = Arc::new(DateTexts::around(settings.options.as_of));
    let batch_settings = BatchSettings {
        policy: settings.policy,
        options: &settings.options,
        history_days: settings.outlook.history_days,
        date_texts: &date_texts,
        is_raw_text: settings.is_raw_text,
        writes_csv: settings.writes_csv,
        codec: settings.codec,
        writes_parquet: settings.writes_parquet,
        writes_decisions: settings.writes_decisions,
        writes_html: settings.writes_html,
        writes_xlsx: settings.writes_xlsx,
        on_duplicate: settings.on_duplicate,
        duplicates: duplicates.as_ref(),
    };
    let files = ReportFiles::create(publication, &batch_settings)?;
    let counter = settings.on_duplicate.counts().then(|| DuplicateCounter::new(publication));
    let collector =
        Collector::new(inputs, &batch_settings, &settings.date_format, settings.batch_bytes, files, counter);
    let batch_rows = (settings.batch_bytes / BYTES_PER_ROW).max(1);
    let lanes =
        inputs.iter().enumerate().flat_map(|(index, input)| input.lanes(index, settings.batch_bytes, batch_rows));
    let crew = Crew {
        inputs,
        settings,
        batch_settings: &batch_settings,
        batch_rows: batch_rows as usize,
        lanes: Lanes::new(lanes, window_batches(settings.threads), settings.threads),
        order: InOrder::new(),
        collector: Mutex::new(collector),
        encode_jobs: Mutex::new(Vec::new()),
        spare: Mutex::new(Vec::new()),
        failure: Mutex::new(None),
        ahead: ReadAhead::default(),
        observer,
    };
    let pool = start_threads(settings.threads)?;
    pool.broadcast(|_| crew.work());
    if let Some((_, error)) = crew.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    // What follows has memory of its own.
    drop(crew.spare);
    let collector = crew.collector.into_inner().unwrap_or_else(PoisonError::into_inner);
    pool.install(|| conclude(inputs, settings, collector.into_collected()?))
}

fn start_threads(threads: usize) -> Result<rayon::ThreadPool, RunError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("renewals-{index}"))
        .build()
        .map_err(|error| RunError::Threads { threads, reason: error.to_string() })
}

/// Writes what needs the whole input, and checks the run as a whole.
fn conclude(inputs: &[Input], settings: &RunSettings<'_>, collected: Collected<'_>) -> Result<RunResult, RunError> {
    let Collected { mut files, currencies, mut tally, forecast, history, overview, inputs: read, duplicates } =
        collected;
    let (evaluated, rejected) = (tally.rows_evaluated, tally.rows_rejected());
    if tally.rows_read != evaluated + rejected {
        return Err(RunError::Conservation { read: tally.rows_read, evaluated, rejected });
    }
    let outlook = outlook::work_out(settings, &forecast, &history, &currencies)?;
    files.append_outlook(&outlook, &mut tally.report_rows)?;
    let rest: Vec<Result<_, RunError>> = files.take_rest().into_par_iter().map(EncodeJob::encode).collect();
    for encoded in rest {
        files.accept(encoded?)?;
    }
    let facts = inputs.iter().zip(read).map(|(input, read)| {
        let end = read.end.unwrap_or_else(|| StreamEnd {
            bytes: input.size().unwrap_or_default(),
            hash: input.hash_unread().unwrap_or_else(|| read.hashes.finish()),
        });
        InputFacts {
            path: input.path().to_string_lossy().into_owned(),
            format: input.format(),
            bytes: end.bytes,
            rows: read.rows,
            rejected: read.rejected,
            blake3: end.hash,
        }
    });
    let facts = facts.collect();
    let duplicates = match (duplicates, settings.on_duplicate) {
        (Some(counter), _) => Some(counter.count()?),
        (None, OnDuplicate::Reject) => Some(tally.rejected[RejectCode::DuplicateOffer.index()]),
        (None, _) => None,
    };
    let (files, workbook) = files.finish(&tally.report_rows, tally.rows_evaluated)?;
    Ok(RunResult { currencies, tally, overview, outlook, duplicates, inputs: facts, files, workbook })
}

/// What the threads of a run share.
struct Crew<'a, I> {
    inputs: &'a [Input],
    settings: &'a RunSettings<'a>,
    batch_settings: &'a BatchSettings<'a>,
    batch_rows: usize,
    lanes: Lanes<I, LaneReader>,
    order: InOrder<Finished>,
    collector: Mutex<Collector<'a>>,
    /// Rows that wait to be encoded.
    encode_jobs: Mutex<Vec<EncodeJob>>,
    /// Yields whose memory is used again.
    spare: Mutex<Vec<BatchYield>>,
    /// The failure that lies first in the input.
    failure: Mutex<Option<(u64, RunError)>>,
    ahead: ReadAhead,
    observer: &'a dyn RunObserver,
}

impl<I: Iterator<Item = Lane>> Crew<'_, I> {
    /// Takes batches until none is left or the run fails.
    fn work(&self) {
        let _guard = StopOnPanic(&self.lanes);
        let mut buffers = Buffers::default();
        while let Some(claim) = self.lanes.claim() {
            let sequence = claim.sequence;
            let outcome = if self.observer.is_cancelled() {
                Err(RunError::Cancelled)
            } else {
                self.read(claim, &mut buffers)
                    .map_err(RunError::from)
                    .and_then(|finished| self.pass_on(sequence, finished))
                    .and_then(|()| self.encode_complete())
            };
            if let Err(error) = outcome {
                self.fail(sequence, error);
                return;
            }
        }
    }

    fn fail(&self, sequence: u64, error: RunError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.as_ref().is_none_or(|(earlier, _)| sequence < *earlier) {
            *failure = Some((sequence, error));
        }
        self.lanes.stop();
    }

    /// Reads, decides and formats one batch.
    fn read(&self, claim: Claim<LaneReader>, buffers: &mut Buffers) -> Result<Finished, IngestError> {
        let lane = claim.lane;
        let mut batch = self.spare_yield();
        batch.first_row = self.batch_settings.duplicates.map_or(0, |rows| rows.first_row(claim.sequence));
        let mut evaluator = BatchEvaluator::new(self.batch_settings, &mut batch);
        let read = self.lane_inputs().read(claim, &self.lanes, buffers, &mut evaluator)?;
        Ok(Finished { lane, read, batch })
    }

    fn lane_inputs(&self) -> LaneInputs<'_> {
        LaneInputs {
            inputs: self.inputs,
            date_format: &self.settings.date_format,
            chunk_bytes: self.settings.batch_bytes,
            batch_rows: self.batch_rows,
            is_hashed: true,
            ahead: &self.ahead,
        }
    }

    /// Hands a finished batch over to be written in order.
    fn pass_on(&self, sequence: u64, finished: Finished) -> Result<(), RunError> {
        self.order.finish(sequence, finished, |number, mut finished| {
            let mut collector = self.collector.lock().unwrap_or_else(PoisonError::into_inner);
            collector.take(&mut finished)?;
            let jobs = collector.take_complete();
            drop(collector);
            self.encode_jobs.lock().unwrap_or_else(PoisonError::into_inner).extend(jobs);
            self.observer.advance(finished.read.outcome.rows, finished.read.bytes);
            self.lanes.set_written(number + 1);
            self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(finished.batch);
            Ok(())
        })
    }

    /// Encodes the rows that are complete, as long as there are any.
    fn encode_complete(&self) -> Result<(), RunError> {
        loop {
            let job = self.encode_jobs.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(job) = job else { return Ok(()) };
            let encoded = job.encode()?;
            self.collector.lock().unwrap_or_else(PoisonError::into_inner).accept(encoded)?;
        }
    }

    fn spare_yield(&self) -> BatchYield {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match spare {
            Some(mut batch) => {
                batch.clear();
                batch
            }
            None => BatchYield::new(self.batch_settings),
        }
    }
}
