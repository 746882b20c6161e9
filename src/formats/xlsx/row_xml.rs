//! A report row as XML of a sheet: what each cell says, how it is shown, and how wide it is.

use super::cells::{Cell, Exceptions};
use super::styles::Style;
use super::texts::{has_outer_space, write_escaped};
use crate::reports::{Report, ReportColumn, minor_unit_places};
use crate::rules::{Date, FEE_PLACES_MAX};
use std::fmt::Write as _;
use std::io::Write;

/// Digits that Excel keeps of a number. What has more is written as text, since a number would be rounded.
const NUMBER_DIGITS_MAX: usize = 15;

/// Decimal places that are shown of an estimate that is neither money nor a rate.
const ESTIMATE_PLACES: u8 = 3;

/// Writes the rows of one report.
pub struct RowWriter {
    columns: Vec<Column>,
    /// The amount at hand, to be used again.
    decimal: String,
    /// What could not be written as it is.
    pub exceptions: Exceptions,
    /// Characters of the longest cell of each column.
    pub widths: Vec<usize>,
}

struct Column {
    /// The letters that name it in a sheet.
    letters: String,
    is_month: bool,
    /// Whether estimates in it are rates or shares.
    is_rate: bool,
    /// Whether amounts in it were made by a rate of exchange, which gives them more places than there are coins.
    is_converted: bool,
    /// Place among the cells of the currency that amounts in it are in.
    currency: Option<usize>,
}

impl Column {
    fn new(index: usize, columns: &[ReportColumn]) -> Self {
        let name = columns[index].name;
        let is_converted = name.ends_with("_reporting");
        let currency = if is_converted { "reporting_currency" } else { "currency" };
        Self {
            letters: column_letters(index),
            is_month: name == "month",
            is_rate: name.ends_with("_rate") || name.starts_with("rate_") || name.starts_with("share_"),
            is_converted,
            currency: columns.iter().position(|column| column.name == currency),
        }
    }
}

impl RowWriter {
    /// A writer that has not written anything.
    pub fn new(report: Report) -> Self {
        let columns = report.columns();
        Self {
            columns: (0..columns.len()).map(|index| Column::new(index, columns)).collect(),
            decimal: String::new(),
            exceptions: Exceptions::default(),
            widths: vec![0; columns.len()],
        }
    }

