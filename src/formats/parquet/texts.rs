//! Texts as Parquet writes them plainly: each after its length.

use super::ParquetFormatError;
use std::ops::Range;

/// Bytes of a length.
const LENGTH: usize = 4;

/// Texts one after the other, in the PLAIN encoding.
#[derive(Clone, Debug, Default)]
pub(super) struct PlainTexts {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl PlainTexts {
    /// Appends a text.
    #[inline(never)]
    pub(super) fn push(&mut self, text: &[u8]) {
        // A length that is cut off here is an error in `check`.
        let length = (text.len() as u32).to_le_bytes();
        self.bytes.reserve(LENGTH + text.len());
        self.bytes.extend_from_slice(&length);
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    /// Appends a text, by the bytes from where it begins on if they are at hand: how long it is cannot be foreseen, and a
    /// copy of the whole window takes the same steps.
    #[inline]
    pub(super) fn push_in<const BLOCKS: usize>(&mut self, text: &[u8], window: Option<&[[u8; 16]; BLOCKS]>) {
        match window {
            Some(window) if text.len() <= window.as_flattened().len() => {
                self.bytes.reserve(LENGTH + window.as_flattened().len());
                self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                let end = self.bytes.len() + text.len();
                self.bytes.extend_from_slice(window.as_flattened());
                self.bytes.truncate(end);
                self.ends.push(end);
            }
            _ => self.push(text),
        }
    }

    /// Makes room for more texts at once.
    pub(super) fn reserve(&mut self, texts: usize) {
        self.ends.reserve(texts);
    }

    /// Number of texts.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// A text by its index.
    #[inline]
    pub(super) fn text(&self, index: usize) -> &[u8] {
        &self.bytes[self.start_of(index) + LENGTH..self.ends[index]]
    }

    /// Bytes of some texts without their lengths.
    pub(super) fn text_bytes(&self, rows: Range<usize>) -> usize {
        self.encoded(rows.clone()).len() - rows.len() * LENGTH
    }

    /// Some texts in the PLAIN encoding.
    pub(super) fn encoded(&self, rows: Range<usize>) -> &[u8] {
        &self.bytes[self.start_of(rows.start)..self.start_of(rows.end)]
    }

    /// Forgets the texts, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Appends some texts of others.
    pub(super) fn append(&mut self, other: &Self, rows: Range<usize>) {
        let (start, held) = (other.start_of(rows.start), self.bytes.len());
        self.bytes.extend_from_slice(other.encoded(rows.clone()));
        self.ends.extend(other.ends[rows].iter().map(|end| end - start + held));
    }

    /// The rows of each page: as many as have no more than `page_bytes`, or one that has.
    pub(super) fn pages(&self, page_bytes: usize) -> impl Iterator<Item = Range<usize>> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let start = self.start_of(from);
            let fitting = self.ends[from..].partition_point(|end| end - start <= page_bytes);
            let to = self.len().min(from + fitting.max(1));
            let page = from..to;
            from = to;
            (!page.is_empty()).then_some(page)
        })
    }

    /// Whether every text is one by itself, and its length can be said.
    ///
    /// # Errors
    /// A text that is too long or no UTF-8.
    pub(super) fn check(&self) -> Result<(), ParquetFormatError> {
        let lengths = self.ends.iter().scan(0, |start, end| Some(end - std::mem::replace(start, *end) - LENGTH));
        let bits = lengths.fold(0, |bits, length| bits | length);
        if bits > i32::MAX as usize {
            return Err(ParquetFormatError::TextTooLarge);
        }
        // Where all bytes of all lengths are ASCII, they part the texts, and one look at the whole does for each.
        let is_valid = if bits & 0x8080_8080 == 0 {
            simdutf8::basic::from_utf8(&self.bytes).is_ok()
        } else {
            (0..self.len()).all(|index| simdutf8::basic::from_utf8(self.text(index)).is_ok())
        };
        if is_valid { Ok(()) } else { Err(ParquetFormatError::TextNotUtf8) }
    }

    #[inline]
    fn start_of(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |last| self.ends[last])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(texts: &[&[u8]]) -> PlainTexts {
        let mut plain = PlainTexts::default();
        texts.iter().for_each(|text| plain.push(text));
        plain
    }

    #[test]
    fn every_text_has_to_be_utf_8_by_itself() {
        assert!(texts(&[b"", "Zürich".as_bytes(), b""]).check().is_ok());
        for broken in [&b"\xC3"[..], b"Z\xC3", b"\xBC", b"\xFF"] {
            assert!(matches!(texts(&[broken, b"a"]).check(), Err(ParquetFormatError::TextNotUtf8)), "{broken:?}");
            // The least byte of the next text's length would end the character.
            let next = vec![b'a'; 0xA9];
            assert!(matches!(texts(&[broken, &next]).check(), Err(ParquetFormatError::TextNotUtf8)), "{broken:?}");
        }
        assert!(texts(&[&[b'a'; 0xA9], "ü".repeat(40_000).as_bytes()]).check().is_ok());
    }

    #[test]
    fn a_page_ends_before_the_text_that_is_too_much_for_it() {
        let texts = texts(&[b"12", b"12", b"12345678", b"", b"", b"1"]);
        let pages: Vec<_> = texts.pages(12).collect();
        assert_eq!(pages, [0..2, 2..3, 3..5, 5..6]);
        assert_eq!(texts.pages(1).count(), 6, "a text that is larger than a page has one of its own");
        assert_eq!(PlainTexts::default().pages(12).count(), 0);
    }

    #[test]
    fn a_text_is_appended_alike_with_the_bytes_behind_it() {
        let window = std::array::from_fn::<_, 2, _>(|block| [b'a' + block as u8; 16]);
        for length in [0, 1, 15, 16, 17, 32] {
            let text = &window.as_flattened()[..length];
            let (mut with, mut without) = (PlainTexts::default(), PlainTexts::default());
            for texts in [&mut with, &mut without] {
                texts.push(b"before");
            }
            with.push_in(text, Some(&window));
            with.push_in::<2>(b"after", None);
            without.push(text);
            without.push(b"after");
            assert_eq!((with.bytes, with.ends), (without.bytes, without.ends), "{length}");
        }
    }

    proptest! {
        #[test]
        fn texts_come_back_however_they_were_appended(
            all in proptest::collection::vec(".{0,9}", 0..40), cut in 0_usize..40,
        ) {
            let mut source = PlainTexts::default();
            all.iter().for_each(|text| source.push(text.as_bytes()));
            let cut = cut.min(all.len());
            let mut target = PlainTexts::default();
            target.append(&source, 0..cut);
            target.append(&source, cut..all.len());
            prop_assert_eq!(&target.bytes, &source.bytes);
            prop_assert_eq!(target.text_bytes(cut..all.len()), all[cut..].iter().map(String::len).sum::<usize>());
            for (index, text) in all.iter().enumerate() {
                prop_assert_eq!(target.text(index), text.as_bytes());
            }
        }
    }
}
