//! What a page for readers says beyond the counts and the forecast: renewals a week, lapses by age, reactivations by
//! deadline and the largest fees at risk.
//!
//! A part is counted for each batch and merged in the order of the input. Counts commute; among equal fees the offer
//! that stands first in the input goes first. Nothing grows with the number of rows.

mod largest_fees;

pub use largest_fees::{FeeAtRisk, LARGEST_FEES, ShortenedText, TEXT_CHARACTERS_MAX};

use super::rows::ReportOptions;
use super::tally::OFFER_TYPE_COUNT;
use crate::ingest::Row;
use crate::rules::{Date, Decision, OfferType, Stage, Term, spelled_enumeration};
use largest_fees::LargestFees;
use std::collections::BTreeMap;

/// Weeks that are counted one by one, the as-of date's own the first; the last count is of all later ones.
pub const WEEKS: usize = 53;

spelled_enumeration! {
    /// What has missed its window.
    LapseGroup {
        /// An Action Pack that has lapsed.
        ActionPack = "action_pack",
        /// A competency that has lapsed.
        Competency = "competency",
        /// An offer that can still be reactivated (R8).
        Reactivatable = "reactivatable",
    }
}

/// Number of lapse groups.
pub const LAPSE_GROUP_COUNT: usize = LapseGroup::ALL.len();

/// Days since the window closed at which an age group of lapses begins; each ends where the next one begins.
///
/// The first day after the window is that of the lapse itself (R5).
pub const LAPSE_AGES_FROM: [i32; 8] = [1, 2, 8, 31, 91, 181, 366, 731];

/// Offers that can be reactivated until one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeadlineCount {
    /// Offers.
    pub offers: u64,
    /// Those of them with a blocker.
    pub blocked: u64,
    /// Those of them whose fee is unknown.
    pub offers_without_fee: u64,
}

/// The counts of a batch or of a whole run.
#[derive(Clone, Debug)]
pub struct Overview {
    as_of: Date,
    horizon_days: i32,
    /// Rows of `upcoming_renewals` by the week of the window's last day and offer type; the last entry is of all
    /// weeks after [`WEEKS`].
    pub weeks: [[u64; OFFER_TYPE_COUNT]; WEEKS + 1],
    /// Offers that missed their window, by age and group.
    pub lapses: [[u64; LAPSE_GROUP_COUNT]; LAPSE_AGES_FROM.len()],
    /// Offers that can be reactivated, by the last day for it.
    pub deadlines: BTreeMap<Date, DeadlineCount>,
    /// Offers at risk whose fee is unknown.
    pub at_risk_without_fee: u64,
    /// The largest fees at risk by the currency's number.
    largest: Vec<LargestFees>,
}

/// The Monday of the week that a day lies in.
pub const fn monday_of(date: Date) -> Date {
    // 1970-01-01 was a Thursday, the fourth day of its week.
    date.plus_days(-(date.days_since_epoch() + 3).rem_euclid(7))
}

/// Whether the fee of an offer in this stage is lost unless it is paid by the offer's deadline: its window is open,
/// or it can only be reactivated.
pub const fn is_at_risk(stage: Stage) -> bool {
    matches!(stage, Stage::Open | Stage::FinalNotice | Stage::Reactivatable)
}

impl Overview {
    /// Nothing counted yet.
    pub const fn new(options: &ReportOptions) -> Self {
        Self {
            as_of: options.as_of,
            horizon_days: options.horizon_days,
            weeks: [[0; OFFER_TYPE_COUNT]; WEEKS + 1],
            lapses: [[0; LAPSE_GROUP_COUNT]; LAPSE_AGES_FROM.len()],
            deadlines: BTreeMap::new(),
            at_risk_without_fee: 0,
            largest: Vec::new(),
        }
    }

