//! What a run tells those who started it: one line of JSON, progress that suits a log, and the day it took.

use crate::harness::{Outcome, Workspace, rows, run_arguments};
use serde_json::Value;
use std::fs;
use std::process::Stdio;

const GOOD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n8,action_pack,2019-06-02\n";
const ONE_BAD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n8,action_pack,tomorrow\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("good.csv", GOOD);
    workspace.write("bad.csv", ONE_BAD);
    workspace
}

/// The object on the last line of standard output, which must be its only line.
#[track_caller]
fn object(outcome: &Outcome) -> Value {
    let line = outcome.stdout.strip_suffix('\n').unwrap_or_else(|| panic!("no line\n{outcome}"));
    assert!(!line.contains('\n'), "more than one line\n{outcome}");
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}\n{outcome}"))
}

#[test]
fn the_result_is_one_line_of_json() {
    let workspace = workspace();
    let outcome = workspace.run(&run_arguments("reports", &["--json", "bad.csv"])).expect(0);
    let result = object(&outcome);
    let manifest: Value =
        serde_json::from_slice(&fs::read(workspace.path("reports/manifest.json")).expect("read")).expect("JSON");
    assert_eq!(result["outcome"], "published");
    assert_eq!(result["exit_code"], 0);
    assert_eq!(result["error"], Value::Null);
    assert_eq!(result["run_id"], manifest["run_id"]);
    assert_eq!(result["files"], manifest["files"]);
    let out = fs::canonicalize(workspace.path("reports")).expect("there");
    assert_eq!(result["out"], out.display().to_string());
    assert_eq!(result["rows"], serde_json::json!({"read": 2, "evaluated": 1, "rejected": 1}));
    assert_eq!(result["reject_share"], 0.5);
    assert_eq!(result["rejected_by_code"], serde_json::json!({"bad_date": 1}));
    assert_eq!(result["as_of"], "2020-06-05");
    assert_eq!(result["inputs"], serde_json::json!({"files": 1, "bytes": ONE_BAD.len()}));
}

#[test]
fn the_result_comes_after_everything_else_where_both_streams_are_one() {
    let workspace = workspace();
    for (arguments, code) in [
        (run_arguments("reports", &["--json", "bad.csv"]), 0),
        (run_arguments("reports", &["--json", "--max-rejects", "0", "bad.csv"]), 65),
        (run_arguments("reports", &["--json", "--log-format", "json", "none.csv"]), 66),
        (run_arguments("reports", &["--json", "--policy", "none", "good.csv"]), 78),
        (run_arguments("reports", &["--json", "--horizon", "far", "good.csv"]), 64),
        (vec!["run", "--json", "good.csv"], 64),
    ] {
        let file = fs::File::create(workspace.path("both")).expect("created");
        let mut command = workspace.command(&arguments);
        let stderr = file.try_clone().expect("cloned");
        let status = command.stdout(Stdio::from(file)).stderr(Stdio::from(stderr)).status().expect("runs");
        assert_eq!(status.code(), Some(code), "{arguments:?}");
        let both = fs::read_to_string(workspace.path("both")).expect("read");
        let (before, last) = both.trim_end_matches('\n').rsplit_once('\n').expect("messages before the last line");
        assert!(both.ends_with("}\n") && !before.is_empty() && !both.contains('\r'), "{both}");
        let result: Value = serde_json::from_str(last).expect("JSON");
        assert_eq!(result["schema"], "renewals.result", "{both}");
        assert_eq!(result["exit_code"], code, "{both}");
        let is_failure = code != 0;
        assert_eq!(result["error"]["message"].is_string(), is_failure, "{both}");
        assert_eq!(result["outcome"], if is_failure { "failed" } else { "published" });
    }
}

