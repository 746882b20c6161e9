//! Fees: exact decimals with the places they were written with.

use super::short_text::ShortText;

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
        if text.len() > Self::SHORT_BYTES { Self::parse_parts(text) } else { Self::read_short(ShortText::new(text)) }
    }

    /// Longest text that is read as lanes of one integer.
    const SHORT_BYTES: usize = 15;

    /// [`Self::parse`] of a short text; `None` too for a legal one of more than fifteen bytes.
    ///
    /// The point is taken out and the digits are read together, as lanes of one integer: how many there are, and
    /// where the point stands, changes from row to row.
    #[inline]
    pub fn read_short(text: ShortText) -> Option<Self> {
        if text.length() <= 8 { Self::read_eight(text.bytes() as u64, text.length()) } else { Self::read_fifteen(text) }
    }

    /// [`Self::read_short`] of a text of at most eight bytes, as nearly all are.
    #[inline]
    fn read_eight(text: u64, length: usize) -> Option<Self> {
        const ONES: u64 = u64::MAX / 0xFF;
        const ZEROS: u64 = b'0' as u64 * ONES;
        // A lane is zero exactly where the text has a point.
        let lanes = text ^ (b'.' as u64 * ONES);
        let points = !(((lanes & (0x7F * ONES)) + 0x7F * ONES) | lanes) & (0x80 * ONES);
        let whole_digits = length.min(points.trailing_zeros() as usize / 8);
        let has_point = whole_digits < length;
        // What stands before the first point; everything where there is none.
        let before_point = ((points & points.wrapping_neg()) >> 7).wrapping_sub(1);
        let packed = (text & before_point) | (text >> 8 & !before_point);
        // The last digit goes into the highest lane, and the lanes before the first one read as zeros. Where there is no
        // digit at all, whatever is read is not legal.
        let digits = length - usize::from(has_point);
        let shift = 64 - 8 * digits as u32;
        let values = (packed.wrapping_shl(shift) ^ ZEROS) & u64::MAX.wrapping_shl(shift);
        // A second point is no digit.
        let has_digits = (values | values.wrapping_add(0x06 * ONES)) & (0xF0 * ONES) == 0;
        let places = length - whole_digits - usize::from(has_point);
        let is_legal =
            has_digits & (whole_digits >= 1) & (places <= usize::from(FEE_PLACES_MAX)) & (has_point == (places > 0));
        if is_legal { Some(Self::of_digits(eight_digits(values), places)) } else { None }
    }

    fn read_fifteen(text: ShortText) -> Option<Self> {
        const LONGEST: usize = Fee::SHORT_BYTES;
        const ONES: u128 = u128::MAX / 0xFF;
        let length = text.length();
        if length > LONGEST {
            return None;
        }
        // A lane is zero exactly where the text has a point.
        let lanes = text.bytes() ^ (b'.' as u128 * ONES);
        let points = !(((lanes & (0x7F * ONES)) + 0x7F * ONES) | lanes) & (0x80 * ONES);
        let whole_digits = length.min(points.trailing_zeros() as usize / 8);
        let has_point = whole_digits < length;
        let before_point = text.bytes() & ((1 << (8 * whole_digits)) - 1);
        let after_point = (text.bytes() >> 8 >> (8 * whole_digits)) << (8 * whole_digits);
        let digits = length - usize::from(has_point);
        // The last digit goes into the highest lane, and the lanes before the first one read as zeros.
        let values = ((before_point | after_point) << 8 << (8 * (LONGEST - digits))) ^ (b'0' as u128 * ONES);
        let values = values & (u128::MAX << 8 << (8 * (LONGEST - digits)));
        // A second point is no digit.
        let has_digits = (values | values.wrapping_add(0x06 * ONES)) & (0xF0 * ONES) == 0;
        let places = length - whole_digits - usize::from(has_point);
        let is_legal =
            has_digits & (whole_digits >= 1) & (places <= usize::from(FEE_PLACES_MAX)) & (has_point == (places > 0));
        if !is_legal {
            return None;
        }
        let value = eight_digits(values as u64) * 100_000_000 + eight_digits((values >> 64) as u64);
        Some(Self::of_digits(value, places))
    }

    /// The fee whose digits, the point left out, are `value`.
    #[inline]
    fn of_digits(value: u64, places: usize) -> Self {
        const TO_TEN_THOUSANDTHS: [u64; 5] = [10_000, 1_000, 100, 10, 1];
        Self { ten_thousandths: i128::from(value) * i128::from(TO_TEN_THOUSANDTHS[places]), places: places as u8 }
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

/// The value of eight lanes that hold digits from 0 to 9, the lowest one first.
#[inline]
const fn eight_digits(lanes: u64) -> u64 {
    let pairs = (lanes * 10 + (lanes >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours & 0xFFFF) * 10_000 + (fours >> 32)
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
    fn only_a_point_is_a_point() {
        for byte in 0..=u8::MAX {
            let text = [b'1', byte, b'5'];
            let expected = match byte {
                b'.' => Some(Fee { ten_thousandths: 15_000, places: 1 }),
                b'0'..=b'9' => Some(Fee { ten_thousandths: (105 + i128::from(byte - b'0') * 10) * 10_000, places: 0 }),
                _ => None,
            };
            assert_eq!(Fee::parse(&text), expected, "{byte}");
            assert_eq!(Fee::parse_parts(&text), expected, "{byte}");
        }
    }

    #[test]
    fn only_a_point_is_a_point_in_a_longer_text() {
        for byte in 0..=u8::MAX {
            let text = [&b"123456789"[..], &[byte], b"5"].concat();
            let expected = match byte {
                b'.' => Some(Fee { ten_thousandths: 1_234_567_895_000, places: 1 }),
                b'0'..=b'9' => {
                    let digit = i128::from(byte - b'0');
                    Some(Fee { ten_thousandths: (12_345_678_905 + digit * 10) * 10_000, places: 0 })
                }
                _ => None,
            };
            assert_eq!(Fee::parse(&text), expected, "{byte}");
            assert_eq!(Fee::parse_parts(&text), expected, "{byte}");
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
