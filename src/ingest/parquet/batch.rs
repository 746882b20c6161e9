//! A batch of Parquet rows as cells: texts where the contract wants texts, typed values where the file has them.

use super::dictionary::{DictionaryCells, DictionaryValues, fill_nulls};
use crate::ingest::column::{COLUMN_COUNT, Column, ColumnPositions};
use crate::ingest::date_format::DateFormat;
use crate::ingest::mapping::Mapping;
use crate::ingest::row::{BadCell, Cells, FeeCell, OfferWindows, parse_boolean, parse_enumeration};
use crate::rules::{Date, SHORT_TEXT_BYTES, Spelled};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, ArrowTimestampType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, Date32Array, RecordBatch, StringViewArray};
use arrow_schema::{DataType, TimeUnit};
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

/// Rows of a row group, whose cells can be read one by one.
pub struct ParquetBatch {
    rows: usize,
    columns: [ColumnCells; COLUMN_COUNT],
    mapping: Option<Arc<Mapping>>,
}

/// The values of each column's dictionary in the batch that was read last.
pub(super) type Dictionaries = [Option<Arc<DictionaryValues>>; COLUMN_COUNT];

/// Seconds of a day.
const SECONDS_PER_DAY: i64 = 86_400;

/// Stands for an empty cell among days, as no input date lies there.
const NO_DAY: i32 = i32::MIN;

/// The cells of one column.
enum ColumnCells {
    /// The file does not have the column, or it is empty throughout.
    Absent,
    View(StringViewArray),
    Dictionary(DictionaryCells),
    /// Numbers, written out as texts.
    Written(WrittenCells),
    /// Days since 1970-01-01, [`NO_DAY`] in empty cells.
    Date(Vec<i32>),
    Moment(MomentCells),
    Boolean(BooleanArray),
}

/// Texts that were written from numbers, one after the other.
#[derive(Default)]
struct WrittenCells {
    text: String,
    ends: Vec<usize>,
}

/// Timestamps: the day of each, or what it is where it is not midnight.
struct MomentCells {
    days: Vec<Option<Result<i32, BadCell>>>,
    texts: WrittenCells,
}

impl ParquetBatch {
    /// Takes over the columns that were read.
    ///
    /// # Errors
    /// A column with a type that was not asked for.
    pub(super) fn new(
        batch: &RecordBatch,
        positions: &ColumnPositions,
        dictionaries: &mut Dictionaries,
        mapping: Option<Arc<Mapping>>,
    ) -> Result<Self, String> {
        let mut columns = [const { ColumnCells::Absent }; COLUMN_COUNT];
        for ((cells, position), column) in columns.iter_mut().zip(positions).zip(Column::ALL) {
            if let Some(array) = position.and_then(|position| batch.columns().get(position)) {
                *cells = column_cells(array, *column, &mut dictionaries[column.index()])?;
            }
        }
        Ok(Self { rows: batch.num_rows(), columns, mapping })
    }

    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
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
            ColumnCells::Dictionary(texts) => texts.bytes_from(self.row),
            ColumnCells::Written(texts) => texts.bytes_from(self.row),
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
            ColumnCells::Moment(moments) => Cow::Borrowed(moments.texts.get(row).as_bytes()),
            ColumnCells::Boolean(values) if values.is_valid(row) => {
                Cow::Borrowed(if values.value(row) { b"true" } else { b"false" })
            }
            _ => Cow::Borrowed(self.text(column)),
        }
    }

    #[inline(always)]
    fn text(&self, column: Column) -> &'a [u8] {
        let row = self.row;
        match &self.batch.columns[column.index()] {
            ColumnCells::View(texts) if texts.is_valid(row) => texts.value(row).as_bytes(),
            ColumnCells::Dictionary(texts) => texts.text(row),
            ColumnCells::Written(texts) => texts.get(row).as_bytes(),
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
            ColumnCells::Date(days) => {
                let day = days[self.row];
                let date = Date::from_days_since_epoch(day);
                let has_day = day != NO_DAY;
                if date.is_in_input_range() | !has_day { Ok(has_day.then_some(date)) } else { Err(BadCell) }
            }
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
            ColumnCells::Dictionary(texts) => {
                texts.listed(self.row).unwrap_or_else(|| parse_enumeration(texts.text(self.row)))
            }
            _ => parse_enumeration(self.text(column)),
        }
    }

    #[inline(always)]
    fn fee(&self, column: Column) -> Result<Option<FeeCell<'a>>, BadCell> {
        let text = self.text(column);
        let fee = match &self.batch.columns[column.index()] {
            ColumnCells::Dictionary(texts) => texts.fee(self.row),
            _ => None,
        };
        match fee {
            Some(fee) => Ok(fee?.map(|fee| FeeCell { fee, text })),
            None => FeeCell::parse(text),
        }
    }

    #[inline(always)]
    fn is_plain(&self) -> bool {
        let is_plain = |column: Column| match &self.batch.columns[column.index()] {
            ColumnCells::Absent => true,
            ColumnCells::Dictionary(texts) => texts.is_plain(self.row),
            _ => false,
        };
        is_plain(Column::PartnerName) && is_plain(Column::Country) && is_plain(Column::OfferName)
    }

    #[inline(always)]
    fn windows(&self) -> OfferWindows<'a> {
        OfferWindows { partner_id: self.window(Column::PartnerId), offer_name: self.window(Column::OfferName) }
    }

    #[inline(always)]
    fn boolean(&self, column: Column) -> Result<Option<bool>, BadCell> {
        match &self.batch.columns[column.index()] {
            ColumnCells::Boolean(values) => Ok(values.is_valid(self.row).then(|| values.value(self.row))),
            _ => parse_boolean(self.text(column)),
        }
    }
}

