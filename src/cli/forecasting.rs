//! What the estimates of fees go by, read from the files that the command line names.

use super::arguments::{Interval, OutlookArguments};
use super::error::CommandError;
use crate::formats::{AssumptionWords, ExchangeWords};
use crate::pipeline::OutlookSettings;
use crate::policy::{AssumptionsFile, ExchangeFile, default_assumptions, load_assumptions, load_exchange};

/// What the estimates of a run go by.
pub struct Forecasting {
    /// Days before the as-of date that renewal rates are measured on.
    pub history_days: i32,
    /// What the intervals are to hold.
    pub interval: Interval,
    /// What is assumed.
    pub assumptions: AssumptionsFile,
    /// Rates of exchange to a reporting currency.
    pub exchange: Option<ExchangeFile>,
}

impl Forecasting {
    /// Reads the files that the arguments name.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub fn read(arguments: &OutlookArguments) -> Result<Self, CommandError> {
        let assumptions = match &arguments.assume {
            Some(path) => load_assumptions(path)?,
            None => default_assumptions()?,
        };
        let reporting_currency = arguments.reporting_currency.as_deref();
        let exchange = arguments.fx.as_ref().map(|path| load_exchange(path, reporting_currency)).transpose()?;
        let OutlookArguments { history_days, interval, .. } = *arguments;
        Ok(Self { history_days, interval, assumptions, exchange })
    }

    /// What the pipeline goes by.
    pub fn settings(&self) -> OutlookSettings<'_> {
        OutlookSettings {
            history_days: self.history_days,
            coverage: self.interval.coverage(),
            assumptions: &self.assumptions.assumptions,
            exchange: self.exchange.as_ref().map(|file| &file.rates),
        }
    }

    /// What is assumed, as formats for readers tell it.
    pub fn assumption_words(&self) -> AssumptionWords<'_> {
        let AssumptionsFile { title, source, scenario_sources, rates, .. } = &self.assumptions;
        AssumptionWords { title, source, scenario_sources, rates }
    }

    /// The rates of exchange, as formats for readers tell them.
    pub fn exchange_words(&self) -> Option<ExchangeWords<'_>> {
        self.exchange.as_ref().map(|file| ExchangeWords { origin: &file.origin, rates: &file.rates })
    }

    /// Hands `add` every part that changes the bytes of a run.
    pub fn identify(&self, mut add: impl FnMut(&[u8])) {
        add(&self.history_days.to_le_bytes());
        add(self.interval.to_string().as_bytes());
        add(self.assumptions.text.as_bytes());
        // No code of a currency is empty.
        let exchange = self.exchange.as_ref();
        add(exchange.map(|file| &file.rates.reporting_currency[..]).unwrap_or_default());
        add(exchange.map(|file| file.text.as_bytes()).unwrap_or_default());
    }
}
