//! The profile format: which sections and keys a file has, and the mapping they make.

use super::ProfileFile;
use super::error::FileProblem;
use crate::ingest::{
    COLUMN_COUNT, Column, Constant, ConstantOrigin, DateForms, FeeForm, HeaderNames, Mapping, Symbol, TimeOfDay,
    fold_header,
};
use crate::rules::FEE_PLACES_MAX;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The version of the format that this module reads.
pub(super) const SCHEMA: i64 = 1;

/// A problem and the byte of the text it is at.
pub(super) type Located = (usize, FileProblem);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: Spanned<i64>,
    id: Spanned<String>,
    title: Spanned<String>,
    source: Spanned<String>,
    delimiter: Option<Delimiter>,
    headers: Option<PerColumn<Vec<Spanned<String>>>>,
    constants: Option<PerColumn<Spanned<String>>>,
    values: Option<PerColumn<BTreeMap<Spanned<String>, Spanned<String>>>>,
    dates: Option<Dates>,
    fees: Option<Fees>,
}

/// What separates the fields of CSV.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Delimiter {
    Comma,
    Tab,
    Semicolon,
}

/// Something that each column may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PerColumn<T> {
    partner_id: Option<T>,
    partner_name: Option<T>,
    country: Option<T>,
    offer_type: Option<T>,
    offer_name: Option<T>,
    level: Option<T>,
    purchase_date: Option<T>,
    renewal_start_date: Option<T>,
    last_renewal_date: Option<T>,
    requirements_met: Option<T>,
    portal: Option<T>,
    fee: Option<T>,
    currency: Option<T>,
}

