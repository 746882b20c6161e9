//! The rows of a sheet, cell by cell as the library gives them.

use super::package::FileReader;
use calamine::{CellErrorType, DataRef, Xlsx, XlsxCellReader};
use std::io::BufReader;

/// A workbook that is open.
pub type Workbook = Xlsx<BufReader<FileReader>>;

/// Rows and columns that a sheet of Excel has at most.
const ROWS_MAX: u32 = 1_048_576;
const COLUMNS_MAX: u32 = 16_384;

/// Gives the cells of a sheet row by row, in order.
pub struct SheetRows<'a> {
    cells: XlsxCellReader<'a, BufReader<FileReader>>,
    /// The first cell of the next row.
    next: Option<(u32, u32, DataRef<'a>)>,
    last_row: Option<u32>,
    /// The library must not be asked for more after the last cell.
    is_ended: bool,
}

impl<'a> SheetRows<'a> {
    /// The rows of a sheet.
    pub fn new(workbook: &'a mut Workbook, sheet: &str) -> Result<Self, String> {
        let cells = workbook.worksheet_cells_reader(sheet).map_err(|error| error.to_string())?;
        Ok(Self { cells, next: None, last_row: None, is_ended: false })
    }

    /// Puts the cells of the next row that has any value into `row`, in the order of their columns; `None` at
    /// the end of the sheet.
    ///
    /// # Errors
    /// A damaged sheet, or one whose rows are not in order.
    pub fn next(&mut self, row: &mut Vec<(u32, DataRef<'a>)>) -> Result<Option<u32>, String> {
        row.clear();
        let mut number = None;
        loop {
            let (at, column, value) = match self.next.take() {
                Some(cell) => cell,
                None => match self.next_value()? {
                    Some(cell) => cell,
                    None => break,
                },
            };
            if number.is_some_and(|number| number != at) {
                self.next = Some((at, column, value));
                break;
            }
            number = Some(at);
            row.push((column, value));
            // There are no more columns, so that a cell is there twice.
            if row.len() > COLUMNS_MAX as usize {
                break;
            }
        }
        let Some(number) = number else { return Ok(None) };
        // Cells need not be in order, but mostly are.
        if !row.is_sorted_by_key(|(column, _)| *column) {
            row.sort_by_key(|(column, _)| *column);
        }
        if row.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(format!("row {} has a cell twice", number + 1));
        }
        if self.last_row.is_some_and(|last| number <= last) {
            return Err(format!("row {} stands after a later one", number + 1));
        }
        self.last_row = Some(number);
        Ok(Some(number))
    }

    /// The next cell that is not empty.
    fn next_value(&mut self) -> Result<Option<(u32, u32, DataRef<'a>)>, String> {
        while !self.is_ended {
            let cell = self.cells.next_cell_with_formula_metadata().map_err(|error| error.to_string())?;
            let Some(cell) = cell else {
                self.is_ended = true;
                break;
            };
            let (row, column) = cell.pos;
            if row >= ROWS_MAX || column >= COLUMNS_MAX {
                return Err(format!(
                    "it has a cell in row {} and column {}",
                    u64::from(row) + 1,
                    u64::from(column) + 1
                ));
            }
            let value = match (cell.value, cell.formula) {
                // Whatever it yields, it is not an empty cell: programs write formulas that nobody has reckoned out.
                (DataRef::Empty, Some(_)) => DataRef::Error(CellErrorType::GettingData),
                (value, _) => value,
            };
            let is_empty = match &value {
                DataRef::Empty => true,
                DataRef::String(text) => text.is_empty(),
                DataRef::SharedString(text) => text.is_empty(),
                _ => false,
            };
            if !is_empty {
                return Ok(Some((row, column, value)));
            }
        }
        Ok(None)
    }
}

/// A value as text, such as a header.
pub fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(moment) => moment.as_f64().to_string(),
        DataRef::Error(error) => error.to_string(),
    }
}
