//! Counts and amounts as people read them: thousands separated, in the decimal places of the currency (ISO 4217).

use crate::reports::minor_unit_places;
use crate::rules::FEE_PLACES_MAX;

/// An exact amount; it has more decimal places than its currency where it must.
pub fn money(currency: &str, ten_thousandths: i128) -> String {
    let mut places = FEE_PLACES_MAX;
    let mut value = ten_thousandths;
    while places > minor_unit_places(currency) && value % 10 == 0 {
        value /= 10;
        places -= 1;
    }
    let scale = 10_i128.pow(places.into());
    let fraction = match places {
        0 => String::new(),
        _ => format!(".{:0width$}", value % scale, width = places.into()),
    };
    format!("{}{fraction}", grouped_digits(&(value / scale).to_string()))
}

/// An estimate, rounded to the decimal places of its currency.
pub fn estimated_money(currency: &str, amount: f64) -> String {
    let text = format!("{amount:.places$}", places = minor_unit_places(currency).into());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}", grouped_digits(whole))
}

/// The digits of a whole number with thousands separated.
pub fn grouped_digits(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_places_of_their_currency() {
        for (currency, ten_thousandths, text) in [
            ("EUR", 0, "0.00"),
            ("EUR", 12_345_678_900, "1,234,567.89"),
            ("EUR", 9_180_000, "918.00"),
            ("EUR", 1, "0.0001"),
            ("JPY", 894_180_300_000, "89,418,030"),
            ("JPY", 10_5000, "10.5"),
            ("BHD", 1_0010, "1.001"),
            ("QQQ", 100, "0.01"),
            ("", 999_0000, "999.00"),
        ] {
            assert_eq!(money(currency, ten_thousandths), text);
        }
        assert_eq!(money("EUR", i128::MAX), "17,014,118,346,046,923,173,168,730,371,588,410.5727");
    }

    #[test]
    fn estimates_are_rounded() {
        for (currency, amount, text) in
            [("EUR", 1234.567, "1,234.57"), ("JPY", 999.5, "1,000"), ("EUR", 0.0, "0.00"), ("KWD", 0.1, "0.100")]
        {
            assert_eq!(estimated_money(currency, amount), text);
        }
    }
}
