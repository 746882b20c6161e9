//! The workbook's file: the frame, with the rows of the reports put into its sheets.

use super::XlsxFormatError;
use super::cells::Exceptions;
use super::facts::{ReportSheet, ReportSheetList, WorkbookFacts, sheet_name};
use super::frame::{self, SHEETS_BEFORE_REPORTS};
use super::parts::Deflate;
use super::report_sheets::{FinishedSheets, Sheet};
use crate::ingest::caught;
use flate2::bufread::DeflateDecoder;
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchive, ZipArchiveWriter};
use std::io::{self, Read, Seek, Write};

/// The first day that a file of an archive can be of: nothing in a workbook depends on the clock.
const EARLIEST: UtcDateTime = match UtcDateTime::from_components(1980, 1, 1, 0, 0, 0, 0) {
    Some(time) => time,
    None => panic!("the first of 1980 is a day"),
};

/// Writes the workbook, and returns the output and what the workbook could not hold as it is.
///
/// # Errors
/// Writing fails, or reading what was put aside.
pub fn write_workbook<W: Write, S: Read + Seek>(
    output: W,
    facts: &WorkbookFacts<'_>,
    mut reports: Vec<FinishedSheets<S>>,
) -> Result<(W, Exceptions), XlsxFormatError> {
    let list = list(&reports);
    // The library ends in a panic where the system refuses it a thread.
    let frame = caught(|| frame::build(facts, &list)).map_err(XlsxFormatError::Panic)??;
    let exceptions = list.exceptions;
    let mut sheets = Vec::new();
    for (index, report) in reports.iter_mut().enumerate() {
        report.scratch.rewind()?;
        sheets.extend(std::mem::take(&mut report.sheets).into_iter().map(|sheet| (index, sheet)));
    }
    let frame = ZipArchive::from_slice(&frame)?;
    let mut archive = ZipArchiveWriter::new(output);
    let mut entries = frame.entries();
    while let Some(entry) = entries.next_entry()? {
        let path = entry.file_path().try_normalize()?;
        let local = frame.get_entry(entry.wayfinder())?;
        let method = entry.compression_method();
        let file = archive.new_file(path.as_ref()).compression_method(method).last_modified(EARLIEST);
        let (mut writer, _) = file.start()?;
        let descriptor = match report_sheet(path.as_ref()).and_then(|index| sheets.get(index)) {
            Some((report, sheet)) if method == CompressionMethod::DEFLATE => {
                let mut xml = String::new();
                DeflateDecoder::new(local.data()).read_to_string(&mut xml)?;
                write_sheet(&xml, sheet, &mut reports[*report].scratch, &mut writer)?
            }
            _ => {
                writer.write_all(local.data())?;
                DataDescriptorOutput::new(entry.crc32(), entry.uncompressed_size_hint())
            }
        };
        writer.finish(descriptor)?;
    }
    Ok((archive.finish()?, exceptions))
}

/// The sheets as the frame needs to know them.
fn list<S>(reports: &[FinishedSheets<S>]) -> ReportSheetList<'_> {
    let mut list = ReportSheetList { sheets: Vec::new(), exceptions: Exceptions::default() };
    for finished in reports {
        list.exceptions.add(finished.exceptions);
        for (index, sheet) in finished.sheets.iter().enumerate() {
            let name = sheet_name(finished.report, index);
            list.sheets.push(ReportSheet { report: finished.report, name, rows: sheet.rows, widths: &finished.widths });
        }
    }
    list
}

/// Which of the reports' sheets a file of the workbook is.
fn report_sheet(path: &str) -> Option<usize> {
    let number: usize = path.strip_prefix("xl/worksheets/sheet")?.strip_suffix(".xml")?.parse().ok()?;
    number.checked_sub(1 + SHEETS_BEFORE_REPORTS)
}

/// Writes a sheet of the frame, the rows in the place of its empty cell.
fn write_sheet(
    xml: &str,
    sheet: &Sheet,
    rows: &mut impl Read,
    output: &mut impl Write,
) -> Result<DataDescriptorOutput, XlsxFormatError> {
    const ROW_END: &str = "</row>";
    let unexpected = XlsxFormatError::UnexpectedFrame;
    let header_end = xml.find(ROW_END).ok_or(unexpected("has a sheet without a header"))? + ROW_END.len();
    let rows_end = xml.find("</sheetData>").ok_or(unexpected("has a sheet without data"))?;
    let mut start = Deflate::new();
    start.add(&xml.as_bytes()[..header_end]);
    let (compressed, mut crc) = start.pause();
    output.write_all(&compressed)?;
    let copied = io::copy(&mut rows.take(sheet.compressed_bytes), output)?;
    if copied != sheet.compressed_bytes {
        return Err(XlsxFormatError::Io(io::ErrorKind::UnexpectedEof.into()));
    }
    let mut end = Deflate::new();
    end.add(&xml.as_bytes()[rows_end..]);
    let (compressed, end) = end.finish();
    crc.combine(&sheet.crc);
    crc.combine(&end);
    output.write_all(&compressed)?;
    Ok(DataDescriptorOutput::new(crc.sum(), crc.amount().into()))
}
