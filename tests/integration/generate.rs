//! `renewals generate`: the same seed gives the same export, and what is spoiled is what a run rejects.

use crate::export::read;
use crate::harness::{AS_OF, Workspace};
use renewals::generate::{GenerateOptions, PlantedCounts, generate_csv, generate_parquet};
use renewals::ingest::RejectCode;
use renewals::policy::{DEFAULT_ID, load};
use renewals::rules::Date;
use std::fs;

fn generate(workspace: &Workspace, out: &str, seed: &str, dirty: &str) -> Vec<u8> {
    let arguments = ["generate", "--rows", "3000", "--seed", seed, "--dirty", dirty, "--out", out];
    let outcome = workspace.run(&arguments).expect(0);
    assert!(outcome.stderr.starts_with(&format!("{out}: 3,000 rows, ")), "{outcome}");
    fs::read(workspace.path(out)).expect("generated")
}

fn options(dirty: f64) -> GenerateOptions {
    let as_of = Date::parse_iso(AS_OF.as_bytes()).expect("a date");
    GenerateOptions { rows: 3_000, seed: 4, dirty, as_of, lives: None }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    let workspace = Workspace::new();
    for extension in ["csv", "tsv", "parquet"] {
        for dirty in ["0", "0.05"] {
            let one = generate(&workspace, &format!("one.{extension}"), "4", dirty);
            let same = generate(&workspace, &format!("same.{extension}"), "4", dirty);
            let other = generate(&workspace, &format!("other.{extension}"), "5", dirty);
            assert!(one == same, "{extension}, {dirty}");
            assert!(one != other, "{extension}, {dirty}");
        }
    }
    assert_eq!(workspace.names().len(), 9, "nothing is left of files that were being written");
}

#[test]
fn a_clean_export_has_the_same_cells_in_each_format_and_no_rejects() {
    let workspace = Workspace::new();
    let csv = generate(&workspace, "export.csv", "4", "0");
    let tsv = generate(&workspace, "export.tsv", "4", "0");
    generate(&workspace, "export.parquet", "4", "0");
    assert_eq!(read(&csv).len(), 3_000);
    assert!(tsv.starts_with(b"partner_id\tpartner_name\t"));
    let mut reports = ["export.csv", "export.tsv", "export.parquet"].map(|input| {
        let published = workspace.publish(&[input]);
        assert_eq!(published.summary()["rows"]["read"], 3_000, "{input}");
        assert_eq!(published.summary()["rows"]["rejected"], 0, "{input}");
        published.files()
    });
    for files in &mut reports {
        files.retain(|name, _| name.ends_with(".csv"));
    }
    assert!(reports[0] == reports[1] && reports[0] == reports[2]);
}

/// Runs on a spoiled export and expects each code as often as it was planted.
fn assert_planted(workspace: &Workspace, input: &str, planted: &PlantedCounts) {
    let summary = workspace.publish(&[input]).summary();
    for (code, count) in planted.iter() {
        assert_eq!(summary["rejected_by_code"][code.as_str()], count, "{input}: {}", code.as_str());
    }
    assert_eq!(summary["rows"]["rejected"], planted.total(), "{input}");
    assert_eq!(summary["rows"]["read"], 3_000, "{input}");
}

#[test]
fn a_run_rejects_what_was_planted_in_csv_and_nothing_else() {
    let workspace = Workspace::new();
    let policy = load(DEFAULT_ID).expect("the default policy").policy;
    for (name, delimiter) in [("export.csv", b','), ("export.tsv", b'\t')] {
        let mut bytes = Vec::new();
        let planted = generate_csv(options(0.05), &policy, delimiter, &mut bytes).expect("generated").planted;
        assert!(generate(&workspace, name, "4", "0.05") == bytes, "{name}: the command makes what the library makes");
        // A duplicate is no fault of one row, and only a fault where that is asked for.
        let mut codes = RejectCode::ALL.iter().filter(|code| **code != RejectCode::DuplicateOffer);
        let missing = codes.find(|code| planted.of(**code) == 0);
        assert_eq!(missing, None, "every code is to be planted");
        assert_planted(&workspace, name, &planted);
    }
}

#[test]
fn a_run_rejects_what_was_planted_in_parquet_and_nothing_else() {
    let workspace = Workspace::new();
    let policy = load(DEFAULT_ID).expect("the default policy").policy;
    let mut bytes = Vec::new();
    let planted = generate_parquet(options(0.05), &policy, &mut bytes).expect("generated").planted;
    assert!(generate(&workspace, "export.parquet", "4", "0.05") == bytes);
    assert!(planted.total() > 100);
    assert_planted(&workspace, "export.parquet", &planted);
}

#[test]
fn an_export_made_for_a_day_is_clean_on_that_day() {
    let workspace = Workspace::new();
    for as_of in ["2010-01-01", "2020-02-29", "2021-10-09", "2990-12-31"] {
        let arguments = ["generate", "--rows", "2000", "--as-of", as_of, "--out", "export.csv", "--quiet"];
        let outcome = workspace.run(&arguments).expect(0);
        assert_eq!(outcome.stderr, "");
        let summary = workspace.publish(&["--as-of", as_of, "export.csv"]).summary();
        assert_eq!((&summary["rows"]["read"], &summary["rows"]["rejected"]), (&2_000.into(), &0.into()), "{as_of}");
    }
}

#[test]
fn an_export_that_cannot_be_made_says_why_and_leaves_nothing() {
    let workspace = Workspace::new();
    workspace.write("file", "");
    for (arguments, code, says) in [
        (&["--rows", "5", "--out", "export.xlsx"][..], 64, "export.xlsx: must end in .csv, .tsv or .parquet"),
        (&["--rows", "5", "--out", "export"], 64, "must end in"),
        (&["--rows", "5", "--out", "export.csv", "--dirty", "1.5"], 64, "the dirty rate is 1.5"),
        (&["--rows", "5", "--out", "export.csv", "--dirty", "NaN"], 64, "the dirty rate is NaN"),
        (&["--rows", "5", "--out", "export.csv", "--as-of", "1999-12-31"], 64, "the as-of date is 1999-12-31"),
        (&["--rows", "-5", "--out", "export.csv"], 64, "-5"),
        (&["--rows", "5"], 64, "required arguments"),
        (&["--rows", "5", "--out", "none/export.csv"], 73, "none/export.csv: cannot be written"),
        (&["--rows", "5", "--out", "file/export.csv"], 73, "file/export.csv: cannot be written"),
    ] {
        let _ = workspace.run(&[&["generate"], arguments].concat()).expect_error(code, says);
        assert_eq!(workspace.names(), ["file"], "{arguments:?}");
    }
}

#[test]
fn threads_that_cannot_be_had_are_told_of() {
    let workspace = Workspace::new();
    for out in ["export.csv", "export.parquet"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_renewals"));
        command.args(["generate", "--rows", "3000", "--seed", "4", "--out", out]).current_dir(workspace.path(""));
        // No address space has room for the stack of such a thread.
        let ended = command.env("RUST_MIN_STACK", (1_u64 << 50).to_string()).output().expect("started");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(74), "{said}");
        assert!(said.starts_with(&format!("error: {out}: cannot start ")), "{said}");
        assert!(said.contains("hint: ") && !said.contains("panicked"), "{said}");
        assert!(workspace.names().is_empty(), "{:?}", workspace.names());
    }
}
