//! What finance can expect: fees by month with their interval, and where the offers stand now.

use super::assumptions::{Assumptions, Scenario};
use super::due::{Condition, CurrencyCode, DueFees, DueTime};
use super::exchange::{ExchangeRate, ExchangeRates};
use super::expectation::{Estimate, Expectation};
use super::fee_sum::FeeSum;
use super::history::PaymentHistory;
use super::rates::measure;
use super::scenario_rates::ScenarioRates;
use crate::rules::{PolicyNumbers, Stage};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Rates of exchange to a reporting currency, if one is asked for.
    pub exchange: Option<&'a ExchangeRates>,
}

/// Why there is no outlook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutlookProblem {
    /// Fees are due in currencies that have no rate of exchange.
    #[error("no rate of exchange for {}", .0.join(", "))]
    MissingRates(Vec<String>),
    /// A sum of fees, converted, has more digits than sums are held with.
    #[error("a sum of fees in the reporting currency has more than 34 digits before the point")]
    TooLarge,
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
    /// The currency that everything is converted to as well, if one was asked for.
    pub reporting_currency: Option<CurrencyCode>,
}

/// Fees and what is expected of them, in the reporting currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reporting {
    /// Sum of the known fees in ten-thousandths.
    pub fees_due: i128,
    /// What is expected of them.
    pub estimate: Estimate,
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
    /// Totals of all currencies in the reporting currency, by month and then for all months; empty without one.
    pub reporting_totals: Vec<ReportingTotal>,
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
    /// The same in the reporting currency.
    pub reporting: Option<Reporting>,
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
    /// The same in the reporting currency.
    pub reporting: Option<Reporting>,
}

