//! The cells of a column of texts that lie in the pages of its file.

use super::dictionary::{DictionaryCells, DictionaryValues};
use super::pages::{OpenPage, PageValues, Pages, read_keys, set_dictionary};
use super::plain_texts::{PlainTexts, TextRange};
use super::runs::ENDS_EARLY;
use crate::ingest::column::Column;
use bytes::Bytes;
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
    values: TextValues,
}

/// Where the texts of the open page are.
struct TextValues {
    column: Column,
    dictionary: Option<Arc<DictionaryValues>>,
    page: OpenPage<PlainTexts>,
}

impl TextReader {
    pub(super) const fn new(pages: Pages, column: Column) -> Self {
        Self { pages, values: TextValues { column, dictionary: None, page: OpenPage::None } }
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
            let taken = self.pages.take(rows - done, |page| self.values.opened(page))?;
            let TextValues { column, dictionary, page } = &mut self.values;
            match page {
                OpenPage::InDictionary(places) => {
                    let values = match dictionary {
                        Some(values) => values,
                        // A column without values may do without a dictionary.
                        None => dictionary.insert(Arc::new(DictionaryValues::new(Bytes::new(), 0, *column)?)),
                    };
                    read_keys(places, taken.values, values.count(), &mut keys)?;
                    self.pages.spread(&mut keys, taken, values.count() as u32);
                    // Rows before these are in a page, so that all of the batch are to be.
                    if !cells.pages.is_empty() {
                        cells.add_keys(&mut keys, done, values);
                    }
                }
                OpenPage::Plain(texts) => {
                    if let Some(values) = dictionary.as_ref().filter(|_| !keys.is_empty()) {
                        cells.add_keys(&mut keys, 0, values);
                    }
                    cells.pages.push((done, texts.bytes.clone()));
                    texts.read(taken.values, &mut cells.ranges)?;
                    self.pages.spread(&mut cells.ranges, taken, [0, 0]);
                }
                OpenPage::None => return Err(ENDS_EARLY.to_owned()),
            }
            done += taken.rows;
        }
        Ok(match &self.values.dictionary {
            Some(values) if cells.pages.is_empty() => Texts::Dictionary(DictionaryCells::new(keys, values.clone())),
            _ => Texts::Pages(cells),
        })
    }
}

impl TextValues {
    fn opened(&mut self, page: PageValues) -> Result<(), String> {
        match page {
            PageValues::Dictionary { bytes, count } => {
                let values = DictionaryValues::new(bytes, count, self.column)?;
                set_dictionary(&mut self.dictionary, Arc::new(values))
            }
            PageValues::Data { encoding, bytes } => {
                self.page = OpenPage::new(encoding, bytes, PlainTexts::new)?;
                Ok(())
            }
        }
    }
}

impl TextCells {
    /// Adds the texts of all `keys`, and forgets these.
    fn add_keys(&mut self, keys: &mut Vec<u32>, first_row: usize, values: &DictionaryValues) {
        self.pages.push((first_row, values.bytes().clone()));
        self.ranges.extend(keys.drain(..).map(|key| values.range(key)));
    }
}
