//! Spoiling rows on purpose, so that each reject code of the specification is met.
//!
//! A spoiled row has exactly one thing wrong with it, and that thing does not reach into the next row:
//!
//! - `unclosed_quote` is planted once at most, in the very last row. Anywhere else the next `"` of a later row would
//!   close it, and the reader would rightly report something else.
//! - `record_too_long` takes more than 1 MiB of file each, so it is planted at most [`LONG_RECORDS_MAX`] times, in the
//!   first rows that draw it.
//! - Parquet has no framing and only valid text, so there only the codes of cells and of dates are planted.

use super::GenerateOptions;
use super::bad_values::{bad_cell, spoil_dates};
use super::random::{Purpose, Random};
use super::row::Row;
use crate::ingest::{Column, REJECT_CODE_COUNT, RejectCode};
use crate::rules::Policy;

/// The reject codes in the order in which they are drawn: those that any format can carry, those of CSV's framing,
/// and last those that a file carries a few of at most. The order is part of what a seed means.
const PLANTED: [RejectCode; 16] = [
    RejectCode::MissingValue,
    RejectCode::BadDate,
    RejectCode::BadEnum,
    RejectCode::BadBool,
    RejectCode::BadDecimal,
    RejectCode::BadCurrency,
    RejectCode::PurchaseAfterAnniversary,
    RejectCode::PaymentBeforePurchase,
    RejectCode::PaymentAfterAsOf,
    RejectCode::PaymentOutsideWindow,
    RejectCode::BadQuote,
    RejectCode::BadUtf8,
    RejectCode::TooFewFields,
    RejectCode::TooManyFields,
    RejectCode::RecordTooLong,
    RejectCode::UnclosedQuote,
];

/// The most rows that are spoiled with `record_too_long`.
pub const LONG_RECORDS_MAX: usize = 3;
/// How many codes any format can carry: those before the codes of framing.
const CODES_OF_VALUES: usize = 10;
/// How many codes a CSV file can carry any number of.
const CODES_WITHOUT_LIMIT: usize = 14;

/// Which rows of an export are spoiled, and with what.
#[derive(Debug)]
pub(super) struct Spoiling {
    options: GenerateOptions,
    carries_framing: bool,
    long_records: Vec<u64>,
    unclosed_row: Option<u64>,
}

/// How one row was spoiled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spoiled {
    /// What is wrong with the row.
    pub code: RejectCode,
    /// The cell that is wrong and its text, for the codes of cells.
    pub cell: Option<(Column, &'static str)>,
    /// A random number for variety in the codes of framing.
    pub variety: u64,
}

/// How many rows were spoiled with each code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlantedCounts([u64; REJECT_CODE_COUNT]);

impl PlantedCounts {
    /// The rows spoiled with `code`.
    pub const fn of(&self, code: RejectCode) -> u64 {
        self.0[code.index()]
    }

