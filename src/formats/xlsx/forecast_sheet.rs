//! The sheet with the charts: fees due by month, one chart a currency, since currencies cannot be added up.

use super::facts::WorkbookFacts;
use super::frame::{FORECAST_NAME, header_format};
use super::row_xml::serial_day;
use super::styles::Style;
use super::summary_sheet::write_amount_cell;
use crate::finance::{CurrencyCode, FeeSum};
use crate::reports::currency_text;
use crate::rules::Date;
use rust_xlsxwriter::{Chart, ChartAxisDateUnitType, ChartLine, ChartType, ObjectMovement, Worksheet, XlsxError};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Currencies that the sheet has, those with the most offers: an export may have any number.
const CURRENCIES_MAX: usize = 24;
/// Months that the sheet has.
const MONTHS_MAX: usize = 120;

const COLUMNS: [&str; 5] = ["currency", "month", "offers", "offers_without_fee", "fees"];
const FEES_COLUMN: u16 = 4;
/// Where the charts begin, right of the table.
const CHARTS_COLUMN: u16 = 6;
const CHARTS_ACROSS: u32 = 2;
/// Size of a chart and of the cells that it covers, in pixels.
const CHART_SIZE: [u32; 2] = [560, 300];
const CELL_SIZE: [u32; 2] = [64, 20];

/// The fees of a currency by month.
type Months = BTreeMap<i32, FeeSum>;

/// Writes the sheet.
pub fn write_forecast_sheet(worksheet: &mut Worksheet, facts: &WorkbookFacts<'_>) -> Result<(), XlsxError> {
    for (column, (name, width)) in (0..).zip(COLUMNS.into_iter().zip([12, 10, 10, 20, 18])) {
        worksheet.write_string_with_format(0, column, name, &header_format())?;
        worksheet.set_column_width(column, width)?;
    }
    worksheet.set_freeze_panes(1, 0)?;
    let mut row = 1;
    for (index, (code, months)) in (0..).zip(currencies(facts)) {
        let currency = String::from_utf8_lossy(currency_text(&code)).into_owned();
        let first_row = row;
        for (&month, sum) in &months {
            write_month(worksheet, row, &currency, month, sum)?;
            row += 1;
        }
        insert_chart(worksheet, index, &currency, first_row, row - 1)?;
    }
    worksheet.autofilter(0, 0, row - 1, COLUMNS.len() as u16 - 1)?;
    worksheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// The currencies with the most offers, sorted by code; each has every month of the forecast, those without offers
/// too, so that the axes of all charts are the same.
fn currencies(facts: &WorkbookFacts<'_>) -> BTreeMap<CurrencyCode, Months> {
    let groups = &facts.outlook.groups;
    let all_months = groups.iter().map(|group| group.month);
    let (Some(first), Some(last)) = (all_months.clone().min(), all_months.max()) else { return BTreeMap::new() };
    let months = first..=last.min(first + MONTHS_MAX as i32 - 1);
    let mut offers: BTreeMap<CurrencyCode, u64> = BTreeMap::new();
    let is_shown = |month: i32, sum: &FeeSum| months.contains(&month) && sum.known_fees().is_some();
    for group in groups.iter().filter(|group| is_shown(group.month, &group.sum)) {
        *offers.entry(group.currency).or_default() += group.sum.offers;
    }
    let mut largest: Vec<(CurrencyCode, u64)> = offers.into_iter().collect();
    largest.sort_by_key(|(code, offers)| (Reverse(*offers), *code));
    largest.truncate(CURRENCIES_MAX);
    let empty = || months.clone().map(|month| (month, FeeSum::default())).collect::<Months>();
    let mut currencies: BTreeMap<_, _> = largest.into_iter().map(|(code, _)| (code, empty())).collect();
    for group in groups {
        let months = currencies.get_mut(&group.currency);
        if let Some(total) = months.and_then(|months| months.get_mut(&group.month)) {
            total.merge(&group.sum);
        }
    }
    currencies
}

fn write_month(worksheet: &mut Worksheet, row: u32, currency: &str, month: i32, sum: &FeeSum) -> Result<(), XlsxError> {
    worksheet.write_string(row, 0, currency)?;
    let first = Date::from_year_month_day(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
    if let Some(serial) = first.and_then(serial_day) {
        worksheet.write_number_with_format(row, 1, serial, &Style::Month.format())?;
    }
    worksheet.write_number_with_format(row, 2, sum.offers as f64, &Style::Integer.format())?;
    worksheet.write_number_with_format(row, 3, sum.offers_without_fee as f64, &Style::Integer.format())?;
    // No offers, no fees; but offers whose fees are all unknown are not zero.
    let fees = sum.known_fees().or((sum.offers == 0).then_some(0));
    fees.map_or(Ok(()), |fees| write_amount_cell(worksheet, row, FEES_COLUMN, fees, currency))
}

fn insert_chart(
    worksheet: &mut Worksheet,
    index: u32,
    currency: &str,
    first_row: u32,
    last_row: u32,
) -> Result<(), XlsxError> {
    let mut chart = Chart::new(ChartType::Column);
    chart
        .add_series()
        .set_name("fees due")
        .set_categories((FORECAST_NAME, first_row, 1, last_row, 1))
        .set_values((FORECAST_NAME, first_row, FEES_COLUMN, last_row, FEES_COLUMN))
        .set_gap(60);
    chart.title().set_name(&format!("Fees due, {currency}"));
    chart
        .x_axis()
        .set_date_axis(true)
        .set_num_format("mmm yyyy")
        .set_major_unit(1)
        .set_major_unit_date_type(ChartAxisDateUnitType::Months);
    let light = ChartLine::new().set_color("#D9D9D9").clone();
    chart.y_axis().set_num_format(Style::Amount(0).number_format()).set_min(0).set_major_gridlines_line(&light);
    chart.legend().set_hidden();
    chart.set_alt_text(format!(
        "Fees due in {currency} by month; the numbers are in rows {} to {} of this sheet.",
        first_row + 1,
        last_row + 1
    ));
    // A filter on the table hides rows, but must not take the charts away.
    chart.show_hidden_data().set_object_movement(ObjectMovement::DontMoveOrSizeWithCells);
    let [width, height] = CHART_SIZE;
    chart.set_width(width).set_height(height);
    let (down, across) = (index / CHARTS_ACROSS, index % CHARTS_ACROSS);
    let row = 1 + down * (height / CELL_SIZE[1] + 1);
    let column = CHARTS_COLUMN + (across * (width / CELL_SIZE[0] + 1)) as u16;
    worksheet.insert_chart(row, column, &chart).map(drop)
}
