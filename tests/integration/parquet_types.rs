//! The types that the columns of a Parquet export may have, and those that they may not.

use crate::export::{COLUMNS, Cells, cells, delimited, parquet_of};
use crate::harness::{Workspace, run_arguments};
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int32Array,
    Int64Array, LargeStringArray, StringArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt64Array,
};
use chrono::NaiveDate;
use std::sync::Arc;

/// Rows whose cells have the same text in every type that the tests give them.
fn rows() -> Vec<Cells> {
    let row = |number: usize| {
        let fee = ["475.25", "0.50", "", "1670.75"][number % 4];
        cells(&[
            ("partner_id", &(4_000_000 + number * 7).to_string()),
            ("partner_name", ["", "Wobblecrank", "Snizzle, wick"][number % 3]),
            ("offer_type", ["competency", "action_pack", "membership"][number % 3]),
            ("level", ["", "gold"][number % 2]),
            ("purchase_date", ["2019-06-01", "2019-05-30", "2018-06-10"][number / 2 % 3]),
            ("renewal_start_date", ["", "2020-06-01"][number / 3 % 2]),
            ("last_renewal_date", ["2019-06-20", ""][number / 5 % 2]),
            ("requirements_met", ["", "true", "false"][number / 4 % 3]),
            ("fee", fee),
            ("currency", if fee.is_empty() { "" } else { "EUR" }),
        ])
    };
    (0..300).map(row).collect()
}

fn texts<'a>(rows: &'a [Cells], column: &str) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
    let index = COLUMNS.iter().position(|known| *known == column).expect("a column");
    rows.iter().map(move |row| Some(row[index].as_str()).filter(|text| !text.is_empty()))
}

fn days<'a>(rows: &'a [Cells], column: &str) -> impl Iterator<Item = Option<i64>> + use<'a> {
    texts(rows, column).map(|text| {
        let date: NaiveDate = text?.parse().expect("a date");
        Some((date - NaiveDate::default()).num_days())
    })
}

/// Fees as hundredths.
fn hundredths(rows: &[Cells]) -> impl Iterator<Item = Option<i64>> + use<'_> {
    texts(rows, "fee").map(|text| text.map(|text| text.replace('.', "").parse().expect("digits")))
}

fn text_column(rows: &[Cells], column: &str) -> ArrayRef {
    Arc::new(texts(rows, column).collect::<StringArray>())
}

/// The export as Parquet with one column in another type than text.
fn with_column(rows: &[Cells], column: &str, array: ArrayRef) -> Vec<u8> {
    let columns = COLUMNS.map(|name| (name, if name == column { array.clone() } else { text_column(rows, name) }));
    parquet_of(columns.to_vec())
}

fn allowed(rows: &[Cells]) -> Vec<(&'static str, ArrayRef)> {
    let numbers: Vec<i64> =
        texts(rows, "partner_id").map(|text| text.and_then(|id| id.parse().ok()).expect("digits")).collect();
    let per_day =
        |column, units: i64| days(rows, column).map(move |day| day.map(|day| day * units)).collect::<Vec<_>>();
    let name = || texts(rows, "partner_name");
    vec![
        ("partner_id", Arc::new(Int64Array::from(numbers.clone()))),
        ("partner_id", Arc::new(Int32Array::from_iter_values(numbers.iter().map(|&number| number as i32)))),
        ("partner_id", Arc::new(UInt64Array::from_iter_values(numbers.iter().map(|&number| number as u64)))),
        ("partner_id", Arc::new(texts(rows, "partner_id").collect::<LargeStringArray>())),
        ("partner_name", Arc::new(name().collect::<LargeStringArray>())),
        ("partner_name", Arc::new(name().collect::<StringViewArray>())),
        ("partner_name", Arc::new(name().collect::<DictionaryArray<Int8Type>>())),
        ("offer_type", Arc::new(texts(rows, "offer_type").collect::<DictionaryArray<Int8Type>>())),
        ("level", Arc::new(texts(rows, "level").collect::<StringViewArray>())),
        (
            "purchase_date",
            Arc::new(days(rows, "purchase_date").map(|day| day.map(|day| day as i32)).collect::<Date32Array>()),
        ),
        (
            "purchase_date",
            Arc::new(TimestampMicrosecondArray::from(per_day("purchase_date", 86_400_000_000)).with_timezone("UTC")),
        ),
        ("renewal_start_date", Arc::new(TimestampMillisecondArray::from(per_day("renewal_start_date", 86_400_000)))),
        ("last_renewal_date", Arc::new(TimestampMicrosecondArray::from(per_day("last_renewal_date", 86_400_000_000)))),
        (
            "last_renewal_date",
            Arc::new(TimestampNanosecondArray::from(per_day("last_renewal_date", 86_400_000_000_000))),
        ),
        (
            "requirements_met",
            Arc::new(texts(rows, "requirements_met").map(|text| Some(text? == "true")).collect::<BooleanArray>()),
        ),
        (
            "fee",
            Arc::new(
                hundredths(rows)
                    .map(|fee| fee.map(i128::from))
                    .collect::<Decimal128Array>()
                    .with_precision_and_scale(12, 2)
                    .expect("a decimal"),
            ),
        ),
    ]
}

