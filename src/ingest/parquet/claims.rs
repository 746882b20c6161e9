//! What a footer claims that cannot be so: row counts that the reader would trust, and columns in the same bytes.

use super::source::columns_read;
use parquet::basic::Type;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use std::collections::HashMap;

/// Refuses row counts that the reader would trust: negative ones, and more rows than bytes could ever hold.
pub(super) fn check_row_counts(metadata: &ParquetMetaData) -> Result<(), String> {
    let mut total = 0_i64;
    for (index, group) in metadata.row_groups().iter().enumerate() {
        if group.num_rows() < 0 {
            return Err(format!("row group {index} has a negative number of rows"));
        }
        let has_negative_place = |column: &ColumnChunkMetaData| {
            column.data_page_offset() < 0
                || column.compressed_size() < 0
                || column.dictionary_page_offset().is_some_and(|offset| offset < 0)
        };
        if group.columns().iter().any(has_negative_place) {
            return Err(format!("row group {index} has a column at a negative place"));
        }
        total = total.checked_add(group.num_rows()).ok_or("the row groups have more rows than can be counted")?;
    }
    if total == metadata.file_metadata().num_rows() {
        Ok(())
    } else {
        Err(format!("the row groups have {total} rows, but the file says {}", metadata.file_metadata().num_rows()))
    }
}

/// Refuses columns that begin with the same byte: no writer makes them, and a footer could have the same pages read a
/// hundred thousand times.
pub(super) fn check_places(metadata: &ParquetMetaData, roots: &[usize]) -> Result<(), String> {
    let mut begun = HashMap::new();
    for group in 0..metadata.num_row_groups() {
        for column in columns_read(metadata, group, roots) {
            let (start, length) = column.byte_range();
            if length == 0 {
                continue;
            }
            if let Some(other) = begun.insert(start, group) {
                return Err(format!(
                    "row group {group} has a column at byte {start}, where row group {other} has one already"
                ));
            }
        }
    }
    Ok(())
}

/// Bytes that one value of a column takes at least in a dictionary.
pub(super) fn least_bytes(column: &ColumnChunkMetaData) -> u64 {
    match column.column_type() {
        Type::BOOLEAN => 0,
        // The length of a text takes four bytes.
        Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
        Type::INT64 | Type::DOUBLE => 8,
        Type::INT96 => 12,
        Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(column.column_descr().type_length()).unwrap_or(0),
    }
}
