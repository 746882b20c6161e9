//! Texts in a dictionary: what depends on a value alone is found out once a value, not once a row.

use super::plain_texts::{PlainTexts, TextRange};
use crate::ingest::column::Column;
use crate::ingest::row::{BadCell, FeeCell, is_currency_code};
use crate::rules::{Fee, Level, OfferType, Portal, Spelled};
use bytes::Bytes;
use std::ops::Range;
use std::sync::Arc;

/// Length up to which a text is short.
const SHORT_BYTES: u32 = 64;

/// The cells of a column of texts in a dictionary.
pub(super) struct DictionaryCells {
    /// For each row, the place of its value; one beyond the last value where the cell is empty.
    keys: Vec<u32>,
    values: Arc<DictionaryValues>,
}

/// The values of a dictionary, which the batches of a row group share.
pub(super) struct DictionaryValues {
    bytes: Bytes,
    /// Where each value is in the bytes; then an empty cell.
    ranges: Vec<TextRange>,
    has_long: bool,
    read: ReadValues,
}

/// What the values are by the contract of their column, and then what an empty cell is.
enum ReadValues {
    /// Text that may be anything.
    Texts,
    Listed(Vec<ListedValue>),
    /// Whether they are three capital letters.
    Codes(Vec<bool>),
    Fees(Vec<FeeValue>),
}

/// What a text is among the values that its column lists: the place of one, or what stands for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListedValue(u8);

/// The values that a column lists, by what [`ListedValue`] says.
pub(super) struct ListedValues<T>([Option<T>; 8]);

impl ListedValue {
    const EMPTY: Self = Self(7);
    const BAD: Self = Self(6);

    fn of<T: Spelled + PartialEq>(text: &[u8]) -> Self {
        const { assert!(T::VALUES.len() <= Self::BAD.0 as usize) };
        if text.is_empty() {
            return Self::EMPTY;
        }
        let place = T::read(text).and_then(|value| T::VALUES.iter().position(|known| *known == value));
        place.map_or(Self::BAD, |place| Self(place as u8))
    }

    /// Whether the text is none of them, and not empty.
    #[inline]
    pub(super) fn is_bad(self) -> bool {
        self == Self::BAD
    }
}

impl<T: Spelled> ListedValues<T> {
    #[inline]
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|place| T::VALUES.get(place).copied()))
    }

    /// The value; `None` too of a bad text. Looked up, as whether there is one cannot be foreseen.
    #[inline]
    pub(super) fn value(&self, listed: ListedValue) -> Option<T> {
        self.0[usize::from(listed.0 & 7)]
    }
}

/// A text that may say an amount, in little memory: it is fetched from far away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeeValue {
    ten_thousandths: u64,
    start: u32,
    length: u16,
    places: u8,
    kind: FeeKind,
}

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum FeeKind {
    Nothing,
    Amount,
    NoAmount,
    /// What takes more memory, and is to be read from the text.
    Large,
}

impl FeeValue {
    /// An empty text.
    pub(super) const EMPTY: Self = Self { ten_thousandths: 0, start: 0, length: 0, places: 0, kind: FeeKind::Nothing };

    fn of(page: &[u8], [start, end]: TextRange) -> Self {
        let kind = |kind| Self { kind, ..Self::EMPTY };
        match FeeCell::parse(&page[start as usize..end as usize]) {
            Ok(None) => Self::EMPTY,
            Err(BadCell) => kind(FeeKind::NoAmount),
            Ok(Some(FeeCell { fee: Fee { ten_thousandths, places }, .. })) => {
                match (u64::try_from(ten_thousandths), u16::try_from(end - start)) {
                    (Ok(ten_thousandths), Ok(length)) => {
                        Self { ten_thousandths, start, length, places, kind: FeeKind::Amount }
                    }
                    _ => kind(FeeKind::Large),
                }
            }
        }
    }
}

