//! Fees that fall due, told apart by all that bears on whether they are paid.

use super::fee_sum::FeeSum;
use super::segment::LEAF_COUNT;
use crate::rules::{Blockers, Decision, Requirements};

/// A currency code: three letters, or zero bytes where an offer has none.
pub type CurrencyCode = [u8; 3];

/// When a fee falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueTime {
    /// In the renewal window that is open, `day` days after its first one.
    InWindow {
        /// 0 on the first day of the window.
        day: u32,
    },
    /// Once the window opens, after the first reminder.
    Reminded {
        /// Months after that of the as-of date; the number of months of the forecast stands for all later ones.
        month: u32,
    },
    /// Once the window opens, before the first reminder.
    Current {
        /// As for [`Self::Reminded`].
        month: u32,
    },
    /// The window was missed, and the term can be reactivated (R8).
    Reactivatable,
}

/// What the rules say of an offer's requirements, as far as the forecast looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequirementState {
    /// None, met, or unknown.
    Clear,
    /// Exempt (R7).
    Exempt,
    /// Not met (R10).
    Unmet,
}

/// What can keep an offer from renewing at the rate of its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// The requirements.
    pub requirements: RequirementState,
    /// Whether the membership is still on the old portal (R9).
    pub is_on_pmc: bool,
}

/// Number of conditions.
pub const CONDITION_COUNT: usize = 6;

impl Condition {
    /// The condition of an offer.
    #[inline]
    pub const fn of(decision: &Decision) -> Self {
        let requirements = match decision.requirements {
            Requirements::Exempt => RequirementState::Exempt,
            Requirements::Unmet => RequirementState::Unmet,
            _ => RequirementState::Clear,
        };
        Self { requirements, is_on_pmc: decision.blockers.pmc_migration }
    }

    /// The condition's number.
    #[inline]
    pub const fn index(self) -> usize {
        self.requirements as usize * 2 + self.is_on_pmc as usize
    }

    /// The condition of a number.
    pub const fn from_index(index: usize) -> Self {
        let requirements = match index / 2 {
            0 => RequirementState::Clear,
            1 => RequirementState::Exempt,
            _ => RequirementState::Unmet,
        };
        Self { requirements, is_on_pmc: index % 2 == 1 }
    }

    /// The blockers it stands for.
    pub const fn blockers(self) -> Blockers {
        Blockers {
            pmc_migration: self.is_on_pmc,
            requirements_unmet: matches!(self.requirements, RequirementState::Unmet),
        }
    }
}

/// Fees of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueFees {
    /// Currency code.
    pub currency: CurrencyCode,
    /// When they fall due.
    pub due: DueTime,
    /// Number of the segment's leaf.
    pub leaf: usize,
    /// What keeps them from being paid.
    pub condition: Condition,
    /// Offers, fees and squares of fees.
    pub sum: FeeSum,
}

/// The numbers that [`DueTime`]s have in a run, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueTimes {
    /// Days of a renewal window.
    pub window_days: u32,
    /// Months of the forecast.
    pub months: u32,
}

impl DueTimes {
    /// How many there are.
    pub const fn count(self) -> usize {
        (1 + self.window_days + 2 * (self.months + 1)) as usize
    }

    /// The number of a due time; a month after the last one counts as the one after it.
    #[inline]
    pub fn index(self, due: DueTime) -> usize {
        let number = match due {
            DueTime::Reactivatable => 0,
            DueTime::InWindow { day } => 1 + day,
            DueTime::Reminded { month } => 1 + self.window_days + month.min(self.months),
            DueTime::Current { month } => 2 + self.window_days + self.months + month.min(self.months),
        };
        number as usize
    }

    /// The due time of a number.
    pub const fn due(self, index: usize) -> DueTime {
        let index = index as u32;
        let Some(index) = index.checked_sub(1) else { return DueTime::Reactivatable };
        let Some(month) = index.checked_sub(self.window_days) else { return DueTime::InWindow { day: index } };
        match month.checked_sub(self.months + 1) {
            None => DueTime::Reminded { month },
            Some(month) => DueTime::Current { month },
        }
    }
}

/// The number of a kind of fee within its currency.
#[inline]
pub const fn kind_index(due_index: usize, leaf: usize, condition: Condition) -> usize {
    (due_index * LEAF_COUNT + leaf) * CONDITION_COUNT + condition.index()
}

/// Due time, leaf and condition of a number within a currency.
pub const fn kind_of(index: usize) -> (usize, usize, Condition) {
    let (rest, condition) = (index / CONDITION_COUNT, index % CONDITION_COUNT);
    (rest / LEAF_COUNT, rest % LEAF_COUNT, Condition::from_index(condition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_for_what_they_were_made_of() {
        let times = DueTimes { window_days: 30, months: 12 };
        for index in 0..times.count() {
            assert_eq!(times.index(times.due(index)), index);
        }
        assert_eq!(times.index(DueTime::Current { month: 500 }), times.index(DueTime::Current { month: 12 }));
        for condition in 0..CONDITION_COUNT {
            assert_eq!(Condition::from_index(condition).index(), condition);
            assert_eq!(
                kind_of(kind_index(7, 3, Condition::from_index(condition))),
                (7, 3, Condition::from_index(condition))
            );
        }
    }
}