impl WrittenCells {
    fn push(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }

    fn start(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    fn get(&self, row: usize) -> &str {
        &self.text[self.start(row)..self.ends[row]]
    }

    fn bytes_from(&self, row: usize) -> &[u8] {
        &self.text.as_bytes()[self.start(row)..]
    }
}

fn column_cells(
    array: &ArrayRef,
    column: Column,
    dictionary: &mut Option<Arc<DictionaryValues>>,
) -> Result<ColumnCells, String> {
    Ok(match array.data_type() {
        DataType::Null => ColumnCells::Absent,
        DataType::Utf8View => ColumnCells::View(array.as_string_view().clone()),
        DataType::Utf8 => ColumnCells::View(array.as_string::<i32>().into()),
        DataType::LargeUtf8 => ColumnCells::View(array.as_string::<i64>().into()),
        DataType::Dictionary(..) => {
            let texts = array.as_dictionary_opt::<Int32Type>().ok_or("a dictionary of an unexpected type")?;
            ColumnCells::Dictionary(DictionaryCells::new(texts, column, dictionary)?)
        }
        DataType::Date32 => days(array.as_primitive()),
        DataType::Boolean => ColumnCells::Boolean(array.as_boolean().clone()),
        DataType::Date64 => ColumnCells::Moment(moments_of::<arrow_array::types::Date64Type>(array, 86_400_000)),
        DataType::Timestamp(unit, _) => ColumnCells::Moment(timestamps(array, *unit)),
        DataType::Float32 => ColumnCells::Written(written::<Float32Type>(array, |value, text| write!(text, "{value}"))),
        DataType::Float64 => ColumnCells::Written(written::<Float64Type>(array, |value, text| write!(text, "{value}"))),
        DataType::Decimal32(..) => ColumnCells::Written(decimals::<Decimal32Type>(array)),
        DataType::Decimal64(..) => ColumnCells::Written(decimals::<Decimal64Type>(array)),
        DataType::Decimal128(..) => ColumnCells::Written(decimals::<Decimal128Type>(array)),
        DataType::Decimal256(..) => ColumnCells::Written(decimals::<Decimal256Type>(array)),
        integer => ColumnCells::Written(integers(array, integer)?),
    })
}

/// The days of a column, without a branch on whether there is one.
fn days(dates: &Date32Array) -> ColumnCells {
    // A day that looks like an empty cell must be refused as any other that is no date of an export.
    if dates.values().contains(&NO_DAY) {
        let seconds = dates.iter().map(|day| day.map(|day| i64::from(day) * SECONDS_PER_DAY));
        return ColumnCells::Moment(moments(seconds, SECONDS_PER_DAY));
    }
    let mut days = dates.values().to_vec();
    fill_nulls(&mut days, dates.nulls(), NO_DAY);
    ColumnCells::Date(days)
}

fn integers(array: &ArrayRef, data_type: &DataType) -> Result<WrittenCells, String> {
    Ok(match data_type {
        DataType::Int8 => integer::<Int8Type>(array),
        DataType::Int16 => integer::<Int16Type>(array),
        DataType::Int32 => integer::<Int32Type>(array),
        DataType::Int64 => integer::<Int64Type>(array),
        DataType::UInt8 => integer::<UInt8Type>(array),
        DataType::UInt16 => integer::<UInt16Type>(array),
        DataType::UInt32 => integer::<UInt32Type>(array),
        DataType::UInt64 => integer::<UInt64Type>(array),
        other => return Err(format!("a column has the unexpected type {other}")),
    })
}

fn integer<T: ArrowPrimitiveType>(array: &ArrayRef) -> WrittenCells
where
    T::Native: std::fmt::Display,
{
    written::<T>(array, |value, text| write!(text, "{value}"))
}

/// Writes each value as a text; a null becomes an empty one.
fn written<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    write: impl Fn(T::Native, &mut String) -> std::fmt::Result,
) -> WrittenCells {
    let mut cells = WrittenCells::default();
    for value in array.as_primitive::<T>() {
        cells.push(|text| {
            if let Some(value) = value {
                // Writing to memory does not fail.
                let _ = write(value, text);
            }
        });
    }
    cells
}

