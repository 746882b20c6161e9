//! Reads a sheet batch by batch.

use super::batch::SheetBatch;
use super::rows::SheetRows;
use super::source::{SheetSource, open_workbook};
use crate::ingest::column::ColumnPositions;
use crate::ingest::contained::contained;
use crate::ingest::error::IngestError;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Batches that wait to be taken.
const BATCHES_AHEAD: usize = 2;

/// Reads the batches of a sheet, in order.
///
/// The library's reader borrows its workbook and so cannot be handed from thread to thread. It stays on a thread of its
/// own, which ends when the sheet does, or when nobody wants its batches any more.
pub struct SheetReader {
    batches: Receiver<Result<SheetBatch, String>>,
}

impl SheetReader {
    /// Begins to read, in batches of `batch_rows` rows.
    ///
    /// # Errors
    /// The workbook cannot be opened, or the system has no thread.
    pub fn start(source: &SheetSource, batch_rows: usize) -> Result<Self, IngestError> {
        let mut workbook = open_workbook(&source.file)?;
        let (sender, batches) = sync_channel(BATCHES_AHEAD);
        let (sheet, positions, first_line) = (source.sheet.clone(), source.positions, source.rows_before_data);
        let work = move || {
            let outcome = contained(|| {
                let rows = SheetRows::new(&mut workbook, &sheet)?;
                send_batches(rows, &positions, first_line, batch_rows, &sender)
            });
            if let Err(reason) = outcome {
                // Nobody is left to be told if this fails.
                let _ = sender.send(Err(reason));
            }
        };
        thread::Builder::new().name("sheet".to_owned()).spawn(work).map_err(|error| IngestError::Read {
            path: source.file.path().to_owned(),
            offset: 0,
            source: error,
        })?;
        Ok(Self { batches })
    }

    /// The next batch; the last one says that it is.
    ///
    /// # Errors
    /// A damaged sheet.
    pub fn next(&self, source: &SheetSource) -> Result<SheetBatch, IngestError> {
        match self.batches.recv() {
            Ok(batch) => batch.map_err(|reason| source.damaged(reason)),
            Err(_) => Err(source.damaged("the reader ended before the sheet".to_owned())),
        }
    }
}

/// Sends the rows after the header in batches, until the sheet ends or nobody takes them.
fn send_batches(
    mut rows: SheetRows<'_>,
    positions: &ColumnPositions,
    first_line: u64,
    batch_rows: usize,
    sender: &SyncSender<Result<SheetBatch, String>>,
) -> Result<(), String> {
    let mut cells = Vec::new();
    rows.next(&mut cells)?;
    let mut batch = SheetBatch::new(first_line);
    while let Some(row) = rows.next(&mut cells)? {
        batch.push(u64::from(row), &cells, positions);
        if batch.rows() == batch_rows {
            let next = SheetBatch::new(batch.next_line());
            if sender.send(Ok(std::mem::replace(&mut batch, next))).is_err() {
                return Ok(());
            }
        }
    }
    batch.is_last = true;
    let _ = sender.send(Ok(batch));
    Ok(())
}
