//! How a file that is not written as SPEC §2 says is mapped onto it: headers, constants, values, dates and fees.
//!
//! A [`Mapping`] says how the file is written; nothing in it is guessed from the data. [`take_mapped_row`] reads a row by
//! it, whatever format the row came from, so that the checks of a row see what the specification knows.

mod cells;
mod constant;
mod date_forms;
mod fee_form;
mod headers;
#[cfg(test)]
mod properties;
mod values;

pub use cells::take_mapped_row;
pub use constant::{Constant, ConstantOrigin, ConstantProblem};
pub use date_forms::{DateDoubt, DateForms, TimeOfDay};
pub use fee_form::{FeeForm, Symbol};
pub use headers::{HeaderNames, fold_header};
pub use values::{ValueProblem, Values};

use super::column::{COLUMN_COUNT, Column};

/// How the files of one kind are written.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// What messages call the profile that this comes from; `None` if there are only constants.
    pub profile: Option<String>,
    /// The headers of the columns; `None` if they are those of the specification.
    pub headers: Option<HeaderNames>,
    /// What separates the fields of CSV; `None` if the header tells.
    pub delimiter: Option<u8>,
    /// Values that columns have in every row.
    pub constants: [Option<Constant>; COLUMN_COUNT],
    /// Texts that stand for other texts.
    pub values: [Values; COLUMN_COUNT],
    /// How the dates of a column are written; `None` if as everywhere.
    pub dates: [Option<DateForms>; COLUMN_COUNT],
    /// How fees are written; `None` for plain decimals.
    pub fees: Option<FeeForm>,
    /// Whether files without a needed column are read too, to see what they have.
    pub allows_missing: bool,
}

impl Mapping {
    /// The constant of a column.
    pub const fn constant(&self, column: Column) -> Option<&Constant> {
        self.constants[column.index()].as_ref()
    }

    /// Whether a text can show that day and month are exchanged, or be read as two days.
    pub fn may_be_doubted(&self) -> bool {
        self.dates.iter().flatten().any(DateForms::may_be_doubted)
    }

    /// What makes it doubtful in which order day and month stand in a column, where its text shows that.
    pub fn doubt(&self, column: Column, text: &[u8]) -> Option<DateDoubt> {
        if self.constants[column.index()].is_some() {
            return None;
        }
        self.dates[column.index()].as_ref()?.doubt(text)
    }
}
