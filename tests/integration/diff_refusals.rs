//! What `diff` refuses, with which exit code, and what it warns of.

use crate::export::{Cells, cells, delimited, parquet_of};
use crate::harness::{Outcome, Workspace};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::sync::Arc;

fn night(workspace: &Workspace, name: &str, more: &[&str], rows: &[Cells]) {
    let input = format!("{name}.csv");
    workspace.write(&input, delimited(rows, b','));
    let _ = workspace.publish_into(name, &[&[input.as_str()], more].concat());
}

fn nights() -> Workspace {
    let workspace = Workspace::new();
    let rows =
        [cells(&[]), cells(&[("partner_id", "8"), ("offer_type", "competency"), ("fee", "5"), ("currency", "EUR")])];
    night(&workspace, "old", &["--decisions"], &rows);
    night(&workspace, "new", &["--decisions", "--as-of", "2020-06-06"], &rows);
    workspace
}

fn diff(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    workspace.run(&[&["diff"], arguments].concat())
}

/// Puts another decision table into a night, as if it had been published.
fn plant(workspace: &Workspace, night: &str, bytes: &[u8], rows: u64) {
    let directory = workspace.path(night);
    fs::write(directory.join("decisions.parquet"), bytes).expect("written");
    let path = directory.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
    let files = manifest["files"].as_array_mut().expect("files");
    let entry = files.iter_mut().find(|file| file["name"] == "decisions.parquet").expect("listed");
    entry["bytes"] = bytes.len().into();
    entry["rows"] = rows.into();
    let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    entry["sha256"] = json!(sha256);
    fs::write(path, manifest.to_string()).expect("written");
}

#[test]
fn what_is_no_night_is_refused() {
    let workspace = nights();
    night(&workspace, "without", &[], &[cells(&[])]);
    let _ = workspace.publish_into("history", &["--keep", "2", "--decisions", "old.csv"]);
    fs::create_dir(workspace.path("empty")).expect("created");
    for (arguments, code, part, hint) in [
        (&["old", "nowhere"][..], 66, "`nowhere/manifest.json` does not exist", "`renewals run --out` has published"),
        (&["empty", "new"], 66, "`empty/manifest.json` does not exist", "has published"),
        (&["without", "new"], 66, "without: was published without decisions.parquet", "`renewals run --decisions`"),
        (&["history", "new"], 66, "history: holds several nights, not one", "history/latest"),
        (&["new", "old"], 64, "the old night is as of 2020-06-06, after the new one", "the older night first"),
        (&["old", "new", "--out", "new"], 64, "--out new: lies in a night that is compared", "another --out"),
        (
            &["old", "new", "--out", "old/changes"],
            64,
            "--out old/changes: lies in a night that is compared",
            "another --out",
        ),
        (&["old", "new", "--out", "without"], 73, "without: holds a run", "another --out"),
        (&["old", "new", "--out", "empty"], 73, "cannot publish into ", "rmdir"),
    ] {
        let outcome = diff(&workspace, arguments).expect_error(code, &format!("error: {part}"));
        assert!(outcome.stderr.lines().any(|line| line.starts_with("hint: ") && line.contains(hint)), "{outcome}");
        let json = diff(&workspace, &[arguments, &["--json"]].concat()).expect(code);
        let object: Value = serde_json::from_str(&json.stdout).expect("an object");
        assert_eq!((&object["outcome"], &object["exit_code"]), (&json!("failed"), &json!(code)));
    }
    for usage in [&["old"][..], &["old", "new", "--formats", "csv"], &["old", "new", "--raw-text"]] {
        let _ = diff(&workspace, usage).expect(64);
    }
    // One night of a history is a night.
    let _ = diff(&workspace, &["history/as_of=2020-06-05", "new"]).expect(0);
    let _ = diff(&workspace, &["history/latest", "new", "--out", "changes"]).expect(0);
    let _ = diff(&workspace, &["old", "new", "--out", "changes"]).expect(0);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let workspace = nights();
    for arguments in [&["diff", "old", "new"][..], &["diff", "old", "new", "--json"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = workspace.command(arguments).stdout(writer).stderr(std::process::Stdio::piped()).output();
        let output = output.expect("started");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    }
}

#[test]
fn a_table_that_is_not_the_manifest_s_is_refused() {
    let workspace = nights();
    let path = workspace.path("new/decisions.parquet");
    let whole = fs::read(&path).expect("read");
    let refused = |part: &str| {
        let outcome = diff(&workspace, &["old", "new", "--out", "changes"]);
        let _ = outcome.expect_error(65, &format!("error: `new`: `decisions.parquet` {part}"));
        assert!(!workspace.path("changes").exists());
    };
    for at in [4, whole.len() / 2, whole.len() - 9] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        fs::write(&path, &damaged).expect("written");
        refused("has SHA-256 ");
    }
    fs::write(&path, &whole[1..]).expect("written");
    refused("has ");
    fs::remove_file(&path).expect("removed");
    refused("is missing");
    std::os::unix::fs::symlink("../old/decisions.parquet", &path).expect("linked");
    refused("is not a regular file");
}

