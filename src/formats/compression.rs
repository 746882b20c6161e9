//! CSV reports compressed: in blocks of a fixed size, each a gzip member or a Zstandard frame of its own.
//!
//! So any thread can compress any block, and the bytes depend on nothing but the report. `gunzip` and `zstd -d` read
//! what follows each other as one.

use flate2::{Compression, GzBuilder};
use std::io::{self, Write};

/// Bytes of CSV in every block but the last.
pub const BLOCK_BYTES: usize = 1 << 20;

/// How CSV reports are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// gzip (RFC 1952), without a name or a time.
    Gzip,
    /// Zstandard (RFC 8878), with a checksum.
    Zstandard,
}

impl Codec {
    /// What comes after `.csv.` in the name of a file.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Zstandard => "zst",
        }
    }

    /// Compresses a block.
    ///
    /// # Errors
    /// None in practice: memory is all it takes.
    pub fn compress(self, block: &[u8]) -> io::Result<Vec<u8>> {
        const GZIP_LEVEL: u32 = 6;
        const ZSTANDARD_LEVEL: i32 = 3;
        match self {
            Self::Gzip => {
                let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(GZIP_LEVEL));
                encoder.write_all(block)?;
                encoder.finish()
            }
            Self::Zstandard => {
                let mut compressor = zstd::bulk::Compressor::new(ZSTANDARD_LEVEL)?;
                compressor.include_checksum(true)?;
                compressor.compress(block)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn blocks_after_each_other_are_one_text() {
        let (first, second) = (b"partner_id\n".repeat(1000), b"7\n".repeat(10));
        let text = [&first[..], &second].concat();
        let blocks = |codec: Codec| [&first, &second].map(|block| codec.compress(block).unwrap()).concat();
        let mut unpacked = Vec::new();
        let gzip = blocks(Codec::Gzip);
        flate2::read::MultiGzDecoder::new(&gzip[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        assert_eq!(gzip[4..8], [0; 4], "no time");
        assert_eq!(zstd::decode_all(&blocks(Codec::Zstandard)[..]).unwrap(), text);
    }
}
