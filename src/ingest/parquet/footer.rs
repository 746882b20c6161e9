//! Footers of Parquet files, which are read only after what the library would trust in them was looked at.

use super::place::PartReader;
use super::shape::check_footer;
use crate::ingest::contained::contained;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

/// Reads the footer of a file.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_footer(file: &PartReader, options: ArrowReaderOptions) -> Result<ArrowReaderMetadata, String> {
    check_footer(file)?;
    contained(|| ArrowReaderMetadata::load(file, options))
}

/// The rows that the footer says, of a file of which no more than the end is at hand.
///
/// # Errors
/// An end that holds no whole footer, and what is wrong with it.
pub(crate) fn rows_of_end(end: Vec<u8>) -> Result<u64, String> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let rows = read_footer(&PartReader::of_bytes(end.into()), options)?.metadata().file_metadata().num_rows();
    u64::try_from(rows).map_err(|_negative| format!("its footer claims {rows} rows"))
}
