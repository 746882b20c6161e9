//! What a column holds: how much of it is empty, how many values it has and which, and the outermost of them.

use crate::ingest::Column;
use crate::rules::Date;
use datasketches::hll::{HllSketch, HllType};
use std::collections::HashMap;
use twox_hash::XxHash3_64;

/// Values of a column that are kept and counted; a column with more is only estimated.
const VALUES_KEPT: usize = 10_000;
/// Bytes of these values.
const VALUE_BYTES_KEPT: usize = 1 << 20;
/// Values that a profile names.
const VALUES_NAMED: usize = 5;
/// Binary logarithm of the registers of an estimate: its standard error is 0.8 %.
const REGISTERS_LOG2: u8 = 14;

/// How many different values a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistinctCount {
    /// Exactly so many.
    Exact(u64),
    /// About so many, by HyperLogLog.
    About(u64),
}

/// An outermost value, and the first row that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extreme {
    /// The value.
    pub value: Vec<u8>,
    /// Index of the input.
    pub input: usize,
    /// The line, or row of a Parquet file, from 1.
    pub line: u64,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnProfile {
    /// The column.
    pub column: Column,
    /// Rows whose cells could be read.
    pub rows: u64,
    /// Of these, rows with an empty cell.
    pub empty: u64,
    /// Different values, empty ones not among them.
    pub distinct: DistinctCount,
    /// The most common values with their counts, where all values could be kept.
    pub most_common: Vec<(Vec<u8>, u64)>,
    /// The earliest day, or the shortest text.
    pub lowest: Option<Extreme>,
    /// The latest day, or the longest text.
    pub highest: Option<Extreme>,
}

/// Different values with their counts, in the order in which they came.
#[derive(Clone, Debug, Default)]
struct Values {
    places: HashMap<Vec<u8>, usize>,
    list: Vec<(Vec<u8>, u64)>,
    bytes: usize,
}

impl Values {
    fn add(&mut self, value: &[u8], count: u64) {
        if let Some(place) = self.places.get(value) {
            self.list[*place].1 += count;
            return;
        }
        self.places.insert(value.to_vec(), self.list.len());
        self.list.push((value.to_vec(), count));
        self.bytes += value.len();
    }

    fn is_too_much(&self) -> bool {
        self.list.len() > VALUES_KEPT || self.bytes > VALUE_BYTES_KEPT
    }
}

/// The outermost values so far: by day, or by length of text. Of equal ones the first.
#[derive(Clone, Debug, Default)]
struct Extremes<P> {
    lowest: Option<(i64, Vec<u8>, P)>,
    highest: Option<(i64, Vec<u8>, P)>,
}

impl<P: Copy> Extremes<P> {
    fn add(&mut self, rank: i64, value: &[u8], place: P) {
        if self.lowest.as_ref().is_none_or(|(lowest, ..)| rank < *lowest) {
            self.lowest = Some((rank, value.to_vec(), place));
        }
        if self.highest.as_ref().is_none_or(|(highest, ..)| rank > *highest) {
            self.highest = Some((rank, value.to_vec(), place));
        }
    }
}

/// What a column of one batch holds.
#[derive(Debug)]
pub struct BatchColumn {
    column: Column,
    rows: u64,
    empty: u64,
    values: Values,
    /// Hashes of values, where they are too many to keep.
    hashes: Vec<u64>,
    extremes: Extremes<u64>,
}

const fn holds_dates(column: Column) -> bool {
    matches!(column, Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate)
}

const fn holds_texts(column: Column) -> bool {
    matches!(column, Column::PartnerId | Column::PartnerName | Column::Country | Column::OfferName)
}

impl BatchColumn {
    /// Nothing yet.
    pub fn new(column: Column) -> Self {
        Self {
            column,
            rows: 0,
            empty: 0,
            values: Values::default(),
            hashes: Vec::new(),
            extremes: Extremes { lowest: None, highest: None },
        }
    }

    /// Whether the column's cells are days.
    pub const fn holds_dates(&self) -> bool {
        holds_dates(self.column)
    }

