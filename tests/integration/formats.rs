//! The reports as Parquet: their types, and the same cells as the CSV beside them.

use crate::harness::{Row, Workspace};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use chrono::NaiveDate;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::path::Path;

const REPORTS: [&str; 12] = [
    "upcoming_renewals",
    "lapsed_competencies",
    "lapsed_action_packs",
    "reactivation_candidates",
    "reminders_due",
    "fee_forecast",
    "expected_fees",
    "expected_totals",
    "renewal_rates",
    "payment_timing",
    "fee_position",
    "rejects",
];

/// The type that SPEC gives a column of a report, by its name.
fn expected_type(column: &str) -> DataType {
    match column {
        "anniversary_date" | "window_opens" | "window_closes" | "window_closed" | "lapsed_on" | "first_reminder"
        | "second_reminder" | "reminder_date" | "reactivate_by" | "next_anniversary" | "new_anniversary" => {
            DataType::Date32
        }
        "days_left" | "days_lapsed" | "offers" | "offers_without_fee" | "line" | "byte_offset" => DataType::Int64,
        "windows_closed" | "paid" | "paid_undated" | "unpaid" | "reactivated" | "undetermined" => DataType::Int64,
        "day" | "payments" => DataType::Int64,
        "fees_expected" | "fees_low" | "fees_high" | "renewal_rate" | "rate_low" | "rate_high" => DataType::Float64,
        "fees_expected_reporting" | "fees_low_reporting" | "fees_high_reporting" => DataType::Float64,
        "observed_rate" | "prior_rate" | "prior_strength" | "alpha" | "beta" | "share_after" => DataType::Float64,
        "fee" | "fees" | "fees_due" | "fees_due_reporting" => DataType::Decimal128(22, 4),
        _ => DataType::Utf8,
    }
}

/// The batches of a Parquet file, as another reader than the program's own configures them.
pub fn batches(path: &Path) -> (arrow_schema::SchemaRef, Vec<RecordBatch>) {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
    let schema = builder.schema().clone();
    let reader = builder.build().expect("a reader");
    (schema, reader.map(|batch| batch.expect("a batch")).collect())
}

/// The cell as CSV would have it, but for the decimal places of amounts.
fn cell(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    match column.data_type() {
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().value(row);
            (NaiveDate::default() + chrono::Days::new(days as u64)).to_string()
        }
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Decimal128(_, _) => column.as_primitive::<Decimal128Type>().value(row).to_string(),
        _ => column.as_string::<i32>().value(row).to_owned(),
    }
}

/// An amount in ten-thousandths, from any number of decimal places.
pub fn ten_thousandths(text: &str) -> String {
    let Some((whole, fraction)) = text.split_once('.').or((!text.is_empty()).then_some((text, ""))) else {
        return String::new();
    };
    let digits: i128 = format!("{whole}{fraction:0<4}").parse().expect("digits");
    digits.to_string()
}

/// The rows of a Parquet report as those of a CSV report, amounts in ten-thousandths.
pub fn parquet_rows(path: &Path) -> Vec<Row> {
    let (schema, batches) = batches(path);
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = schema.fields().iter().zip(batch.columns());
            rows.push(cells.map(|(field, column)| (field.name().clone(), cell(column, row))).collect());
        }
    }
    rows
}

fn generated() -> Workspace {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "3000", "--seed", "2", "--dirty", "0.02", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    workspace
}

#[test]
fn every_parquet_report_has_the_columns_of_the_csv_in_the_types_of_the_contract() {
    let workspace = generated();
    workspace.write("none.csv", "partner_id,offer_type,purchase_date\n");
    // A report without rows has its columns all the same.
    for input in ["export.csv", "none.csv"] {
        let published = workspace.publish(&["--formats", "csv,parquet", input]);
        for report in REPORTS {
            let (schema, _) = batches(&published.directory.join(format!("{report}.parquet")));
            let text = String::from_utf8(published.files()[&format!("{report}.csv")].clone()).expect("UTF-8");
            let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            assert_eq!(names, text.lines().next().expect("a header").split(',').collect::<Vec<_>>(), "{report}");
            for field in schema.fields() {
                assert_eq!(*field.data_type(), expected_type(field.name()), "{report}.{}", field.name());
            }
        }
    }
}

