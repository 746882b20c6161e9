//! The files of `tests/pollution`: each row that something has spoiled is read right, rejected by name, or, where only
//! a person can tell, pointed at by `check`. None is wrong in silence.

use crate::formats::{parquet_rows, ten_thousandths};
use crate::harness::{AS_OF, Row, Workspace, names, rows, run_arguments};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// The cells that the truth tells of each row.
const CELLS: [&str; 10] = [
    "partner_id",
    "partner_name",
    "country",
    "offer_type",
    "offer_name",
    "level",
    "purchase_date",
    "renewal_start_date",
    "fee",
    "currency",
];

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pollution")
}

/// A file and what is true of it.
struct Polluted {
    name: String,
    truth: Vec<Row>,
}

impl Polluted {
    fn all() -> Vec<Self> {
        let files = names(&corpus()).into_iter().filter(|name| name.ends_with(".csv"));
        files.map(|name| Self { truth: rows(&corpus().join(format!("{name}.truth"))), name }).collect()
    }

    /// The cells of the rows that must be read as they are meant.
    fn right(&self) -> Vec<Vec<String>> {
        let right = self.truth.iter().filter(|row| row["expected"] == "right");
        right.map(|row| CELLS.map(|cell| meant(row, cell)).to_vec()).collect()
    }

    /// Lines and what is expected of them, of those that have a prefix.
    fn lines(&self, prefix: &str) -> BTreeSet<(u64, String)> {
        let told = self
            .truth
            .iter()
            .filter_map(|row| Some((row["line"].parse().ok()?, row["expected"].strip_prefix(prefix)?)));
        told.map(|(line, what)| (line, what.to_owned())).collect()
    }

    /// Lines and codes of the rows that must be rejected.
    fn rejected(&self) -> BTreeSet<(u64, String)> {
        let others = ["right", "file"];
        self.lines("").into_iter().filter(|(_, what)| !others.contains(&what.as_str()) && !what.contains(':')).collect()
    }

    fn is_refused(&self) -> bool {
        self.truth.iter().any(|row| row["expected"] == "file")
    }
}

/// A cell of the truth as the decision table has it.
fn meant(row: &Row, cell: &str) -> String {
    match cell {
        "fee" => ten_thousandths(&row[cell]),
        _ => row[cell].clone(),
    }
}

/// The lines that `check` points at for a reason.
fn pointed_at(workspace: &Workspace, file: &str, reason: &str) -> BTreeSet<u64> {
    let outcome = workspace.run(&["check", "--json", "--examples", "1000", "--as-of", AS_OF, file]);
    let found: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("no JSON\n{outcome}"));
    let suspicions = found["suspicions"].as_array().expect("suspicions").iter();
    let examples = suspicions.filter(|told| told["suspicion"] == reason).flat_map(|told| told["examples"].as_array());
    examples.flatten().filter_map(|example| example["line"].as_u64()).collect()
}

#[test]
fn no_polluted_row_is_wrong_in_silence() {
    let corpus_files = Polluted::all();
    assert!(corpus_files.len() >= 60, "a corpus that is not read tests nothing");
    let workspace = Workspace::new();
    for polluted in corpus_files {
        let name = &polluted.name;
        workspace.write(name, fs::read(corpus().join(name)).expect("read"));
        if polluted.is_refused() {
            let _ = workspace.run(&run_arguments("reports", &[name])).expect_error(65, &format!("error: {name}"));
            continue;
        }
        let published = workspace.publish(&["--decisions", "--raw-text", "--on-duplicate", "ignore", name]);
        let rejects = published.rows("rejects").into_iter();
        let rejected: Vec<(u64, String)> =
            rejects.map(|row| (row["line"].parse().expect("a line"), row["code"].clone())).collect();
        assert_eq!(rejected, Vec::from_iter(polluted.rejected()), "{name}: rejected");

        let decided = parquet_rows(&published.directory.join("decisions.parquet")).into_iter();
        let mut read: Vec<Vec<String>> = decided.map(|row| CELLS.map(|cell| row[cell].clone()).to_vec()).collect();
        let right = polluted.right();
        let pointed: BTreeSet<(u64, String)> = polluted.lines("check:");
        for (line, reason) in &pointed {
            assert!(pointed_at(&workspace, name, reason).contains(line), "{name}: `check` says no {reason} in {line}");
        }
        // What is read beside the right rows are those that are pointed at.
        assert_eq!(read.len(), right.len() + pointed.len(), "{name}: {read:?}");
        if !pointed.is_empty() {
            read.retain(|row| right.contains(row));
        }
        assert_eq!(read, right, "{name}: read");
    }
}
