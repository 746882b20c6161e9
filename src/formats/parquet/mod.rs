//! Report rows as Parquet: raw texts, dates as Date32, counts and days as Int64, money as decimal(22,4) (SPEC §3).
//!
//! Rows are collected in columns, cut into row groups of a fixed number of rows, encoded on any thread, and written in
//! order; so the bytes depend on the rows alone.

mod cells;
mod chunk;
mod columns;
mod file;
mod numbers;
mod pages;
mod runs;
#[cfg(test)]
mod tests;
mod texts;
mod vocabulary;

pub use cells::{ParquetCellSink, ParquetReports};
pub use file::{EncodedRowGroup, ParquetFile, ROW_GROUP_ROWS, RowGroup, RowGroupEncoder};

use parquet::errors::ParquetError;

/// Why a report cannot be written as Parquet.
#[derive(Debug, thiserror::Error)]
pub enum ParquetFormatError {
    /// A sum has more digits than the column's type.
    #[error("a sum of fees has more than 18 digits before the point, which decimal(22,4) cannot hold")]
    AmountTooLarge,
    /// A text is longer than its length can say.
    #[error("a text has more than 2 GiB, which Parquet cannot hold")]
    TextTooLarge,
    /// The column's type is text, and this is none.
    #[error("a text is not UTF-8, which Parquet requires")]
    TextNotUtf8,
    /// Encoding or writing failed.
    #[error("{0}")]
    Parquet(#[from] ParquetError),
}
