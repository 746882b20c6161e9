//! Sorted records that wait to be merged: in memory where there are few, else in a temporary file without a name.

use super::error::ChangesError;
use super::record;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A temporary file that has no name, so that it is gone when the process is, however that ends.
#[derive(Debug)]
pub struct SpillFile {
    file: File,
    directory: PathBuf,
    end: AtomicU64,
}

impl SpillFile {
    /// An empty file on the disk of `directory`.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(directory: &Path) -> Result<Self, ChangesError> {
        let file = tempfile::tempfile_in(directory)
            .map_err(|cause| ChangesError::TemporaryDirectory { directory: directory.to_owned(), cause })?;
        Ok(Self { file, directory: directory.to_owned(), end: AtomicU64::new(0) })
    }

    /// Sets so many bytes apart; returns where they begin.
    pub(super) fn reserve(&self, bytes: u64) -> u64 {
        self.end.fetch_add(bytes, Ordering::Relaxed)
    }

    pub(super) fn write(&self, bytes: &[u8], offset: u64) -> Result<(), ChangesError> {
        self.file.write_all_at(bytes, offset).map_err(|cause| self.error("written", cause))
    }

    fn read(&self, bytes: &mut [u8], offset: u64) -> Result<(), ChangesError> {
        self.file.read_exact_at(bytes, offset).map_err(|cause| self.error("read", cause))
    }

    fn error(&self, operation: &'static str, cause: std::io::Error) -> ChangesError {
        ChangesError::Temporary { directory: self.directory.clone(), operation, cause }
    }
}

/// Records in order.
#[derive(Debug)]
pub enum Run {
    /// In memory.
    Memory(Vec<u8>),
    /// In a temporary file.
    File {
        /// The file.
        file: Arc<SpillFile>,
        /// Where the records begin.
        offset: u64,
        /// Their bytes.
        bytes: u64,
    },
}

/// Reads the records of a run one by one.
#[derive(Debug)]
pub struct RunReader {
    /// What is still to be read, if the run lies in a file.
    rest: Option<Rest>,
    buffer: Vec<u8>,
    /// Where the current record begins and ends; nothing is left where they are the same.
    start: usize,
    end: usize,
    prefix: u128,
}

#[derive(Debug)]
struct Rest {
    file: Arc<SpillFile>,
    offset: u64,
    bytes: u64,
    at_once: usize,
}

impl RunReader {
    /// A reader at the first record of a run, which reads `at_once` bytes of a file at a time.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub fn new(run: Run, at_once: usize) -> Result<Self, ChangesError> {
        let (rest, buffer) = match run {
            Run::Memory(bytes) => (None, bytes),
            Run::File { file, offset, bytes } => (Some(Rest { file, offset, bytes, at_once }), Vec::new()),
        };
        let mut reader = Self { rest, buffer, start: 0, end: 0, prefix: 0 };
        reader.advance()?;
        Ok(reader)
    }

    /// The record at hand; `None` after the last one.
    pub fn current(&self) -> Option<&[u8]> {
        (self.start < self.end).then(|| &self.buffer[self.start..self.end])
    }

    /// The prefix of the record at hand.
    pub const fn prefix(&self) -> u128 {
        self.prefix
    }

    /// Goes on to the next record.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub fn advance(&mut self) -> Result<(), ChangesError> {
        self.start = self.end;
        self.fill(record::LENGTH_BYTES)?;
        if let Some(length) = record::length(&self.buffer[self.start..]) {
            self.fill(length)?;
            self.end = self.start + length;
            self.prefix = record::prefix(&self.buffer[self.start..self.end]);
        }
        Ok(())
    }

    /// Makes sure that so many bytes are there from the start on, unless the run ends before.
    fn fill(&mut self, bytes: usize) -> Result<(), ChangesError> {
        let held = self.buffer.len() - self.start;
        let Some(rest) = self.rest.as_mut().filter(|rest| held < bytes && rest.bytes > 0) else { return Ok(()) };
        self.buffer.copy_within(self.start.., 0);
        (self.start, self.end) = (0, 0);
        let wanted = rest.at_once.max(bytes - held) as u64;
        let taken = wanted.min(rest.bytes);
        self.buffer.resize(held + taken as usize, 0);
        rest.file.read(&mut self.buffer[held..], rest.offset)?;
        rest.offset += taken;
        rest.bytes -= taken;
        Ok(())
    }
}
