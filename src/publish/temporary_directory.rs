//! The directory in `TMPDIR` in which a run for object storage is put together.
//!
//! It is locked by the run it belongs to (`flock`), so that the next run can tell one that a killed run has left, and
//! remove it.

use super::error::PublishError;
use super::lock::identity;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

const PREFIX: &str = "renewals-";

/// A directory that is removed when dropped.
#[derive(Debug)]
pub(super) struct TemporaryDirectory {
    path: PathBuf,
    _lock: File,
}

impl TemporaryDirectory {
    /// Creates one in the system's directory for such, and removes those that killed runs have left there.
    pub(super) fn create() -> Result<Self, PublishError> {
        Self::create_in(&std::env::temp_dir())
    }

    fn create_in(parent: &Path) -> Result<Self, PublishError> {
        clear(parent);
        let id = std::process::id();
        let mut number = 0_u32;
        loop {
            let path = parent.join(format!("{PREFIX}{id}-{number}"));
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                // Another run may have taken it for one that was left, in the moment before it was locked.
                Ok(()) => match lock(&path) {
                    Ok(Some(lock)) => return Ok(Self { path, _lock: lock }),
                    Ok(None) => {}
                    Err(cause) => return Err(PublishError::setup("lock", &path, cause)),
                },
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && number < 1_000 => {}
                Err(cause) => return Err(PublishError::setup("create", &path, cause)),
            }
            number += 1;
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // Nothing else can be done about what the system does not let go; the next run tries again.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Locks a directory; `None` if somebody else has the lock, or the name is no longer that directory's.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(directory) => File::from(directory),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(cause) => return Err(cause.into()),
    };
    match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
        Err(cause) => return Err(cause.into()),
    }
    let held = identity(&directory.metadata()?);
    let is_named = fs::symlink_metadata(path).is_ok_and(|named| identity(&named) == held);
    Ok(is_named.then_some(directory))
}

/// Removes what killed runs have left, as far as this user may. What cannot be removed is no reason not to run.
fn clear(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_name().to_str().is_some_and(is_name)
            && let Ok(Some(_lock)) = lock(&path)
        {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Whether it is a name that such a directory has.
fn is_name(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
    numbers.is_some_and(|(id, number)| is_number(id) && is_number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_removed_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let of_a_run = TemporaryDirectory::create_in(parent.path()).unwrap();
        for name in ["renewals-12-0", "renewals-12-0-x", "renewals-x-0", "renewals-12", "other"] {
            fs::create_dir(parent.path().join(name)).unwrap();
            fs::write(parent.path().join(name).join("in"), "x").unwrap();
        }
        fs::write(parent.path().join("renewals-13-0"), "x").unwrap();
        std::os::unix::fs::symlink("other", parent.path().join("renewals-14-0")).unwrap();
        let another = TemporaryDirectory::create_in(parent.path()).unwrap();
        assert!(of_a_run.path().is_dir() && another.path().is_dir() && of_a_run.path() != another.path());
        drop((of_a_run, another));
        let mut names: Vec<_> = fs::read_dir(parent.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let kept = ["other", "renewals-12", "renewals-12-0-x", "renewals-13-0", "renewals-14-0", "renewals-x-0"];
        assert_eq!(names, kept);
        assert!(parent.path().join("other/in").exists());
    }
}
