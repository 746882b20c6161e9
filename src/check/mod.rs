//! Everything that can be said of inputs without deciding what to publish: faults, columns, duplicates, and values that
//! are valid but look wrong.
//!
//! A [`CheckBatch`] looks at the rows of one batch, and a [`Check`] takes the batches in order. What is kept of them is
//! bounded: counts, a few examples of each kind, and the values of columns that have few.

mod batch;
mod column;
mod examples;
mod fees;
mod listing;
mod suspicion;
#[cfg(test)]
mod tests;

pub use batch::{CheckBatch, OfferPlace};
pub use column::{ColumnProfile, DistinctCount, Extreme};
pub use examples::{Example, Examples};
pub use fees::{FeeGroup, FeeGroupKey};
pub use listing::{DuplicateGroup, DuplicateList, packed};
pub use suspicion::{Suspicion, Thresholds};

use crate::ingest::{COLUMN_COUNT, Column, REJECT_CODE_COUNT, RejectCode};
use crate::rules::{Date, Policy};
use batch::FaultKey;
use column::ColumnTally;
use fees::FeeTally;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// What inputs are checked by.
#[derive(Clone, Copy, Debug)]
pub struct CheckSettings<'a> {
    /// The policy, for payments that lie in no window.
    pub policy: &'a Policy,
    /// The as-of date; without it, nothing is said that depends on it.
    pub as_of: Option<Date>,
    /// When a valid value looks wrong.
    pub thresholds: Thresholds,
    /// Examples kept of each kind.
    pub examples: usize,
}

/// What was found so far.
#[derive(Debug)]
pub struct Check<'a> {
    settings: CheckSettings<'a>,
    /// Rows read.
    pub rows: u64,
    /// Rejected rows by code and column.
    pub faults: BTreeMap<FaultKey, Examples>,
    columns: Vec<ColumnTally>,
    /// Rows with a valid value that looks wrong.
    pub suspicions: BTreeMap<Suspicion, Examples>,
    fees: FeeTally,
}

/// Which columns were seen to have too many values to keep them all; batches need not try either.
#[derive(Debug, Default)]
pub struct ManyValued([AtomicBool; COLUMN_COUNT]);

impl<'a> Check<'a> {
    /// Nothing was looked at yet.
    pub fn new(settings: CheckSettings<'a>) -> Self {
        Self {
            settings,
            rows: 0,
            faults: BTreeMap::new(),
            columns: Column::ALL.iter().map(|column| ColumnTally::new(*column)).collect(),
            suspicions: BTreeMap::new(),
            fees: FeeTally::default(),
        }
    }

    /// Takes the next batch of an input: its index, the lines before the batch, the batch's rows, and the columns that
    /// the input has.
    pub fn take(&mut self, input: usize, lines_before: u64, rows: u64, batch: &mut CheckBatch<'_>, many: &ManyValued) {
        self.rows += rows;
        let place = |example: &mut Example| {
            example.input = input;
            example.line += lines_before;
        };
        let limit = self.settings.examples;
        for (key, mut examples) in std::mem::take(&mut batch.faults) {
            examples.list.iter_mut().for_each(place);
            self.faults.entry(key).or_default().append(examples, limit);
        }
        for (suspicion, mut examples) in std::mem::take(&mut batch.suspicions) {
            examples.list.iter_mut().for_each(place);
            self.suspicions.entry(suspicion).or_default().append(examples, limit);
        }
        for (column, tally) in self.columns.iter_mut().zip(&mut batch.columns) {
            column.take(tally, |line| (input, lines_before + line));
            if column.is_many_valued() {
                many.0[column.column().index()].store(true, std::sync::atomic::Ordering::Relaxed);
            }
        }
        self.fees.take(&mut batch.fees, |line| (input, lines_before + line));
    }

    /// Ends the check: what needs every row is judged now.
    pub fn finish(mut self) -> Findings {
        self.fees.judge(&self.settings.thresholds, self.settings.examples, &mut self.suspicions);
        let mut by_code = [0; REJECT_CODE_COUNT];
        for (key, examples) in &self.faults {
            by_code[key.code.index()] += examples.count;
        }
        Findings {
            rows: self.rows,
            rejected_by_code: by_code,
            faults: self.faults.into_iter().map(|(key, examples)| (key.code, key.column, examples)).collect(),
            columns: self.columns.into_iter().map(|column| column.into_profile()).collect(),
            suspicions: self.suspicions,
            fees: self.fees.into_groups(),
        }
    }
}

/// What a check found.
#[derive(Debug)]
pub struct Findings {
    /// Rows read.
    pub rows: u64,
    /// Rejected rows by code.
    pub rejected_by_code: [u64; REJECT_CODE_COUNT],
    /// Rejected rows by code and column, in that order.
    pub faults: Vec<(RejectCode, Option<Column>, Examples)>,
    /// What the columns hold.
    pub columns: Vec<ColumnProfile>,
    /// Rows with a valid value that looks wrong, by what is wrong.
    pub suspicions: BTreeMap<Suspicion, Examples>,
    /// Fees by currency and level.
    pub fees: Vec<FeeGroup>,
}

impl Findings {
    /// Rejected rows.
    pub fn rejected(&self) -> u64 {
        self.rejected_by_code.iter().sum()
    }
}
