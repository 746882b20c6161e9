//! A batch of Parquet rows as cells: texts where the contract wants texts, typed values where the file has them.

use super::dictionary::{DictionaryCells, ListedValues};
use super::library_cells::{MomentCells, WrittenCells, shown_day};
use super::text_cells::TextCells;
use super::typed_cells::{BooleanCell, NO_DAY};
use crate::ingest::column::{COLUMN_COUNT, Column};
use crate::ingest::date_format::DateFormat;
use crate::ingest::mapping::Mapping;
use crate::ingest::row::{BadCell, Cells, FeeCell, OfferWindows, parse_boolean, parse_enumeration};
use crate::rules::{Date, SHORT_TEXT_BYTES, Spelled};
use arrow_array::{Array, StringViewArray};
use std::borrow::Cow;
use std::sync::Arc;

/// Rows of a row group, whose cells can be read one by one.
pub struct ParquetBatch {
    rows: usize,
    columns: [ColumnCells; COLUMN_COUNT],
    mapping: Option<Arc<Mapping>>,
}

/// The cells of one column.
#[derive(Default)]
pub(super) enum ColumnCells {
    /// The file does not have the column, or it is empty throughout.
    #[default]
    Absent,
    Pages(TextCells),
    Dictionary(DictionaryCells),
    View(StringViewArray),
    /// Numbers, written out as texts.
    Written(WrittenCells),
    /// Days since 1970-01-01, [`NO_DAY`] in empty cells.
    Date(Vec<i32>),
    Moment(MomentCells),
    Boolean(Vec<BooleanCell>),
}

impl ColumnCells {
    /// The date of a cell of [`Self::Date`], without a branch on whether there is one.
    #[inline(always)]
    pub(super) fn date_of(day: i32) -> Result<Option<Date>, BadCell> {
        let date = Date::from_days_since_epoch(day);
        let has_day = day != NO_DAY;
        if date.is_in_input_range() | !has_day { Ok(has_day.then_some(date)) } else { Err(BadCell) }
    }
}

/// The cells of every known column.
pub(super) type BatchColumns = [ColumnCells; COLUMN_COUNT];

impl ParquetBatch {
    /// A batch of so many rows.
    pub(super) const fn new(rows: usize, columns: BatchColumns, mapping: Option<Arc<Mapping>>) -> Self {
        Self { rows, columns, mapping }
    }

    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The cells of a column.
    pub(super) const fn column(&self, column: Column) -> &ColumnCells {
        &self.columns[column.index()]
    }

    /// For each column bytes of all its texts, if any of them may be long.
    pub(super) fn text_bytes(&self) -> impl Iterator<Item = u64> {
        self.columns.iter().map(|column| match column {
            ColumnCells::Pages(texts) => texts.text_bytes(),
            ColumnCells::Dictionary(texts) => texts.text_bytes(),
            // The low half of the first word of a view is its length.
            ColumnCells::View(texts) => texts.views().iter().map(|view| u64::from(*view as u32)).sum(),
            _ => 0,
        })
    }

    /// How the file is mapped onto the specification, if it is written otherwise.
    pub fn mapping(&self) -> Option<&Mapping> {
        self.mapping.as_deref()
    }

    /// The cells of a row.
    pub const fn cells<'a>(&'a self, row: usize, date_format: &'a DateFormat) -> ParquetCells<'a> {
        ParquetCells { batch: self, row, date_format }
    }
}

/// The cells of one row of a batch.
#[derive(Clone, Copy)]
pub struct ParquetCells<'a> {
    batch: &'a ParquetBatch,
    row: usize,
    date_format: &'a DateFormat,
}

impl<'a> ParquetCells<'a> {
    /// The bytes from where the text of a cell begins on.
    #[inline(always)]
    fn window<const N: usize>(&self, column: Column) -> Option<&'a [[u8; SHORT_TEXT_BYTES]; N]> {
        let bytes = match &self.batch.columns[column.index()] {
            ColumnCells::View(texts) => view_bytes(texts, self.row)?,
            ColumnCells::Pages(texts) => &texts.page(self.row).0[texts.range(self.row)[0] as usize..],
            ColumnCells::Dictionary(texts) => texts.values().bytes_from(texts.key(self.row)),
            ColumnCells::Written(texts) => &texts.bytes()[texts.range(self.row)[0] as usize..],
            _ => return None,
        };
        bytes.as_chunks().0.first_chunk()
    }
}

