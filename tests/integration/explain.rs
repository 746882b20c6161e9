//! `renewals explain`: what it says agrees with what a run publishes, and can be read on any terminal.

use crate::export::{cells, delimited, parquet};
use crate::harness::{Outcome, Workspace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn explain(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    workspace.run(&[&["explain", "--as-of", "2020-06-05"], arguments].concat())
}

fn json(outcome: &Outcome) -> Value {
    assert_eq!(outcome.stdout.lines().count(), 1, "one line\n{outcome}");
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome}"))
}

#[track_caller]
fn assert_golden(name: &str, found: &str) {
    crate::harness::assert_golden(&format!("explain/{name}"), found);
}

const REACTIVATABLE: [&str; 12] = [
    "--offer-type",
    "competency",
    "--purchased",
    "2019-02-10",
    "--portal",
    "pmc",
    "--fee",
    "1670.00",
    "--currency",
    "EUR",
    "--level",
    "gold",
];

#[test]
fn facts_are_drawn_as_a_timeline() {
    let workspace = Workspace::new();
    let reactivatable = explain(&workspace, &REACTIVATABLE).expect(0);
    assert_eq!(reactivatable.stderr, "");
    assert_golden("reactivatable.txt", &reactivatable.stdout);
    let old =
        ["--offer-type", "competency", "--offer", "Security", "--purchased", "2009-01-04", "--paid", "2020-06-01"];
    assert_golden("decades-old.txt", &explain(&workspace, &old).expect(0).stdout);
    let between = ["--offer-type", "action_pack", "--purchased", "2018-09-01", "--paid", "2019-12-24"];
    assert_golden("payment-outside-window.txt", &explain(&workspace, &between).expect(0).stdout);
    let plain = ["--offer-type", "membership", "--purchased", "2019-01-01"];
    assert_golden("membership.txt", &explain(&workspace, &plain).expect(0).stdout);
}

#[test]
fn a_partner_with_many_rows_has_a_summary_first() {
    let workspace = Workspace::new();
    let security = [("offer_type", "competency"), ("offer_name", "Security"), ("level", "gold")];
    let rows = [
        cells(&[("partner_id", "007"), ("partner_name", "Wobblecrate Ltd"), ("purchase_date", "2019-06-20")]),
        cells(&[("partner_id", "7")]),
        cells(&[&security[..], &[("partner_id", "007"), ("purchase_date", "2019-02-10")]].concat()),
        cells(&[("partner_id", "007"), ("fee", "1,5")]),
        cells(&[&security[..], &[("partner_id", "007"), ("offer_name", "SECURITY")]].concat()),
    ];
    let mut csv = delimited(&rows, b',');
    csv.extend_from_slice(b"007,too few\n0070,too few\n");
    workspace.write("export.csv", &csv);
    workspace.write("export.parquet", parquet(&rows));
    let outcome = explain(&workspace, &["--partner-id", "007", "export.csv"]).expect(0);
    assert_golden("many-rows.txt", &outcome.stdout);
    let limited = explain(&workspace, &["--partner-id", "007", "--limit", "1", "export.csv"]).expect(0);
    assert!(limited.stdout.contains("4 more are not explained"), "{limited}");
    let offer = explain(&workspace, &["--partner-id", "007", "--offer", "security", "--json", "export.csv"]).expect(0);
    assert_eq!(json(&offer)["rows"].as_array().map(Vec::len), Some(3), "the broken record too\n{offer}");
    // In Parquet the same, by rows; the two records that are no rows are not there.
    let of = |file: &str| json(&explain(&workspace, &["--partner-id", "007", "--json", file]).expect(0));
    let (csv, parquet) = (of("export.csv"), of("export.parquet"));
    let rows = |value: &Value| {
        let mut rows = value["rows"].as_array().expect("rows").clone();
        rows.retain(|row| row["state"] != "unreadable");
        for row in &mut rows {
            for member in ["file", "line", "byte_offset", "duplicate_of"] {
                row[member] = Value::Null;
            }
        }
        rows
    };
    assert_eq!(rows(&csv), rows(&parquet));
    assert_eq!((&parquet["rows"][1]["line"], &csv["rows"][1]["line"]), (&3.into(), &4.into()));
    assert_eq!(csv["rows"][3]["duplicate_of"]["line"], 4);
}

