//! The row groups of a file, in little memory: what the library holds of one column of one row group takes half a
//! kilobyte, and a large file has thousands of them.

use crate::ingest::contained::contained;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::CompressionCodec;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, FileMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::schema::types::{ColumnDescPtr, SchemaDescPtr};
use std::sync::Arc;

/// What a footer says of the row groups, as far as reading them needs it.
#[derive(Debug)]
pub(super) struct RowGroups {
    groups: Vec<RowGroup>,
    /// The columns of the first row group, then those of the next one.
    columns: Vec<HeldColumn>,
    schema: SchemaDescPtr,
    options: ArrowReaderOptions,
}

#[derive(Clone, Copy, Debug)]
struct RowGroup {
    rows: i64,
    bytes: i64,
}

/// A column of a row group; sizes in bytes.
#[derive(Clone, Copy, Debug)]
struct HeldColumn {
    dictionary_page_offset: Option<i64>,
    data_page_offset: i64,
    compressed_size: i64,
    uncompressed_size: i64,
    values: i64,
    compression: CompressionCodec,
}

impl RowGroups {
    /// Those of a footer, to be read as these options say.
    ///
    /// # Errors
    /// A file that cannot be read so.
    pub(super) fn new(metadata: &Arc<ParquetMetaData>, options: ArrowReaderOptions) -> Result<Self, String> {
        contained(|| ArrowReaderMetadata::try_new(metadata.clone(), options.clone()))?;
        let groups = metadata.row_groups();
        Ok(Self {
            groups: groups
                .iter()
                .map(|group| RowGroup { rows: group.num_rows(), bytes: group.compressed_size() })
                .collect(),
            columns: groups.iter().flat_map(RowGroupMetaData::columns).map(HeldColumn::of).collect(),
            schema: metadata.file_metadata().schema_descr_ptr(),
            options,
        })
    }

    /// Number of row groups.
    pub(super) const fn count(&self) -> usize {
        self.groups.len()
    }

    /// Rows of a row group.
    pub(super) fn rows(&self, index: usize) -> u64 {
        u64::try_from(self.groups[index].rows).unwrap_or(0)
    }

    /// Compressed bytes of a row group.
    pub(super) fn bytes(&self, index: usize) -> u64 {
        u64::try_from(self.groups[index].bytes).unwrap_or(0)
    }

    /// What is read of the footer for a row group, as that of a file which has no other.
    ///
    /// # Errors
    /// What is wrong with the footer.
    pub(super) fn only(&self, index: usize) -> Result<Arc<ParquetMetaData>, String> {
        let RowGroup { rows, bytes } = self.groups[index];
        let descriptions = self.schema.columns();
        let held = &self.columns[index * descriptions.len()..];
        contained(|| {
            let columns = descriptions.iter().zip(held).map(|(description, held)| held.metadata(description.clone()));
            let group = RowGroupMetaData::builder(self.schema.clone())
                .set_num_rows(rows)
                .set_total_byte_size(bytes)
                .set_column_metadata(columns.collect::<Result<_, _>>()?)
                .build()?;
            let file = FileMetaData::new(1, rows, None, None, self.schema.clone(), None);
            Ok::<_, ParquetError>(Arc::new(ParquetMetaData::new(file, vec![group])))
        })
    }

    /// How the library is to read columns.
    pub(super) const fn options(&self) -> &ArrowReaderOptions {
        &self.options
    }
}

impl HeldColumn {
    fn of(column: &ColumnChunkMetaData) -> Self {
        Self {
            dictionary_page_offset: column.dictionary_page_offset(),
            data_page_offset: column.data_page_offset(),
            compressed_size: column.compressed_size(),
            uncompressed_size: column.uncompressed_size(),
            values: column.num_values(),
            compression: column.compression_codec(),
        }
    }

    fn metadata(&self, description: ColumnDescPtr) -> Result<ColumnChunkMetaData, ParquetError> {
        ColumnChunkMetaData::builder(description)
            .set_dictionary_page_offset(self.dictionary_page_offset)
            .set_data_page_offset(self.data_page_offset)
            .set_total_compressed_size(self.compressed_size)
            .set_total_uncompressed_size(self.uncompressed_size)
            .set_num_values(self.values)
            .set_compression_codec(self.compression)
            .build()
    }
}
