//! The rows of `fee_forecast`, written once the whole input is counted.

use super::currency::{CurrencyIndex, currency_text};
use super::forecast::Forecast;
use super::rows::CellSink;

/// Writes every group of the forecast, in the order of its key columns' bytes; returns the number of rows.
pub fn write_forecast(forecast: &Forecast, currencies: &CurrencyIndex, cells: &mut (impl CellSink + ?Sized)) -> u64 {
    let places = forecast.places();
    let groups = forecast.groups(currencies);
    for (key, group) in &groups {
        cells.word(key.month_text().as_bytes());
        cells.word(currency_text(&key.currency));
        cells.word(key.offer_type.as_bytes());
        cells.word(key.level.as_bytes());
        cells.integer(group.offers as i64);
        cells.integer(group.offers_without_fee as i64);
        cells.amount(group.fees, places);
        cells.end_row();
    }
    groups.len() as u64
}
