//! The rows of the reports about what to expect, written once the whole input is counted.

use super::columns::Report;
use super::currency::currency_text;
use super::forecast::month_text;
use super::forecast_rows::write_forecast;
use super::rows::CellSink;
use crate::finance::{Estimate, FeeOutlook, FeeSum, RequirementState, Segment, rounded};

/// The month of a total over all months.
const ALL_MONTHS: &str = "all";

/// Writes a report of the outlook and returns its rows; `None` for a report that is not made from it.
pub fn write_outlook(report: Report, outlook: &FeeOutlook, cells: &mut (impl CellSink + ?Sized)) -> Option<u64> {
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
pub fn write_expected(outlook: &FeeOutlook, cells: &mut (impl CellSink + ?Sized)) -> u64 {
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
        cells.word(b"");
        cells.amount(None, outlook.places);
        cells.estimate(None);
        cells.end_row();
    }
    outlook.groups.len() as u64
}

/// Writes `expected_totals`; returns its rows.
pub fn write_totals(outlook: &FeeOutlook, cells: &mut (impl CellSink + ?Sized)) -> u64 {
    let mut rows = 0;
    for scenario in &outlook.scenarios {
        for total in &scenario.totals {
            cells.text(scenario.scenario.name.as_bytes());
            cells.word(total.month.map_or_else(|| ALL_MONTHS.to_owned(), month_text).as_bytes());
            cells.word(currency_text(&total.currency));
            write_offers(&total.sum, cells);
            cells.amount(total.sum.known_fees(), outlook.places);
            write_estimate(total.estimate, cells);
            cells.word(b"");
            cells.amount(None, outlook.places);
            write_estimate(None, cells);
            cells.end_row();
            rows += 1;
        }
    }
    rows
}

/// Writes `renewal_rates`; returns its rows.
pub fn write_rates(outlook: &FeeOutlook, cells: &mut (impl CellSink + ?Sized)) -> u64 {
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
pub fn write_timing(outlook: &FeeOutlook, cells: &mut (impl CellSink + ?Sized)) -> u64 {
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
pub fn write_position(outlook: &FeeOutlook, cells: &mut (impl CellSink + ?Sized)) -> u64 {
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
        write_offers(&position.sum, cells);
        cells.amount(position.sum.known_fees(), places);
        cells.end_row();
    }
    outlook.position.len() as u64
}

fn write_offers(sum: &FeeSum, cells: &mut (impl CellSink + ?Sized)) {
    cells.integer(sum.offers as i64);
    cells.integer(sum.offers_without_fee as i64);
}

fn write_estimate(estimate: Option<Estimate>, cells: &mut (impl CellSink + ?Sized)) {
    cells.estimate(estimate.map(|estimate| estimate.expected));
    cells.estimate(estimate.map(|estimate| estimate.low));
    cells.estimate(estimate.map(|estimate| estimate.high));
}
