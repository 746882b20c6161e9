use super::*;
use chrono::{Datelike, Days, NaiveDate};
use std::ops::RangeInclusive;

fn days_of(years: RangeInclusive<i32>) -> impl Iterator<Item = (Date, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap();
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    first.iter_days().take_while(move |day| years.contains(&day.year())).map(move |day| {
        let days = i32::try_from((day - epoch).num_days()).unwrap();
        (Date::from_days_since_epoch(days), day)
    })
}

#[test]
fn every_day_agrees_with_chrono() {
    for (date, expected) in days_of(YEAR_MIN..=YEAR_MAX + 2) {
        let YearMonthDay { year, month, day } = date.year_month_day();
        assert_eq!((year, month, day), (expected.year(), expected.month(), expected.day()));
        assert_eq!(i64::from(date.days_since_epoch()), (expected - NaiveDate::default()).num_days());
        assert_eq!(Date::from_year_month_day(year, month, day), Some(date));
        assert_eq!(date.to_string(), expected.to_string());
        assert_eq!(date.iso_bytes().as_slice(), expected.to_string().as_bytes());
        let parsed = Date::parse_iso(expected.to_string().as_bytes());
        assert_eq!(Date::read_iso(ShortText::new(expected.to_string().as_bytes())), parsed);
        assert_eq!(parsed, (expected.year() <= YEAR_MAX).then_some(date));
        assert_eq!(date.is_in_input_range(), expected.year() <= YEAR_MAX);
        let (first, last) = Date::year_span(year);
        assert!(first <= date && date <= last && last.days_since(first) == 364 + i32::from(is_leap_year(year)));
    }
}

#[test]
fn days_that_the_calendar_lacks() {
    for (year, month, day) in
        [(2020, 0, 1), (2020, 13, 1), (2020, 1, 0), (2020, 1, 32), (2020, 4, 31), (2020, 2, 30), (2100, 2, 29)]
    {
        assert_eq!(Date::from_year_month_day(year, month, day), None, "{year}-{month}-{day}");
    }
}

#[test]
fn a_calendar_year_agrees_with_chrono() {
    // Far enough on both sides for leap days that an input date cannot be.
    for (date, day) in days_of(YEAR_MIN - 8..=YEAR_MAX + 8) {
        let expected =
            day.with_year(day.year() + 1).unwrap_or_else(|| NaiveDate::from_ymd_opt(day.year() + 1, 2, 28).unwrap());
        let expected_days = expected - day;
        assert_eq!(date.plus_calendar_year().days_since(date) as i64, expected_days.num_days(), "{day}");
        assert!(day.checked_add_days(Days::new(365)).unwrap() <= expected);
    }
}

#[test]
fn texts_that_are_no_date() {
    for text in [
        "",
        "2020-6-5",
        "2020-06-05 ",
        " 2020-06-05",
        "2020/06/05",
        "20200605",
        "2020-06-5",
        "2020-00-10",
        "2020-13-01",
        "2020-06-00",
        "2020-06-31",
        "2019-02-29",
        "1900-02-29",
        "0001-01-01",
        "1899-12-31",
        "3000-01-01",
        "9999-12-31",
        "2020-06-0a",
        "２０２０-06-05",
        "2020-06-05T00:00:00",
        "-020-06-05",
        // Both are no digits in the same way.
        "1:20-06-0;",
    ] {
        assert_eq!(Date::parse_iso(text.as_bytes()), None, "{text}");
        assert_eq!(Date::read_iso(ShortText::new(text.as_bytes())), None, "{text}");
    }
    assert!(Date::parse_iso(b"2000-02-29").is_some());
}

#[test]
fn a_date_with_one_other_byte() {
    for date in ["2020-06-05", "1999-12-31", "2100-02-28"] {
        for index in 0..=date.len() {
            for byte in 0..=u8::MAX {
                let mut text = date.as_bytes().to_vec();
                if index < text.len() {
                    text[index] = byte
                } else {
                    text.push(byte)
                }
                let is_form = text.len() == 10
                    && text.iter().enumerate().all(|(place, byte)| match place {
                        4 | 7 => *byte == b'-',
                        _ => byte.is_ascii_digit(),
                    });
                let expected = str::from_utf8(&text)
                    .ok()
                    .filter(|_| is_form)
                    .and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
                    .filter(|day| (YEAR_MIN..=YEAR_MAX).contains(&day.year()))
                    .map(|day| day.to_string());
                let told = |date: Option<Date>| date.map(|date| date.to_string());
                assert_eq!(told(Date::parse_iso(&text)), expected, "{text:?}");
                assert_eq!(told(Date::read_iso(ShortText::new(&text))), expected, "{text:?}");
            }
        }
    }
}
