//! Parquet exports: the footer, the columns that are read, and batches of rows.

mod batch;
mod block;
mod claims;
mod dictionary;
mod footer;
mod library_cells;
mod long_texts;
mod pages;
mod place;
mod plain_texts;
mod row_group;
mod row_groups;
mod runs;
mod shape;
mod source;
#[cfg(test)]
mod tests;
mod text_cells;
mod thrift;
mod typed_cells;

use batch::ParquetCells;
use block::{BLOCK_ROWS, Block};

pub use batch::ParquetBatch;
pub(crate) use footer::{read_footer, rows_of_end};
pub use place::ParquetPlace;
pub(crate) use place::PartReader;
pub use row_group::RowGroupReader;
pub(crate) use shape::{FOOTER_BYTES_MOST, TAIL};
pub use source::ParquetSource;

use super::date_format::DateFormat;
use super::mapping::take_mapped_row;
use super::reject::{Fault, Reject};
use super::row::{Cells, RowConsumer, RowPlace, check_row};

/// Passes the rows of a batch on, in order.
pub fn read_batch<C: RowConsumer>(batch: &ParquetBatch, date_format: &DateFormat, consumer: &mut C) {
    if C::TAKES_EVERY_ROW && batch.mapping().is_none() {
        return read_blocks(batch, date_format, consumer);
    }
    for row in 0..batch.rows() {
        let cells = batch.cells(row, date_format);
        let place = RowPlace { line_in_batch: row as u64, byte_offset: None };
        let taken = match batch.mapping() {
            Some(mapping) => take_mapped_row(&cells, mapping, place, consumer),
            None if !consumer.is_wanted(place, &cells) => Ok(()),
            None => check_row(&cells).and_then(|checked| consumer.row(&checked)),
        };
        if let Err(fault) = taken {
            reject(row, &cells, fault, consumer);
        }
    }
}

fn read_blocks(batch: &ParquetBatch, date_format: &DateFormat, consumer: &mut impl RowConsumer) {
    let mut block = Block::new();
    for first in (0..batch.rows()).step_by(BLOCK_ROWS) {
        block.check(batch, first, date_format);
        for row in first..batch.rows().min(first + BLOCK_ROWS) {
            let taken = match block.row(row - first) {
                Some(checked) => consumer.row(checked),
                None => check_row(&batch.cells(row, date_format)).and_then(|checked| consumer.row(&checked)),
            };
            if let Err(fault) = taken {
                reject(row, &batch.cells(row, date_format), fault, consumer);
            }
        }
    }
}

#[cold]
fn reject(row: usize, cells: &ParquetCells<'_>, Fault { column, code }: Fault, consumer: &mut impl RowConsumer) {
    consumer.reject(Reject {
        line_in_batch: row as u64,
        byte_offset: None,
        column: Some(column),
        code,
        value: cells.shown(column).into_owned(),
    });
}
