//! The cells of columns of a type that few exports have, or in an encoding that few writers use: as the library that
//! reads Parquet gives them.

use super::batch::ColumnCells;
use super::plain_texts::TextRange;
use super::typed_cells::{BooleanCell, Days, NO_DAY};
use crate::ingest::row::BadCell;
use crate::rules::Date;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, ArrowTimestampType, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DecimalType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, Date32Array};
use arrow_schema::{DataType, TimeUnit};
use std::fmt::Write;

/// Seconds of a day.
const SECONDS_PER_DAY: i64 = 86_400;

/// Texts that were written from numbers, one after the other.
#[derive(Default)]
pub(super) struct WrittenCells {
    text: String,
    ends: Vec<usize>,
}

/// Timestamps: the day of each, or what it is where it is not midnight.
pub(super) struct MomentCells {
    pub(super) days: Vec<Option<Result<i32, BadCell>>>,
    pub(super) texts: WrittenCells,
}

impl WrittenCells {
    fn push(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }

    /// Where the text of a row begins and ends; a number takes too few bytes for a batch of them to need more bits.
    #[inline]
    pub(super) fn range(&self, row: usize) -> TextRange {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        [start as u32, self.ends[row] as u32]
    }

    /// What the ranges are in.
    #[inline]
    pub(super) const fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    #[inline]
    pub(super) fn text(&self, row: usize) -> &[u8] {
        let [start, end] = self.range(row);
        &self.bytes()[start as usize..end as usize]
    }
}

/// The cells of an array.
///
/// # Errors
/// A type that was not asked for.
pub(super) fn library_cells(array: &ArrayRef) -> Result<ColumnCells, String> {
    Ok(match array.data_type() {
        DataType::Null => ColumnCells::Absent,
        DataType::Utf8View => ColumnCells::View(array.as_string_view().clone()),
        DataType::Utf8 => ColumnCells::View(array.as_string::<i32>().into()),
        DataType::LargeUtf8 => ColumnCells::View(array.as_string::<i64>().into()),
        DataType::Date32 => days(array.as_primitive()),
        DataType::Boolean => booleans(array.as_boolean()),
        DataType::Date64 => ColumnCells::Moment(moments_of::<Date64Type>(array, 86_400_000)),
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

fn booleans(array: &BooleanArray) -> ColumnCells {
    let cells = array.iter().map(|value| match value {
        Some(true) => BooleanCell::True,
        Some(false) => BooleanCell::False,
        None => BooleanCell::Empty,
    });
    ColumnCells::Boolean(cells.collect())
}

fn days(dates: &Date32Array) -> ColumnCells {
    if dates.values().contains(&NO_DAY) {
        return day_cells(Days::Odd(dates.iter().collect()));
    }
    day_cells(Days::Usual(dates.iter().map(|day| day.unwrap_or(NO_DAY)).collect()))
}

/// The cells of days, whatever they are.
pub(super) fn day_cells(days: Days) -> ColumnCells {
    match days {
        Days::Usual(days) => ColumnCells::Date(days),
        // A day that looks like an empty cell must be refused as any other that is no date of an export.
        Days::Odd(days) => {
            let seconds = days.into_iter().map(|day| day.map(|day| i64::from(day) * SECONDS_PER_DAY));
            ColumnCells::Moment(moments(seconds, SECONDS_PER_DAY))
        }
    }
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

pub(super) fn shown_day(days: i32) -> String {
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
