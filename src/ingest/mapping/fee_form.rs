//! How fees are written: grouping, decimal mark and currency symbols.

use super::cells::FeeText;
use crate::rules::{FEE_PLACES_MAX, Fee};

/// The form of fees. Digits are grouped by three or not at all, and nothing malformed is repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeForm {
    /// What stands between the whole part and the fraction.
    pub decimal_mark: char,
    /// What stands between groups of three digits; a space stands for every kind of space.
    pub grouping: Option<char>,
    /// Most decimal places that a fee may have, at most four.
    pub decimal_places_max: u8,
    /// Symbols that may stand before or after the amount.
    pub symbols: Vec<Symbol>,
}

/// A currency symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The symbol, such as `$`.
    pub text: String,
    /// The currency that it stands for; `None` if several have it, so that the row must say which.
    pub currency: Option<String>,
}

impl FeeForm {
    /// Reads a fee, and the symbol that stands with it; its plain text is put into `plain`.
    pub fn read<'a>(&'a self, text: &[u8], plain: &mut FeeText) -> Option<(Fee, Option<&'a Symbol>)> {
        let text = std::str::from_utf8(text).ok()?;
        let (amount, symbol) = self.without_symbol(text);
        plain.clear();
        let (whole, fraction) = match amount.split_once(self.decimal_mark) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (amount, None),
        };
        self.put_whole(whole, plain)?;
        if let Some(fraction) = fraction {
            let places = usize::from(self.decimal_places_max.min(FEE_PLACES_MAX));
            if fraction.is_empty() || fraction.len() > places {
                return None;
            }
            plain.put(b".")?;
            put_digits(fraction, plain)?;
        }
        Some((Fee::parse(plain.bytes())?, symbol))
    }

    fn without_symbol<'a, 'text>(&'a self, text: &'text str) -> (&'text str, Option<&'a Symbol>) {
        let rests = self.symbols.iter().filter_map(|symbol| {
            let after = text.strip_prefix(&symbol.text).map(|rest| rest.strip_prefix(is_space).unwrap_or(rest));
            let before = || text.strip_suffix(&symbol.text).map(|rest| rest.strip_suffix(is_space).unwrap_or(rest));
            after.or_else(before).map(|rest| (rest, symbol))
        });
        // The longest symbol counts: `US$` ends in `$`.
        match rests.min_by_key(|(rest, _)| rest.len()) {
            Some((rest, symbol)) => (rest, Some(symbol)),
            None => (text, None),
        }
    }

    /// Puts the whole part without its grouping; `None` if groups are not of three digits.
    fn put_whole(&self, whole: &str, plain: &mut FeeText) -> Option<()> {
        let is_grouping = |character: char| match self.grouping {
            Some(' ') => is_space(character),
            Some(grouping) => character == grouping,
            None => false,
        };
        let mut groups = whole.split(is_grouping);
        let first = groups.next()?;
        let is_grouped = whole.contains(is_grouping);
        if is_grouped && (first.is_empty() || first.len() > 3 || first.starts_with('0')) {
            return None;
        }
        put_digits(first, plain)?;
        for group in groups {
            if group.len() != 3 {
                return None;
            }
            put_digits(group, plain)?;
        }
        Some(())
    }
}

fn put_digits(text: &str, plain: &mut FeeText) -> Option<()> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| plain.put(text.as_bytes()))?
}

/// The spaces that stand between groups of digits, or between an amount and its symbol.
const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(decimal_mark: char, grouping: Option<char>) -> FeeForm {
        let symbol = |text: &str, currency: Option<&str>| Symbol {
            text: text.to_owned(),
            currency: currency.map(str::to_owned),
        };
        FeeForm {
            decimal_mark,
            grouping,
            decimal_places_max: 2,
            symbols: vec![symbol("$", None), symbol("US$", Some("USD")), symbol("€", Some("EUR"))],
        }
    }

    fn read(form: &FeeForm, text: &str) -> Option<String> {
        let mut plain = FeeText::default();
        let (fee, symbol) = form.read(text.as_bytes(), &mut plain)?;
        let text = String::from_utf8(plain.bytes().to_vec()).unwrap();
        assert_eq!(Fee::parse(text.as_bytes()), Some(fee));
        Some(match symbol {
            Some(symbol) => format!("{text} {}", symbol.currency.as_deref().unwrap_or("?")),
            None => text,
        })
    }

    #[test]
    fn well_formed_fees() {
        let american = form('.', Some(','));
        let german = form(',', Some('.'));
        let french = form(',', Some(' '));
        let swiss = form('.', Some('’'));
        for (form, text, plain) in [
            (&american, "1,670.00", "1670.00"),
            (&american, "1670.00", "1670.00"),
            (&american, "1,670", "1670"),
            (&american, "$1,670", "1670 ?"),
            (&american, "US$1,670", "1670 USD"),
            (&american, "$ 0.5", "0.5 ?"),
            (&american, "0", "0"),
            (&american, "123,456,789,012,345,678.99", "123456789012345678.99"),
            (&german, "1.670,00", "1670.00"),
            (&german, "1.670,00 €", "1670.00 EUR"),
            (&german, "€1.670", "1670 EUR"),
            (&french, "1 670,00\u{a0}€", "1670.00 EUR"),
            (&french, "12\u{202f}345\u{a0}678", "12345678"),
            (&swiss, "12’345.05", "12345.05"),
        ] {
            assert_eq!(read(form, text).as_deref(), Some(plain), "{text}");
        }
    }

    #[test]
    fn malformed_fees_are_not_repaired() {
        let american = form('.', Some(','));
        for text in [
            "",
            "$",
            "-1",
            "(1,670.00)",
            "1,67.00",
            "1,6700.00",
            "1670,000.00",
            "1234,567",
            ",670",
            "1,,670",
            "1,670,",
            "0,001.00",
            "1.670,00",
            "1.670",
            "1.6,7",
            "1.",
            ".50",
            "1 670",
            "$$1",
            "$1 $",
            "  1",
            "$  1",
            "1.00.00",
            "£1",
            "1e3",
            "１",
            "1,234,567,890,123,456,789",
        ] {
            assert_eq!(read(&american, text), None, "{text}");
        }
        assert_eq!(read(&form('.', None), "1,670"), None);
        assert_eq!(read(&form(',', None), "1670,00").as_deref(), Some("1670.00"));
    }
}