    /// Appends a row; `number` counts from 1, the header's.
    pub fn write(&mut self, number: u32, cells: &[Cell<'_>], output: &mut Vec<u8>) {
        let mut digits = String::new();
        let _ = write!(digits, "{number}");
        push(output, &["<row r=\"", &digits, "\">"]);
        for index in 0..cells.len() {
            let width = self.write_cell(index, &digits, cells, output);
            self.widths[index] = self.widths[index].max(width);
        }
        push(output, &["</row>"]);
    }

    /// Appends a cell and returns its width in characters.
    fn write_cell(&mut self, index: usize, row: &str, cells: &[Cell<'_>], output: &mut Vec<u8>) -> usize {
        let column = &self.columns[index];
        let place = [&column.letters, row];
        let currency_places = || match column.currency.map(|index| cells[index]) {
            Some(Cell::Word(code) | Cell::Text(code)) => minor_unit_places(code),
            _ => minor_unit_places(""),
        };
        match cells[index] {
            Cell::Empty => 0,
            Cell::Text(text) => write_text(place, Some(Style::Text), text, output),
            Cell::Word(word) => match month_of(word).filter(|_| column.is_month) {
                Some(first) => write_day(place, Style::Month, first, output),
                None => write_text(place, None, word, output),
            },
            Cell::Date(date) => write_day(place, Style::Date, date, output),
            Cell::Integer(value) => {
                self.decimal.clear();
                let _ = write!(self.decimal, "{value}");
                write_number(place, Style::Integer, &self.decimal, &mut self.exceptions, output)
            }
            Cell::Estimate(value) => {
                let style = match (column.is_rate, column.currency) {
                    (true, _) => Style::Rate,
                    (false, Some(_)) => Style::Amount(currency_places()),
                    (false, None) => Style::Amount(ESTIMATE_PLACES),
                };
                write_estimate(place, style, value, output)
            }
            Cell::Amount(ten_thousandths) => {
                let exact = exact_decimal(ten_thousandths, &mut self.decimal);
                let shown = if column.is_converted { 0 } else { exact };
                let style = Style::Amount(shown.max(currency_places()));
                write_number(place, style, &self.decimal, &mut self.exceptions, output)
            }
        }
    }
}

fn push(output: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        output.extend_from_slice(part.as_bytes());
    }
}

/// Begins a cell, up to its style.
fn begin_cell([letters, row]: [&str; 2], style: Option<Style>, output: &mut Vec<u8>) {
    push(output, &["<c r=\"", letters, row, "\""]);
    if let Some(style) = style {
        push(output, &[" s=\""]);
        output.push(b'0' + style.number());
        push(output, &["\""]);
    }
}

/// Writes a text in the cell itself: a table of all texts would have to be kept in memory.
fn write_text(place: [&str; 2], style: Option<Style>, text: &str, output: &mut Vec<u8>) -> usize {
    begin_cell(place, style, output);
    push(output, &[" t=\"inlineStr\"><is><t"]);
    push(output, if has_outer_space(text) { &[" xml:space=\"preserve\">"] } else { &[">"] });
    write_escaped(text, output);
    push(output, &["</t></is></c>"]);
    // Bytes that go on with a character are none.
    text.bytes().filter(|byte| byte & 0xC0 != 0x80).count()
}

/// Writes a number in decimal digits, or as text if Excel would round it.
fn write_number(
    place: [&str; 2],
    style: Style,
    decimal: &str,
    exceptions: &mut Exceptions,
    output: &mut Vec<u8>,
) -> usize {
    if significant_digits(decimal) > NUMBER_DIGITS_MAX {
        exceptions.numbers_as_text += 1;
        return write_text(place, Some(Style::Text), decimal, output);
    }
    begin_cell(place, Some(style), output);
    push(output, &["><v>", decimal, "</v></c>"]);
    // Commas between thousands, and places that are shown though they are zeros.
    decimal.len() + decimal.len() / 3 + 2
}

/// Writes a float whole; what is shown of it is rounded.
fn write_estimate(place: [&str; 2], style: Style, value: f64, output: &mut Vec<u8>) -> usize {
    if !value.is_finite() {
        return write_text(place, Some(Style::Text), &value.to_string(), output);
    }
    begin_cell(place, Some(style), output);
    write!(output, "><v>{value}</v></c>").expect("writing to memory does not fail");
    let whole_digits = value.abs().max(1.0).log10() as usize + 1;
    whole_digits + whole_digits / 3 + 1 + usize::from(ESTIMATE_PLACES)
}

fn write_day(place: [&str; 2], style: Style, date: Date, output: &mut Vec<u8>) -> usize {
    let iso = date.iso_bytes();
    let Some(serial) = serial_day(date) else {
        return write_text(place, Some(Style::Text), &String::from_utf8_lossy(&iso), output);
    };
    begin_cell(place, Some(style), output);
    push(output, &["><v>"]);
    write!(output, "{serial}").expect("writing to memory does not fail");
    push(output, &["</v></c>"]);
    iso.len()
}

/// A day as Excel counts them, 1 the first of 1900; `None` for earlier days, which it does not know.
///
/// Excel takes 1900 for a leap year, so the count is one less before the 29 February that never was.
pub fn serial_day(date: Date) -> Option<i32> {
    /// 1899-12-30, in days before 1970-01-01.
    const DAY_ZERO: i32 = -25_569;
    let days = date.days_since_epoch() - DAY_ZERO;
    let serial = if days > 60 { days } else { days - 1 };
    (serial >= 1).then_some(serial)
}

/// The first day of a month written `YYYY-MM`.
fn month_of(word: &str) -> Option<Date> {
    let (year, month) = word.split_once('-')?;
    Date::from_year_month_day(year.parse().ok()?, month.parse().ok()?, 1)
}

/// Writes an amount in as few decimal places as are exact, and returns how many these are.
fn exact_decimal(ten_thousandths: i128, decimal: &mut String) -> u8 {
    decimal.clear();
    let mut places = FEE_PLACES_MAX;
    let mut value = ten_thousandths;
    while places > 0 && value % 10 == 0 {
        value /= 10;
        places -= 1;
    }
    let scale = 10_i128.pow(places.into());
    let sign = if value < 0 { "-" } else { "" };
    let (whole, fraction) = ((value / scale).unsigned_abs(), (value % scale).unsigned_abs());
    let _ = match places {
        0 => write!(decimal, "{sign}{whole}"),
        _ => write!(decimal, "{sign}{whole}.{fraction:0width$}", width = places.into()),
    };
    places
}

/// An amount in decimal digits, its decimal places, and whether a number holds all its digits.
pub fn exact_number(ten_thousandths: i128) -> (String, u8, bool) {
    let mut decimal = String::new();
    let places = exact_decimal(ten_thousandths, &mut decimal);
    let is_number = significant_digits(&decimal) <= NUMBER_DIGITS_MAX;
    (decimal, places, is_number)
}

/// Digits from the first that is not zero to the last that is not zero.
fn significant_digits(decimal: &str) -> usize {
    let digits = || decimal.bytes().filter(u8::is_ascii_digit);
    let leading = digits().take_while(|digit| *digit == b'0').count();
    let trailing = digits().rev().take_while(|digit| *digit == b'0').count();
    digits().count().saturating_sub(leading + trailing)
}

/// `A` to `Z`, then `AA` and on.
pub fn column_letters(index: usize) -> String {
    let last = char::from(b'A' + (index % 26) as u8);
    match (index / 26).checked_sub(1) {
        Some(before) => format!("{}{last}", column_letters(before)),
        None => last.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(iso: &str) -> Date {
        Date::parse_iso(iso.as_bytes()).unwrap()
    }

    #[test]
    fn days_are_counted_as_excel_counts_them() {
        for (iso, serial) in [
            ("1900-01-01", Some(1)),
            ("1900-02-28", Some(59)),
            ("1900-03-01", Some(61)),
            ("1970-01-01", Some(25_569)),
            ("2020-02-29", Some(43_890)),
            ("2999-12-31", Some(401_768)),
        ] {
            assert_eq!(serial_day(day(iso)), serial, "{iso}");
        }
        assert_eq!(serial_day(day("1900-01-01").plus_days(-1)), None);
    }

    #[test]
    fn columns_are_named_as_in_a_sheet() {
        for (index, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(column_letters(index), letters);
        }
    }

    /// The XML of one cell in a `fee_forecast`, where `fees` is column G.
    fn fees(ten_thousandths: i128, currency: &str) -> (String, u64) {
        let mut writer = RowWriter::new(Report::FeeForecast);
        let mut cells = [Cell::Empty; 7];
        cells[1] = Cell::Word(currency);
        cells[6] = Cell::Amount(ten_thousandths);
        let mut output = Vec::new();
        writer.write(2, &cells, &mut output);
        let xml = String::from_utf8(output).unwrap();
        let cell = xml.split("<c r=\"G2\"").nth(1).unwrap().to_owned();
        (cell, writer.exceptions.numbers_as_text)
    }

    #[test]
    fn amounts_are_numbers_in_the_places_of_their_currency_as_long_as_that_is_exact() {
        for (ten_thousandths, currency, expected) in [
            (27_936_000, "EUR", " s=\"6\"><v>2793.6</v></c></row>"),
            (9_180_000, "EUR", " s=\"6\"><v>918</v></c></row>"),
            (9_180_000, "JPY", " s=\"4\"><v>918</v></c></row>"),
            (9_180_500, "JPY", " s=\"6\"><v>918.05</v></c></row>"),
            (9_180_001, "EUR", " s=\"8\"><v>918.0001</v></c></row>"),
            (10_000, "BHD", " s=\"7\"><v>1</v></c></row>"),
            (0, "USD", " s=\"6\"><v>0</v></c></row>"),
            (1, "USD", " s=\"8\"><v>0.0001</v></c></row>"),
            (999_999_999_999_999_i128 * 100, "USD", " s=\"6\"><v>9999999999999.99</v></c></row>"),
            (10_i128.pow(22), "USD", " s=\"6\"><v>1000000000000000000</v></c></row>"),
        ] {
            assert_eq!(fees(ten_thousandths, currency), (expected.to_owned(), 0));
        }
    }

    #[test]
    fn amounts_of_more_digits_than_excel_keeps_are_text() {
        for (ten_thousandths, text) in [
            (1_234_567_890_123_456_i128 * 100, "12345678901234.56"),
            (9_999_999_999_999_999_999_999, "999999999999999999.9999"),
            (1_000_000_000_000_001_i128 * 10_000, "1000000000000001"),
        ] {
            let expected = format!(" s=\"1\" t=\"inlineStr\"><is><t>{text}</t></is></c></row>");
            assert_eq!(fees(ten_thousandths, "USD"), (expected, 1));
        }
    }

    #[test]
    fn estimates_are_whole_and_shown_in_the_places_of_what_they_are() {
        let cell = |report: Report, name: &str, value: f64| {
            let columns = report.columns();
            let mut cells = vec![Cell::Empty; columns.len()];
            for (cell, column) in cells.iter_mut().zip(columns) {
                *cell = match column.name {
                    "currency" => Cell::Word("JPY"),
                    "reporting_currency" => Cell::Word("EUR"),
                    found if found == name => Cell::Estimate(value),
                    _ => Cell::Empty,
                };
            }
            let mut output = Vec::new();
            RowWriter::new(report).write(2, &cells, &mut output);
            let xml = String::from_utf8(output).unwrap();
            let place = columns.iter().position(|column| column.name == name).unwrap();
            let cell = xml.split(&format!("<c r=\"{}2\"", column_letters(place))).nth(1).unwrap().to_owned();
            cell.split("</c>").next().unwrap().to_owned()
        };
        for (report, name, value, expected) in [
            (Report::ExpectedTotals, "fees_expected", 1234.5, " s=\"4\"><v>1234.5</v>"),
            (Report::ExpectedTotals, "fees_expected_reporting", 1234.5, " s=\"6\"><v>1234.5</v>"),
            (Report::RenewalRates, "renewal_rate", 0.812_345_678_901_234_5, " s=\"9\"><v>0.8123456789012345</v>"),
            (Report::RenewalRates, "rate_low", 0.5, " s=\"9\"><v>0.5</v>"),
            (Report::RenewalRates, "alpha", 1e-9, " s=\"7\"><v>0.000000001</v>"),
            (Report::PaymentTiming, "share_after", 1.0, " s=\"9\"><v>1</v>"),
            (Report::RenewalRates, "beta", f64::NAN, " s=\"1\" t=\"inlineStr\"><is><t>NaN</t></is>"),
        ] {
            assert_eq!(cell(report, name, value), expected, "{name}");
        }
    }

    #[test]
    fn converted_amounts_are_whole_and_shown_in_coins() {
        let columns = Report::ExpectedFees.columns();
        let mut cells = vec![Cell::Empty; columns.len()];
        let place = |name: &str| columns.iter().position(|column| column.name == name).unwrap();
        cells[place("currency")] = Cell::Word("JPY");
        cells[place("reporting_currency")] = Cell::Word("EUR");
        cells[place("fees_due")] = Cell::Amount(10_005_000);
        cells[place("fees_due_reporting")] = Cell::Amount(1_234_567);
        let mut output = Vec::new();
        RowWriter::new(Report::ExpectedFees).write(2, &cells, &mut output);
        let row = String::from_utf8(output).unwrap();
        let cell = |name: &str, style: Style, value: &str| {
            format!("<c r=\"{}2\" s=\"{}\"><v>{value}</v></c>", column_letters(place(name)), style.number())
        };
        assert!(row.contains(&cell("fees_due", Style::Amount(1), "1000.5")), "{row}");
        assert!(row.contains(&cell("fees_due_reporting", Style::Amount(2), "123.4567")), "{row}");
    }
}
