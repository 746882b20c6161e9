//! The sheets of one report while a run goes on: rows cut into parts and sheets, and parts put aside in order.

use super::XlsxFormatError;
use super::cells::{Exceptions, XlsxCellSink};
use super::parts::{EncodedPart, PART_BYTES, PART_ROWS, SheetPart};
use crate::reports::Report;
use flate2::Crc;
use std::collections::BTreeMap;
use std::io::{Read, Seek, Write};

/// How much a sheet holds.
#[derive(Clone, Copy, Debug)]
pub struct SheetLimits {
    /// Rows, the header included.
    pub rows: u32,
    /// Bytes of rows in their compact form.
    pub bytes: u64,
}

impl SheetLimits {
    /// The rows that Excel has, and so many bytes that a sheet's XML stays below 4 GiB: of a byte, seven are made at
    /// most, and some 60 are needed for each of the cells of a row.
    pub const EXCEL: Self = Self { rows: 1_048_576, bytes: 384 << 20 };
}

/// A sheet whose rows are put aside.
#[derive(Debug, Default)]
pub struct Sheet {
    /// Rows without the header.
    pub rows: u32,
    /// Bytes that the rows have compressed.
    pub compressed_bytes: u64,
    /// Checksum of the rows' XML, with its length.
    pub crc: Crc,
}

/// The rows of a report as sheets of a workbook. `S` is where compressed rows are put aside.
#[derive(Debug)]
pub struct ReportSheets<S> {
    scratch: S,
    limits: SheetLimits,
    /// Rows of the part that is not complete yet.
    pending: XlsxCellSink,
    /// The sheet at hand, and what complete parts of it hold.
    sheet: usize,
    sheet_rows: u32,
    sheet_bytes: u64,
    /// Parts that were completed, and that were put aside.
    completed: usize,
    written: usize,
    /// Encoded parts that wait for an earlier one.
    waiting: BTreeMap<usize, EncodedPart>,
    sheets: Vec<Sheet>,
    exceptions: Exceptions,
    widths: Vec<usize>,
}

/// The sheets of a report once all its rows are put aside.
#[derive(Debug)]
pub struct FinishedSheets<S> {
    /// The report.
    pub report: Report,
    /// The rows of all sheets, compressed, one sheet after the other.
    pub scratch: S,
    /// The sheets; one at least.
    pub sheets: Vec<Sheet>,
    /// What could not be written as it is.
    pub exceptions: Exceptions,
    /// Characters of the longest cell of each column, as far as they were looked at.
    pub widths: Vec<usize>,
}

impl<S: Read + Write + Seek> ReportSheets<S> {
    /// No rows yet.
    pub fn new(report: Report, scratch: S, limits: SheetLimits) -> Self {
        Self {
            scratch,
            limits,
            pending: XlsxCellSink::new(report),
            sheet: 0,
            sheet_rows: 0,
            sheet_bytes: 0,
            completed: 0,
            written: 0,
            waiting: BTreeMap::new(),
            sheets: vec![Sheet::default()],
            exceptions: Exceptions::default(),
            widths: vec![0; report.columns().len()],
        }
    }

    /// Appends rows, in order, and adds the parts that they complete to `complete`.
    pub fn append(&mut self, rows: &XlsxCellSink, complete: &mut Vec<SheetPart>) {
        let mut from = 0;
        while from < rows.rows() {
            let to = from + self.rows_that_fit(rows, from);
            self.pending.append(rows, from, to);
            from = to;
            let is_sheet_full = self.is_sheet_full();
            if is_sheet_full || self.pending.rows() >= PART_ROWS || self.pending.bytes() >= PART_BYTES {
                complete.extend(self.complete());
            }
            if is_sheet_full {
                self.sheet += 1;
                self.sheet_rows = 0;
                self.sheet_bytes = 0;
            }
        }
    }

    /// Rows from `from` on until a limit is met; one at least. Where that is depends on the rows alone.
    fn rows_that_fit(&self, rows: &XlsxCellSink, from: usize) -> usize {
        let sheet_room = (self.limits.rows - 1 - self.sheet_rows) as usize - self.pending.rows();
        let room = sheet_room.min(PART_ROWS - self.pending.rows()).min(rows.rows() - from);
        let sheet_bytes = self.limits.bytes.saturating_sub(self.sheet_bytes);
        let bytes_max = PART_BYTES.min(usize::try_from(sheet_bytes).unwrap_or(usize::MAX));
        let mut bytes = self.pending.bytes();
        let is_within = |row: &usize| {
            let fits = bytes < bytes_max;
            bytes += rows.row_bytes(*row);
            fits
        };
        (from..from + room).take_while(is_within).count().max(1)
    }

    fn is_sheet_full(&self) -> bool {
        self.sheet_rows + self.pending.rows() as u32 >= self.limits.rows - 1
            || self.sheet_bytes + self.pending.bytes() as u64 >= self.limits.bytes
    }

    /// The part at hand, if it has rows, as complete.
    pub fn complete(&mut self) -> Option<SheetPart> {
        if self.pending.rows() == 0 {
            return None;
        }
        let next = XlsxCellSink::new(self.pending.report());
        let cells = std::mem::replace(&mut self.pending, next);
        let first_row = self.sheet_rows + 2;
        self.sheet_rows += cells.rows() as u32;
        self.sheet_bytes += cells.bytes() as u64;
        self.completed += 1;
        Some(SheetPart { index: self.completed - 1, sheet: self.sheet, first_row, cells })
    }

    /// Takes an encoded part, and puts all aside that can be written in order.
    ///
    /// # Errors
    /// Writing fails.
    pub fn accept(&mut self, part: EncodedPart) -> Result<(), XlsxFormatError> {
        self.waiting.insert(part.index, part);
        while let Some(part) = self.waiting.remove(&self.written) {
            self.scratch.write_all(&part.compressed)?;
            if self.sheets.len() == part.sheet {
                self.sheets.push(Sheet::default());
            }
            let sheet = &mut self.sheets[part.sheet];
            sheet.rows += part.rows;
            sheet.compressed_bytes += part.compressed.len() as u64;
            sheet.crc.combine(&part.crc);
            self.exceptions.add(part.exceptions);
            // The first rows say enough of how wide a column should be.
            if part.index == 0 {
                self.widths = part.widths;
            }
            self.written += 1;
        }
        Ok(())
    }

    /// Ends the rows; every part must have been accepted.
    pub fn finish(self) -> FinishedSheets<S> {
        assert!(
            self.pending.rows() == 0 && self.written == self.completed,
            "every part is put aside before the workbook is written"
        );
        FinishedSheets {
            report: self.pending.report(),
            scratch: self.scratch,
            sheets: self.sheets,
            exceptions: self.exceptions,
            widths: self.widths,
        }
    }
}