#[test]
fn every_cell_of_the_parquet_reports_is_that_of_the_raw_csv() {
    let workspace = generated();
    workspace.write(
        "texts.csv",
        "partner_id,partner_name,offer_type,purchase_date,fee,currency\n\
         =1,\"-a\n\"\"b\"\"\",action_pack,2019-06-01,0.0001,GBP\n\
         +2,@c,action_pack,2019-06-01,999999999999999999.9999,EUR\n\
         3,\t,action_pack,2019-06-01,7,USD\n\
         4,=d,bundle,2019-06-01,,\n",
    );
    let options = ["--formats", "csv,parquet", "--raw-text", "--reminders-from", "2020-05-15"];
    // The largest fee has a currency of its own: with any other its sum would be more than the type holds.
    for input in ["export.csv", "texts.csv"] {
        let published = workspace.publish(&[&options, &[input][..]].concat());
        for report in REPORTS {
            let found = parquet_rows(&published.directory.join(format!("{report}.parquet")));
            let mut expected = published.rows(report);
            for row in &mut expected {
                for column in ["fee", "fees", "fees_due", "fees_due_reporting"] {
                    if let Some(amount) = row.get_mut(column) {
                        *amount = ten_thousandths(amount);
                    }
                }
            }
            if input == "export.csv" {
                assert!(!expected.is_empty(), "{report} has no rows to compare");
            }
            assert_eq!(found.len(), expected.len(), "{report}");
            for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert_eq!(found, expected, "{report}, row {index}");
            }
        }
    }
}

#[test]
fn parquet_is_raw_where_csv_is_guarded() {
    let workspace = Workspace::new();
    workspace.write("export.csv", "partner_id,offer_type,purchase_date\n=1,action_pack,2019-06-01\n");
    let published = workspace.publish(&["--formats", "parquet,csv", "export.csv"]);
    assert_eq!(published.column("upcoming_renewals", "partner_id"), ["'=1"]);
    let rows = parquet_rows(&published.directory.join("upcoming_renewals.parquet"));
    assert_eq!(rows[0]["partner_id"], "=1");
}

#[test]
fn parquet_alone_publishes_no_csv() {
    let workspace = generated();
    let published = workspace.publish(&["--formats", "parquet", "export.csv"]);
    let mut expected: Vec<String> = REPORTS.map(|report| format!("{report}.parquet")).to_vec();
    expected.extend(["SHA256SUMS", "manifest.json", "summary.json"].map(str::to_owned));
    expected.sort();
    assert_eq!(published.files().into_keys().collect::<Vec<_>>(), expected);
    let summary = published.summary();
    for report in REPORTS {
        let rows = parquet_rows(&published.directory.join(format!("{report}.parquet"))).len();
        assert_eq!(summary["reports"][report], rows, "{report}");
    }
}

#[test]
fn a_sum_of_fees_that_the_type_cannot_hold_ends_a_run_on_parquet_but_not_on_csv() {
    let workspace = Workspace::new();
    let row = "7,action_pack,2019-06-01,999999999999999999.9999,EUR\n";
    workspace.write("export.csv", format!("partner_id,offer_type,purchase_date,fee,currency\n{row}{row}"));
    let published = workspace.publish(&["export.csv"]);
    assert_eq!(published.column("fee_forecast", "fees"), ["1999999999999999999.9998"]);
    let before = published.files();
    let outcome =
        workspace.run(&["run", "--as-of", "2020-06-05", "--out", "reports", "--formats", "csv,parquet", "export.csv"]);
    let _ = outcome.expect_error(65, "error: fee_forecast.parquet: a sum of fees has more than 18 digits");
    assert!(published.files() == before);
}
