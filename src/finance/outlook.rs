//! What finance can expect: fees by month with their interval, and where the offers stand now.

use super::assumptions::{Assumptions, Scenario};
use super::due::{Condition, CurrencyCode, DueFees, DueTime};
use super::expectation::{Estimate, Expectation};
use super::fee_sum::FeeSum;
use super::history::PaymentHistory;
use super::rates::measure;
use super::scenario_rates::ScenarioRates;
use crate::rules::{PolicyNumbers, Stage};
use std::collections::BTreeMap;

/// What an outlook is made from.
#[derive(Clone, Copy, Debug)]
pub struct OutlookBasis<'a> {
    /// Everything that falls due or can be reactivated.
    pub fees: &'a [DueFees],
    /// How the windows of the past ended.
    pub history: &'a PaymentHistory,
    /// The assumptions.
    pub assumptions: &'a Assumptions,
    /// The month of the as-of date, in months since the year 0.
    pub first_month: i32,
    /// Months of the forecast.
    pub months: u32,
    /// Share of the outcomes that an interval is to hold, between 0 and 1.
    pub coverage: f64,
    /// The day counts of the policy.
    pub numbers: PolicyNumbers,
}

/// What finance can expect.
#[derive(Clone, Debug, Default)]
pub struct FeeOutlook {
    /// The scenarios, `base` the first.
    pub scenarios: Vec<ScenarioOutlook>,
    /// The groups of `fee_forecast` in the scenario `base`, in the same order.
    pub groups: Vec<ExpectedGroup>,
    /// Where offers and fees stand now, in the order of the report.
    pub position: Vec<Position>,
    /// How the windows of the past ended.
    pub history: PaymentHistory,
    /// Most decimal places that a fee in the forecast was written with, at least 2.
    pub places: u8,
    /// Share of the outcomes that an interval is to hold.
    pub coverage: f64,
}

/// One scenario.
#[derive(Clone, Debug)]
pub struct ScenarioOutlook {
    /// The scenario.
    pub scenario: Scenario,
    /// Its rates.
    pub rates: ScenarioRates,
    /// Totals by month and currency, then by currency for all months.
    pub totals: Vec<ExpectedTotal>,
}

/// What is expected of the offers of one month, currency and segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedGroup {
    /// Months since the year 0.
    pub month: i32,
    /// Currency code.
    pub currency: CurrencyCode,
    /// Number of the segment's leaf.
    pub leaf: usize,
    /// Offers and fees.
    pub sum: FeeSum,
    /// The rate of the segment.
    pub rate: f64,
    /// What is expected of the known fees; `None` where no fee is known.
    pub estimate: Option<Estimate>,
}

/// What is expected of all offers of a currency, in one month or in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedTotal {
    /// Months since the year 0; `None` for all months of the forecast together.
    pub month: Option<i32>,
    /// Currency code.
    pub currency: CurrencyCode,
    /// Offers and fees.
    pub sum: FeeSum,
    /// What is expected of the known fees; `None` where no fee is known.
    pub estimate: Option<Estimate>,
}

/// Offers that stand alike now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The stage: `current` to `reactivatable`.
    pub stage: Stage,
    /// What keeps them from renewing.
    pub condition: Condition,
    /// Currency code.
    pub currency: CurrencyCode,
    /// Number of the segment's leaf.
    pub leaf: usize,
    /// Offers and fees.
    pub sum: FeeSum,
}

impl FeeOutlook {
    /// Works an outlook out.
    ///
    /// Sums of floats are made in the order of `fees`, which must be that of currency, due time, leaf and condition.
    pub fn new(basis: &OutlookBasis<'_>) -> Self {
        let measured = measure(basis.history, &basis.assumptions.shrinkage);
        let groups = basis.grouped();
        let scenarios: Vec<ScenarioOutlook> = basis
            .assumptions
            .scenarios
            .iter()
            .map(|scenario| {
                let rates = ScenarioRates::new(&measured, basis.assumptions, scenario, basis.coverage);
                let totals = basis.totals(&groups, &rates);
                ScenarioOutlook { scenario: scenario.clone(), rates, totals }
            })
            .collect();
        let places = groups.values().flatten().map(|fees| fees.sum.places).fold(2, u8::max);
        let groups = scenarios.first().map(|base| basis.expected(&groups, &base.rates)).unwrap_or_default();
        Self {
            groups,
            position: basis.position(),
            history: basis.history.clone(),
            places,
            coverage: basis.coverage,
            scenarios,
        }
    }
}

