//! Records without quotes, found all at once, against those that the scanner finds one by one; and chunks whose
//! records are read by both.

use super::chunk::ChunkReader;
use super::framing::{Scanner, Step};
use super::plain::PlainRecords;
use super::source::CsvSource;
use crate::ingest::{DateFormat, Fault, InputFile, ReadOptions, Reject, Row, RowConsumer};
use proptest::prelude::*;
use std::io::Write;

/// A record or, without fields, a blank line: offsets of its first byte and of the next record, and its fields.
type Told<'a> = (usize, usize, Vec<&'a [u8]>);

fn found<'a>(plain: &mut PlainRecords, bytes: &'a [u8], from: usize) -> Vec<Told<'a>> {
    plain.find(bytes, from, b',');
    told(plain, bytes)
}

fn told<'a>(plain: &mut PlainRecords, bytes: &'a [u8]) -> Vec<Told<'a>> {
    let mut told = Vec::new();
    while let Some(record) = plain.next(bytes) {
        let fields = record.bounds.windows(2).map(|pair| &bytes[pair[0].wrapping_add(1) as usize..pair[1] as usize]);
        let fields = if record.end == record.start { Vec::new() } else { fields.collect() };
        assert!(!record.has_no_carriage_return || !bytes[record.start..record.next].contains(&b'\r'));
        told.push((record.start, record.next, fields));
    }
    told
}

/// The records before the first quote that end in a line feed, as the scanner finds them.
fn scanned(bytes: &[u8], from: usize) -> Vec<Told<'_>> {
    let end = bytes[from..].iter().position(|byte| *byte == b'"').map_or(bytes.len(), |at| from + at);
    let mut told = Vec::new();
    let mut spans = Vec::new();
    let mut scanner = Scanner::new(&bytes[..end], from, b',', false);
    loop {
        let start = scanner.position();
        let fields = match scanner.next_record(&mut spans) {
            Step::Record(_) => spans.iter().map(|span| &bytes[span.start as usize..span.end as usize]).collect(),
            Step::Blank => Vec::new(),
            _ => return told,
        };
        told.push((start, scanner.position(), fields));
    }
}

fn mostly_plain() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => Just(b",".to_vec()),
        4 => Just(b"\n".to_vec()),
        1 => Just(b"\n\n\n".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        8 => "[ab ;]{1,9}".prop_map(String::into_bytes),
        1 => "[a-z]{60,200}".prop_map(String::into_bytes),
        1 => Just(vec![b','; 70]),
        1 => Just(b"\"".to_vec()),
    ];
    proptest::collection::vec(piece, 0..90).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn agrees_with_the_scanner(bytes in mostly_plain(), from in any::<prop::sample::Index>()) {
        let from = from.index(bytes.len() + 1);
        let mut plain = PlainRecords::default();
        let ends_at_quote = plain.find_portably(&bytes, from, b',');
        let told = self::told(&mut plain, &bytes);
        // Whatever the processor has.
        prop_assert_eq!(plain.find(&bytes, from, b','), ends_at_quote);
        prop_assert_eq!(&self::told(&mut plain, &bytes), &told);
        let expected = scanned(&bytes, from);
        // The bytes of the last block, if they do not fill it, are left to the scanner.
        prop_assert!(told.len() <= expected.len());
        prop_assert_eq!(&told[..], &expected[..told.len()]);
        if let Some((_, next, _)) = expected.get(told.len()) {
            prop_assert!(*next > bytes.len() - bytes.len() % 64);
        }
    }
}

#[test]
fn a_stretch_ends_and_the_next_one_goes_on() {
    let bytes: Vec<u8> = (0..9_000).flat_map(|row| format!("{row},,b\n").into_bytes()).collect();
    let mut plain = PlainRecords::default();
    let (mut from, mut told) = (0, Vec::new());
    loop {
        let more = found(&mut plain, &bytes, from);
        let Some((_, next, _)) = more.last() else { break };
        from = *next;
        told.extend(more);
    }
    let expected = scanned(&bytes, 0);
    assert!(expected.len() - told.len() < 10);
    assert_eq!(told, expected[..told.len()]);
}

#[derive(Default)]
struct Ids(Vec<Vec<u8>>);

impl RowConsumer for Ids {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        self.0.push(row.partner_id.to_vec());
        Ok(())
    }

    fn reject(&mut self, reject: Reject) {
        panic!("{reject:?}");
    }
}

/// A chunk that is not begun where the one before it ended would be read a second time: right, but slow.
#[test]
fn each_chunk_begins_where_the_one_before_it_ended() {
    const ROWS: usize = 2_000;
    const CHUNK_BYTES: u64 = 4_096;
    for every_quoted in [1, 7, ROWS + 1] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "partner_id,partner_name,offer_type,purchase_date").unwrap();
        for row in 0..ROWS {
            let name = if row % every_quoted == every_quoted - 1 { "\"a, \"\"b\"\"\"" } else { "a" };
            writeln!(file, "{row},{name},membership,2020-01-01").unwrap();
        }
        let source = CsvSource::open(InputFile::open(file.path()).unwrap(), &ReadOptions::new(1 << 20)).unwrap();
        let (mut reader, mut ids, mut next_record) = (ChunkReader::default(), Ids::default(), source.layout.data_start);
        for index in 0..source.file.size().div_ceil(CHUNK_BYTES) {
            let outcome = reader.read(&source, index, CHUNK_BYTES, None, &DateFormat::Iso, &mut ids).unwrap();
            assert_eq!(outcome.first_record, Some(next_record), "chunk {index}, every {every_quoted}th row quoted");
            next_record = outcome.next_record;
        }
        assert_eq!(ids.0, (0..ROWS).map(|row| row.to_string().into_bytes()).collect::<Vec<_>>());
    }
}
