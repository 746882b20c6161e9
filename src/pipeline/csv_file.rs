//! A CSV report: plain, or in blocks that are compressed on any thread and written in order.

use super::error::RunError;
use crate::formats::compression::{BLOCK_BYTES, Codec};
use crate::formats::csv::header;
use crate::publish::{FileEntry, Publication, StagedFile};
use crate::reports::Report;
use std::collections::BTreeMap;

/// A CSV report that is being written.
pub struct CsvFile {
    file: StagedFile,
    report: Report,
    blocks: Option<Blocks>,
}

/// The blocks of a compressed file.
struct Blocks {
    codec: Codec,
    /// Bytes of the block that is not complete yet.
    pending: Vec<u8>,
    completed: usize,
    written: usize,
    /// Compressed blocks that wait for an earlier one.
    waiting: BTreeMap<usize, Vec<u8>>,
}

/// A block that is complete, but not compressed.
pub struct Block {
    report: Report,
    index: usize,
    codec: Codec,
    bytes: Vec<u8>,
}

/// A block that can be written.
pub struct CompressedBlock {
    report: Report,
    index: usize,
    bytes: Vec<u8>,
}

impl CsvFile {
    /// Creates the file of a report, with its header.
    ///
    /// # Errors
    /// It cannot be created or written.
    pub fn create(publication: &Publication, report: Report, codec: Option<Codec>) -> Result<Self, RunError> {
        let extension = codec.map(|codec| format!(".{}", codec.extension())).unwrap_or_default();
        let file = publication.create(&format!("{}.csv{extension}", report.as_str()))?;
        let blocks = codec.map(|codec| Blocks {
            codec,
            pending: Vec::new(),
            completed: 0,
            written: 0,
            waiting: BTreeMap::new(),
        });
        let mut file = Self { file, report, blocks };
        // Shorter than a block, so that none is complete.
        file.append(&header(report), &mut Vec::new())?;
        Ok(file)
    }

    /// Appends bytes, and adds the blocks that they complete to `complete`.
    ///
    /// # Errors
    /// Writing fails.
    pub fn append(&mut self, mut bytes: &[u8], complete: &mut Vec<Block>) -> Result<(), RunError> {
        let Some(blocks) = &mut self.blocks else { return Ok(self.file.append(bytes)?) };
        while !bytes.is_empty() {
            let room = BLOCK_BYTES - blocks.pending.len();
            let (taken, rest) = bytes.split_at(room.min(bytes.len()));
            blocks.pending.extend_from_slice(taken);
            bytes = rest;
            if blocks.pending.len() == BLOCK_BYTES {
                complete.extend(blocks.complete(self.report));
            }
        }
        Ok(())
    }

    /// The block at hand, if it has bytes, as complete.
    pub fn complete(&mut self) -> Option<Block> {
        self.blocks.as_mut()?.complete(self.report)
    }

    /// Takes a compressed block, and writes all that can be written in order.
    ///
    /// # Errors
    /// Writing fails.
    pub fn accept(&mut self, block: CompressedBlock) -> Result<(), RunError> {
        let Some(blocks) = &mut self.blocks else { return Ok(()) };
        blocks.waiting.insert(block.index, block.bytes);
        while let Some(bytes) = blocks.waiting.remove(&blocks.written) {
            self.file.append(&bytes)?;
            blocks.written += 1;
        }
        Ok(())
    }

    /// Ends and syncs the file; every block must have been accepted.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(self, rows: u64) -> Result<FileEntry, RunError> {
        let is_whole = self.blocks.is_none_or(|blocks| blocks.pending.is_empty() && blocks.written == blocks.completed);
        assert!(is_whole, "every block is written before the file ends");
        Ok(self.file.finish(rows)?)
    }
}

impl Blocks {
    fn complete(&mut self, report: Report) -> Option<Block> {
        if self.pending.is_empty() {
            return None;
        }
        self.completed += 1;
        let bytes = std::mem::take(&mut self.pending);
        Some(Block { report, index: self.completed - 1, codec: self.codec, bytes })
    }
}

impl Block {
    /// Compresses the block.
    ///
    /// # Errors
    /// None in practice.
    pub fn compress(self) -> Result<CompressedBlock, RunError> {
        let Self { report, index, codec, bytes } = self;
        let bytes =
            codec.compress(&bytes).map_err(|source| RunError::Compression { report: report.as_str(), source })?;
        Ok(CompressedBlock { report, index, bytes })
    }
}

impl CompressedBlock {
    /// The report it belongs to.
    pub const fn report(&self) -> Report {
        self.report
    }
}
