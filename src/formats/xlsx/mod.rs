//! All reports as one Excel workbook: typed dates and numbers, a sheet a report, a summary and a chart.
//!
//! The workbook's frame, with everything but the rows of the reports, is made by `rust_xlsxwriter` in memory, once the
//! whole input is counted. The rows are XML of our own: they are cut into parts of a fixed number of rows, turned into
//! compressed XML on any thread, put aside in order, and put into the frame's sheets as they are. The library could
//! write rows too, without keeping them, but it would do that on one thread, into temporary files of some 1 GB for a
//! million rows, and panic where the disk is full.

mod assumption_tables;
mod cells;
mod facts;
mod forecast_sheet;
mod frame;
mod package;
mod parts;
mod report_sheets;
mod row_xml;
mod styles;
mod summary_sheet;
#[cfg(test)]
mod tests;
mod texts;

pub use cells::{Exceptions, XlsxCellSink, XlsxReports};
pub use facts::{Fact, InputFact, WorkbookFacts};
pub use package::write_workbook;
pub use parts::{EncodedPart, SheetPart};
pub use report_sheets::{FinishedSheets, ReportSheets, SheetLimits};

/// Name of the workbook in the published directory.
pub const WORKBOOK_NAME: &str = "renewals.xlsx";

/// Why a workbook cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum XlsxFormatError {
    /// The library could not make the frame.
    #[error("the workbook's frame could not be made: {0}")]
    Library(rust_xlsxwriter::XlsxError),
    /// The library gave up on the frame.
    #[error("the workbook's frame could not be made: {0}")]
    Panic(String),
    /// The frame is not what the rows are put into.
    #[error("the workbook's frame {0}")]
    UnexpectedFrame(&'static str),
    /// The file's container could not be read or written.
    #[error("{0}")]
    Container(rawzip::Error),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl From<rust_xlsxwriter::XlsxError> for XlsxFormatError {
    fn from(error: rust_xlsxwriter::XlsxError) -> Self {
        match error {
            rust_xlsxwriter::XlsxError::IoError(cause) => Self::Io(cause),
            error => Self::Library(error),
        }
    }
}

impl From<rawzip::Error> for XlsxFormatError {
    fn from(error: rawzip::Error) -> Self {
        match error.into_kind() {
            rawzip::ErrorKind::IO(cause) => Self::Io(cause),
            kind => Self::Container(kind.into()),
        }
    }
}
