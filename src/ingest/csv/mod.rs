//! CSV exports: framing, dialect, and reading a file in chunks, or a stream in pieces, that threads can take in any
//! order.

mod chunk;
mod cutter;
#[cfg(test)]
mod cutter_tests;
mod framing;
#[cfg(test)]
mod framing_tests;
mod lookahead;
mod overlong;
#[cfg(test)]
mod overlong_tests;
mod piece;
mod plain;
#[cfg(test)]
mod plain_tests;
mod read_buffer;
mod reading;
mod record;
mod source;
#[cfg(test)]
mod source_tests;
mod stream;
mod whole_records;

pub use chunk::{ChunkOutcome, ChunkReader, hash_chunk};
pub use piece::Piece;
pub use source::{BEGINNING_BYTES, CsvLayout, CsvSource};
pub use stream::{CsvStream, CsvStreamReader, StreamEnd};
