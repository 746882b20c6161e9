//! How cells are shown: number formats, by what a cell holds.

use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

/// A way to show a cell of a report. Its number is that of the workbook's style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text from the export: typing into the cell, or confirming it, never makes it a formula or a number.
    Text,
    /// A day.
    Date,
    /// A month, held as its first day.
    Month,
    /// A count.
    Integer,
    /// An amount with so many decimal places, 0 to 4.
    Amount(u8),
    /// A rate or a share, from 0 to 1.
    Rate,
}

/// Every style, in the order of their numbers. An amount without decimal places looks as a count does.
const ALL: [Style; 9] = [
    Style::Text,
    Style::Date,
    Style::Month,
    Style::Integer,
    Style::Amount(1),
    Style::Amount(2),
    Style::Amount(3),
    Style::Amount(4),
    Style::Rate,
];

impl Style {
    /// The number of the style in the workbook; 0 is the cell without one.
    pub const fn number(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Date => 2,
            Self::Month => 3,
            Self::Integer | Self::Amount(0) => 4,
            Self::Amount(places) => 4 + places,
            Self::Rate => 9,
        }
    }

    /// The style in Excel's language of formats. `_)` keeps a number off the text in the next column.
    pub const fn number_format(self) -> &'static str {
        match self {
            Self::Text => "@",
            Self::Date => "yyyy-mm-dd",
            Self::Month => "yyyy-mm",
            Self::Integer | Self::Amount(0) => "#,##0_)",
            Self::Amount(1) => "#,##0.0_)",
            Self::Amount(2) => "#,##0.00_)",
            Self::Amount(3) => "#,##0.000_)",
            Self::Amount(_) => "#,##0.0000_)",
            Self::Rate => "0.00%_)",
        }
    }

    /// The style as the workbook's library has it.
    pub fn format(self) -> Format {
        let format = Format::new().set_num_format(self.number_format());
        match self {
            // As its header, and off the text in the next column.
            Self::Date | Self::Month => format.set_align(FormatAlign::Left),
            _ => format,
        }
    }
}

/// Gives every style its number: the library counts styles in the order in which cells use them.
pub fn register(workbook: &mut Workbook) -> Result<(), XlsxError> {
    let sheet = workbook.worksheet_from_index(0)?;
    for style in ALL {
        sheet.write_blank(0, 0, &style.format())?;
    }
    sheet.clear_cell(0, 0);
    Ok(())
}
