//! Records with quotes that stay open, one after the other: each is judged as if it were the only one, and a file full
//! of them is read in one go.

use super::overlong::{OpenQuote, Overlong, judge, judge_after};
use crate::ingest::file::InputFile;
use proptest::prelude::*;

fn file(bytes: &[u8]) -> (tempfile::TempDir, InputFile) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("input");
    std::fs::write(&path, bytes).unwrap();
    let file = InputFile::open(&path).unwrap();
    (directory, file)
}

/// Judges line after line from the first, by what is known of the one before; tells what each turned out to be.
fn chained(file: &InputFile, limit: usize) -> Vec<(u64, Overlong)> {
    let mut told = Vec::new();
    let mut open: Option<OpenQuote> = None;
    let mut start = 0;
    while start < file.size() {
        let judged = match open.filter(|open| start < open.through()) {
            Some(open) => judge_after(file, start, open, b',', limit).unwrap(),
            None => Some(judge(file, start, b',', limit).unwrap()),
        };
        // A record that is not overlong is read by the scanner; here it is enough to know where it ends.
        let overlong = judged.unwrap_or_else(|| judge(file, start, b',', limit).unwrap());
        told.push((start, overlong));
        open = overlong.open.or(open);
        start = overlong.resume;
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn what_is_known_of_one_record_holds_for_the_next(
        pieces in proptest::collection::vec(prop_oneof![
            4 => Just("\n"), 3 => Just("\""), 1 => Just("\"\""), 3 => Just(","), 3 => Just("ab"), 1 => Just("\r\n"),
        ], 1..60),
        limit in 1usize..40,
    ) {
        let (_directory, file) = file(pieces.concat().as_bytes());
        for (start, overlong) in chained(&file, limit) {
            let alone = judge(&file, start, b',', limit).unwrap();
            prop_assert_eq!(overlong.open.is_some(), alone.open.is_some());
            prop_assert_eq!((overlong.resume, overlong.lines), (alone.resume, alone.lines));
        }
    }
}

/// Judged one by one these lines would be 60 GB of reading.
#[test]
fn many_open_quotes_are_followed_once() {
    let (_directory, file) = file("x\"y,\"a\n".repeat(150_000).as_bytes());
    let told = chained(&file, 1024 * 1024);
    assert_eq!(told.len(), 150_000);
    assert!(told.iter().all(|(_, overlong)| overlong.open.is_some() && overlong.lines == 1));
}
