//! How the dates of an export are written: ISO, or a format that the user names.

use super::row::BadCell;
use crate::rules::Date;
use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{Datelike, NaiveDate, NaiveTime};

/// The form of the dates in text cells.
#[derive(Clone, Debug, Default)]
pub enum DateFormat {
    /// `YYYY-MM-DD`.
    #[default]
    Iso,
    /// A format in chrono's syntax.
    Custom(Vec<Item<'static>>),
}

/// A date format that cannot name a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateFormatProblem {
    /// The format has a part that chrono does not know.
    #[error("`{0}` is not a date format in chrono's syntax")]
    Syntax(String),
    /// The format does not hold a whole date.
    #[error("`{0}` does not name a year, a month and a day")]
    Incomplete(String),
}

impl DateFormat {
    /// Reads a format in chrono's syntax, such as `%d.%m.%Y`.
    ///
    /// # Errors
    /// A format with unknown parts, or one that does not name a whole day.
    pub fn parse(format: &str) -> Result<Self, DateFormatProblem> {
        if format == "%Y-%m-%d" || format == "%F" {
            return Ok(Self::Iso);
        }
        let items: Vec<Item<'static>> = StrftimeItems::new(format).map(Item::to_owned).collect();
        if items.contains(&Item::Error) {
            return Err(DateFormatProblem::Syntax(format.to_owned()));
        }
        // A format is complete if it reads back the date that it writes.
        let sample = NaiveDate::from_ymd_opt(2020, 11, 23).and_then(|day| day.and_hms_opt(0, 0, 0));
        let written = sample.map(|sample| {
            let mut text = String::new();
            let zoned = sample.and_utc();
            let outcome =
                std::fmt::Write::write_fmt(&mut text, format_args!("{}", zoned.format_with_items(items.iter())));
            outcome.map(|()| text)
        });
        match written {
            Some(Ok(text)) if parse_items(text.as_bytes(), &items).is_some() => Ok(Self::Custom(items)),
            _ => Err(DateFormatProblem::Incomplete(format.to_owned())),
        }
    }

    /// The date that a text names; `None` where it names none from 1900 to 2999.
    #[inline]
    pub fn read(&self, text: &[u8]) -> Option<Date> {
        match self {
            Self::Iso => Date::parse_iso(text),
            Self::Custom(items) => parse_items(text, items),
        }
    }
}

impl DateFormat {
    /// The date that a text names, and whether its time is midnight; a date without a time is one at midnight.
    pub fn read_moment(&self, text: &[u8]) -> Option<(Date, bool)> {
        match self {
            Self::Iso => Date::parse_iso(text).map(|date| (date, true)),
            Self::Custom(items) => {
                let parsed = parsed(text, items)?;
                date_of(&parsed).map(|date| (date, is_midnight(&parsed)))
            }
        }
    }

    /// The date that a cell's text names; `None` for an empty cell.
    ///
    /// # Errors
    /// A text that names no date from 1900 to 2999.
    #[inline]
    pub fn read_cell(&self, text: &[u8]) -> Result<Option<Date>, BadCell> {
        match text {
            b"" => Ok(None),
            text => self.read(text).map(Some).ok_or(BadCell),
        }
    }
}

fn parse_items(text: &[u8], items: &[Item<'static>]) -> Option<Date> {
    date_of(&parsed(text, items)?)
}

fn parsed(text: &[u8], items: &[Item<'static>]) -> Option<Parsed> {
    let text = std::str::from_utf8(text).ok()?;
    let mut parsed = Parsed::new();
    chrono::format::parse(&mut parsed, text, items.iter()).ok()?;
    Some(parsed)
}

fn date_of(parsed: &Parsed) -> Option<Date> {
    let day = parsed.to_naive_date().ok()?;
    let date = Date::from_year_month_day(day.year(), day.month(), day.day())?;
    date.is_in_input_range().then_some(date)
}

/// Whether a text named midnight, or no time at all.
fn is_midnight(parsed: &Parsed) -> bool {
    let has_time = parsed.hour_mod_12().is_some() || parsed.minute().is_some() || parsed.second().is_some();
    !has_time || parsed.to_naive_time().is_ok_and(|time| time == NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_formats() {
        for (format, text, expected) in [
            ("%Y-%m-%d", "2020-06-05", Some("2020-06-05")),
            ("%d.%m.%Y", "05.06.2020", Some("2020-06-05")),
            ("%m/%d/%Y", "13/01/2020", None),
            ("%m/%d/%Y", "02/29/2019", None),
            ("%d.%m.%Y", "05.06.2020 ", None),
            ("%d.%m.%Y", "05.06.3000", None),
            ("%d.%m.%Y", "05.06.0020", None),
            ("%m/%d/%Y %H:%M", "02/01/2019 0:00", Some("2019-02-01")),
            ("%Y%m%d", "20200605", Some("2020-06-05")),
            // What is written as the default is read as strictly.
            ("%Y-%m-%d", "2020-6-5", None),
            ("%F", "2020-06-05", Some("2020-06-05")),
            ("%F", "2020-6-5", None),
        ] {
            let read = DateFormat::parse(format).unwrap().read(text.as_bytes());
            assert_eq!(read.map(|date| date.to_string()).as_deref(), expected, "{format} {text}");
        }
    }

    #[test]
    fn a_moment_is_midnight_if_all_of_its_time_is() {
        for (format, text, expected) in [
            ("%F", "2020-06-05", Some(true)),
            ("%d.%m.%Y", "05.06.2020", Some(true)),
            ("%d.%m.%Y %H:%M", "05.06.2020 00:00", Some(true)),
            ("%d.%m.%Y %H:%M", "05.06.2020 00:01", Some(false)),
            ("%d.%m.%Y %I:%M %p", "05.06.2020 12:00 AM", Some(true)),
            ("%d.%m.%Y %I:%M %p", "05.06.2020 12:00 PM", Some(false)),
            ("%d.%m.%Y %H:%M:%S%.f", "05.06.2020 00:00:00.5", Some(false)),
            // Of a time that is not whole it cannot be told.
            ("%d.%m.%Y %H", "05.06.2020 10", Some(false)),
            ("%d.%m.%Y %M", "05.06.2020 30", Some(false)),
            ("%d.%m.%Y %S", "05.06.2020 30", Some(false)),
            ("%d.%m.%Y %H:%M", "31.06.2020 00:00", None),
        ] {
            let moment = DateFormat::parse(format).unwrap().read_moment(text.as_bytes());
            assert_eq!(moment.map(|(_, is_midnight)| is_midnight), expected, "{format} {text}");
        }
    }

    #[test]
    fn formats_that_name_no_day() {
        for format in ["", "%Y", "%d.%m.", "%H:%M", "%Q", "2020", "%"] {
            assert!(DateFormat::parse(format).is_err(), "{format}");
        }
    }
}
