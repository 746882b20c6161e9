//! An Excel workbook: its sheet and the header of that.

use super::package::{self, FileReader};
use super::rows::{SheetRows, Workbook, text_of};
use crate::configuration::listed;
use crate::ingest::column::{ColumnHeaders, ColumnPositions, find_columns, other_headers};
use crate::ingest::contained::contained;
use crate::ingest::error::IngestError;
use crate::ingest::file::InputFile;
use crate::ingest::mapping::Mapping;
use crate::ingest::read_options::ReadOptions;
use calamine::{Reader, SheetType, SheetVisible};
use std::sync::Arc;

/// A sheet of a workbook whose header was read.
#[derive(Debug)]
pub struct SheetSource {
    /// The file.
    pub file: InputFile,
    /// The sheet's name.
    pub sheet: String,
    /// Rows of the sheet up to the header, itself included.
    pub rows_before_data: u64,
    /// Where the known columns stand, among the columns of the sheet.
    pub positions: ColumnPositions,
    /// How the sheet is mapped onto the specification, if it is written otherwise.
    pub mapping: Option<Arc<Mapping>>,
    /// The headers, in order; empty where a column has none.
    pub names: Vec<String>,
}

impl SheetSource {
    /// Finds the sheet and reads its header.
    ///
    /// # Errors
    /// A damaged workbook or one that is too large, no sheet or several, and a header without the needed columns.
    pub fn open(file: InputFile, options: &ReadOptions) -> Result<Self, IngestError> {
        let path = file.path().to_owned();
        let damaged = |reason| damaged(&file, reason);
        let reader = FileReader::new(&file)?;
        contained(|| package::check(reader)).map_err(damaged)?;
        let mut workbook = open_workbook(&file)?;
        if workbook.sheets_metadata().iter().all(|sheet| sheet.typ != SheetType::WorkSheet) {
            return Err(damaged("it has no sheet".to_owned()));
        }
        let sheet = match choose(&workbook, options.sheet.as_deref()) {
            Ok(sheet) => sheet,
            Err(reason) => return Err(IngestError::Sheet { path, reason }),
        };
        let header = contained(|| -> Result<_, String> {
            let mut cells = Vec::new();
            let number = SheetRows::new(&mut workbook, &sheet)?.next(&mut cells)?;
            let width = cells.iter().map(|(column, _)| *column as usize + 1).max().unwrap_or(0);
            let mut names = vec![String::new(); width];
            for (column, value) in &cells {
                names[*column as usize] = text_of(value);
            }
            Ok(number.map(|number| (number, names)))
        });
        let (number, names) = header.map_err(damaged)?.ok_or_else(|| {
            let reason = format!("the sheet `{}` is empty: it has no header", sheet.escape_debug());
            IngestError::Format { path: path.clone(), reason }
        })?;
        let line = u64::from(number) + 1;
        let positions = find_columns(names.iter().map(String::as_str), options.mapping.as_deref())
            .map_err(|problem| IngestError::Header { path: path.clone(), line, problem })?;
        Ok(Self { file, sheet, rows_before_data: line, positions, mapping: options.mapping.clone(), names })
    }

    /// The headers of the columns that stand under another name in the sheet.
    pub fn other_headers(&self) -> ColumnHeaders {
        other_headers(&self.names, &self.positions)
    }

    /// The error of a workbook whose contents are damaged.
    pub fn damaged(&self, reason: String) -> IngestError {
        damaged(&self.file, reason)
    }
}

fn damaged(file: &InputFile, reason: String) -> IngestError {
    file.unless_damaged(IngestError::Workbook { path: file.path().to_owned(), reason })
}

/// Opens a workbook whose parts were measured.
pub fn open_workbook(file: &InputFile) -> Result<Workbook, IngestError> {
    let reader = FileReader::new(file)?;
    contained(|| Workbook::new(reader)).map_err(|reason| damaged(file, reason))
}

/// The sheet that was named, or the only one that can be seen.
fn choose(workbook: &Workbook, named: Option<&str>) -> Result<String, String> {
    let sheets = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<(&str, bool)> =
        sheets.map(|sheet| (sheet.name.as_str(), sheet.visible == SheetVisible::Visible)).collect();
    let all = || listed(names.iter().map(|(name, _)| *name));
    if let Some(named) = named {
        return match names.iter().find(|(name, _)| *name == named) {
            Some((name, _)) => Ok((*name).to_owned()),
            None => Err(format!("it has no sheet `{}`; its sheets are {}", named.escape_debug(), all())),
        };
    }
    let mut visible = names.iter().filter(|(_, is_visible)| *is_visible);
    match (visible.next(), visible.next()) {
        (Some((name, _)), None) => Ok((*name).to_owned()),
        (Some(_), Some(_)) => Err(format!("it has several sheets: {}", all())),
        (None, _) => Err("it has no sheet that can be seen".to_owned()),
    }
}
