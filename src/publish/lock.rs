//! The lock that lets one run at a time work on a directory.
//!
//! The lock is the kernel's (`flock`), the file only its handle: what a killed run leaves behind is an unlocked file,
//! which the next run takes over. The file is removed on release, so a run leaves no litter.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::error::{PublishError, Refusal};
use super::manifest::is_errno;

/// Each attempt after the first means that another run has ended in between; so many in a row mean a busy directory.
const ATTEMPTS_MAXIMUM: u32 = 100;

/// A held lock, released when dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock at `path` for `directory`. While another run has it, `waits` is asked whether to try again; it
    /// takes its time to answer.
    pub(super) fn acquire(
        path: &Path,
        directory: &Path,
        waits: &mut dyn FnMut() -> bool,
    ) -> Result<Self, PublishError> {
        let busy = || PublishError::Busy { directory: directory.to_owned(), lock: path.to_owned() };
        let mut attempts = 0;
        while attempts < ATTEMPTS_MAXIMUM {
            attempts += 1;
            let file = open(path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => {
                    drop(file);
                    if !waits() {
                        return Err(busy());
                    }
                    attempts = 0;
                    continue;
                }
                Err(cause) => return Err(PublishError::setup("lock", path, cause.into())),
            }
            // The run that held it before may have removed the file between our opening and our locking it. Then we
            // hold a file without a name, and the next run would make and lock another one.
            if is_still_named(&file, path).map_err(|cause| PublishError::setup("examine", path, cause))? {
                return Ok(Self { file, path: path.to_owned() });
            }
        }
        Err(busy())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is still locked: nobody else can have taken this file by then. Somebody may have removed
        // it by hand, though, and then the name is another run's. A file that stays is harmless.
        if is_still_named(&self.file, &self.path).unwrap_or(false) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn open(path: &Path) -> Result<File, PublishError> {
    let taken = || PublishError::refused(path, Refusal::NameTaken);
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(|cause| {
            // What opening a link, a directory and a socket says.
            let is_taken = is_errno(&cause, &[Errno::LOOP, Errno::ISDIR, Errno::NXIO]);
            if is_taken { taken() } else { PublishError::setup("create", path, cause) }
        })?;
    let metadata = file.metadata().map_err(|cause| PublishError::setup("examine", path, cause))?;
    // A lock is an empty file. One with content is somebody's, and releasing the lock would delete it.
    if metadata.is_file() && metadata.len() == 0 { Ok(file) } else { Err(taken()) }
}

fn is_still_named(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(named) => Ok(identity(&held) == identity(&named)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(cause),
    }
}

/// What makes two names the same file.
pub(super) fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
