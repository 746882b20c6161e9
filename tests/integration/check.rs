//! `renewals check`: every planted fault is found, and the same however the inputs are split and read.

use crate::export::{COLUMNS, Cells, cells, delimited, parquet};
use crate::harness::{Outcome, Workspace};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const AS_OF: [&str; 2] = ["--as-of", "2020-06-05"];

fn check(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    workspace.run(&[&["check"], arguments].concat())
}

fn object(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"))
}

/// A row in which nothing is wrong or suspicious.
fn fine(number: usize) -> Cells {
    fine_but(number, &[])
}

fn fine_but(number: usize, changes: &[(&str, &str)]) -> Cells {
    let id = format!("{}", 1_000_000 + number);
    let own = [
        ("partner_id", &*id),
        ("partner_name", "Wobblecrate Ltd"),
        ("country", "DE"),
        ("offer_type", "competency"),
        ("offer_name", "Security"),
        ("level", "gold"),
        ("purchase_date", "2018-03-01"),
        ("renewal_start_date", "2020-03-01"),
        ("requirements_met", "true"),
        ("portal", "partner_center"),
        ("fee", "1670.00"),
        ("currency", "EUR"),
    ];
    cells(&[&own[..], changes].concat())
}

/// A fault or suspicion, the column that it is on (empty for the record), and what is to be changed for it.
type Planted = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// What is wrong with one cell or with the dates.
const FAULTS: [Planted; 19] = [
    ("missing_value", "partner_id", &[("partner_id", "")]),
    ("missing_value", "offer_type", &[("offer_type", "")]),
    ("missing_value", "purchase_date", &[("purchase_date", "")]),
    ("bad_enum", "offer_type", &[("offer_type", "action pack")]),
    ("bad_enum", "level", &[("level", "platinum")]),
    ("bad_enum", "portal", &[("portal", "partner center")]),
    ("bad_date", "purchase_date", &[("purchase_date", "2019-02-29")]),
    ("bad_date", "renewal_start_date", &[("renewal_start_date", "01.03.2020")]),
    ("bad_date", "last_renewal_date", &[("last_renewal_date", "9999-12-31")]),
    ("bad_bool", "requirements_met", &[("requirements_met", "yes")]),
    ("bad_decimal", "fee", &[("fee", "1,670.00")]),
    ("bad_decimal", "fee", &[("fee", "1.67000")]),
    ("bad_currency", "currency", &[("currency", "")]),
    ("bad_currency", "currency", &[("currency", "eur")]),
    ("purchase_after_anniversary", "renewal_start_date", &[("renewal_start_date", "2018-03-01")]),
    ("payment_before_purchase", "last_renewal_date", &[("last_renewal_date", "2018-02-28")]),
    ("payment_after_as_of", "last_renewal_date", &[("last_renewal_date", "2020-06-06")]),
    (
        "payment_outside_window",
        "last_renewal_date",
        &[("renewal_start_date", "2019-03-01"), ("last_renewal_date", "2019-06-01")],
    ),
    ("payment_outside_window", "last_renewal_date", &[("renewal_start_date", ""), ("last_renewal_date", "2019-06-01")]),
];

/// What is valid, but looks wrong.
const SUSPICIOUS: [Planted; 24] = [
    ("partner_id_not_digits", "", &[("partner_id", "47a")]),
    ("outer_spaces", "", &[("partner_name", "Wobblecrate ")]),
    ("outer_spaces", "", &[("offer_name", " Security")]),
    ("outer_spaces", "", &[("partner_name", "Wobblecrate\u{a0}")]),
    ("placeholder_text", "", &[("partner_name", "NULL")]),
    ("placeholder_text", "", &[("offer_name", "#N/A")]),
    ("control_characters", "", &[("partner_name", "two\nlines")]),
    ("wrong_encoding", "", &[("partner_name", "GrÃ¼n GmbH")]),
    ("wrong_encoding", "", &[("partner_name", "Gr\u{fffd}n GmbH")]),
    ("country_not_two_letters", "", &[("country", "Germany")]),
    ("competency_without_name", "", &[("offer_name", "")]),
    ("competency_without_level", "", &[("level", "")]),
    ("level_without_competency", "", &[("offer_type", "action_pack")]),
    ("placeholder_date", "", &[("purchase_date", "1970-01-01")]),
    ("placeholder_date", "", &[("purchase_date", "1900-01-01")]),
    ("purchase_in_future", "", &[("purchase_date", "2020-06-06"), ("renewal_start_date", "2021-06-06")]),
    ("anniversary_far_ahead", "", &[("renewal_start_date", "2029-03-01")]),
    ("anniversary_long_past", "", &[("purchase_date", "2001-03-01"), ("renewal_start_date", "2009-03-01")]),
    ("fee_missing", "", &[("fee", ""), ("currency", "")]),
    ("fee_zero", "", &[("fee", "0.00")]),
    ("currency_without_fee", "", &[("fee", "")]),
    ("unknown_currency", "", &[("currency", "EUO")]),
    ("fee_far_above_median", "", &[("fee", "167000.00")]),
    ("fee_far_below_median", "", &[("fee", "16.70")]),
];

