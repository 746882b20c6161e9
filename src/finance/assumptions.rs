//! What the forecast takes for granted: how segments lean on each other, and the scenarios.

use super::segment::Segment;

/// Everything that the forecast assumes and does not measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumptions {
    /// How the rates of small segments lean on larger ones.
    pub shrinkage: Shrinkage,
    /// Rates that are taken for granted in every scenario.
    pub rates: Vec<AssumedRate>,
    /// The scenarios, `base` the first.
    pub scenarios: Vec<Scenario>,
}

/// How the rates of small segments lean on larger ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shrinkage {
    /// Paid windows that the prior of all offers counts for.
    pub all_paid: f64,
    /// Unpaid windows that the prior of all offers counts for.
    pub all_unpaid: f64,
    /// Windows that a prior counts for where the export does not say how far segments lie apart.
    pub strength_unknown: f64,
    /// Least windows that a prior counts for.
    pub strength_least: f64,
}

/// A rate that is taken for granted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AssumedRate {
    /// The segment, for whose own leaves it holds too unless they have one of their own.
    pub segment: Segment,
    /// The rate, 0 to 1.
    pub rate: f64,
}

/// A rate that is taken for granted, as its file says it.
#[derive(Clone, Debug, PartialEq)]
pub struct RateStatement {
    /// The scenario that it holds in; `None` where it holds in all of them.
    pub scenario: Option<String>,
    /// The rate.
    pub assumed: AssumedRate,
    /// Where it comes from.
    pub source: String,
}

/// One way of looking at what comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name in reports.
    pub name: String,
    /// The quantile of each measured rate that is taken for certain; `None` takes the rate with its uncertainty.
    pub rate_quantile: Option<f64>,
    /// Share of the rate at which offers renew that are not what the rate was measured on.
    pub factors: Factors,
    /// Rates that are taken for granted in this scenario.
    pub rates: Vec<AssumedRate>,
}

/// Shares of the rate, 0 to 1, that apply one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// For competencies whose requirements are not met (R10).
    pub requirements_unmet: f64,
    /// For offers on the old portal (R9).
    pub pmc_migration: f64,
    /// For competencies that are exempt from the requirements (R7).
    pub exempt: f64,
}

impl Assumptions {
    /// The rate that a scenario takes for granted for a leaf: its own before the common ones, the leaf's before its
    /// parents'.
    pub fn assumed(&self, scenario: &Scenario, segment: Segment) -> Option<f64> {
        [&scenario.rates, &self.rates].into_iter().find_map(|rates| {
            let mut looked_for = Some(segment);
            while let Some(current) = looked_for {
                if let Some(assumed) = rates.iter().find(|assumed| assumed.segment == current) {
                    return Some(assumed.rate);
                }
                looked_for = current.parent();
            }
            None
        })
    }
}
