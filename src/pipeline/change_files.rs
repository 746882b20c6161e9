//! The files that a comparison of two nights writes, each table in every format that was asked for.

use super::encoding::parquet_error;
use super::error::RunError;
use crate::formats::DateTexts;
use crate::formats::csv::{CsvCellSink, table_header};
use crate::formats::parquet::{ParquetCellSink, ParquetFile, RowGroup};
use crate::publish::{FileEntry, Publication, StagedFile};
use crate::reports::{CellSink, Table};
use std::sync::Arc;

/// Rows that are gathered before they go to the files.
const ROWS_GATHERED: u64 = 4_096;

/// What a table is written as.
#[derive(Clone, Copy, Debug)]
pub struct TableFormats {
    /// Whether as CSV.
    pub csv: bool,
    /// Whether as Parquet.
    pub parquet: bool,
    /// Whether texts are written as they are in CSV.
    pub is_raw_text: bool,
}

/// A table that is being written.
pub struct TableFiles {
    table: Table,
    csv: Option<(StagedFile, CsvCellSink)>,
    parquet: Option<(ParquetFile<StagedFile>, ParquetCellSink)>,
    rows: u64,
}

impl TableFiles {
    /// Creates the files, with their headers.
    ///
    /// # Errors
    /// A file cannot be created or written.
    pub fn create(
        publication: &Publication,
        table: Table,
        formats: TableFormats,
        date_texts: &Arc<DateTexts>,
    ) -> Result<Self, RunError> {
        let mut files = Self { table, csv: None, parquet: None, rows: 0 };
        if formats.csv {
            let mut file = publication.create(&format!("{}.csv", table.name))?;
            file.append(&table_header(table))?;
            files.csv = Some((file, CsvCellSink::new(formats.is_raw_text, date_texts.clone())));
        }
        if formats.parquet {
            let file = publication.create(&format!("{}.parquet", table.name))?;
            let file = ParquetFile::new(table, file).map_err(|source| parquet_error(table, source))?;
            files.parquet = Some((file, ParquetCellSink::new(table)));
        }
        Ok(files)
    }

    /// Writes rows in each format; `write` says how many.
    ///
    /// # Errors
    /// Writing fails.
    pub fn write(&mut self, write: &mut dyn FnMut(&mut dyn CellSink) -> u64) -> Result<(), RunError> {
        let mut rows = 0;
        if let Some((_, cells)) = &mut self.csv {
            rows = write(cells);
        }
        if let Some((_, cells)) = &mut self.parquet {
            rows = write(cells);
        }
        let (before, now) = (self.rows, self.rows + rows);
        self.rows = now;
        if before / ROWS_GATHERED == now / ROWS_GATHERED { Ok(()) } else { self.pass_on() }
    }

    fn pass_on(&mut self) -> Result<(), RunError> {
        if let Some((file, cells)) = &mut self.csv {
            file.append(cells.bytes())?;
            cells.clear();
        }
        if let Some((file, cells)) = &mut self.parquet {
            let mut complete = Vec::new();
            file.append(cells, &mut complete);
            cells.clear();
            encode(file, complete)?;
        }
        Ok(())
    }

    /// Ends and syncs the files.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(mut self) -> Result<Vec<FileEntry>, RunError> {
        self.pass_on()?;
        let mut entries = Vec::new();
        if let Some((file, _)) = self.csv {
            entries.push(file.finish(self.rows)?);
        }
        if let Some((mut file, _)) = self.parquet {
            let rest = file.complete();
            encode(&mut file, rest)?;
            let file = file.finish().map_err(|source| parquet_error(self.table, source))?;
            entries.push(file.finish(self.rows)?);
        }
        Ok(entries)
    }
}

fn encode(file: &mut ParquetFile<StagedFile>, row_groups: impl IntoIterator<Item = RowGroup>) -> Result<(), RunError> {
    let table = file.table();
    for row_group in row_groups {
        let encoded = file.encoder().encode(row_group).map_err(|source| parquet_error(table, source))?;
        file.accept(encoded).map_err(|source| parquet_error(table, source))?;
    }
    Ok(())
}
