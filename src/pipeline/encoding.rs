//! What formats leave to any thread: turning rows that are complete into the bytes of a file.

use super::csv_file::{Block, CompressedBlock};
use super::error::RunError;
use crate::formats::parquet::{EncodedRowGroup, ParquetFormatError, RowGroup, RowGroupEncoder};
use crate::formats::xlsx::{EncodedPart, SheetPart, XlsxFormatError};
use crate::publish::PublishError;
use crate::reports::Table;
use std::io;
use std::sync::Arc;

/// Rows to encode.
pub enum EncodeJob {
    /// A block of a compressed CSV report.
    Block(Block),
    /// A row group of Parquet.
    RowGroup {
        /// What encodes it.
        encoder: Arc<RowGroupEncoder>,
        /// Its rows.
        row_group: RowGroup,
    },
    /// Rows of a workbook's sheet.
    SheetPart(SheetPart),
}

/// Rows that can be written.
pub enum Encoded {
    /// A block of a compressed CSV report.
    Block(CompressedBlock),
    /// A row group of Parquet.
    RowGroup(EncodedRowGroup),
    /// Rows of a workbook's sheet.
    SheetPart(EncodedPart),
}

impl EncodeJob {
    /// Encodes the rows.
    ///
    /// # Errors
    /// An amount that its column cannot hold.
    pub fn encode(self) -> Result<Encoded, RunError> {
        match self {
            Self::Block(block) => block.compress().map(Encoded::Block),
            Self::RowGroup { encoder, row_group } => {
                let table = row_group.table();
                let encoded = encoder.encode(row_group).map_err(|source| parquet_error(table, source))?;
                Ok(Encoded::RowGroup(encoded))
            }
            Self::SheetPart(part) => Ok(Encoded::SheetPart(part.encode())),
        }
    }
}

/// A write error of the publication stays one on its way through the Parquet writer.
pub fn parquet_error(table: Table, source: ParquetFormatError) -> RunError {
    use parquet::errors::ParquetError;
    let report = table.name;
    let other =
        |error| RunError::Parquet { report, source: ParquetFormatError::Parquet(ParquetError::External(error)) };
    match source {
        ParquetFormatError::Parquet(ParquetError::External(external)) => match external.downcast::<io::Error>() {
            Ok(error) => publish_error(*error).unwrap_or_else(|error| other(Box::new(error))),
            Err(error) => other(error),
        },
        source => RunError::Parquet { report, source },
    }
}

/// A write error of the publication stays one on its way through the workbook's container.
pub fn xlsx_error(source: XlsxFormatError) -> RunError {
    match source {
        XlsxFormatError::Io(error) => {
            publish_error(error).unwrap_or_else(|error| RunError::Xlsx(XlsxFormatError::Io(error)))
        }
        source => RunError::Xlsx(source),
    }
}

fn publish_error(error: io::Error) -> Result<RunError, io::Error> {
    error.downcast::<PublishError>().map(RunError::Publish)
}
