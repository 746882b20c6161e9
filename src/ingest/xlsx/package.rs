//! What is checked of a workbook before it is opened: that its parts are not larger than they may be.
//!
//! A few kilobytes of ZIP can stand for terabytes of XML. The library holds some parts in memory whole, and of a sheet
//! at least what stands between two tags, so both are measured first, by what really comes out.

use crate::ingest::contained::contained;
use crate::ingest::error::IngestError;
use crate::ingest::file::{InputFile, ReadFault};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Most bytes that the shared texts of a workbook may have, because they are held in memory.
const SHARED_STRINGS_BYTES_MAX: u64 = 256 << 20;
/// Most bytes that any other part but a sheet may have.
const PART_BYTES_MAX: u64 = 32 << 20;
/// Most bytes that a sheet may have; a full sheet of short cells has about as many.
const SHEET_BYTES_MAX: u64 = 4 << 30;
/// Most bytes between two tags; a cell of Excel has at most 32,767 characters.
const GAP_BYTES_MAX: u64 = 1 << 20;
/// The part that every workbook has, and no other archive.
const CONTENT_TYPES: &str = "[Content_Types].xml";
/// Most parts that a workbook may have.
const PARTS_MAX: usize = 10_000;

/// A file that is read from a position on.
pub struct FileReader {
    file: Arc<File>,
    offset: u64,
    size: u64,
    fault: ReadFault,
}

impl FileReader {
    /// Reads a file from its beginning.
    ///
    /// # Errors
    /// The file is gone.
    pub fn new(file: &InputFile) -> Result<BufReader<Self>, IngestError> {
        Ok(BufReader::new(Self { file: file.handle()?, offset: 0, size: file.size(), fault: file.fault() }))
    }
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset);
        let count = read.map_err(|error| self.fault.noted(self.offset, error))?;
        self.offset += count as u64;
        Ok(count)
    }
}

impl Seek for FileReader {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let target = match position {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(distance) => self.size.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.offset.checked_add_signed(distance),
        };
        self.offset = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.offset)
    }
}

/// Whether a file that begins like a ZIP archive is a workbook, and not an archive of something else.
///
/// # Errors
/// The file is gone.
pub fn is_workbook(file: &InputFile) -> Result<bool, IngestError> {
    let reader = FileReader::new(file)?;
    let listed = contained(|| zip::ZipArchive::new(reader).map(|archive| archive.index_for_name(CONTENT_TYPES)));
    let is_named_so = || file.path().extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
    match listed {
        Ok(found) => Ok(found.is_some()),
        // What is damaged is told by its name, so that the message is about what it should be.
        Err(_) => file.check_readable().map(|()| is_named_so()),
    }
}

/// Checks the sizes of a workbook's parts.
pub fn check(reader: BufReader<FileReader>) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(reader).map_err(|error| error.to_string())?;
    if archive.len() > PARTS_MAX {
        return Err(format!("it has {} parts, more than {PARTS_MAX}", archive.len()));
    }
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| error.to_string())?;
        let shown = part.name().map_err(|error| error.to_string())?.into_owned();
        let name = shown.to_ascii_lowercase();
        if !name.ends_with(".xml") && !name.ends_with(".rels") {
            continue;
        }
        let limit = if name.contains("worksheets/") {
            SHEET_BYTES_MAX
        } else if name.contains("sharedstrings") {
            SHARED_STRINGS_BYTES_MAX
        } else {
            PART_BYTES_MAX
        };
        measure(part, limit).map_err(|reason| format!("its part {} {reason}", shown.escape_debug()))?;
    }
    Ok(())
}

/// Reads a part to its end, or to what it may not have.
fn measure(mut part: impl Read, limit: u64) -> Result<(), String> {
    let mut block = vec![0; 64 * 1024];
    let (mut bytes, mut gap) = (0_u64, 0_u64);
    loop {
        let count = part.read(&mut block).map_err(|error| format!("cannot be read: {error}"))?;
        if count == 0 {
            return Ok(());
        }
        bytes += count as u64;
        if bytes > limit {
            return Err(format!("is larger than {} MiB", limit >> 20));
        }
        match memchr::memchr(b'<', &block[..count]) {
            Some(first) => {
                gap += first as u64;
                if gap <= GAP_BYTES_MAX {
                    gap = (count - 1 - memchr::memrchr(b'<', &block[..count]).unwrap_or(first)) as u64;
                }
            }
            None => gap += count as u64,
        }
        if gap > GAP_BYTES_MAX {
            return Err(format!("has more than {} MiB between two tags", GAP_BYTES_MAX >> 20));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_measured_by_what_comes_out() {
        let tagged = |bytes: u64| io::repeat(b'<').take(bytes);
        assert_eq!(measure(tagged(1 << 20), 1 << 20), Ok(()));
        assert_eq!(measure(tagged((1 << 20) + 1), 1 << 20), Err("is larger than 1 MiB".to_owned()));
        let plain = |bytes: u64| io::repeat(b'x').take(bytes);
        assert_eq!(measure(plain(GAP_BYTES_MAX), u64::MAX), Ok(()));
        assert!(measure(plain(GAP_BYTES_MAX + 1), u64::MAX).is_err_and(|reason| reason.contains("between two tags")));
        let both = plain(GAP_BYTES_MAX - 5).chain(tagged(1)).chain(plain(GAP_BYTES_MAX - 5));
        assert_eq!(measure(both, u64::MAX), Ok(()));
    }
}
