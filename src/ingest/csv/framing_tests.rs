//! The scanner against a state machine that reads one byte after the other, and against outside vectors.

use super::framing::{FieldSpan, Scanner, Step};
use proptest::prelude::*;

/// A record as both engines tell it: offset, line, fields, and whether a quote is bad.
type Told = (usize, u64, Vec<Vec<u8>>, bool);

/// SPEC §2 byte by byte; `None` at the end where a quoted field is still open.
fn reference(bytes: &[u8], delimiter: u8) -> Vec<Option<Told>> {
    #[derive(PartialEq)]
    enum State {
        FieldStart,
        Unquoted,
        Quoted,
        AfterQuote,
        Stray,
    }
    let mut told = Vec::new();
    let (mut position, mut line) = (0, 0);
    while position < bytes.len() {
        let (start, start_line) = (position, line);
        let (mut state, mut fields, mut field, mut bad) = (State::FieldStart, Vec::new(), Vec::new(), false);
        let mut ended = false;
        while position < bytes.len() && !ended {
            let byte = bytes[position];
            let at_line_end = byte == b'\n' || (byte == b'\r' && bytes.get(position + 1) == Some(&b'\n'));
            match state {
                State::Quoted if byte == b'"' => state = State::AfterQuote,
                State::Quoted => field.push(byte),
                State::AfterQuote if byte == b'"' => {
                    field.push(b'"');
                    state = State::Quoted;
                }
                State::FieldStart if byte == b'"' => state = State::Quoted,
                _ if at_line_end => {
                    position += usize::from(byte == b'\r');
                    ended = true;
                }
                _ if byte == delimiter => {
                    fields.push(std::mem::take(&mut field));
                    state = State::FieldStart;
                }
                State::AfterQuote | State::Stray => {
                    bad = true;
                    state = State::Stray;
                }
                State::FieldStart | State::Unquoted => {
                    field.push(byte);
                    state = State::Unquoted;
                }
            }
            line += u64::from(bytes[position] == b'\n');
            position += 1;
        }
        if state == State::Quoted {
            told.push(None);
            return told;
        }
        let content = &bytes[start..position];
        if content == b"\n" || content == b"\r\n" {
            continue;
        }
        fields.push(field);
        told.push(Some((start, start_line, fields, bad)));
    }
    told
}

fn scanned(bytes: &[u8], delimiter: u8) -> Vec<Option<Told>> {
    let mut told = Vec::new();
    let mut fields: Vec<FieldSpan> = Vec::new();
    let mut scanner = Scanner::new(bytes, 0, delimiter, true);
    loop {
        let step = scanner.next_record(&mut fields);
        match step {
            Step::Record(record) => {
                let line = bytes[..record.start].iter().filter(|&&byte| byte == b'\n').count() as u64;
                let texts = fields.iter().map(|field| {
                    let mut output = Vec::new();
                    field.append_text(bytes, &mut output);
                    output
                });
                told.push(Some((record.start, line, texts.collect(), record.has_bad_quote)));
                let lines = bytes[..scanner.position()].iter().filter(|&&byte| byte == b'\n').count();
                assert_eq!(scanner.lines(), lines as u64);
            }
            Step::OpenAtEnd => {
                told.push(None);
                return told;
            }
            Step::Blank => {}
            Step::End => return told,
            Step::Incomplete => panic!("the scanner was told that the file ends here"),
        }
    }
}

fn csv_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => Just(b",".to_vec()),
        4 => Just(b"\n".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        4 => Just(b"\"".to_vec()),
        2 => Just(b"\"\"".to_vec()),
        2 => Just(b"\",\"".to_vec()),
        1 => Just(b"\0".to_vec()),
        6 => "[ab ;]{1,9}".prop_map(String::into_bytes),
        1 => "[a-z]{60,70}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Stray bytes of a field with a bad quote are told by no engine: the record is rejected as a whole.
fn without_bad_fields(told: Vec<Option<Told>>) -> Vec<Option<Told>> {
    told.into_iter()
        .map(|record| {
            record.map(|(start, line, fields, bad)| (start, line, if bad { Vec::new() } else { fields }, bad))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn agrees_with_reading_byte_by_byte(bytes in csv_like()) {
        prop_assert_eq!(
            without_bad_fields(scanned(&bytes, b',')),
            without_bad_fields(reference(&bytes, b','))
        );
    }

    /// What is cut off anywhere is never read as a whole record that the full bytes do not have.
    #[test]
    fn a_cut_never_makes_a_record(bytes in csv_like(), cut in any::<prop::sample::Index>()) {
        let whole = scanned(&bytes, b',');
        let cut = cut.index(bytes.len() + 1);
        let mut fields = Vec::new();
        let mut scanner = Scanner::new(&bytes[..cut], 0, b',', false);
        let mut count = 0;
        loop {
            let record = match scanner.next_record(&mut fields) {
                Step::Record(record) => record,
                Step::Blank => continue,
                _ => break,
            };
            let expected = whole[count].as_ref().unwrap();
            prop_assert_eq!((record.start, record.has_bad_quote), (expected.0, expected.3));
            prop_assert_eq!(fields.len(), scanner_field_count(&bytes, record.start));
            count += 1;
        }
    }

    /// Records without stray quotes are those of the `csv` crate.
    #[test]
    fn agrees_with_the_csv_crate(rows in proptest::collection::vec(proptest::collection::vec("[a-c,\"\n\r ]{0,6}", 3), 0..12)) {
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let told = scanned(&bytes, b',').into_iter().map(|record| record.unwrap().2);
        let expected = rows.iter().map(|row| row.iter().map(|cell| cell.clone().into_bytes()).collect::<Vec<_>>());
        prop_assert_eq!(told.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}

fn scanner_field_count(bytes: &[u8], start: usize) -> usize {
    let mut fields = Vec::new();
    Scanner::new(bytes, start, b',', true).next_record(&mut fields);
    fields.len()
}
