//! Numbers, money, days and texts of the export as the page shows them.

use crate::formats::money::{self as readable, grouped_digits};
use crate::reports::{CurrencyCode, ShortenedText, currency_text, minor_unit_places};
use crate::rules::{Date, FEE_PLACES_MAX, YearMonthDay, write_amount};
use maud::{Markup, html};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A count with its digits in groups of three.
pub fn count(value: u64) -> String {
    grouped_digits(&value.to_string())
}

/// A count and its noun, which takes an `s` unless the count is one.
pub fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// `5 June 2020`.
pub fn day_words(date: Date) -> String {
    let YearMonthDay { year, month, day } = date.year_month_day();
    format!("{day} {} {year}", MONTHS[month as usize - 1])
}

/// `5 Jun`.
pub fn day_label(date: Date) -> String {
    let YearMonthDay { month, day, .. } = date.year_month_day();
    format!("{day} {}", &MONTHS[month as usize - 1][..3])
}

/// The name of a month, counted from the year 0, and its year.
pub fn month_name(month: i32) -> (&'static str, i32) {
    (MONTHS[month.rem_euclid(12) as usize], month.div_euclid(12))
}

/// `June 2020`, of a month counted from the year 0.
pub fn month_words(month: i32) -> String {
    let (name, year) = month_name(month);
    format!("{name} {year}")
}

/// How a currency is called; offers without a currency have none.
pub fn currency_name(code: &CurrencyCode) -> &str {
    match std::str::from_utf8(currency_text(code)) {
        Ok(text) if !text.is_empty() => text,
        _ => "no currency",
    }
}

/// An amount with the decimal places of its currency, or as many as it takes to be exact, in groups of three digits.
fn amount(code: &CurrencyCode, ten_thousandths: i128) -> String {
    readable::money(currency_name(code), ten_thousandths)
}

/// An amount rounded to the decimal places of its currency, half to even: for one that a rate of exchange has made.
pub fn rounded(code: &CurrencyCode, ten_thousandths: i128) -> i128 {
    let step = 10i128.pow(u32::from(FEE_PLACES_MAX - minor_unit_places(currency_name(code))));
    let (quotient, rest) = (ten_thousandths / step, ten_thousandths % step);
    let is_up = rest * 2 > step || (rest * 2 == step && quotient % 2 == 1);
    (quotient + i128::from(is_up)) * step
}

/// An amount for readers, with the exact amount for machines.
pub fn money(code: &CurrencyCode, ten_thousandths: i128) -> Markup {
    money_as(code, ten_thousandths, ten_thousandths)
}

/// A converted amount for readers, rounded, with the amount of the reports for machines.
pub fn converted(code: &CurrencyCode, ten_thousandths: i128) -> Markup {
    money_as(code, ten_thousandths, rounded(code, ten_thousandths))
}

fn money_as(code: &CurrencyCode, ten_thousandths: i128, shown: i128) -> Markup {
    let mut exact = Vec::new();
    write_amount(ten_thousandths, FEE_PLACES_MAX, &mut exact);
    html! { data value=(String::from_utf8_lossy(&exact)) { (amount(code, shown)) } }
}

/// An amount as words of a sentence.
pub fn money_words(code: &CurrencyCode, ten_thousandths: i128) -> String {
    format!("{} {}", currency_name(code), amount(code, ten_thousandths))
}

/// An estimate in units of its currency for readers, with the estimate of the reports for machines.
pub fn estimate(code: &CurrencyCode, value: f64) -> Markup {
    html! { data value=(value) { (estimate_amount(code, value)) } }
}

/// An estimate as words of a sentence.
pub fn estimate_words(code: &CurrencyCode, value: f64) -> String {
    format!("{} {}", currency_name(code), estimate_amount(code, value))
}

fn estimate_amount(code: &CurrencyCode, value: f64) -> String {
    readable::estimated_money(currency_name(code), value)
}

/// An amount for a glance: three digits, and what they stand for.
pub fn short_amount(value: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
    // 999,950 is not 1,000k.
    let Some((unit, letter)) = UNITS.into_iter().find(|(unit, _)| value >= unit * 0.9995) else {
        return format!("{value:.0}");
    };
    let value = value / unit;
    let places = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    let digits = format!("{value:.places$}");
    match digits.split_once('.') {
        Some((whole, fraction)) => format!("{}.{fraction}{letter}", grouped_digits(whole)),
        None => format!("{}{letter}", grouped_digits(&digits)),
    }
}

/// A share that was measured, as a percentage with one decimal place.
pub fn measured_percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A share that was given, as a percentage with a decimal place if it takes one.
pub fn percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

/// A text from outside, kept apart from the direction of what is around it, its control characters made visible.
pub fn foreign(text: &ShortenedText) -> Markup {
    let shown: String = text.text.chars().map(visible).collect();
    html! { bdi { (shown) } @if text.is_cut { span title="The text goes on." { "…" } } }
}

