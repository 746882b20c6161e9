//! Texts that stand one after the other, each behind its length, as Parquet writes them PLAIN.

use bytes::Bytes;

/// Where a text begins and ends in its page.
pub(super) type TextRange = [u32; 2];

/// Reads the texts of a page, in order.
#[derive(Debug)]
pub(super) struct PlainTexts {
    /// The page.
    pub(super) bytes: Bytes,
    at: usize,
    /// Whether the page as a whole is UTF-8, lengths included.
    is_utf8: bool,
}

impl PlainTexts {
    /// The texts of a page.
    ///
    /// # Errors
    /// A page whose places cannot be told in 32 bits.
    pub(super) fn new(bytes: Bytes) -> Result<Self, String> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(format!("a page has {} bytes", bytes.len()));
        }
        let is_utf8 = simdutf8::basic::from_utf8(&bytes).is_ok();
        Ok(Self { bytes, at: 0, is_utf8 })
    }

    /// Appends where the next `count` texts are, and gives the sum of their lengths.
    ///
    /// # Errors
    /// A text that ends beyond the page, or is not UTF-8.
    pub(super) fn read(&mut self, count: usize, ranges: &mut Vec<TextRange>) -> Result<u64, String> {
        let first = self.at;
        // A dictionary may claim to have more than its page has room for.
        ranges.reserve(count.min(self.bytes.len() / size_of::<u32>()));
        for _ in 0..count {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some((length, rest)) = rest.split_first_chunk() else { return Err(TEXT_ENDS_EARLY.to_owned()) };
            let text = rest.get(..u32::from_le_bytes(*length) as usize).ok_or(TEXT_ENDS_EARLY)?;
            // What stands before a text is the last byte of its length, which is ASCII. If its own last byte is ASCII
            // too, or it is empty, no character of the page begins or ends inside it and not the other way.
            let is_whole = self.is_utf8 && text.last().is_none_or(u8::is_ascii);
            if !is_whole && simdutf8::basic::from_utf8(text).is_err() {
                return Err("a text is not UTF-8".to_owned());
            }
            let start = self.at + size_of::<u32>();
            self.at = start + text.len();
            ranges.push([start as u32, self.at as u32]);
        }
        Ok((self.at - first - count * size_of::<u32>()) as u64)
    }
}

const TEXT_ENDS_EARLY: &str = "a text ends beyond its page";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(texts: &[Vec<u8>]) -> Bytes {
        let written = texts.iter().flat_map(|text| [&(text.len() as u32).to_le_bytes()[..], text].concat());
        written.collect::<Vec<u8>>().into()
    }

    proptest! {
        #[test]
        fn texts_are_found_and_those_that_are_not_utf8_refused(
            texts in prop::collection::vec(prop_oneof![
                "[a-zé€]{0,6}".prop_map(String::into_bytes),
                "[a-zé]{120,140}".prop_map(String::into_bytes),
                // A character cut in two, whose halves only the length of the next text lies between.
                prop::sample::select(vec![vec![0xC3], vec![0xA9], vec![b'a', 0xE2, 0x82], vec![0xAC; 1]]),
            ], 0..6),
            first in 0_usize..6,
        ) {
            let bytes = page(&texts);
            let mut reader = PlainTexts::new(bytes.clone()).unwrap();
            let mut ranges = Vec::new();
            let first = first.min(texts.len());
            let outcome = reader.read(first, &mut ranges).and_then(|read| Ok(read + reader.read(texts.len() - first, &mut ranges)?));
            if texts.iter().all(|text| std::str::from_utf8(text).is_ok()) {
                let found: Vec<_> = ranges.iter().map(|[start, end]| bytes[*start as usize..*end as usize].to_vec()).collect();
                prop_assert_eq!(&found, &texts);
                prop_assert_eq!(outcome, Ok(texts.iter().map(|text| text.len() as u64).sum()));
                prop_assert_eq!(reader.read(1, &mut ranges).unwrap_err(), TEXT_ENDS_EARLY);
            } else {
                prop_assert_eq!(outcome.unwrap_err(), "a text is not UTF-8");
            }
        }
    }

    #[test]
    fn a_length_beyond_the_page_is_refused() {
        for bytes in [&[1, 0, 0][..], &[1, 0, 0, 0], &[0xFF; 4], &[2, 0, 0, 0, b'a']] {
            let mut reader = PlainTexts::new(Bytes::copy_from_slice(bytes)).unwrap();
            assert_eq!(reader.read(1, &mut Vec::new()).unwrap_err(), TEXT_ENDS_EARLY, "{bytes:?}");
        }
    }
}
