//! Damaged Parquet files: a clear error and no panic, abort, signal or hang, whatever is wrong with them.

use crate::harness::{Outcome, Workspace, run_arguments};
use std::path::PathBuf;
use std::time::Duration;

/// No damaged file may make a reader go on for longer.
const TIME_LIMIT: Duration = Duration::from_secs(20);

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/parquet-bad")
}

/// A sound file of two kinds of columns: typed ones, and, where rows are spoiled, texts alone.
fn sound(workspace: &Workspace, dirty: &str) -> Vec<u8> {
    let generate = ["generate", "--rows", "400", "--seed", "3", "--dirty", dirty, "--out", "sound.parquet"];
    let _ = workspace.run(&generate).expect(0);
    let path = workspace.path("sound.parquet");
    let bytes = std::fs::read(&path).expect("generated");
    std::fs::remove_file(path).expect("removed");
    bytes
}

fn run_on(workspace: &Workspace, name: &str) -> Outcome {
    workspace.run_within(TIME_LIMIT, &run_arguments("reports", &[name]))
}

#[test]
fn every_bad_file_of_the_parquet_project_is_refused() {
    let names: Vec<String> =
        crate::harness::names(&vectors()).into_iter().filter(|name| name.ends_with(".parquet")).collect();
    assert_eq!(names.len(), 7, "a vector that isn't read tests nothing");
    for name in names {
        let workspace = Workspace::new();
        std::fs::copy(vectors().join(&name), workspace.path(&name)).expect("copied");
        let _ = run_on(&workspace, &name).expect_error(65, &format!("error: {name}"));
        assert_eq!(workspace.names(), [name]);
    }
}

#[test]
fn a_bad_file_keeps_the_good_ones_from_being_published_too() {
    let workspace = Workspace::new();
    workspace.write("good.csv", "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n");
    let before = workspace.publish(&["good.csv"]).files();
    std::fs::copy(vectors().join("PARQUET-1481.parquet"), workspace.path("bad.parquet")).expect("copied");
    let outcome = workspace.run(&run_arguments("reports", &["good.csv", "bad.parquet"]));
    let _ = outcome.expect_error(65, "error: bad.parquet: not readable as Parquet: ");
    assert_eq!(workspace.names(), ["bad.parquet", "good.csv", "reports"]);
    let after = workspace.publish(&["good.csv"]).files();
    assert_eq!(before, after);
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let workspace = Workspace::new();
    let bytes = sound(&workspace, "0");
    for seventh in 0..7 {
        let length = bytes.len() * seventh / 7;
        workspace.write("cut.parquet", &bytes[..length]);
        let _ = run_on(&workspace, "cut.parquet").expect_error(65, "error: cut.parquet: not readable as Parquet: ");
        assert_eq!(workspace.names(), ["cut.parquet"]);
    }
    // The last byte is part of the magic number at the end.
    workspace.write("cut.parquet", &bytes[..bytes.len() - 1]);
    let _ = run_on(&workspace, "cut.parquet").expect_error(65, "error: cut.parquet: not readable as Parquet: ");
    workspace.write("cut.parquet", &bytes);
    assert_eq!(workspace.publish(&["cut.parquet"]).summary()["rows"]["read"], 400, "the whole file is fine");
}

/// A flipped byte may go unnoticed in a value, but it never ends the program in any other way than these two, and
/// what is published still adds up.
fn flip_bytes(dirty: &str, seed: u64, place: impl Fn(u64, usize) -> usize) {
    let workspace = Workspace::new();
    let bytes = sound(&workspace, dirty);
    let mut random = seed;
    let mut refused = 0;
    for _ in 0..40 {
        // Knuth's linear congruential generator; its high bits are good enough to choose a byte and a change.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = place(random >> 24, bytes.len());
        let mut flipped = bytes.clone();
        flipped[at] ^= (random >> 16) as u8 | 1;
        workspace.write("flipped.parquet", &flipped);
        let _ = std::fs::remove_dir_all(workspace.path("reports"));
        let outcome = run_on(&workspace, "flipped.parquet");
        if outcome.code() == Some(0) {
            let text = std::fs::read_to_string(workspace.path("reports/summary.json")).expect("a summary");
            let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let rows = |kind: &str| summary["rows"][kind].as_u64().expect("a count");
            assert_eq!(rows("read"), rows("evaluated") + rows("rejected"), "byte {at}\n{outcome}");
            assert_eq!(workspace.names(), ["flipped.parquet", "reports"]);
        } else {
            let _ = outcome.expect_error(65, "error: flipped.parquet: ");
            assert_eq!(workspace.names(), ["flipped.parquet"], "byte {at}");
            refused += 1;
        }
    }
    assert!(refused > 0, "flips that nothing notices test nothing");
}

#[test]
fn a_flipped_byte_anywhere_ends_the_run_in_good_order() {
    flip_bytes("0", 1, |random, length| random as usize % length);
}

#[test]
fn a_flipped_byte_of_texts_ends_the_run_in_good_order() {
    flip_bytes("0.3", 2, |random, length| random as usize % length);
}

/// The footer says where everything lies and how long it is: the numbers a reader trusts most.
#[test]
fn a_flipped_byte_of_the_footer_ends_the_run_in_good_order() {
    flip_bytes("0", 3, |random, length| length - 1 - random as usize % (length / 8));
}