#[test]
fn a_hostile_table_ends_in_65_and_never_in_a_panic() {
    let workspace = nights();
    let whole = fs::read(workspace.path("new/decisions.parquet")).expect("read");
    let refused = |bytes: &[u8], rows: u64| {
        plant(&workspace, "new", bytes, rows);
        diff(&workspace, &["old", "new"]).expect_error(65, "error: new/decisions.parquet: ")
    };
    // Other files, other numbers of rows.
    for bytes in [&b""[..], b"PAR1", b"partner_id,offer_type\n", &whole[..whole.len() - 1], &whole[4..]] {
        let _ = refused(bytes, 2);
    }
    for rows in [0, 1, 3, u64::MAX] {
        let _ = refused(&whole, rows);
    }
    // Every byte of the pages and of the footer in turn, as if a run had published it so.
    for at in (4..whole.len()).step_by(whole.len() / 150) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xFF;
        plant(&workspace, "new", &damaged, 2);
        let outcome = diff(&workspace, &["old", "new", "-q"]);
        assert!(matches!(outcome.code(), Some(0 | 65)), "byte {at}\n{outcome}");
    }
    // Other columns.
    let text = |value: &str| Arc::new(StringArray::from(vec![value; 2])) as ArrayRef;
    let outcome = refused(&parquet_of(vec![("partner_id", text("7"))]), 2);
    assert!(outcome.stderr.contains("the column `partner_name` is missing"), "{outcome}");
}