/// The export with a fault on every other line, and what is to be found: kind, column and line.
fn planted() -> (Vec<Cells>, BTreeSet<(String, String, u64)>) {
    let mut rows = vec![fine(0)];
    let mut expected = BTreeSet::new();
    for (kind, column, changes) in FAULTS.iter().chain(&SUSPICIOUS) {
        rows.push(fine_but(rows.len(), changes));
        expected.insert(((*kind).to_owned(), (*column).to_owned(), rows.len() as u64 + 1));
        rows.push(fine(rows.len()));
    }
    (rows, expected)
}

fn found(object: &Value) -> BTreeSet<(String, String, u64)> {
    let mut found = BTreeSet::new();
    for (list, name) in [("faults", "code"), ("suspicions", "suspicion")] {
        for entry in object[list].as_array().expect("a list") {
            let examples = entry["examples"].as_array().expect("examples");
            assert_eq!(entry["rows"], examples.len(), "every row is an example: {entry}");
            for example in examples {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                found.insert((text(&entry[name]), text(&entry["column"]), example["line"].as_u64().expect("a line")));
            }
        }
    }
    found
}

#[test]
fn every_planted_fault_is_found_in_its_line_and_nothing_else() {
    let workspace = Workspace::new();
    let (rows, mut expected) = planted();
    let mut csv = delimited(&rows, b',');
    let first = csv.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    // Lines after the one with a line break in it are one further down.
    let breaks = rows.iter().position(|row| row.iter().any(|cell| cell.contains('\n'))).expect("it is planted") as u64;
    expected = expected.into_iter().map(|(kind, column, at)| (kind, column, at + u64::from(at > breaks + 2))).collect();
    let broken = [
        ("bad_quote", &b"1,\"x\"y,,competency,Security,gold,2018-03-01,,,,,,"[..]),
        ("bad_utf8", b"1,\xff,,competency,Security,gold,2018-03-01,,,,,,"),
        ("too_few_fields", b"1,x,,competency"),
        ("too_many_fields", b"1,x,,competency,Security,gold,2018-03-01,,,,,,,more"),
        ("record_too_long", &[b'x'; 3_000]),
        ("unclosed_quote", b"1,\"x,,competency"),
    ];
    for (line, (kind, record)) in (first..).zip(broken) {
        csv.extend_from_slice(record);
        csv.push(b'\n');
        expected.insert((kind.to_owned(), String::new(), line));
    }
    assert!(expected.len() >= 40, "{} kinds", expected.len());
    workspace.write("export.csv", &csv);
    let arguments = ["--json", "--examples", "50", "--max-record-bytes", "2000", "export.csv"];
    let outcome = check(&workspace, &[&AS_OF[..], &arguments].concat());
    let outcome = outcome.expect_error(65, "25 of 93 rows would be rejected, more than --max-rejects allows (0 rows)");
    let report = object(&outcome);
    assert_eq!(found(&report), expected, "{outcome}");
    assert_eq!(report["duplicates"]["rows"], 0);
    // A run rejects the same rows.
    let published = workspace.publish(&["--max-record-bytes", "2000", "export.csv"]);
    assert_eq!(published.summary()["rejected_by_code"], report["rejected_by_code"]);
    let text = check(&workspace, &["--max-record-bytes", "2000", "export.csv"]).expect(65).stdout;
    for (kind, ..) in &expected {
        let is_there = text.contains(&format!("  {kind}"));
        let depends_on_the_day =
            ["payment_after_as_of", "purchase_in_future", "anniversary_far_ahead", "anniversary_long_past"];
        assert_eq!(is_there, !depends_on_the_day.contains(&kind.as_str()), "{kind}\n{text}");
    }
    assert!(text.contains("Without --as-of, these are not checked: payment_after_as_of, purchase_in_future"), "{text}");
}

#[test]
fn what_is_found_does_not_depend_on_threads_format_or_split() {
    let workspace = Workspace::new();
    let (mut rows, _) = planted();
    for number in 0..2_000 {
        rows.push(fine_but(number % 1_500, &[("partner_name", &format!("Partner {}", number % 700))]));
    }
    workspace.write("export.csv", delimited(&rows, b','));
    workspace.write("export.parquet", parquet(&rows));
    workspace.write("halves/a.csv", delimited(&rows[..777], b'\t'));
    workspace.write("halves/b.parquet", parquet(&rows[777..]));
    let report = |threads: &str, input: &str| {
        let arguments = ["--json", "--examples", "10000", "--max-rejects", "100%", "--threads", threads, input];
        let mut report = object(&check(&workspace, &[&AS_OF[..], &arguments].concat()).expect(0));
        let of_place = |value: &mut Value| {
            for member in ["file", "line", "byte_offset"] {
                value[member] = Value::Null;
            }
        };
        for list in ["faults", "suspicions"] {
            for entry in report[list].as_array_mut().expect("a list") {
                entry["examples"].as_array_mut().expect("examples").iter_mut().for_each(of_place);
            }
        }
        for column in report["columns"].as_array_mut().expect("columns") {
            for end in ["lowest", "highest"] {
                if !column[end].is_null() {
                    of_place(&mut column[end]);
                }
            }
        }
        for group in report["duplicates"]["groups"].as_array_mut().expect("groups") {
            group["places"].as_array_mut().expect("places").iter_mut().for_each(of_place);
        }
        report["inputs"] = Value::Null;
        report
    };
    let expected = report("1", "export.csv");
    assert!(expected["duplicates"]["rows"].as_u64() > Some(400), "{}", expected["duplicates"]["rows"]);
    for (threads, input) in [("3", "export.csv"), ("2", "export.parquet"), ("3", "halves")] {
        assert_eq!(report(threads, input), expected, "{threads} {input}");
    }
}

