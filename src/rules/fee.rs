//! Fees: exact decimals with the places they were written with.

/// Decimal places that every amount is held with; a fee may be written with fewer (SPEC §2).
pub const FEE_PLACES_MAX: u8 = 4;

/// A fee as an exact count of ten-thousandths, and the decimal places it was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    /// The amount in ten-thousandths of the currency's main unit; never negative, at most 22 digits.
    pub ten_thousandths: i128,
    /// Decimal places as written, 0 to 4; trailing zeros count.
    pub places: u8,
}

impl Fee {
    /// Reads `[0-9]{1,18}(\.[0-9]{1,4})?`; `None` for any other text (SPEC §2).
    #[inline]
    pub fn parse(text: &[u8]) -> Option<Self> {
        // So many digits fit an integer whatever they are.
        const SHORT: usize = 19;
        if text.len() > SHORT { Self::parse_parts(text) } else { Self::parse_short(text) }
    }

    /// [`Self::parse`] of a text whose digits fit one integer: all of them in one go.
    #[inline]
    fn parse_short(text: &[u8]) -> Option<Self> {
        let mut value = 0u64;
        let mut point = None;
        for (index, &byte) in text.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                value = value * 10 + u64::from(digit);
            } else if byte == b'.' && point.is_none() {
                point = Some(index);
            } else {
                return None;
            }
        }
        let whole_digits = point.unwrap_or(text.len());
        let places = point.map_or(0, |point| text.len() - point - 1);
        let is_legal = (1..=18).contains(&whole_digits) && places <= usize::from(FEE_PLACES_MAX);
        if !is_legal || point.is_some() && places == 0 {
            return None;
        }
        const TO_TEN_THOUSANDTHS: [u64; 5] = [10_000, 1_000, 100, 10, 1];
        let ten_thousandths = i128::from(value) * i128::from(TO_TEN_THOUSANDTHS[places]);
        Some(Self { ten_thousandths, places: places as u8 })
    }

    /// [`Self::parse`] of any text, the whole part and the fraction one after the other.
    fn parse_parts(text: &[u8]) -> Option<Self> {
        let (whole, fraction) = match text.iter().position(|&byte| byte == b'.') {
            Some(point) => (&text[..point], Some(&text[point + 1..])),
            None => (text, None),
        };
        if whole.is_empty() || whole.len() > 18 {
            return None;
        }
        let mut places = 0;
        let mut fraction_value = 0u64;
        if let Some(fraction) = fraction {
            if fraction.is_empty() || fraction.len() > usize::from(FEE_PLACES_MAX) {
                return None;
            }
            places = fraction.len() as u8;
            fraction_value = digits(fraction)? * 10u64.pow(u32::from(FEE_PLACES_MAX - places));
        }
        let whole_value = digits(whole)?;
        Some(Self { ten_thousandths: i128::from(whole_value) * 10_000 + i128::from(fraction_value), places })
    }
}

/// The value of at most 18 decimal digits; `None` if a byte is no digit.
fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0u64, |value, &byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + u64::from(digit))
    })
}

/// Writes an amount held in ten-thousandths with a number of decimal places, 2 to 4.
///
/// The amount must be a whole number of the last place written, which holds when `places` is at least
/// that of each fee summed.
pub fn write_amount(ten_thousandths: i128, places: u8, output: &mut Vec<u8>) {
    use std::io::Write;
    let whole = ten_thousandths / 10_000;
    let fraction = (ten_thousandths % 10_000) / 10i128.pow(u32::from(FEE_PLACES_MAX - places));
    let width = usize::from(places);
    write!(output, "{whole}.{fraction:0width$}").expect("writing to memory does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(ten_thousandths: i128, places: u8) -> String {
        let mut output = Vec::new();
        write_amount(ten_thousandths, places, &mut output);
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn legal_fees() {
        for (text, ten_thousandths, places) in [
            ("0", 0, 0),
            ("1670", 16_700_000, 0),
            ("1670.5", 16_705_000, 1),
            ("1670.50", 16_705_000, 2),
            ("0.0001", 1, 4),
            ("007", 70_000, 0),
            ("999999999999999999.9999", 9_999_999_999_999_999_999_999, 4),
        ] {
            let expected = Some(Fee { ten_thousandths, places });
            assert_eq!(Fee::parse(text.as_bytes()), expected, "{text}");
            assert_eq!(Fee::parse_parts(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn illegal_fees() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            " 1",
            "1 ",
            "1,5",
            "1.00000",
            "1.2.3",
            "1e3",
            "NaN",
            "1234567890123456789",
            "1234567890123456789012345678901234567890",
            "１",
            "1:0",
            "1/0",
        ] {
            assert_eq!(Fee::parse(text.as_bytes()), None, "{text}");
            assert_eq!(Fee::parse_parts(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_with_the_places_asked_for() {
        assert_eq!(amount(0, 2), "0.00");
        assert_eq!(amount(16_705_000, 2), "1670.50");
        assert_eq!(amount(16_705_100, 3), "1670.510");
        assert_eq!(amount(1, 4), "0.0001");
        assert_eq!(amount(100, 2), "0.01");
    }

    proptest! {
        #[test]
        fn both_ways_of_reading_agree(text in "[0-9]{0,20}([.][0-9.]{0,6})?[a-]?") {
            prop_assert_eq!(Fee::parse(text.as_bytes()), Fee::parse_parts(text.as_bytes()));
        }

        #[test]
        fn a_fee_reads_back_what_it_writes(whole in 0u64..10u64.pow(18), fraction in 0u32..10_000, places in 2u8..=4) {
            let fraction = fraction / 10u32.pow(u32::from(4 - places));
            let text = format!("{whole}.{fraction:0width$}", width = usize::from(places));
            let fee = Fee::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(fee.places, places);
            prop_assert_eq!(amount(fee.ten_thousandths, places), text);
        }
    }
}
