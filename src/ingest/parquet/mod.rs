//! Parquet exports: the footer, the columns that are read, and batches of rows.

mod batch;
mod claims;
mod dictionary;
mod footer;
mod long_texts;
mod place;
mod row_groups;
mod shape;
mod source;
mod thrift;

pub use batch::ParquetBatch;
pub(crate) use footer::{read_footer, rows_of_end};
pub use place::ParquetPlace;
pub(crate) use place::PartReader;
pub(crate) use shape::{FOOTER_BYTES_MOST, TAIL};
pub use source::{ParquetSource, RowGroupReader};

use super::date_format::DateFormat;
use super::mapping::take_mapped_row;
use super::reject::{Fault, Reject};
use super::row::{Cells, RowConsumer, RowPlace, check_row};

/// Passes the rows of a batch on, in order.
pub fn read_batch(batch: &ParquetBatch, date_format: &DateFormat, consumer: &mut impl RowConsumer) {
    for row in 0..batch.rows() {
        let cells = batch.cells(row, date_format);
        let place = RowPlace { line_in_batch: row as u64, byte_offset: None };
        let taken = match batch.mapping() {
            Some(mapping) => take_mapped_row(&cells, mapping, place, consumer),
            None if !consumer.is_wanted(place, &cells) => Ok(()),
            None => check_row(&cells).and_then(|checked| consumer.row(&checked)),
        };
        if let Err(Fault { column, code }) = taken {
            consumer.reject(Reject {
                line_in_batch: row as u64,
                byte_offset: None,
                column: Some(column),
                code,
                value: cells.shown(column).into_owned(),
            });
        }
    }
}
