//! Invented exports of any size, for trying the tool out and for measuring it.
//!
//! The companies, offers and fees are made up; only the competency names are the documentation's. Each row is made
//! from the seed and its number alone, so rows are made in parallel and in bounded memory, and the same seed gives the
//! same export for ever. Dates are drawn under a policy, so that every clean row is one that the rules accept, and a
//! share of the rows can be spoiled with the specification's reject codes ([`RejectCode`](crate::ingest::RejectCode)). Writing to a file, and
//! publishing it whole, is the caller's job.

mod bad_values;
mod blocks;
mod csv;
mod dates;
mod dirty;
mod lives;
mod parquet;
mod partner;
mod random;
mod row;
mod row_writer;
mod words;

pub use csv::generate_csv;
pub use dirty::{LONG_RECORDS_MAX, PlantedCounts};
pub use lives::Lives;
pub use parquet::generate_parquet;

use std::ops::Range;

use crate::rules::{Date, Policy};
use dirty::{Spoiled, Spoiling};
use row::{Row, RowMaker};

/// The earliest as-of date, two years after the first purchases so that there is something to lapse.
pub const AS_OF_MIN: Date = Date::from_year_month_day(2010, 1, 1).unwrap();
/// The latest as-of date, so that no date of an export lies after the last year of an input date.
pub const AS_OF_MAX: Date = Date::from_year_month_day(2990, 12, 31).unwrap();

/// What export to make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GenerateOptions {
    /// How many rows, not counting the header.
    pub rows: u64,
    /// What the random numbers start from.
    pub seed: u64,
    /// The share of rows to spoil, 0 to 1.
    pub dirty: f64,
    /// The day on which the export is made; clean rows are valid on it and on every later day.
    pub as_of: Date,
    /// How the offers live on, if they do: at which rates they are paid, and when they are exported.
    pub lives: Option<Lives>,
}

/// What an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerateSummary {
    /// The rows written, spoiled ones too.
    pub rows: u64,
    /// The rows spoiled, by code.
    pub planted: PlantedCounts,
}

/// Why an export could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The share of rows to spoil is no share.
    #[error("the dirty rate is {0}, but must be from 0 to 1")]
    DirtyRate(f64),
    /// The as-of date leaves no room for the offers before or after it.
    #[error("the as-of date is {0}, but must be from {AS_OF_MIN} to {AS_OF_MAX}")]
    AsOf(Date),
    /// The day on which the offers are seen lies before that on which they are made up, or too late.
    #[error("the offers are seen on {0}, but must be from the as-of date to {AS_OF_MAX}")]
    SeenOn(Date),
    /// Spoiled rows are made up for one day only.
    #[error("rows cannot be spoiled in exports of offers that live on")]
    DirtyLives,
    /// Inputs are not read with such a delimiter.
    #[error("the delimiter is {0:?}, but must be a comma, a tab or a semicolon")]
    Delimiter(char),
    /// The threads could not be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// Threads that there should be.
        threads: usize,
        /// What the system said.
        reason: std::io::Error,
    },
    /// Writing failed.
    #[error("cannot write the export")]
    Write(#[from] std::io::Error),
    /// Writing Parquet failed.
    #[error("cannot write the export as Parquet")]
    WriteParquet(#[from] ::parquet::errors::ParquetError),
}

impl GenerateError {
    /// Whether it is what was asked for that cannot be, and not the writing.
    pub const fn is_option(&self) -> bool {
        matches!(self, Self::DirtyRate(_) | Self::AsOf(_) | Self::SeenOn(_) | Self::DirtyLives)
    }
}

impl GenerateOptions {
    fn check(&self) -> Result<(), GenerateError> {
        if !(0.0..=1.0).contains(&self.dirty) {
            return Err(GenerateError::DirtyRate(self.dirty));
        }
        if self.as_of < AS_OF_MIN || self.as_of > AS_OF_MAX {
            return Err(GenerateError::AsOf(self.as_of));
        }
        match self.lives {
            Some(_) if self.dirty > 0.0 => Err(GenerateError::DirtyLives),
            Some(Lives { seen_on, .. }) if seen_on < self.as_of || seen_on > AS_OF_MAX => {
                Err(GenerateError::SeenOn(seen_on))
            }
            _ => Ok(()),
        }
    }
}

fn thread_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Makes rows in order, spoils those that are to be, and hands each to `visit`; returns what was planted.
fn visit_rows(
    options: GenerateOptions,
    policy: &Policy,
    spoiling: &Spoiling,
    rows: Range<u64>,
    mut visit: impl FnMut(&Row<'_>, Option<Spoiled>),
) -> PlantedCounts {
    let mut planted = PlantedCounts::default();
    let mut maker = RowMaker::new(options, policy);
    for number in rows {
        let mut row = maker.row(number);
        let spoiled = spoiling.spoil(policy, number, &mut row);
        if let Some(spoiled) = spoiled {
            planted.count(spoiled.code);
        }
        visit(&row, spoiled);
    }
    planted
}
