//! Texts of fees and of rates of exchange, against rust_decimal.

use renewals::finance::ExchangeRate;
use renewals::rules::{Fee, ShortText, write_amount};
use rust_decimal::{Decimal, RoundingStrategy};

/// A fee, a line feed, and a rate of exchange.
pub fn check(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let fee = check_fee(parts.next().unwrap_or_default());
    let Some(rate) = parts.next().and_then(|text| std::str::from_utf8(text).ok()) else { return };
    let expected = plain_decimal(rate.as_bytes(), 9, 12).filter(|rate| !rate.is_zero());
    let read = ExchangeRate::parse(rate);
    assert_eq!(read.is_some(), expected.is_some(), "{rate}");
    let (Some(read), Some(expected)) = (read, expected) else { return };
    assert_eq!(read.is_one(), expected == Decimal::ONE);
    // Beyond 28 digits the other side rounds by itself.
    let Some(fee) = fee.filter(|fee| fee.ten_thousandths < 1_000_000_000) else { return };
    let product = Decimal::new(i64::try_from(fee.ten_thousandths).expect("small"), 0) * expected;
    let rounded = product.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
    assert_eq!(read.convert(fee.ten_thousandths), Some(rounded.trunc().mantissa()), "{fee:?} {rate}");
}

fn check_fee(text: &[u8]) -> Option<Fee> {
    let fee = Fee::parse(text);
    let expected = plain_decimal(text, 18, 4);
    let Some(expected) = expected else {
        assert_eq!(fee, None, "{text:?}");
        assert_eq!(Fee::read_short(ShortText::new(text)), None, "{text:?}");
        return None;
    };
    let fee = fee.expect("a plain decimal is a fee");
    assert_eq!(u32::from(fee.places), expected.scale(), "{text:?}");
    assert_eq!(fee.ten_thousandths, expected.mantissa() * 10_i128.pow(4 - expected.scale()), "{text:?}");
    if text.len() <= 15 {
        assert_eq!(Fee::read_short(ShortText::new(text)), Some(fee), "{text:?}");
    }
    if fee.places >= 2 {
        let mut written = Vec::new();
        write_amount(fee.ten_thousandths, fee.places, &mut written);
        assert_eq!(std::str::from_utf8(&written).map(str::to_owned), Ok(expected.to_string()));
    }
    Some(fee)
}

/// A decimal of so many digits before the point, and at most so many behind it, if it has one.
fn plain_decimal(text: &[u8], whole_max: usize, fraction_max: usize) -> Option<Decimal> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let is_number = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_plain = is_number(whole, whole_max) && fraction.is_none_or(|fraction| is_number(fraction, fraction_max));
    is_plain.then(|| Decimal::from_str_exact(text).expect("at most 22 digits"))
}
