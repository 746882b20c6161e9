//! An input file on disk: identified once, opened while it is read, and read by position.

use super::csv::BEGINNING_BYTES;
use super::error::IngestError;
use super::stream::StreamFault;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// An input file, whose bytes are read by position so that threads can share it.
///
/// The file is open only while it is read, so a run may have more inputs than the system allows open files; a file
/// that was exchanged or written to in between is noticed.
#[derive(Debug)]
pub struct InputFile {
    path: PathBuf,
    state: FileState,
    open: Mutex<Option<Arc<File>>>,
    fault: ReadFault,
}

/// The first error of the system while a file was read.
///
/// Readers of foreign formats make it words of their own, in which a failing disk looks like a damaged file.
#[derive(Clone, Debug, Default)]
pub struct ReadFault(Arc<OnceLock<(u64, i32)>>);

impl ReadFault {
    /// Takes note of an error at an offset, if it is the system's; gives it back.
    pub fn noted(&self, offset: u64, error: io::Error) -> io::Error {
        if let Some(number) = error.raw_os_error().filter(|_| error.kind() != io::ErrorKind::Interrupted) {
            let _ = self.0.set((offset, number));
        }
        error
    }

    /// What was noted.
    pub fn told(&self) -> Option<(u64, io::Error)> {
        self.0.get().map(|(offset, number)| (*offset, io::Error::from_raw_os_error(*number)))
    }
}

/// What must not change while a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileState {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl From<&Metadata> for FileState {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl InputFile {
    /// Opens a file and takes note of what it is.
    ///
    /// # Errors
    /// A path that cannot be opened, or that is no regular file.
    pub fn open(path: &Path) -> Result<Self, IngestError> {
        let refuse = |source| IngestError::Open { path: path.to_owned(), source };
        // Opening a named pipe would wait for a writer, so the kind is looked at first.
        if !std::fs::metadata(path).map_err(refuse)?.is_file() {
            return Err(refuse(std::io::Error::other("not a regular file")));
        }
        let file = File::open(path).map_err(refuse)?;
        let state = FileState::from(&file.metadata().map_err(refuse)?);
        // Of many files all are opened before the first header is read, which the disk need not wait for.
        advise_reading(&file, state.size.min(BEGINNING_BYTES));
        Ok(Self { path: path.to_owned(), state, open: Mutex::new(Some(Arc::new(file))), fault: ReadFault::default() })
    }

    /// The path as it was given or found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size in bytes when it was opened.
    pub const fn size(&self) -> u64 {
        self.state.size
    }

    /// What tells this file from every other: device and inode.
    pub const fn identity(&self) -> (u64, u64) {
        (self.state.device, self.state.inode)
    }

    /// The open file; it is opened again if it was closed.
    ///
    /// # Errors
    /// The file is gone, or is not the one that was opened first.
    pub fn handle(&self) -> Result<Arc<File>, IngestError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.as_ref() {
            return Ok(file.clone());
        }
        let refuse = |source| IngestError::Open { path: self.path.clone(), source };
        let file = Arc::new(File::open(&self.path).map_err(refuse)?);
        self.compare(&file)?;
        *open = Some(file.clone());
        Ok(file)
    }

    /// Closes the file until it is needed again.
    pub fn close(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Fills `buffer` from a position that the file had when it was opened.
    ///
    /// # Errors
    /// Reading fails, or the file has become shorter.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<(), IngestError> {
        self.handle()?.read_exact_at(buffer, offset).map_err(|source| match source.kind() {
            std::io::ErrorKind::UnexpectedEof => IngestError::Changed { path: self.path.clone() },
            _ => IngestError::Read { path: self.path.clone(), offset, source },
        })
    }

    /// Asks the system to read the first bytes of the file while something else is done.
    ///
    /// It is advice, so what cannot be done is left: whoever reads the file will be told.
    pub fn read_ahead(&self, bytes: u64) {
        // Opened for itself, so that no file is open whose turn has not come; what has become a pipe is not waited for.
        let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        if let Ok(file) = File::options().read(true).custom_flags(nonblocking).open(&self.path) {
            advise_reading(&file, self.size().min(bytes));
        }
    }

    /// Where whoever reads the open file by other means takes note of errors.
    pub fn fault(&self) -> ReadFault {
        self.fault.clone()
    }

    /// Checks that the system has not failed to read the file so far.
    ///
    /// # Errors
    /// It has.
    pub fn check_readable(&self) -> Result<(), IngestError> {
        match self.fault.told() {
            Some((offset, source)) => Err(IngestError::Read { path: self.path.clone(), offset, source }),
            None => Ok(()),
        }
    }

    /// The error of a file that does not hold what it should: that it could not be read, or changed, if so, and
    /// otherwise that it is `damaged`.
    pub fn unless_damaged(&self, damaged: IngestError) -> IngestError {
        self.check_readable().and_then(|()| self.check_unchanged()).err().unwrap_or(damaged)
    }

    /// A reader of all that the file had when it was opened, from its beginning on.
    ///
    /// # Errors
    /// The file is gone, or is not the one that was opened first.
    pub fn reader(&self) -> Result<FileReader, IngestError> {
        Ok(FileReader { file: self.handle()?, offset: 0, size: self.size() })
    }

    /// Checks that the file is still what it was when it was opened.
    ///
    /// # Errors
    /// The file was changed in between.
    pub fn check_unchanged(&self) -> Result<(), IngestError> {
        self.compare(&*self.handle()?)
    }

    fn compare(&self, file: &File) -> Result<(), IngestError> {
        let metadata =
            file.metadata().map_err(|source| IngestError::Read { path: self.path.clone(), offset: 0, source })?;
        if FileState::from(&metadata) == self.state {
            Ok(())
        } else {
            Err(IngestError::Changed { path: self.path.clone() })
        }
    }
}