/// The bytes from where the text of a row begins on, if it is short: what follows it in its view, and the views of the
/// rows after it.
#[inline]
fn view_bytes(texts: &StringViewArray, row: usize) -> Option<&[u8]> {
    const VIEW_BYTES: usize = size_of::<u128>();
    const LENGTH_BYTES: usize = size_of::<u32>();
    /// Bytes of a text that its view holds itself, by Arrow's format.
    const HELD_BYTES: u32 = 12;
    let start = row * VIEW_BYTES;
    // A longer text lies elsewhere, and a null cell may hold anything.
    let is_held = texts.views()[row] as u32 <= HELD_BYTES && texts.is_valid(row);
    if is_held { texts.views().inner().as_slice().get(start + LENGTH_BYTES..) } else { None }
}

impl<'a> Cells<'a> for ParquetCells<'a> {
    fn shown(&self, column: Column) -> Cow<'a, [u8]> {
        let row = self.row;
        match &self.batch.columns[column.index()] {
            ColumnCells::Date(days) if days[row] != NO_DAY => Cow::Owned(shown_day(days[row]).into_bytes()),
            ColumnCells::Moment(moments) => Cow::Borrowed(moments.texts.text(row)),
            ColumnCells::Boolean(values) => match values[row] {
                BooleanCell::True => Cow::Borrowed(b"true"),
                BooleanCell::False => Cow::Borrowed(b"false"),
                BooleanCell::Empty => Cow::Borrowed(b""),
            },
            _ => Cow::Borrowed(self.text(column)),
        }
    }

    #[inline(always)]
    fn text(&self, column: Column) -> &'a [u8] {
        let row = self.row;
        match &self.batch.columns[column.index()] {
            ColumnCells::View(texts) if texts.is_valid(row) => texts.value(row).as_bytes(),
            ColumnCells::Pages(texts) => texts.text(row),
            ColumnCells::Dictionary(texts) => texts.values().text(texts.key(row)),
            ColumnCells::Written(texts) => texts.text(row),
            _ => b"",
        }
    }

    fn is_typed(&self, column: Column) -> bool {
        let cells = &self.batch.columns[column.index()];
        match column {
            Column::Fee => matches!(cells, ColumnCells::Written(_)),
            _ => matches!(cells, ColumnCells::Date(_) | ColumnCells::Moment(_) | ColumnCells::Boolean(_)),
        }
    }

    #[inline(always)]
    fn date(&self, column: Column) -> Result<Option<Date>, BadCell> {
        let in_range = |days| {
            let date = Date::from_days_since_epoch(days);
            if date.is_in_input_range() { Ok(Some(date)) } else { Err(BadCell) }
        };
        match &self.batch.columns[column.index()] {
            ColumnCells::Date(days) => ColumnCells::date_of(days[self.row]),
            ColumnCells::Moment(moments) => match moments.days.get(self.row).copied().flatten() {
                Some(day) => in_range(day?),
                None => Ok(None),
            },
            _ => self.date_format.read_cell(self.text(column)),
        }
    }

    #[inline(always)]
    fn enumeration<T: Spelled>(&self, column: Column) -> Result<Option<T>, BadCell> {
        match &self.batch.columns[column.index()] {
            ColumnCells::Dictionary(texts) => match texts.values().listed() {
                Some(listed) => {
                    let listed = listed[texts.key(self.row) as usize];
                    if listed.is_bad() { Err(BadCell) } else { Ok(ListedValues::new().value(listed)) }
                }
                None => parse_enumeration(self.text(column)),
            },
            _ => parse_enumeration(self.text(column)),
        }
    }

    #[inline(always)]
    fn fee(&self, column: Column) -> Result<Option<FeeCell<'a>>, BadCell> {
        let text = self.text(column);
        match &self.batch.columns[column.index()] {
            ColumnCells::Dictionary(texts) if let Some(fees) = texts.values().fees() => {
                let key = texts.key(self.row);
                texts.values().fee(fees[key as usize], key)
            }
            _ => FeeCell::parse(text),
        }
    }

    #[inline(always)]
    fn windows(&self) -> OfferWindows<'a> {
        OfferWindows {
            partner_id: self.window(Column::PartnerId),
            partner_name: self.window(Column::PartnerName),
            offer_name: self.window(Column::OfferName),
        }
    }

    #[inline(always)]
    fn boolean(&self, column: Column) -> Result<Option<bool>, BadCell> {
        match &self.batch.columns[column.index()] {
            ColumnCells::Boolean(values) => Ok(values[self.row].value()),
            _ => parse_boolean(self.text(column)),
        }
    }
}
