//! The rates that a scenario goes by: measured, taken at a quantile, or assumed.

use super::assumptions::{Assumptions, Factors, Scenario};
use super::interval::{Bounds, beta_bounds, beta_quantile, rounded};
use super::rates::MeasuredRate;
use super::segment::{LEAF_COUNT, Segment};

/// What a rate rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateBasis {
    /// The windows of the export.
    Measured,
    /// A quantile of what the windows of the export say, which is then taken for certain.
    Quantile,
    /// The assumptions.
    Assumed,
}

impl RateBasis {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Quantile => "quantile",
            Self::Assumed => "assumed",
        }
    }
}

/// The rate of a segment in a scenario.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SegmentRate {
    /// What was measured.
    pub measured: MeasuredRate,
    /// The rate: its mean, where it is uncertain.
    pub rate: f64,
    /// Its variance; nought where it is taken for certain.
    pub variance: f64,
    /// The interval of the rate.
    pub bounds: Bounds,
    /// What it rests on.
    pub basis: RateBasis,
}

/// The rates of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioRates {
    /// One for each segment, in the order of [`Segment::ALL`].
    pub segments: Vec<SegmentRate>,
    /// The scenario's shares.
    pub factors: Factors,
    leaves: [(f64, f64); LEAF_COUNT],
}

impl ScenarioRates {
    /// The rates of a scenario, from those measured.
    pub fn new(measured: &[MeasuredRate], assumptions: &Assumptions, scenario: &Scenario, coverage: f64) -> Self {
        let rate_of = |measured: &MeasuredRate| {
            let posterior = measured.posterior;
            let certain = |rate: f64, basis| SegmentRate {
                measured: *measured,
                rate,
                variance: 0.0,
                bounds: Bounds { low: rate, high: rate },
                basis,
            };
            match (assumptions.assumed(scenario, measured.segment), scenario.rate_quantile) {
                (Some(rate), _) => certain(rate, RateBasis::Assumed),
                (None, Some(quantile)) => {
                    certain(beta_quantile(posterior.alpha, posterior.beta, quantile), RateBasis::Quantile)
                }
                (None, None) => SegmentRate {
                    measured: *measured,
                    rate: posterior.mean(),
                    variance: posterior.variance(),
                    bounds: beta_bounds(posterior.alpha, posterior.beta, coverage),
                    basis: RateBasis::Measured,
                },
            }
        };
        let segments: Vec<SegmentRate> = measured.iter().map(rate_of).collect();
        let mut leaves = [(0.0, 0.0); LEAF_COUNT];
        for (index, leaf) in leaves.iter_mut().enumerate() {
            if let Some(rate) = segments.iter().find(|rate| rate.measured.segment == Segment::leaf(index)) {
                *leaf = (rate.rate, rate.variance);
            }
        }
        Self { segments, factors: scenario.factors, leaves }
    }

    /// The rate of a leaf.
    pub const fn mean(&self, leaf: usize) -> f64 {
        self.leaves[leaf].0
    }

    /// The variance of the rate of a leaf.
    pub const fn variance(&self, leaf: usize) -> f64 {
        self.leaves[leaf].1
    }

    /// The rate of a leaf as it is published.
    pub fn published(&self, leaf: usize) -> f64 {
        rounded(self.mean(leaf))
    }
}
