//! What the estimates of fees go by.

use clap::Args;
use std::fmt;
use std::str::FromStr;

const HEADING: &str = "Expected fees";

/// The options about estimates.
#[derive(Clone, Debug, Args)]
pub struct OutlookArguments {
    /// Days before the as-of date whose closed windows the renewal rates are measured on
    #[arg(
        long, value_name = "DAYS", default_value_t = 365,
        value_parser = clap::value_parser!(i32).range(1..=3_660), help_heading = HEADING
    )]
    pub history_days: i32,
    /// Share of the outcomes that lies between the low and the high bound, from 1% to 99.9%
    #[arg(long, value_name = "N%", default_value = "80%", help_heading = HEADING)]
    pub interval: Interval,
    /// Rates and scenarios that differ from the default assumptions, as TOML; see `renewals assumptions`
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub assume: Option<String>,
    /// Rates of exchange, as CSV with the columns currency and rate, for sums in one reporting currency
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub fx: Option<String>,
    /// Currency to report in [default: the one whose rate is 1]
    #[arg(long, value_name = "CODE", requires = "fx", help_heading = HEADING)]
    pub reporting_currency: Option<String>,
}

/// A share of the outcomes, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    thousandths: u16,
}

impl Interval {
    /// The share, between 0 and 1.
    pub fn coverage(self) -> f64 {
        f64::from(self.thousandths) / 1e3
    }
}

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "not a share from 1% to 99.9%, such as `80%`".to_owned();
        let number = text.strip_suffix("%").unwrap_or(text);
        let (whole, tenths) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |digits: &str, most: usize| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(whole, 2) || !is_number(tenths, 1) {
            return Err(wrong());
        }
        let thousandths = format!("{whole}{tenths}").parse().map_err(|_| wrong())?;
        if (10..=999).contains(&thousandths) { Ok(Self { thousandths }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, tenths) = (self.thousandths / 10, self.thousandths % 10);
        match tenths {
            0 => write!(formatter, "{whole}%"),
            _ => write!(formatter, "{whole}.{tenths}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_percentages() {
        for (text, coverage, written) in [
            ("80%", 0.8, "80%"),
            ("1%", 0.01, "1%"),
            ("99.9%", 0.999, "99.9%"),
            ("50.0%", 0.5, "50%"),
            ("07%", 0.07, "7%"),
            ("80", 0.8, "80%"),
        ] {
            let interval: Interval = text.parse().unwrap();
            assert_eq!((interval.coverage(), interval.to_string().as_str()), (coverage, written));
        }
        for text in ["0.8", "0%", "0.9%", "100%", "-5%", "80.55%", "%", ".5%", "8 %", "+80%", "80.%"] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }
}