impl DictionaryCells {
    /// The cells whose values are at `keys`, none of them beyond the place of an empty cell.
    pub(super) const fn new(keys: Vec<u32>, values: Arc<DictionaryValues>) -> Self {
        Self { keys, values }
    }

    /// The places of the values of some rows.
    #[inline]
    pub(super) fn keys(&self, rows: Range<usize>) -> &[u32] {
        &self.keys[rows]
    }

    /// The value of a row.
    #[inline]
    pub(super) fn key(&self, row: usize) -> u32 {
        self.keys[row]
    }

    /// The values.
    #[inline]
    pub(super) fn values(&self) -> &DictionaryValues {
        &self.values
    }

    /// Bytes of the texts of all rows, if any value is long.
    pub(super) fn text_bytes(&self) -> u64 {
        if !self.values.has_long {
            return 0;
        }
        let lengths = self.keys.iter().map(|key| self.values.range(*key)).map(|[start, end]| u64::from(end - start));
        lengths.sum()
    }
}

impl DictionaryValues {
    /// The values of a dictionary page.
    ///
    /// # Errors
    /// A page that is damaged.
    pub(super) fn new(bytes: Bytes, count: usize, column: Column) -> Result<Self, String> {
        let mut texts = PlainTexts::new(bytes.clone())?;
        let mut ranges = Vec::new();
        texts.read(count, &mut ranges)?;
        ranges.push([0, 0]);
        let has_long = ranges.iter().any(|[start, end]| end - start > SHORT_BYTES);
        let all_texts = || ranges.iter().map(|[start, end]| &bytes[*start as usize..*end as usize]);
        let read = match column {
            Column::OfferType => ReadValues::Listed(all_texts().map(ListedValue::of::<OfferType>).collect()),
            Column::Level => ReadValues::Listed(all_texts().map(ListedValue::of::<Level>).collect()),
            Column::Portal => ReadValues::Listed(all_texts().map(ListedValue::of::<Portal>).collect()),
            Column::Currency => ReadValues::Codes(all_texts().map(is_currency_code).collect()),
            Column::Fee => ReadValues::Fees(ranges.iter().map(|range| FeeValue::of(&bytes, *range)).collect()),
            _ => ReadValues::Texts,
        };
        Ok(Self { bytes, ranges, has_long, read })
    }

    /// The text of a value.
    #[inline]
    pub(super) fn text(&self, key: u32) -> &[u8] {
        let [start, end] = self.range(key);
        &self.bytes[start as usize..end as usize]
    }

    /// The bytes from where the text of a value begins on.
    #[inline]
    pub(super) fn bytes_from(&self, key: u32) -> &[u8] {
        &self.bytes[self.range(key)[0] as usize..]
    }

    /// Whether the values are currency codes; `None` of another column.
    #[inline]
    pub(super) fn codes(&self) -> Option<&[bool]> {
        match &self.read {
            ReadValues::Codes(codes) => Some(codes),
            _ => None,
        }
    }

    /// The values among those that the column lists; `None` if it lists none.
    #[inline]
    pub(super) fn listed(&self) -> Option<&[ListedValue]> {
        match &self.read {
            ReadValues::Listed(listed) => Some(listed),
            _ => None,
        }
    }

    /// The amounts that the values say; `None` of another column.
    #[inline]
    pub(super) fn fees(&self) -> Option<&[FeeValue]> {
        match &self.read {
            ReadValues::Fees(fees) => Some(fees),
            _ => None,
        }
    }

    /// The first byte of the text of one of [`Self::fees`], to have it fetched.
    #[inline]
    pub(super) fn first_byte(&self, value: FeeValue) -> u8 {
        self.bytes.get(value.start as usize).copied().unwrap_or_default()
    }

