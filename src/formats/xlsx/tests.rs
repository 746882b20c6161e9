//! Workbooks of a few rows, opened again by another library.

use super::parts::PART_ROWS;
use super::report_sheets::Sheet;
use super::*;
use crate::finance::FeeOutlook;
use crate::formats::AssumptionWords;
use crate::reports::{CellSink, CurrencyIndex, Report, Tally};
use crate::rules::Date;
use calamine::{Data, Reader, Xlsx};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

type Scratch = Cursor<Vec<u8>>;

/// The rows of `rejects` whose texts are the given ones, each in the column `value`.
fn rejects(texts: &[&str]) -> XlsxCellSink {
    let mut cells = XlsxCellSink::new(Report::Rejects);
    for (line, text) in (2..).zip(texts) {
        cells.text(b"export.csv");
        cells.integer(line);
        cells.optional_integer(None);
        cells.word(b"fee");
        cells.word(b"bad_decimal");
        cells.text(text.as_bytes());
        cells.text(b"=not a formula");
        cells.end_row();
    }
    cells
}

/// Rows of `rejects` as finished sheets, given in batches and encoded in an order of their own.
fn sheets(batches: &[XlsxCellSink], limits: SheetLimits) -> FinishedSheets<Scratch> {
    let mut sheets = ReportSheets::new(Report::Rejects, Scratch::default(), limits);
    let mut complete = Vec::new();
    batches.iter().for_each(|batch| sheets.append(batch, &mut complete));
    complete.extend(sheets.complete());
    let encoded: Vec<EncodedPart> = complete.into_iter().rev().map(SheetPart::encode).collect();
    encoded.into_iter().for_each(|part| sheets.accept(part).unwrap());
    sheets.finish()
}

fn write<W: Write, S: Read + Seek>(output: W, reports: Vec<FinishedSheets<S>>) -> Result<W, XlsxFormatError> {
    let as_of = Date::parse_iso(b"2020-06-05").unwrap();
    let facts = WorkbookFacts {
        as_of,
        run: vec![("as of", Fact::Date(as_of)), ("policy", Fact::Text("=1+1".to_owned()))],
        inputs: Vec::new(),
        tally: &Tally::default(),
        currencies: &CurrencyIndex::default(),
        outlook: &FeeOutlook::default(),
        assumptions: AssumptionWords { title: "t", source: "=s", scenario_sources: &[], rates: &[] },
        exchange: None,
    };
    write_workbook(output, &facts, reports).map(|(output, _)| output)
}

fn workbook(reports: Vec<FinishedSheets<Scratch>>) -> Vec<u8> {
    write(Vec::new(), reports).unwrap()
}

fn open(bytes: Vec<u8>) -> Xlsx<Scratch> {
    Xlsx::new(Cursor::new(bytes)).unwrap()
}

/// The column `value` of a sheet, the header first.
fn values(workbook: &mut Xlsx<Scratch>, sheet: &str) -> Vec<String> {
    let range = workbook.worksheet_range(sheet).unwrap();
    range.rows().map(|row| row[5].to_string()).collect()
}