/// What is expected of all offers of all currencies, in one month or in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReportingTotal {
    /// Months since the year 0; `None` for all months of the forecast together.
    pub month: Option<i32>,
    /// Offers.
    pub offers: u64,
    /// Those of them whose fee is unknown.
    pub offers_without_fee: u64,
    /// The known fees; `None` where no fee is known.
    pub reporting: Option<Reporting>,
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
    ///
    /// # Errors
    /// Fees that cannot be converted to the reporting currency.
    pub fn new(basis: &OutlookBasis<'_>) -> Result<Self, OutlookProblem> {
        let measured = measure(basis.history, &basis.assumptions.shrinkage);
        let groups = basis.grouped();
        basis.check_rates(&groups)?;
        let scenarios: Result<Vec<ScenarioOutlook>, OutlookProblem> = basis
            .assumptions
            .scenarios
            .iter()
            .map(|scenario| {
                let rates = ScenarioRates::new(&measured, basis.assumptions, scenario, basis.coverage);
                let totals = basis.totals(&groups, &rates)?;
                let reporting_totals = basis.reporting_totals(&groups, &rates)?;
                Ok(ScenarioOutlook { scenario: scenario.clone(), rates, totals, reporting_totals })
            })
            .collect();
        let scenarios = scenarios?;
        let places = groups.values().flatten().map(|fees| fees.sum.places).fold(2, u8::max);
        let groups = scenarios.first().map(|base| basis.expected(&groups, &base.rates)).transpose()?;
        Ok(Self {
            groups: groups.unwrap_or_default(),
            position: basis.position(),
            history: basis.history.clone(),
            places,
            coverage: basis.coverage,
            reporting_currency: basis.exchange.map(|exchange| exchange.reporting_currency),
            scenarios,
        })
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

    /// Makes sure that every currency with known fees can be converted, if any is to be.
    fn check_rates(&self, groups: &Groups<'_>) -> Result<(), OutlookProblem> {
        let Some(exchange) = self.exchange else { return Ok(()) };
        let due = groups.values().flatten().filter(|fees| fees.sum.known_fees().is_some());
        let missing: BTreeSet<CurrencyCode> =
            due.map(|fees| fees.currency).filter(|currency| !exchange.rates.contains_key(currency)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let names = missing.iter().map(|currency| String::from_utf8_lossy(currency).into_owned());
        Err(OutlookProblem::MissingRates(names.collect()))
    }

    fn expected(&self, groups: &Groups<'_>, rates: &ScenarioRates) -> Result<Vec<ExpectedGroup>, OutlookProblem> {
        let expected = groups.iter().map(|(&(month, currency, leaf), fees)| {
            let (sum, estimate) = self.estimate(fees, rates);
            let reporting = self.reporting(currency, &sum, estimate)?;
            Ok(ExpectedGroup { month, currency, leaf, sum, rate: rates.published(leaf), estimate, reporting })
        });
        expected.collect()
    }

    fn totals(&self, groups: &Groups<'_>, rates: &ScenarioRates) -> Result<Vec<ExpectedTotal>, OutlookProblem> {
        let mut by_month: BTreeMap<(i32, CurrencyCode), Vec<&DueFees>> = BTreeMap::new();
        let mut by_currency: BTreeMap<CurrencyCode, Vec<&DueFees>> = BTreeMap::new();
        for (&(month, currency, _), fees) in groups {
            by_month.entry((month, currency)).or_default().extend(fees);
            by_currency.entry(currency).or_default().extend(fees);
        }
        let mut totals = Vec::new();
        for (&(month, currency), fees) in &by_month {
            totals.push(self.total(Some(month), currency, fees, rates)?);
        }
        for (&currency, fees) in &by_currency {
            totals.push(self.total(None, currency, fees, rates)?);
        }
        Ok(totals)
    }

    fn reporting_totals(
        &self,
        groups: &Groups<'_>,
        rates: &ScenarioRates,
    ) -> Result<Vec<ReportingTotal>, OutlookProblem> {
        if self.exchange.is_none() || groups.is_empty() {
            return Ok(Vec::new());
        }
        let mut by_month: BTreeMap<i32, Vec<&DueFees>> = BTreeMap::new();
        for (&(month, ..), fees) in groups {
            by_month.entry(month).or_default().extend(fees);
        }
        let mut totals = Vec::new();
        for (&month, fees) in &by_month {
            totals.push(self.reporting_total(Some(month), fees, rates)?);
        }
        let everything: Vec<&DueFees> = by_month.into_values().flatten().collect();
        totals.push(self.reporting_total(None, &everything, rates)?);
        Ok(totals)
    }

    fn total(
        &self,
        month: Option<i32>,
        currency: CurrencyCode,
        fees: &[&DueFees],
        rates: &ScenarioRates,
    ) -> Result<ExpectedTotal, OutlookProblem> {
        let (sum, estimate) = self.estimate(fees, rates);
        let reporting = self.reporting(currency, &sum, estimate)?;
        Ok(ExpectedTotal { month, currency, sum, estimate, reporting })
    }

    fn reporting_total(
        &self,
        month: Option<i32>,
        fees: &[&DueFees],
        rates: &ScenarioRates,
    ) -> Result<ReportingTotal, OutlookProblem> {
        let mut by_currency: BTreeMap<CurrencyCode, i128> = BTreeMap::new();
        let mut expectation = Expectation::new(rates, self.history);
        let (mut offers, mut offers_without_fee) = (0, 0);
        for fees in fees {
            offers += fees.sum.offers;
            offers_without_fee += fees.sum.offers_without_fee;
            if let (Some(known), Some(rate)) = (fees.sum.known_fees(), self.rate(fees.currency)) {
                *by_currency.entry(fees.currency).or_default() += known;
                expectation.add(fees, rate.to_f64());
            }
        }
        // Each currency is rounded once, as in its own total, so that these add up to this one.
        let mut fees_due = 0_i128;
        for (&currency, &known) in &by_currency {
            let converted = self.rate(currency).and_then(|rate| rate.convert(known));
            fees_due = converted.and_then(|sum| fees_due.checked_add(sum)).ok_or(OutlookProblem::TooLarge)?;
        }
        let reporting =
            (!by_currency.is_empty()).then(|| Reporting { fees_due, estimate: expectation.estimate(self.coverage) });
        Ok(ReportingTotal { month, offers, offers_without_fee, reporting })
    }

    fn rate(&self, currency: CurrencyCode) -> Option<ExchangeRate> {
        self.exchange.and_then(|exchange| exchange.rates.get(&currency)).copied()
    }

    fn reporting(
        &self,
        currency: CurrencyCode,
        sum: &FeeSum,
        estimate: Option<Estimate>,
    ) -> Result<Option<Reporting>, OutlookProblem> {
        let (Some(estimate), Some(known), Some(rate)) = (estimate, sum.known_fees(), self.rate(currency)) else {
            return Ok(None);
        };
        let fees_due = rate.convert(known).ok_or(OutlookProblem::TooLarge)?;
        Ok(Some(Reporting { fees_due, estimate: estimate.converted(rate.to_f64()) }))
    }

    fn estimate(&self, fees: &[&DueFees], rates: &ScenarioRates) -> (FeeSum, Option<Estimate>) {
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
