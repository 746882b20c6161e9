//! What the estimates rest on, as tables of the first sheet: assumptions, and rates of exchange.

use super::facts::WorkbookFacts;
use super::styles::Style;
use super::summary_sheet::SummarySheet;
use crate::finance::{Factors, RateStatement, Scenario};
use crate::formats::ExchangeWords;
use crate::reports::currency_text;
use rust_xlsxwriter::XlsxError;

impl SummarySheet<'_> {
    /// Writes the scenarios, the rates that are not measured, and the rates of exchange, each with its source.
    pub(super) fn write_assumptions(&mut self, facts: &WorkbookFacts<'_>) -> Result<(), XlsxError> {
        self.write_scenarios(facts)?;
        if !facts.assumptions.rates.is_empty() {
            self.write_assumed_rates(facts.assumptions.rates)?;
        }
        facts.exchange.as_ref().map_or(Ok(()), |exchange| self.write_exchange(exchange))
    }

    fn write_scenarios(&mut self, facts: &WorkbookFacts<'_>) -> Result<(), XlsxError> {
        let header = ["scenario", "rates", "requirements_unmet", "pmc_migration", "exempt", "source"];
        self.begin_table("Assumptions: shares of the renewal rate at which such offers renew", &header)?;
        let sources = facts.assumptions.scenario_sources.iter().map(String::as_str).chain(std::iter::repeat(""));
        for (outlook, source) in facts.outlook.scenarios.iter().zip(sources) {
            let Scenario { name, rate_quantile, factors, .. } = &outlook.scenario;
            let Factors { requirements_unmet, pmc_migration, exempt } = *factors;
            self.text(0, name)?;
            let rates = rate_quantile.map(|quantile| format!("quantile {quantile}"));
            self.text(1, rates.as_deref().unwrap_or("as measured"))?;
            for (column, factor) in (2..).zip([requirements_unmet, pmc_migration, exempt]) {
                self.rate(column, factor)?;
            }
            self.text(5, source)?;
            self.row += 1;
        }
        self.text(0, &format!("{}, source: {}", facts.assumptions.title, facts.assumptions.source))?;
        self.row += 1;
        Ok(())
    }

    fn write_assumed_rates(&mut self, rates: &[RateStatement]) -> Result<(), XlsxError> {
        self.begin_table("Rates that are taken for granted", &["segment", "rate", "scenario", "source"])?;
        for RateStatement { scenario, assumed, source } in rates {
            self.text(0, &assumed.segment.name())?;
            self.rate(1, assumed.rate)?;
            self.text(2, scenario.as_deref().unwrap_or("all"))?;
            self.text(3, source)?;
            self.row += 1;
        }
        Ok(())
    }

    fn write_exchange(&mut self, exchange: &ExchangeWords<'_>) -> Result<(), XlsxError> {
        let reporting = String::from_utf8_lossy(currency_text(&exchange.rates.reporting_currency)).into_owned();
        self.begin_table("Rates of exchange", &["one unit of", &format!("is in {reporting}")])?;
        for (code, rate) in &exchange.rates.rates {
            self.text(0, &String::from_utf8_lossy(currency_text(code)))?;
            self.worksheet.write_number(self.row, 1, rate.to_f64())?;
            self.row += 1;
        }
        self.text(0, &format!("source: {}", exchange.origin))?;
        self.row += 1;
        Ok(())
    }

    /// Writes a share or a rate into the row at hand.
    fn rate(&mut self, column: u16, rate: f64) -> Result<(), XlsxError> {
        self.worksheet.write_number_with_format(self.row, column, rate, &Style::Rate.format()).map(drop)
    }
}
