//! CSV exports: framing, dialect, and reading a file in chunks that threads can take in any order.

mod chunk;
mod framing;
#[cfg(test)]
mod framing_tests;
mod overlong;
#[cfg(test)]
mod overlong_tests;
mod plain;
#[cfg(test)]
mod plain_tests;
mod reading;
mod record;
mod source;

pub use chunk::{ChunkOutcome, ChunkReader, hash_chunk};
pub use source::CsvSource;