#[test]
fn who_is_not_there_is_not_explained() {
    let workspace = Workspace::new();
    workspace.write("export.csv", delimited(&[cells(&[("partner_id", "007"), ("offer_name", "x\u{1b}[2J")])], b','));
    for (arguments, code, part, hint) in [
        (
            &["--partner-id", "7", "export.csv"][..],
            65,
            "no row of the partner `7` among the 1 row of 1 file",
            "did you mean `007`",
        ),
        (&["--partner-id", "8", "export.csv"], 65, "no row of the partner `8`", "leading zeros"),
        (&["--partner-id", "007", "--offer", "y", "export.csv"], 65, "no offer `y`", "x\\u{1b}[2J"),
        (&["--partner-id", "7", "none.csv"], 66, "none.csv: cannot be opened", "check the path"),
        (&["--offer-type", "pack", "--purchased", "2019-01-01"], 64, "--offer-type: must be membership", ""),
        (&["--offer-type", "competency", "--purchased", "2019-01-01", "--fee", "5"], 64, "--currency: must be", ""),
        (&["--offer-type", "competency", "--purchased", "2019-02-29"], 64, "invalid value '2019-02-29'", ""),
        (&["--offer-type", "competency"], 64, "required arguments were not provided", ""),
        (&["export.csv"], 64, "required arguments were not provided", ""),
        (&["--partner-id", "7"], 64, "required arguments were not provided", ""),
        (&["--partner-id", "7", "--paid", "2020-01-01", "export.csv"], 64, "required arguments were not", ""),
        (&["--partner-id", "7", "--policy", "2020-06-5", "export.csv"], 78, "neither the id", "did you mean"),
    ] {
        let outcome = explain(&workspace, arguments).expect_error(code, part);
        assert!(outcome.stderr.contains(hint), "{outcome}");
        assert_eq!(outcome.stdout, "", "{outcome}");
    }
    let outcome = explain(&workspace, &["--json", "--partner-id", "8", "export.csv"]).expect_error(65, "no row");
    assert_eq!(
        (json(&outcome)["rows"].clone(), json(&outcome)["rows_found"].clone()),
        (Value::Array(vec![]), 0.into())
    );
}

/// Names from an export can neither steer a terminal nor break the lines, and colour is only for terminals.
#[test]
fn an_export_cannot_steer_the_terminal() {
    let workspace = Workspace::new();
    let evil = "\u{1b}]0;owned\u{7}\u{202e}gnp\r\n\u{9b}31m";
    let rows = [
        cells(&[("partner_name", evil), ("offer_name", evil), ("country", evil)]),
        cells(&[("fee", evil)]),
        cells(&[("offer_name", &"長い名前".repeat(100)), ("currency", "EUR")]),
    ];
    workspace.write("export\u{1b}[1m.csv", delimited(&rows, b','));
    for width in ["1", "40", "60", "80", "200", "99999999999999999999"] {
        let mut command = workspace.command(&["explain", "--as-of", "2020-06-05", "--partner-id", "7"]);
        let output = command.arg("export\u{1b}[1m.csv").env("COLUMNS", width).output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
        assert!(!text.contains('\u{202e}') && text.contains("\\u{202e}gnp"), "{text}");
    }
}

