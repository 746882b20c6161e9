//! How the windows of the past year ended, by segment, and on which day of its window a term was paid.

use super::segment::{LEAF_COUNT, Segment};
use crate::rules::{Policy, WindowOutcome};

/// Windows that have closed, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowCounts {
    /// Paid, on a day that the export shows.
    pub paid_dated: u64,
    /// Paid, as the anniversary moved on, without a day.
    pub paid_undated: u64,
    /// Not paid.
    pub unpaid: u64,
    /// Not paid in the window, but in the reactivation span after it.
    pub reactivated: u64,
    /// Renewed in the window or by reactivation, nobody can tell which; not counted either way.
    pub undetermined: u64,
}

impl WindowCounts {
    /// Windows whose term was paid in them.
    pub const fn paid(&self) -> u64 {
        self.paid_dated + self.paid_undated
    }

    /// Windows that count: those whose end is known.
    pub const fn closed(&self) -> u64 {
        self.paid() + self.unpaid + self.reactivated
    }

    fn add(&mut self, other: &Self) {
        self.paid_dated += other.paid_dated;
        self.paid_undated += other.paid_undated;
        self.unpaid += other.unpaid;
        self.reactivated += other.reactivated;
        self.undetermined += other.undetermined;
    }
}

/// The windows that closed in the history of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentHistory {
    leaves: [WindowCounts; LEAF_COUNT],
    /// Dated payments by the day of the window, the first one at 0.
    payments_by_day: Vec<u64>,
}

impl PaymentHistory {
    /// No windows yet, each of which has the days of the policy.
    pub fn new(policy: &Policy) -> Self {
        let numbers = policy.numbers();
        let days = numbers.window_closes_after_days - numbers.window_opens_after_days + 1;
        Self { leaves: Default::default(), payments_by_day: vec![0; days.max(1) as usize] }
    }

    /// Counts a window of a leaf.
    #[inline]
    pub fn add(&mut self, leaf: usize, outcome: WindowOutcome) {
        let counts = &mut self.leaves[leaf];
        match outcome {
            WindowOutcome::Paid { day_in_window } => {
                counts.paid_dated += 1;
                self.payments_by_day[day_in_window as usize] += 1;
            }
            WindowOutcome::PaidUndated => counts.paid_undated += 1,
            WindowOutcome::Unpaid => counts.unpaid += 1,
            WindowOutcome::Reactivated => counts.reactivated += 1,
            WindowOutcome::Undetermined => counts.undetermined += 1,
        }
    }

    /// Adds the windows of a part of the same run.
    pub fn merge(&mut self, part: &Self) {
        for (counts, other) in self.leaves.iter_mut().zip(&part.leaves) {
            counts.add(other);
        }
        for (payments, other) in self.payments_by_day.iter_mut().zip(&part.payments_by_day) {
            *payments += other;
        }
    }

    /// Forgets the windows.
    pub fn clear(&mut self) {
        self.leaves = Default::default();
        self.payments_by_day.fill(0);
    }

    /// The windows of a segment.
    pub fn counts(&self, segment: Segment) -> WindowCounts {
        let mut counts = WindowCounts::default();
        segment.leaves().for_each(|leaf| counts.add(&self.leaves[leaf]));
        counts
    }

    /// Dated payments by the day of the window, the first one at 0.
    pub fn payments_by_day(&self) -> &[u64] {
        &self.payments_by_day
    }

    /// Share of the payments in a window that come after a day of it, the first one being 0.
    ///
    /// Without any dated payment they are taken to be spread evenly over the window.
    pub fn share_after(&self, day: usize) -> f64 {
        let days = self.payments_by_day.len();
        let after: u64 = self.payments_by_day.iter().skip(day + 1).sum();
        match self.payments_by_day.iter().sum::<u64>() {
            0 => days.saturating_sub(day + 1) as f64 / days as f64,
            all => after as f64 / all as f64,
        }
    }
}
