//! What a run does about offers that are in its inputs more than once.

use super::error::RunError;
use super::input::Input;
use super::scan::{ScanSettings, scan};
use super::{RunObserver, RunSettings};
use crate::duplicates::{
    Fingerprint, Fingerprints, PARTITIONS, Partitions, RepeatedRows, Scratch, Seen, find_repeated,
};
use crate::ingest::{Fault, Reject, Row, RowConsumer};
use crate::publish::Publication;
use crate::rules::{Date, Policy, decide};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// What becomes of a row whose offer an earlier row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    /// Nothing is looked for.
    Ignore,
    /// Such rows are counted.
    Report,
    /// Such rows are rejected; the first of each offer stays.
    Reject,
    /// Such rows are counted, and the run is not to be published if there are any.
    Fail,
}

impl OnDuplicate {
    /// The spelling of the option.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Report => "report",
            Self::Reject => "reject",
            Self::Fail => "fail",
        }
    }

    /// Whether rows are counted while they are read.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Report | Self::Fail)
    }
}

/// Counts rows whose offer an earlier row has.
pub struct DuplicateCounter<'a> {
    partitions: Partitions<'a, 1>,
}

impl<'a> DuplicateCounter<'a> {
    /// Nothing counted yet; what does not fit into memory goes into a file beside the reports.
    pub fn new(publication: &'a Publication) -> Self {
        Self { partitions: Partitions::new(scratch(publication)) }
    }

    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, fingerprints: &[Fingerprint]) -> Result<(), RunError> {
        for fingerprint in fingerprints {
            self.partitions.add(fingerprint.partition(), [fingerprint.low()]).map_err(RunError::Scratch)?;
        }
        Ok(())
    }

    /// The count, found on all threads of the pool that this is called in.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn count(&self) -> Result<u64, RunError> {
        let counts = (0..PARTITIONS).into_par_iter().map_init(Seen::default, |seen, partition| {
            find_repeated(&self.partitions, partition, seen, |low| *low, |_| ()).map_err(RunError::Scratch)
        });
        counts.try_reduce(|| 0, |left, right| Ok(left + right))
    }
}

/// The rows whose offer an earlier row has, by their number among the rows that are fine otherwise.
#[derive(Debug)]
pub struct DuplicateRows {
    rows: RepeatedRows,
    /// For each batch in order, the number of its first row.
    first_rows: Vec<u64>,
}

impl DuplicateRows {
    /// The number of the first row of a batch.
    pub fn first_row(&self, sequence: u64) -> u64 {
        self.first_rows.get(sequence as usize).copied().unwrap_or(u64::MAX / 2)
    }

    /// Whether an earlier row has the offer of the row with this number.
    #[inline]
    pub fn contains(&self, row: u64) -> bool {
        self.rows.contains(row)
    }
}

/// Reads the inputs for nothing but their offers.
///
/// # Errors
/// As for a run.
pub fn find_duplicates(
    inputs: &[Input],
    settings: &RunSettings<'_>,
    publication: &Publication,
    observer: &dyn RunObserver,
) -> Result<DuplicateRows, RunError> {
    let mut partitions: Partitions<'_, 3> = Partitions::new(scratch(publication));
    let mut first_rows = Vec::new();
    let mut rows = 0;
    let scan_settings = ScanSettings {
        date_format: &settings.date_format,
        threads: settings.threads,
        batch_bytes: settings.batch_bytes,
    };
    let new_batch = || OfferBatch {
        policy: settings.policy,
        as_of: settings.options.as_of,
        fingerprints: Vec::new(),
        fingerprinting: Fingerprints::default(),
    };
    scan(inputs, &scan_settings, observer, &new_batch, &mut |_, batch| {
        first_rows.push(rows);
        for fingerprint in batch.fingerprints {
            let record = [fingerprint.low(), fingerprint.high(), rows];
            partitions.add(fingerprint.partition(), record).map_err(RunError::Scratch)?;
            rows += 1;
        }
        Ok(())
    })?;
    let repeated = RepeatedRows::new(rows);
    let marked = super::start_threads(settings.threads)?.install(|| {
        (0..PARTITIONS).into_par_iter().try_for_each_init(Seen::default, |seen, partition| {
            // Rows were added in their order, so the first of an offer is seen first.
            find_repeated(
                &partitions,
                partition,
                seen,
                |[low, high, _]| [*low, *high],
                |[_, _, row]| repeated.mark(row),
            )
            .map(|_| ())
        })
    });
    marked.map_err(RunError::Scratch)?;
    Ok(DuplicateRows { rows: repeated, first_rows })
}

fn scratch(publication: &Publication) -> Scratch<'_> {
    Box::new(|| Ok(publication.scratch("duplicates")?.into_file()))
}

/// The offers of a batch that are fine by everything else.
struct OfferBatch<'a> {
    policy: &'a Policy,
    as_of: Date,
    fingerprints: Vec<Fingerprint>,
    fingerprinting: Fingerprints,
}

impl RowConsumer for OfferBatch<'_> {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        decide(self.policy, self.as_of, &row.offer)?;
        self.fingerprints.push(self.fingerprinting.of(row));
        Ok(())
    }

    fn reject(&mut self, _: Reject) {}
}