/// Every row of an export is explained as the run decides it: by reports, dates, blockers and reject codes.
#[test]
fn explanations_agree_with_the_reports() {
    let workspace = Workspace::new();
    let generate = ["generate", "--quiet", "--rows", "5000", "--seed", "9", "--dirty", "0.1", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    let published = workspace.publish(&["export.csv"]);
    let mut expected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for report in ["upcoming_renewals", "lapsed_competencies", "lapsed_action_packs", "reactivation_candidates"] {
        for row in published.rows(report) {
            let facts = ["offer_type", "offer_name", "level", "anniversary_date", "blockers"].map(|name| &*row[name]);
            let said = format!("{report} {}", facts.join("|"));
            expected.entry(row["partner_id"].clone()).or_default().insert(said);
        }
    }
    let ids: Vec<&String> = expected.keys().collect();
    let mut told = 0;
    for id in ids.iter().step_by(ids.len() / 25) {
        let outcome = explain(&workspace, &["--json", "--partner-id", id, "export.csv"]).expect(0);
        let mut found = BTreeSet::new();
        for row in json(&outcome)["rows"].as_array().expect("rows") {
            told += 1;
            let term = &row["decision"]["term"];
            let blockers: Vec<&str> =
                row["decision"]["blockers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let facts = [&row["offer_type"], &row["offer_name"], &row["level"], &term["anniversary_date"]].map(text);
            for report in row["reports"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if ["fee_forecast", "reminders_due", "rejects"].contains(&report) {
                    continue;
                }
                found.insert(format!("{report} {}|{}", facts.join("|"), blockers.join(";")));
            }
        }
        assert_eq!(found, expected[*id], "{outcome}");
    }
    assert!(told > 40, "{told} rows are no sample");
    for reject in published.rows("rejects").iter().filter(|row| row["code"].starts_with("payment_")).take(6) {
        let line: u64 = reject["line"].parse().expect("a line");
        let text = fs::read(workspace.path("export.csv")).expect("read");
        let record = text.split(|byte| *byte == b'\n').nth(line as usize - 1).expect("a line");
        let id = String::from_utf8_lossy(record).split(',').next().expect("an id").trim_matches('"').to_owned();
        let outcome = explain(&workspace, &["--json", "--partner-id", &id, "export.csv"]).expect(0);
        let object = json(&outcome);
        let row = object["rows"].as_array().expect("rows").iter().find(|row| row["line"] == line).expect("the row");
        assert_eq!(
            (&row["reject"]["code"], &row["reject"]["value"]),
            (&reject["code"].clone().into(), &reject["value"].clone().into())
        );
        assert_eq!(row["byte_offset"].to_string(), reject["byte_offset"]);
    }
}

/// What a run refuses because day and month may be exchanged, nobody is told a decision of, whoever is asked for.
#[test]
fn days_that_can_be_read_two_ways_are_not_explained() {
    let workspace = Workspace::new();
    let header = "MPN ID,Offer type,Purchase date,Fee,Currency\n";
    workspace.write("export.csv", format!("{header}1,MAPS,2/1/2019,,\n2,MAPS,13/1/2019,,\n3,,14/1/2019,,\n"));
    // Rejected for something that a run finds first, such a day shows nothing; so it is here.
    workspace.write("fine.csv", format!("{header}1,MAPS,2/1/2019,,\n2,,13/1/2019,,\n3,MAPS,2/30/2019,,\n"));
    let profile = ["--profile", "membership-offers"];
    let explain =
        |partner: &str, file: &str| explain(&workspace, &[&["--partner-id", partner, file], &profile[..]].concat());
    let run =
        |file: &str| workspace.run(&[&["run", "--as-of", "2020-06-05", "--out", "x", file], &profile[..]].concat());
    let said = run("export.csv").expect_error(65, "export.csv:3: `13/1/2019` in the column `Purchase date`").stderr;
    for partner in ["1", "2", "3", "4"] {
        assert_eq!(explain(partner, "export.csv").expect(65).stderr, said, "{partner}");
    }
    let _ = run("fine.csv").expect(0);
    let _ = explain("1", "fine.csv").expect(0);
}

/// A reader of the JSON finds the same members in every row, also in one that could not be read.
#[test]
fn rejected_rows_have_the_members_of_decided_ones() {
    let workspace = Workspace::new();
    let mut csv = delimited(&[cells(&[]), cells(&[("fee", "x")])], b',');
    csv.extend_from_slice(b"7,too few\n");
    workspace.write("export.csv", csv);
    let outcome = explain(&workspace, &["--json", "--partner-id", "7", "export.csv"]).expect(0);
    let object = json(&outcome);
    let rows = object["rows"].as_array().expect("rows");
    let members = |row: &Value| row.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(rows.len(), 3, "{outcome}");
    for row in &rows[1..] {
        assert_eq!(members(row), members(&rows[0]), "{outcome}");
        assert_eq!(row["reports"], serde_json::json!(["rejects"]));
    }
}
