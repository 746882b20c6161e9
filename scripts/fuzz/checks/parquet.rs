//! Parquet files: rows as many as the footer says, or an error; never a panic.

use super::rows::{Checked, file_of};
use renewals::ingest::parquet::{ParquetPlace, ParquetSource, read_batch};
use renewals::ingest::{DateFormat, IngestError, ReadOptions};

const BATCH_ROWS: usize = 1024;
/// A file of a few kilobytes may claim any number of rows; these are enough.
const BATCHES_MAX: usize = 64;

/// A Parquet file.
pub fn check(data: &[u8]) {
    let (_kept, file) = file_of(data);
    let source = match ParquetSource::open(ParquetPlace::File(file), &ReadOptions::new(1 << 20)) {
        Ok(source) => source,
        Err(error) => return check_error(&error),
    };
    for index in 0..source.row_group_count().min(16) {
        if let Err(error) = read_group(&source, index) {
            check_error(&error);
        }
    }
}

fn check_error(error: &IngestError) {
    assert!(!error.to_string().is_empty() && !error.hint().is_empty());
    assert_eq!(error.exit_code(), 65, "{error}");
}

fn read_group(source: &ParquetSource, index: usize) -> Result<(), IngestError> {
    let mut group = source.read_row_group(index, BATCH_ROWS)?;
    let mut checked = Checked::default();
    let mut rows = 0;
    for _ in 0..BATCHES_MAX {
        let Some(batch) = source.next_batch(&mut group)? else { break };
        rows += batch.rows() as u64;
        read_batch(&batch, &DateFormat::Iso, &mut checked);
    }
    assert_eq!(rows, checked.rows + checked.rejects, "every row is told");
    assert!(rows <= source.row_group_rows(index), "more rows than the footer says");
    Ok(())
}
