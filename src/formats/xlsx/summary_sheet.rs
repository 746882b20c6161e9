//! The first sheet: what the run was, what came of it, and what a reader of the workbook must know.

use super::facts::{Fact, ReportSheetList, WorkbookFacts};
use super::frame::header_format;
use super::row_xml::{exact_number, serial_day};
use super::styles::Style;
use super::texts::fitting;
use crate::ingest::RejectCode;
use crate::reports::{FeeTotal, Report, STAGE_COUNT, currency_text, minor_unit_places};
use crate::rules::{Date, OfferType, Stage};
use rust_xlsxwriter::{Format, FormatAlign, FormatUnderline, Url, Worksheet, XlsxError};

/// Inputs that the sheet lists; a directory may hold any number.
const INPUTS_MAX: usize = 1_000;

/// Columns of the tables that hold texts, besides the first; the others hold numbers.
const TEXT_COLUMNS: [&str; 7] = ["format", "path", "", "BLAKE3", "rates", "scenario", "source"];

/// Stages in which the fee of the current term falls due.
const DUE_STAGES: [Stage; 4] = [Stage::Current, Stage::Reminded, Stage::Open, Stage::FinalNotice];

/// Writes the sheet.
pub fn write_summary_sheet(
    worksheet: &mut Worksheet,
    facts: &WorkbookFacts<'_>,
    reports: &ReportSheetList<'_>,
) -> Result<(), XlsxError> {
    let mut sheet = SummarySheet { worksheet, row: 0 };
    sheet.write_run(facts)?;
    sheet.write_notes(reports)?;
    sheet.write_stages(facts)?;
    sheet.write_reports(facts, reports)?;
    sheet.write_rejects(facts)?;
    sheet.write_fees(facts)?;
    sheet.write_assumptions(facts)?;
    sheet.write_inputs(facts)?;
    sheet.worksheet.set_column_width(0, 28)?;
    for column in 1..=12 {
        sheet.worksheet.set_column_width(column, 17)?;
    }
    sheet.worksheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// The sheet and the row that is written next.
pub struct SummarySheet<'a> {
    pub(super) worksheet: &'a mut Worksheet,
    pub(super) row: u32,
}

