//! The rows of `fee_forecast`, written once the whole input is counted.

use super::currency::currency_text;
use super::forecast::month_text;
use super::rows::CellSink;
use crate::finance::{FeeOutlook, Segment};

/// Writes every group of the forecast, in the order of its key columns' bytes; returns the number of rows.
pub fn write_forecast(outlook: &FeeOutlook, cells: &mut dyn CellSink) -> u64 {
    for group in &outlook.groups {
        let (offer_type, level) = Segment::leaf(group.leaf).spelling();
        cells.word(month_text(group.month).as_bytes());
        cells.word(currency_text(&group.currency));
        cells.word(offer_type.as_bytes());
        cells.word(level.as_bytes());
        cells.integer(group.sum.offers as i64);
        cells.integer(group.sum.offers_without_fee as i64);
        cells.amount(group.sum.known_fees(), outlook.places);
        cells.end_row();
    }
    outlook.groups.len() as u64
}