#[test]
fn each_allowed_type_gives_the_reports_of_the_texts() {
    let rows = rows();
    let workspace = Workspace::new();
    workspace.write("export.csv", delimited(&rows, b','));
    let reports = |name: &str| {
        let mut files = workspace.publish(&["--reminders-from", "2020-05-01", name]).files();
        files.retain(|name, _| name.ends_with(".csv"));
        files
    };
    let expected = reports("export.csv");
    assert!(expected["upcoming_renewals.csv"].len() > 5_000, "too few rows to compare");
    for (column, array) in allowed(&rows) {
        let kind = array.data_type().clone();
        workspace.write("export.parquet", with_column(&rows, column, array));
        assert!(reports("export.parquet") == expected, "{column} as {kind}");
    }
}

#[test]
fn fees_as_integers_and_floats_are_read_as_their_shortest_decimal() {
    let rows: Vec<Cells> =
        (0..4).map(|number| cells(&[("partner_id", &number.to_string()), ("fee", "1"), ("currency", "EUR")])).collect();
    let arrays: [(ArrayRef, [&str; 3]); 4] = [
        (Arc::new(Int32Array::from(vec![0, 475, 2_147_483_647, -1])), ["0", "475", "2147483647"]),
        (Arc::new(Float64Array::from(vec![0.1, 475.0, 1_670.505, f64::NAN])), ["0.1", "475", "1670.505"]),
        (Arc::new(Float32Array::from(vec![0.1, 475.0, 1_670.5, f32::INFINITY])), ["0.1", "475", "1670.5"]),
        (Arc::new(Float64Array::from(vec![1e15, 0.0001, 99.99, 0.000_01])), ["1000000000000000", "0.0001", "99.99"]),
    ];
    for (array, fees) in arrays {
        let kind = array.data_type().clone();
        let workspace = Workspace::new();
        workspace.write("export.parquet", with_column(&rows, "fee", array));
        let published = workspace.publish(&["export.parquet"]);
        assert_eq!(published.column("upcoming_renewals", "fee"), fees, "{kind}");
        let rejects = published.rows("rejects");
        assert_eq!((rejects.len(), rejects[0]["line"].as_str(), rejects[0]["code"].as_str()), (1, "4", "bad_decimal"));
    }
}

#[test]
fn a_timestamp_that_is_not_at_midnight_is_a_bad_date() {
    let rows = vec![cells(&[]), cells(&[("partner_id", "8")])];
    let midnight = days(&rows, "purchase_date").next().flatten().expect("a day") * 86_400_000;
    let workspace = Workspace::new();
    let array = TimestampMillisecondArray::from(vec![midnight, midnight + 1]);
    workspace.write("export.parquet", with_column(&rows, "purchase_date", Arc::new(array)));
    let published = workspace.publish(&["export.parquet"]);
    assert_eq!(published.column("upcoming_renewals", "partner_id"), ["7"]);
    let row = &published.rows("rejects")[0];
    assert_eq!((row["code"].as_str(), row["column"].as_str()), ("bad_date", "purchase_date"));
}

/// The first day that a column of days can hold is none of an export, and not an empty cell either.
#[test]
fn the_farthest_days_are_bad_dates() {
    let rows: Vec<Cells> = (0..4).map(|number| cells(&[("partner_id", &number.to_string())])).collect();
    let days = [Some(i32::MIN), Some(i32::MAX), None, Some(i32::MIN + 1)];
    let moments = days.map(|day| day.map(|day| i64::from(day) * 86_400_000));
    let arrays: [ArrayRef; 2] =
        [Arc::new(Date32Array::from(days.to_vec())), Arc::new(TimestampMillisecondArray::from(moments.to_vec()))];
    for column in ["renewal_start_date", "last_renewal_date"] {
        for array in &arrays {
            let kind = array.data_type();
            let workspace = Workspace::new();
            workspace.write("export.parquet", with_column(&rows, column, array.clone()));
            let published = workspace.publish(&["--raw-text", "export.parquet"]);
            assert_eq!(published.column("upcoming_renewals", "partner_id"), ["2"], "{column} as {kind}");
            let rejects = published.rows("rejects").into_iter();
            let rejects: Vec<String> =
                rejects.map(|row| format!("{} {} {}", row["line"], row["code"], row["value"])).collect();
            let expected = ["1 bad_date -2147483648", "2 bad_date 2147483647", "4 bad_date -2147483647"]
                .map(|reject| reject.replacen("date ", "date day ", 1) + " from 1970-01-01");
            assert_eq!(rejects, expected, "{column} as {kind}");
        }
    }
}

#[test]
fn another_type_in_a_known_column_makes_the_file_unusable() {
    let rows = rows();
    let booleans: ArrayRef = Arc::new(rows.iter().map(|_| Some(true)).collect::<BooleanArray>());
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0; rows.len()]));
    let integers: ArrayRef = Arc::new(Int32Array::from(vec![1; rows.len()]));
    for (column, array) in [
        ("partner_id", &floats),
        ("partner_name", &integers),
        ("country", &booleans),
        ("offer_type", &integers),
        ("level", &booleans),
        ("purchase_date", &integers),
        ("renewal_start_date", &floats),
        ("requirements_met", &integers),
        ("portal", &booleans),
        ("fee", &booleans),
        ("currency", &integers),
    ] {
        let workspace = Workspace::new();
        workspace.write("export.parquet", with_column(&rows, column, array.clone()));
        let outcome = workspace.run(&run_arguments("reports", &["export.parquet"]));
        let _ = outcome.expect_error(65, &format!("error: export.parquet: the column `{column}` has the type "));
        assert_eq!(workspace.names(), ["export.parquet"]);
    }
}
