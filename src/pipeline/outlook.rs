//! What a run is to expect of the fees, from what its batches counted.

use super::RunSettings;
use super::error::RunError;
use crate::finance::{Assumptions, ExchangeRates, FeeOutlook, OutlookBasis, PaymentHistory};
use crate::reports::{CurrencyIndex, Forecast};

/// What the estimates of fees go by.
#[derive(Clone, Copy, Debug)]
pub struct OutlookSettings<'a> {
    /// Days before the as-of date whose closed windows renewal rates are measured on.
    pub history_days: i32,
    /// Share of the outcomes that an interval is to hold, between 0 and 1.
    pub coverage: f64,
    /// What is assumed.
    pub assumptions: &'a Assumptions,
    /// Rates of exchange to a reporting currency, if one is asked for.
    pub exchange: Option<&'a ExchangeRates>,
}

/// Works out what to expect.
///
/// # Errors
/// Fees that cannot be converted to the reporting currency.
pub fn work_out(
    settings: &RunSettings<'_>,
    forecast: &Forecast,
    history: &PaymentHistory,
    currencies: &CurrencyIndex,
) -> Result<FeeOutlook, RunError> {
    let OutlookSettings { coverage, assumptions, exchange, .. } = settings.outlook;
    let outlook = FeeOutlook::new(&OutlookBasis {
        fees: &forecast.fees(currencies),
        history,
        assumptions,
        first_month: forecast.first_month(),
        months: settings.options.forecast_months,
        coverage,
        numbers: *settings.policy.numbers(),
        exchange,
    });
    Ok(outlook?)
}
