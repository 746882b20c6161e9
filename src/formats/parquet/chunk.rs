//! How the cells of a column become a column chunk: by a dictionary where that is smaller, plainly otherwise.

use super::ParquetFormatError;
use super::columns::{ColumnBuffer, Optional, Words};
use super::numbers::{self, Keyed, Number};
use super::pages::{ColumnChunk, Compressor, PAGE_BYTES, Pages};
use super::runs;
use super::texts::PlainTexts;
use parquet::basic::Encoding;
use parquet::data_type::FixedLenByteArray;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;
use std::borrow::Cow;

/// Digits of an amount, decimal places included.
pub(super) const AMOUNT_DIGITS: u8 = 22;
/// Decimal places of an amount.
pub(super) const AMOUNT_PLACES: i8 = 4;
const AMOUNT_LIMIT: u128 = 10_u128.pow(AMOUNT_DIGITS as u32);
/// Bytes of an amount: the fewest that hold its digits.
const AMOUNT_BYTES: usize = 10;
const AMOUNT_START: usize = size_of::<i128>() - AMOUNT_BYTES;
/// The most bytes of a dictionary, which readers hold as a whole.
const DICTIONARY_BYTES_MAX: usize = 1024 * 1024;

/// Encodes the cells of a column.
///
/// # Errors
/// An amount or a text that the column cannot hold.
pub(super) fn encode(
    cells: &ColumnBuffer,
    column: &ColumnDescPtr,
    compressor: &mut Compressor,
) -> Result<ColumnChunk, ParquetFormatError> {
    match cells {
        ColumnBuffer::Distinct(texts) => {
            texts.check()?;
            plain_texts(texts, column, compressor)
        }
        ColumnBuffer::Words(words) => encode_words(words, column, compressor),
        ColumnBuffer::Date(days) => encode_numbers(days, None, column, compressor),
        ColumnBuffer::OptionalDate(days) => encode_numbers(&present(days), Some(&days.known), column, compressor),
        ColumnBuffer::Integer(values) => encode_numbers(values, None, column, compressor),
        ColumnBuffer::OptionalInteger(values) => {
            encode_numbers(&present(values), Some(&values.known), column, compressor)
        }
        ColumnBuffer::Estimate(estimates) => encode_estimates(estimates, column, compressor),
        ColumnBuffer::Amount(amounts) => encode_amounts(amounts, column, compressor),
    }
}

/// Whether a dictionary and keys into it make the values smaller.
fn is_worth_it(dictionary_bytes: usize, distinct: usize, rows: usize, plain_bytes: usize) -> bool {
    let keys = runs::encoded_bytes(rows, key_width(distinct));
    dictionary_bytes <= DICTIONARY_BYTES_MAX && dictionary_bytes + keys < plain_bytes
}

fn key_width(distinct: usize) -> u32 {
    runs::width(u32::try_from(distinct.saturating_sub(1)).unwrap_or(u32::MAX))
}

/// Appends the keys of a page, after their width.
fn push_keys(keys: &[u32], distinct: usize, body: &mut Vec<u8>) {
    let width = key_width(distinct);
    body.push(width as u8);
    runs::encode(keys, width, body);
}

/// Appends which rows of a page have a value, after the length of that.
fn push_levels(known: &[bool], body: &mut Vec<u8>) {
    let levels: Vec<u32> = known.iter().map(|is_known| u32::from(*is_known)).collect();
    let start = body.len();
    body.extend_from_slice(&[0; size_of::<u32>()]);
    runs::encode(&levels, 1, body);
    let length = (body.len() - start - size_of::<u32>()) as u32;
    body[start..start + size_of::<u32>()].copy_from_slice(&length.to_le_bytes());
}

fn present<T: Copy>(cells: &Optional<T>) -> Cow<'_, [T]> {
    if cells.known.iter().all(|is_known| *is_known) {
        return Cow::Borrowed(&cells.values);
    }
    let pairs = cells.values.iter().zip(&cells.known);
    Cow::Owned(pairs.filter_map(|(value, is_known)| is_known.then_some(*value)).collect())
}

fn plain_texts(
    texts: &PlainTexts,
    column: &ColumnDescPtr,
    compressor: &mut Compressor,
) -> Result<ColumnChunk, ParquetFormatError> {
    let mut pages = Pages::new(Some(compressor));
    for rows in texts.pages(PAGE_BYTES) {
        pages.write_data(texts.encoded(rows.clone()), rows.len(), Encoding::PLAIN)?;
    }
    Ok(pages.finish(column, None)?)
}

