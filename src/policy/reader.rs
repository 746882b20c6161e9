//! Takes typed values out of parsed TOML without losing where they were written.
//!
//! The TOML crate's own tables are read, not a derived structure: each value then has its place, and the
//! messages speak of this format instead of data types.

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::policy::error::{FileProblem, Subject, ValueKind};
use crate::rules::{Date, YEAR_MAX, YEAR_MIN};

/// A problem and the byte of the text it is at.
pub(super) type Located = (usize, FileProblem);

/// Days beyond which no number is passed on: the rules check the real ranges, by arithmetic that must not overflow.
const PLAUSIBLE_DAYS: i32 = 1_000_000;

/// One table of the file, all of whose keys are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section<'document, 'text> {
    title: &'static str,
    table: &'document DeTable<'text>,
    start: usize,
}

impl<'document, 'text> Section<'document, 'text> {
    /// The outermost table of a file; `title` is how messages name it.
    pub(super) fn file(title: &'static str, table: &'document Spanned<DeTable<'text>>) -> Self {
        Self { title, table: table.get_ref(), start: table.span().start }
    }

    /// Refuses any key but the known ones, the first in the file first.
    pub(super) fn only(self, known: &'static [&'static str]) -> Result<Self, Located> {
        let unknown = self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        match unknown.min_by_key(|key| key.span().start) {
            Some(key) => {
                let problem =
                    FileProblem::UnknownKey { section: self.title, key: key.get_ref().clone().into_owned(), known };
                Err((key.span().start, problem))
            }
            None => Ok(self),
        }
    }

    /// Whether the section has a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// A number, whole or with decimal places.
    pub(super) fn number(&self, key: &'static str) -> Result<f64, Located> {
        let value = self.value(key)?;
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().replace('_', "").parse().ok(),
            DeValue::Integer(integer) => {
                i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|it| it as f64)
            }
            _ => None,
        };
        number.ok_or_else(|| wrong_type(Subject::Key(key), value, ValueKind::Number))
    }

    /// Where the section begins.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Where the value of a key begins, or the section where there is no such key.
    pub(super) fn place_of(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.start, |value| value.span().start)
    }

    /// A whole number as it was written, whatever its size.
    pub(super) fn integer(&self, key: &'static str) -> Result<&'document DeInteger<'text>, Located> {
        let value = self.value(key)?;
        value.get_ref().as_integer().ok_or_else(|| wrong_type(Subject::Key(key), value, ValueKind::WholeNumber))
    }

    /// A count of days.
    pub(super) fn days(&self, key: &'static str) -> Result<i32, Located> {
        let integer = self.integer(key)?;
        small(integer)
            .filter(|days| (-PLAUSIBLE_DAYS..=PLAUSIBLE_DAYS).contains(days))
            .ok_or_else(|| (self.place_of(key), FileProblem::ImplausibleDays { key, found: integer.to_string() }))
    }

    /// A year.
    pub(super) fn year(&self, key: &'static str) -> Result<i32, Located> {
        let integer = self.integer(key)?;
        small(integer)
            .filter(|year| (YEAR_MIN..=YEAR_MAX).contains(year))
            .ok_or_else(|| (self.place_of(key), FileProblem::YearOutOfRange { key, found: integer.to_string() }))
    }

    /// A text of one line with something in it.
    pub(super) fn text(&self, key: &'static str) -> Result<String, Located> {
        text_of(Subject::Key(key), self.value(key)?)
    }

    /// A list of such texts.
    pub(super) fn texts(&self, key: &'static str) -> Result<Vec<String>, Located> {
        let value = self.value(key)?;
        let elements =
            value.get_ref().as_array().ok_or_else(|| wrong_type(Subject::Key(key), value, ValueKind::Texts))?;
        elements.iter().map(|element| text_of(Subject::EntryOf(key), element)).collect()
    }

    /// A calendar date.
    pub(super) fn date(&self, key: &'static str) -> Result<Date, Located> {
        date_of(key, self.value(key)?)
    }

    /// A calendar date that may be left out.
    pub(super) fn optional_date(&self, key: &'static str) -> Result<Option<Date>, Located> {
        self.table.get(key).map(|value| date_of(key, value)).transpose()
    }

    /// A table inside this one.
    pub(super) fn section(&self, key: &'static str, title: &'static str) -> Result<Self, Located> {
        section_of(Subject::Key(key), title, self.value(key)?)
    }

    /// A list of tables, empty if left out.
    pub(super) fn sections(&self, key: &'static str, title: &'static str) -> Result<Vec<Self>, Located> {
        let Some(value) = self.table.get(key) else { return Ok(Vec::new()) };
        let elements =
            value.get_ref().as_array().ok_or_else(|| wrong_type(Subject::Key(key), value, ValueKind::Sections))?;
        elements.iter().map(|element| section_of(Subject::EntryOf(key), title, element)).collect()
    }

    fn value(&self, key: &'static str) -> Result<&'document Spanned<DeValue<'text>>, Located> {
        self.table.get(key).ok_or((self.start, FileProblem::MissingKey { section: self.title, key }))
    }
}

