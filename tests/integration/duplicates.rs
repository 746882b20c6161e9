//! Offers that are in an export more than once, and what a run does about them.

use crate::export::{COLUMNS, Cells, cells, delimited, parquet, read};
use crate::harness::{Workspace, run_arguments};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// Rows whose offers repeat in every way: by case, out of sight of each other, next to rows that are no offer at all.
fn rows() -> Vec<Cells> {
    let names = ["Security", "SECURITY", "security ", "Data, \"quoted\"", "line\nbreak", "Ä", "ä", ""];
    let mut number: u64 = 42;
    let mut draw = |below: u64| {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (number >> 33) % below
    };
    let row = |_| {
        let id = ["7", "07", "70", "x", "X"][draw(5) as usize];
        let offer_type = ["competency", "Competency", "action_pack", "membership", "no such type"][draw(5) as usize];
        let level = ["", "gold", "GOLD", "silver"][draw(4) as usize];
        let paid = if draw(5) == 0 { "2018-01-01" } else { "" };
        cells(&[
            ("partner_id", id),
            ("offer_type", offer_type),
            ("offer_name", names[draw(8) as usize]),
            ("level", level),
            ("last_renewal_date", paid),
            ("partner_name", ["a", "b"][draw(2) as usize]),
        ])
    };
    (0..900).map(row).collect()
}

fn column(name: &str) -> usize {
    COLUMNS.iter().position(|known| *known == name).expect("a column")
}

/// Which rows are fine, and which of these have the offer of an earlier one.
fn reference(rows: &[Cells]) -> Vec<Option<bool>> {
    let mut seen = HashSet::new();
    let judge = |row: &Cells| {
        let text = |name: &str| row[column(name)].to_ascii_lowercase();
        let is_fine = text("offer_type") != "no such type"
            && (text("offer_type") == "membership" || text("last_renewal_date").is_empty());
        let key = (row[column("partner_id")].clone(), text("offer_type"), text("offer_name"), text("level"));
        is_fine.then(|| !seen.insert(key))
    };
    rows.iter().map(judge).collect()
}

#[test]
fn duplicates_are_those_of_a_slow_reference_however_the_run_is_split() {
    let rows = rows();
    let judged = reference(&rows);
    let expected = judged.iter().filter(|row| **row == Some(true)).count() as u64;
    assert!(expected > 300 && judged.contains(&None) && judged.contains(&Some(false)), "{expected}");
    let workspace = Workspace::new();
    let csv = delimited(&rows, b',');
    assert_eq!(read(&csv), rows);
    workspace.write("export.csv", &csv);
    workspace.write("export.parquet", parquet(&rows));
    workspace.write("halves/a.csv", delimited(&rows[..433], b';'));
    workspace.write("halves/b.parquet", parquet(&rows[433..]));
    let mut kept: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for input in ["export.csv", "export.parquet", "halves"] {
        for (threads, batch_bytes) in [("1", "524288"), ("3", "1024"), ("2", "8192")] {
            let options = ["--threads", threads, "--batch-bytes", batch_bytes, "--horizon", "400000", input];
            let counted = workspace.publish(&options);
            assert_eq!(counted.summary()["duplicates"], json!({ "on_duplicate": "report", "rows": expected }));
            assert!(counted.outcome.stderr.contains(&format!("duplicates: {expected} rows have")));
            let rejected = workspace.publish(&[&["--on-duplicate", "reject"][..], &options].concat());
            let summary = rejected.summary();
            assert_eq!(summary["rejected_by_code"]["duplicate_offer"], expected, "{input} {threads} {batch_bytes}");
            assert_eq!(summary["duplicates"], json!({ "on_duplicate": "reject", "rows": expected }));
            let evaluated = judged.iter().filter(|row| **row == Some(false)).count() as u64;
            assert_eq!(summary["rows"]["evaluated"], evaluated);
            let mut files = rejected.files();
            files.retain(|name, _| name.ends_with(".csv") && name != "rejects.csv");
            assert_eq!(
                kept.entry("files".to_owned()).or_insert_with(|| format!("{files:?}").into_bytes()),
                &format!("{files:?}").into_bytes()
            );
        }
    }
    // The first of each offer stays, and the rejects name the lines of the others.
    let rejected = workspace.publish(&["--on-duplicate", "reject", "export.parquet"]);
    let lines: Vec<u64> = rejected
        .rows("rejects")
        .iter()
        .filter(|row| row["code"] == "duplicate_offer")
        .map(|row| {
            assert_eq!((row["column"].as_str(), row["message"].contains("earlier row")), ("partner_id", true));
            row["line"].parse().expect("a row")
        })
        .collect();
    let expected: Vec<u64> = (1..).zip(&judged).filter(|(_, row)| **row == Some(true)).map(|(line, _)| line).collect();
    assert_eq!(lines, expected);
}

#[test]
fn what_is_done_about_duplicates() {
    let workspace = Workspace::new();
    let twice = delimited(
        &[
            cells(&[]),
            cells(&[("partner_id", "8")]),
            cells(&[("partner_name", "other"), ("fee", "1"), ("currency", "EUR")]),
        ],
        b',',
    );
    workspace.write("twice.csv", &twice);
    workspace.write("once.csv", delimited(&[cells(&[])], b','));
    let run = |arguments: &[&str]| workspace.run(&run_arguments("reports", arguments));
    let failed = run(&["--on-duplicate", "fail", "--json", "twice.csv"]);
    let failed = failed.expect_error(65, "1 of 3 rows have the offer of an earlier row; nothing is published");
    assert!(failed.stderr.contains("renewals check"), "{failed}");
    let object: Value = serde_json::from_str(&failed.stdout).expect("JSON");
    assert_eq!((&object["outcome"], &object["duplicates"]["rows"]), (&json!("failed"), &json!(1)));
    assert_eq!(workspace.names(), ["once.csv", "twice.csv"]);
    let _ = run(&["--on-duplicate", "fail", "once.csv"]).expect(0);
    let ignored = run(&["--on-duplicate", "ignore", "--json", "twice.csv"]).expect(0);
    assert!(!ignored.stderr.contains("duplicates"), "{ignored}");
    let object: Value = serde_json::from_str(&ignored.stdout).expect("JSON");
    assert_eq!(object["duplicates"], json!({ "on_duplicate": "ignore", "rows": null }));
    let reported = run(&["-q", "twice.csv"]).expect(0);
    assert!(reported.stderr.starts_with("warning: duplicates: 1 row has the partner"), "{reported}");
    // Another way to treat duplicates is another run, and the same way is the same run.
    let rejected = run(&["--on-duplicate", "reject", "twice.csv"]).expect(0);
    assert!(rejected.stderr.contains("1 rejected"), "{rejected}");
    let again = run(&["--on-duplicate", "reject", "twice.csv"]).expect(0);
    assert!(again.stderr.contains("nothing to do"), "{again}");
    let limited = run(&["--on-duplicate", "reject", "--no-skip", "--max-rejects", "0", "twice.csv"]);
    let _ = limited.expect_error(65, "1 of 3 rows were rejected");
    let piped = run_arguments("reports", &["--on-duplicate", "reject", "-"]);
    let _ = workspace.run_piped(&piped, &twice).expect_error(64, "reads every input twice, but -");
    let _ = run(&["--on-duplicate", "drop", "twice.csv"]).expect_error(64, "invalid value 'drop'");
}
