//! A decision table that a run has published, read part by part.

use super::decision_columns::DecisionBatch;
use super::error::ChangesError;
use super::offer::NightOffer;
use crate::ingest::ReadFault;
use crate::ingest::contained;
use crate::ingest::parquet::{PartReader, read_footer};
use crate::reports::{CellKind, DECISIONS};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Columns that follow from others and are not compared.
const NOT_READ: [&str; 3] = ["window_opens", "first_reminder", "second_reminder"];
/// Columns of few words, which are read as dictionaries.
pub const WORDS: [&str; 8] =
    ["offer_type", "level", "requirements_met", "portal", "stage", "anniversary_rule", "requirements", "blockers"];
/// Rows that are read at once.
const BATCH_ROWS: usize = 4_096;

/// A table whose footer was read and whose columns are those that a run writes.
#[derive(Debug)]
pub struct DecisionTable {
    path: PathBuf,
    file: Arc<File>,
    bytes: u64,
    fault: ReadFault,
    metadata: ArrowReaderMetadata,
}

impl DecisionTable {
    /// Reads the footer of the file that was opened at `path`, which has so many bytes and should have so many rows.
    ///
    /// # Errors
    /// A file that is damaged, has other columns, or another number of rows.
    pub fn open(path: &Path, file: File, bytes: u64, rows: u64) -> Result<Self, ChangesError> {
        let file = Arc::new(file);
        let fault = ReadFault::default();
        let damaged = |reason: String| unless_unreadable(path, &fault, reason);
        let handle = PartReader::of_file(file.clone(), bytes, fault.clone());
        let options = || ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let found = read_footer(&handle, options()).map_err(damaged)?;
        let schema =
            read_as(found.schema()).map_err(|reason| ChangesError::Foreign { path: path.to_owned(), reason })?;
        let metadata =
            contained(|| ArrowReaderMetadata::try_new(found.metadata().clone(), options().with_schema(schema)))
                .map_err(damaged)?;
        let table = Self { path: path.to_owned(), file, bytes, fault, metadata };
        let groups = 0..table.row_groups();
        let counted: Option<u64> = groups.map(|group| table.row_group_rows(group)).sum();
        match counted {
            Some(counted) if counted == rows => Ok(table),
            _ => Err(table.damaged(format!("the file has not the {rows} rows that the manifest says"))),
        }
    }

    /// Number of row groups.
    pub fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Rows of a row group; `None` if the file says a negative number.
    pub fn row_group_rows(&self, row_group: usize) -> Option<u64> {
        u64::try_from(self.metadata.metadata().row_group(row_group).num_rows()).ok()
    }

    /// Compressed bytes of a row group, for progress.
    pub fn row_group_bytes(&self, row_group: usize) -> u64 {
        u64::try_from(self.metadata.metadata().row_group(row_group).compressed_size()).unwrap_or(0)
    }

    /// Passes the offers of some row groups to `take`, in order; returns their number.
    ///
    /// # Errors
    /// A damaged file, or one that holds what no run writes.
    pub fn read(&self, row_groups: Range<usize>, take: &mut dyn FnMut(&NightOffer<'_>)) -> Result<u64, ChangesError> {
        let handle = PartReader::of_file(self.file.clone(), self.bytes, self.fault.clone());
        let groups: Vec<usize> = row_groups.collect();
        let expected: u64 = groups.iter().filter_map(|group| self.row_group_rows(*group)).sum();
        let built = contained(|| {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(handle, self.metadata.clone());
            let names = builder.schema().fields().iter().enumerate();
            let roots: Vec<usize> =
                names.filter(|(_, field)| is_read(field.name())).map(|(position, _)| position).collect();
            let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
            builder.with_projection(mask).with_row_groups(groups).with_batch_size(BATCH_ROWS).build()
        });
        let mut reader = built.map_err(|reason| self.damaged(reason))?;
        let mut rows = 0;
        while let Some(batch) = contained(|| reader.next().transpose()).map_err(|reason| self.damaged(reason))? {
            let batch = DecisionBatch::new(&batch).map_err(|reason| self.damaged(reason))?;
            for row in 0..batch.rows() {
                take(&batch.offer(row).map_err(|problem| self.damaged(problem.to_string()))?);
            }
            rows += batch.rows() as u64;
        }
        if rows == expected {
            Ok(rows)
        } else {
            Err(self.damaged("a row group has fewer rows than it says".to_owned()))
        }
    }

    fn damaged(&self, reason: String) -> ChangesError {
        unless_unreadable(&self.path, &self.fault, reason)
    }
}

/// The error of a damaged table, unless the system has failed to read it.
fn unless_unreadable(path: &Path, fault: &ReadFault, reason: String) -> ChangesError {
    let path = path.to_owned();
    match fault.told() {
        Some((offset, cause)) => ChangesError::Unreadable { path, offset, cause },
        None => ChangesError::Damaged { path, reason },
    }
}

fn is_read(name: &str) -> bool {
    DECISIONS.columns.iter().any(|column| column.name == name) && !NOT_READ.contains(&name)
}

/// The schema to read by, if the file has every column of the table in its type.
fn read_as(found: &Schema) -> Result<Arc<Schema>, String> {
    for column in DECISIONS.columns {
        let expected = match column.kind {
            CellKind::Text => DataType::Utf8,
            CellKind::Date | CellKind::OptionalDate => DataType::Date32,
            CellKind::Integer | CellKind::OptionalInteger => DataType::Int64,
            CellKind::Amount => DataType::Decimal128(22, 4),
            CellKind::Estimate => DataType::Float64,
        };
        let mut fields = found.fields().iter().filter(|field| field.name() == column.name);
        match (fields.next(), fields.next()) {
            (Some(field), None) if *field.data_type() == expected => {}
            (Some(field), None) => {
                return Err(format!("the column `{}` is {}, not {expected}", column.name, field.data_type()));
            }
            (Some(_), Some(_)) => return Err(format!("the column `{}` is there twice", column.name)),
            (None, _) => return Err(format!("the column `{}` is missing", column.name)),
        }
    }
    let fields = found.fields().iter().map(|field| {
        let data_type = match field.name().as_str() {
            name if WORDS.contains(&name) => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            name if is_read(name) && field.data_type() == &DataType::Utf8 => DataType::Utf8View,
            _ => field.data_type().clone(),
        };
        Field::new(field.name(), data_type, field.is_nullable())
    });
    Ok(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_the_system_cannot_read_is_not_called_damaged() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("decisions.parquet");
        std::fs::write(&path, "PAR1 no table PAR1").expect("written");
        let error = DecisionTable::open(&path, File::open(&path).expect("opened"), 18, 1).expect_err("no table");
        assert_eq!(error.exit_code(), 65, "{error}");
        let not_to_be_read = File::options().append(true).open(&path).expect("opened");
        let error = DecisionTable::open(&path, not_to_be_read, 18, 1).expect_err("unreadable");
        assert!(matches!(error, ChangesError::Unreadable { offset: 10, .. }), "{error}");
        assert_eq!(error.exit_code(), 74, "{error}");
    }
}
