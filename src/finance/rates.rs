//! Renewal rates from counted windows: empirical Bayes with the Beta-binomial model.
//!
//! The rate of each segment has a Beta prior around the rate of its parent. How much the prior counts is estimated
//! from how far the parent's segments lie apart, by the method of moments.

use super::assumptions::Shrinkage;
use super::history::{PaymentHistory, WindowCounts};
use super::segment::Segment;

/// A Beta distribution of a rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaRate {
    /// α: paid windows, those of the prior included.
    pub alpha: f64,
    /// β: unpaid windows, those of the prior included.
    pub beta: f64,
}

impl BetaRate {
    /// The mean.
    pub fn mean(self) -> f64 {
        self.alpha / self.strength()
    }

    /// The variance.
    pub fn variance(self) -> f64 {
        let mean = self.mean();
        mean * (1.0 - mean) / (self.strength() + 1.0)
    }

    /// Windows that the distribution is worth.
    pub fn strength(self) -> f64 {
        self.alpha + self.beta
    }
}

/// What is known of a segment's rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasuredRate {
    /// The segment.
    pub segment: Segment,
    /// Its windows.
    pub counts: WindowCounts,
    /// What is known without its own windows.
    pub prior: BetaRate,
    /// What is known with them.
    pub posterior: BetaRate,
}

impl MeasuredRate {
    /// The share of the segment's own windows that were paid; `None` without windows.
    pub fn observed(&self) -> Option<f64> {
        let closed = self.counts.closed();
        (closed > 0).then(|| self.counts.paid() as f64 / closed as f64)
    }
}

/// The rates of every segment, in the order of [`Segment::ALL`].
pub fn measure(history: &PaymentHistory, shrinkage: &Shrinkage) -> Vec<MeasuredRate> {
    let mut rates: Vec<MeasuredRate> = Vec::new();
    for segment in Segment::ALL {
        let counts = history.counts(segment);
        let parent = segment.parent().and_then(|parent| rates.iter().find(|rate| rate.segment == parent));
        let prior = match parent {
            None => BetaRate { alpha: shrinkage.all_paid, beta: shrinkage.all_unpaid },
            Some(parent) => {
                let strength = prior_strength(history, shrinkage, parent, &counts);
                let mean = parent.posterior.mean();
                BetaRate { alpha: strength * mean, beta: strength * (1.0 - mean) }
            }
        };
        let posterior = BetaRate {
            alpha: prior.alpha + counts.paid() as f64,
            beta: prior.beta + (counts.closed() - counts.paid()) as f64,
        };
        rates.push(MeasuredRate { segment, counts, prior, posterior });
    }
    rates
}

/// How many windows the prior of a segment counts for: the moment estimate, but no more than what the parent knows
/// besides the segment's own windows, and no less than `strength_least`.
fn prior_strength(
    history: &PaymentHistory,
    shrinkage: &Shrinkage,
    parent: &MeasuredRate,
    counts: &WindowCounts,
) -> f64 {
    let besides_own = parent.posterior.strength() - counts.closed() as f64;
    let estimated = match moment_estimate(history, parent.segment) {
        Some(intraclass) if intraclass > 0.0 => 1.0 / intraclass - 1.0,
        Some(_) => f64::INFINITY,
        None => shrinkage.strength_unknown,
    };
    estimated.min(besides_own).max(shrinkage.strength_least)
}

