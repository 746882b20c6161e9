//! The sheet with the charts: fees due and expected by month, one chart a currency, since currencies cannot be added
//! up unless there is a reporting currency.

use super::facts::WorkbookFacts;
use super::frame::{FORECAST_NAME, header_format};
use super::row_xml::serial_day;
use super::styles::Style;
use super::summary_sheet::{write_amount_cell, write_converted_cell};
use crate::finance::{CurrencyCode, Estimate, FeeOutlook, ScenarioOutlook};
use crate::reports::{currency_text, minor_unit_places};
use crate::rules::Date;
use rust_xlsxwriter::{
    Chart, ChartAxisDateUnitType, ChartErrorBars, ChartErrorBarsType, ChartLegendPosition, ChartLine, ChartRange,
    ChartSolidFill, ChartType, ObjectMovement, Worksheet, XlsxError,
};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Currencies that the sheet has, those with the most offers: an export may have any number.
const CURRENCIES_MAX: usize = 24;
/// Months that the sheet has.
const MONTHS_MAX: i32 = 120;

/// The columns with their widths.
const COLUMNS: [(&str, u32); 8] = [
    ("currency", 12),
    ("month", 10),
    ("offers", 10),
    ("offers_without_fee", 20),
    ("fees_due", 16),
    ("fees_expected", 16),
    ("fees_low", 16),
    ("fees_high", 16),
];
const MONTH_COLUMN: u16 = 1;
const DUE_COLUMN: u16 = 4;
const EXPECTED_COLUMN: u16 = 5;
/// Where the charts begin, right of the table.
const CHARTS_COLUMN: u16 = COLUMNS.len() as u16 + 1;
const CHARTS_ACROSS: u32 = 2;
/// How far the interval reaches below and above what is expected: what charts need, right of them, out of the way.
const REACH_COLUMNS: [(u16, &str); 2] =
    [(CHARTS_COLUMN + 20, "expected_minus_low"), (CHARTS_COLUMN + 21, "high_minus_expected")];
const REACH_WIDTH: u32 = 21;
/// Size of a chart and of the cells that it covers, in pixels.
const CHART_SIZE: [u32; 2] = [560, 300];
const CELL_SIZE: [u32; 2] = [64, 20];
const CHART_ROWS: u32 = CHART_SIZE[1] / CELL_SIZE[1] + 1;

/// The fees of a month.
#[derive(Clone, Copy, Default)]
struct Month {
    offers: u64,
    offers_without_fee: u64,
    /// The known fees in ten-thousandths; `None` where none is known.
    due: Option<i128>,
    expected: Option<Estimate>,
}

/// The fees of a currency, or of all together in the reporting currency.
struct Block {
    /// What the table and the chart call it.
    name: String,
    /// The currency that the amounts are in.
    currency: String,
    /// Whether they are converted to it.
    is_converted: bool,
    months: BTreeMap<i32, Month>,
}

/// Writes the sheet.
pub fn write_forecast_sheet(worksheet: &mut Worksheet, facts: &WorkbookFacts<'_>) -> Result<(), XlsxError> {
    for (column, (name, width)) in (0..).zip(COLUMNS) {
        worksheet.write_string_with_format(0, column, name, &header_format())?;
        worksheet.set_column_width(column, width)?;
    }
    for (column, name) in REACH_COLUMNS {
        worksheet.write_string_with_format(0, column, name, &header_format())?;
        worksheet.set_column_width(column, REACH_WIDTH)?;
    }
    worksheet.set_freeze_panes(1, 0)?;
    let (mut row, mut charts) = (1, 0_u32);
    for (index, block) in (0..).zip(blocks(facts.outlook)) {
        let rows = [row, row + block.months.len() as u32 - 1];
        for (&month, fees) in &block.months {
            write_month(worksheet, row, &block, month, fees)?;
            row += 1;
        }
        insert_chart(worksheet, index, &block.name, facts.outlook.coverage, rows)?;
        charts += 1;
    }
    worksheet.autofilter(0, 0, row - 1, COLUMNS.len() as u16 - 1)?;
    worksheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    // What the charts need is nothing to read, and would make all the rest small.
    let last_row = row.saturating_sub(1).max(charts.div_ceil(CHARTS_ACROSS) * CHART_ROWS);
    worksheet.set_print_area(0, 0, last_row, REACH_COLUMNS[0].0 - 1)?;
    Ok(())
}

/// All fees in the reporting currency, if there is one, and the currencies with the most offers, sorted by code. Each has
/// every month of the forecast, those without offers too, so that the axes of all charts are the same.
fn blocks(outlook: &FeeOutlook) -> Vec<Block> {
    let Some(base) = outlook.scenarios.first() else { return Vec::new() };
    let all_months = || base.totals.iter().filter_map(|total| total.month);
    let (Some(first), Some(last)) = (all_months().min(), all_months().max()) else { return Vec::new() };
    let months = first..=last.min(first + MONTHS_MAX - 1);
    let block = |name: String, currency: &CurrencyCode| Block {
        name,
        currency: text_of(currency),
        is_converted: false,
        months: months.clone().map(|month| (month, Month::default())).collect(),
    };
    let mut blocks = Vec::new();
    if let Some(currency) = &outlook.reporting_currency {
        let mut all = Block { is_converted: true, ..block(format!("all, in {}", text_of(currency)), currency) };
        for total in &base.reporting_totals {
            let (due, expected) = (total.reporting.map(|it| it.fees_due), total.reporting.map(|it| it.estimate));
            let (offers, offers_without_fee) = (total.offers, total.offers_without_fee);
            all.put(total.month, Month { offers, offers_without_fee, due, expected });
        }
        blocks.push(all);
    }
    for code in &largest(base) {
        let mut of_currency = block(text_of(code), code);
        for total in base.totals.iter().filter(|total| total.currency == *code) {
            let (offers, offers_without_fee) = (total.sum.offers, total.sum.offers_without_fee);
            let (due, expected) = (total.sum.known_fees(), total.estimate);
            of_currency.put(total.month, Month { offers, offers_without_fee, due, expected });
        }
        blocks.push(of_currency);
    }
    blocks
}

