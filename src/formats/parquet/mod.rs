//! Report rows as Parquet: raw texts, dates as Date32, counts and days as Int64, money as decimal(22,4) (SPEC §3).
//!
//! Rows are collected in columns, cut into row groups of a fixed number of rows, encoded on any thread, and written in
//! order; so the bytes depend on the rows alone.

mod cells;
mod file;

pub use cells::{ParquetCellSink, ParquetReports};
pub use file::{EncodedRowGroup, ParquetFile, ROW_GROUP_ROWS, RowGroup, RowGroupEncoder};

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;

/// Why a report cannot be written as Parquet.
#[derive(Debug, thiserror::Error)]
pub enum ParquetFormatError {
    /// A sum has more digits than the column's type.
    #[error("a sum of fees has more than 18 digits before the point, which decimal(22,4) cannot hold")]
    AmountTooLarge,
    /// The texts of one row are longer than a column's offsets can say.
    #[error("the texts of one row have more than 2 GiB")]
    TextTooLarge,
    /// The columns do not make a table.
    #[error("{0}")]
    Arrow(#[from] ArrowError),
    /// Encoding or writing failed.
    #[error("{0}")]
    Parquet(#[from] ParquetError),
}