/// Fees by month, currency and leaf.
type Groups<'a> = BTreeMap<(i32, CurrencyCode, usize), Vec<&'a DueFees>>;

impl OutlookBasis<'_> {
    /// The month in which fees of the forecast fall due; `None` for what is not in it.
    fn month(&self, due: DueTime) -> Option<i32> {
        match due {
            DueTime::InWindow { .. } => Some(self.first_month),
            DueTime::Reminded { month } | DueTime::Current { month } => {
                (month < self.months).then(|| self.first_month + month as i32)
            }
            DueTime::Reactivatable => None,
        }
    }

    fn grouped(&self) -> Groups<'_> {
        let mut groups = Groups::new();
        for fees in self.fees {
            if let Some(month) = self.month(fees.due) {
                groups.entry((month, fees.currency, fees.leaf)).or_default().push(fees);
            }
        }
        groups
    }

    fn expected(&self, groups: &Groups<'_>, rates: &ScenarioRates) -> Vec<ExpectedGroup> {
        let expected = groups.iter().map(|(&(month, currency, leaf), fees)| {
            let (sum, estimate) = self.estimate(fees.iter().copied(), rates);
            ExpectedGroup { month, currency, leaf, sum, rate: rates.published(leaf), estimate }
        });
        expected.collect()
    }

    fn totals(&self, groups: &Groups<'_>, rates: &ScenarioRates) -> Vec<ExpectedTotal> {
        let mut by_month: BTreeMap<(i32, CurrencyCode), Vec<&DueFees>> = BTreeMap::new();
        let mut by_currency: BTreeMap<CurrencyCode, Vec<&DueFees>> = BTreeMap::new();
        for (&(month, currency, _), fees) in groups {
            by_month.entry((month, currency)).or_default().extend(fees);
            by_currency.entry(currency).or_default().extend(fees);
        }
        let total = |month: Option<i32>, currency: CurrencyCode, fees: &[&DueFees]| {
            let (sum, estimate) = self.estimate(fees.iter().copied(), rates);
            ExpectedTotal { month, currency, sum, estimate }
        };
        let of_months = by_month.iter().map(|(&(month, currency), fees)| total(Some(month), currency, fees));
        let of_all = by_currency.iter().map(|(&currency, fees)| total(None, currency, fees));
        of_months.chain(of_all).collect()
    }

    fn estimate<'b>(
        &self,
        fees: impl Iterator<Item = &'b DueFees>,
        rates: &ScenarioRates,
    ) -> (FeeSum, Option<Estimate>) {
        let mut sum = FeeSum::default();
        let mut expectation = Expectation::new(rates, self.history);
        for fees in fees {
            sum.merge(&fees.sum);
            expectation.add(fees, 1.0);
        }
        (sum, sum.known_fees().map(|_| expectation.estimate(self.coverage)))
    }

    fn position(&self) -> Vec<Position> {
        let mut positions: BTreeMap<(Stage, Condition, CurrencyCode, usize), FeeSum> = BTreeMap::new();
        for fees in self.fees {
            let key = (self.stage(fees.due), fees.condition, fees.currency, fees.leaf);
            positions.entry(key).or_default().merge(&fees.sum);
        }
        let row = |((stage, condition, currency, leaf), sum)| Position { stage, condition, currency, leaf, sum };
        positions.into_iter().map(row).collect()
    }

    fn stage(&self, due: DueTime) -> Stage {
        match due {
            DueTime::Current { .. } => Stage::Current,
            DueTime::Reminded { .. } => Stage::Reminded,
            DueTime::Reactivatable => Stage::Reactivatable,
            DueTime::InWindow { day } => {
                let days_after_anniversary = day as i32 + self.numbers.window_opens_after_days;
                if days_after_anniversary < self.numbers.second_reminder_offset_days {
                    Stage::Open
                } else {
                    Stage::FinalNotice
                }
            }
        }
    }
}
