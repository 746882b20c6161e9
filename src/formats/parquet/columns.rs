//! The cells of a column until they are encoded.

use super::texts::PlainTexts;
use super::vocabulary::Vocabulary;
use crate::reports::{CellKind, ReportColumn};
use std::ops::Range;

/// Columns with about as many values as rows, which no dictionary makes smaller.
const DISTINCT_COLUMNS: [&str; 2] = ["partner_id", "partner_name"];
/// Bytes up to which a vocabulary is kept for the next rows.
const VOCABULARY_KEPT: usize = 64 * 1024;
/// Words that a column may have by their numbers.
pub(super) const NUMBERED_MOST: usize = 8;
/// The key of a text that was not looked up yet.
const UNKNOWN: u32 = u32::MAX;

/// The cells of one column; its kind has a byte of its own, which is read for every cell.
#[derive(Clone, Debug)]
#[repr(u8)]
pub(super) enum ColumnBuffer {
    /// Texts of which most are new.
    Distinct(PlainTexts),
    /// Texts of which most were there before.
    Words(Words),
    Date(Vec<i32>),
    OptionalDate(Optional<i32>),
    Integer(Vec<i64>),
    OptionalInteger(Optional<i64>),
    Estimate(Optional<f64>),
    /// Amounts in ten-thousandths.
    Amount(Optional<i128>),
}

/// Texts by the keys that they have in a vocabulary.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) vocabulary: Vocabulary,
    pub(super) keys: Vec<u32>,
    /// Bytes of the texts of all rows.
    text_bytes: usize,
    /// The keys of the words that are pushed by a number.
    numbered: [u32; NUMBERED_MOST],
}

/// Values that may be missing: a row has one in any case, and whether it is known.
#[derive(Clone, Debug)]
pub(super) struct Optional<T> {
    pub(super) values: Vec<T>,
    pub(super) known: Vec<bool>,
}

impl ColumnBuffer {
    /// No cells of a column.
    pub(super) fn new(column: ReportColumn) -> Self {
        match column.kind {
            CellKind::Text if DISTINCT_COLUMNS.contains(&column.name) => Self::Distinct(PlainTexts::default()),
            CellKind::Text => Self::Words(Words::new()),
            CellKind::Date => Self::Date(Vec::new()),
            CellKind::OptionalDate => Self::OptionalDate(Optional::new()),
            CellKind::Integer => Self::Integer(Vec::new()),
            CellKind::OptionalInteger => Self::OptionalInteger(Optional::new()),
            CellKind::Estimate => Self::Estimate(Optional::new()),
            CellKind::Amount => Self::Amount(Optional::new()),
        }
    }

    /// Bytes of all texts.
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Distinct(texts) => texts.text_bytes(0..texts.len()),
            Self::Words(words) => words.text_bytes,
            _ => 0,
        }
    }

    /// Forgets the cells, and keeps the memory.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Distinct(texts) => texts.clear(),
            Self::Words(words) => words.clear(),
            Self::Date(values) => values.clear(),
            Self::OptionalDate(values) => values.clear(),
            Self::Integer(values) => values.clear(),
            Self::OptionalInteger(values) => values.clear(),
            Self::Estimate(values) => values.clear(),
            Self::Amount(values) => values.clear(),
        }
    }

    /// Makes room for more rows at once.
    pub(super) fn reserve(&mut self, rows: usize) {
        match self {
            Self::Distinct(texts) => texts.reserve(rows),
            Self::Words(words) => words.keys.reserve(rows),
            Self::Date(values) => values.reserve(rows),
            Self::OptionalDate(values) => values.reserve(rows),
            Self::Integer(values) => values.reserve(rows),
            Self::OptionalInteger(values) => values.reserve(rows),
            Self::Estimate(values) => values.reserve(rows),
            Self::Amount(values) => values.reserve(rows),
        }
    }

    /// Appends some rows of another buffer of the same column.
    pub(super) fn append(&mut self, other: &Self, rows: Range<usize>) {
        match (self, other) {
            (Self::Distinct(texts), Self::Distinct(other)) => texts.append(other, rows),
            (Self::Words(words), Self::Words(other)) => words.append(other, rows),
            (Self::Date(values), Self::Date(other)) => values.extend_from_slice(&other[rows]),
            (Self::OptionalDate(values), Self::OptionalDate(other)) => values.append(other, rows),
            (Self::Integer(values), Self::Integer(other)) => values.extend_from_slice(&other[rows]),
            (Self::OptionalInteger(values), Self::OptionalInteger(other)) => values.append(other, rows),
            (Self::Estimate(values), Self::Estimate(other)) => values.append(other, rows),
            (Self::Amount(values), Self::Amount(other)) => values.append(other, rows),
            _ => unreachable!("buffers of one column have one kind"),
        }
    }
}

