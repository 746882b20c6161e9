//! Files that a run writes besides its reports, for whoever watches it.
//!
//! Each is checked before the work is done and written after it. A file that is replaced has its old content or its
//! new one, whole; one that is appended to has whole lines. Neither ever lies where something else of the run does.

use super::error::CommandError;
use rustix::fs::{Access, AtFlags, CWD, FlockOperation, OFlags, accessat, flock};
use rustix::io::Errno;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another process may take to write the same file.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// An old file that is larger was not written by this program.
const OLD_BYTES_MAXIMUM: u64 = 1024 * 1024;

/// How a side file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As a whole.
    Replaced,
    /// Line by line, after what it has.
    Appended,
}

/// A file that may be written.
#[derive(Debug)]
pub struct SideFile {
    /// The option that names it.
    pub option: &'static str,
    /// The path as given.
    pub given: PathBuf,
    /// The absolute path without links.
    pub path: PathBuf,
}

impl SideFile {
    /// Checks, before the work is done, that a file can be written.
    ///
    /// # Errors
    /// A path that is not a regular file's, or one that cannot be written.
    pub fn check(option: &'static str, given: &Path, way: Way) -> Result<Self, CommandError> {
        let refuse = |source| CommandError::Write { path: given.to_owned(), source };
        let name = given.file_name().ok_or_else(|| refuse(io::ErrorKind::IsADirectory.into()))?;
        let exists = fs::symlink_metadata(given).is_ok();
        let path =
            if exists { fs::canonicalize(given) } else { fs::canonicalize(parent(given)).map(|at| at.join(name)) };
        let path = path.map_err(refuse)?;
        let place = match way {
            Way::Appended if exists => (path.as_path(), Access::WRITE_OK),
            _ => (parent(&path), Access::WRITE_OK | Access::EXEC_OK),
        };
        if exists {
            let metadata = fs::metadata(&path).map_err(refuse)?;
            if metadata.is_dir() {
                return Err(refuse(io::ErrorKind::IsADirectory.into()));
            }
            // A pipe would wait for its reader, and renaming a file over a device would take the device away.
            if !metadata.is_file() {
                return Err(refuse(io::Error::other("not a regular file")));
            }
        }
        accessat(CWD, place.0, place.1, AtFlags::EACCESS).map_err(|errno| refuse(errno.into()))?;
        Ok(Self { option, given: given.to_owned(), path })
    }

    /// Whether this is the file that has these device and inode numbers.
    pub fn is(&self, identity: (u64, u64)) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| self::identity(&metadata) == identity)
    }

    /// Replaces the file by what `content` makes of the old one: its readers see the old content or the new, whole, and
    /// of several processes each sees what the one before has written.
    ///
    /// # Errors
    /// What the system says; the old file is then as it was.
    pub fn replace(&self, content: impl FnOnce(Option<Vec<u8>>) -> Vec<u8>) -> io::Result<()> {
        let name = self.path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
        // One name for every process: what a killed one leaves is taken over by the next.
        let partial = self.path.with_file_name(format!(".{name}.partial"));
        let mut file = open_locked(&partial)?;
        let written = read_old(&self.path).and_then(|old| {
            if let Ok(metadata) = fs::metadata(&self.path) {
                // Whoever may read the file is the business of its owner, not of the run.
                let _ = file.set_permissions(metadata.permissions());
            }
            file.set_len(0)?;
            file.write_all(&content(old))?;
            file.sync_all()?;
            fs::rename(&partial, &self.path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&partial);
        }
        written
    }

    /// Appends a line: all of it or nothing.
    ///
    /// # Errors
    /// What the system says; the file is then as it was.
    pub fn append(&self, line: &str) -> io::Result<()> {
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let mut file = File::options().read(true).append(true).create(true).custom_flags(flags).open(&self.path)?;
        lock(&file, Instant::now() + LOCK_WAIT)?;
        let length = file.metadata()?.len();
        let mut last = [b'\n'];
        if length > 0 {
            file.read_exact_at(&mut last, length - 1)?;
        }
        // A line that somebody else has left unfinished must not swallow this one.
        let separator = if last == [b'\n'] { "" } else { "\n" };
        let written = file.write_all(format!("{separator}{line}\n").as_bytes()).and_then(|()| file.sync_data());
        if written.is_err() {
            let _ = file.set_len(length);
        }
        written
    }
}

