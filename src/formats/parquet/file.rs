//! A Parquet file whose row groups are encoded on any thread and written in order.

use super::ParquetFormatError;
use super::cells::ParquetCellSink;
use super::chunk::{self, AMOUNT_DIGITS, AMOUNT_PLACES};
use super::pages::{ColumnChunk, Compressor};
use crate::reports::{CellKind, Table};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnDescPtr;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

/// Rows of each row group but the last; fixed, so that the bytes do not depend on how the rows arrived.
pub const ROW_GROUP_ROWS: usize = 65_536;

/// Rows of a row group after which room is made for all of them.
const ROWS_RESERVED: usize = 8_192;

/// Bytes of text after which a row group ends early, at the very row, so that memory has a bound.
const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A row group that is complete, but not encoded.
#[derive(Debug)]
pub struct RowGroup {
    index: usize,
    cells: ParquetCellSink,
}

/// A row group that can be written.
pub struct EncodedRowGroup {
    index: usize,
    table: Table,
    columns: Vec<ColumnChunk>,
}

impl RowGroup {
    /// The table it belongs to.
    pub const fn table(&self) -> Table {
        self.cells.table()
    }
}

impl EncodedRowGroup {
    /// The table it belongs to.
    pub const fn table(&self) -> Table {
        self.table
    }
}

/// Encodes the row groups of one file.
pub struct RowGroupEncoder {
    columns: Vec<ColumnDescPtr>,
}

impl RowGroupEncoder {
    /// Encodes and compresses a row group.
    ///
    /// # Errors
    /// An amount or a text that its column cannot hold.
    pub fn encode(&self, row_group: RowGroup) -> Result<EncodedRowGroup, ParquetFormatError> {
        let RowGroup { index, cells } = row_group;
        let mut compressor = Compressor::new();
        let columns = cells.columns().iter().zip(&self.columns);
        let columns = columns.map(|(cells, column)| chunk::encode(cells, column, &mut compressor));
        Ok(EncodedRowGroup { index, table: cells.table(), columns: columns.collect::<Result<_, _>>()? })
    }
}

/// Writes one table as a Parquet file.
pub struct ParquetFile<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    encoder: Arc<RowGroupEncoder>,
    /// Rows of the row group that is not complete yet.
    pending: ParquetCellSink,
    /// Row groups that were completed.
    completed: usize,
    /// Row groups that were written.
    written: usize,
    /// Encoded row groups that wait for an earlier one.
    waiting: BTreeMap<usize, EncodedRowGroup>,
}

impl<W: Write + Send> ParquetFile<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Writing fails.
    pub fn new(table: Table, output: W) -> Result<Self, ParquetFormatError> {
        let schema = schema(table);
        let columns = ArrowSchemaConverter::new().convert(&schema)?;
        let writer = SerializedFileWriter::new(output, columns.root_schema_ptr(), Arc::new(properties(&schema)))?;
        Ok(Self {
            encoder: Arc::new(RowGroupEncoder { columns: writer.schema_descr().columns().to_vec() }),
            writer,
            pending: ParquetCellSink::new(table),
            completed: 0,
            written: 0,
            waiting: BTreeMap::new(),
        })
    }

    /// The table.
    pub const fn table(&self) -> Table {
        self.pending.table()
    }

    /// What encodes the file's row groups.
    pub fn encoder(&self) -> Arc<RowGroupEncoder> {
        self.encoder.clone()
    }

    /// Appends rows, in order, and adds the row groups that they complete to `complete`.
    pub fn append(&mut self, rows: &ParquetCellSink, complete: &mut Vec<RowGroup>) {
        let mut from = 0;
        while from < rows.rows() {
            // Close to the limit, rows are taken one by one, so that where it is met does not depend on the batches.
            let is_close = self.pending.text_bytes() + rows.text_bytes() >= TEXT_BYTES_MAX;
            let room = if is_close { 1 } else { ROW_GROUP_ROWS - self.pending.rows() };
            let to = rows.rows().min(from + room);
            if self.pending.rows() + to - from > ROWS_RESERVED {
                self.pending.reserve(ROW_GROUP_ROWS - self.pending.rows());
            }
            self.pending.append(rows, from..to);
            from = to;
            if self.pending.rows() == ROW_GROUP_ROWS || self.pending.text_bytes() >= TEXT_BYTES_MAX {
                complete.extend(self.complete());
            }
        }
    }

    /// The row group at hand, if it has rows, as complete.
    pub fn complete(&mut self) -> Option<RowGroup> {
        if self.pending.rows() == 0 {
            return None;
        }
        let next = ParquetCellSink::new(self.pending.table());
        let cells = std::mem::replace(&mut self.pending, next);
        self.completed += 1;
        Some(RowGroup { index: self.completed - 1, cells })
    }

    /// Takes an encoded row group, and writes all that can be written in order.
    ///
    /// # Errors
    /// Writing fails.
    pub fn accept(&mut self, row_group: EncodedRowGroup) -> Result<(), ParquetFormatError> {
        self.waiting.insert(row_group.index, row_group);
        while let Some(next) = self.waiting.remove(&self.written) {
            let mut group = self.writer.next_row_group()?;
            for column in next.columns {
                group.append_column(&column.bytes, column.close)?;
            }
            group.close()?;
            self.written += 1;
        }
        Ok(())
    }

    /// Writes the footer and gives the output back; every row group must have been accepted.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(self) -> Result<W, ParquetFormatError> {
        assert!(
            self.pending.rows() == 0 && self.written == self.completed,
            "every row group is written before the footer"
        );
        Ok(self.writer.into_inner()?)
    }
}

fn schema(table: Table) -> Schema {
    let fields = table.columns.iter().map(|column| match column.kind {
        CellKind::Text => Field::new(column.name, DataType::Utf8, false),
        CellKind::Date => Field::new(column.name, DataType::Date32, false),
        CellKind::OptionalDate => Field::new(column.name, DataType::Date32, true),
        CellKind::Integer => Field::new(column.name, DataType::Int64, false),
        CellKind::OptionalInteger => Field::new(column.name, DataType::Int64, true),
        CellKind::Estimate => Field::new(column.name, DataType::Float64, true),
        CellKind::Amount => Field::new(column.name, DataType::Decimal128(AMOUNT_DIGITS, AMOUNT_PLACES), true),
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn properties(schema: &Schema) -> WriterProperties {
    let created_by = concat!("renewals ", env!("CARGO_PKG_VERSION")).to_owned();
    let mut properties = WriterProperties::builder().set_created_by(created_by).set_offset_index_disabled(true).build();
    // Readers on Arrow see the types that the columns have here.
    add_encoded_arrow_schema_to_metadata(schema, &mut properties);
    properties
}
