//! How the dates of a column are written, and what shows that they are written otherwise.

use crate::ingest::date_format::{DateFormat, DateFormatProblem};
use crate::ingest::row::BadCell;
use crate::rules::Date;
use std::fmt;

/// The forms that the dates of a column may have.
#[derive(Clone, Debug)]
pub struct DateForms {
    forms: Vec<DateForm>,
    time_of_day: TimeOfDay,
}

/// What a time that stands with a date means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeOfDay {
    /// A date is a day: any time but midnight is a bad date.
    #[default]
    Midnight,
    /// The day as written counts, whatever the time.
    Dropped,
}

#[derive(Clone, Debug)]
struct DateForm {
    written: String,
    format: DateFormat,
    /// The same with day and month exchanged, where that is another form.
    other_order: Option<(String, DateFormat)>,
}

/// What shows that a column of dates can be read in two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateDoubt {
    /// Two declared formats read different days.
    TwoWays {
        /// One format, and the day by it.
        first: (String, Date),
        /// The other one, and the day by it.
        second: (String, Date),
    },
    /// No declared format reads the text, but one does with day and month exchanged.
    OtherOrder {
        /// The declared format.
        declared: String,
        /// The format that fits.
        fits: String,
        /// The day by it.
        day: Date,
    },
}

impl fmt::Display for DateDoubt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoWays { first: (first, one), second: (second, other) } => {
                write!(
                    formatter,
                    "{one} by the format `{first}`, but {other} by `{second}`; which one holds is not declared"
                )
            }
            Self::OtherOrder { declared, fits, day } => write!(
                formatter,
                "no date by the declared format `{declared}`, but {day} by `{fits}`; so day and month of the other rows \
                 may be exchanged"
            ),
        }
    }
}

impl DateForms {
    /// The forms that these formats describe, in chrono's syntax.
    ///
    /// # Errors
    /// The first format that does not name a whole day.
    pub fn new(formats: &[String], time_of_day: TimeOfDay) -> Result<Self, DateFormatProblem> {
        let form = |written: &String| {
            let other = other_order(written);
            let other_order = other.and_then(|written| Some((written.clone(), DateFormat::parse(&written).ok()?)));
            Ok(DateForm { written: written.clone(), format: DateFormat::parse(written)?, other_order })
        };
        Ok(Self { forms: formats.iter().map(form).collect::<Result<_, _>>()?, time_of_day })
    }

    /// The formats as written.
    pub fn formats(&self) -> impl Iterator<Item = &str> {
        self.forms.iter().map(|form| form.written.as_str())
    }

    /// What a time of day means.
    pub const fn time_of_day(&self) -> TimeOfDay {
        self.time_of_day
    }

    /// The date that a cell's text names; `None` for an empty cell.
    ///
    /// # Errors
    /// A text that no form reads, or that two of them read as different days.
    pub fn read_cell(&self, text: &[u8]) -> Result<Option<Date>, BadCell> {
        if text.is_empty() {
            return Ok(None);
        }
        let mut found = None;
        for form in &self.forms {
            match (found, self.read_by(&form.format, text)) {
                (Some(one), Some(other)) if one != other => return Err(BadCell),
                (None, read) => found = read,
                _ => {}
            }
        }
        found.map(Some).ok_or(BadCell)
    }

    /// Whether [`Self::doubt`] can find anything.
    pub fn may_be_doubted(&self) -> bool {
        self.forms.len() > 1 || self.forms.iter().any(|form| form.other_order.is_some())
    }

    /// What the text shows about the order of day and month, if anything.
    pub fn doubt(&self, text: &[u8]) -> Option<DateDoubt> {
        let read = self.forms.iter().filter_map(|form| Some((&form.written, self.read_by(&form.format, text)?)));
        let mut read = read.map(|(written, day)| (written.clone(), day));
        if let Some(first) = read.next() {
            let second = read.find(|(_, day)| *day != first.1)?;
            return Some(DateDoubt::TwoWays { first, second });
        }
        self.forms.iter().find_map(|form| {
            let (fits, format) = form.other_order.as_ref()?;
            let day = self.read_by(format, text)?;
            Some(DateDoubt::OtherOrder { declared: form.written.clone(), fits: fits.clone(), day })
        })
    }

