//! Memory that a file is read into, placed so that the system copies into it fast.

use std::ops::{Deref, DerefMut};

/// Bytes of a file from the byte before a page on.
///
/// They lie in memory as they lie in the file, the second of them at the beginning of a page. Where the two places differ
/// by a few bytes, processors take what is read next for what was just written, and copying takes four times as long.
#[derive(Default)]
pub(super) struct ReadBuffer {
    memory: Vec<u8>,
    first: usize,
}

const PAGE_BYTES: usize = 4096;

impl ReadBuffer {
    /// Makes room for so many bytes, and keeps those that it has.
    pub(super) fn reserve(&mut self, length: usize) {
        if self.len() >= length {
            return;
        }
        let mut memory = vec![0; length + 2 * PAGE_BYTES];
        // Where the place cannot be told, any will do.
        let page = memory.as_ptr().align_offset(PAGE_BYTES).min(PAGE_BYTES);
        let first = page + PAGE_BYTES - 1;
        memory[first..first + self.len()].copy_from_slice(self);
        *self = Self { memory, first };
    }
}

impl Deref for ReadBuffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.memory[self.first..]
    }
}

impl DerefMut for ReadBuffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.first..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_and_the_second_begins_a_page() {
        let mut buffer = ReadBuffer::default();
        assert!(buffer.is_empty());
        let mut expected = Vec::new();
        for length in [1, 2, 4_095, 4_096, 100_000, 524_289] {
            buffer.reserve(length);
            assert!(buffer.len() >= length);
            assert_eq!((buffer.as_ptr() as usize + 1) % PAGE_BYTES, 0);
            assert_eq!(buffer[..expected.len()], expected);
            buffer[..length].fill(length as u8);
            expected = vec![length as u8; length];
        }
    }
}
