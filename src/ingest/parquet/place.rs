//! Where a Parquet file lies, and the readers that its parts are read by.
//!
//! A file on disk is read by position. Of an object, the footer and then, for each row group, the columns that are
//! needed are fetched beforehand: the reader makes many small reads, each of which would be a request.

use super::shape::{FOOTER_BYTES_MOST, TAIL};
use crate::ingest::error::IngestError;
use crate::ingest::file::{InputFile, ReadFault};
use crate::ingest::stream::check_object;
use crate::objects::Object;
use bytes::{Buf, Bytes};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Where a Parquet file lies.
#[derive(Debug)]
pub enum ParquetPlace {
    /// On disk.
    File(InputFile),
    /// In object storage.
    Object(Object),
}

impl ParquetPlace {
    /// The path as given, or as found.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(file) => file.path(),
            Self::Object(object) => object.path(),
        }
    }

    /// Size in bytes.
    pub const fn size(&self) -> u64 {
        match self {
            Self::File(file) => file.size(),
            Self::Object(object) => object.size(),
        }
    }

    /// The file, if it lies on disk.
    pub const fn file(&self) -> Option<&InputFile> {
        match self {
            Self::File(file) => Some(file),
            Self::Object(_) => None,
        }
    }

    /// The error of a file whose contents are damaged, unless it could not be read, or changed.
    pub fn damaged(&self, reason: String) -> IngestError {
        let damaged = IngestError::Parquet { path: self.path().to_owned(), reason };
        match self {
            Self::File(file) => file.unless_damaged(damaged),
            Self::Object(_) => damaged,
        }
    }

    /// Checks that it is still what it was when it was opened.
    ///
    /// # Errors
    /// It was changed in between.
    pub fn check_unchanged(&self) -> Result<(), IngestError> {
        match self {
            Self::File(file) => file.check_unchanged(),
            Self::Object(object) => check_object(object),
        }
    }

    /// A reader of the footer.
    pub(super) fn footer(&self) -> Result<PartReader, IngestError> {
        let Self::Object(object) = self else { return self.ranges(&[]) };
        const GUESS: u64 = 64 * 1024;
        let size = object.size();
        let tail = self.fetch(object, std::slice::from_ref(&(size.saturating_sub(GUESS)..size)))?;
        // The last bytes say how long the footer is; what they say of a damaged file is refused by the reader.
        let length = tail[0].1.len().checked_sub(TAIL as usize).and_then(|at| tail[0].1[at..].first_chunk());
        let length = length.map_or(0, |length| u64::from(u32::from_le_bytes(*length)));
        let begin = size.saturating_sub(length + TAIL);
        // A longer one is refused anyway.
        let held = if begin < tail[0].0 && length <= FOOTER_BYTES_MOST {
            self.fetch(object, std::slice::from_ref(&(begin..size)))?
        } else {
            tail
        };
        Ok(PartReader::Object { held, size })
    }

    /// A reader of these ranges, which are only asked for where they must be fetched.
    pub(super) fn ranges(&self, ranges: &[Range<u64>]) -> Result<PartReader, IngestError> {
        match self {
            Self::File(file) => Ok(PartReader::of_file(file.handle()?, file.size(), file.fault())),
            Self::Object(object) => Ok(PartReader::Object {
                held: self.fetch(object, &joined(ranges, object.size()))?,
                size: object.size(),
            }),
        }
    }

    fn fetch(&self, object: &Object, ranges: &[Range<u64>]) -> Result<Vec<(u64, Bytes)>, IngestError> {
        let wrong =
            |error| IngestError::from_object(self.path(), ranges.first().map_or(0, |range| range.start), error, true);
        let held = object.read_ranges(ranges).map_err(wrong)?;
        Ok(ranges.iter().map(|range| range.start).zip(held).collect())
    }
}

