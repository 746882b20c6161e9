//! Rates of exchange to one reporting currency, as exact decimals.

use super::due::CurrencyCode;
use std::collections::BTreeMap;

/// Decimal places that a rate is held with.
pub const RATE_PLACES_MAX: usize = 12;
/// Digits before the point that a rate can have.
pub const RATE_DIGITS_MAX: usize = 9;
/// One, as a rate is held.
const ONE: i128 = 10_i128.pow(RATE_PLACES_MAX as u32);

/// A rate of exchange: what one unit of a currency is in the reporting currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    trillionths: i128,
}

impl ExchangeRate {
    /// Reads `[0-9]{1,9}(\.[0-9]{1,12})?` that is not nought; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |digits: &str, most: usize| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_digits(whole, RATE_DIGITS_MAX) || !is_digits(fraction, RATE_PLACES_MAX) {
            return None;
        }
        let trillionths: i128 = format!("{whole}{fraction:0<RATE_PLACES_MAX$}").parse().ok()?;
        (trillionths > 0).then_some(Self { trillionths })
    }

    /// Whether a unit is a unit of the reporting currency.
    pub const fn is_one(self) -> bool {
        self.trillionths == ONE
    }

    /// The nearest float.
    pub fn to_f64(self) -> f64 {
        // By way of its digits, as a quotient of floats would be rounded twice.
        let (whole, fraction) = (self.trillionths / ONE, self.trillionths % ONE);
        format!("{whole}.{fraction:0RATE_PLACES_MAX$}").parse().unwrap_or(f64::NAN)
    }

    /// An amount in the reporting currency, to the nearest ten-thousandth, ties to even; `None` beyond 128 bits.
    pub fn convert(self, ten_thousandths: i128) -> Option<i128> {
        let whole = (ten_thousandths / ONE).checked_mul(self.trillionths)?;
        let product = (ten_thousandths % ONE).checked_mul(self.trillionths)?;
        let (quotient, rest) = (product / ONE, product % ONE);
        let is_up = rest * 2 > ONE || (rest * 2 == ONE && (whole + quotient) % 2 == 1);
        whole.checked_add(quotient)?.checked_add(i128::from(is_up))
    }
}

/// The rates of exchange of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRates {
    /// The currency that everything is converted to.
    pub reporting_currency: CurrencyCode,
    /// The rate of each currency.
    pub rates: BTreeMap<CurrencyCode, ExchangeRate>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_plain_decimals() {
        for (text, value) in [("1", 1.0), ("0.0061", 0.0061), ("123456789.123456789012", 123_456_789.123_456_79)] {
            assert_eq!(ExchangeRate::parse(text).unwrap().to_f64(), value, "{text}");
        }
        for text in ["", "0", "0.000", "-1", "+1", "1e3", "1.", ".5", "1,5", "1234567890", "1.1234567890123", "x", "1 "]
        {
            assert_eq!(ExchangeRate::parse(text), None, "{text}");
        }
        for (text, is_one) in [("1.0", true), ("1", true), ("1.000000000001", false), ("0.999999999999", false)] {
            assert_eq!(ExchangeRate::parse(text).unwrap().is_one(), is_one, "{text}");
        }
    }

    #[test]
    fn amounts_are_converted_exactly_and_rounded_once() {
        for (rate, amount, expected) in [
            ("0.5", 1, 0),
            ("0.5", 3, 2),
            ("0.5", 5, 2),
            ("0.500000000001", 1, 1),
            ("1", i128::MAX / ONE * ONE, i128::MAX / ONE * ONE),
            ("0.0061", 992_305_600_000, 6_053_064_160),
            ("3", 10_i128.pow(25) + 7, 3 * 10_i128.pow(25) + 21),
        ] {
            assert_eq!(ExchangeRate::parse(rate).unwrap().convert(amount), Some(expected), "{amount} at {rate}");
        }
        assert_eq!(ExchangeRate::parse("2").unwrap().convert(i128::MAX), None);
    }
}
