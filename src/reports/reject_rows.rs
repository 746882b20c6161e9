//! The rows of `rejects` (SPEC §2).

use super::rows::CellSink;
use crate::ingest::{Column, Reject};

/// Writes one rejected row of `file`; `lines_before` counts the lines before the batch it was found in.
pub fn write_reject(file: &[u8], lines_before: u64, reject: &Reject, cells: &mut (impl CellSink + ?Sized)) {
    cells.text(file);
    cells.integer((lines_before + reject.line_in_batch + 1) as i64);
    cells.optional_integer(reject.byte_offset.map(|offset| offset as i64));
    cells.word(reject.column.map(Column::as_str).unwrap_or_default().as_bytes());
    cells.word(reject.code.as_str().as_bytes());
    cells.text(&reject.value);
    cells.text(reject.code.message(reject.column).as_bytes());
    cells.end_row();
}
