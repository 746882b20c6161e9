//! A Parquet file whose row groups are encoded on any thread and written in order.

use super::ParquetFormatError;
use super::cells::{AMOUNT_DIGITS, AMOUNT_PLACES, ParquetCellSink};
use crate::reports::{CellKind, Table};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

/// Rows of each row group but the last; fixed, so that the bytes do not depend on how the rows arrived.
pub const ROW_GROUP_ROWS: usize = 65_536;

/// Bytes of text after which a row group ends early, at the very row: offsets are 32 bits wide.
const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Columns with about as many values as rows: a dictionary of them would cost time and save nothing.
const DISTINCT_COLUMNS: [&str; 4] = ["partner_id", "partner_name", "fee", "fees"];

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
    columns: Vec<ArrowColumnChunk>,
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
    factory: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
}

impl RowGroupEncoder {
    /// Encodes and compresses a row group.
    ///
    /// # Errors
    /// An amount that its column cannot hold.
    pub fn encode(&self, row_group: RowGroup) -> Result<EncodedRowGroup, ParquetFormatError> {
        let RowGroup { index, cells } = row_group;
        let table = cells.table();
        let mut columns = Vec::new();
        let writers = self.factory.create_column_writers(index)?;
        for ((mut writer, array), field) in writers.into_iter().zip(cells.into_arrays()?).zip(self.schema.fields()) {
            for leaf in compute_leaves(field, &array)? {
                writer.write(&leaf)?;
            }
            columns.push(writer.close()?);
        }
        Ok(EncodedRowGroup { index, table, columns })
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
        let writer = ArrowWriter::try_new(output, schema.clone(), Some(properties(table)))?;
        let (writer, factory) = writer.into_serialized_writer()?;
        Ok(Self {
            writer,
            encoder: Arc::new(RowGroupEncoder { factory, schema }),
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
            self.pending.append(rows, from, to);
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
                column.append_to_row_group(&mut group)?;
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

fn schema(table: Table) -> SchemaRef {
    let fields = table.columns.iter().map(|column| match column.kind {
        CellKind::Text => Field::new(column.name, DataType::Utf8, false),
        CellKind::Date => Field::new(column.name, DataType::Date32, false),
        CellKind::OptionalDate => Field::new(column.name, DataType::Date32, true),
        CellKind::Integer => Field::new(column.name, DataType::Int64, false),
        CellKind::OptionalInteger => Field::new(column.name, DataType::Int64, true),
        CellKind::Estimate => Field::new(column.name, DataType::Float64, true),
        CellKind::Amount => Field::new(column.name, DataType::Decimal128(AMOUNT_DIGITS, AMOUNT_PLACES), true),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn properties(table: Table) -> WriterProperties {
    let created_by = concat!("renewals ", env!("CARGO_PKG_VERSION")).to_owned();
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(created_by)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for column in table.columns {
        let path = ColumnPath::from(column.name);
        if DISTINCT_COLUMNS.contains(&column.name) {
            properties = properties.set_column_dictionary_enabled(path.clone(), false);
        }
        // The least and the greatest text of a row group skip nothing: rows come in the order of the input.
        if column.kind == CellKind::Text {
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
    }
    properties.build()
}
