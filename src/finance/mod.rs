//! What fees to expect, and how sure that is: pure statistics on exact sums.
//!
//! [`PaymentHistory`] counts how the windows of the past ended; `rates` turns the counts into renewal rates, `expectation`
//! the rates and the sums of fees that fall due into means and intervals, and [`FeeOutlook`] is all of it for one run.
//! What is assumed and not measured stands in [`Assumptions`]. Sums of money are whole numbers until the last step.

mod assumptions;
mod due;
mod exchange;
mod expectation;
mod fee_sum;
mod history;
mod interval;
mod outlook;
mod rates;
mod scenario_rates;
mod segment;

pub use assumptions::{AssumedRate, Assumptions, Factors, RateStatement, Scenario, Shrinkage};
pub use due::{
    CONDITION_COUNT, Condition, CurrencyCode, DueFees, DueTime, DueTimes, RequirementState, kind_index, kind_of,
};
pub use exchange::{ExchangeRate, ExchangeRates};
pub use expectation::Estimate;
pub use fee_sum::{FeeSum, WideSum};
pub use history::{PaymentHistory, WindowCounts};
pub use interval::{Bounds, rounded};
pub use outlook::{
    ExpectedGroup, ExpectedTotal, FeeOutlook, OutlookBasis, OutlookProblem, Position, Reporting, ReportingTotal,
    ScenarioOutlook,
};
pub use rates::{BetaRate, MeasuredRate};
pub use scenario_rates::{RateBasis, ScenarioRates, SegmentRate};
pub use segment::{LEAF_COUNT, Segment, leaf_index};
