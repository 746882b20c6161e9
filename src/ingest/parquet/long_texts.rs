//! How much text the rows of a file hold, which a dictionary says once for millions of them.

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

    /// Counts the texts of a batch of so many rows, of which each column has so many bytes.
    pub(super) fn add(&self, rows: usize, text_bytes: impl Iterator<Item = u64>) -> Result<(), TooMuchText> {
        let short = SHORT_BYTES * rows as u64;
        let bytes = text_bytes.map(|bytes| bytes.saturating_sub(short)).sum();
        if bytes > BATCH_BYTES_MOST {
            return Err(TooMuchText::Batch(bytes));
        }
        if bytes > 0 && self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > self.allowed {
            return Err(TooMuchText::File);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_hold_as_much_as_is_allowed_and_a_batch_as_memory_has() {
        let counted = LongTexts::new(3 * (1_000 - SHORT_BYTES));
        for _ in 0..3 {
            assert_eq!(counted.add(1, [1_000, SHORT_BYTES].into_iter()), Ok(()));
        }
        assert_eq!(counted.add(1, [1_000].into_iter()), Err(TooMuchText::File));
        let bytes = 20 * ((1 << 20) - SHORT_BYTES);
        let much = LongTexts::new(u64::MAX).add(20, [20 << 20].into_iter());
        assert_eq!(much, Err(TooMuchText::Batch(bytes)));
    }
}
