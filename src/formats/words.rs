//! What the forecast of a run rests on, as formats for readers tell it.

use crate::finance::{ExchangeRates, RateStatement};

/// What is assumed, in words.
#[derive(Clone, Copy, Debug)]
pub struct AssumptionWords<'a> {
    /// What the assumptions are called.
    pub title: &'a str,
    /// Where they come from.
    pub source: &'a str,
    /// The source of each scenario, in their order.
    pub scenario_sources: &'a [String],
    /// The rates that are taken for granted.
    pub rates: &'a [RateStatement],
}

/// The rates of exchange, and where they come from.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeWords<'a> {
    /// The file, as it was given.
    pub origin: &'a str,
    /// The rates.
    pub rates: &'a ExchangeRates,
}
