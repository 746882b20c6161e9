//! Texts of at most sixteen bytes, held as one integer.
//!
//! The typed cells of an export are short, and which of them are empty, or how long they are, changes from row to
//! row in a way that a processor cannot foresee. Read from one integer, a cell takes the same steps whatever it
//! holds, and no step is begun in vain.

/// The bytes that a short text may have.
pub const SHORT_TEXT_BYTES: usize = 16;

/// A text, whole if it has at most [`SHORT_TEXT_BYTES`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortText {
    /// The first bytes, the very first one lowest, and zeros after the end.
    bytes: u128,
    length: usize,
}

/// For each length, the bits of the bytes that belong to the text.
static KEPT: [u128; SHORT_TEXT_BYTES + 1] = {
    let mut kept = [u128::MAX; SHORT_TEXT_BYTES + 1];
    let mut length = 0;
    while length < SHORT_TEXT_BYTES {
        kept[length] = !(u128::MAX << (8 * length));
        length += 1;
    }
    kept
};

impl ShortText {
    /// The text of `length` bytes that begins with the bytes of `window`.
    #[inline]
    pub fn in_window(window: &[u8; SHORT_TEXT_BYTES], length: usize) -> Self {
        Self { bytes: u128::from_le_bytes(*window) & KEPT[length.min(SHORT_TEXT_BYTES)], length }
    }

    /// A text that stands alone.
    pub const fn new(text: &[u8]) -> Self {
        let mut bytes = 0;
        let mut index = 0;
        while index < text.len() && index < SHORT_TEXT_BYTES {
            bytes |= (text[index] as u128) << (8 * index);
            index += 1;
        }
        Self { bytes, length: text.len() }
    }

    /// Bytes of the text, which may be more than are held.
    #[inline]
    pub const fn length(self) -> usize {
        self.length
    }

    /// Whether the text has no bytes.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.length == 0
    }

    /// The text with its ASCII letters in lower case.
    #[inline]
    pub const fn to_ascii_lowercase(self) -> Self {
        const ONES: u128 = u128::MAX / 0xFF;
        // The highest bit of a lane is set where its lower bits reach `A`, or go beyond `Z`.
        let low = self.bytes & (0x7F * ONES);
        let reaches_a = low + (0x80 - b'A' as u128) * ONES;
        let is_beyond_z = low + (0x7F - b'Z' as u128) * ONES;
        let is_capital = reaches_a & !is_beyond_z & !self.bytes & (0x80 * ONES);
        Self { bytes: self.bytes | is_capital >> 2, length: self.length }
    }

    /// The bytes held, the first one lowest.
    #[inline]
    pub const fn bytes(self) -> u128 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_in_the_window_makes_no_difference() {
        let window = b"partner_center,1";
        for length in 0..=window.len() {
            assert_eq!(ShortText::in_window(window, length), ShortText::new(&window[..length]));
        }
        assert_eq!(ShortText::in_window(window, 20), ShortText { length: 20, ..ShortText::new(window) });
    }

    #[test]
    fn only_ascii_letters_have_a_lower_case() {
        for byte in 0..=u8::MAX {
            let text = [b'z', byte, b'A', byte, 0x80, 0xFF, byte, b'[', b'@', b'Z', byte, 0, byte];
            let expected = ShortText::new(&text.to_ascii_lowercase());
            assert_eq!(ShortText::new(&text).to_ascii_lowercase(), expected, "{byte}");
        }
    }

    #[test]
    fn the_first_byte_is_the_lowest() {
        assert_eq!(ShortText::new(b"ab").bytes(), 0x6261);
        assert!(ShortText::new(b"").is_empty() && !ShortText::new(b"a").is_empty());
        assert_eq!(ShortText::new(b"0123456789abcdefg").length(), 17);
    }
}
