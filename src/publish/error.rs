//! What can go wrong while a run is published, in words and as an exit code.
//!
//! Every error names the path and what was being done to it. The cause is part of the text and is not exposed as
//! `source()`, so printing the whole chain never says it twice.

use std::io;
use std::path::{Path, PathBuf};

use crate::objects::ObjectUrl;

use super::history::LATEST;
use super::manifest::{MANIFEST_NAME, ManifestProblem};
use super::verify::VerifyProblem;

/// Why a run could not be published, or a published one not be read.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The output directory is none that may be created or replaced.
    #[error("cannot publish into `{path}`: {reason}")]
    Refused {
        /// The path that stands in the way.
        path: PathBuf,
        /// What is wrong with it.
        reason: Refusal,
    },
    /// Another run holds the lock of the output directory.
    #[error("another run is publishing into `{directory}` (it holds `{lock}`)")]
    Busy {
        /// The output directory.
        directory: PathBuf,
        /// The lock file.
        lock: PathBuf,
    },
    /// Another run was published in object storage since this one began.
    #[error("another run was published at {url} since this one began")]
    Overtaken {
        /// The address.
        url: String,
    },
    /// The run is to end.
    #[error("interrupted")]
    Cancelled,
    /// The system refused something before the run began, or refused the swap at its end.
    #[error("cannot {operation} `{path}`: {cause}")]
    Setup {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The path it was tried on.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Reading or writing failed underway.
    #[error("cannot {operation} `{path}`: {cause}")]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The path it was tried on.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The manifest of a published run is missing or isn't one.
    #[error("`{path}` {problem}")]
    Manifest {
        /// The manifest's path.
        path: PathBuf,
        /// What is wrong with it.
        problem: ManifestProblem,
    },
    /// A file of a published run is not what its manifest says.
    #[error("`{directory}`: {problem}")]
    Unlike {
        /// The published directory.
        directory: PathBuf,
        /// How it differs.
        problem: VerifyProblem,
    },
    /// The staged files are not those that the manifest would list.
    #[error("staged file `{path}` {problem}")]
    Staged {
        /// The file in the staging directory.
        path: PathBuf,
        /// How it differs from the list.
        problem: StagedProblem,
    },
}

/// Why a path cannot become, or be replaced by, a published run.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The path has no characters.
    #[error("the path is empty")]
    EmptyPath,
    /// `/`, `.`, `..` or a path that ends in `..`.
    #[error("the path does not end in a directory's name")]
    NoName,
    /// The name is one that a run on another directory would clear.
    #[error("the name is of the kind that staging directories have")]
    StagingName,
    /// A symbolic link whose target doesn't exist.
    #[error("it is a symbolic link to nothing")]
    DanglingLink,
    /// Something other than a directory, perhaps behind a symbolic link.
    #[error("it is not a directory")]
    NotDirectory,
    /// A directory without entries, which no run has published.
    #[error("it is an empty directory, not a published run")]
    EmptyDirectory,
    /// A directory that has entries but no usable manifest.
    #[error("it is not a published run: `{MANIFEST_NAME}` {0}")]
    NotPublished(ManifestProblem),
    /// A history was asked for, but the directory is one run.
    #[error("it is one published run, not a directory of runs")]
    SingleRun,
    /// A history was asked for, but the directory holds other things.
    #[error("it holds `{file}` and no published runs")]
    NotHistory {
        /// The name of an entry.
        file: String,
    },
    /// An entry that no manifest of ours lists: deleting it would lose somebody's data.
    #[error("it holds `{file}`, which no run has published")]
    ForeignFile {
        /// The entry's name.
        file: String,
    },
    /// A file system is mounted on the directory, so its name cannot be given to another.
    #[error("it is a mount point")]
    MountPoint,
    /// The entries of the old run could not be removed.
    #[error("no permission to remove what it holds")]
    NotWritable,
    /// A name that the run needs for itself is taken by something that no run has made.
    #[error("something that no run has made has this name")]
    NameTaken,
}

/// How a staged file differs from the list that was to be published.
#[derive(Debug, thiserror::Error)]
pub enum StagedProblem {
    /// It was created, but isn't in the list.
    #[error("is not in the list of files to publish")]
    Unlisted,
    /// It is in the list, but was never created, or is in the list twice.
    #[error("was never written, or is listed twice")]
    Missing,
    /// It has another size than the list says.
    #[error("has {found} bytes, but {expected} were counted")]
    Size {
        /// Bytes in the list.
        expected: u64,
        /// Bytes on disk.
        found: u64,
    },
}