    /// The rows spoiled with any code.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Every code with its count, in the order of [`RejectCode::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (RejectCode, u64)> + '_ {
        RejectCode::ALL.iter().map(|&code| (code, self.of(code)))
    }

    pub(super) const fn count(&mut self, code: RejectCode) {
        self.0[code.index()] += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

impl Spoiling {
    /// The spoiling of a CSV file, with every code.
    pub(super) fn of_csv(options: GenerateOptions) -> Self {
        let mut spoiling = Self { carries_framing: true, ..Self::of_parquet(options) };
        // A rate under which the file has no spoiled row is not exceeded just to end it with one.
        if options.rows as f64 * options.dirty >= 1.0 {
            spoiling.unclosed_row = options.rows.checked_sub(1);
        }
        if options.dirty > 0.0 {
            let rows = 0..spoiling.unclosed_row.unwrap_or(options.rows);
            let draws_it =
                |row: &u64| spoiling.first_draw(*row).is_some_and(|(code, _)| code == RejectCode::RecordTooLong);
            spoiling.long_records = rows.filter(draws_it).take(LONG_RECORDS_MAX).collect();
        }
        spoiling
    }

    /// The spoiling of a Parquet file, with the codes of cells and dates.
    pub(super) const fn of_parquet(options: GenerateOptions) -> Self {
        Self { options, carries_framing: false, long_records: Vec::new(), unclosed_row: None }
    }

    /// Spoils the row with a number if it is to be, in its dates or by what it returns.
    pub(super) fn spoil(&self, policy: &Policy, number: u64, row: &mut Row<'_>) -> Option<Spoiled> {
        if self.options.dirty == 0.0 {
            return None;
        }
        let (code, mut random) = self.code(number)?;
        let code = spoil_dates(self.options, policy, code, &mut random, row);
        Some(Spoiled { code, cell: bad_cell(code, &mut random, row), variety: random.next() })
    }

    /// What the row with a number is spoiled with, and the random numbers for how.
    fn code(&self, number: u64) -> Option<(RejectCode, Random)> {
        if self.unclosed_row == Some(number) {
            return Some((RejectCode::UnclosedQuote, Random::new(self.options.seed, Purpose::Spoiling, number)));
        }
        let (code, mut random) = self.first_draw(number)?;
        let code = match code {
            RejectCode::RecordTooLong if self.long_records.contains(&number) => code,
            RejectCode::RecordTooLong if self.carries_framing => PLANTED[random.index_below(CODES_WITHOUT_LIMIT)],
            _ if !self.carries_framing && !PLANTED[..CODES_OF_VALUES].contains(&code) => {
                PLANTED[random.index_below(CODES_OF_VALUES)]
            }
            _ => code,
        };
        Some((code, random))
    }

    /// What the row with a number draws before the limits of codes and formats.
    fn first_draw(&self, number: u64) -> Option<(RejectCode, Random)> {
        let mut random = Random::new(self.options.seed, Purpose::Spoiling, number);
        let is_spoiled = random.fraction() < self.options.dirty;
        is_spoiled.then(|| (PLANTED[random.index_below(CODES_WITHOUT_LIMIT + 1)], random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test_policies::date;

    fn options(rows: u64, dirty: f64) -> GenerateOptions {
        GenerateOptions { rows, seed: 11, dirty, as_of: date("2020-06-05"), lives: None }
    }

    fn planted(spoiling: &Spoiling) -> PlantedCounts {
        let mut planted = PlantedCounts::default();
        for (code, _random) in (0..spoiling.options.rows).filter_map(|row| spoiling.code(row)) {
            planted.count(code);
        }
        planted
    }

    #[test]
    fn every_code_gets_about_the_same_share() {
        let csv = planted(&Spoiling::of_csv(options(200_000, 0.1)));
        assert!((19_500..20_500).contains(&csv.total()), "{csv:?}");
        assert_eq!(csv.of(RejectCode::RecordTooLong), LONG_RECORDS_MAX as u64);
        assert_eq!(csv.of(RejectCode::UnclosedQuote), 1);
        let parquet = planted(&Spoiling::of_parquet(options(200_000, 0.1)));
        assert!((19_500..20_500).contains(&parquet.total()), "{parquet:?}");
        for &code in &PLANTED[..CODES_WITHOUT_LIMIT] {
            assert!((1_300..1_560).contains(&csv.of(code)), "{code:?}: {csv:?}");
            let in_parquet = parquet.of(code);
            assert!(if PLANTED[..CODES_OF_VALUES].contains(&code) {
                (1_850..2_150).contains(&in_parquet)
            } else {
                in_parquet == 0
            });
        }
    }

    #[test]
    fn the_rate_is_kept_at_its_ends() {
        assert_eq!(planted(&Spoiling::of_csv(options(1_000, 0.0))).total(), 0);
        assert_eq!(planted(&Spoiling::of_csv(options(1_000, 1.0))).total(), 1_000);
        assert_eq!(planted(&Spoiling::of_csv(options(1_000, 1e-9))).total(), 0);
        assert_eq!(planted(&Spoiling::of_csv(options(0, 1.0))).total(), 0);
        assert_eq!(planted(&Spoiling::of_csv(options(1, 1.0))).of(RejectCode::UnclosedQuote), 1);
    }
}
