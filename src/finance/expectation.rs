//! What is expected of a set of fees, and how sure that is.
//!
//! A fee is paid with the chance p = f·r: r is the rate of its segment, which all fees of the segment share and which
//! is itself uncertain with mean m and variance v; f is a certain share for the fee's condition and, in an open window,
//! for the days that are left. Given r, fees are paid or not each on its own. So with F and Q, the sums of the fees and
//! of their squares, the sum of what is paid has
//!
//!   mean      Σ m·f·F
//!   variance  Σ Q·(f·m − f²·(m² + v))  +  Σ over segments v·(Σ f·F)²
//!
//! where the last term is what the shared rate adds.

use super::due::{Condition, DueFees, DueTime, RequirementState};
use super::history::PaymentHistory;
use super::interval::{Bounds, PaymentSum, rounded, sum_bounds};
use super::scenario_rates::ScenarioRates;
use super::segment::LEAF_COUNT;

/// Ten-thousandths in a unit of money.
const PER_UNIT: f64 = 1e4;

/// What is expected of a set of fees, in units of their currency, rounded to twelve significant digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub expected: f64,
    /// The low bound of the interval.
    pub low: f64,
    /// The high bound of the interval.
    pub high: f64,
}

impl Estimate {
    /// The estimate in another currency.
    pub fn converted(self, rate: f64) -> Self {
        Self { expected: rounded(self.expected * rate), low: rounded(self.low * rate), high: rounded(self.high * rate) }
    }
}

/// Adds up what is expected of fees of several segments.
#[derive(Clone, Debug)]
pub struct Expectation<'a> {
    rates: &'a ScenarioRates,
    history: &'a PaymentHistory,
    /// For each leaf, its fees times their shares.
    shared: [f64; LEAF_COUNT],
    total: f64,
    squares: f64,
    own_variance: f64,
}

impl<'a> Expectation<'a> {
    /// Of no fees yet.
    pub const fn new(rates: &'a ScenarioRates, history: &'a PaymentHistory) -> Self {
        Self { rates, history, shared: [0.0; LEAF_COUNT], total: 0.0, squares: 0.0, own_variance: 0.0 }
    }

    /// Adds fees, converted by a rate of exchange.
    pub fn add(&mut self, fees: &DueFees, exchange: f64) {
        let sum = fees.sum.fees as f64 / PER_UNIT * exchange;
        let squares = fees.sum.squares.to_f64() / (PER_UNIT * PER_UNIT) * (exchange * exchange);
        let (mean, variance) = (self.rates.mean(fees.leaf), self.rates.variance(fees.leaf));
        let share = self.share(fees, mean);
        self.total += sum;
        self.squares += squares;
        self.shared[fees.leaf] += share * sum;
        self.own_variance += squares * (share * mean - share * share * (mean * mean + variance));
    }

    /// The share of the segment's rate at which the fees are paid.
    fn share(&self, fees: &DueFees, mean: f64) -> f64 {
        let window = match fees.due {
            DueTime::InWindow { day } => still_paid(mean, self.history.share_after(day as usize)),
            _ => 1.0,
        };
        self.condition_share(fees.condition) * window
    }

    fn condition_share(&self, condition: Condition) -> f64 {
        let factors = &self.rates.factors;
        let requirements = match condition.requirements {
            RequirementState::Clear => 1.0,
            RequirementState::Exempt => factors.exempt,
            RequirementState::Unmet => factors.requirements_unmet,
        };
        requirements * if condition.is_on_pmc { factors.pmc_migration } else { 1.0 }
    }

    /// The estimate, with an interval of a coverage.
    pub fn estimate(&self, coverage: f64) -> Estimate {
        let mut mean = 0.0;
        let mut variance = self.own_variance;
        for (leaf, shared) in self.shared.iter().enumerate() {
            mean += self.rates.mean(leaf) * shared;
            variance += self.rates.variance(leaf) * shared * shared;
        }
        let sum = PaymentSum { total: self.total, squares: self.squares, mean, variance };
        let Bounds { low, high } = sum_bounds(&sum, coverage);
        Estimate { expected: rounded(mean), low: rounded(low), high: rounded(high) }
    }
}

/// The share of a rate that is left for a term that was not paid so far in its window, `after` being the share of the
/// payments that come later: r·after / (1 − r + r·after), divided by r.
fn still_paid(rate: f64, after: f64) -> f64 {
    if after > 0.0 { after / (1.0 - rate + rate * after) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_that_is_still_unpaid_is_paid_less_often() {
        assert_eq!(still_paid(0.8, 1.0), 1.0);
        assert_eq!(still_paid(0.8, 0.0), 0.0);
        assert_eq!(still_paid(1.0, 0.0), 0.0);
        // Of ten offers eight pay, four of them in the second half: four of the six that are left.
        assert!((0.8 * still_paid(0.8, 0.5) - 4.0 / 6.0).abs() < 1e-12);
    }
}