#[test]
fn a_failure_tells_the_error_its_hint_and_the_rejects() {
    let workspace = workspace();
    let arguments = run_arguments("reports", &["--json", "-q", "--max-rejects", "10%", "bad.csv"]);
    let result = object(&workspace.run(&arguments).expect(65));
    let error = &result["error"];
    assert!(error["message"].as_str().is_some_and(|text| text.contains("1 of 2 rows were rejected")), "{result}");
    assert!(error["hint"].as_str().is_some_and(|text| text.contains("reports.rejects.csv")), "{result}");
    assert_eq!(error["exit_code"], 65);
    assert_eq!(result["rows"]["rejected"], 1);
    assert_eq!(result["rejected_by_code"], serde_json::json!({"bad_date": 1}));
    let kept = result["rejects"].as_str().expect("a path");
    assert_eq!(rows(std::path::Path::new(kept)).len(), 1);
}

#[test]
fn the_result_in_a_file_is_the_same() {
    let workspace = workspace();
    for (input, code) in [("good.csv", 0), ("none.csv", 66)] {
        let arguments = run_arguments("reports", &["--json", "--summary-json", "result.json", input]);
        let outcome = workspace.run(&arguments).expect(code);
        assert_eq!(fs::read_to_string(workspace.path("result.json")).expect("read"), outcome.stdout);
    }
    assert_eq!(workspace.names(), ["bad.csv", "good.csv", "reports", "result.json"]);
}

#[test]
fn a_place_where_the_result_cannot_be_is_refused_before_the_work() {
    let workspace = workspace();
    let _ = workspace.publish(&["good.csv"]);
    for (path, code) in [("none/result.json", 73), ("reports/result.json", 64), (".", 73), ("reports", 73)] {
        let arguments = run_arguments("other", &["--summary-json", path, "good.csv"]);
        let arguments =
            if path.starts_with("reports/") { run_arguments("reports", &arguments[5..]) } else { arguments };
        let outcome = workspace.run(&arguments).expect(code);
        assert!(outcome.stderr.starts_with("error: "), "{outcome}");
        assert_eq!(workspace.names(), ["bad.csv", "good.csv", "reports"], "{path}");
    }
}

#[test]
fn a_result_that_cannot_be_told_is_an_error_but_takes_nothing_back() {
    let workspace = workspace();
    let full = fs::File::options().write(true).open("/dev/full").expect("a device that is always full");
    let mut command = workspace.command(&run_arguments("reports", &["--json", "-q", "good.csv"]));
    let output = command.stdout(Stdio::from(full)).output().expect("runs");
    assert_eq!(output.status.code(), Some(74));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: standard output: "));
    let _ = workspace.run(&["verify", "reports"]).expect(0);
}

#[test]
fn progress_is_lines_without_carriage_returns_and_only_so_many() {
    let workspace = Workspace::new();
    let _ = workspace.run(&["generate", "--rows", "20000", "--out", "in.csv", "-q"]).expect(0);
    let hasty = ["--no-skip", "--heartbeat", "0", "--batch-bytes", "1024", "in.csv"];
    for kind in ["auto", "bar", "plain"] {
        let outcome = workspace.run(&run_arguments("reports", &[&["--progress", kind][..], &hasty].concat())).expect(0);
        assert!(!outcome.stderr.contains(['\r', '\u{1b}']), "{outcome}");
        let lines = outcome.stderr.lines().count();
        assert!((100..200).contains(&lines), "{lines} lines\n{outcome}");
        assert!(outcome.stderr.contains(" rows/s, "), "{outcome}");
    }
    let outcome = workspace.run(&run_arguments("reports", &[&["--progress", "none"][..], &hasty].concat())).expect(0);
    assert!(!outcome.stderr.contains("rows/s"), "{outcome}");
    assert!(outcome.stderr.contains("20,000 rows"), "{outcome}");
    let outcome = workspace.run(&run_arguments("reports", &[&["--progress", "plain", "-q"][..], &hasty].concat()));
    assert_eq!(outcome.expect(0).stderr, "");
}

