//! Texts in a dictionary: what depends on a value alone is found out once a value, not once a row.

use crate::ingest::column::Column;
use crate::ingest::row::{BadCell, FeeCell};
use crate::rules::{Fee, Level, OfferType, Portal, Spelled};
use arrow_array::types::Int32Type;
use arrow_array::{Array, DictionaryArray, StringArray};
use arrow_buffer::NullBuffer;
use std::hint::select_unpredictable;
use std::sync::Arc;

/// Values that a dictionary may have and stay in the caches nearest to the processor.
const FEW_VALUES: usize = 2_048;

/// The cells of a column of texts in a dictionary.
///
/// Where a dictionary has many values, what a row needs of its value is fetched for all rows of the batch one right after
/// the other: the values lie far apart, and so their fetches overlap, whereas each would be waited for when its row's
/// turn comes.
pub(super) struct DictionaryCells {
    /// For each row, the place of its value; one beyond the last value where the cell is empty.
    keys: Vec<u32>,
    values: Arc<DictionaryValues>,
    /// For each row where its text begins and ends, if there are many values.
    ranges: Vec<[u32; 2]>,
    /// For each row its amount, if there are many.
    fees: Vec<FeeValue>,
}

/// The values of a dictionary, which the batches of a row group share.
pub(super) struct DictionaryValues {
    texts: StringArray,
    /// Where each value begins in the bytes of the texts, then where the last one ends, twice: an empty cell is between
    /// the two.
    bounds: Vec<u32>,
    /// For each value, whether it holds no comma, quote or line end; then that of an empty cell.
    are_plain: Vec<bool>,
    read: ReadValues,
}

/// What the values are by the contract of their column, and then what an empty cell is.
enum ReadValues {
    /// Text that may be anything.
    Texts,
    /// The places among the values that the column lists.
    Listed(Vec<Result<Option<u8>, BadCell>>),
    Fees(Vec<FeeValue>),
}

/// The amount that a text says, in little memory.
#[derive(Clone, Copy)]
enum FeeValue {
    Empty,
    Bad,
    Known {
        ten_thousandths: u64,
        places: u8,
    },
    /// An amount that needs more memory.
    Large,
}

impl FeeValue {
    fn of(text: &[u8]) -> Self {
        match FeeCell::parse(text) {
            Ok(None) => Self::Empty,
            Err(BadCell) => Self::Bad,
            Ok(Some(FeeCell { fee: Fee { ten_thousandths, places }, .. })) => match u64::try_from(ten_thousandths) {
                Ok(ten_thousandths) => Self::Known { ten_thousandths, places },
                Err(_) => Self::Large,
            },
        }
    }
}

impl DictionaryCells {
    /// The cells of a batch; `known` are the values of the batch before it in the column.
    ///
    /// # Errors
    /// A type that was not asked for, or a key beyond the dictionary.
    pub(super) fn new(
        array: &DictionaryArray<Int32Type>,
        column: Column,
        known: &mut Option<Arc<DictionaryValues>>,
    ) -> Result<Self, String> {
        let texts = array.values().as_any().downcast_ref::<StringArray>();
        let texts = texts.ok_or("a dictionary of an unexpected type")?;
        let values = match known {
            Some(values) if values.are_of(texts) => values.clone(),
            _ => known.insert(Arc::new(DictionaryValues::new(texts, column))).clone(),
        };
        let keys = array.keys();
        // A key beyond the dictionary would be read as an empty cell; better to refuse the file.
        // Null cells may hold any key, so they are looked at only where the largest of all is too large.
        let largest = keys.values().iter().fold(0, |largest, &key| largest.max(key as u32));
        let is_whole =
            (largest as usize) < texts.len() || keys.iter().flatten().all(|key| (key as u32 as usize) < texts.len());
        if !is_whole {
            return Err("a dictionary index lies beyond its dictionary".to_owned());
        }
        let empty = texts.len() as u32;
        let mut places: Vec<u32> = keys.values().iter().map(|key| *key as u32).collect();
        fill_nulls(&mut places, keys.nulls(), empty);
        if texts.null_count() > 0 {
            for place in &mut places {
                let is_null = texts.len() > *place as usize && texts.is_null(*place as usize);
                *place = if is_null { empty } else { *place };
            }
        }
        let has_many = texts.len() > FEW_VALUES;
        let ranges = if has_many { places.iter().map(|key| values.range(*key as usize)).collect() } else { Vec::new() };
        let fees = match &values.read {
            ReadValues::Fees(fees) if has_many => places.iter().map(|key| fees[*key as usize]).collect(),
            _ => Vec::new(),
        };
        Ok(Self { keys: places, values, ranges, fees })
    }

    #[inline]
    fn key(&self, row: usize) -> usize {
        self.keys[row] as usize
    }

