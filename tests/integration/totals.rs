//! The same totals in every format: CSV, Parquet, Excel and the page agree to the last place that fees are written with.

use crate::formats::{batches, parquet_rows};
use crate::harness::{Published, Row, Workspace};
use crate::page::page_of;
use crate::workbook::workbook_rows;
use arrow_schema::DataType;
use std::collections::{BTreeMap, BTreeSet};

/// Exact sums by column and currency.
type Totals = BTreeMap<(String, String), i128>;

/// An amount in ten-thousandths.
fn ten_thousandths(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<4}").parse().unwrap_or_else(|_| panic!("{text} is no amount"))
}

/// The sums of the columns of a report that hold amounts; `amount` reads a cell.
fn totals(rows: &[Row], columns: &[String], amount: fn(&str) -> i128) -> Totals {
    let mut totals = Totals::new();
    for row in rows {
        for column in columns.iter().filter(|column| !row[*column].is_empty()) {
            *totals.entry((column.clone(), row["currency"].clone())).or_default() += amount(&row[column]);
        }
    }
    totals
}

/// The columns of a report that Parquet has as decimals.
fn amount_columns(published: &Published, report: &str) -> Vec<String> {
    let (schema, _) = batches(&published.directory.join(format!("{report}.parquet")));
    let amounts = schema.fields().iter().filter(|field| matches!(field.data_type(), DataType::Decimal128(_, _)));
    amounts.map(|field| field.name().clone()).collect()
}

#[test]
fn every_format_has_the_same_totals() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "6000", "--seed", "11", "--dirty", "0.01", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    let currencies = workspace.publish(&["export.csv"]).column("fee_forecast", "currency");
    let currencies: BTreeSet<&String> = currencies.iter().filter(|currency| !currency.is_empty()).collect();
    let rates = currencies.iter().map(|code| format!("{code},{}\n", if *code == "EUR" { "1" } else { "0.7531" }));
    workspace.write("rates.csv", format!("currency,rate\n{}", rates.collect::<String>()));
    let published = workspace.publish(&["--formats", "csv,parquet,xlsx,html", "--fx", "rates.csv", "export.csv"]);
    let reports: Vec<String> = published.summary()["reports"].as_object().expect("reports").keys().cloned().collect();
    let (mut compared, mut estimates) = (0, 0);
    for report in &reports {
        let columns = amount_columns(&published, report);
        let csv = published.rows(report);
        let parquet = parquet_rows(&published.directory.join(format!("{report}.parquet")));
        let workbook = workbook_rows(&published, report);
        assert_eq!([parquet.len(), workbook.len()], [csv.len(); 2], "{report}");
        let expected = totals(&csv, &columns, ten_thousandths);
        // The Parquet reader of the tests gives amounts in ten-thousandths.
        assert_eq!(totals(&parquet, &columns, |text| text.parse().expect("digits")), expected, "{report}.parquet");
        assert_eq!(totals(&workbook, &columns, ten_thousandths), expected, "{report} in the workbook");
        compared += expected.len();
        estimates += assert_estimates_agree(&published, report, &csv, [&parquet, &workbook]);
    }
    assert!(compared > 100, "{compared} totals show too little");
    assert!(estimates > 1_000, "{estimates} estimates show too little");
    assert_page_agrees(&published);
}

/// Expects every estimate of a report to be the same float in all formats.
fn assert_estimates_agree(published: &Published, report: &str, csv: &[Row], others: [&[Row]; 2]) -> usize {
    let (schema, _) = batches(&published.directory.join(format!("{report}.parquet")));
    let estimates = schema.fields().iter().filter(|field| *field.data_type() == DataType::Float64);
    let mut compared = 0;
    for column in estimates.map(|field| field.name()) {
        let values = |rows: &[Row]| -> Vec<Option<f64>> { rows.iter().map(|row| row[column].parse().ok()).collect() };
        for other in others {
            assert_eq!(values(other), values(csv), "{report}.{column}");
        }
        compared += values(csv).iter().flatten().count();
    }
    compared
}

/// Expects the totals that the page has to be those of the CSV.
fn assert_page_agrees(published: &Published) {
    let page = page_of(published);
    let figures = [("fees_due", "fee_forecast", "fees"), ("reactivatable", "reactivation_candidates", "fee")];
    for (figure, report, column) in figures {
        let expected = totals(&published.rows(report), &[column.to_owned()], ten_thousandths);
        assert!(expected.len() > 10, "{report}: {expected:?}");
        for ((_, currency), amount) in expected {
            let marks = [("data-figure", figure), ("data-currency", currency.as_str())];
            assert_eq!(page.amount(&marks), amount, "{figure} {currency}");
        }
    }
}

#[test]
fn the_rows_of_each_report_are_counted_whatever_the_formats() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "2000", "--seed", "11", "--dirty", "0.01", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    let counts = |formats| workspace.publish(&["--formats", formats, "export.csv"]).summary()["reports"].clone();
    let expected = counts("csv");
    assert!(expected.as_object().expect("reports").values().all(|rows| rows.as_u64() > Some(0)), "{expected}");
    for formats in ["parquet", "html", "xlsx", "xlsx,html"] {
        assert_eq!(counts(formats), expected, "{formats}");
    }
}
