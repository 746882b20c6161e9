//! What the rows of a batch say: offers due, what became of them, and those that could not be matched.

use super::ledger::{DueOffer, Fate, Ledger, OfferKey, key_of};
use crate::finance::{Condition, DueTimes, PaymentHistory, leaf_index};
use crate::formats::csv::CsvCellSink;
use crate::ingest::{Fault, Reject, Row, RowConsumer};
use crate::reports::{ReportOptions, due_time, is_in_forecast, write_unmatched};
use crate::rules::{Decision, Policy, decide, visit_closed_windows, window_outcome};

/// What the rows of the older export are forecast by.
#[derive(Clone, Copy, Debug)]
pub struct ForecastBasis<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The as-of date of the older export, and the months of the forecast.
    pub options: &'a ReportOptions,
    /// Days before it whose closed windows the rates are measured on.
    pub history_days: i32,
    /// The numbers of due times.
    pub times: DueTimes,
    /// The month of the as-of date, in months since the year 0.
    pub first_month: i32,
}

/// Rows that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Rows that were evaluated.
    pub evaluated: u64,
    /// Rows that were rejected.
    pub rejected: u64,
}

impl RowCounts {
    /// Adds those of a part.
    pub const fn add(&mut self, part: Self) {
        self.evaluated += part.evaluated;
        self.rejected += part.rejected;
    }
}

/// The offers that a batch of the older export has due.
pub struct DueBatch<'a> {
    basis: ForecastBasis<'a>,
    /// The offers, in order.
    pub due: Vec<(OfferKey, DueOffer)>,
    /// How the windows of the past ended.
    pub history: PaymentHistory,
    /// Rows read.
    pub rows: RowCounts,
}

impl<'a> DueBatch<'a> {
    /// Of no rows yet.
    pub fn new(basis: ForecastBasis<'a>) -> Self {
        Self { basis, due: Vec::new(), history: PaymentHistory::new(basis.policy), rows: RowCounts::default() }
    }
}

/// The offer as the forecast has it, if it has it.
fn due_offer(basis: &ForecastBasis<'_>, row: &Row<'_>, decision: &Decision) -> Option<DueOffer> {
    if !is_in_forecast(basis.options, decision) {
        return None;
    }
    let leaf = leaf_index(row.offer.offer_type, row.level)?;
    let due = due_time(basis.options, basis.first_month, decision)?;
    let anniversary = decision.term.as_ref()?.anniversary;
    let currency = row.currency.try_into().unwrap_or_default();
    let fee = row.fee.map(|cell| cell.fee);
    Some(DueOffer::new(anniversary, currency, basis.times.index(due), leaf, Condition::of(decision), fee))
}

impl RowConsumer for DueBatch<'_> {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let ForecastBasis { policy, options, history_days, .. } = self.basis;
        let decision = decide(policy, options.as_of, &row.offer)?;
        self.rows.evaluated += 1;
        if let (Some(term), Some(leaf)) = (&decision.term, leaf_index(row.offer.offer_type, row.level)) {
            visit_closed_windows(policy, options.as_of, history_days, &row.offer, term, |outcome| {
                self.history.add(leaf, outcome);
            });
        }
        if let Some(due) = due_offer(&self.basis, row, &decision) {
            self.due.push((key_of(row), due));
        }
        Ok(())
    }

    fn reject(&mut self, _: Reject) {
        self.rows.rejected += 1;
    }
}

/// What a batch of the later export says became of the offers that were due.
pub struct FateBatch<'a> {
    policy: &'a Policy,
    as_of: crate::rules::Date,
    ledger: &'a Ledger,
    /// The offers found, in order.
    pub fates: Vec<(OfferKey, Fate)>,
    /// Rows read.
    pub rows: RowCounts,
}

impl<'a> FateBatch<'a> {
    /// Of no rows yet; `as_of` is the day of the later export.
    pub fn new(policy: &'a Policy, as_of: crate::rules::Date, ledger: &'a Ledger) -> Self {
        Self { policy, as_of, ledger, fates: Vec::new(), rows: RowCounts::default() }
    }
}

impl RowConsumer for FateBatch<'_> {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let decision = decide(self.policy, self.as_of, &row.offer)?;
        self.rows.evaluated += 1;
        let Some(term) = &decision.term else { return Ok(()) };
        let key = key_of(row);
        if let Some(due) = self.ledger.get(key) {
            let outcome = window_outcome(self.policy, &row.offer, term, due.anniversary);
            self.fates.push((key, outcome.into()));
        }
        Ok(())
    }

    fn reject(&mut self, _: Reject) {
        self.rows.rejected += 1;
    }
}

/// The rows of a batch of the older export whose offers could not be matched.
pub struct UnmatchedBatch<'a> {
    basis: ForecastBasis<'a>,
    ledger: &'a Ledger,
    /// The rows as CSV.
    pub cells: CsvCellSink,
    /// How many they are.
    pub count: u64,
}

impl<'a> UnmatchedBatch<'a> {
    /// Of no rows yet.
    pub const fn new(basis: ForecastBasis<'a>, ledger: &'a Ledger, cells: CsvCellSink) -> Self {
        Self { basis, ledger, cells, count: 0 }
    }
}

impl RowConsumer for UnmatchedBatch<'_> {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let decision = decide(self.basis.policy, self.basis.options.as_of, &row.offer)?;
        if let Some(due) = due_offer(&self.basis, row, &decision)
            && let Some(DueOffer { fate: Fate::Unmatched(reason), .. }) = self.ledger.get(key_of(row))
        {
            write_unmatched(row, due.anniversary, *reason, &mut self.cells);
            self.count += 1;
        }
        Ok(())
    }

    fn reject(&mut self, _: Reject) {}
}
