//! A file in the staging directory, hashed and counted as it is written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::cancellation::Cancellation;
use super::error::PublishError;
use super::manifest::FileEntry;

/// Writes smaller than this are gathered; larger ones go to the file as they are.
const BUFFER_BYTES: usize = 64 << 10;
/// How much is written before the system is asked to begin putting it on the disk.
const WRITEBACK_BYTES: u64 = 32 << 20;

/// A file of a run that is being written.
///
/// Nothing of it counts until [`finish`](Self::finish) has returned. The errors of its [`Write`] are [`PublishError`]s
/// inside: `error.downcast::<PublishError>()` gives one back.
#[derive(Debug)]
pub struct StagedFile {
    name: String,
    writer: BufWriter<HashingFile>,
}

/// The file with the digest and count of what the system has accepted.
#[derive(Debug)]
struct HashingFile {
    file: File,
    path: PathBuf,
    hasher: Sha256,
    bytes: u64,
    writeback_begun: u64,
    cancellation: Cancellation,
}

impl StagedFile {
    /// Creates the file; it must not exist.
    pub(super) fn create(path: PathBuf, name: &str, cancellation: Cancellation) -> Result<Self, PublishError> {
        let file = File::create_new(&path).map_err(|cause| PublishError::io("create", &path, cause))?;
        let hashing = HashingFile { file, path, hasher: Sha256::new(), bytes: 0, writeback_begun: 0, cancellation };
        Ok(Self { name: name.to_owned(), writer: BufWriter::with_capacity(BUFFER_BYTES, hashing) })
    }

    /// Writes all of `bytes`, like `write_all` but with the error as it is.
    ///
    /// # Errors
    /// [`PublishError::Io`] if writing fails.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), PublishError> {
        self.writer.write_all(bytes).map_err(|cause| PublishError::io("write", &self.writer.get_ref().path, cause))
    }

    /// Writes what is still buffered, waits until the disk has everything, and gives the manifest's entry.
    ///
    /// # Errors
    /// [`PublishError::Io`] if writing or syncing fails, [`PublishError::Cancelled`] if the run is to end.
    pub fn finish(self, rows: u64) -> Result<FileEntry, PublishError> {
        let path = self.writer.get_ref().path.clone();
        let hashing = self.writer.into_inner().map_err(|error| PublishError::io("write", &path, error.into_error()))?;
        // The disk may take long.
        hashing.cancellation.check()?;
        hashing.file.sync_data().map_err(|cause| PublishError::io("sync", &path, cause))?;
        let sha256 = hexadecimal(&hashing.hasher.finalize());
        Ok(FileEntry { name: self.name, rows, bytes: hashing.bytes, sha256 })
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let accepted =
            self.file.write(bytes).map_err(|cause| io::Error::from(PublishError::io("write", &self.path, cause)))?;
        self.hasher.update(&bytes[..accepted]);
        self.bytes += accepted as u64;
        if self.bytes - self.writeback_begun >= WRITEBACK_BYTES {
            self.cancellation.check()?;
            begin_writeback(&self.file, self.writeback_begun, self.bytes);
            self.writeback_begun = self.bytes;
        }
        Ok(accepted)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Asks Linux to begin writing a part of the file to the disk, so that the sync at the end has little left to do.
///
/// `sync_file_range` is the call for this, but rustix doesn't have it. Advising that the pages are no longer needed
/// begins the same asynchronous writeback (mm/fadvise.c); pages still being written simply stay. It is advice:
/// a system that ignores it costs a longer sync and nothing else.
#[cfg(target_os = "linux")]
fn begin_writeback(file: &File, from: u64, to: u64) {
    let length = std::num::NonZeroU64::new(to - from);
    let _ = rustix::fs::fadvise(file, from, length, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn begin_writeback(_file: &File, _from: u64, _to: u64) {}

/// Lower-case hexadecimal digits, as `sha256sum` writes them.
pub(super) fn hexadecimal(digest: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tempfile::TempDir;

    use super::super::Publication;
    use super::*;

    #[test]
    fn hashes_and_counts_what_is_written_in_any_sizes() {
        let root = TempDir::new().expect("root");
        let publication = Publication::begin(&root.path().join("out")).expect("begun");
        let bytes: Vec<u8> = (0..=250).cycle().take(3_000_000).collect();
        let mut expected = None;
        for (index, size) in [1, 1000, 65_535, 65_536, 65_537, 3_000_000].into_iter().enumerate() {
            let mut file = publication.create(&format!("{index}.csv")).expect("created");
            for chunk in bytes.chunks(size) {
                file.write_all(chunk).expect("written");
            }
            let entry = file.finish(7).expect("finished");
            assert_eq!((entry.bytes, entry.rows), (3_000_000, 7));
            assert_eq!(*expected.get_or_insert(entry.sha256.clone()), entry.sha256, "chunks of {size}");
        }
    }

    #[test]
    fn write_errors_name_the_file() {
        let root = TempDir::new().expect("root");
        let path = root.path().join("file");
        let cause = std::io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error());
        let wrapped = std::io::Error::from(PublishError::io("write", &path, cause));
        assert_eq!(wrapped.kind(), std::io::ErrorKind::StorageFull);
        let error = PublishError::io("finish", Path::new("other"), wrapped);
        assert!(error.to_string().starts_with(&format!("cannot write `{}`: No space left", path.display())), "{error}");
        assert_eq!(error.exit_code(), 74);
        assert!(error.hint().is_some_and(|hint| hint.contains("free space")));
    }
}