/// Asks the system to read the first bytes of a file in the meantime.
#[cfg(target_os = "linux")]
fn advise_reading(file: &File, bytes: u64) {
    if let Some(bytes) = std::num::NonZeroU64::new(bytes) {
        let _ = rustix::fs::fadvise(file, 0, Some(bytes), rustix::fs::Advice::WillNeed);
    }
}

#[cfg(not(target_os = "linux"))]
fn advise_reading(_file: &File, _bytes: u64) {}

/// Reads a file from its beginning to its end.
#[derive(Debug)]
pub struct FileReader {
    file: Arc<File>,
    offset: u64,
    size: u64,
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = (self.size - self.offset).min(buffer.len() as u64) as usize;
        let count = self.file.read_at(&mut buffer[..wanted], self.offset)?;
        if count == 0 && wanted > 0 {
            return Err(StreamFault::Changed.into());
        }
        self.offset += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;
    use tempfile::TempDir;

    #[test]
    fn what_cannot_be_read_ahead_is_left() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("x.csv");
        std::fs::write(&path, "partner_id\n").expect("written");
        let file = InputFile::open(&path).expect("opened");
        file.read_ahead(u64::MAX);
        std::fs::remove_file(&path).expect("removed");
        file.read_ahead(u64::MAX);
        let mut buffer = [0; 11];
        file.read_at(&mut buffer, 0).expect("read");
        assert_eq!(&buffer, b"partner_id\n");
    }

    #[test]
    fn a_file_that_cannot_be_read_or_has_changed_is_not_called_damaged() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("x.parquet");
        std::fs::write(&path, "12345678").expect("written");
        let damaged = || IngestError::Parquet { path: path.clone(), reason: "torn".to_owned() };
        let file = InputFile::open(&path).expect("opened");
        assert_eq!(file.unless_damaged(damaged()).exit_code(), 65);
        // Being interrupted is no failure: whoever reads tries again.
        let _ = file.fault().noted(2, Errno::INTR.into());
        let _ = file.fault().noted(3, io::ErrorKind::UnexpectedEof.into());
        file.check_readable().expect("nothing has failed");

        std::fs::write(&path, "1234").expect("cut");
        let error = file.unless_damaged(damaged());
        assert!(matches!(error, IngestError::Changed { .. }) && error.exit_code() == 74, "{error}");

        let _ = file.fault().noted(4, Errno::IO.into());
        let _ = file.fault().noted(5, Errno::ACCESS.into());
        let error = file.unless_damaged(damaged());
        assert!(matches!(error, IngestError::Read { offset: 4, .. }) && error.exit_code() == 74, "{error}");
        assert!(file.check_readable().is_err());
    }
}
