//! Where a run is published: the directory that `--out` names, and the names beside it that belong to the run.
//!
//! Everything lies in the directory's parent, because only a rename within one file system is atomic.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::error::{PublishError, Refusal};
use super::manifest::is_errno;

/// What follows `.NAME` in the name of a staging directory; a process id or [`PREVIOUS`] comes after it.
const STAGING: &[u8] = b".staging-";
/// The old run's name between the two renames, on systems that cannot exchange names.
const PREVIOUS: &[u8] = b"previous";

/// An output directory: an absolute parent without links, and a name in it.
#[derive(Debug)]
pub(super) struct Place {
    parent: PathBuf,
    name: OsString,
    /// Where kept rejects lie, if not beside the directory.
    rejects: Option<PathBuf>,
}

impl Place {
    /// Finds out what `out` names, creating the parents that are missing and following a link to a directory once.
    pub(super) fn resolve(out: &Path) -> Result<Self, PublishError> {
        if out.as_os_str().is_empty() {
            return Err(PublishError::refused(out, Refusal::EmptyPath));
        }
        // `/`, `.` and `..` have no name. The working directory isn't resolved: replacing it would leave the caller's
        // shell in a directory that no longer exists.
        let name = out.file_name().ok_or_else(|| PublishError::refused(out, Refusal::NoName))?;
        let parent = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if is_any_staging_name(name) {
            return Err(PublishError::refused(out, Refusal::StagingName));
        }
        let parent = create_parents(parent)?;
        let path = parent.join(name);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => Self::behind_link(&path),
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(PublishError::setup("examine", &path, cause)),
            _ => Ok(Self::new(parent, name)),
        }
    }

    /// The directory of a name in an absolute parent.
    pub(super) fn new(parent: PathBuf, name: &OsStr) -> Self {
        Self { parent, name: name.to_owned(), rejects: None }
    }

    /// The directory whose run would stage under this name, if it is such a name.
    pub(super) fn of_staging_name(parent: &Path, name: &OsStr) -> Option<Self> {
        let rest = name.as_bytes().strip_prefix(b".")?;
        let at = rest.windows(STAGING.len()).rposition(|window| window == STAGING)?;
        let is_staging = is_staging_mark(&rest[at + STAGING.len()..]);
        is_staging.then(|| Self::new(parent.to_owned(), OsStr::from_bytes(&rest[..at])))
    }

    /// The same place, with kept rejects elsewhere.
    pub(super) fn with_rejects(self, rejects: PathBuf) -> Self {
        Self { rejects: Some(rejects), ..self }
    }

    fn behind_link(link: &Path) -> Result<Self, PublishError> {
        let target = fs::canonicalize(link).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => PublishError::refused(link, Refusal::DanglingLink),
            _ => PublishError::setup("follow", link, cause),
        })?;
        match (target.parent(), target.file_name()) {
            (Some(parent), Some(name)) if !is_any_staging_name(name) => Ok(Self::new(parent.to_owned(), name)),
            (Some(_), Some(_)) => Err(PublishError::refused(&target, Refusal::StagingName)),
            _ => Err(PublishError::refused(link, Refusal::NoName)),
        }
    }

    /// The directory that holds everything else.
    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    /// The published directory.
    pub(super) fn directory(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// The lock file.
    pub(super) fn lock(&self) -> PathBuf {
        self.beside(b".", b".lock")
    }

    /// The staging directory of this process; nobody else's, since one run at a time holds the lock.
    pub(super) fn staging(&self) -> PathBuf {
        self.beside(b".", &[STAGING, std::process::id().to_string().as_bytes()].concat())
    }

    /// Where the old run waits between two renames.
    pub(super) fn previous(&self) -> PathBuf {
        self.beside(b".", &[STAGING, PREVIOUS].concat())
    }

    /// Where the rejects of a run that had too many are kept.
    pub(super) fn rejects(&self) -> PathBuf {
        self.rejects.clone().unwrap_or_else(|| self.beside(b"", b".rejects.csv"))
    }

    /// Whether a name in the parent is one that [`staging`](Self::staging) or [`previous`](Self::previous) gives.
    pub(super) fn is_staging_name(&self, name: &OsStr) -> bool {
        name.as_bytes()
            .strip_prefix(b".")
            .and_then(|rest| rest.strip_prefix(self.name.as_bytes()))
            .and_then(|rest| rest.strip_prefix(STAGING))
            .is_some_and(is_staging_mark)
    }

    fn beside(&self, before: &[u8], after: &[u8]) -> PathBuf {
        let name = [before, self.name.as_bytes(), after].concat();
        self.parent.join(OsStr::from_bytes(&name))
    }
}

