//! How much text the rows of a file hold, which a dictionary says once for millions of them.

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, OffsetSizeTrait, RecordBatch};
use arrow_schema::DataType;
use std::sync::atomic::{AtomicU64, Ordering};

/// Length up to which a text is not counted: how many rows there may be bounds those.
const SHORT_BYTES: u64 = 64;
/// What the texts of the rows of one batch may take, which are in memory together.
const BATCH_BYTES_MOST: u64 = 16 << 20;

/// Counts what texts take in all rows that were read so far.
#[derive(Debug)]
pub(super) struct LongTexts {
    bytes: AtomicU64,
    allowed: u64,
}

/// Too much text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TooMuchText {
    /// In the rows of one batch: so many bytes.
    Batch(u64),
    /// In all rows so far.
    File,
}

impl LongTexts {
    /// Nothing counted yet, and so many bytes are allowed.
    pub(super) const fn new(allowed: u64) -> Self {
        Self { bytes: AtomicU64::new(0), allowed }
    }

    /// Counts the texts of a batch.
    pub(super) fn add(&self, batch: &RecordBatch) -> Result<(), TooMuchText> {
        let short = SHORT_BYTES * batch.num_rows() as u64;
        let bytes = batch.columns().iter().map(|column| text_bytes(column).saturating_sub(short)).sum();
        if bytes > BATCH_BYTES_MOST {
            return Err(TooMuchText::Batch(bytes));
        }
        if bytes > 0 && self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > self.allowed {
            return Err(TooMuchText::File);
        }
        Ok(())
    }
}

/// Bytes of a column's texts, if any of them is long.
fn text_bytes(column: &ArrayRef) -> u64 {
    match column.data_type() {
        // The low half of the first word of a view is its length.
        DataType::Utf8View => column.as_string_view().views().iter().map(|view| u64::from(*view as u32)).sum(),
        DataType::Utf8 => spanned(column.as_string::<i32>().value_offsets()),
        DataType::LargeUtf8 => spanned(column.as_string::<i64>().value_offsets()),
        DataType::Dictionary(..) => column.as_dictionary_opt::<Int32Type>().map_or(0, dictionary_bytes),
        _ => 0,
    }
}

fn spanned<O: OffsetSizeTrait>(offsets: &[O]) -> u64 {
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else { return 0 };
    (last.as_usize() - first.as_usize()) as u64
}

fn dictionary_bytes(texts: &DictionaryArray<Int32Type>) -> u64 {
    let Some(values) = texts.values().as_string_opt::<i32>() else { return 0 };
    let lengths = values.value_offsets().windows(2).map(|pair| (pair[1] - pair[0]) as u64);
    if values.len() < texts.len() && lengths.clone().all(|length| length <= SHORT_BYTES) {
        return 0;
    }
    let offsets = values.value_offsets();
    let length = |key: &i32| {
        let at = *key as u32 as usize;
        let (Some(start), Some(end)) = (offsets.get(at), offsets.get(at + 1)) else { return 0 };
        (end - start) as u64
    };
    texts.keys().values().iter().map(length).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Int32Array, StringArray, StringViewArray};
    use std::sync::Arc;

    fn dictionary(values: &[&str], keys: &[i32]) -> ArrayRef {
        let values = Arc::new(StringArray::from(values.to_vec()));
        Arc::new(DictionaryArray::new(Int32Array::from(keys.to_vec()), values))
    }

    fn batch(column: ArrayRef) -> RecordBatch {
        RecordBatch::try_from_iter([("name", column)]).expect("a batch")
    }

    #[test]
    fn texts_are_counted_as_often_as_rows_have_them() {
        let long = "n".repeat(1_000);
        let twice = dictionary(&[&long, "short"], &[0, 0, 1]);
        assert_eq!(text_bytes(&twice), 2_005);
        assert_eq!(text_bytes(&dictionary(&[&long, &long, &long], &[1])), 1_000);
        assert_eq!(text_bytes(&dictionary(&["short"], &[0, 0])), 0);
        let view: ArrayRef = Arc::new(StringViewArray::from(vec![Some(&long[..]), None, Some("short")]));
        assert_eq!(text_bytes(&view), 1_005);
        let plain: ArrayRef = Arc::new(StringArray::from(vec![&long[..], "short"]));
        assert_eq!(text_bytes(&plain), 1_005);
        assert_eq!(text_bytes(&(Arc::new(Int32Array::from(vec![1])) as ArrayRef)), 0);
    }

    #[test]
    fn a_file_may_hold_as_much_as_is_allowed_and_a_batch_as_memory_has() {
        let long = "n".repeat(1_000);
        let counted = LongTexts::new(3 * (1_000 - SHORT_BYTES));
        let one = batch(dictionary(&[&long], &[0]));
        for _ in 0..3 {
            assert_eq!(counted.add(&one), Ok(()));
        }
        assert_eq!(counted.add(&one), Err(TooMuchText::File));
        let much = batch(dictionary(&[&"n".repeat(1 << 20)], &[0; 20]));
        let bytes = 20 * ((1 << 20) - SHORT_BYTES);
        assert_eq!(LongTexts::new(u64::MAX).add(&much), Err(TooMuchText::Batch(bytes)));
    }
}
