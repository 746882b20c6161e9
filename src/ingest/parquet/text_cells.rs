//! The cells of a column of texts that lie in the pages of its file.

use super::dictionary::{DictionaryCells, DictionaryValues};
use super::pages::{PageValues, Pages};
use super::plain_texts::{PlainTexts, TextRange};
use super::runs::{ENDS_EARLY, RunReader};
use crate::ingest::column::Column;
use bytes::Bytes;
use parquet::basic::Encoding;
use std::ops::Range;
use std::sync::Arc;

/// Texts in several pages, none of which is copied.
#[derive(Default)]
pub(super) struct TextCells {
    /// The pages, each with the first row whose text is in it.
    pages: Vec<(usize, Bytes)>,
    /// For each row where its text begins and ends in its page.
    ranges: Vec<TextRange>,
}

impl TextCells {
    /// The page that holds the text of a row, and the first row whose text is in a page after it.
    #[inline]
    pub(super) fn page(&self, row: usize) -> (&[u8], usize) {
        match &self.pages[..] {
            [(_, page)] => (page, self.ranges.len()),
            pages => {
                let next = pages.partition_point(|(first, _)| *first <= row);
                let end = pages.get(next).map_or(self.ranges.len(), |(first, _)| *first);
                (&pages[next - 1].1, end)
            }
        }
    }

    /// Where the texts of some rows begin and end in their pages.
    #[inline]
    pub(super) fn ranges(&self, rows: Range<usize>) -> &[TextRange] {
        &self.ranges[rows]
    }

    /// Where the text of a row begins and ends in its page.
    #[inline]
    pub(super) fn range(&self, row: usize) -> TextRange {
        self.ranges[row]
    }

    #[inline]
    pub(super) fn text(&self, row: usize) -> &[u8] {
        let [start, end] = self.range(row);
        &self.page(row).0[start as usize..end as usize]
    }

    /// Bytes of the texts of all rows.
    pub(super) fn text_bytes(&self) -> u64 {
        self.ranges.iter().map(|[start, end]| u64::from(end - start)).sum()
    }
}

/// What a batch of texts is.
pub(super) enum Texts {
    /// All of them are in the dictionary.
    Dictionary(DictionaryCells),
    Pages(TextCells),
}

/// Reads the texts of a column of a row group, in order.
pub(super) struct TextReader {
    pages: Pages,
    column: Column,
    dictionary: Option<Arc<DictionaryValues>>,
    values: TextValues,
}

/// Where the texts of the open page are.
enum TextValues {
    InDictionary(RunReader),
    Plain(PlainTexts),
    None,
}

impl TextReader {
    pub(super) const fn new(pages: Pages, column: Column) -> Self {
        Self { pages, column, dictionary: None, values: TextValues::None }
    }

    /// The texts of the next rows.
    ///
    /// # Errors
    /// A damaged file.
    pub(super) fn read(&mut self, rows: usize) -> Result<Texts, String> {
        let mut keys: Vec<u32> = Vec::new();
        let mut cells = TextCells::default();
        let mut done = 0;
        while done < rows {
            if let Some(page) = self.pages.open()? {
                self.opened(page)?;
                continue;
            }
            let taken = self.pages.take(rows - done)?;
            match &mut self.values {
                TextValues::InDictionary(places) => {
                    let values = match &self.dictionary {
                        Some(values) => values,
                        // A column without values may do without a dictionary.
                        None => self.dictionary.insert(Arc::new(DictionaryValues::new(Bytes::new(), 0, self.column)?)),
                    };
                    read_keys(places, taken.values, values, &mut keys)?;
                    self.pages.spread(&mut keys, taken, values.count() as u32);
                    // Rows before these are in a page, so that all of the batch are to be.
                    if !cells.pages.is_empty() {
                        cells.add_keys(&mut keys, done, values);
                    }
                }
                TextValues::Plain(texts) => {
                    if let Some(values) = self.dictionary.as_ref().filter(|_| !keys.is_empty()) {
                        cells.add_keys(&mut keys, 0, values);
                    }
                    cells.pages.push((done, texts.bytes.clone()));
                    texts.read(taken.values, &mut cells.ranges)?;
                    self.pages.spread(&mut cells.ranges, taken, [0, 0]);
                }
                TextValues::None => return Err(ENDS_EARLY.to_owned()),
            }
            done += taken.rows;
        }
        Ok(match &self.dictionary {
            Some(values) if cells.pages.is_empty() => Texts::Dictionary(DictionaryCells::new(keys, values.clone())),
            _ => Texts::Pages(cells),
        })
    }

    fn opened(&mut self, page: PageValues) -> Result<(), String> {
        match page {
            PageValues::Dictionary { bytes, count } => {
                if self.dictionary.is_some() {
                    return Err("a column has a second dictionary".to_owned());
                }
                self.dictionary = Some(Arc::new(DictionaryValues::new(bytes, count, self.column)?));
            }
            PageValues::Data { encoding: Encoding::PLAIN, bytes } => {
                self.values = TextValues::Plain(PlainTexts::new(bytes)?);
            }
            PageValues::Data { encoding, bytes } => self.values = TextValues::InDictionary(places(encoding, &bytes)?),
        }
        Ok(())
    }
}

impl TextCells {
    /// Adds the texts of all `keys`, and forgets these.
    fn add_keys(&mut self, keys: &mut Vec<u32>, first_row: usize, values: &DictionaryValues) {
        self.pages.push((first_row, values.bytes().clone()));
        self.ranges.extend(keys.drain(..).map(|key| values.range(key)));
    }
}

/// The places in a dictionary that a page holds.
///
/// # Errors
/// A page that is encoded in another way.
pub(super) fn places(encoding: Encoding, bytes: &Bytes) -> Result<RunReader, String> {
    if !matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY) {
        return Err(format!("a page is encoded as {encoding}, which the footer does not say"));
    }
    // A page without values may do without the width of them.
    match bytes.first() {
        Some(width) => RunReader::new(bytes.slice(1..), *width),
        None => RunReader::new(Bytes::new(), 0),
    }
}

/// Appends places in a dictionary, all of which it has.
fn read_keys(
    places: &mut RunReader,
    count: usize,
    values: &DictionaryValues,
    keys: &mut Vec<u32>,
) -> Result<(), String> {
    let start = keys.len();
    places.read(count, keys, |key| key)?;
    check_keys(&keys[start..], values.count())
}

/// # Errors
/// A key beyond its dictionary.
pub(super) fn check_keys(keys: &[u32], values: usize) -> Result<(), String> {
    let largest = keys.iter().fold(0, |largest, key| largest.max(*key));
    if keys.is_empty() || (largest as usize) < values {
        Ok(())
    } else {
        Err("a dictionary index lies beyond its dictionary".to_owned())
    }
}
