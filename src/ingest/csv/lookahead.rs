//! What lies beyond the window that a chunk is read in, for records that may be longer than it.

use super::overlong::Lookup;
use crate::ingest::error::IngestError;
use crate::ingest::file::InputFile;

/// The bytes of a file: those of a window, and beyond it in blocks.
pub struct Lookahead<'a> {
    /// The file.
    pub file: &'a InputFile,
    /// Bytes that are at hand.
    pub window: &'a [u8],
    /// Offset in the file of the first of them.
    pub window_start: u64,
    /// What was read last beyond the window: record after record looks there, each a little farther.
    pub block: &'a mut Block,
}

/// A block of a file.
#[derive(Default)]
pub struct Block {
    start: u64,
    bytes: Vec<u8>,
}

impl Block {
    /// Holds nothing any more: another file is read.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}

/// The bytes from `offset` on, if that is among them.
fn from(bytes: &[u8], start: u64, offset: u64) -> Option<&[u8]> {
    let at = usize::try_from(offset.checked_sub(start)?).ok()?;
    bytes.get(at..).filter(|rest| !rest.is_empty())
}

impl Lookup for Lookahead<'_> {
    type Error = IngestError;

    fn look_up(&mut self, offset: u64) -> Result<&[u8], IngestError> {
        const BLOCK: u64 = 128 * 1024;
        if let Some(rest) = from(self.window, self.window_start, offset) {
            return Ok(rest);
        }
        let Block { start, bytes } = &mut *self.block;
        if from(bytes, *start, offset).is_none() {
            bytes.resize((self.file.size() - offset).min(BLOCK) as usize, 0);
            self.file.read_at(bytes, offset)?;
            *start = offset;
        }
        Ok(from(bytes, *start, offset).unwrap_or_default())
    }
}
