//! The pages of one column of a row group: which rows have a value, and the bytes of the values.

use super::place::PartReader;
use super::runs::{ENDS_EARLY, RunReader};
use crate::ingest::contained::contained;
use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;
use std::hint::select_unpredictable;
use std::sync::Arc;

/// Reads the pages of a column, none of which is nested.
pub(super) struct Pages {
    reader: SerializedPageReader<PartReader>,
    is_optional: bool,
    /// Rows of the open page that were not taken.
    left: usize,
    /// Which of them have a value, if any may have none.
    levels: Option<RunReader>,
    /// For the rows that were taken last, 1 where there is a value; empty if all have one.
    has_value: Vec<u8>,
}

/// What a page holds.
pub(super) enum PageValues {
    /// The values that other pages point to, PLAIN, and how many there are.
    Dictionary {
        bytes: Bytes,
        count: usize,
    },
    Data {
        encoding: Encoding,
        bytes: Bytes,
    },
}

/// Rows that were taken from a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct TakenRows {
    /// How many.
    pub(super) rows: usize,
    /// How many of them have a value.
    pub(super) values: usize,
}

impl Pages {
    /// Those of a column chunk.
    ///
    /// # Errors
    /// A chunk that the library refuses.
    pub(super) fn new(file: Arc<PartReader>, chunk: &ColumnChunkMetaData, rows: usize) -> Result<Self, String> {
        let reader = contained(|| SerializedPageReader::new(file, chunk, rows, None))?;
        let is_optional = chunk.column_descr().max_def_level() > 0;
        Ok(Self { reader, is_optional, left: 0, levels: None, has_value: Vec::new() })
    }

    /// Takes up to `rows` rows from the page that is open, or from the next one that has any; `opened` gets each that is
    /// opened for that.
    ///
    /// # Errors
    /// There are no more rows, a damaged page, and what `opened` says.
    pub(super) fn take(
        &mut self,
        rows: usize,
        mut opened: impl FnMut(PageValues) -> Result<(), String>,
    ) -> Result<TakenRows, String> {
        while self.left == 0 {
            opened(self.open()?)?;
        }
        self.take_open(rows)
    }

    fn open(&mut self) -> Result<PageValues, String> {
        let page = contained(|| self.reader.get_next_page())?;
        let page = page.ok_or("a column has fewer rows than its row group")?;
        Ok(match page {
            Page::DictionaryPage { buf, num_values, encoding, .. } => {
                if !matches!(encoding, Encoding::PLAIN | Encoding::PLAIN_DICTIONARY) {
                    return Err(format!("a dictionary is encoded as {encoding}"));
                }
                PageValues::Dictionary { bytes: buf, count: num_values as usize }
            }
            Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
                self.left = num_values as usize;
                let bytes = self.split_levels(buf, def_level_encoding)?;
                PageValues::Data { encoding, bytes }
            }
            Page::DataPageV2 { buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, .. } => {
                self.left = num_values as usize;
                let start = rep_levels_byte_len as usize;
                let end = start.checked_add(def_levels_byte_len as usize).filter(|end| *end <= buf.len());
                let end = end.ok_or(ENDS_EARLY)?;
                self.levels = self.is_optional.then(|| RunReader::new(buf.slice(start..end), 1)).transpose()?;
                PageValues::Data { encoding, bytes: buf.slice(end..) }
            }
        })
    }

    /// Takes the levels from the start of a page's bytes.
    fn split_levels(&mut self, bytes: Bytes, encoding: Encoding) -> Result<Bytes, String> {
        self.levels = None;
        if !self.is_optional {
            return Ok(bytes);
        }
        #[expect(deprecated, reason = "files of its time are read still")]
        const BIT_PACKED: Encoding = Encoding::BIT_PACKED;
        let (start, end) = match encoding {
            Encoding::RLE => {
                let length = bytes.first_chunk().ok_or(ENDS_EARLY)?;
                (size_of::<u32>(), (u32::from_le_bytes(*length) as usize).saturating_add(size_of::<u32>()))
            }
            BIT_PACKED => (0, self.left.div_ceil(8)),
            other => return Err(format!("levels are encoded as {other}")),
        };
        let levels = bytes.get(start..end).ok_or(ENDS_EARLY)?;
        self.levels = Some(match encoding {
            Encoding::RLE => RunReader::new(bytes.slice(start..end), 1)?,
            _ => RunReader::of_bits_from_highest(levels),
        });
        Ok(bytes.slice(end..))
    }

    fn take_open(&mut self, rows: usize) -> Result<TakenRows, String> {
        let rows = rows.min(self.left);
        self.left -= rows;
        self.has_value.clear();
        let Some(levels) = &mut self.levels else { return Ok(TakenRows { rows, values: rows }) };
        if levels.skip_all(1, rows)? {
            return Ok(TakenRows { rows, values: rows });
        }
        levels.read(rows, &mut self.has_value, |level| u8::from(level == 1))?;
        // As many as a byte can count are counted together.
        let counts = self.has_value.chunks(u8::MAX.into()).map(|rows| usize::from(rows.iter().sum::<u8>()));
        let values = counts.sum();
        Ok(TakenRows { rows, values })
    }

    /// Moves the values of the rows taken last, which are the last of `cells`, to their rows, and fills the others.
    pub(super) fn spread<T: Copy>(&self, cells: &mut Vec<T>, taken: TakenRows, filling: T) {
        spread(cells, taken.values, &self.has_value, filling);
    }
}