impl PublishError {
    /// The exit code of a run that ends with this error.
    ///
    /// 73 cannot be created or may not be replaced, 74 failed underway, 75 busy; and for reading a published run
    /// 66 where there is none, 65 where its manifest is unusable.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { .. } | Self::Setup { .. } => 73,
            Self::Io { .. } | Self::Staged { .. } => 74,
            Self::Busy { .. } | Self::Overtaken { .. } => 75,
            Self::Cancelled => 130,
            Self::Manifest { problem: ManifestProblem::Missing, .. } => 66,
            Self::Manifest { .. } | Self::Unlike { .. } => 65,
        }
    }

    /// What the user can do about it, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { path, reason } => Some(reason.hint(path)),
            Self::Busy { .. } => Some("wait for that run to end and try again, or let `--lock-wait` do so".to_owned()),
            Self::Overtaken { .. } => Some("run again: the same run is then known to be there".to_owned()),
            Self::Setup { path, cause, .. } | Self::Io { path, cause, .. } => cause_hint(path, cause),
            Self::Manifest { path, problem: ManifestProblem::Missing } if path.parent().is_some_and(is_history) => {
                let history = path.parent().unwrap_or(path).display();
                Some(format!("name one of the runs that it holds, such as {history}/latest"))
            }
            Self::Manifest { problem: ManifestProblem::Missing, .. } => {
                Some("name a directory that `renewals run --out` has published".to_owned())
            }
            Self::Unlike { .. } => {
                Some("`renewals run` with --no-skip publishes that run anew, from the same inputs".to_owned())
            }
            Self::Manifest { .. } | Self::Staged { .. } | Self::Cancelled => None,
        }
    }

    /// An error before anything was written (exit code 73).
    pub(super) fn setup(operation: &'static str, path: &Path, cause: io::Error) -> Self {
        Self::Setup { operation, path: path.to_owned(), cause }
    }

    /// An error underway (exit code 74); one that is already ours, wrapped for `std::io::Write`, is unwrapped.
    pub(super) fn io(operation: &'static str, path: &Path, cause: io::Error) -> Self {
        match cause.downcast::<Self>() {
            Ok(ours) => ours,
            Err(cause) => Self::Io { operation, path: path.to_owned(), cause },
        }
    }

    /// A path that may not be published into.
    pub(super) fn refused(path: &Path, reason: Refusal) -> Self {
        Self::Refused { path: path.to_owned(), reason }
    }

    /// An error of the swap: permissions and mount points are the directory's (73), the rest is the device's (74).
    pub(super) fn swap(operation: &'static str, path: &Path, cause: io::Error) -> Self {
        use io::ErrorKind::{
            AlreadyExists, CrossesDevices, DirectoryNotEmpty, PermissionDenied, ReadOnlyFilesystem, ResourceBusy,
        };
        match cause.kind() {
            ResourceBusy => Self::refused(path, Refusal::MountPoint),
            AlreadyExists | CrossesDevices | DirectoryNotEmpty | PermissionDenied | ReadOnlyFilesystem => {
                Self::setup(operation, path, cause)
            }
            _ => Self::io(operation, path, cause),
        }
    }
}

impl From<PublishError> for io::Error {
    /// Wraps the error for `std::io::Write`, under the same kind.
    fn from(error: PublishError) -> Self {
        let kind = match &error {
            PublishError::Setup { cause, .. } | PublishError::Io { cause, .. } => cause.kind(),
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

impl Refusal {
    fn hint(&self, path: &Path) -> String {
        match self {
            Self::EmptyPath | Self::NoName => {
                "name the directory itself with `--out`, for instance `--out reports`".to_owned()
            }
            Self::DanglingLink => format!("remove `{}`, or name the link's target with `--out`", path.display()),
            Self::EmptyDirectory => format!("remove it (`rmdir {}`), or choose another `--out`", path.display()),
            Self::ForeignFile { file } => {
                format!("move `{file}` somewhere else, or choose another `--out`")
            }
            Self::MountPoint => "choose a directory inside it for `--out`".to_owned(),
            Self::SingleRun => "choose another `--out` for `--keep`, or leave `--keep` out".to_owned(),
            Self::NotHistory { .. } => {
                "choose a directory that does not exist yet, is empty, or holds runs published with `--keep`".to_owned()
            }
            Self::NameTaken => format!("move `{}` away, or choose another `--out`", path.display()),
            Self::NotWritable => "run as the user who published it, or choose another `--out`".to_owned(),
            Self::NotPublished(ManifestProblem::Missing) if is_history(path) => {
                "give `--keep`, for it holds runs that were published with that, or choose another `--out`".to_owned()
            }
            Self::StagingName | Self::NotDirectory | Self::NotPublished(_) => {
                "choose a directory that does not exist yet, or one that `renewals run` has published".to_owned()
            }
        }
    }
}

/// Whether a directory looks like one that `--keep` made.
fn is_history(directory: &Path) -> bool {
    directory.join(LATEST).is_symlink()
}

fn cause_hint(path: &Path, cause: &io::Error) -> Option<String> {
    let is_object = ObjectUrl::parse(path).is_some();
    match cause.kind() {
        io::ErrorKind::HostUnreachable if is_object => Some("run again once the storage answers".to_owned()),
        _ if is_object => Some("check the address, and the variables with its credentials".to_owned()),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("free space on that file system; it needs room for the old run and the new one".to_owned())
        }
        io::ErrorKind::InvalidFilename => {
            Some("choose a shorter name for `--out`; the run adds some 20 bytes to it for names of its own".to_owned())
        }
        io::ErrorKind::PermissionDenied => {
            Some(format!("check who may write in `{}`", path.parent().unwrap_or(path).display()))
        }
        // An overlay file system says this of a directory that comes with the container's image.
        io::ErrorKind::CrossesDevices => {
            Some("this file system cannot rename that directory; choose another `--out`".to_owned())
        }
        _ => None,
    }
}