    /// Forgets the counts.
    pub fn clear(&mut self) {
        self.weeks = [[0; OFFER_TYPE_COUNT]; WEEKS + 1];
        self.lapses = [[0; LAPSE_GROUP_COUNT]; LAPSE_AGES_FROM.len()];
        self.deadlines.clear();
        self.at_risk_without_fee = 0;
        self.largest.clear();
    }

    /// Counts an evaluated row; `currency` is the number of its currency.
    pub fn add(&mut self, currency: usize, row: &Row<'_>, decision: &Decision) {
        let Some(term) = &decision.term else { return };
        match decision.stage {
            Stage::Current if term.anniversary.days_since(self.as_of) <= self.horizon_days => self.add_due(row, term),
            Stage::Reminded | Stage::Open | Stage::FinalNotice => self.add_due(row, term),
            Stage::Reactivatable | Stage::Lapsed => self.add_lapse(row, decision, term),
            _ => {}
        }
        if is_at_risk(decision.stage) {
            match &row.fee {
                Some(cell) => self.largest_of(currency).add(cell.fee, row, decision, term),
                None => self.at_risk_without_fee += 1,
            }
        }
    }

    fn add_due(&mut self, row: &Row<'_>, term: &Term) {
        // The window of an offer in these stages has not closed, so its week is not before the as-of date's.
        let week = term.window_closes.days_since(monday_of(self.as_of)) / 7;
        self.weeks[(week as usize).min(WEEKS)][row.offer.offer_type.index()] += 1;
    }

    fn add_lapse(&mut self, row: &Row<'_>, decision: &Decision, term: &Term) {
        let group = match (decision.stage, row.offer.offer_type) {
            (Stage::Reactivatable, _) => LapseGroup::Reactivatable,
            (_, OfferType::ActionPack) => LapseGroup::ActionPack,
            _ => LapseGroup::Competency,
        };
        let days = self.as_of.days_since(term.window_closes);
        let age = LAPSE_AGES_FROM.iter().rposition(|from| *from <= days).unwrap_or_default();
        self.lapses[age][group.index()] += 1;
        if let (LapseGroup::Reactivatable, Some(deadline)) = (group, term.reactivate_by) {
            let count = self.deadlines.entry(deadline).or_default();
            count.offers += 1;
            count.blocked += u64::from(!decision.blockers.as_str().is_empty());
            count.offers_without_fee += u64::from(row.fee.is_none());
        }
    }

    fn largest_of(&mut self, currency: usize) -> &mut LargestFees {
        if self.largest.len() <= currency {
            self.largest.resize_with(currency + 1, LargestFees::default);
        }
        &mut self.largest[currency]
    }

    /// Adds the counts of the part that comes next in the input; `numbers` are this overview's numbers of the part's
    /// currencies.
    pub fn merge(&mut self, part: &mut Self, numbers: &[usize]) {
        add_each(self.weeks.as_flattened_mut(), part.weeks.as_flattened());
        add_each(self.lapses.as_flattened_mut(), part.lapses.as_flattened());
        for (deadline, other) in &part.deadlines {
            let count = self.deadlines.entry(*deadline).or_default();
            count.offers += other.offers;
            count.blocked += other.blocked;
            count.offers_without_fee += other.offers_without_fee;
        }
        self.at_risk_without_fee += part.at_risk_without_fee;
        for (largest, &number) in part.largest.drain(..).zip(numbers) {
            self.largest_of(number).merge(largest);
        }
    }

    /// The largest fees at risk of a currency, the largest first, at most [`LARGEST_FEES`].
    pub fn largest_fees(&self, currency: usize) -> &[FeeAtRisk] {
        self.largest.get(currency).map_or(&[], LargestFees::as_slice)
    }

    /// Offers that lapsed on the as-of date itself, those that can be reactivated included.
    pub fn lapsed_today(&self) -> u64 {
        self.lapses[0].iter().sum()
    }
}

fn add_each(into: &mut [u64], part: &[u64]) {
    for (total, count) in into.iter_mut().zip(part) {
        *total += count;
    }
}

#[cfg(test)]
mod tests;
