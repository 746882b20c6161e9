//! One row group: its columns are read side by side, those of the usual types and encodings page by page, the others
//! through the library.

use super::batch::{BatchColumns, ColumnCells, ParquetBatch};
use super::library_cells::{day_cells, library_cells};
use super::pages::Pages;
use super::place::PartReader;
use super::text_cells::{TextReader, Texts};
use super::typed_cells::{BooleanReader, DayReader};
use crate::ingest::column::Column;
use crate::ingest::contained::contained;
use crate::ingest::mapping::Mapping;
use arrow_schema::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Encoding, Type};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use std::sync::Arc;

/// A column that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadColumn {
    pub(super) column: Column,
    /// Its place among the columns of the file.
    pub(super) root: usize,
    pub(super) way: Way,
}

/// How a column is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// Page by page: its place among the leaves of the schema, and what it holds.
    Pages(usize, PageType),
    /// Through the library.
    Library,
}

/// What pages are read as.
#[derive(Clone, Copy, Debug)]
pub(super) enum PageType {
    Texts,
    Days,
    Booleans,
}

/// Reads the batches of one row group, in order.
pub struct RowGroupReader {
    batch_rows: usize,
    rows_left: usize,
    pages: Vec<(Column, PageReader)>,
    library: Option<LibraryReader>,
}

enum PageReader {
    Texts(TextReader),
    Days(DayReader),
    Booleans(BooleanReader),
}

struct LibraryReader {
    reader: ParquetRecordBatchReader,
    /// The columns, with their places in what the library gives.
    columns: Vec<(Column, usize)>,
}

impl RowGroupReader {
    /// A reader of the only row group that `metadata` tells of.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn new(
        file: PartReader,
        metadata: Arc<ParquetMetaData>,
        columns: &[ReadColumn],
        options: &ArrowReaderOptions,
        batch_rows: usize,
    ) -> Result<Self, String> {
        let group = metadata.row_group(0);
        let rows_left = usize::try_from(group.num_rows()).map_err(|_| "a row group has too many rows")?;
        let shared = Arc::new(file.clone());
        let paged = columns.iter().filter_map(|column| match column.way {
            Way::Pages(leaf, page_type) => Some((column.column, leaf, page_type)),
            Way::Library => None,
        });
        let pages = paged.map(|(column, leaf, page_type)| {
            let pages = Pages::new(shared.clone(), group.column(leaf), rows_left)?;
            let reader = match page_type {
                PageType::Texts => PageReader::Texts(TextReader::new(pages, column)),
                PageType::Days => PageReader::Days(DayReader::new(pages)),
                PageType::Booleans => PageReader::Booleans(BooleanReader::new(pages)),
            };
            Ok((column, reader))
        });
        let pages = pages.collect::<Result<_, String>>()?;
        let library = LibraryReader::new(file, metadata, columns, options, batch_rows)?;
        Ok(Self { batch_rows, rows_left, pages, library })
    }

    /// The next batch; `None` at the end.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn next(&mut self, mapping: Option<Arc<Mapping>>) -> Result<Option<ParquetBatch>, String> {
        let rows = self.batch_rows.min(self.rows_left);
        if rows == 0 {
            return Ok(None);
        }
        self.rows_left -= rows;
        let mut columns = BatchColumns::default();
        for (column, reader) in &mut self.pages {
            columns[column.index()] = match reader {
                PageReader::Texts(reader) => match reader.read(rows)? {
                    Texts::Dictionary(cells) => ColumnCells::Dictionary(cells),
                    Texts::Pages(cells) => ColumnCells::Pages(cells),
                },
                PageReader::Days(reader) => day_cells(reader.read(rows)?),
                PageReader::Booleans(reader) => ColumnCells::Boolean(reader.read(rows)?),
            };
        }
        if let Some(library) = &mut self.library {
            library.read(rows, &mut columns)?;
        }
        Ok(Some(ParquetBatch::new(rows, columns, mapping)))
    }
}

impl LibraryReader {
    fn new(
        file: PartReader,
        metadata: Arc<ParquetMetaData>,
        columns: &[ReadColumn],
        options: &ArrowReaderOptions,
        batch_rows: usize,
    ) -> Result<Option<Self>, String> {
        let read = || columns.iter().filter(|column| matches!(column.way, Way::Library));
        let mut roots: Vec<usize> = read().map(|column| column.root).collect();
        if roots.is_empty() {
            return Ok(None);
        }
        roots.sort_unstable();
        roots.dedup();
        let place = |root| roots.iter().position(|other| *other == root);
        let columns = read().filter_map(|column| Some((column.column, place(column.root)?))).collect();
        let reader = contained(|| {
            let metadata = ArrowReaderMetadata::try_new(metadata, options.clone())?;
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
            let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
            builder.with_projection(mask).with_batch_size(batch_rows).build()
        })?;
        Ok(Some(Self { reader, columns }))
    }

    fn read(&mut self, rows: usize, columns: &mut BatchColumns) -> Result<(), String> {
        let batch = contained(|| self.reader.next().transpose())?;
        let batch =
            batch.filter(|batch| batch.num_rows() == rows).ok_or("a column has fewer rows than its row group")?;
        for (column, place) in &self.columns {
            if let Some(array) = batch.columns().get(*place) {
                columns[column.index()] = library_cells(array)?;
            }
        }
        Ok(())
    }
}

/// How a column of a file is read: page by page where it is not nested, and of a type and in encodings that nearly all
/// exports have.
pub(super) fn way_of(metadata: &ParquetMetaData, root: usize, data_type: &DataType) -> Way {
    let schema = metadata.file_metadata().schema_descr();
    let mut leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == root);
    let (Some(leaf), None) = (leaves.next(), leaves.next()) else { return Way::Library };
    let description = schema.column(leaf);
    let page_type = match (data_type, description.physical_type()) {
        (DataType::Utf8, Type::BYTE_ARRAY) => PageType::Texts,
        (DataType::Date32, Type::INT32) => PageType::Days,
        (DataType::Boolean, Type::BOOLEAN) => PageType::Booleans,
        _ => return Way::Library,
    };
    #[expect(deprecated, reason = "writers list it for levels, whether they have any or not")]
    let is_read = |encoding| {
        use Encoding::{BIT_PACKED, PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY};
        match encoding {
            PLAIN_DICTIONARY | RLE_DICTIONARY => !matches!(page_type, PageType::Booleans),
            encoding => matches!(encoding, BIT_PACKED | PLAIN | RLE),
        }
    };
    // A footer that lists no encoding does not say what there is.
    let are_read = |group: &RowGroupMetaData| {
        let mut encodings = group.column(leaf).encodings().peekable();
        encodings.peek().is_some() && encodings.all(is_read)
    };
    let is_flat =
        description.path().parts().len() == 1 && description.max_rep_level() == 0 && description.max_def_level() <= 1;
    let groups = metadata.row_groups();
    if is_flat && groups.iter().all(are_read) { Way::Pages(leaf, page_type) } else { Way::Library }
}
