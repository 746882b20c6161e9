//! A Parquet file: its schema, its row groups, and readers of batches.
//!
//! Reads through the `parquet` crate of the Arrow project: it streams inside a row group, so memory does not grow
//! with the size the writer chose for its row groups, and it refuses damaged files without a panic.

use super::batch::ParquetBatch;
use super::claims::{check_places, check_row_counts, least_bytes};
use super::footer::read_footer;
use super::long_texts::{LongTexts, TooMuchText};
use super::place::ParquetPlace;
use super::row_group::{ReadColumn, RowGroupReader, way_of};
use super::row_groups::RowGroups;
use super::shape::{Chunk, check_pages};
use crate::ingest::column::{COLUMN_COUNT, Column, ColumnHeaders, ColumnPositions, find_columns, other_headers};
use crate::ingest::error::IngestError;
use crate::ingest::mapping::Mapping;
use crate::ingest::read_options::ReadOptions;
use crate::ingest::stream::{StreamFault, allowed_bytes};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetStatisticsPolicy};
use std::sync::Arc;

/// What a row that is evaluated takes as text, at least.
const SHORTEST_ROW: &str = "7,membership,2019-06-01\n";
/// The part of what a file may expand to that may be held in memory at a time.
const HELD_PART: u64 = 10;

/// A Parquet file whose footer was read.
#[derive(Debug)]
pub struct ParquetSource {
    /// Where it lies.
    pub file: ParquetPlace,
    row_groups: RowGroups,
    columns: Vec<ReadColumn>,
    /// The places of these columns in the file, in order.
    roots: Vec<usize>,
    /// How the file is mapped onto the specification, if it is written otherwise.
    pub mapping: Option<Arc<Mapping>>,
    /// The headers of the columns that stand under another name in the file.
    pub other_headers: Box<ColumnHeaders>,
    /// The names of all columns, in order.
    pub names: Vec<String>,
    max_expansion: u32,
    long_texts: LongTexts,
}

impl ParquetSource {
    /// Reads the footer and checks the types of the known columns.
    ///
    /// # Errors
    /// A file that is damaged, lacks a needed column, or has a known one with another type.
    pub fn open(file: ParquetPlace, options: &ReadOptions) -> Result<Self, IngestError> {
        let path = file.path().to_owned();
        let damaged = |reason| file.damaged(reason);
        // Types come from Parquet itself; the Arrow types that a writer noted beside them would only add ways to
        // spell the same thing. No row group is left out for its statistics, and those of many take up memory.
        let arrow_options = || {
            ArrowReaderOptions::new()
                .with_skip_arrow_metadata(true)
                .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
                .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
        };
        let handle = file.footer()?;
        let metadata = read_footer(&handle, arrow_options()).map_err(damaged)?;
        let schema = metadata.schema().clone();
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let positions = find_columns(names.iter().map(String::as_str), options.mapping.as_deref())
            .map_err(|problem| IngestError::Columns { path: path.clone(), problem })?;
        for column in Column::ALL {
            if let Some(position) = positions[column.index()] {
                check_type(&file, *column, schema.field(position).data_type())?;
            }
        }
        check_row_counts(metadata.metadata()).map_err(damaged)?;
        let mut roots: Vec<usize> = positions.iter().flatten().copied().collect();
        roots.sort_unstable();
        check_expansion(&file, metadata.metadata(), &roots, options.max_expansion)?;
        check_places(metadata.metadata(), &roots).map_err(damaged)?;
        let read_columns = Column::ALL.iter().filter_map(|column| {
            let root = positions[column.index()]?;
            let way = way_of(metadata.metadata(), root, schema.field(root).data_type());
            Some(ReadColumn { column: *column, root, way })
        });
        let columns = read_columns.collect();
        let read_schema = Arc::new(Schema::new(schema.fields().iter().map(read_as).collect::<Vec<_>>()));
        let row_groups =
            RowGroups::new(metadata.metadata(), arrow_options().with_schema(read_schema)).map_err(damaged)?;
        let other_headers = Box::new(other_headers(&names, &positions));
        let max_expansion = options.max_expansion;
        let long_texts = LongTexts::new(allowed_bytes(file.size(), max_expansion));
        let mapping = options.mapping.clone();
        Ok(Self { file, row_groups, columns, roots, mapping, other_headers, names, max_expansion, long_texts })
    }

    /// Where the known columns stand in the file.
    pub fn positions_in_file(&self) -> ColumnPositions {
        let mut positions = [None; COLUMN_COUNT];
        for read in &self.columns {
            positions[read.column.index()] = Some(read.root);
        }
        positions
    }

    /// Number of row groups.
    pub const fn row_group_count(&self) -> usize {
        self.row_groups.count()
    }

    /// Rows of a row group.
    pub fn row_group_rows(&self, row_group: usize) -> u64 {
        self.row_groups.rows(row_group)
    }

