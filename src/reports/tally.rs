//! The counts of a run: rows by stage and offer type, rejects by code, fees by currency and stage.

use super::columns::REPORT_COUNT;
use super::currency::{CurrencyCode, CurrencyIndex};
use crate::ingest::{REJECT_CODE_COUNT, RejectCode, Row};
use crate::rules::{Decision, OfferType, Stage};
use std::collections::BTreeMap;

/// Number of stages.
pub const STAGE_COUNT: usize = Stage::ALL.len();
/// Number of offer types.
pub const OFFER_TYPE_COUNT: usize = OfferType::ALL.len();

/// Fees of one currency and stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeTotal {
    /// Offers with a fee.
    pub offers: u64,
    /// Sum of the fees in ten-thousandths.
    pub fees: i128,
    /// Most decimal places that a fee was written with.
    pub places: u8,
}

/// The counts of a batch or of a whole run; merging is commutative.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows read.
    pub rows_read: u64,
    /// Rows that were evaluated.
    pub rows_evaluated: u64,
    /// Rejected rows by code.
    pub rejected: [u64; REJECT_CODE_COUNT],
    /// Evaluated rows by stage and offer type.
    pub stages: [[u64; OFFER_TYPE_COUNT]; STAGE_COUNT],
    /// Rows written to each report.
    pub report_rows: [u64; REPORT_COUNT],
    /// Fees by the currency's number, for each stage.
    pub fees: Vec<[FeeTotal; STAGE_COUNT]>,
}

impl Tally {
    /// Counts an evaluated row.
    #[inline]
    pub fn evaluated(&mut self, currency: usize, row: &Row<'_>, decision: &Decision) {
        self.rows_evaluated += 1;
        self.stages[decision.stage.index()][row.offer.offer_type.index()] += 1;
        if let Some(cell) = &row.fee {
            let total = &mut self.fee_totals(currency)[decision.stage.index()];
            total.offers += 1;
            total.fees += cell.fee.ten_thousandths;
            total.places = total.places.max(cell.fee.places);
        }
    }

    /// Counts a rejected row.
    pub fn rejected(&mut self, code: RejectCode) {
        self.rejected[code.index()] += 1;
    }

    /// All rejected rows.
    pub fn rows_rejected(&self) -> u64 {
        self.rejected.iter().sum()
    }

    #[inline]
    fn fee_totals(&mut self, currency: usize) -> &mut [FeeTotal; STAGE_COUNT] {
        if self.fees.len() <= currency {
            self.fees.resize(currency + 1, Default::default());
        }
        &mut self.fees[currency]
    }

    /// Adds the counts of a part; `numbers` are this tally's numbers of the part's currencies.
    pub fn merge(&mut self, part: &Self, numbers: &[usize]) {
        self.rows_read += part.rows_read;
        self.rows_evaluated += part.rows_evaluated;
        add_each(&mut self.rejected, &part.rejected);
        add_each(&mut self.report_rows, &part.report_rows);
        for (stage, counts) in self.stages.iter_mut().zip(&part.stages) {
            add_each(stage, counts);
        }
        for (totals, &currency) in part.fees.iter().zip(numbers) {
            for (total, other) in self.fee_totals(currency).iter_mut().zip(totals) {
                total.offers += other.offers;
                total.fees += other.fees;
                total.places = total.places.max(other.places);
            }
        }
    }

    /// Fee totals in the order of the currency codes.
    pub fn fees_by_currency(&self, currencies: &CurrencyIndex) -> BTreeMap<CurrencyCode, &[FeeTotal; STAGE_COUNT]> {
        currencies.codes().iter().copied().zip(&self.fees).collect()
    }
}

fn add_each(into: &mut [u64], part: &[u64]) {
    for (total, count) in into.iter_mut().zip(part) {
        *total += count;
    }
}
