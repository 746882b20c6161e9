//! What the end of a Parquet file says of the whole.

use crate::ingest::contained;
use parquet::file::metadata::ParquetMetaDataReader;

/// Most bytes that the footer of a report may have.
pub const FOOTER_BYTES_MAX: usize = 16 << 20;
/// Bytes after the footer: its length, and the format's name.
pub const TAIL_BYTES: usize = 8;

/// The rows that the footer at the end of a Parquet file says.
///
/// # Errors
/// An end that holds no whole footer.
pub fn rows_of_footer(end: &[u8]) -> Result<u64, String> {
    let footer = end.split_last_chunk::<TAIL_BYTES>().and_then(|(before, tail)| {
        let length = tail.strip_suffix(b"PAR1").and_then(|length| length.try_into().ok()).map(u32::from_le_bytes)?;
        before.get(before.len().checked_sub(length as usize)?..)
    });
    let footer = footer.ok_or("it does not end in a footer of Parquet")?;
    let rows = contained(|| ParquetMetaDataReader::decode_metadata(footer))?.file_metadata().num_rows();
    u64::try_from(rows).map_err(|_negative| format!("its footer claims {rows} rows"))
}
