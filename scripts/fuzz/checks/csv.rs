//! Records of CSV: in chunks of any size, as a stream, and by the `csv` crate.

use super::rows::{Texts, Told, file_of};
use renewals::ingest::csv::{ChunkReader, CsvSource, CsvStream, Piece};
use renewals::ingest::stream::StreamOrigin;
use renewals::ingest::{Column, DateFormat, InputFile, ReadOptions};

const COLUMNS: &[Column] = &[Column::PartnerId, Column::OfferType, Column::PurchaseDate];

/// The first byte says the delimiter, the limit of a record and the size of chunks; the rest follows the header.
pub fn check(data: &[u8]) {
    let Some((settings, body)) = data.split_first() else { return };
    let delimiter = [b',', b'\t', b';'][usize::from(settings & 3) % 3];
    let max_record_bytes = [1 << 20, 64][usize::from(settings >> 2 & 1)];
    let chunk_bytes = [16, 100, 1024, 1 << 20][usize::from(settings >> 3 & 3)];
    let names: Vec<&str> = COLUMNS.iter().map(|column| column.as_str()).collect();
    let mut bytes = names.join(&char::from(delimiter).to_string()).into_bytes();
    bytes.push(b'\n');
    bytes.extend_from_slice(body);
    let (_kept, file) = file_of(&bytes);
    let options = ReadOptions::new(max_record_bytes);
    let path = file.path().to_owned();
    let source = CsvSource::open(file, &options).expect("the header is fine");
    assert_eq!(source.layout.delimiter, delimiter);

    let whole = in_chunks(&source, source.file.size());
    assert_eq!(in_chunks(&source, chunk_bytes), whole, "chunks of {chunk_bytes} bytes");
    assert_eq!(as_stream(&path, &options, chunk_bytes), whole, "a stream in pieces of {chunk_bytes} bytes");
    let is_lone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    // The `csv` crate ends a record at a carriage return that stands alone; here it is data.
    if !(0..bytes.len()).any(is_lone) {
        compare(&bytes, delimiter, max_record_bytes, &whole);
    }
}

/// Chunk after chunk, each read again where its first record was taken to begin elsewhere than it does.
fn in_chunks(source: &CsvSource, chunk_bytes: u64) -> Vec<Told> {
    let mut told = Vec::new();
    let (mut next, mut lines) = (source.layout.data_start, source.layout.lines_before_data);
    let mut reader = ChunkReader::default();
    for index in 0..source.file.size().div_ceil(chunk_bytes) {
        if next >= ((index + 1) * chunk_bytes).min(source.file.size()) {
            continue;
        }
        let mut read = |from| {
            let mut texts = Texts { columns: COLUMNS, lines_before: lines, told: Vec::new() };
            let outcome = reader.read(source, index, chunk_bytes, from, &DateFormat::Iso, &mut texts);
            (outcome.expect("the file can be read"), texts.told)
        };
        let (mut outcome, mut found) = read(None);
        if outcome.first_record != Some(next) {
            (outcome, found) = read(Some(next));
        }
        assert_eq!(outcome.rows, found.len() as u64, "every row is told");
        told.append(&mut found);
        next = outcome.next_record;
        lines += outcome.lines;
    }
    told
}

fn as_stream(path: &std::path::Path, options: &ReadOptions, piece_bytes: u64) -> Vec<Told> {
    let origin = StreamOrigin::File(InputFile::open(path).expect("it is still there"));
    let stream = CsvStream::open(origin, options).expect("the header is fine");
    let mut reader = stream.start(piece_bytes).expect("started");
    let mut texts = Texts { columns: COLUMNS, lines_before: stream.layout.lines_before_data, told: Vec::new() };
    let (mut chunks, mut piece) = (ChunkReader::default(), Piece::default());
    loop {
        let _bytes = reader.next(&stream, &mut piece).expect("the stream can be read");
        let outcome = chunks.read_piece(&stream.layout, &piece, &DateFormat::Iso, &mut texts);
        texts.lines_before += outcome.lines;
        if piece.is_last() {
            return texts.told;
        }
    }
}

/// Every record is that of the `csv` crate, or is rejected for what it has.
fn compare(bytes: &[u8], delimiter: u8, max_record_bytes: usize, told: &[Told]) {
    let mut reader = ::csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
    let mut record = ::csv::ByteRecord::new();
    assert!(reader.read_byte_record(&mut record).expect("memory can be read"), "the header");
    for told in told {
        let start = reader.position().byte() as usize;
        assert!(reader.read_byte_record(&mut record).expect("memory can be read"), "no record: {told:?}");
        let raw = &bytes[start..reader.position().byte() as usize];
        match told {
            Told::Row(_, _, texts) => assert!(record.iter().eq(texts.iter().map(Vec::as_slice)), "{record:?} {told:?}"),
            Told::Reject(_, _, None, "unclosed_quote") => return,
            Told::Reject(_, _, None, "record_too_long") => assert!(raw.len() > max_record_bytes),
            Told::Reject(_, _, None, "bad_quote") => assert!(raw.contains(&b'"')),
            Told::Reject(_, _, None, "bad_utf8") => {
                assert!(record.iter().any(|field| std::str::from_utf8(field).is_err()));
            }
            Told::Reject(_, _, None, "too_few_fields") => assert!(record.len() < COLUMNS.len()),
            Told::Reject(_, _, None, "too_many_fields") => assert!(record.len() > COLUMNS.len()),
            Told::Reject(..) => panic!("no cell is checked: {told:?}"),
        }
    }
    assert!(!reader.read_byte_record(&mut record).expect("memory can be read"), "a record more: {record:?}");
}
