//! Tests of opening CSV files: a header of any length is found, however little of the file is read at first.

use super::source::{BEGINNING_BYTES, CsvLayout, CsvSource};
use crate::ingest::file::InputFile;
use crate::ingest::read_options::ReadOptions;
use std::sync::Arc;
use tempfile::TempDir;

const NEEDED: &str = "partner_id,partner_name,country,offer_type,offer_name,level,purchase_date,payment_date,auto_renew,\
    in_good_standing,fee,currency";

fn open(directory: &TempDir, name: &str, text: &str) -> Result<CsvSource, String> {
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    CsvSource::open(InputFile::open(&path).unwrap(), &ReadOptions::new(1 << 20)).map_err(|error| error.to_string())
}

#[test]
fn the_layout_is_that_of_the_whole_file() {
    let directory = TempDir::new().unwrap();
    let beginning = BEGINNING_BYTES as usize;
    let rows = "1,2,3\n".repeat(100_000);
    let mut texts = vec![format!("{NEEDED}\n"), format!("\u{feff}{NEEDED}\r\n{rows}"), String::new(), rows.clone()];
    for length in [beginning - 2, beginning - 1, beginning, beginning + 1, beginning * 8, beginning * 9, 2 << 20] {
        let more = "x".repeat(length - NEEDED.len() - 1);
        texts.push(format!("{NEEDED},{more}\n{rows}"));
        texts.push(format!("{NEEDED},{more}"));
        // A quote that opens a field by one delimiter only, and blank lines in front.
        texts.push(format!("{NEEDED},a;\"{more}\n{rows}\"\n"));
        texts.push(format!("{NEEDED},\"{more}\n\"\n{rows}"));
        texts.push(format!("{}{NEEDED}\n{rows}", "\n".repeat(length)));
    }
    for text in &texts {
        let source = open(&directory, "x.csv", text);
        let path = directory.path().join("x.csv");
        let expected = CsvLayout::read(&path, text.as_bytes(), true, &ReadOptions::new(1 << 20));
        let told = |layout: &CsvLayout| (layout.data_start, layout.lines_before_data, layout.names.clone());
        let shown = (text.len(), text.chars().take(80).collect::<String>());
        match (source, expected) {
            (Ok(source), Ok(expected)) => assert_eq!(told(&source.layout), told(&expected), "{shown:?}"),
            (Err(error), Err(expected)) => assert_eq!(error, expected.to_string(), "{shown:?}"),
            (source, expected) => {
                // Of a header that is longer than any may be, nothing more is read.
                let error = source.expect_err("too long");
                assert!(error.contains("--max-record-bytes"), "{shown:?} {error} {:?}", expected.err());
            }
        }
    }
}

#[test]
fn files_of_one_layout_hold_it_once() {
    let directory = TempDir::new().unwrap();
    let first = open(&directory, "1.csv", &format!("{NEEDED}\n1\n")).unwrap();
    let others = [("2.csv", NEEDED.to_owned(), true), ("3.csv", NEEDED.replace(',', ";"), false)];
    for (name, header, is_same) in others.into_iter().chain([("4.csv", format!("{NEEDED},more"), false)]) {
        let mut other = open(&directory, name, &format!("{header}\n2\n")).unwrap();
        other.share_layout(&first);
        assert_eq!(Arc::ptr_eq(&other.layout, &first.layout), is_same, "{name}");
    }
}
