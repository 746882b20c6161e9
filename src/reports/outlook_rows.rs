//! The rows of the reports about what to expect, written once the whole input is counted.

use super::columns::Report;
use super::currency::currency_text;
use super::forecast::month_text;
use super::forecast_rows::write_forecast;
use super::rows::CellSink;
use crate::finance::{
    Estimate, ExpectedTotal, FeeOutlook, FeeSum, Reporting, ReportingTotal, RequirementState, Segment, rounded,
};

/// The month of a total over all months, and the currency of one over all currencies.
const ALL: &str = "all";
/// Decimal places of sums in the reporting currency.
const REPORTING_PLACES: u8 = 4;

/// Writes a report of the outlook and returns its rows; `None` for a report that is not made from it.
pub fn write_outlook(report: Report, outlook: &FeeOutlook, cells: &mut dyn CellSink) -> Option<u64> {
    Some(match report {
        Report::FeeForecast => write_forecast(outlook, cells),
        Report::ExpectedFees => write_expected(outlook, cells),
        Report::ExpectedTotals => write_totals(outlook, cells),
        Report::RenewalRates => write_rates(outlook, cells),
        Report::PaymentTiming => write_timing(outlook, cells),
        Report::FeePosition => write_position(outlook, cells),
        _ => return None,
    })
}

/// Writes `expected_fees`; returns its rows.
pub fn write_expected(outlook: &FeeOutlook, cells: &mut dyn CellSink) -> u64 {
    for group in &outlook.groups {
        let (offer_type, level) = Segment::leaf(group.leaf).spelling();
        cells.word(month_text(group.month).as_bytes());
        cells.word(currency_text(&group.currency));
        cells.word(offer_type.as_bytes());
        cells.word(level.as_bytes());
        cells.integer(group.sum.offers as i64);
        cells.amount(group.sum.known_fees(), outlook.places);
        cells.estimate(Some(group.rate));
        write_estimate(group.estimate, cells);
        cells.integer(group.sum.offers_without_fee as i64);
        let reporting = group.reporting;
        cells.word(outlook.reporting_currency.as_ref().map(currency_text).unwrap_or_default());
        cells.amount(reporting.map(|reporting| reporting.fees_due), REPORTING_PLACES);
        cells.estimate(reporting.map(|reporting| reporting.estimate.expected));
        cells.end_row();
    }
    outlook.groups.len() as u64
}

/// Writes `expected_totals`; returns its rows.
pub fn write_totals(outlook: &FeeOutlook, cells: &mut dyn CellSink) -> u64 {
    let reporting_currency = outlook.reporting_currency.as_ref().map(currency_text).unwrap_or_default();
    let mut rows = 0;
    let mut write = |name: &str, currency: &[u8], fees: TotalFees, cells: &mut dyn CellSink| {
        cells.text(name.as_bytes());
        cells.word(fees.month.map_or_else(|| ALL.to_owned(), month_text).as_bytes());
        cells.word(currency);
        cells.integer(fees.offers as i64);
        cells.integer(fees.offers_without_fee as i64);
        cells.amount(fees.due, outlook.places);
        write_estimate(fees.estimate, cells);
        cells.word(reporting_currency);
        cells.amount(fees.reporting.map(|reporting| reporting.fees_due), REPORTING_PLACES);
        write_estimate(fees.reporting.map(|reporting| reporting.estimate), cells);
        cells.end_row();
        rows += 1;
    };
    for scenario in &outlook.scenarios {
        let name = &scenario.scenario.name;
        for &ExpectedTotal { month, currency, sum, estimate, reporting } in &scenario.totals {
            let FeeSum { offers, offers_without_fee, .. } = sum;
            let fees = TotalFees { month, offers, offers_without_fee, due: sum.known_fees(), estimate, reporting };
            write(name, currency_text(&currency), fees, cells);
        }
        for &ReportingTotal { month, offers, offers_without_fee, reporting } in &scenario.reporting_totals {
            let fees = TotalFees { month, offers, offers_without_fee, due: None, estimate: None, reporting };
            write(name, ALL.as_bytes(), fees, cells);
        }
    }
    rows
}

/// The cells of a total.
struct TotalFees {
    month: Option<i32>,
    offers: u64,
    offers_without_fee: u64,
    due: Option<i128>,
    estimate: Option<Estimate>,
    reporting: Option<Reporting>,
}

/// Writes `renewal_rates`; returns its rows.
pub fn write_rates(outlook: &FeeOutlook, cells: &mut dyn CellSink) -> u64 {
    let mut rows = 0;
    for scenario in &outlook.scenarios {
        for rate in &scenario.rates.segments {
            let measured = &rate.measured;
            let counts = &measured.counts;
            cells.text(scenario.scenario.name.as_bytes());
            cells.word(measured.segment.name().as_bytes());
            cells.word(measured.segment.parent().map(Segment::name).unwrap_or_default().as_bytes());
            let unpaid = counts.closed() - counts.paid();
            for count in [counts.closed(), counts.paid(), counts.paid_undated, unpaid] {
                cells.integer(count as i64);
            }
            cells.integer(counts.reactivated as i64);
            cells.integer(counts.undetermined as i64);
            cells.estimate(measured.observed().map(rounded));
            for value in [
                measured.prior.mean(),
                measured.prior.strength(),
                measured.posterior.alpha,
                measured.posterior.beta,
                rate.rate,
                rate.bounds.low,
                rate.bounds.high,
            ] {
                cells.estimate(Some(rounded(value)));
            }
            cells.word(rate.basis.as_str().as_bytes());
            cells.end_row();
            rows += 1;
        }
    }
    rows
}

/// Writes `payment_timing`; returns its rows.
pub fn write_timing(outlook: &FeeOutlook, cells: &mut dyn CellSink) -> u64 {
    let payments = outlook.history.payments_by_day();
    for (day, &count) in payments.iter().enumerate() {
        cells.integer(day as i64 + 1);
        cells.integer((payments.len() - day - 1) as i64);
        cells.integer(count as i64);
        cells.estimate(Some(rounded(outlook.history.share_after(day))));
        cells.end_row();
    }
    payments.len() as u64
}

/// Writes `fee_position`; returns its rows.
pub fn write_position(outlook: &FeeOutlook, cells: &mut dyn CellSink) -> u64 {
    let places = outlook.position.iter().map(|position| position.sum.places).fold(2, u8::max);
    for position in &outlook.position {
        let (offer_type, level) = Segment::leaf(position.leaf).spelling();
        let requirements = match position.condition.requirements {
            RequirementState::Clear => "",
            RequirementState::Exempt => "exempt",
            RequirementState::Unmet => "unmet",
        };
        cells.word(position.stage.as_str().as_bytes());
        cells.word(requirements.as_bytes());
        cells.word(position.condition.blockers().as_str().as_bytes());
        cells.word(currency_text(&position.currency));
        cells.word(offer_type.as_bytes());
        cells.word(level.as_bytes());
        cells.integer(position.sum.offers as i64);
        cells.integer(position.sum.offers_without_fee as i64);
        cells.amount(position.sum.known_fees(), places);
        cells.end_row();
    }
    outlook.position.len() as u64
}

fn write_estimate(estimate: Option<Estimate>, cells: &mut dyn CellSink) {
    cells.estimate(estimate.map(|estimate| estimate.expected));
    cells.estimate(estimate.map(|estimate| estimate.low));
    cells.estimate(estimate.map(|estimate| estimate.high));
}
