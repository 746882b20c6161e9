//! The private directory in which a run is put together, and the removal of what earlier runs left behind.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::cancellation::Cancellation;
use super::error::{PublishError, Refusal, StagedProblem};
use super::manifest::FileEntry;
use super::place::{Place, open_directory, sync_directory};
use super::staged_file::StagedFile;

/// Only the owner sees a run that isn't whole yet.
const PRIVATE_MODE: u32 = 0o700;
/// Bits that a directory inherits (setgid) or that aren't about who may enter it.
const SPECIAL_BITS: u32 = 0o7000;

/// A staging directory, removed when dropped unless it has been released.
#[derive(Debug)]
pub(super) struct Staging {
    path: PathBuf,
    /// What a plain `mkdir` gave it, under the umask and the parent's inherited rules.
    plain_mode: u32,
    is_released: bool,
}

impl Staging {
    /// Creates the directory; the caller holds the lock and has cleared what was there.
    pub(super) fn create(path: PathBuf) -> Result<Self, PublishError> {
        fs::create_dir(&path).map_err(|cause| PublishError::setup("create", &path, cause))?;
        // The umask can only be read by changing it, for all threads at once; a new directory shows its effect. Until
        // it is made private it is empty.
        let mut staging = Self { path, plain_mode: PRIVATE_MODE, is_released: false };
        let metadata =
            fs::metadata(&staging.path).map_err(|cause| PublishError::setup("examine", &staging.path, cause))?;
        staging.plain_mode = metadata.permissions().mode() & 0o7777;
        let private = PRIVATE_MODE | (staging.plain_mode & SPECIAL_BITS);
        fs::set_permissions(&staging.path, Permissions::from_mode(private))
            .map_err(|cause| PublishError::setup("protect", &staging.path, cause))?;
        Ok(staging)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A new file to be hashed and listed.
    pub(super) fn file(&self, name: &str, cancellation: Cancellation) -> Result<StagedFile, PublishError> {
        StagedFile::create(self.path.join(name), name, cancellation)
    }

    /// Writes one of the run's own files, which no manifest lists.
    pub(super) fn write(&self, name: &str, text: &[u8]) -> Result<(), PublishError> {
        let path = self.path.join(name);
        File::create_new(&path)
            .and_then(|mut file| file.write_all(text).and_then(|()| file.sync_data()))
            .map_err(|cause| PublishError::io("write", &path, cause))
    }

    /// Checks that the files to be listed are those that are there.
    ///
    /// An unlisted one would be published, and then be foreign to the next run, which would refuse to replace it.
    pub(super) fn check_complete(&self, files: &[FileEntry]) -> Result<(), PublishError> {
        let mut staged = self.sizes()?;
        let fail = |name: &str, problem| Err(PublishError::Staged { path: self.path.join(name), problem });
        for entry in files {
            // Taken out, so that one listed twice is missing the second time.
            match staged.remove(&entry.name) {
                None => return fail(&entry.name, StagedProblem::Missing),
                Some(found) if found != entry.bytes => {
                    return fail(&entry.name, StagedProblem::Size { expected: entry.bytes, found });
                }
                Some(_) => {}
            }
        }
        match staged.keys().next() {
            Some(name) => fail(name, StagedProblem::Unlisted),
            None => Ok(()),
        }
    }

    fn sizes(&self) -> Result<BTreeMap<String, u64>, PublishError> {
        let fail = |cause| PublishError::io("list", &self.path, cause);
        let mut sizes = BTreeMap::new();
        for entry in fs::read_dir(&self.path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let size = entry.metadata().map_err(fail)?.len();
            sizes.insert(entry.file_name().to_string_lossy().into_owned(), size);
        }
        Ok(sizes)
    }

    /// Opens the directory to its readers and makes its names durable: from here on it can be swapped in.
    pub(super) fn seal(&self) -> Result<(), PublishError> {
        fs::set_permissions(&self.path, Permissions::from_mode(self.plain_mode))
            .map_err(|cause| PublishError::io("open to readers", &self.path, cause))?;
        open_directory(&self.path)
            .and_then(|handle| sync_directory(&handle))
            .map_err(|cause| PublishError::io("sync", &self.path, cause))
    }

    /// Leaves whatever now has the staging name alone.
    pub(super) fn release(&mut self) {
        self.is_released = true;
    }

    /// Takes the directory back after a release: it is to be removed again.
    pub(super) fn reclaim(&mut self) {
        self.is_released = false;
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.is_released {
            // What cannot be removed now is cleared by the next run, which can say why if it fails too.
            let _ = remove_tree(&self.path);
        }
    }
}

/// Removes the staging directories of runs that were killed; the caller holds the lock.
pub(super) fn clear_leftovers(place: &Place) -> Result<(), PublishError> {
    let fail = |cause| PublishError::setup("list", place.parent(), cause);
    for entry in fs::read_dir(place.parent()).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        // Runs stage in directories; a file of such a name is somebody else's.
        let is_plain_file = entry.file_type().map_err(fail)?.is_file();
        if !is_plain_file && place.is_staging_name(&entry.file_name()) {
            let path = entry.path();
            remove_tree(&path)
                .map_err(|cause| PublishError::setup("remove what an earlier run left in", &path, cause))?;
        }
    }
    Ok(())
}

/// How every file of kept rejects begins: a file of that name that does not is somebody else's.
pub(super) const KEPT_REJECTS_START: &[u8] = b"file,line,byte_offset,";

/// Removes the rejects that an earlier run on the same directory kept, and refuses to remove anything else.
pub(super) fn clear_rejects(path: &Path) -> Result<(), PublishError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(PublishError::refused(path, Refusal::NameTaken)),
        Ok(metadata) => {
            let is_kept = metadata.is_file()
                && begins_with(path, KEPT_REJECTS_START).map_err(|cause| PublishError::setup("read", path, cause))?;
            if !is_kept {
                return Err(PublishError::refused(path, Refusal::NameTaken));
            }
            fs::remove_file(path).map_err(|cause| PublishError::setup("remove", path, cause))
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(PublishError::setup("examine", path, cause)),
    }
}

fn begins_with(path: &Path, start: &[u8]) -> io::Result<bool> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(start.len() as u64).read_to_end(&mut bytes)?;
    Ok(bytes == start)
}

/// Removes a directory with everything in it, or a single file. A link is removed, never followed.
pub(super) fn remove_tree(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(cause) => Err(cause),
    };
    match removed {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