    /// The cell of one of [`Self::fees`], the value of `key`.
    ///
    /// # Errors
    /// It is no amount.
    #[inline]
    pub(super) fn fee(&self, value: FeeValue, key: u32) -> Result<Option<FeeCell<'_>>, BadCell> {
        let FeeValue { ten_thousandths, start, length, places, kind } = value;
        match kind {
            FeeKind::Nothing => Ok(None),
            FeeKind::NoAmount => Err(BadCell),
            FeeKind::Amount => {
                let fee = Fee { ten_thousandths: ten_thousandths.into(), places };
                let text = &self.bytes[start as usize..start as usize + usize::from(length)];
                Ok(Some(FeeCell { fee, text }))
            }
            FeeKind::Large => FeeCell::parse(self.text(key)),
        }
    }

    /// How many values there are, which is the place of an empty cell.
    #[inline]
    pub(super) const fn count(&self) -> usize {
        self.ranges.len() - 1
    }

    /// Where a value begins and ends.
    #[inline]
    pub(super) fn range(&self, key: u32) -> TextRange {
        self.ranges[key as usize]
    }

    /// What the ranges are in.
    pub(super) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(values: &[&str], keys: &[u32], column: Column) -> DictionaryCells {
        let page = values.iter().flat_map(|value| [&(value.len() as u32).to_le_bytes()[..], value.as_bytes()].concat());
        let values = DictionaryValues::new(page.collect::<Vec<u8>>().into(), values.len(), column).unwrap();
        DictionaryCells::new(keys.to_vec(), Arc::new(values))
    }

    fn values(values: &[&str], column: Column) -> Arc<DictionaryValues> {
        cells(values, &[], column).values
    }

    #[test]
    fn an_empty_cell_has_no_value_or_an_empty_text() {
        let levels = values(&["Gold", "", "bronze", "silver"], Column::Level);
        let texts = [0, 1, 4, 2, 3].map(|key| levels.text(key));
        assert_eq!(texts, [&b"Gold"[..], b"", b"", b"bronze", b"silver"]);
        let listed = levels.listed().unwrap();
        let read = [0, 1, 4, 2, 3].map(|key| (listed[key].is_bad(), ListedValues::new().value(listed[key])));
        let (gold, silver) = (Some(Level::Gold), Some(Level::Silver));
        assert_eq!(read, [(false, gold), (false, None), (false, None), (true, None), (false, silver)]);
        assert_eq!(levels.fees(), None);
    }

    #[test]
    fn fees_and_currencies_are_those_of_the_values() {
        const LARGE: &str = "999999999999999999.9999";
        let texts = ["1670.50", "12,5", LARGE];
        let fees = values(&texts, Column::Fee);
        for (key, text) in texts.into_iter().chain([""]).enumerate() {
            let value = fees.fees().unwrap()[key];
            assert_eq!(fees.fee(value, key as u32), FeeCell::parse(text.as_bytes()), "{text}");
        }
        assert_eq!(fees.fees().unwrap()[2].kind, FeeKind::Large);
        const { assert!(size_of::<FeeValue>() == 16) };
        let currencies = values(&["EUR", "eur", "EURO"], Column::Currency);
        assert_eq!(currencies.codes(), Some(&[true, false, false, false][..]));
        assert!(currencies.listed().is_none() && currencies.fees().is_none());
    }

    #[test]
    fn long_texts_are_counted_as_often_as_rows_have_them() {
        let long = "n".repeat(1_000);
        assert_eq!(cells(&[&long, "short"], &[0, 0, 1, 2], Column::PartnerName).text_bytes(), 2_005);
        assert_eq!(cells(&["short"], &[0, 0], Column::PartnerName).text_bytes(), 0);
    }

    #[test]
    fn a_dictionary_holds_as_many_values_as_it_says() {
        let page = Bytes::from_static(&[1, 0, 0, 0, b'a']);
        assert!(DictionaryValues::new(page.clone(), 1, Column::Level).is_ok());
        assert!(DictionaryValues::new(page, 2, Column::Level).is_err());
    }
}