    #[inline]
    fn range(&self, row: usize) -> [u32; 2] {
        self.ranges.get(row).copied().unwrap_or_else(|| self.values.range(self.key(row)))
    }

    #[inline]
    pub(super) fn text(&self, row: usize) -> &[u8] {
        let [start, end] = self.range(row);
        &self.values.texts.value_data()[start as usize..end as usize]
    }

    /// The bytes from where the text of a row begins on.
    #[inline]
    pub(super) fn bytes_from(&self, row: usize) -> &[u8] {
        &self.values.texts.value_data()[self.range(row)[0] as usize..]
    }

    /// Whether a text holds no comma, quote or line end.
    #[inline]
    pub(super) fn is_plain(&self, row: usize) -> bool {
        self.values.are_plain[self.key(row)]
    }

    /// The value among those that the column lists; `None` if it lists none.
    #[inline]
    pub(super) fn listed<T: Spelled>(&self, row: usize) -> Option<Result<Option<T>, BadCell>> {
        let ReadValues::Listed(listed) = &self.values.read else { return None };
        Some(listed[self.key(row)].map(|place| place.and_then(|place| T::VALUES.get(usize::from(place)).copied())))
    }

    /// The amount; `None` of another column, and of an amount that is to be read from its text.
    #[inline]
    pub(super) fn fee(&self, row: usize) -> Option<Result<Option<Fee>, BadCell>> {
        let ReadValues::Fees(fees) = &self.values.read else { return None };
        match self.fees.get(row).copied().unwrap_or_else(|| fees[self.key(row)]) {
            FeeValue::Empty => Some(Ok(None)),
            FeeValue::Bad => Some(Err(BadCell)),
            FeeValue::Known { ten_thousandths, places } => {
                Some(Ok(Some(Fee { ten_thousandths: ten_thousandths.into(), places })))
            }
            FeeValue::Large => None,
        }
    }
}

/// Gives all null cells one value.
pub(super) fn fill_nulls<T: Copy>(values: &mut [T], nulls: Option<&NullBuffer>, filling: T) {
    let Some(nulls) = nulls else { return };
    let words = nulls.inner().bit_chunks();
    for (values, valid) in values.chunks_mut(u64::BITS as usize).zip(words.iter_padded()) {
        if valid == u64::MAX {
            continue;
        }
        for (bit, value) in values.iter_mut().enumerate() {
            *value = select_unpredictable(valid >> bit & 1 == 1, *value, filling);
        }
    }
}

impl DictionaryValues {
    fn new(texts: &StringArray, column: Column) -> Self {
        let mut bounds: Vec<u32> = texts.value_offsets().iter().map(|offset| *offset as u32).collect();
        bounds.extend(bounds.last().copied());
        let text = |place: usize| if texts.is_valid(place) { texts.value(place).as_bytes() } else { b"" };
        let all_texts = || (0..texts.len()).map(text).chain([&b""[..]]);
        let is_special = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
        let are_plain = match column {
            Column::PartnerName | Column::Country | Column::OfferName => {
                all_texts().map(|text| !text.iter().any(is_special)).collect()
            }
            _ => vec![false; texts.len() + 1],
        };
        let read = match column {
            Column::OfferType => listed::<OfferType>(all_texts()),
            Column::Level => listed::<Level>(all_texts()),
            Column::Portal => listed::<Portal>(all_texts()),
            Column::Fee => ReadValues::Fees(all_texts().map(FeeValue::of).collect()),
            _ => ReadValues::Texts,
        };
        Self { texts: texts.clone(), bounds, are_plain, read }
    }

    /// Whether these are the values of an array, which are held here and so cannot have become others.
    fn are_of(&self, texts: &StringArray) -> bool {
        self.texts.offsets().ptr_eq(texts.offsets())
            && self.texts.values().ptr_eq(texts.values())
            && self.texts.null_count() == 0
            && texts.null_count() == 0
    }

    #[inline]
    fn range(&self, key: usize) -> [u32; 2] {
        let around = &self.bounds[key..key + 2];
        [around[0], around[1]]
    }
}

