//! Comparing two nights: their tables sorted in parts on all threads, then merged and paired off in order.

use super::change_files::{TableFiles, TableFormats};
use super::{RunError, RunObserver, start_threads};
use crate::changes::{
    CHANGE_TOTALS, CHANGES, Change, ChangeTally, Changes, ChangesError, DecisionTable, Repeats, Run, RunBuilder,
    SortedOffers, SpillFile, decode, pair_off, write_change, write_totals,
};
use crate::formats::DateTexts;
use crate::publish::{FileEntry, Publication, PublishedFile};
use crate::rules::Date;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Two nights whose decision tables were published.
#[derive(Debug)]
pub struct Nights {
    /// The decision table of the old night.
    pub old: PublishedFile,
    /// The decision table of the new night.
    pub new: PublishedFile,
}

/// What a comparison is asked for.
#[derive(Debug)]
pub struct ComparisonSettings<'a> {
    /// As-of date of the new night.
    pub as_of: Date,
    /// Whether CSV is written.
    pub writes_csv: bool,
    /// Whether Parquet is written.
    pub writes_parquet: bool,
    /// Whether texts are written as they are in CSV.
    pub is_raw_text: bool,
    /// Number of threads.
    pub threads: usize,
    /// Where temporary files are created.
    pub temporary_directory: &'a Path,
}

/// What came of a comparison.
#[derive(Debug)]
pub struct ComparisonResult {
    /// Counts.
    pub tally: ChangeTally,
    /// Rows that share a key with another of their night.
    pub repeats: Repeats,
    /// The files written, if any.
    pub files: Vec<FileEntry>,
}

/// Rows that a thread sorts at once; nights that together have no more are compared in memory.
const RUN_ROWS: u64 = 131_072;
/// Most threads that sort: each holds a part of a table.
const SORTERS_MAXIMUM: usize = 8;
/// Pairs between two looks at whether to go on.
const PAIRS_BETWEEN_LOOKS: u64 = 65_536;

/// Compares two nights, and writes what changed into a publication, if there is one.
///
/// # Errors
/// A table that is not what its manifest says, files that cannot be written, or an interrupt.
pub fn compare_nights(
    mut nights: Nights,
    settings: &ComparisonSettings<'_>,
    publication: Option<&Publication>,
    observer: &dyn RunObserver,
) -> Result<ComparisonResult, RunError> {
    let pool = start_threads(settings.threads.min(SORTERS_MAXIMUM))?;
    let Nights { old, new } = &mut nights;
    let (first, second) = pool.join(|| old.check_digest(), || new.check_digest());
    first.and(second)?;
    let (old, new) = (open(nights.old)?, open(nights.new)?);
    let is_small = rows(&old) + rows(&new) <= RUN_ROWS;
    let file = match is_small {
        true => None,
        false => Some(Arc::new(SpillFile::create(settings.temporary_directory)?)),
    };
    let sorter = Sorter { tables: [&old, &new], file: file.as_ref(), observer };
    let mut runs = pool.install(|| sorter.sort())?;
    let new_runs = runs.split_off(parts(&old).len());
    // The threads hold the memory of their parts.
    drop(pool);
    let mut merge = Merge::new(settings, publication, observer)?;
    let repeats = merge.perform(runs, new_runs)?;
    for (night, table, without) in [("old", &old, Change::New), ("new", &new, Change::Gone)] {
        let counted = merge.tally.all_offers() - merge.tally.offers(without);
        if counted != rows(table) {
            return Err(ChangesError::Conservation { night, rows: rows(table), counted }.into());
        }
    }
    merge.finish(repeats)
}

fn open(file: PublishedFile) -> Result<DecisionTable, ChangesError> {
    DecisionTable::open(&file.path, file.file, file.entry.bytes, file.entry.rows)
}

fn rows(table: &DecisionTable) -> u64 {
    (0..table.row_groups()).filter_map(|group| table.row_group_rows(group)).sum()
}