/// A control character as its picture; any other character as it is.
fn visible(character: char) -> char {
    match character {
        '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(character),
        '\u{7F}' => '\u{2421}',
        '\u{80}'..='\u{9F}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

/// A number as the label of an axis: at most four characters or so.
pub fn short_number(value: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "bn"), (1e6, "M"), (1e3, "k")];
    if value >= 1e15 {
        return format!("{value:.0e}");
    }
    let (scaled, unit) =
        UNITS.iter().find(|(unit, _)| value >= *unit).map_or((value, ""), |(unit, name)| (value / unit, *name));
    let digits = format!("{scaled:.1}");
    format!("{}{unit}", digits.strip_suffix(".0").unwrap_or(&digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_places_of_their_currency_or_more() {
        for (code, ten_thousandths, expected) in [
            (b"USD", 0, "0.00"),
            (b"USD", 5_405_686_300, "540,568.63"),
            (b"USD", 10_001, "1.0001"),
            (b"JPY", 894_180_300_000, "89,418,030"),
            (b"JPY", 5_000, "0.5"),
            (b"KWD", 12_345_000, "1,234.500"),
            (b"ZZZ", 10_000, "1.00"),
            (b"CLF", 10_000, "1.0000"),
            (b"USD", 9_999_999_999_999_999_999_999, "999,999,999,999,999,999.9999"),
        ] {
            assert_eq!(amount(code, ten_thousandths), expected);
        }
        assert_eq!(money(b"JPY", 5_000).into_string(), "<data value=\"0.5000\">0.5</data>");
        assert_eq!(money_words(&[0; 3], 0), "no currency 0.00");
    }

    #[test]
    fn converted_amounts_are_rounded_to_even() {
        for (code, ten_thousandths, expected) in [
            (b"EUR", 173_092_443_011, "17,309,244.30"),
            (b"EUR", 50, "0.00"),
            (b"EUR", 51, "0.01"),
            (b"EUR", 150, "0.02"),
            (b"JPY", 25_000, "2"),
            (b"JPY", 35_000, "4"),
            (b"CLF", 1, "0.0001"),
        ] {
            assert_eq!(amount(code, rounded(code, ten_thousandths)), expected);
        }
    }

    #[test]
    fn estimates_have_the_places_of_their_currency() {
        for (code, value, expected) in [
            (b"USD", 1_234_567.894, "1,234,567.89"),
            (b"JPY", 1_234.5, "1,234"),
            (b"KWD", 0.0, "0.000"),
            (b"USD", 1e22, "10,000,000,000,000,000,000,000.00"),
        ] {
            assert_eq!(estimate_amount(code, value), expected);
        }
        assert_eq!((percent(0.5), percent(0.1234), percent(1.0)), ("50%".into(), "12.3%".into(), "100%".into()));
    }

    #[test]
    fn foreign_texts_are_escaped_and_visible() {
        let shown = |text: &str| foreign(&ShortenedText::new(text.as_bytes(), 20)).into_string();
        assert_eq!(shown("<b>&\"'"), "<bdi>&lt;b&gt;&amp;&quot;'</bdi>");
        assert_eq!(shown("a\0\n\u{7F}\u{85}"), "<bdi>a\u{2400}\u{240A}\u{2421}\u{FFFD}</bdi>");
        assert!(shown(&"x".repeat(21)).ends_with("…</span>"));
    }

    #[test]
    fn axis_labels_are_short() {
        for (value, expected) in
            [(0.0, "0"), (950.0, "950"), (1_500.0, "1.5k"), (2e6, "2M"), (2.5e10, "25bn"), (3e12, "3T"), (4e22, "4e22")]
        {
            assert_eq!(short_number(value), expected);
        }
    }

    #[test]
    fn days_and_months_have_names() {
        let date = Date::parse_iso(b"2020-02-29").unwrap();
        assert_eq!((day_words(date).as_str(), day_label(date).as_str()), ("29 February 2020", "29 Feb"));
        assert_eq!(month_name(2020 * 12 + 11), ("December", 2020));
        assert_eq!((counted(1, "row"), counted(1_000, "row")), ("1 row".to_owned(), "1,000 rows".to_owned()));
    }

    #[test]
    fn amounts_for_a_glance_have_three_digits() {
        for (value, expected) in [
            (0.0, "0"),
            (999.4, "999"),
            (999.6, "1.00k"),
            (9_996.0, "10.0k"),
            (99_960.0, "100k"),
            (999_400.0, "999k"),
            (999_600.0, "1.00M"),
            (2_924_052.56, "2.92M"),
            (42_483_571.0, "42.5M"),
            (1.2e17, "120,000T"),
        ] {
            assert_eq!(short_amount(value), expected, "{value}");
        }
        assert_eq!(measured_percent(0.72), "72.0%");
    }
}