fn decimals<T: DecimalType>(array: &ArrayRef) -> WrittenCells {
    let (precision, scale) = match array.data_type() {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => (*precision, *scale),
        _ => (0, 0),
    };
    written::<T>(array, |value, text| write!(text, "{}", T::format_decimal(value, precision, scale)))
}

fn timestamps(array: &ArrayRef, unit: TimeUnit) -> MomentCells {
    fn of<T: ArrowTimestampType>(array: &ArrayRef, units_per_second: i64) -> MomentCells {
        moments_of::<T>(array, SECONDS_PER_DAY * units_per_second)
    }
    match unit {
        TimeUnit::Second => of::<TimestampSecondType>(array, 1),
        TimeUnit::Millisecond => of::<TimestampMillisecondType>(array, 1_000),
        TimeUnit::Microsecond => of::<TimestampMicrosecondType>(array, 1_000_000),
        TimeUnit::Nanosecond => of::<TimestampNanosecondType>(array, 1_000_000_000),
    }
}

fn moments_of<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef, units_per_day: i64) -> MomentCells {
    moments(array.as_primitive::<T>().iter(), units_per_day)
}

fn moments(values: impl ExactSizeIterator<Item = Option<i64>>, units_per_day: i64) -> MomentCells {
    let mut cells = MomentCells { days: Vec::with_capacity(values.len()), texts: WrittenCells::default() };
    for value in values {
        let day = value.map(|value| match i32::try_from(value.div_euclid(units_per_day)) {
            Ok(day) if value.rem_euclid(units_per_day) == 0 => Ok(day),
            _ => Err(BadCell),
        });
        cells.texts.push(|text| {
            if let Some(value) = value {
                text.push_str(&shown_moment(value, units_per_day));
            }
        });
        cells.days.push(day);
    }
    cells
}

fn shown_day(days: i32) -> String {
    // The conversion needs some room on both sides of the day count.
    const FARTHEST: u32 = 700_000_000;
    if days.unsigned_abs() > FARTHEST {
        return format!("day {days} from 1970-01-01");
    }
    Date::from_days_since_epoch(days).to_string()
}

fn shown_moment(value: i64, units_per_day: i64) -> String {
    let Ok(days) = i32::try_from(value.div_euclid(units_per_day)) else { return value.to_string() };
    let units_per_second = units_per_day / SECONDS_PER_DAY;
    let within_day = value.rem_euclid(units_per_day);
    let (seconds, fraction) = (within_day / units_per_second, within_day % units_per_second);
    if within_day == 0 {
        return shown_day(days);
    }
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{}T{hours:02}:{minutes:02}:{seconds:02}", shown_day(days));
    if fraction > 0 {
        let width = units_per_second.ilog10() as usize;
        let _ = write!(text, ".{fraction:0width$}");
    }
    text
}