#[test]
fn a_report_of_more_rows_than_a_sheet_holds_goes_on_in_another() {
    let texts: Vec<String> = (0..10).map(|index| format!("value {index}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for (rows, expected) in
        [(0, vec![0]), (1, vec![1]), (3, vec![3]), (4, vec![3, 1]), (6, vec![3, 3]), (10, vec![3, 3, 3, 1])]
    {
        // Three rows and the header.
        let finished = sheets(&[rejects(&texts[..rows])], SheetLimits { rows: 4, bytes: 1 << 20 });
        let mut workbook = open(workbook(vec![finished]));
        let names = workbook.sheet_names();
        assert_eq!(names.len(), 2 + expected.len(), "{names:?}");
        let mut found = Vec::new();
        for (index, (name, &count)) in names[2..].iter().zip(&expected).enumerate() {
            let suffix = if index == 0 { String::new() } else { format!(" ({})", index + 1) };
            assert_eq!(*name, format!("rejects{suffix}"));
            let values = values(&mut workbook, name);
            assert_eq!(values.len(), 1 + count, "{name}");
            assert_eq!(values[0], "value", "every sheet has the header");
            found.extend_from_slice(&values[1..]);
        }
        assert_eq!(found, texts[..rows]);
    }
}

#[test]
fn a_sheet_ends_before_it_has_more_bytes_than_its_file_may_have() {
    let row = rejects(&["x"]).row_bytes(0) as u64;
    for (bytes, expected) in [(1, vec![1, 1, 1, 1, 1]), (2 * row, vec![2, 2, 1]), (2 * row + 1, vec![3, 2])] {
        let finished = sheets(&[rejects(&["x"; 5])], SheetLimits { rows: 100, bytes });
        assert_eq!(finished.sheets.iter().map(|sheet| sheet.rows).collect::<Vec<_>>(), expected, "{bytes} bytes");
    }
}

#[test]
fn the_bytes_do_not_depend_on_how_the_rows_came_in_batches() {
    let texts: Vec<String> = (0..2 * PART_ROWS + 500).map(|index| format!("{index:>40}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let limits = SheetLimits { rows: PART_ROWS as u32 + 300, bytes: 1 << 30 };
    let whole = workbook(vec![sheets(&[rejects(&texts)], limits)]);
    for size in [7, PART_ROWS + 299] {
        let all = rejects(&texts);
        let batches = (0..all.rows()).step_by(size).map(|from| {
            let mut batch = XlsxCellSink::new(Report::Rejects);
            batch.append(&all, from, (from + size).min(all.rows()));
            batch
        });
        let batches: Vec<XlsxCellSink> = batches.collect();
        assert!(workbook(vec![sheets(&batches, limits)]) == whole, "batches of {size}");
    }
    let mut workbook = open(whole);
    let first = values(&mut workbook, "rejects");
    let second = values(&mut workbook, "rejects (2)");
    assert_eq!([first.len(), second.len()], [PART_ROWS + 300, PART_ROWS + 202]);
    assert!(first[1..].iter().chain(&second[1..]).eq(&texts));
}

#[test]
fn nothing_of_the_data_is_a_formula() {
    let finished = sheets(&[rejects(&["=1+1", "+1", "-1", "@A1", "=cmd|' /C calc'!A0"])], SheetLimits::EXCEL);
    let bytes = workbook(vec![finished]);
    let archive = rawzip::ZipArchive::from_slice(&bytes).unwrap();
    let mut entries = archive.entries();
    let mut sheets = 0;
    while let Some(entry) = entries.next_entry().unwrap() {
        let local = archive.get_entry(entry.wayfinder()).unwrap();
        let mut xml = String::new();
        let data = flate2::bufread::DeflateDecoder::new(local.data());
        // Checks length and checksum too.
        local.verifying_reader(data).read_to_string(&mut xml).unwrap();
        assert!(
            !xml.contains("<f>") && !xml.contains("<f "),
            "{}",
            String::from_utf8_lossy(entry.file_path().as_ref())
        );
        sheets += usize::from(xml.contains("<sheetData"));
    }
    assert_eq!(sheets, 3);
    let mut workbook = open(bytes);
    assert_eq!(values(&mut workbook, "rejects")[1..], ["=1+1", "+1", "-1", "@A1", "=cmd|' /C calc'!A0"]);
    let summary = workbook.worksheet_range("Summary").unwrap();
    assert_eq!(summary.get_value((2, 1)), Some(&Data::String("=1+1".to_owned())));
}

/// A file that is full after a number of bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Full {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Other.into())
    }
}

impl Seek for Full {
    fn seek(&mut self, _position: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

#[test]
fn errors_of_the_system_are_told_wherever_they_come() {
    let is_full = |error: XlsxFormatError| matches!(error, XlsxFormatError::Io(cause) if cause.kind() == io::ErrorKind::StorageFull);
    let part = SheetPart { index: 0, sheet: 0, first_row: 2, cells: rejects(&["x"]) }.encode();
    let mut aside = ReportSheets::new(Report::Rejects, Full(10), SheetLimits::EXCEL);
    assert!(is_full(aside.accept(part).unwrap_err()));
    let whole = workbook(vec![sheets(&[rejects(&["x"])], SheetLimits::EXCEL)]).len();
    for room in (0..whole - 200).step_by(811) {
        let finished = sheets(&[rejects(&["x"])], SheetLimits::EXCEL);
        let error = write(Full(room), vec![finished]).map(drop).unwrap_err();
        assert!(is_full(error), "room for {room} bytes");
    }
    let unreadable = FinishedSheets {
        report: Report::Rejects,
        scratch: Full(usize::MAX),
        sheets: vec![Sheet { rows: 1, compressed_bytes: 9, ..Sheet::default() }],
        exceptions: Exceptions::default(),
        widths: vec![0; 7],
    };
    let error = write(Vec::new(), vec![unreadable]).map(drop).unwrap_err();
    assert!(matches!(error, XlsxFormatError::Io(cause) if cause.kind() == io::ErrorKind::Other));
}

#[test]
fn what_the_library_says_is_told() {
    use rust_xlsxwriter::XlsxError;
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let error = XlsxFormatError::from(XlsxError::IoError(full));
    assert!(matches!(&error, XlsxFormatError::Io(cause) if cause.kind() == std::io::ErrorKind::StorageFull), "{error}");
    let error = XlsxFormatError::from(XlsxError::SheetnameCannotBeBlank("Summary".to_owned()));
    assert!(error.to_string().starts_with("the workbook's frame could not be made: "), "{error}");
    assert!(error.to_string().contains("Summary"), "{error}");
}
