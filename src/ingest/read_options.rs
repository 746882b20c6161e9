//! What the user says about how inputs are read.

use super::stream::Cancellation;

/// How inputs are read, whatever their format.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Longest CSV record allowed, in bytes without its line ending.
    pub max_record_bytes: usize,
    /// Asked while nothing comes from an input.
    pub cancellation: Cancellation,
}

impl ReadOptions {
    /// Inputs that keep to SPEC §2, with CSV records of at most `max_record_bytes`.
    pub fn new(max_record_bytes: usize) -> Self {
        Self { max_record_bytes, cancellation: Cancellation::never() }
    }
}