fn encode_words(
    words: &Words,
    column: &ColumnDescPtr,
    compressor: &mut Compressor,
) -> Result<ColumnChunk, ParquetFormatError> {
    let vocabulary = words.vocabulary.texts();
    vocabulary.check()?;
    let dictionary = vocabulary.encoded(0..vocabulary.len());
    if !is_worth_it(dictionary.len(), vocabulary.len(), words.keys.len(), words.plain_bytes()) {
        let mut texts = PlainTexts::default();
        words.keys.iter().for_each(|key| texts.push(vocabulary.text(*key as usize)));
        return plain_texts(&texts, column, compressor);
    }
    let mut body = Vec::new();
    push_keys(&words.keys, vocabulary.len(), &mut body);
    let mut pages = Pages::new(None);
    pages.write_dictionary(dictionary, vocabulary.len())?;
    pages.write_data(&body, words.keys.len(), Encoding::RLE_DICTIONARY)?;
    Ok(pages.finish(column, None)?)
}

fn encode_numbers<T: Number>(
    values: &[T],
    known: Option<&[bool]>,
    column: &ColumnDescPtr,
    compressor: &mut Compressor,
) -> Result<ColumnChunk, ParquetFormatError>
where
    Statistics: From<ValueStatistics<T>>,
{
    let rows = known.map_or(values.len(), <[bool]>::len);
    let bounds = numbers::bounds(values);
    let statistics = Statistics::from(statistics_of(bounds, rows - values.len()));
    let mut body = Vec::new();
    if let Some(known) = known {
        push_levels(known, &mut body);
    }
    let worth = |distinct| is_worth_it(distinct * T::SIZE, distinct, values.len(), values.len() * T::SIZE);
    let keyed = bounds.and_then(|bounds| numbers::keyed(values, bounds)).filter(|keyed| worth(keyed.distinct.len()));
    let Some(Keyed { distinct, keys }) = keyed else {
        values.iter().for_each(|value| value.push_plain(&mut body));
        return plain_page(&body, rows, statistics, column, compressor);
    };
    push_keys(&keys, distinct.len(), &mut body);
    let mut dictionary = Vec::with_capacity(distinct.len() * T::SIZE);
    distinct.iter().for_each(|value| value.push_plain(&mut dictionary));
    let mut pages = Pages::new(None);
    pages.write_dictionary(&dictionary, distinct.len())?;
    pages.write_data(&body, rows, Encoding::RLE_DICTIONARY)?;
    Ok(pages.finish(column, Some(statistics))?)
}

fn encode_estimates(
    estimates: &Optional<f64>,
    column: &ColumnDescPtr,
    compressor: &mut Compressor,
) -> Result<ColumnChunk, ParquetFormatError> {
    let (values, rows) = (present(estimates), estimates.known.len());
    let mut body = Vec::new();
    push_levels(&estimates.known, &mut body);
    values.iter().for_each(|value| body.extend_from_slice(&value.to_le_bytes()));
    let numbers = || values.iter().copied().filter(|value| !value.is_nan());
    let bounds = numbers().min_by(f64::total_cmp).zip(numbers().max_by(f64::total_cmp));
    let nans = values.len() - numbers().count();
    // Readers that know only the older fields have another order of floats.
    let statistics = statistics_of(bounds, rows - values.len())
        .with_nan_count(Some(nans as u64))
        .with_backwards_compatible_min_max(false);
    plain_page(&body, rows, statistics.into(), column, compressor)
}

fn encode_amounts(
    amounts: &Optional<i128>,
    column: &ColumnDescPtr,
    compressor: &mut Compressor,
) -> Result<ColumnChunk, ParquetFormatError> {
    let (values, rows) = (present(amounts), amounts.known.len());
    if values.iter().any(|value| value.unsigned_abs() >= AMOUNT_LIMIT) {
        return Err(ParquetFormatError::AmountTooLarge);
    }
    let mut body = Vec::with_capacity(rows * (AMOUNT_BYTES + 1));
    push_levels(&amounts.known, &mut body);
    values.iter().for_each(|value| body.extend_from_slice(&value.to_be_bytes()[AMOUNT_START..]));
    let bound = |amount: &i128| FixedLenByteArray::from(amount.to_be_bytes()[AMOUNT_START..].to_vec());
    let bounds = values.iter().min().zip(values.iter().max()).map(|(least, most)| (bound(least), bound(most)));
    let statistics = statistics_of(bounds, rows - values.len());
    plain_page(&body, rows, statistics.into(), column, compressor)
}

fn plain_page(
    body: &[u8],
    rows: usize,
    statistics: Statistics,
    column: &ColumnDescPtr,
    compressor: &mut Compressor,
) -> Result<ColumnChunk, ParquetFormatError> {
    let mut pages = Pages::new(Some(compressor));
    pages.write_data(body, rows, Encoding::PLAIN)?;
    Ok(pages.finish(column, Some(statistics))?)
}

fn statistics_of<T>(bounds: Option<(T, T)>, nulls: usize) -> ValueStatistics<T> {
    let (least, greatest) = bounds.unzip();
    ValueStatistics::new(least, greatest, None, Some(nulls as u64), false).with_backwards_compatible_min_max(true)
}