/// Where the values of the open page are, in a column that may have a dictionary.
pub(super) enum OpenPage<P> {
    None,
    /// Elsewhere: the places of the values in the dictionary.
    InDictionary(RunReader),
    /// In the page itself, PLAIN.
    Plain(P),
}

impl<P> OpenPage<P> {
    /// The values of a page, of which `plain` reads those that are PLAIN.
    ///
    /// # Errors
    /// A page that is encoded in another way, and what `plain` says.
    pub(super) fn new(
        encoding: Encoding,
        bytes: Bytes,
        plain: impl FnOnce(Bytes) -> Result<P, String>,
    ) -> Result<Self, String> {
        match encoding {
            Encoding::PLAIN => plain(bytes).map(Self::Plain),
            // A page without values may do without the width of them.
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => match bytes.first() {
                Some(width) => RunReader::new(bytes.slice(1..), *width),
                None => RunReader::new(Bytes::new(), 0),
            }
            .map(Self::InDictionary),
            other => Err(format!("a page is encoded as {other}, which the footer does not say")),
        }
    }
}

/// Takes over the dictionary of a column, which has only one.
///
/// # Errors
/// There is one already.
pub(super) fn set_dictionary<D>(held: &mut Option<D>, dictionary: D) -> Result<(), String> {
    if held.is_some() {
        return Err("a column has a second dictionary".to_owned());
    }
    *held = Some(dictionary);
    Ok(())
}

/// Appends places in a dictionary of so many values.
///
/// # Errors
/// A damaged page, and a place beyond the dictionary.
pub(super) fn read_keys(
    places: &mut RunReader,
    count: usize,
    values: usize,
    keys: &mut Vec<u32>,
) -> Result<(), String> {
    let start = keys.len();
    places.read(count, keys, |key| key)?;
    let largest = keys[start..].iter().fold(0, |largest, key| largest.max(*key));
    if count == 0 || (largest as usize) < values {
        Ok(())
    } else {
        Err("a dictionary index lies beyond its dictionary".to_owned())
    }
}

/// Moves the last `values` of `cells` to where there is a value, from the last one on, as it never moves to the front.
fn spread<T: Copy>(cells: &mut Vec<T>, values: usize, has_value: &[u8], filling: T) {
    if has_value.is_empty() {
        return;
    }
    let start = cells.len() - values;
    cells.resize(start + has_value.len(), filling);
    let cells = &mut cells[start..];
    let mut next = values;
    for (row, has_value) in has_value.iter().enumerate().rev() {
        next -= usize::from(*has_value);
        cells[row] = select_unpredictable(*has_value == 1, cells[next], filling);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_are_spread_to_their_rows(before in prop::collection::vec(1_u32.., 0..3), rows in prop::collection::vec(any::<Option<u16>>(), 0..80)) {
            let has_value: Vec<u8> = rows.iter().map(|row| u8::from(row.is_some())).collect();
            let values: Vec<u32> = rows.iter().flatten().map(|value| u32::from(*value) + 1).collect();
            let mut cells = [&before[..], &values].concat();
            spread(&mut cells, values.len(), &has_value, 0);
            let expected: Vec<u32> = before.iter().copied().chain(rows.iter().map(|row| row.map_or(0, |value| u32::from(value) + 1))).collect();
            prop_assert_eq!(cells, expected);
        }
    }
}