fn section_of<'document, 'text>(
    subject: Subject,
    title: &'static str,
    value: &'document Spanned<DeValue<'text>>,
) -> Result<Section<'document, 'text>, Located> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(Section { title, table, start: value.span().start }),
        _ => Err(wrong_type(subject, value, ValueKind::Section)),
    }
}

fn text_of(subject: Subject, value: &Spanned<DeValue<'_>>) -> Result<String, Located> {
    let text = value.get_ref().as_str().ok_or_else(|| wrong_type(subject, value, ValueKind::Text))?;
    let problem = if text.trim().is_empty() {
        FileProblem::EmptyText { subject }
    } else if text.contains(char::is_control) {
        FileProblem::ControlCharacter { subject }
    } else {
        return Ok(text.to_owned());
    };
    Err((value.span().start, problem))
}

fn date_of(key: &'static str, value: &Spanned<DeValue<'_>>) -> Result<Date, Located> {
    let DeValue::Datetime(toml::value::Datetime { date: Some(written), time: None, offset: None }) = value.get_ref()
    else {
        return Err(wrong_type(Subject::Key(key), value, ValueKind::Date));
    };
    Date::from_year_month_day(i32::from(written.year), u32::from(written.month), u32::from(written.day))
        .filter(|date| date.is_in_input_range())
        .ok_or_else(|| (value.span().start, FileProblem::YearOutOfRange { key, found: written.to_string() }))
}

/// The integer where it fits 32 bits.
fn small(integer: &DeInteger<'_>) -> Option<i32> {
    i32::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn wrong_type(subject: Subject, value: &Spanned<DeValue<'_>>, expected: ValueKind) -> Located {
    let found = match value.get_ref() {
        DeValue::String(_) => ValueKind::Text,
        DeValue::Integer(_) => ValueKind::WholeNumber,
        DeValue::Float(_) => ValueKind::DecimalNumber,
        DeValue::Boolean(_) => ValueKind::Boolean,
        DeValue::Datetime(written) if written.time.is_none() => ValueKind::Date,
        DeValue::Datetime(_) => ValueKind::Time,
        DeValue::Array(_) => ValueKind::List,
        DeValue::Table(_) => ValueKind::Section,
    };
    (value.span().start, FileProblem::WrongType { subject, found, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_section<T>(text: &str, check: impl FnOnce(Section<'_, '_>) -> T) -> T {
        let table = DeTable::parse(text).unwrap();
        check(Section::file("the file", &table))
    }

    #[test]
    fn integers_of_every_spelling() {
        for (written, expected) in [
            ("365", Some(365)),
            ("+1_000", Some(1_000)),
            ("-15", Some(-15)),
            ("0x1e", Some(30)),
            ("-1000000", Some(-1_000_000)),
            ("1000001", None),
            ("-2147483648", None),
            ("9223372036854775808", None),
            ("-99999999999999999999999999999999999999999", None),
        ] {
            let days = with_section(&format!("days = {written}"), |section| section.days("days"));
            assert_eq!(days.ok(), expected, "{written}");
        }
    }

    #[test]
    fn an_element_of_a_list_has_a_place_of_its_own() {
        let located = with_section("names = [\n  'a',\n  5]", |section| section.texts("names")).unwrap_err();
        let expected = FileProblem::WrongType {
            subject: Subject::EntryOf("names"),
            found: ValueKind::WholeNumber,
            expected: ValueKind::Text,
        };
        assert_eq!(located, (19, expected));
    }

    #[test]
    fn sections_that_are_left_out_are_none() {
        assert!(with_section("", |section| section.sections("round", "round").unwrap().is_empty()));
        assert!(with_section("round = []", |section| section.sections("round", "round").unwrap().is_empty()));
        assert_eq!(with_section("[[round]]\n[[round]]", |file| file.sections("round", "round").unwrap().len()), 2);
    }
}
