//! `run --decisions`: every evaluated offer with all its fields, and the same of it as in every other report.

use crate::export::read;
use crate::formats::{batches, parquet_rows, ten_thousandths};
use crate::harness::{AS_OF, Published, Row, Workspace};
use std::collections::BTreeMap;
use std::fs;

/// The columns and their types.
const COLUMNS: [(&str, &str); 24] = [
    ("partner_id", "Utf8"),
    ("partner_name", "Utf8"),
    ("country", "Utf8"),
    ("offer_type", "Utf8"),
    ("offer_name", "Utf8"),
    ("level", "Utf8"),
    ("purchase_date", "Date32"),
    ("renewal_start_date", "Date32"),
    ("last_renewal_date", "Date32"),
    ("requirements_met", "Utf8"),
    ("portal", "Utf8"),
    ("fee", "Decimal128(22, 4)"),
    ("currency", "Utf8"),
    ("stage", "Utf8"),
    ("anniversary_date", "Date32"),
    ("anniversary_rule", "Utf8"),
    ("window_opens", "Date32"),
    ("window_closes", "Date32"),
    ("first_reminder", "Date32"),
    ("second_reminder", "Date32"),
    ("requirements", "Utf8"),
    ("blockers", "Utf8"),
    ("next_anniversary", "Date32"),
    ("reactivate_by", "Date32"),
];

fn decisions(published: &Published) -> Vec<Row> {
    parquet_rows(&published.directory.join("decisions.parquet"))
}

fn generated() -> Workspace {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "3000", "--seed", "4", "--dirty", "0.02", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    workspace
}

#[test]
fn the_table_has_its_columns_in_their_types_without_rows_too() {
    let workspace = generated();
    workspace.write("none.csv", "partner_id,offer_type,purchase_date\n");
    for input in ["export.csv", "none.csv"] {
        let published = workspace.publish(&["--decisions", input]);
        let (schema, _) = batches(&published.directory.join("decisions.parquet"));
        let found: Vec<(String, String)> =
            schema.fields().iter().map(|field| (field.name().clone(), field.data_type().to_string())).collect();
        assert_eq!(found, COLUMNS.map(|(name, kind)| (name.to_owned(), kind.to_owned())), "{input}");
    }
}

#[test]
fn every_evaluated_offer_has_a_row_in_the_order_of_the_input() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "3000", "--seed", "4", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    let published = workspace.publish(&["--decisions", "export.csv"]);
    let input = read(&fs::read(workspace.path("export.csv")).expect("generated"));
    let found = decisions(&published);
    assert_eq!(found.len(), input.len());
    for (number, (found, cells)) in found.iter().zip(&input).enumerate() {
        let found: Vec<&str> = COLUMNS[..13].iter().map(|(name, _)| found[*name].as_str()).collect();
        let mut expected = cells.clone();
        expected[11] = ten_thousandths(&cells[11]);
        if cells[10].is_empty() {
            expected[10] = "partner_center".to_owned();
        }
        assert_eq!(found, expected, "row {number}");
    }
    let entry = published.manifest()["files"].as_array().expect("files").iter().find_map(|file| {
        (file["name"] == "decisions.parquet").then(|| (file["rows"].as_u64(), file["bytes"].as_u64()))
    });
    let bytes = fs::metadata(published.directory.join("decisions.parquet")).expect("published").len();
    assert_eq!(entry, Some((Some(3000), Some(bytes))));
    let _ = workspace.run(&["verify", "reports"]).expect(0);
}

/// The rows of a report, counted, as far as the decision table says the same of them.
fn common(rows: &[Row], names: &[(&str, &str)]) -> BTreeMap<Vec<String>, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let cells = names.iter().map(|(name, _)| match *name {
            "fee" if row[*name].contains('.') || !row.contains_key("anniversary_rule") => ten_thousandths(&row[*name]),
            name => row[name].clone(),
        });
        *counts.entry(cells.collect()).or_default() += 1;
    }
    counts
}