/// The row groups of a table in parts of some [`RUN_ROWS`] rows.
fn parts(table: &DecisionTable) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut rows) = (0, 0);
    for group in 0..table.row_groups() {
        rows += table.row_group_rows(group).unwrap_or_default();
        if rows >= RUN_ROWS {
            parts.push(start..group + 1);
            (start, rows) = (group + 1, 0);
        }
    }
    if rows > 0 {
        parts.push(start..table.row_groups());
    }
    parts
}

/// Sorts the parts of both tables.
struct Sorter<'a> {
    tables: [&'a DecisionTable; 2],
    file: Option<&'a Arc<SpillFile>>,
    observer: &'a dyn RunObserver,
}

impl Sorter<'_> {
    /// The runs of the old night and then of the new one, each in the order of its table.
    fn sort(&self) -> Result<Vec<Run>, RunError> {
        let all = self.tables.into_iter().flat_map(|table| parts(table).into_iter().map(move |part| (table, part)));
        let all: Vec<_> = all.collect();
        all.into_par_iter().map(|(table, part)| self.sort_part(table, part)).collect()
    }

    fn sort_part(&self, table: &DecisionTable, part: Range<usize>) -> Result<Run, RunError> {
        if self.observer.is_cancelled() {
            return Err(RunError::Cancelled);
        }
        let bytes = part.clone().map(|group| table.row_group_bytes(group)).sum();
        let mut builder = RunBuilder::default();
        let rows = table.read(part, &mut |offer| builder.push(offer))?;
        let run = builder.finish(self.file)?;
        self.observer.advance(rows, bytes);
        Ok(run)
    }
}

/// Pairs the offers of both nights off and tells their changes.
struct Merge<'a> {
    tally: ChangeTally,
    changes: Option<TableFiles>,
    totals: Option<TableFiles>,
    pairs: u64,
    observer: &'a dyn RunObserver,
}

impl<'a> Merge<'a> {
    fn new(
        settings: &ComparisonSettings<'_>,
        publication: Option<&Publication>,
        observer: &'a dyn RunObserver,
    ) -> Result<Self, RunError> {
        let date_texts = Arc::new(DateTexts::around(settings.as_of));
        let formats = TableFormats {
            csv: settings.writes_csv,
            parquet: settings.writes_parquet,
            is_raw_text: settings.is_raw_text,
        };
        let create = |table| {
            publication.map(|publication| TableFiles::create(publication, table, formats, &date_texts)).transpose()
        };
        let (changes, totals) = (create(CHANGES)?, create(CHANGE_TOTALS)?);
        Ok(Self { tally: ChangeTally::default(), changes, totals, pairs: 0, observer })
    }

    fn perform(&mut self, old: Vec<Run>, new: Vec<Run>) -> Result<Repeats, RunError> {
        let (mut old, mut new) = (SortedOffers::new(old)?, SortedOffers::new(new)?);
        pair_off(&mut old, &mut new, &mut |old, new| self.take(old, new))
    }

    fn take(&mut self, old: Option<&[u8]>, new: Option<&[u8]>) -> Result<(), RunError> {
        self.pairs += 1;
        if self.pairs.is_multiple_of(PAIRS_BETWEEN_LOOKS) && self.observer.is_cancelled() {
            return Err(RunError::Cancelled);
        }
        let is_same = old == new;
        let (old, new) = (old.map(decode), new.map(decode));
        let changes = match (&old, &new) {
            _ if is_same => Changes::UNCHANGED,
            (Some(old), Some(new)) => Changes::between(old, new),
            (Some(_), None) => Changes::GONE,
            _ => Changes::NEW,
        };
        self.tally.add(changes, old.as_ref(), new.as_ref());
        match &mut self.changes {
            Some(files) if !changes.has(Change::Unchanged) => files.write(&mut |cells| {
                write_change(changes, old.as_ref(), new.as_ref(), cells);
                1
            }),
            _ => Ok(()),
        }
    }

    fn finish(mut self, repeats: Repeats) -> Result<ComparisonResult, RunError> {
        if let Some(totals) = &mut self.totals {
            totals.write(&mut |cells| write_totals(&self.tally, cells))?;
        }
        let mut files = Vec::new();
        for table in [self.changes, self.totals].into_iter().flatten() {
            files.extend(table.finish()?);
        }
        Ok(ComparisonResult { tally: self.tally, repeats, files })
    }
}
