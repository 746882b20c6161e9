//! The workbook without the rows of its reports: sheets, headers, styles, summary and chart.

use super::facts::{ReportSheet, ReportSheetList, WorkbookFacts};
use super::forecast_sheet::write_forecast_sheet;
use super::styles;
use super::summary_sheet::write_summary_sheet;
use crate::reports::ReportColumn;
use crate::rules::YearMonthDay;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, IgnoreError, Workbook, Worksheet, XlsxError};

/// Sheets before those of the reports.
pub const SHEETS_BEFORE_REPORTS: usize = 2;

/// Name of the first sheet.
pub const SUMMARY_NAME: &str = "Summary";
/// Name of the sheet with the chart.
pub const FORECAST_NAME: &str = "Forecast";

/// Narrowest and widest column, in characters: what is longer can still be read in the cell.
const WIDTHS: std::ops::RangeInclusive<usize> = 8..=50;
/// Width of a column beside its text: the button of the filter.
const FILTER_WIDTH: usize = 3;

/// The bytes of the workbook, each report's sheet with its header and one empty cell at its end.
///
/// # Errors
/// None in practice: names and places are the program's own.
pub fn build(facts: &WorkbookFacts<'_>, reports: &ReportSheetList<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(facts)?);
    workbook.add_worksheet().set_name(SUMMARY_NAME)?;
    styles::register(&mut workbook)?;
    write_summary_sheet(workbook.worksheet_from_index(0)?, facts, reports)?;
    write_forecast_sheet(workbook.add_worksheet().set_name(FORECAST_NAME)?, facts)?;
    for sheet in &reports.sheets {
        write_frame(workbook.add_worksheet(), sheet)?;
    }
    workbook.save_to_buffer()
}

fn properties(facts: &WorkbookFacts<'_>) -> Result<DocProperties, XlsxError> {
    let YearMonthDay { year, month, day } = facts.as_of.year_month_day();
    let created = ExcelDateTime::from_ymd(year as u16, month as u8, day as u8)?;
    Ok(DocProperties::new().set_title("Renewals").set_creation_datetime(&created))
}

/// Header cells of every table.
pub fn header_format() -> Format {
    Format::new().set_bold().set_background_color("#D9E2F3").set_align(FormatAlign::Left)
}

fn write_frame(worksheet: &mut Worksheet, sheet: &ReportSheet<'_>) -> Result<(), XlsxError> {
    let columns = sheet.report.columns();
    let last_column = columns.len() as u16 - 1;
    worksheet.set_name(&sheet.name)?;
    for (index, (column, &longest)) in columns.iter().zip(sheet.widths).enumerate() {
        worksheet.write_string_with_format(0, index as u16, column.name, &header_format())?;
        worksheet.set_column_width(index as u16, width(column, longest))?;
    }
    worksheet.set_freeze_panes(1, 0)?;
    worksheet.autofilter(0, 0, sheet.rows, last_column)?;
    worksheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    if sheet.rows > 0 {
        // The sheet's dimensions are those of its cells; the rows will take this one's place.
        worksheet.write_blank(sheet.rows, last_column, &Format::new().set_bold())?;
        worksheet.ignore_error_range(1, 0, sheet.rows, last_column, IgnoreError::NumberStoredAsText)?;
    }
    Ok(())
}

fn width(column: &ReportColumn, longest: usize) -> f64 {
    let characters = (column.name.len() + FILTER_WIDTH).max(longest + 1);
    characters.clamp(*WIDTHS.start(), *WIDTHS.end()) as f64
}