    /// Adds a cell; `date` is the day that it names, `line` that of its row, and `is_many` tells that its values are
    /// not kept in any case.
    pub fn add(&mut self, value: &[u8], date: Option<Date>, line: u64, is_many: bool) {
        self.rows += 1;
        if value.is_empty() {
            self.empty += 1;
            return;
        }
        if is_many || !self.hashes.is_empty() {
            self.hashes.push(XxHash3_64::oneshot(value));
        } else {
            self.values.add(value, 1);
            if self.values.is_too_much() {
                self.hashes.extend(self.values.list.iter().map(|(value, _)| XxHash3_64::oneshot(value)));
                self.values = Values::default();
            }
        }
        if let Some(date) = date {
            self.extremes.add(date.days_since_epoch().into(), &date.iso_bytes(), line);
        } else if holds_texts(self.column) {
            self.extremes.add(value.len() as i64, value, line);
        }
    }
}

/// What a column of all batches holds.
pub struct ColumnTally {
    column: Column,
    rows: u64,
    empty: u64,
    values: Values,
    /// Estimates the count of values once they are too many to keep.
    sketch: Option<HllSketch>,
    extremes: Extremes<(usize, u64)>,
}

impl std::fmt::Debug for ColumnTally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ColumnTally").field("column", &self.column).finish_non_exhaustive()
    }
}

impl ColumnTally {
    /// Nothing yet.
    pub fn new(column: Column) -> Self {
        Self {
            column,
            rows: 0,
            empty: 0,
            values: Values::default(),
            sketch: None,
            extremes: Extremes { lowest: None, highest: None },
        }
    }

    /// The column.
    pub const fn column(&self) -> Column {
        self.column
    }

    /// Whether the values are too many to keep.
    pub const fn is_many_valued(&self) -> bool {
        self.sketch.is_some()
    }

    /// Takes the column of the next batch; `place` makes a place of a line of the batch.
    pub fn take(&mut self, batch: &mut BatchColumn, place: impl Fn(u64) -> (usize, u64)) {
        self.rows += batch.rows;
        self.empty += batch.empty;
        for (value, count) in std::mem::take(&mut batch.values).list {
            match &mut self.sketch {
                Some(sketch) => sketch.update(XxHash3_64::oneshot(&value)),
                None => self.values.add(&value, count),
            }
        }
        if self.sketch.is_none() && (self.values.is_too_much() || !batch.hashes.is_empty()) {
            // The size is one that the library has.
            self.sketch = HllSketch::new(REGISTERS_LOG2, HllType::Hll8).ok();
            let values = std::mem::take(&mut self.values).list;
            batch.hashes.extend(values.iter().map(|(value, _)| XxHash3_64::oneshot(value)));
        }
        if let Some(sketch) = &mut self.sketch {
            batch.hashes.drain(..).for_each(|hash| sketch.update(hash));
        }
        let Extremes { lowest, highest } = std::mem::take(&mut batch.extremes);
        for (rank, value, line) in lowest.into_iter().chain(highest) {
            self.extremes.add(rank, &value, place(line));
        }
    }

    /// What the column holds.
    pub fn into_profile(self) -> ColumnProfile {
        let distinct = match &self.sketch {
            // The composite estimate depends on the set of values only, not on their order.
            Some(sketch) => DistinctCount::About(sketch.composite_estimate().round() as u64),
            None => DistinctCount::Exact(self.values.list.len() as u64),
        };
        let mut most_common = self.values.list;
        most_common.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        most_common.truncate(VALUES_NAMED);
        let extreme = |found: Option<(i64, Vec<u8>, (usize, u64))>| {
            found.map(|(_, value, (input, line))| Extreme { value, input, line })
        };
        ColumnProfile {
            column: self.column,
            rows: self.rows,
            empty: self.empty,
            distinct,
            most_common,
            lowest: extreme(self.extremes.lowest),
            highest: extreme(self.extremes.highest),
        }
    }
}
