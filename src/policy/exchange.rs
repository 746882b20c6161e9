//! Files of rates of exchange: CSV with the columns `currency` and `rate`.

use super::error::{FileProblem, PolicyError};
use super::read_named;
use crate::configuration::Place;
use crate::finance::{CurrencyCode, ExchangeRate, ExchangeRates};
use std::collections::BTreeMap;

/// Rates of exchange together with the file they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeFile {
    /// The rates.
    pub rates: ExchangeRates,
    /// The file, as it was given.
    pub origin: String,
    /// The file as written.
    pub text: String,
}

const HEADER: [&str; 2] = ["currency", "rate"];

/// Reads the rates of a file. The reporting currency is the one given, or else the only one whose rate is 1.
///
/// # Errors
/// A file that cannot be read, or the place of the first thing that is wrong in it.
pub fn load_exchange(path: &str, reporting_currency: Option<&str>) -> Result<ExchangeFile, PolicyError> {
    let text = read_named(path)?;
    let rates = parse(&text, reporting_currency)
        .map_err(|(offset, problem)| PolicyError::InFile { place: Place::new(path, &text, offset), problem })?;
    Ok(ExchangeFile { rates, origin: path.to_owned(), text })
}

fn parse(text: &str, reporting_currency: Option<&str>) -> Result<ExchangeRates, (usize, FileProblem)> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.len() - body.len();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(body.as_bytes());
    let mut rates: BTreeMap<CurrencyCode, ExchangeRate> = BTreeMap::new();
    let mut is_header = true;
    for record in reader.records() {
        let record = record.map_err(|error| {
            let offset = error.position().map_or(0, |position| position.byte() as usize);
            (start + offset, FileProblem::NotRates(error.to_string()))
        })?;
        let place = start + record.position().map_or(0, |position| position.byte() as usize);
        let cells: Vec<&str> = record.iter().collect();
        if is_header {
            is_header = false;
            if !cells.iter().map(|cell| cell.to_ascii_lowercase()).eq(HEADER) {
                return Err((place, FileProblem::RateHeader { found: cells.join(",") }));
            }
            continue;
        }
        let (code, rate) = read_row(&cells).map_err(|problem| (place, problem))?;
        if rates.insert(code, rate).is_some() {
            return Err((place, FileProblem::Repeated { what: cells[0].to_owned() }));
        }
    }
    if is_header {
        return Err((0, FileProblem::RateHeader { found: String::new() }));
    }
    let reporting_currency = choose(&rates, reporting_currency).map_err(|problem| (0, problem))?;
    Ok(ExchangeRates { reporting_currency, rates })
}

fn read_row(cells: &[&str]) -> Result<(CurrencyCode, ExchangeRate), FileProblem> {
    let [currency, rate] = cells else { return Err(FileProblem::NotRates("not two cells".to_owned())) };
    let code = code(currency).ok_or_else(|| FileProblem::RateCurrency { found: (*currency).to_owned() })?;
    let rate = ExchangeRate::parse(rate).ok_or_else(|| FileProblem::Rate { found: (*rate).to_owned() })?;
    Ok((code, rate))
}

fn code(text: &str) -> Option<CurrencyCode> {
    let is_code = text.bytes().all(|byte| byte.is_ascii_uppercase());
    text.as_bytes().try_into().ok().filter(|_| is_code)
}

/// The reporting currency.
fn choose(rates: &BTreeMap<CurrencyCode, ExchangeRate>, given: Option<&str>) -> Result<CurrencyCode, FileProblem> {
    let ones: Vec<CurrencyCode> = rates.iter().filter(|(_, rate)| rate.is_one()).map(|(code, _)| *code).collect();
    match (given, &ones[..]) {
        (Some(given), _) => code(given)
            .filter(|code| ones.contains(code))
            .ok_or_else(|| FileProblem::ReportingCurrency { found: given.to_owned() }),
        (None, [only]) => Ok(*only),
        (None, _) => Err(FileProblem::NoReportingCurrency { ones: ones.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_with_their_reporting_currency() {
        for text in [
            "currency,rate\nEUR,1\nJPY,0.0061\n",
            "\u{feff}Currency , Rate\r\nEUR,1.000\r\n\r\n\"JPY\", 0.0061",
            "currency,rate\nJPY,0.0061\nEUR,1\n",
        ] {
            let rates = parse(text, None).unwrap();
            assert_eq!((rates.reporting_currency, rates.rates.len()), (*b"EUR", 2));
            assert_eq!(rates.rates[b"JPY"].to_f64(), 0.0061);
        }
        let pegged = "currency,rate\nUSD,1\nPAB,1\n";
        assert_eq!(parse(pegged, Some("USD")).unwrap().reporting_currency, *b"USD");
    }

    #[test]
    fn wrong_files_are_told_with_their_place() {
        for (text, given, expected) in [
            ("", None, "fx.csv:1:1: the header is ``, but must be `currency,rate`"),
            ("EUR,1\n", None, "fx.csv:1:1: the header is `EUR,1`, but must be `currency,rate`"),
            ("currency,rate\nEUR,1\nCHF,x\n", None, "fx.csv:3:1: the rate is `x`, but must be a decimal more than 0"),
            ("currency,rate\nEUR,1\nCHF,0\n", None, "fx.csv:3:1: the rate is `0`"),
            ("currency,rate\neur,1\n", None, "fx.csv:2:1: the currency is `eur`, but must be three capital letters"),
            ("currency,rate\nEUR,1\nEUR,2\n", None, "fx.csv:3:1: `EUR` is here for the second time"),
            ("currency,rate\nEUR,1,2\n", None, "fx.csv:2:1: not rates of exchange:"),
            ("currency,rate\nEUR,2\n", None, "fx.csv:1:1: 0 currencies have the rate 1"),
            ("currency,rate\nEUR,1\nUSD,1\n", None, "fx.csv:1:1: 2 currencies have the rate 1"),
            ("currency,rate\nEUR,1\nUSD,2\n", Some("USD"), "fx.csv:1:1: `USD` does not have the rate 1"),
        ] {
            let (offset, problem) = parse(text, given).unwrap_err();
            let error = PolicyError::InFile { place: Place::new("fx.csv", text, offset), problem };
            assert!(error.to_string().starts_with(expected), "{error}\n{expected}");
        }
    }
}
