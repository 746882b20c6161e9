//! Excel workbooks: which sheet, its header, and batches of its rows.
//!
//! The first row that is not empty is the header; a row's line is its number in the sheet. Hidden rows count, formulas
//! have the value that Excel saved with them, and a row without any value is no row. Cells keep their types: a date is
//! a date, whatever form it is shown in, and a number in a column of dates is none.

mod batch;
mod package;
mod reader;
mod rows;
mod source;

pub use batch::{SheetBatch, read_sheet_batch};
pub use package::is_workbook;
pub use reader::SheetReader;
pub use source::SheetSource;

/// How an Excel workbook, like every ZIP archive, begins.
pub const XLSX_MAGIC: &[u8] = b"PK\x03\x04";

/// How old Excel workbooks (.xls) begin, and new ones that are encrypted.
pub const COMPOUND_MAGIC: &[u8] = b"\xD0\xCF\x11\xE0";