impl Block {
    /// Puts the fees of a month in, if the sheet has it.
    fn put(&mut self, month: Option<i32>, fees: Month) {
        if let Some(held) = month.and_then(|month| self.months.get_mut(&month)) {
            *held = fees;
        }
    }
}

fn text_of(code: &CurrencyCode) -> String {
    String::from_utf8_lossy(currency_text(code)).into_owned()
}

/// The currencies with the most offers, sorted by code.
fn largest(base: &ScenarioOutlook) -> Vec<CurrencyCode> {
    let known = base.totals.iter().filter(|total| total.month.is_none() && total.sum.known_fees().is_some());
    let mut offers: Vec<(CurrencyCode, u64)> = known.map(|total| (total.currency, total.sum.offers)).collect();
    offers.sort_by_key(|(code, offers)| (Reverse(*offers), *code));
    let mut codes: Vec<CurrencyCode> = offers.into_iter().take(CURRENCIES_MAX).map(|(code, _)| code).collect();
    codes.sort_unstable();
    codes
}

fn write_month(worksheet: &mut Worksheet, row: u32, block: &Block, month: i32, fees: &Month) -> Result<(), XlsxError> {
    worksheet.write_string(row, 0, &block.name)?;
    let first = Date::from_year_month_day(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
    if let Some(serial) = first.and_then(serial_day) {
        worksheet.write_number_with_format(row, MONTH_COLUMN, serial, &Style::Month.format())?;
    }
    worksheet.write_number_with_format(row, 2, fees.offers as f64, &Style::Integer.format())?;
    worksheet.write_number_with_format(row, 3, fees.offers_without_fee as f64, &Style::Integer.format())?;
    // No offers, no fees; but offers whose fees are all unknown are not zero.
    if let Some(due) = fees.due.or((fees.offers == 0).then_some(0)) {
        let write = if block.is_converted { write_converted_cell } else { write_amount_cell };
        write(worksheet, row, DUE_COLUMN, due, &block.currency)?;
    }
    fees.expected.map_or(Ok(()), |expected| write_estimate(worksheet, row, &block.currency, &expected))
}

fn write_estimate(worksheet: &mut Worksheet, row: u32, currency: &str, estimate: &Estimate) -> Result<(), XlsxError> {
    let format = Style::Amount(minor_unit_places(currency)).format();
    let Estimate { expected, low, high } = *estimate;
    let reach = REACH_COLUMNS.iter().map(|(column, _)| *column).zip([expected - low, high - expected]);
    for (column, value) in (EXPECTED_COLUMN..).zip([expected, low, high]).chain(reach) {
        worksheet.write_number_with_format(row, column, value, &format)?;
    }
    Ok(())
}

fn insert_chart(
    worksheet: &mut Worksheet,
    index: u32,
    name: &str,
    coverage: f64,
    [first_row, last_row]: [u32; 2],
) -> Result<(), XlsxError> {
    let mut chart = Chart::new(ChartType::Column);
    let cells = |column: u16| (FORECAST_NAME, first_row, column, last_row, column);
    let due = chart.add_series();
    due.set_name("fees due").set_categories(cells(MONTH_COLUMN)).set_values(cells(DUE_COLUMN)).set_gap(60);
    due.set_overlap(100).set_format(ChartSolidFill::new().set_color("#D3E1F1"));
    let [below, above] =
        REACH_COLUMNS.map(|(column, _)| ChartRange::new_from_range(FORECAST_NAME, first_row, column, last_row, column));
    let mut interval = ChartErrorBars::new();
    interval.set_type(ChartErrorBarsType::Custom(above, below));
    let expected = chart.add_series();
    expected.set_name(format!("fees expected, with the interval for {:.0} %", coverage * 100.0).as_str());
    expected.set_categories(cells(MONTH_COLUMN)).set_values(cells(EXPECTED_COLUMN));
    expected.set_format(ChartSolidFill::new().set_color("#1F5FA8")).set_y_error_bars(&interval);
    chart.title().set_name(&format!("Fees due and expected, {name}"));
    set_axes(&mut chart);
    chart.legend().set_position(ChartLegendPosition::Bottom);
    chart.set_alt_text(format!(
        "Fees due, {name}, by month, and what of them is expected; the numbers are in rows {} to {} of this sheet.",
        first_row + 1,
        last_row + 1
    ));
    // A filter on the table hides rows, but must not take the charts away.
    chart.show_hidden_data().set_object_movement(ObjectMovement::DontMoveOrSizeWithCells);
    let [width, height] = CHART_SIZE;
    chart.set_width(width).set_height(height);
    let (down, across) = (index / CHARTS_ACROSS, index % CHARTS_ACROSS);
    let row = 1 + down * CHART_ROWS;
    let column = CHARTS_COLUMN + (across * (width / CELL_SIZE[0] + 1)) as u16;
    worksheet.insert_chart(row, column, &chart).map(drop)
}

fn set_axes(chart: &mut Chart) {
    chart
        .x_axis()
        .set_date_axis(true)
        .set_num_format("mmm yyyy")
        .set_major_unit(1)
        .set_major_unit_date_type(ChartAxisDateUnitType::Months);
    let light = ChartLine::new().set_color("#D9D9D9").clone();
    chart.y_axis().set_num_format(Style::Amount(0).number_format()).set_min(0).set_major_gridlines_line(&light);
}