impl SummarySheet<'_> {
    fn write_run(&mut self, facts: &WorkbookFacts<'_>) -> Result<(), XlsxError> {
        let title = Format::new().set_bold().set_font_size(16);
        self.worksheet.write_string_with_format(0, 0, "Renewals", &title)?;
        self.row = 1;
        for (name, fact) in &facts.run {
            self.worksheet.write_string(self.row, 0, *name)?;
            match fact {
                Fact::Text(text) => self.text(1, text)?,
                Fact::Date(date) => self.day(1, *date)?,
                Fact::Count(count) => {
                    let format = Style::Integer.format().set_align(FormatAlign::Left);
                    self.worksheet.write_number_with_format(self.row, 1, *count as f64, &format)?;
                }
            }
            self.row += 1;
        }
        Ok(())
    }

    fn write_notes(&mut self, reports: &ReportSheetList<'_>) -> Result<(), XlsxError> {
        self.begin_table("Notes", &[])?;
        let exceptions = reports.exceptions;
        let mut notes = vec![
            "Amounts are in the currency of their row. Amounts in different currencies cannot be added up.".to_owned(),
            "An empty fee is one that is not known. It is not zero.".to_owned(),
        ];
        if exceptions.numbers_as_text > 0 {
            notes.push(format!(
                "Numbers of more than 15 digits, written as text because Excel would round them, and not in its sums: {}",
                exceptions.numbers_as_text
            ));
        }
        if exceptions.cut_texts > 0 {
            notes.push(format!(
                "Texts longer than the 32,767 characters of a cell, cut here and whole in CSV and Parquet: {}",
                exceptions.cut_texts
            ));
        }
        for note in notes {
            self.worksheet.write_string(self.row, 0, note)?;
            self.row += 1;
        }
        Ok(())
    }

    fn write_stages(&mut self, facts: &WorkbookFacts<'_>) -> Result<(), XlsxError> {
        let offer_types = OfferType::ALL.iter().map(|offer_type| offer_type.as_str());
        let header: Vec<&str> = ["stage"].into_iter().chain(offer_types).chain(["offers"]).collect();
        self.begin_table("Offers by stage", &header)?;
        for &stage in Stage::ALL {
            let counts = &facts.tally.stages[stage.index()];
            self.worksheet.write_string(self.row, 0, stage.as_str())?;
            for (column, &count) in (1..).zip(counts.iter().chain([&counts.iter().sum()])) {
                self.count(column, count)?;
            }
            self.row += 1;
        }
        Ok(())
    }

    fn write_reports(&mut self, facts: &WorkbookFacts<'_>, reports: &ReportSheetList<'_>) -> Result<(), XlsxError> {
        self.begin_table("Reports", &["report", "rows", "sheets"])?;
        for &report in Report::ALL {
            let mut sheets = reports.sheets.iter().filter(|sheet| sheet.report == report);
            if let Some(first) = sheets.next() {
                let link = Url::new(format!("internal:'{}'!A1", first.name)).set_text(report.as_str());
                // The library's own style of links would take the number of another (`styles::register`).
                let style = Format::new().set_font_color("#0563C1").set_underline(FormatUnderline::Single);
                self.worksheet.write_url_with_format(self.row, 0, link, &style)?;
                self.count(2, 1 + sheets.count() as u64)?;
            }
            self.count(1, facts.tally.report_rows[report.index()])?;
            self.row += 1;
        }
        Ok(())
    }

    fn write_rejects(&mut self, facts: &WorkbookFacts<'_>) -> Result<(), XlsxError> {
        self.begin_table("Rejected rows", &["code", "rows"])?;
        for &code in RejectCode::ALL {
            let rows = facts.tally.rejected[code.index()];
            if rows > 0 {
                self.worksheet.write_string(self.row, 0, code.as_str())?;
                self.count(1, rows)?;
                self.row += 1;
            }
        }
        self.worksheet.write_string(self.row, 0, "all")?;
        self.count(1, facts.tally.rows_rejected())?;
        self.row += 1;
        Ok(())
    }

    fn write_fees(&mut self, facts: &WorkbookFacts<'_>) -> Result<(), XlsxError> {
        let stages = Stage::ALL.iter().map(|stage| stage.as_str());
        let header: Vec<&str> = ["currency", "offers with a fee", "due in all"].into_iter().chain(stages).collect();
        self.begin_table("Fees by currency and stage", &header)?;
        for (code, totals) in facts.tally.fees_by_currency(facts.currencies) {
            let offers: u64 = totals.iter().map(|total| total.offers).sum();
            if offers > 0 {
                self.write_currency(&String::from_utf8_lossy(currency_text(&code)), offers, totals)?;
            }
        }
        Ok(())
    }

    fn write_currency(
        &mut self,
        currency: &str,
        offers: u64,
        totals: &[FeeTotal; STAGE_COUNT],
    ) -> Result<(), XlsxError> {
        self.worksheet.write_string(self.row, 0, currency)?;
        self.count(1, offers)?;
        let due = DUE_STAGES.iter().map(|stage| totals[stage.index()].fees).sum();
        write_amount_cell(self.worksheet, self.row, 2, due, currency)?;
        for (column, total) in (3..).zip(totals) {
            if total.offers > 0 {
                write_amount_cell(self.worksheet, self.row, column, total.fees, currency)?;
            }
        }
        self.row += 1;
        Ok(())
    }

    fn write_inputs(&mut self, facts: &WorkbookFacts<'_>) -> Result<(), XlsxError> {
        self.begin_table("Inputs", &["rows", "bytes", "format", "path", "", "", "BLAKE3"])?;
        for input in facts.inputs.iter().take(INPUTS_MAX) {
            self.count(0, input.rows)?;
            self.count(1, input.bytes)?;
            self.worksheet.write_string(self.row, 2, input.format)?;
            self.text(3, &input.path)?;
            self.worksheet.write_string(self.row, 6, &input.blake3)?;
            self.row += 1;
        }
        if let Some(rest @ 1..) = facts.inputs.len().checked_sub(INPUTS_MAX) {
            self.worksheet.write_string(self.row, 0, format!("and {rest} more, all of them in summary.json"))?;
            self.row += 1;
        }
        Ok(())
    }

    /// A line of space, the table's title, and its header if it has one.
    pub(super) fn begin_table(&mut self, title: &str, header: &[&str]) -> Result<(), XlsxError> {
        let format = Format::new().set_bold().set_font_size(13);
        self.worksheet.write_string_with_format(self.row + 1, 0, title, &format)?;
        self.row += 2;
        for (column, name) in (0..).zip(header) {
            let is_text = column == 0 || TEXT_COLUMNS.contains(name);
            let align = if is_text { FormatAlign::Left } else { FormatAlign::Right };
            self.worksheet.write_string_with_format(self.row, column, *name, &header_format().set_align(align))?;
        }
        self.row += u32::from(!header.is_empty());
        Ok(())
    }

    /// Writes a text into the row at hand.
    pub(super) fn text(&mut self, column: u16, text: &str) -> Result<(), XlsxError> {
        let shown = fitting(text);
        let text = shown.as_deref().unwrap_or(text);
        self.worksheet.write_string_with_format(self.row, column, text, &Style::Text.format()).map(drop)
    }

    fn count(&mut self, column: u16, count: u64) -> Result<(), XlsxError> {
        // Counts are below 2^53, which a number holds exactly.
        self.worksheet.write_number_with_format(self.row, column, count as f64, &Style::Integer.format()).map(drop)
    }

    fn day(&mut self, column: u16, day: Date) -> Result<(), XlsxError> {
        let format = Style::Date.format();
        match serial_day(day) {
            Some(serial) => self.worksheet.write_number_with_format(self.row, column, serial, &format).map(drop),
            None => self.text(column, &day.to_string()),
        }
    }
}

/// Writes an amount that a rate of exchange has made: whole, and shown in the places of its currency.
pub fn write_converted_cell(
    worksheet: &mut Worksheet,
    row: u32,
    column: u16,
    ten_thousandths: i128,
    currency: &str,
) -> Result<(), XlsxError> {
    write_amount_in(worksheet, row, column, ten_thousandths, |_| minor_unit_places(currency))
}

/// Writes an amount in the places of its currency: as a number if Excel keeps all its digits, else as text.
pub fn write_amount_cell(
    worksheet: &mut Worksheet,
    row: u32,
    column: u16,
    ten_thousandths: i128,
    currency: &str,
) -> Result<(), XlsxError> {
    write_amount_in(worksheet, row, column, ten_thousandths, |places| places.max(minor_unit_places(currency)))
}

/// Writes an amount in the places that are made of those it has.
fn write_amount_in(
    worksheet: &mut Worksheet,
    row: u32,
    column: u16,
    ten_thousandths: i128,
    shown: impl FnOnce(u8) -> u8,
) -> Result<(), XlsxError> {
    let (decimal, places, is_number) = exact_number(ten_thousandths);
    match decimal.parse::<f64>() {
        Ok(number) if is_number => {
            let format = Style::Amount(shown(places)).format();
            worksheet.write_number_with_format(row, column, number, &format)?
        }
        _ => worksheet.write_string_with_format(row, column, decimal, &Style::Text.format())?,
    };
    Ok(())
}