/// Opens the file of this name, creating it if need be, and takes the lock on it.
fn open_locked(path: &Path) -> io::Result<File> {
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let file = File::options().write(true).create(true).truncate(false).custom_flags(flags).open(path)?;
        lock(&file, deadline)?;
        // Whoever had it before has renamed it by now, or not.
        let named = fs::symlink_metadata(path).map(|metadata| identity(&metadata));
        match named {
            Ok(named) if named == identity(&file.metadata()?) => return Ok(file),
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
    }
}

fn lock(file: &File, deadline: Instant) -> io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            // A file system without locks has no other process to wait for that we could know of.
            Ok(()) | Err(Errno::NOTSUP | Errno::NOSYS | Errno::NOLCK) => return Ok(()),
            Err(Errno::WOULDBLOCK) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn read_old(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(OLD_BYTES_MAXIMUM).read_to_end(&mut bytes).map(|_| Some(bytes)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        // One that may be replaced need not be one that may be read.
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// What makes two names the same file: device and inode.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// The directory that a file lies in.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use tempfile::TempDir;

    fn check(directory: &TempDir, name: &str, way: Way) -> Result<SideFile, CommandError> {
        SideFile::check("--file", &directory.path().join(name), way)
    }

    fn names(directory: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(directory.path()).expect("a directory");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_permissions() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("file");
        // What a killed process has left.
        fs::write(directory.path().join(".file.partial"), "a long text that was never finished").expect("written");
        let file = check(&directory, "file", Way::Replaced).expect("can be written");
        file.replace(|old| format!("{old:?}").into_bytes()).expect("replaced");
        assert_eq!(fs::read_to_string(&path).expect("read"), "None");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        file.replace(|old| [&old.expect("a file")[..], b"!"].concat()).expect("replaced");
        assert_eq!(fs::read_to_string(&path).expect("read"), "None!");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o640);
        assert_eq!(names(&directory), ["file"]);
    }

    #[test]
    fn of_many_processes_each_sees_what_the_one_before_has_written() {
        let directory = TempDir::new().expect("a directory");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let counter = check(&directory, "counter", Way::Replaced).expect("can be written");
                    let lines = check(&directory, "lines", Way::Appended).expect("can be written");
                    for _ in 0..10 {
                        let count = |old: Option<Vec<u8>>| old.map_or(0, |old| old.len()) + 1;
                        counter.replace(|old| vec![b'x'; count(old)]).expect("replaced");
                        lines.append("a line").expect("appended");
                    }
                });
            }
        });
        assert_eq!(fs::read(directory.path().join("counter")).expect("read").len(), 80);
        assert_eq!(fs::read_to_string(directory.path().join("lines")).expect("read"), "a line\n".repeat(80));
        assert_eq!(names(&directory), ["counter", "lines"]);
    }

    #[test]
    fn a_line_begins_a_line_whatever_is_there() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("lines");
        fs::write(&path, "one\nhalf").expect("written");
        check(&directory, "lines", Way::Appended).expect("can be written").append("two").expect("appended");
        assert_eq!(fs::read_to_string(&path).expect("read"), "one\nhalf\ntwo\n");
    }

    #[test]
    fn only_a_regular_file_can_be_one_and_a_link_to_it_stays_a_link() {
        let directory = TempDir::new().expect("a directory");
        fs::write(directory.path().join("target"), "old").expect("written");
        for (link, target) in [("link", "target"), ("dangling", "nothing"), ("null", "/dev/null"), ("up", "..")] {
            symlink(target, directory.path().join(link)).expect("linked");
        }
        for way in [Way::Replaced, Way::Appended] {
            for name in ["dangling", "null", "up", ".", "none/file", "target/file"] {
                let error = check(&directory, name, way).expect_err(name);
                assert_eq!(error.exit_code(), 73, "{name}");
            }
        }
        check(&directory, "link", Way::Replaced).expect("a file").replace(|_| b"new".to_vec()).expect("replaced");
        assert_eq!(fs::read_to_string(directory.path().join("target")).expect("read"), "new");
        assert!(fs::symlink_metadata(directory.path().join("link")).expect("there").is_symlink());
    }
}