/// A Parquet file without rows, whose schema has so many groups in each other.
fn deep_schema(groups: u32) -> Vec<u8> {
    let varint = |mut number: u32| {
        let mut bytes = Vec::new();
        while number > 0x7F {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    // The version, then the list of the schema: groups of one child each, and a column of no type.
    let mut footer = [&b"\x15\x04\x19\xFC"[..], &varint(groups + 1)].concat();
    footer.extend_from_slice(&b"\x48\x01g\x15\x02\x00".repeat(groups as usize));
    footer.extend_from_slice(b"\x15\x02\x25\x00\x18\x01x\x00");
    // No rows, no row groups.
    footer.extend_from_slice(b"\x16\x00\x19\x0C\x00");
    let length = (footer.len() as u32).to_le_bytes();
    [&b"PAR1"[..], &footer, &length, b"PAR1"].concat()
}

#[test]
fn groups_without_end_in_a_schema_are_refused() {
    let workspace = nights();
    plant(&workspace, "new", &deep_schema(200_000), 2);
    let _ = diff(&workspace, &["old", "new"]).expect_error(65, "error: new/decisions.parquet: ");
    let outcome = workspace.run(&["verify", "new"]).expect(65);
    assert!(outcome.stderr.contains("more than 64 groups in each other"), "{outcome}");
}

/// The columns of a night's table with one of them replaced.
fn with_column(workspace: &Workspace, name: &str, replace: impl Fn(&ArrayRef) -> ArrayRef) -> Vec<u8> {
    let (schema, batches) = crate::formats::batches(&workspace.path("old/decisions.parquet"));
    let columns = schema.fields().iter().zip(batches[0].columns()).map(|(field, column)| {
        let column = if field.name() == name { replace(column) } else { column.clone() };
        (field.name().as_str(), column)
    });
    parquet_of(columns.collect())
}

#[test]
fn cells_that_no_run_writes_are_refused() {
    use arrow_array::types::{Date32Type, Decimal128Type};
    let workspace = nights();
    let word = |text: &'static str| move |_: &ArrayRef| Arc::new(StringArray::from(vec![text; 2])) as ArrayRef;
    for (column, text) in [
        ("stage", "running"),
        ("stage", ""),
        ("offer_type", "bundle"),
        ("level", "bronze"),
        ("portal", ""),
        ("requirements", "maybe"),
        ("requirements_met", "yes"),
        ("blockers", "requirements_unmet;pmc_migration"),
        ("anniversary_rule", "R1"),
        ("currency", "eur"),
        ("currency", "EURO"),
    ] {
        plant(&workspace, "new", &with_column(&workspace, column, word(text)), 2);
        let outcome = diff(&workspace, &["old", "new"]).expect_error(65, "error: new/decisions.parquet: ");
        assert!(outcome.stderr.contains(&format!("`{column}` holds what no run writes")), "{outcome}");
    }
    for day in [i32::MIN, i32::MAX, -1_000_000, 10_000_000] {
        let days = |column: &ArrayRef| {
            Arc::new(column.as_primitive::<Date32Type>().unary::<_, Date32Type>(|_| day)) as ArrayRef
        };
        for column in ["purchase_date", "anniversary_date"] {
            plant(&workspace, "new", &with_column(&workspace, column, days), 2);
            let _ = diff(&workspace, &["old", "new"]).expect_error(65, "error: new/decisions.parquet: ");
        }
    }
    let negative = |column: &ArrayRef| {
        let fees = column.as_primitive::<Decimal128Type>().unary::<_, Decimal128Type>(|fee| -1 - fee);
        Arc::new(fees.with_precision_and_scale(22, 4).expect("a decimal")) as ArrayRef
    };
    plant(&workspace, "new", &with_column(&workspace, "fee", negative), 2);
    let _ = diff(&workspace, &["old", "new"]).expect_error(65, "error: new/decisions.parquet: ");
    let as_text = with_column(&workspace, "purchase_date", word("2019-06-01"));
    plant(&workspace, "new", &as_text, 2);
    let outcome = diff(&workspace, &["old", "new"]).expect(65);
    assert!(outcome.stderr.contains("the column `purchase_date` is Utf8, not Date32"), "{outcome}");
}

#[test]
fn what_else_may_be_the_reason_of_a_change_is_told() {
    let workspace = nights();
    let twice = [cells(&[]), cells(&[]), cells(&[("offer_type", "bundle")])];
    night(&workspace, "other", &["--decisions", "--policy", "2018-09-04"], &twice);
    let outcome = diff(&workspace, &["old", "other"]).expect(0);
    for part in [
        "warning: the nights were decided by different policies, 2020-06-05 and 2018-09-04\n",
        "warning: rejected rows of the new night: 1; their offers may be told as gone\n",
        "warning: rows of the new night with the key of another: 1; they are paired in order\n",
    ] {
        assert!(outcome.stderr.contains(part), "{outcome}");
    }
    assert!(outcome.stdout.starts_with("old: as of 2020-06-05, 2 offers, policy 2020-06-05, run "), "{outcome}");
    let object: Value =
        serde_json::from_str(&diff(&workspace, &["old", "other", "--json"]).expect(0).stdout).expect("an object");
    assert_eq!(object["new"]["repeated_keys"], 1);
    assert_eq!(object["outcome"], "compared");
    let quiet = diff(&workspace, &["old", "old", "-q"]).expect(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}
