//! What a workbook says of its run, besides the rows of the reports.

use super::cells::Exceptions;
use crate::finance::FeeOutlook;
use crate::formats::{AssumptionWords, ExchangeWords};
use crate::reports::{CurrencyIndex, Report, Tally};
use crate::rules::Date;

/// A fact of a run.
#[derive(Clone, Debug)]
pub enum Fact {
    /// Text.
    Text(String),
    /// A day.
    Date(Date),
    /// A count.
    Count(u64),
}

/// An input of a run.
#[derive(Clone, Debug)]
pub struct InputFact {
    /// The path as given, or as found.
    pub path: String,
    /// `csv` or `parquet`.
    pub format: &'static str,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows read.
    pub rows: u64,
    /// BLAKE3 of its content, in hexadecimal digits.
    pub blake3: String,
}

/// What a workbook says of its run.
#[derive(Debug)]
pub struct WorkbookFacts<'a> {
    /// The as-of date, which is also the workbook's date of creation: nothing in it depends on the clock.
    pub as_of: Date,
    /// Facts with their names, in the order in which they are to be read.
    pub run: Vec<(&'static str, Fact)>,
    /// The inputs, in order.
    pub inputs: Vec<InputFact>,
    /// Counts.
    pub tally: &'a Tally,
    /// Numbers of the currencies.
    pub currencies: &'a CurrencyIndex,
    /// Fees due by month, and what of them is expected.
    pub outlook: &'a FeeOutlook,
    /// What is assumed.
    pub assumptions: AssumptionWords<'a>,
    /// The rates of exchange, if everything is converted to one currency too.
    pub exchange: Option<ExchangeWords<'a>>,
}

/// A sheet of a report, as the frame of the workbook has it.
#[derive(Debug)]
pub struct ReportSheet<'a> {
    /// The report.
    pub report: Report,
    /// Name of the sheet.
    pub name: String,
    /// Rows without the header.
    pub rows: u32,
    /// Characters of the longest cell of each column.
    pub widths: &'a [usize],
}

/// The sheets of the reports, and what they could not hold as it is.
#[derive(Debug)]
pub struct ReportSheetList<'a> {
    /// The sheets, in the order of the reports.
    pub sheets: Vec<ReportSheet<'a>>,
    /// Texts and numbers that are not written as they are.
    pub exceptions: Exceptions,
}

/// Characters of a sheet's name.
const SHEET_NAME_MAX: usize = 31;

/// The name of a report's sheet: the report's, and from the second sheet on ` (2)` and so on.
pub fn sheet_name(report: Report, sheet: usize) -> String {
    let suffix = if sheet == 0 { String::new() } else { format!(" ({})", sheet + 1) };
    let stem = report.as_str();
    format!("{}{suffix}", &stem[..stem.len().min(SHEET_NAME_MAX - suffix.len())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn sheet_names_are_short_and_differ() {
        let sheets = [0, 1, 9, 99, 999, 9_999];
        let names = Report::ALL.iter().flat_map(|&report| sheets.map(|sheet| sheet_name(report, sheet)));
        let names: Vec<String> = names.collect();
        assert!(names.iter().all(|name| name.len() <= SHEET_NAME_MAX), "{names:?}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert_eq!(names[1], "upcoming_renewals (2)");
    }
}