impl Words {
    fn new() -> Self {
        Self { vocabulary: Vocabulary::new(), keys: Vec::new(), text_bytes: 0, numbered: [UNKNOWN; NUMBERED_MOST] }
    }

    #[inline]
    pub(super) fn push(&mut self, text: &[u8]) {
        // Nothing is called on the way that nearly every cell takes.
        match self.vocabulary.common_key(text) {
            Some(key) if self.keys.len() < self.keys.capacity() => {
                self.text_bytes += text.len();
                self.keys.push(key);
            }
            _ => self.push_any(text),
        }
    }

    #[inline(never)]
    fn push_any(&mut self, text: &[u8]) {
        self.text_bytes += text.len();
        self.keys.push(self.vocabulary.key(text));
    }

    /// Appends a word that always has this number in the column, and is looked up once.
    #[inline]
    pub(super) fn push_numbered(&mut self, number: usize, word: &str) {
        let mut key = self.numbered[number];
        if key == UNKNOWN {
            key = self.vocabulary.key(word.as_bytes());
            self.numbered[number] = key;
        }
        self.text_bytes += word.len();
        self.keys.push(key);
    }

    /// Bytes of the texts of all rows in the PLAIN encoding.
    pub(super) const fn plain_bytes(&self) -> usize {
        self.text_bytes + self.keys.len() * size_of::<u32>()
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.text_bytes = 0;
        // The next rows mostly have the same texts; which of them were met before changes no byte of a file.
        let texts = self.vocabulary.texts();
        if texts.encoded(0..texts.len()).len() > VOCABULARY_KEPT {
            self.vocabulary.clear();
            self.numbered = [UNKNOWN; NUMBERED_MOST];
        }
    }

    /// Keys here are in the order of the rows that are appended, whatever the other vocabulary held before them.
    fn append(&mut self, other: &Self, rows: Range<usize>) {
        let others = other.vocabulary.texts();
        let keys = &other.keys[rows];
        if keys.len() < others.len() {
            keys.iter().for_each(|key| self.push(others.text(*key as usize)));
            return;
        }
        let translated = &mut vec![UNKNOWN; others.len()][..];
        let held = self.keys.len();
        self.keys.resize(held + keys.len(), 0);
        for (translation, key) in self.keys[held..].iter_mut().zip(keys) {
            let found = &mut translated[*key as usize];
            if *found == UNKNOWN {
                *found = self.vocabulary.key(others.text(*key as usize));
            }
            *translation = *found;
        }
        self.text_bytes += if keys.len() == other.keys.len() {
            other.text_bytes
        } else {
            keys.iter().map(|key| others.text(*key as usize).len()).sum()
        };
    }
}

impl<T: Copy + Default> Optional<T> {
    const fn new() -> Self {
        Self { values: Vec::new(), known: Vec::new() }
    }

    #[inline]
    pub(super) fn push(&mut self, value: Option<T>) {
        self.values.push(value.unwrap_or_default());
        self.known.push(value.is_some());
    }

    fn clear(&mut self) {
        self.values.clear();
        self.known.clear();
    }

    fn reserve(&mut self, rows: usize) {
        self.values.reserve(rows);
        self.known.reserve(rows);
    }

    fn append(&mut self, other: &Self, rows: Range<usize>) {
        self.values.extend_from_slice(&other.values[rows.clone()]);
        self.known.extend_from_slice(&other.known[rows]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(texts: &[String]) -> Words {
        let mut words = Words::new();
        texts.iter().for_each(|text| words.push(text.as_bytes()));
        words
    }

    #[test]
    fn a_large_vocabulary_is_not_kept() {
        for (length, kept) in [(VOCABULARY_KEPT - 10, 1), (VOCABULARY_KEPT, 0)] {
            let mut words = words(&["a".repeat(length)]);
            words.clear();
            assert_eq!((words.vocabulary.texts().len(), words.keys.len(), words.text_bytes), (kept, 0, 0));
        }
    }

    proptest! {
        #[test]
        fn keys_and_bytes_do_not_depend_on_where_rows_are_cut_or_what_came_before(
            before in proptest::collection::vec("[a-e]{0,3}", 0..9),
            rows in proptest::collection::vec("[a-d]{0,2}", 1..60),
            cut in 0_usize..60,
        ) {
            let cut = cut.min(rows.len());
            let mut source = words(&before);
            source.clear();
            rows.iter().for_each(|row| source.push(row.as_bytes()));
            let mut target = Words::new();
            target.append(&source, 0..cut);
            target.append(&source, cut..rows.len());
            let expected = words(&rows);
            prop_assert_eq!(&target.keys, &expected.keys);
            prop_assert_eq!(target.text_bytes, rows.iter().map(String::len).sum::<usize>());
            let (found, expected) = (target.vocabulary.texts(), expected.vocabulary.texts());
            prop_assert_eq!(found.encoded(0..found.len()), expected.encoded(0..expected.len()));
        }
    }
}