/// Digits or `previous` and nothing else: `.a.staging-b.lock` is the lock of a directory `a.staging-b`.
fn is_staging_mark(mark: &[u8]) -> bool {
    mark == PREVIOUS || (!mark.is_empty() && mark.iter().all(u8::is_ascii_digit))
}

/// Whether some directory's run would take this name for a staging directory of its own and clear it.
fn is_any_staging_name(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    bytes.starts_with(b".")
        && bytes
            .windows(STAGING.len())
            .rposition(|window| window == STAGING)
            .is_some_and(|at| is_staging_mark(&bytes[at + STAGING.len()..]))
}

/// Creates what is missing of `parent`, makes that durable, and gives its absolute path. An aborted run leaves these
/// empty directories, as `mkdir -p` would: another run may already count on them.
fn create_parents(parent: &Path) -> Result<PathBuf, PublishError> {
    let missing = parent.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).count();
    fs::create_dir_all(parent).map_err(|cause| PublishError::setup("create", parent, cause))?;
    let absolute = fs::canonicalize(parent).map_err(|cause| PublishError::setup("find", parent, cause))?;
    for ancestor in absolute.ancestors().skip(1).take(missing) {
        open_directory(ancestor)
            .and_then(|handle| sync_directory(&handle))
            .map_err(|cause| PublishError::setup("sync", ancestor, cause))?;
    }
    Ok(absolute)
}

/// Opens a directory to sync it.
pub(super) fn open_directory(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Makes the names in a directory durable, where the file system knows such a thing.
pub(super) fn sync_directory(handle: &File) -> io::Result<()> {
    match handle.sync_all() {
        Err(cause) if is_errno(&cause, &[Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP]) => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::super::Publication;
    use super::super::testing::{names, publish, text};
    use super::*;

    #[test]
    fn refuses_paths_without_a_name_of_their_own() {
        let root = TempDir::new().expect("root");
        let inside = |end: &str| root.path().join(end).display().to_string();
        for out in ["", "/", ".", "..", "./", "../..", &inside("a/.."), &inside("missing/..")] {
            let error = Publication::begin(Path::new(out)).expect_err(out);
            assert!(
                matches!(error, PublishError::Refused { reason: Refusal::EmptyPath | Refusal::NoName, .. }),
                "{out}"
            );
            assert_eq!(error.exit_code(), 73);
        }
        for out in [".a.staging-12", ".a.staging-previous", ".a.staging-b.staging-1"] {
            let error = Publication::begin(&root.path().join(out)).expect_err(out);
            assert!(matches!(error, PublishError::Refused { reason: Refusal::StagingName, .. }), "{out}");
        }
        assert_eq!(names(root.path()), [""; 0]);
    }

    #[test]
    fn publishes_into_the_target_of_a_link() {
        let root = TempDir::new().expect("root");
        let target = publish(&root.path().join("data/target"), "one\n").expect("published");
        let link = root.path().join("link");
        symlink("data/target", &link).expect("link");
        assert_eq!(publish(&link, "two\n").expect("published"), target);
        assert_eq!(text(&target), "two\n");
        assert_eq!(fs::read_link(&link).expect("still a link"), Path::new("data/target"));
        assert_eq!(names(root.path()), ["data", "link"]);
        assert_eq!(names(&root.path().join("data")), ["target"]);
    }

    #[test]
    fn refuses_other_links() {
        let root = TempDir::new().expect("root");
        fs::write(root.path().join("file"), "").expect("file");
        for (target, reason) in [
            ("nothing", "link to nothing"),
            ("file", "not a directory"),
            ("loop", "cannot follow"),
            ("/", "directory's name"),
        ] {
            let link = root.path().join("loop");
            symlink(target, &link).expect("link");
            let error = Publication::begin(&link).expect_err(target);
            assert!(error.to_string().contains(reason), "{target}: {error}");
            assert_eq!(error.exit_code(), 73);
            fs::remove_file(&link).expect("removed");
            assert_eq!(names(root.path()), ["file"]);
        }
    }
}