#[test]
fn duplicates_are_listed_with_their_lines() {
    let workspace = Workspace::new();
    let rows = [
        fine(1),
        fine(2),
        fine_but(1, &[("offer_name", "SECURITY"), ("fee", "5")]),
        fine_but(1, &[("level", "silver")]),
        fine_but(1, &[("offer_type", "")]),
        fine(1),
    ];
    workspace.write("a.csv", delimited(&rows, b','));
    workspace.write("b.csv", delimited(&[fine(2), fine(3)], b';'));
    let inputs = ["--max-rejects", "1", "a.csv", "b.csv"];
    let text = check(&workspace, &inputs).expect(0).stdout;
    for expected in [
        "8 rows in 2 files: 1 rejected, 3 duplicates, ",
        "2 offers are there more than once, in 3 rows after the first",
        "1000001, competency, Security, gold: 3 rows\n    a.csv, line 2\n    a.csv, line 4\n    a.csv, line 7\n",
        "1000002, competency, Security, gold: 2 rows\n    a.csv, line 3\n    b.csv, line 2\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let report = object(&check(&workspace, &[&["--json"], &inputs[..]].concat()).expect(0));
    assert_eq!(report["duplicates"]["groups"][0]["offer_name"], "Security");
    assert_eq!(
        report["duplicates"]["groups"][1]["places"],
        json!([{ "file": "a.csv", "line": 3 }, { "file": "b.csv", "line": 2 }])
    );
    let rejecting = [&["--on-duplicate", "reject"], &inputs[..]].concat();
    let _ = check(&workspace, &rejecting).expect_error(65, "4 of 8 rows would be rejected, more than --max-rejects");
    let failing = [&["--on-duplicate", "fail"], &inputs[..]].concat();
    let _ = check(&workspace, &failing).expect_error(65, "3 rows have the offer of an earlier row");
    // What can be read only once is checked too; its duplicates have lines and no names.
    let piped = workspace.run_piped(&["check", "--max-rejects", "1", "-"], &delimited(&rows, b',')).expect(0).stdout;
    assert!(piped.contains("  3 rows\n    -, line 2\n"), "{piped}");
}

#[test]
fn wrong_command_lines_and_inputs_end_as_in_a_run() {
    let workspace = Workspace::new();
    workspace.write("fine.csv", delimited(&[fine(1)], b','));
    workspace.write("other.csv", "a,b\n1,2\n");
    let escape = fine_but(1, &[("partner_name", "\u{1b}[2J\u{202e}"), ("country", "\u{1b}]0;x\u{7}")]);
    workspace.write("escape.csv", delimited(&[escape, fine_but(2, &[("fee", "\u{1b}[1m")])], b','));
    let fine = check(&workspace, &["fine.csv"]).expect(0);
    assert!(fine.stdout.contains("No row is rejected") && fine.stdout.contains("No offer is there twice"), "{fine}");
    for (arguments, code, part) in [
        (&["none.csv"][..], 66, "none.csv: cannot be opened"),
        (&["other.csv"], 65, "the needed column `partner_id` is missing"),
        (&["--policy", "none", "fine.csv"], 78, "neither the id of a shipped policy"),
        (&["--as-of", "2020-02-30", "fine.csv"], 64, "invalid value '2020-02-30'"),
        (&["--fee-factor", "1", "fine.csv"], 64, "invalid value '1'"),
        (&["fine.csv", "fine.csv"], 64, "is the same file"),
        (&[], 64, "required arguments were not provided"),
    ] {
        let outcome = check(&workspace, arguments).expect_error(code, part);
        assert_eq!(outcome.stdout, "", "{outcome}");
    }
    let text = check(&workspace, &["escape.csv"]).expect(65).stdout;
    assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
    assert!(!text.contains('\u{202e}') && text.contains("\\u{1b}"), "{text}");
    assert_eq!(
        COLUMNS.len(),
        object(&check(&workspace, &["--json", "fine.csv"]).expect(0))["columns"].as_array().map_or(0, Vec::len)
    );
}
