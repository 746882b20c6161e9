//! Currency codes as small numbers, so that sums are kept in arrays rather than looked up by text.

pub use crate::finance::CurrencyCode;
use crate::rules::FEE_PLACES_MAX;

/// Bits that tell the letters of the alphabet apart.
const LETTER_BITS: u32 = 5;
/// One place for every code, and one for none.
const PLACES: usize = 1 << (3 * LETTER_BITS);

/// Numbers currency codes in the order in which they come up.
#[derive(Clone, Debug)]
pub struct CurrencyIndex {
    codes: Vec<CurrencyCode>,
    /// For each code, its number plus one; 0 if it did not come up yet.
    numbers: Box<[u16]>,
}

impl Default for CurrencyIndex {
    fn default() -> Self {
        Self { codes: Vec::new(), numbers: vec![0; PLACES].into_boxed_slice() }
    }
}

impl CurrencyIndex {
    /// The number of a code; the text is three capital letters or empty.
    #[inline]
    pub fn number(&mut self, text: &[u8]) -> usize {
        let place = match *text {
            [a, b, c] => (letter(a) << LETTER_BITS | letter(b)) << LETTER_BITS | letter(c),
            _ => 0,
        };
        match self.numbers[place] {
            0 => self.add(text, place),
            number => usize::from(number) - 1,
        }
    }

    #[cold]
    fn add(&mut self, text: &[u8], place: usize) -> usize {
        self.codes.push(text.try_into().unwrap_or_default());
        // There are fewer places than numbers.
        self.numbers[place] = self.codes.len() as u16;
        self.codes.len() - 1
    }

    /// The codes by number.
    pub fn codes(&self) -> &[CurrencyCode] {
        &self.codes
    }
}

/// The place of a letter in the alphabet, from 1.
#[inline]
fn letter(byte: u8) -> usize {
    usize::from(byte) & ((1 << LETTER_BITS) - 1)
}

/// The text of a code: empty where there is none.
pub fn currency_text(code: &CurrencyCode) -> &[u8] {
    if *code == CurrencyCode::default() { b"" } else { code }
}

/// Decimal places in which people write amounts of a currency (ISO 4217): 2 for codes that the standard has none for.
pub fn minor_unit_places(code: &str) -> u8 {
    let exponent = iso_currency::Currency::from_code(code).and_then(|currency| currency.exponent());
    exponent.map_or(2, |places| places.min(FEE_PLACES_MAX.into()) as u8)
}

/// Whether ISO 4217 has a code for money; those for tests and for no currency are none.
pub fn is_currency(code: &[u8]) -> bool {
    const NO_MONEY: [&[u8]; 2] = [b"XTS", b"XXX"];
    !NO_MONEY.contains(&code)
        && std::str::from_utf8(code).is_ok_and(|code| iso_currency::Currency::from_code(code).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_number_of_its_own() {
        let mut index = CurrencyIndex::default();
        let letters = b'A'..=b'Z';
        let mut count = 0;
        assert_eq!(index.number(b""), count);
        for a in letters.clone() {
            for b in letters.clone() {
                for c in letters.clone() {
                    count += 1;
                    assert_eq!(index.number(&[a, b, c]), count);
                }
            }
        }
        assert_eq!(index.number(b"AAA"), 1);
        assert_eq!(index.number(b""), 0);
        assert_eq!(currency_text(&index.codes()[0]), b"");
        assert_eq!(currency_text(&index.codes()[count]), b"ZZZ");
        // A text that is no code takes a place too, and none beyond the last.
        assert_eq!(index.number(b"zzz"), count);
        assert_eq!(index.number(b"\xFF\xFF\xFF"), count + 1);
    }

    #[test]
    fn codes_of_the_standard_are_currencies() {
        for (code, expected) in
            [("EUR", true), ("CNY", true), ("ABC", false), ("XXX", false), ("eur", false), ("", false)]
        {
            assert_eq!(is_currency(code.as_bytes()), expected, "{code}");
        }
    }

    #[test]
    fn minor_units_are_those_of_the_standard() {
        for (code, places) in [("EUR", 2), ("JPY", 0), ("KRW", 0), ("BHD", 3), ("CLF", 4), ("QQQ", 2), ("", 2)] {
            assert_eq!(minor_unit_places(code), places, "{code}");
        }
    }
}
