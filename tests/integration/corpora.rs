//! The inputs that fuzzing kept, through the checks that it made them for: see `scripts/fuzz`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

#[path = "../../scripts/fuzz/checks/mod.rs"]
mod checks;

/// Reads every kept input of a target; tells how many there are, and names the one that breaks the check.
fn replay((name, check): checks::Target) -> usize {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts/fuzz/corpus").join(name);
    let names = crate::harness::names(&directory);
    for name in &names {
        let path = directory.join(name);
        let bytes = std::fs::read(&path).expect("read");
        if catch_unwind(AssertUnwindSafe(|| check(&bytes))).is_err() {
            panic!("{} breaks its check", path.display());
        }
    }
    names.len()
}

#[test]
fn every_input_that_fuzzing_kept_passes() {
    for target in checks::TARGETS {
        assert!(replay(target) > 2, "{} has too few inputs to test anything", target.0);
    }
}
