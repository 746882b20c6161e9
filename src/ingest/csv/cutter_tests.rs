//! A stream is read as the same bytes in a file are, however they come and whatever the records are like.

use super::chunk::{ChunkOutcome, ChunkReader};
use super::cutter::PieceCutter;
use super::piece::Piece;
use super::source::{CsvLayout, CsvSource};
use crate::ingest::{DateFormat, Fault, InputFile, ReadOptions, Reject, Row, RowConsumer};
use proptest::prelude::*;
use std::io::{self, Read};

const HEADER: &str = "partner_id,offer_type,purchase_date\n";

/// What a reader made of the records: identifiers, and rejects with their line and offset.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    rows: Vec<Vec<u8>>,
    rejects: Vec<(u64, Option<u64>, String)>,
    lines: u64,
    count: u64,
}

impl RowConsumer for Told {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        self.rows.push(row.partner_id.to_vec());
        Ok(())
    }

    fn reject(&mut self, reject: Reject) {
        let line = self.lines + reject.line_in_batch;
        self.rejects.push((line, reject.byte_offset, format!("{:?} {:?}", reject.code, reject.value)));
    }
}

impl Told {
    fn add(&mut self, outcome: ChunkOutcome) {
        self.lines += outcome.lines;
        self.count += outcome.rows;
    }
}

/// Gives a few bytes at a time.
struct Dripping {
    bytes: Vec<u8>,
    at: usize,
    most: usize,
}

impl Read for Dripping {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(self.most).min(self.bytes.len() - self.at);
        buffer[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn from_file(bytes: &[u8], limit: usize) -> Told {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.csv");
    std::fs::write(&path, bytes).unwrap();
    let source = CsvSource::open(InputFile::open(&path).unwrap(), &ReadOptions::new(limit)).unwrap();
    let chunk_bytes = (bytes.len() as u64).next_power_of_two().max(1024);
    let mut told = Told::default();
    let outcome = ChunkReader::default().read(&source, 0, chunk_bytes, None, &DateFormat::Iso, &mut told).unwrap();
    told.add(outcome);
    told
}

fn from_stream(bytes: &[u8], limit: usize, piece_bytes: usize, most: usize) -> Told {
    let layout = CsvLayout::read("in.csv".as_ref(), bytes, true, &ReadOptions::new(limit)).unwrap();
    let rest = bytes[layout.data_start as usize..].to_vec();
    let stream = Box::new(Dripping { bytes: rest, at: 0, most });
    let mut cutter = PieceCutter::new(stream, layout.data_start, piece_bytes);
    let (mut piece, mut reader, mut told) = (Piece::default(), ChunkReader::default(), Told::default());
    let mut next = layout.data_start;
    loop {
        cutter.next(&layout, &mut piece).unwrap();
        let outcome = reader.read_piece(&layout, &piece, &DateFormat::Iso, &mut told);
        assert_eq!(outcome.first_record, Some(next), "pieces follow each other");
        next = outcome.next_record;
        told.add(outcome);
        if piece.is_last() {
            assert_eq!(next, bytes.len() as u64, "nothing is left");
            return told;
        }
    }
}

#[track_caller]
fn assert_same(rest: &str, limit: usize) {
    let bytes = format!("{HEADER}{rest}").into_bytes();
    let expected = from_file(&bytes, limit);
    for (piece_bytes, most) in [(1, 1), (7, 3), (16, 1000), (64, 5), (1000, 1000), (1 << 16, 1 << 16)] {
        assert_eq!(from_stream(&bytes, limit, piece_bytes, most), expected, "{piece_bytes} {most}\n{rest:?}");
    }
}

#[test]
fn records_of_every_kind() {
    let line = "7,action_pack,2019-06-01\n";
    let repeated = |text: &str, count: usize| text.repeat(count);
    for rest in [
        String::new(),
        line.to_owned(),
        format!("{line}\n\r\n{line}8,action_pack,2019-06-01"),
        format!("\"7\nand\",action_pack,2019-06-01\r\n{line}"),
        format!("7,\"open\n{line}"),
        format!("7,\"open{}", repeated(line, 9)),
        format!("{},too,long\n{line}", repeated("x", 500)),
        format!("{},\"too\nlong\",x\n{line}", repeated("x", 500)),
        format!("{},\"too\nlong,x\n{line}", repeated("x", 500)),
        format!("{line}\"{}\n{line}", repeated("x", 500)),
        format!("{line}\"{}", repeated("x", 500)),
        format!("\"{}\",action_pack,2019-06-01\n{line}", repeated("a\n", 30)),
        repeated("a\"b,\"c\n", 60),
        format!("{}{line}", repeated("a\"b,\"c\n", 61)),
        format!("7,\"a\"\"\n{}", repeated("\"\"\n", 50)),
    ] {
        for limit in [40, 41, 42, 60, 100, 1000] {
            assert_same(&rest, limit);
        }
    }
}

#[test]
fn a_line_without_an_end_is_not_held() {
    let bytes = [HEADER.as_bytes(), b"7,\"open", &[b'x'; 3_000_000], b"\n8,action_pack,2019-06-01\n"].concat();
    let layout = CsvLayout::read("in.csv".as_ref(), &bytes[..100], false, &ReadOptions::new(60)).unwrap();
    let rest = bytes[layout.data_start as usize..].to_vec();
    let mut cutter = PieceCutter::new(Box::new(io::Cursor::new(rest)), layout.data_start, 1024);
    let mut piece = Piece::default();
    cutter.next(&layout, &mut piece).unwrap();
    assert!(cutter.memory() < 10_000, "{}", cutter.memory());
    assert!(piece.overlong.is_some_and(|overlong| overlong.open.is_some() && overlong.lines == 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_text(rest in "[\",\n\ra]{0,200}", limit in 36_usize..90, piece_bytes in 1_usize..80, most in 1_usize..80) {
        let bytes = format!("{HEADER}{rest}").into_bytes();
        prop_assert_eq!(from_stream(&bytes, limit, piece_bytes, most), from_file(&bytes, limit));
    }

    #[test]
    fn lines_with_quotes(
        lines in proptest::collection::vec("(a\"b,\"c|x,\"y|\"\"\"|7,action_pack,2019-06-01|z{0,90}|\"q\"\",\"){1,3}\r?\n", 0..30),
        limit in 36_usize..90,
        piece_bytes in 1_usize..300,
    ) {
        let bytes = format!("{HEADER}{}", lines.concat()).into_bytes();
        prop_assert_eq!(from_stream(&bytes, limit, piece_bytes, 1000), from_file(&bytes, limit));
    }
}