    /// A reader of a row group, in batches of `batch_rows` rows.
    ///
    /// # Errors
    /// A damaged file.
    pub fn read_row_group(&self, row_group: usize, batch_rows: usize) -> Result<RowGroupReader, IngestError> {
        let metadata = self.row_groups.only(row_group).map_err(|reason| self.damaged(reason))?;
        let chunks = self.chunks(&metadata);
        let ranges: Vec<_> = chunks.iter().map(|chunk| chunk.range.clone()).collect();
        let handle = self.file.ranges(&ranges)?;
        // What is allowed of a whole file is too much to be held at a time.
        let times = u64::from(self.max_expansion).div_ceil(HELD_PART);
        check_pages(&handle, &chunks, times).map_err(|reason| self.damaged(reason))?;
        RowGroupReader::new(handle, metadata, &self.columns, self.row_groups.options(), batch_rows)
            .map_err(|reason| self.damaged(reason))
    }

    /// The next batch of a row group; `None` at its end.
    ///
    /// # Errors
    /// A damaged file.
    pub fn next_batch(&self, row_group: &mut RowGroupReader) -> Result<Option<ParquetBatch>, IngestError> {
        let batch = row_group.next(self.mapping.clone()).map_err(|reason| self.damaged(reason))?;
        if let Some(batch) = &batch {
            let texts = batch.text_bytes();
            self.long_texts.add(batch.rows(), texts).map_err(|excess| self.too_much_text(&excess))?;
        }
        Ok(batch)
    }

    fn too_much_text(&self, excess: &TooMuchText) -> IngestError {
        match excess {
            TooMuchText::Batch(bytes) => {
                self.damaged(format!("rows that are read together hold {bytes} bytes of text"))
            }
            TooMuchText::File => expansion(&self.file, self.max_expansion),
        }
    }

    /// The columns that are read of a file with one row group.
    fn chunks(&self, metadata: &ParquetMetaData) -> Vec<Chunk> {
        let columns = columns_read(metadata, 0, &self.roots);
        let chunks = columns.map(|column| {
            let (start, length) = column.byte_range();
            Chunk { range: start..start.saturating_add(length), value_bytes: least_bytes(column) }
        });
        chunks.collect()
    }

    /// Compressed bytes of a row group, for progress.
    pub fn row_group_bytes(&self, row_group: usize) -> u64 {
        self.row_groups.bytes(row_group)
    }

    /// The error of a file whose contents are damaged.
    pub fn damaged(&self, reason: String) -> IngestError {
        self.file.damaged(reason)
    }
}

/// The columns of a row group that belong to these columns of the table.
pub(super) fn columns_read<'a>(
    metadata: &'a ParquetMetaData,
    row_group: usize,
    roots: &'a [usize],
) -> impl Iterator<Item = &'a ColumnChunkMetaData> {
    let schema = metadata.file_metadata().schema_descr();
    let columns = metadata.row_group(row_group).columns().iter().enumerate();
    columns.filter(move |(leaf, _)| roots.contains(&schema.get_column_root_idx(*leaf))).map(|(_, column)| column)
}

/// Texts that the library reads are views, so that they are not copied.
fn read_as(field: &Arc<Field>) -> Arc<Field> {
    match field.data_type() {
        DataType::Utf8 => Arc::new(Field::new(field.name(), DataType::Utf8View, field.is_nullable())),
        _ => field.clone(),
    }
}

/// Refuses what a file's bytes may not expand to: pages that unpack to many times their size, and rows enough to be read
/// for years, since runs of one value cost nothing.
fn check_expansion(
    file: &ParquetPlace,
    metadata: &ParquetMetaData,
    roots: &[usize],
    max_expansion: u32,
) -> Result<(), IngestError> {
    let read = (0..metadata.num_row_groups()).flat_map(|group| columns_read(metadata, group, roots));
    let unpacked = read.map(|column| u64::try_from(column.uncompressed_size()).unwrap_or(0));
    let unpacked = unpacked.fold(0, u64::saturating_add);
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(u64::MAX);
    let text = rows.saturating_mul(SHORTEST_ROW.len() as u64);
    if unpacked.max(text) <= allowed_bytes(file.size(), max_expansion) {
        return Ok(());
    }
    Err(expansion(file, max_expansion))
}

fn expansion(file: &ParquetPlace, max_expansion: u32) -> IngestError {
    let fault = StreamFault::Expansion { form: "Parquet file", times: max_expansion };
    IngestError::Stream { path: file.path().to_owned(), fault }
}

fn check_type(file: &ParquetPlace, column: Column, data_type: &DataType) -> Result<(), IngestError> {
    let is_text = matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null);
    let (is_allowed, expected) = match column {
        Column::PartnerId => (is_text || data_type.is_integer(), "text or an integer"),
        Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate => (
            is_text || matches!(data_type, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)),
            "a date, a timestamp at midnight, or text",
        ),
        Column::RequirementsMet => (is_text || data_type == &DataType::Boolean, "a boolean or text"),
        Column::Fee => (
            is_text
                || data_type.is_integer()
                || matches!(data_type, DataType::Float32 | DataType::Float64)
                || matches!(
                    data_type,
                    DataType::Decimal32(..)
                        | DataType::Decimal64(..)
                        | DataType::Decimal128(..)
                        | DataType::Decimal256(..)
                ),
            "a decimal, an integer, a float or text",
        ),
        _ => (is_text, "text"),
    };
    if is_allowed {
        return Ok(());
    }
    Err(IngestError::ColumnType {
        path: file.path().to_owned(),
        column: column.as_str(),
        found: data_type.to_string(),
        expected,
    })
}
