//! Excel workbooks: rows, or an error; never a panic.

use super::rows::{Checked, file_of};
use renewals::ingest::xlsx::{SheetReader, SheetSource, read_sheet_batch};
use renewals::ingest::{DateFormat, IngestError, ReadOptions};

const BATCH_ROWS: usize = 64;
/// A few bytes may stand for any number of rows; these are enough.
const BATCHES_MAX: usize = 64;

/// A workbook.
pub fn check(data: &[u8]) {
    let (_kept, file) = file_of(data);
    if let Err(error) = read(file) {
        assert!(!error.to_string().is_empty() && !error.hint().is_empty());
        // Which of several sheets is meant is for the command line to say.
        let code = if matches!(error, IngestError::Sheet { .. }) { 64 } else { 65 };
        assert_eq!(error.exit_code(), code, "{error}");
    }
}

fn read(file: renewals::ingest::InputFile) -> Result<(), IngestError> {
    let source = SheetSource::open(file, &ReadOptions::new(1 << 20))?;
    let reader = SheetReader::start(&source, BATCH_ROWS)?;
    let mut lines = source.rows_before_data;
    for _ in 0..BATCHES_MAX {
        let batch = reader.next(&source)?;
        let mut checked = Checked::default();
        read_sheet_batch(&batch, None, &DateFormat::Iso, &mut checked);
        assert_eq!(batch.rows() as u64, checked.rows + checked.rejects, "every row is told");
        lines += batch.lines();
        assert_eq!(batch.next_line(), lines, "batches follow each other");
        if batch.is_last {
            break;
        }
    }
    Ok(())
}
