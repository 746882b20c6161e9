//! Records with quotes that stay open, one after the other: each is judged as if it were the only one, and a file full
//! of them is read in one go.

use super::lookahead::{Block, Lookahead};
use super::overlong::{OpenQuote, Overlong, StreamJudge, judge, judge_after};
use crate::ingest::file::InputFile;
use proptest::prelude::*;

fn file(bytes: &[u8]) -> (tempfile::TempDir, InputFile) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("input");
    std::fs::write(&path, bytes).unwrap();
    let file = InputFile::open(&path).unwrap();
    (directory, file)
}

/// Judges line after line that begins in the window, the file's first bytes, by what is known of the one before; tells
/// what each turned out to be.
fn chained(file: &InputFile, window: &[u8], limit: usize) -> Vec<(u64, Overlong)> {
    let mut block = Block::default();
    let mut bytes = Lookahead { file, window, window_start: 0, block: &mut block };
    let mut told = Vec::new();
    let mut open: Option<OpenQuote> = None;
    let mut start = 0;
    while start < window.len() as u64 {
        let judged = match open.filter(|open| start < open.through()) {
            Some(open) => judge_after(&mut bytes, start, open, b',', limit).unwrap(),
            None => Some(judge(&mut bytes, start, b',', limit).unwrap()),
        };
        // A record that is not overlong is read by the scanner; here it is enough to know where it ends.
        let overlong = judged.unwrap_or_else(|| judge(&mut bytes, start, b',', limit).unwrap());
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
        let text = pieces.concat();
        let (_directory, file) = file(text.as_bytes());
        let mut block = Block::default();
        let mut bytes = Lookahead { file: &file, window: b"", window_start: 0, block: &mut block };
        for (start, overlong) in chained(&file, text.as_bytes(), limit) {
            let alone = judge(&mut bytes, start, b',', limit).unwrap();
            prop_assert_eq!(overlong.open.is_some(), alone.open.is_some());
            prop_assert_eq!((overlong.resume, overlong.lines), (alone.resume, alone.lines));
        }
    }
}

/// What a record that begins with the first byte is, byte by byte: whether a quote is open, where reading goes on, and
/// the line feeds before that.
fn slowly(bytes: &[u8], limit: usize) -> (bool, u64, u64) {
    let next_line = bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let open = (true, next_line as u64, u64::from(bytes[..next_line].ends_with(b"\n")));
    let (mut is_quoted, mut is_at_field_start, mut lines, mut at) = (false, true, 0, 0);
    while at < bytes.len() {
        let is_doubled = is_quoted && bytes[at..].starts_with(b"\"\"");
        if is_quoted && (at == limit || (is_doubled && at + 1 == limit)) {
            return open;
        }
        let byte = bytes[at];
        lines += u64::from(byte == b'\n');
        at += 1 + usize::from(is_doubled);
        if byte == b'"' && !is_doubled {
            is_quoted = !is_quoted && is_at_field_start;
        } else if byte == b'\n' && !is_quoted {
            return (false, at as u64, lines);
        }
        is_at_field_start = byte == b',' && !is_quoted;
    }
    if is_quoted { open } else { (false, at as u64, lines) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn what_is_passed_over_is_as_if_looked_at(
        pieces in proptest::collection::vec(prop_oneof![
            2 => "[\",\na]{0,4}", 1 => "a{200,600}", 1 => "a{200,600},", 1 => ",{200,600}",
        ], 1..12),
        limit in 1usize..2_000,
        at_hand in 1usize..700,
        known in 0usize..3_000,
    ) {
        let text = pieces.concat();
        let (_directory, file) = file(text.as_bytes());
        let mut block = Block::default();
        let window = &text.as_bytes()[..at_hand.min(text.len())];
        let mut bytes = Lookahead { file: &file, window, window_start: 0, block: &mut block };
        let judged = judge(&mut bytes, 0, b',', limit).unwrap();
        let slowly = slowly(text.as_bytes(), limit);
        prop_assert_eq!((judged.open.is_some(), judged.resume, judged.lines), slowly);
        // Only records beyond the limit, or that go on to the end of a stream, are judged as streams.
        if slowly.0 || slowly.1 as usize > limit {
            let mut judge = StreamJudge::new(0, b',', limit);
            let part = &text.as_bytes()[..known.min(text.len())];
            let judged = match judge.judge(part, 0, false).unwrap() {
                Some(judged) => judged,
                None => judge.judge(text.as_bytes(), 0, true).unwrap().unwrap(),
            };
            prop_assert_eq!((judged.open.is_some(), judged.resume, judged.lines), slowly);
        }
    }
}

/// Reads from files that this thread has made.
fn reads() -> u64 {
    let counted = std::fs::read_to_string("/proc/thread-self/io").unwrap();
    counted.lines().find_map(|line| line.strip_prefix("syscr: ")).unwrap().parse().unwrap()
}

/// Judged one by one these lines would be 60 GB of reading.
#[test]
fn many_open_quotes_are_followed_once() {
    let lines = "x\"y,\"a\n".repeat(300_000);
    let (_directory, file) = file(lines.as_bytes());
    let window = &lines.as_bytes()[..lines.len() / 2];
    let before = reads();
    let told = chained(&file, window, 1024 * 1024);
    // As many as the file has blocks, and some more.
    assert!(reads() - before < 1_000, "{} reads", reads() - before);
    assert_eq!(told.len(), 150_000);
    assert!(told.iter().all(|(_, overlong)| overlong.open.is_some() && overlong.lines == 1));
}
