//! What the user says about how inputs are read.

use super::mapping::Mapping;
use super::stream::Cancellation;
use super::text_encoding::TextEncoding;
use std::sync::Arc;

/// How inputs are read, whatever their format.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Longest CSV record allowed, in bytes without its line ending.
    pub max_record_bytes: usize,
    /// How many times larger than its compressed bytes an input may be.
    pub max_expansion: u32,
    /// Asked while nothing comes from an input.
    pub cancellation: Cancellation,
    /// Character encoding of CSV; `None` for UTF-8, or what a byte order mark tells.
    pub encoding: Option<TextEncoding>,
    /// The sheet of Excel workbooks; `None` for the only one that can be seen.
    pub sheet: Option<String>,
    /// How files that are written otherwise are mapped onto the specification.
    pub mapping: Option<Arc<Mapping>>,
}

impl ReadOptions {
    /// Inputs that keep to SPEC §2, with CSV records of at most `max_record_bytes`.
    pub fn new(max_record_bytes: usize) -> Self {
        Self {
            max_record_bytes,
            max_expansion: 100,
            cancellation: Cancellation::never(),
            encoding: None,
            sheet: None,
            mapping: None,
        }
    }
}