fn listed<'a, T: Spelled + PartialEq + 'a>(texts: impl Iterator<Item = &'a [u8]>) -> ReadValues {
    let place_of = |text| {
        let place = T::read(text).and_then(|value| T::VALUES.iter().position(|known| *known == value));
        place.map(|place| Some(place as u8)).ok_or(BadCell)
    };
    ReadValues::Listed(texts.map(|text| if text.is_empty() { Ok(None) } else { place_of(text) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Int32Array;

    fn cells(values: &[Option<&str>], keys: &[Option<i32>], column: Column) -> Result<DictionaryCells, String> {
        let values = Arc::new(StringArray::from(values.to_vec()));
        // Taken apart, because the constructor refuses what a damaged file may hold.
        let array = DictionaryArray::<Int32Type>::new(Int32Array::from(keys.to_vec()), values);
        DictionaryCells::new(&array, column, &mut None)
    }

    #[test]
    fn an_empty_cell_is_a_null_key_a_null_value_or_an_empty_text() {
        let values = [Some("Gold"), None, Some(""), Some("bronze"), Some("silver")];
        let keys = [Some(0), Some(1), Some(2), None, Some(3), Some(4)];
        let cells = cells(&values, &keys, Column::Level).unwrap();
        let texts: Vec<&[u8]> = (0..keys.len()).map(|row| cells.text(row)).collect();
        assert_eq!(texts, [&b"Gold"[..], b"", b"", b"", b"bronze", b"silver"]);
        let levels: Vec<_> = (0..keys.len()).map(|row| cells.listed::<Level>(row).unwrap()).collect();
        assert_eq!(
            levels,
            [Ok(Some(Level::Gold)), Ok(None), Ok(None), Ok(None), Err(BadCell), Ok(Some(Level::Silver))]
        );
        assert_eq!(cells.fee(0), None);
    }

    #[test]
    fn fees_and_plain_texts_are_those_of_the_values() {
        let values = [Some("1670.50"), Some("12,5")];
        let keys = [Some(1), Some(0), None];
        let fees = cells(&values, &keys, Column::Fee).unwrap();
        assert_eq!([0, 1, 2].map(|row| fees.fee(row).unwrap()), [Err(BadCell), Ok(Fee::parse(b"1670.50")), Ok(None)]);
        let names = cells(&values, &keys, Column::OfferName).unwrap();
        assert_eq!([0, 1, 2].map(|row| names.is_plain(row)), [false, true, true]);
        assert_eq!(names.listed::<Level>(0), None);
        assert_eq!([0, 1, 2].map(|row| names.bytes_from(row)), [&b"12,5"[..], b"1670.5012,5", b""]);
    }

    #[test]
    fn many_values_are_read_like_few() {
        const LARGE: &str = "999999999999999999.9999";
        let texts: Vec<String> = (0..=FEW_VALUES).map(|value| format!("{value}.50")).collect();
        let mut values: Vec<Option<&str>> = texts.iter().map(|text| Some(&text[..])).collect();
        values.extend([Some(LARGE), Some("1;5"), None]);
        let (large, last) = (values.len() as i32 - 3, values.len() as i32 - 1);
        let keys = [Some(0), Some(large), Some(large + 1), Some(last), None, Some(FEW_VALUES as i32)];
        let many = cells(&values, &keys, Column::Fee).unwrap();
        let expected = [&b"0.50"[..], LARGE.as_bytes(), b"1;5", b"", b"", b"2048.50"];
        for (row, text) in expected.into_iter().enumerate() {
            assert_eq!((many.text(row), many.bytes_from(row).starts_with(text)), (text, true));
            let fee = if text.is_empty() { Ok(None) } else { Fee::parse(text).map(Some).ok_or(BadCell) };
            assert_eq!(many.fee(row), (text != LARGE.as_bytes()).then_some(fee), "{row}");
        }
    }

    #[test]
    fn null_cells_are_filled_wherever_they_are() {
        for rows in [0, 1, 63, 64, 65, 200] {
            for first in [0, 1, 7, 64, 65] {
                let is_valid = |row: usize| row % 5 != 3 && row % 130 < 70;
                let nulls = NullBuffer::from((0..first + rows).map(is_valid).collect::<Vec<_>>()).slice(first, rows);
                let mut values: Vec<usize> = (0..rows).collect();
                fill_nulls(&mut values, Some(&nulls), usize::MAX);
                let expected = (0..rows).map(|row| if is_valid(first + row) { row } else { usize::MAX });
                assert_eq!(values, expected.collect::<Vec<_>>(), "{first} {rows}");
            }
        }
        let mut values = [1, 2];
        fill_nulls(&mut values, None, 0);
        assert_eq!(values, [1, 2]);
    }

    #[test]
    fn values_are_read_again_only_where_they_are_others() {
        let of = |values: &StringArray| {
            DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0]), Arc::new(values.clone()))
        };
        let (first, second) = (StringArray::from(vec!["1"]), StringArray::from(vec!["2"]));
        let mut known = None;
        let fee = |values: &StringArray, known: &mut _| {
            let cells = DictionaryCells::new(&of(values), Column::Fee, known).unwrap();
            (cells.fee(0).unwrap().unwrap(), Arc::as_ptr(&cells.values))
        };
        let (one, values_of_one) = fee(&first, &mut known);
        assert_eq!(fee(&first, &mut known), (one, values_of_one));
        let (two, values_of_two) = fee(&second, &mut known);
        assert_eq!((one, two), (Fee::parse(b"1"), Fee::parse(b"2")));
        assert_ne!(values_of_one, values_of_two);
    }
}
