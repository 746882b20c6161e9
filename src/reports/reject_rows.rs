//! The rows of `rejects` (SPEC §2).

use super::rows::CellSink;
use crate::ingest::{Column, ColumnHeaders, Reject};

/// Where the rejected rows of a batch come from.
#[derive(Clone, Copy, Debug)]
pub struct RejectOrigin<'a> {
    /// The file.
    pub file: &'a [u8],
    /// Lines of the file before the batch.
    pub lines_before: u64,
    /// The headers of the columns that stand under another name in the file.
    pub headers: &'a ColumnHeaders,
}

/// Writes one rejected row.
pub fn write_reject(origin: &RejectOrigin<'_>, reject: &Reject, cells: &mut (impl CellSink + ?Sized)) {
    let RejectOrigin { file, lines_before, headers } = *origin;
    cells.text(file);
    cells.integer((lines_before + reject.line_in_batch + 1) as i64);
    cells.optional_integer(reject.byte_offset.map(|offset| offset as i64));
    cells.word(reject.column.map(Column::as_str).unwrap_or_default().as_bytes());
    cells.word(reject.code.as_str().as_bytes());
    cells.text(&reject.value);
    let message = reject.code.message(reject.column);
    match reject.column.and_then(|column| headers[column.index()].as_ref()) {
        Some(header) => cells.text(format!("in the column headed `{header}`: {message}").as_bytes()),
        None => cells.text(message.as_bytes()),
    }
    cells.end_row();
}