#[test]
fn the_table_says_what_the_reports_say() {
    let workspace = generated();
    let published = workspace.publish(&["--decisions", "--raw-text", "--horizon", "400000", "export.csv"]);
    let table = decisions(&published);
    let evaluated = published.summary()["rows"]["evaluated"].as_u64().expect("a count");
    assert_eq!(table.len() as u64, evaluated);
    let (due, missed, out_of) = (
        &["current", "reminded", "open", "final_notice"][..],
        &["reactivatable", "lapsed"][..],
        &["reactivatable"][..],
    );
    // Column of the report, column of the table.
    let same = |name| (name, name);
    let offer = ["partner_id", "partner_name", "country", "offer_type", "offer_name", "level", "anniversary_date"];
    let offer = [&offer[..], &["blockers", "fee", "currency"]].concat();
    for (report, stages, types, more) in [
        (
            "upcoming_renewals",
            due,
            &["action_pack", "competency"][..],
            &[
                same("window_opens"),
                same("window_closes"),
                same("stage"),
                same("first_reminder"),
                same("second_reminder"),
                same("requirements"),
                same("next_anniversary"),
            ][..],
        ),
        (
            "lapsed_competencies",
            missed,
            &["competency"],
            &[("window_closed", "window_closes"), same("stage"), same("requirements")],
        ),
        ("lapsed_action_packs", missed, &["action_pack"], &[("window_closed", "window_closes")]),
        (
            "reactivation_candidates",
            out_of,
            &["competency"],
            &[same("reactivate_by"), ("new_anniversary", "next_anniversary")],
        ),
    ] {
        let columns: Vec<(&str, &str)> = offer.iter().map(|name| same(*name)).chain(more.iter().copied()).collect();
        let swapped: Vec<(&str, &str)> = columns.iter().map(|(of_report, of_table)| (*of_table, *of_report)).collect();
        let rows: Vec<Row> = table
            .iter()
            .filter(|row| stages.contains(&row["stage"].as_str()) && types.contains(&row["offer_type"].as_str()))
            .cloned()
            .collect();
        assert!(!rows.is_empty(), "{report} has rows to compare");
        assert_eq!(common(&published.rows(report), &columns), common(&rows, &swapped), "{report}");
    }
    for row in table.iter().filter(|row| row["stage"] == "not_renewable") {
        for (name, _) in &COLUMNS[14..] {
            let expected = if *name == "requirements" { "not_applicable" } else { "" };
            assert_eq!(row[*name], expected, "{name}");
        }
    }
}

#[test]
fn the_rule_that_set_the_anniversary_is_named() {
    let workspace = Workspace::new();
    workspace.write(
        "export.csv",
        "partner_id,offer_type,purchase_date,renewal_start_date,last_renewal_date\n\
         1,membership,2019-06-01,,\n\
         2,competency,2019-06-01,,\n\
         3,competency,2019-06-01,2020-05-31,\n\
         4,action_pack,2018-03-01,2020-03-01,2020-03-02\n\
         5,competency,2018-01-01,2020-01-01,2020-01-31\n\
         6,competency,2018-02-10,2020-02-10,2020-06-01\n",
    );
    let published = workspace.publish(&["--decisions", "export.csv"]);
    let found: Vec<(String, String)> = decisions(&published)
        .into_iter()
        .map(|row| (row["anniversary_rule"].clone(), row["anniversary_date"].clone()))
        .collect();
    let expected = [
        ("", ""),
        ("R2", "2020-06-01"),
        ("export", "2020-05-31"),
        ("R6", "2021-03-01"),
        ("R7", "2021-01-01"),
        ("R8", "2021-02-09"),
    ];
    assert_eq!(found, expected.map(|(rule, date)| (rule.to_owned(), date.to_owned())));
}

#[test]
fn a_run_with_the_table_is_another_run() {
    let workspace = generated();
    let without = workspace.publish(&["export.csv"]);
    let run = |arguments: &[&str]| {
        let all = [&["run", "--as-of", AS_OF, "--out", "reports", "export.csv"], arguments].concat();
        workspace.run(&all).expect(0).stderr
    };
    assert!(run(&[]).contains("nothing to do: "));
    assert!(!run(&["--decisions"]).contains("nothing to do: "));
    assert!(run(&["--decisions"]).contains("nothing to do: "));
    let with = Published { directory: workspace.path("reports"), outcome: without.outcome };
    assert_eq!(with.files().len(), 16);
    assert!(run(&[]).contains("reports: "), "the table is gone again");
    assert!(!workspace.path("reports/decisions.parquet").exists());
}
