//! Texts of dates, against chrono.

use chrono::{Datelike, NaiveDate};
use renewals::ingest::{DateFormat, DateForms, TimeOfDay};
use renewals::rules::{Date, ShortText, YEAR_MAX, YEAR_MIN};

/// A format and a text, separated by a line feed; a text alone is read as an ISO date.
pub fn check(data: &[u8]) {
    let split = data.iter().position(|byte| *byte == b'\n');
    let Some(at) = split else { return check_iso(data) };
    let (format, text) = (&data[..at], &data[at + 1..]);
    let Ok(format) = std::str::from_utf8(format) else { return };
    let Ok(parsed) = DateFormat::parse(format) else { return };
    let read = parsed.read(text);
    assert_eq!(parsed.read_moment(text).map(|(day, _)| day), read);
    if matches!(parsed, DateFormat::Iso) {
        check_iso(text);
    } else {
        let expected = std::str::from_utf8(text).ok().and_then(|text| NaiveDate::parse_from_str(text, format).ok());
        assert_eq!(read, expected.and_then(in_range), "{format} {text:?}");
    }
    let forms = DateForms::new(&[format.to_owned()], TimeOfDay::Dropped).expect("the format was read");
    assert_eq!(forms.read_cell(text).ok().flatten(), read.filter(|_| !text.is_empty()));
    assert!(read.is_none() || forms.doubt(text).is_none(), "one form has one reading");
    let _doubt = forms.doubt(text);
}

/// `YYYY-MM-DD` and nothing else, in both ways of reading it.
fn check_iso(text: &[u8]) {
    let is_formed = text.len() == 10
        && text
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    let written = std::str::from_utf8(text).ok().filter(|_| is_formed);
    let expected = written.and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).and_then(in_range);
    assert_eq!(Date::parse_iso(text), expected, "{text:?}");
    assert_eq!(Date::read_iso(ShortText::new(text)), expected, "{text:?}");
    if let Some(date) = expected {
        assert_eq!(date.iso_bytes().as_slice(), text);
    }
}

fn in_range(day: NaiveDate) -> Option<Date> {
    let day = Some(day).filter(|day| (YEAR_MIN..=YEAR_MAX).contains(&day.year()))?;
    Date::from_year_month_day(day.year(), day.month(), day.day())
}