    fn read_by(&self, format: &DateFormat, text: &[u8]) -> Option<Date> {
        let (day, is_midnight) = format.read_moment(text)?;
        (is_midnight || self.time_of_day == TimeOfDay::Dropped).then_some(day)
    }
}

/// A format with day and month exchanged; `None` if it has not both as numbers, or begins with the year.
///
/// Where the year comes first, the day never follows it.
fn other_order(format: &str) -> Option<String> {
    let format = format.replace("%D", "%m/%d/%y");
    let mut exchanged = String::new();
    let (mut has_day, mut has_month, mut has_year) = (false, false, false);
    let mut characters = format.chars().peekable();
    while let Some(character) = characters.next() {
        exchanged.push(character);
        if character != '%' {
            continue;
        }
        if let Some(padding) = characters.next_if(|next| matches!(next, '-' | '_' | '0')) {
            exchanged.push(padding);
        }
        match characters.next() {
            Some('d' | 'e') => {
                has_day = true;
                exchanged.push('m');
            }
            Some('m') => {
                has_month = true;
                exchanged.push('d');
            }
            Some(other) => {
                if matches!(other, 'Y' | 'y' | 'C') && !has_day && !has_month {
                    has_year = true;
                }
                exchanged.push(other);
            }
            None => {}
        }
    }
    (has_day && has_month && !has_year).then_some(exchanged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(formats: &[&str], time_of_day: TimeOfDay) -> DateForms {
        let formats: Vec<String> = formats.iter().map(|format| (*format).to_owned()).collect();
        DateForms::new(&formats, time_of_day).unwrap()
    }

    fn read(forms: &DateForms, text: &str) -> Result<Option<String>, BadCell> {
        forms.read_cell(text.as_bytes()).map(|date| date.map(|date| date.to_string()))
    }

    #[test]
    fn dates_are_read_by_the_declared_forms_only() {
        let american = forms(&["%m/%d/%Y %H:%M", "%m/%d/%Y"], TimeOfDay::Midnight);
        let german = forms(&["%d.%m.%Y"], TimeOfDay::Midnight);
        let zulu = forms(&["%Y-%m-%dT%H:%M:%SZ"], TimeOfDay::Midnight);
        let chinese = forms(&["%Y年%m月%d日", "%Y/%m/%d"], TimeOfDay::Midnight);
        for (forms, text, expected) in [
            (&american, "2/1/2019 0:00", Some("2019-02-01")),
            (&american, "02/01/2019 00:00", Some("2019-02-01")),
            (&american, "2/1/2019", Some("2019-02-01")),
            (&american, "2/28/2019 23:59", None),
            (&american, "13/1/2019 0:00", None),
            (&american, "2/30/2019", None),
            (&american, "2019-02-01", None),
            (&american, "2/1/19", None),
            (&american, "2/1/3019", None),
            (&german, "01.02.2019", Some("2019-02-01")),
            (&german, "1.2.2019", Some("2019-02-01")),
            (&german, "01.02.2019 ", None),
            (&zulu, "2019-02-01T00:00:00Z", Some("2019-02-01")),
            (&zulu, "2019-02-01T18:41:00Z", None),
            (&zulu, "2019-02-01T00:00:00+01:00", None),
            (&chinese, "2019年2月1日", Some("2019-02-01")),
            (&chinese, "2019/2/1", Some("2019-02-01")),
        ] {
            let expected = expected.map(|day| Some(day.to_owned())).ok_or(BadCell);
            assert_eq!(read(forms, text), expected, "{text}");
        }
        assert_eq!(read(&american, ""), Ok(None));
    }

    #[test]
    fn a_time_may_be_dropped() {
        let forms = forms(&["%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ"], TimeOfDay::Dropped);
        for text in ["2/28/2019 23:59", "2/28/2019 0:00", "2019-02-28T18:41:00Z"] {
            assert_eq!(read(&forms, text), Ok(Some("2019-02-28".to_owned())), "{text}");
        }
    }

    #[test]
    fn two_readings_of_one_text_are_a_doubt() {
        let both = forms(&["%m/%d/%Y", "%d/%m/%Y"], TimeOfDay::Midnight);
        assert_eq!(read(&both, "2/1/2019"), Err(BadCell));
        assert_eq!(read(&both, "5/5/2019"), Ok(Some("2019-05-05".to_owned())));
        assert_eq!(read(&both, "13/1/2019"), Ok(Some("2019-01-13".to_owned())));
        let Some(DateDoubt::TwoWays { first, second }) = both.doubt(b"2/1/2019") else { panic!("no doubt") };
        assert_eq!((first.0.as_str(), first.1.to_string().as_str()), ("%m/%d/%Y", "2019-02-01"));
        assert_eq!((second.0.as_str(), second.1.to_string().as_str()), ("%d/%m/%Y", "2019-01-02"));
        assert_eq!(
            both.doubt(b"2/1/2019").unwrap().to_string(),
            "2019-02-01 by the format `%m/%d/%Y`, but 2019-01-02 by `%d/%m/%Y`; which one holds is not declared"
        );
        assert_eq!(both.doubt(b"5/5/2019"), None);
        assert_eq!(both.doubt(b"13/13/2019"), None);
    }

    #[test]
    fn a_text_that_only_the_other_order_reads_is_a_doubt() {
        let american = forms(&["%-m/%-d/%Y %H:%M"], TimeOfDay::Midnight);
        let Some(DateDoubt::OtherOrder { declared, fits, day }) = american.doubt(b"13/1/2019 0:00") else {
            panic!("no doubt")
        };
        assert_eq!((declared.as_str(), fits.as_str()), ("%-m/%-d/%Y %H:%M", "%-d/%-m/%Y %H:%M"));
        assert_eq!(day.to_string(), "2019-01-13");
        assert_eq!(
            american.doubt(b"13/1/2019 0:00").unwrap().to_string(),
            "no date by the declared format `%-m/%-d/%Y %H:%M`, but 2019-01-13 by `%-d/%-m/%Y %H:%M`; so day and month \
             of the other rows may be exchanged"
        );
        for text in ["1/13/2019 0:00", "1/2/2019 0:00", "13/13/2019 0:00", "13/1/2019", "", "x"] {
            assert_eq!(american.doubt(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn forms_are_as_they_were_declared() {
        for (formats, may_be_doubted) in [
            (vec!["%Y-%m-%d"], false),
            (vec!["%m/%d/%Y"], true),
            (vec!["%Y-%m-%d", "%Y/%m/%d"], true),
            (vec!["%Y-%m-%d", "%m/%d/%Y", "%d %B %Y"], true),
        ] {
            for time_of_day in [TimeOfDay::Midnight, TimeOfDay::Dropped] {
                let forms = forms(&formats, time_of_day);
                assert_eq!(forms.formats().collect::<Vec<_>>(), formats);
                assert_eq!((forms.may_be_doubted(), forms.time_of_day()), (may_be_doubted, time_of_day), "{formats:?}");
            }
        }
    }

    #[test]
    fn the_other_order_of_a_format() {
        for (format, expected) in [
            ("%m/%d/%Y", Some("%d/%m/%Y")),
            ("%-d.%-m.%y", Some("%-m.%-d.%y")),
            ("%D", Some("%d/%m/%y")),
            ("%Y-%m-%d", None),
            ("%m.%Y.%d", Some("%d.%Y.%m")),
            ("%d.%Y.%m", Some("%m.%Y.%d")),
            ("%d %B %Y", None),
            ("%Y年%m月%d日", None),
        ] {
            assert_eq!(other_order(format).as_deref(), expected, "{format}");
        }
    }
}