/// The intraclass correlation ρ of a parent's segments, of which the prior's strength is 1/ρ − 1.
///
/// With n windows in a segment, k of them paid, N and K in all J segments that have windows, and p = K/N:
/// S = Σ n (k/n − p)², E\[S\] = p(1−p) (J − 1 + ρ (N − Σn²/N − J + 1)), solved for ρ. `None` where fewer than two
/// segments have windows, or all windows ended alike.
fn moment_estimate(history: &PaymentHistory, parent: Segment) -> Option<f64> {
    let children = Segment::ALL.into_iter().filter(|segment| segment.parent() == Some(parent));
    let counts: Vec<WindowCounts> =
        children.map(|segment| history.counts(segment)).filter(|counts| counts.closed() > 0).collect();
    let windows: f64 = counts.iter().map(|counts| counts.closed() as f64).sum();
    let paid: f64 = counts.iter().map(|counts| counts.paid() as f64).sum();
    let share = paid / windows;
    if counts.len() < 2 || share <= 0.0 || share >= 1.0 {
        return None;
    }
    let mut spread = 0.0;
    let mut squares = 0.0;
    for counts in &counts {
        let closed = counts.closed() as f64;
        let distance = counts.paid() as f64 / closed - share;
        spread += closed * distance * distance;
        squares += closed * closed;
    }
    let others = (counts.len() - 1) as f64;
    let slope = windows - squares / windows - others;
    // Segments of one window each say nothing of how far apart they lie.
    (slope > 0.0).then(|| (spread / (share * (1.0 - share)) - others) / slope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::WindowOutcome;
    use crate::rules::test_policies::seed;

    fn history(leaves: &[(usize, u64, u64)]) -> PaymentHistory {
        let mut history = PaymentHistory::new(&seed());
        for &(leaf, paid, unpaid) in leaves {
            (0..paid).for_each(|_| history.add(leaf, WindowOutcome::PaidUndated));
            (0..unpaid).for_each(|_| history.add(leaf, WindowOutcome::Unpaid));
        }
        history
    }

    fn shrinkage() -> Shrinkage {
        Shrinkage { all_paid: 0.5, all_unpaid: 0.5, strength_unknown: 20.0, strength_least: 1.0 }
    }

    fn rate(rates: &[MeasuredRate], name: &str) -> MeasuredRate {
        *rates.iter().find(|rate| rate.segment.name() == name).unwrap()
    }

    #[test]
    fn without_history_every_rate_is_the_first_prior() {
        for rate in measure(&history(&[]), &shrinkage()) {
            assert_eq!((rate.posterior.mean(), rate.observed()), (0.5, None));
        }
    }

    /// By hand: N = 300, K = 230; silver 160 of 200, gold 70 of 100.
    #[test]
    fn the_strength_of_a_prior_is_the_moment_estimate() {
        let rates = measure(&history(&[(5, 160, 40), (4, 70, 30)]), &shrinkage());
        let share: f64 = 230.0 / 300.0;
        let spread = 200.0 * (0.8 - share).powi(2) + 100.0 * (0.7 - share).powi(2);
        let slope = 300.0 - (200.0f64.powi(2) + 100.0f64.powi(2)) / 300.0 - 1.0;
        let intraclass = (spread / (share * (1.0 - share)) - 1.0) / slope;
        let gold = rate(&rates, "competency/gold");
        assert!((gold.prior.strength() - (1.0 / intraclass - 1.0)).abs() < 1e-9);
        let parent = rate(&rates, "competency");
        assert!((gold.prior.mean() - parent.posterior.mean()).abs() < 1e-12);
        let silver = rate(&rates, "competency/silver");
        // Both lean on the middle, the smaller one more.
        assert!(silver.posterior.mean() < 0.8 && 0.7 < gold.posterior.mean());
        assert!(0.8 - silver.posterior.mean() < gold.posterior.mean() - 0.7);
    }

    #[test]
    fn a_segment_without_windows_has_the_rate_of_its_parent() {
        let rates = measure(&history(&[(5, 80, 20), (4, 70, 30)]), &shrinkage());
        let none = rate(&rates, "competency/none");
        assert!((none.posterior.mean() - rate(&rates, "competency").posterior.mean()).abs() < 1e-12);
        let packs = rate(&rates, "action_pack");
        assert_eq!(packs.prior.strength(), shrinkage().strength_unknown);
    }

    #[test]
    fn a_parent_lends_no_more_than_it_knows_besides() {
        // Alike, so the estimate has no end; the segment's own windows must not count twice.
        let rates = measure(&history(&[(5, 80, 20), (4, 40, 10)]), &shrinkage());
        let parent = rate(&rates, "competency").posterior.strength();
        for (name, own) in [("competency/silver", 100.0), ("competency/gold", 50.0)] {
            let rate = rate(&rates, name);
            assert!((rate.posterior.strength() - parent).abs() < 1e-9, "{name}");
            assert!((rate.prior.strength() - (parent - own)).abs() < 1e-9, "{name}");
        }
    }
}