#[test]
fn every_line_of_a_json_log_is_an_object() {
    let workspace = workspace();
    for (arguments, code, level) in [
        (&["--heartbeat", "0", "bad.csv"][..], 0, "INFO"),
        (&["-q", "bad.csv"], 0, "WARN"),
        (&["none\u{1b}.csv"], 66, "ERROR"),
    ] {
        let arguments = [&["--no-skip", "--log-format", "json"], arguments].concat();
        let outcome = workspace.run(&run_arguments("reports", &arguments)).expect(code);
        let events: Vec<Value> = outcome.stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let last = events.last().expect("an event");
        assert_eq!(last["level"], level, "{outcome}");
        assert!(events.iter().all(|event| event["message"].is_string() && event["timestamp"].is_string()), "{outcome}");
        if code == 0 && level == "INFO" {
            assert_eq!(last["rows_rejected"], 1);
            assert!(last["run_id"].is_string() && last["out"].is_string());
        }
        if code != 0 {
            assert_eq!(last["exit_code"], code);
            assert!(last["hint"].is_string());
        }
    }
}

#[test]
fn the_day_of_a_timestamp_is_taken_in_the_time_zone_and_said() {
    let workspace = workspace();
    let run = |as_of: &str, zone: &str| {
        let outcome =
            workspace.run(&run_arguments("reports", &["--as-of", as_of, "--timezone", zone, "--json", "good.csv"]));
        outcome.expect(0)
    };
    let outcome = run("2020-06-05T23:30:00Z", "Europe/Berlin");
    let said = "as of 2020-06-06: the day of 2020-06-05T23:30:00Z in Europe/Berlin";
    assert_eq!(outcome.stderr.lines().next(), Some(said), "{outcome}");
    let result = object(&outcome);
    assert_eq!(result["as_of"], "2020-06-06");
    assert_eq!(result["as_of_given"], "2020-06-05T23:30:00Z");
    assert_eq!(result["timezone"], "Europe/Berlin");
    let same_day = run("2020-06-06", "UTC");
    assert_eq!(object(&same_day)["run_id"], result["run_id"], "the day counts, not how it was named");
    assert!(!same_day.stderr.contains("as of"), "{same_day}");
    let _ = run("today", "UTC");
    for (as_of, zone) in [("2020-06-05T12:00:00", "UTC"), ("now", "UTC"), ("2020-06-05", "Berlin")] {
        let arguments = run_arguments("reports", &["--as-of", as_of, "--timezone", zone, "good.csv"]);
        let _ = workspace.run(&arguments).expect_error(64, "invalid value");
    }
}

#[test]
fn a_header_that_is_nearly_that_of_a_missing_column_is_pointed_at() {
    let warning = |file: &str, column: &str, near: &str| {
        format!("warning: {file} has no column `{column}`; the nearest header, `{near}`, is not read\n")
    };
    let needed = "partner_id,offer_type,purchase_date";
    for (header, expected) in [
        ("last_renewal", warning("export.csv", "last_renewal_date", "last_renewal")),
        ("renewal start date", warning("export.csv", "renewal_start_date", "renewal start date")),
        ("\u{200b}fee", warning("export.csv", "fee", "\\u{200b}fee")),
        ("last_renewal,last_renewal_date", String::new()),
        ("note,region,reference,id", String::new()),
    ] {
        let workspace = Workspace::new();
        let commas = header.replace(|character| character != ',', "");
        workspace.write("export.csv", format!("{needed},{header}\n7,action_pack,2019-06-01,{commas}\n"));
        for arguments in [run_arguments("reports", &["--quiet", "export.csv"]), vec!["check", "export.csv"]] {
            let outcome = workspace.run(&arguments).expect(0);
            assert_eq!(outcome.stderr, expected, "{header} {arguments:?}");
        }
    }
    // What the command line gives is not missing; of many files with one header the first is named.
    let workspace = Workspace::new();
    for name in ["1.csv", "2.csv", "3.csv"] {
        workspace.write(name, format!("{needed},fees\n7,action_pack,2019-06-01,\n"));
    }
    let outcome =
        workspace.run(&run_arguments("reports", &["--quiet", "--on-duplicate", "ignore", "1.csv", "2.csv", "3.csv"]));
    let said = "warning: 1.csv has no column `fee` (nor have 2 more files); the nearest header, `fees`, is not read\n";
    assert_eq!(outcome.expect(0).stderr, said);
    let set = ["--quiet", "--no-skip", "--set", "fee=1", "--set", "currency=EUR", "1.csv"];
    assert_eq!(workspace.run(&run_arguments("reports", &set)).expect(0).stderr, "");
}