/// Ranges that lie close to each other as one; what a damaged footer says lies beyond the end is left out.
fn joined(ranges: &[Range<u64>], size: u64) -> Vec<Range<u64>> {
    const GAP: u64 = 256 * 1024;
    let mut sorted: Vec<_> = ranges.iter().map(|range| range.start..range.end.min(size)).collect();
    sorted.retain(|range| !range.is_empty());
    sorted.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match joined.last_mut() {
            Some(last) if range.start <= last.end + GAP => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Reads parts of a Parquet file.
#[derive(Clone)]
pub(crate) enum PartReader {
    /// By position only, so that readers on several threads do not move each other.
    File {
        /// The file.
        file: Arc<File>,
        /// Its size.
        size: u64,
        /// Where errors are noted.
        fault: ReadFault,
    },
    /// Out of what was fetched.
    Object {
        /// Parts and where they begin.
        held: Vec<(u64, Bytes)>,
        /// Size of the object.
        size: u64,
    },
}

/// How often what lies beyond the end may be asked for.
///
/// The library skips over what a page header claims to have without looking whether it is there: two kilobytes could
/// have it skip two thousand million values that do not exist, one read each.
const READS_BEYOND_MOST: u32 = 16;

/// Reads from one position on.
pub(crate) struct PositionReader {
    source: PositionSource,
    reads_beyond: u32,
}

enum PositionSource {
    /// A file.
    File(BufReader<PositionedFile>),
    /// What was fetched.
    Object(bytes::buf::Reader<Bytes>),
}

/// A file from one position on.
pub(crate) struct PositionedFile {
    file: Arc<File>,
    offset: u64,
    fault: ReadFault,
}

impl Read for PositionedFile {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset);
        let count = read.map_err(|error| self.fault.noted(self.offset, error))?;
        self.offset += count as u64;
        Ok(count)
    }
}

impl PositionReader {
    const fn new(source: PositionSource) -> Self {
        Self { source, reads_beyond: 0 }
    }
}

impl Read for PositionReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = match &mut self.source {
            PositionSource::File(reader) => reader.read(buffer),
            PositionSource::Object(reader) => reader.read(buffer),
        }?;
        if count == 0 && !buffer.is_empty() {
            self.reads_beyond += 1;
            if self.reads_beyond > READS_BEYOND_MOST {
                return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "a page header ends too early"));
            }
        }
        Ok(count)
    }
}

impl Length for PartReader {
    fn len(&self) -> u64 {
        match self {
            Self::File { size, .. } | Self::Object { size, .. } => *size,
        }
    }
}

impl PartReader {
    /// Of an open file of this size, whose errors are noted.
    pub(crate) const fn of_file(file: Arc<File>, size: u64, fault: ReadFault) -> Self {
        Self::File { file, size, fault }
    }

    /// Of bytes that are all there is.
    pub(super) fn of_bytes(bytes: Bytes) -> Self {
        let size = bytes.len() as u64;
        Self::Object { held: vec![(0, bytes)], size }
    }

    /// What was fetched from a position on.
    fn held_from(held: &[(u64, Bytes)], start: u64) -> parquet::errors::Result<Bytes> {
        let part = held.iter().find(|(begin, bytes)| (*begin..begin + bytes.len() as u64).contains(&start));
        let (begin, bytes) =
            part.ok_or_else(|| ParquetError::EOF(format!("the byte at {start} is none of a column or the footer")))?;
        Ok(bytes.slice((start - begin) as usize..))
    }
}

impl ChunkReader for PartReader {
    type T = PositionReader;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        match self {
            Self::File { file, fault, .. } => {
                let positioned = PositionedFile { file: file.clone(), offset: start, fault: fault.clone() };
                Ok(PositionReader::new(PositionSource::File(BufReader::new(positioned))))
            }
            Self::Object { held, .. } => {
                Ok(PositionReader::new(PositionSource::Object(Self::held_from(held, start)?.reader())))
            }
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        // A damaged footer may claim any length: nothing is allocated that the file cannot fill.
        let beyond = || ParquetError::EOF(format!("{length} bytes at {start} lie beyond the end of the file"));
        if start.checked_add(length as u64).is_none_or(|end| end > self.len()) {
            return Err(beyond());
        }
        match self {
            Self::File { file, fault, .. } => {
                let mut buffer = vec![0; length];
                file.read_exact_at(&mut buffer, start).map_err(|error| fault.noted(start, error))?;
                Ok(buffer.into())
            }
            Self::Object { .. } if length == 0 => Ok(Bytes::new()),
            Self::Object { held, .. } => {
                let bytes = Self::held_from(held, start)?;
                if bytes.len() < length { Err(beyond()) } else { Ok(bytes.slice(..length)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn what_lies_beyond_the_end_is_not_asked_for_again_and_again() {
        let file = tempfile::tempfile().expect("a file");
        file.write_all_at(b"PAR1", 0).expect("written");
        let part = PartReader::of_file(Arc::new(file), 4, ReadFault::default());
        let mut reader = part.get_read(1).expect("a reader");
        let mut buffer = [0; 8];
        assert_eq!(reader.read(&mut buffer).expect("read"), 3);
        let ends = (0..READS_BEYOND_MOST).map(|_| reader.read(&mut buffer).expect("the end"));
        assert_eq!(ends.sum::<usize>(), 0);
        assert_eq!(reader.read(&mut buffer).expect_err("too often").kind(), ErrorKind::UnexpectedEof);
    }
}