impl<T> PerColumn<T> {
    fn each(self) -> impl Iterator<Item = (Column, T)> {
        let all: [Option<T>; COLUMN_COUNT] = [
            self.partner_id,
            self.partner_name,
            self.country,
            self.offer_type,
            self.offer_name,
            self.level,
            self.purchase_date,
            self.renewal_start_date,
            self.last_renewal_date,
            self.requirements_met,
            self.portal,
            self.fee,
            self.currency,
        ];
        Column::ALL.iter().copied().zip(all).filter_map(|(column, value)| Some((column, value?)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dates {
    formats: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    time_of_day: WrittenTimeOfDay,
    purchase_date: Option<ColumnDates>,
    renewal_start_date: Option<ColumnDates>,
    last_renewal_date: Option<ColumnDates>,
}

/// What one column has instead of what all dates have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnDates {
    formats: Option<Spanned<Vec<Spanned<String>>>>,
    time_of_day: Option<WrittenTimeOfDay>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenTimeOfDay {
    #[default]
    Midnight,
    Dropped,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fees {
    decimal_mark: Spanned<String>,
    grouping: Option<Spanned<String>>,
    decimal_places_max: Option<Spanned<i64>>,
    #[serde(default)]
    symbols: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// Reads a profile's text.
pub(super) fn read(text: &str) -> Result<ProfileFile, Located> {
    let document: Document = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        (offset, FileProblem::Toml(error.message().to_owned()))
    })?;
    let schema = *document.schema.get_ref();
    if schema != SCHEMA {
        return Err((document.schema.span().start, FileProblem::UnknownSchema { found: schema }));
    }
    let id = line("id", &document.id)?;
    let (title, source) = (line("title", &document.title)?, line("source", &document.source)?);
    let mut mapping = Mapping { profile: Some(id.clone()), ..Mapping::default() };
    mapping.delimiter = document.delimiter.map(|delimiter| match delimiter {
        Delimiter::Comma => b',',
        Delimiter::Tab => b'\t',
        Delimiter::Semicolon => b';',
    });
    add_constants(&mut mapping, document.constants)?;
    mapping.headers = Some(header_names(&mapping, document.headers)?);
    for (column, meanings) in document.values.into_iter().flat_map(PerColumn::each) {
        for (text, meaning) in meanings {
            mapping.values[column.index()]
                .add(column, text.get_ref(), meaning.get_ref())
                .map_err(|problem| (meaning.span().start, FileProblem::Value(problem)))?;
        }
    }
    if let Some(dates) = &document.dates {
        add_dates(&mut mapping, dates)?;
    }
    mapping.fees = document.fees.map(fee_form).transpose()?;
    Ok(ProfileFile { id, title, source, text: text.to_owned(), mapping })
}

fn line(key: &'static str, text: &Spanned<String>) -> Result<String, Located> {
    let found = text.get_ref();
    if found.trim().is_empty() || found.contains(char::is_control) {
        return Err((text.span().start, FileProblem::NoText { key }));
    }
    Ok(found.clone())
}

fn add_constants(mapping: &mut Mapping, constants: Option<PerColumn<Spanned<String>>>) -> Result<(), Located> {
    for (column, text) in constants.into_iter().flat_map(PerColumn::each) {
        let constant = Constant::new(column, text.get_ref(), ConstantOrigin::Profile)
            .map_err(|problem| (text.span().start, FileProblem::Constant(problem)))?;
        mapping.constants[column.index()] = Some(constant);
    }
    Ok(())
}

fn header_names(mapping: &Mapping, headers: Option<PerColumn<Vec<Spanned<String>>>>) -> Result<HeaderNames, Located> {
    let mut names = HeaderNames::default();
    for (column, aliases) in headers.into_iter().flat_map(PerColumn::each) {
        for name in &aliases {
            let place = name.span().start;
            if mapping.constant(column).is_some() {
                return Err((place, FileProblem::ConstantWithHeaders { column }));
            }
            if fold_header(name.get_ref()).is_empty() {
                return Err((place, FileProblem::EmptyHeader { column }));
            }
            names
                .add(column, name.get_ref())
                .map_err(|other| (place, FileProblem::SharedHeader { header: name.get_ref().clone(), other }))?;
        }
    }
    Ok(names)
}

fn add_dates(mapping: &mut Mapping, dates: &Dates) -> Result<(), Located> {
    for (column, own) in [
        (Column::PurchaseDate, &dates.purchase_date),
        (Column::RenewalStartDate, &dates.renewal_start_date),
        (Column::LastRenewalDate, &dates.last_renewal_date),
    ] {
        let formats = own.as_ref().and_then(|own| own.formats.as_ref()).or(dates.formats.as_ref());
        let time_of_day = own.as_ref().and_then(|own| own.time_of_day).unwrap_or(dates.time_of_day);
        if let Some(formats) = formats {
            mapping.dates[column.index()] = Some(date_forms(formats, time_of_day)?);
        }
    }
    Ok(())
}

fn date_forms(formats: &Spanned<Vec<Spanned<String>>>, time_of_day: WrittenTimeOfDay) -> Result<DateForms, Located> {
    if formats.get_ref().is_empty() {
        return Err((formats.span().start, FileProblem::NoFormat));
    }
    let time_of_day = match time_of_day {
        WrittenTimeOfDay::Midnight => TimeOfDay::Midnight,
        WrittenTimeOfDay::Dropped => TimeOfDay::Dropped,
    };
    let refuse = |place: &Spanned<String>, problem| (place.span().start, FileProblem::DateFormat(problem));
    for format in formats.get_ref() {
        DateForms::new(std::slice::from_ref(format.get_ref()), time_of_day)
            .map_err(|problem| refuse(format, problem))?;
    }
    let written: Vec<String> = formats.get_ref().iter().map(|format| format.get_ref().clone()).collect();
    DateForms::new(&written, time_of_day).map_err(|problem| (formats.span().start, FileProblem::DateFormat(problem)))
}

fn fee_form(fees: Fees) -> Result<FeeForm, Located> {
    let decimal_mark = match fees.decimal_mark.get_ref().as_str() {
        "." => '.',
        "," => ',',
        _ => return Err((fees.decimal_mark.span().start, FileProblem::DecimalMark)),
    };
    let grouping = match &fees.grouping {
        Some(written) => Some(
            only_character(written.get_ref())
                .filter(|mark| !mark.is_alphanumeric() && !mark.is_control() && *mark != decimal_mark)
                .ok_or((written.span().start, FileProblem::Grouping))?,
        ),
        None => None,
    };
    let decimal_places_max = match &fees.decimal_places_max {
        Some(written) => u8::try_from(*written.get_ref())
            .ok()
            .filter(|places| *places <= FEE_PLACES_MAX)
            .ok_or((written.span().start, FileProblem::DecimalPlaces))?,
        None => FEE_PLACES_MAX,
    };
    let symbols = fees.symbols.into_iter().map(symbol).collect::<Result<_, _>>()?;
    Ok(FeeForm { decimal_mark, grouping, decimal_places_max, symbols })
}

fn only_character(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

fn symbol((text, currency): (Spanned<String>, Spanned<String>)) -> Result<Symbol, Located> {
    let written = text.get_ref();
    let is_symbol = written.chars().any(|character| !matches!(character, '.' | ','))
        && written.trim() == written
        && !written.contains(|character: char| character.is_ascii_digit() || character.is_control());
    if !is_symbol {
        return Err((text.span().start, FileProblem::Symbol));
    }
    let currency = match currency.get_ref().as_str() {
        "any" => None,
        code if Constant::new(Column::Currency, code, ConstantOrigin::Profile).is_ok() => Some(code.to_owned()),
        _ => return Err((currency.span().start, FileProblem::SymbolCurrency)),
    };
    Ok(Symbol { text: written.clone(), currency })
}
