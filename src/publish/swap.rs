//! Putting the new run in the place of the old one.
//!
//! Linux and macOS exchange two names in one step, so a reader who opens the directory gets the old run or the new
//! one, and a kill at any moment leaves one of them there. Where the system or the file system cannot do that, two
//! renames take its place: between them the directory is missing for a moment, and a run killed exactly then leaves
//! the old one under another name, from which the next run restores it ([`Swap::recover`]).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::error::PublishError;
use super::manifest::is_errno;
use super::place::Place;

/// The three names of a swap.
#[derive(Debug)]
pub(super) struct Swap {
    directory: PathBuf,
    staging: PathBuf,
    previous: PathBuf,
}

/// What a swap did, and so what undoes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swapped {
    /// There was no old run.
    Placed,
    /// The names were exchanged: the old run has the staging name.
    Exchanged,
    /// The old run was moved aside first.
    Renamed,
}

/// The two kinds of rename that plain `rename` isn't.
#[derive(Clone, Copy)]
enum Rename {
    Exchange,
    NoReplace,
}

impl Swap {
    /// The swap of `staging` with the directory of `place`.
    pub(super) fn new(place: &Place, staging: &Path) -> Self {
        Self { directory: place.directory(), staging: staging.to_owned(), previous: place.previous() }
    }

    /// Gives the directory's name to the staged run. `replaces`: whether there is an old run.
    pub(super) fn perform(&self, replaces: bool) -> Result<Swapped, PublishError> {
        if !replaces {
            return match rename_into_nothing(&self.staging, &self.directory) {
                Ok(()) => Ok(Swapped::Placed),
                Err(cause) => Err(PublishError::swap("create", &self.directory, cause)),
            };
        }
        match rename_specially(&self.staging, &self.directory, Rename::Exchange) {
            Ok(()) => Ok(Swapped::Exchanged),
            Err(cause) if is_unsupported(&cause) => self.perform_by_renames(),
            Err(cause) => Err(PublishError::swap("replace", &self.directory, cause)),
        }
    }

    /// The swap for systems that cannot exchange names.
    pub(super) fn perform_by_renames(&self) -> Result<Swapped, PublishError> {
        let fail = |cause| PublishError::swap("replace", &self.directory, cause);
        fs::rename(&self.directory, &self.previous).map_err(fail)?;
        match fs::rename(&self.staging, &self.directory) {
            Ok(()) => Ok(Swapped::Renamed),
            Err(cause) => {
                // If this fails too, the next run restores the old one.
                let _ = fs::rename(&self.previous, &self.directory);
                Err(fail(cause))
            }
        }
    }

    /// Takes a swap back: the new run has the staging name again, and the old one, if any, the directory's.
    pub(super) fn undo(&self, swapped: Swapped) -> io::Result<()> {
        match swapped {
            Swapped::Placed => fs::rename(&self.directory, &self.staging),
            Swapped::Exchanged => rename_specially(&self.staging, &self.directory, Rename::Exchange),
            Swapped::Renamed => {
                fs::rename(&self.directory, &self.staging).and_then(|()| fs::rename(&self.previous, &self.directory))
            }
        }
    }

    /// Where the old run is after a swap.
    pub(super) fn old_run(&self, swapped: Swapped) -> Option<&Path> {
        match swapped {
            Swapped::Placed => None,
            Swapped::Exchanged => Some(&self.staging),
            Swapped::Renamed => Some(&self.previous),
        }
    }

    /// Puts back an old run that was moved aside when its successor's run was killed between the two renames.
    pub(super) fn recover(place: &Place) -> Result<(), PublishError> {
        let (directory, previous) = (place.directory(), place.previous());
        let is_gone = matches!(fs::symlink_metadata(&directory), Err(cause) if cause.kind() == io::ErrorKind::NotFound);
        let is_aside = fs::symlink_metadata(&previous).is_ok_and(|metadata| metadata.is_dir());
        if is_gone && is_aside {
            rename_into_nothing(&previous, &directory)
                .map_err(|cause| PublishError::setup("restore", &directory, cause))?;
        }
        Ok(())
    }
}

/// Renames `from` to `to`, which must not exist.
pub(super) fn rename_into_nothing(from: &Path, to: &Path) -> io::Result<()> {
    match rename_specially(from, to, Rename::NoReplace) {
        Err(cause) if is_unsupported(&cause) => {}
        result => return result,
    }
    // Not atomic, but the lock keeps other runs out, and a directory never replaces anything but an empty directory.
    match fs::symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => fs::rename(from, to),
        Err(cause) => Err(cause),
    }
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename_specially(from: &Path, to: &Path, rename: Rename) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let flags = match rename {
        Rename::Exchange => RenameFlags::EXCHANGE,
        Rename::NoReplace => RenameFlags::NOREPLACE,
    };
    Ok(renameat_with(CWD, from, CWD, to, flags)?)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn rename_specially(_from: &Path, _to: &Path, _rename: Rename) -> io::Result<()> {
    Err(Errno::NOSYS.into())
}

/// An old kernel says `ENOSYS`; a file system that knows plain renames only says `EINVAL` or `EOPNOTSUPP`.
fn is_unsupported(cause: &io::Error) -> bool {
    is_errno(cause, &[Errno::NOSYS, Errno::INVAL, Errno::OPNOTSUPP])
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::Publication;
    use super::super::testing::{REPORT, names, publish, put, text};
    use super::*;

    #[test]
    fn two_renames_do_where_names_cannot_be_exchanged() {
        let root = TempDir::new().expect("root");
        let out = publish(&root.path().join("out"), "one\n").expect("published");
        let place = Place::resolve(&out).expect("place");
        let staging = publish(&root.path().join("new"), "two\n").expect("published");
        let swap = Swap::new(&place, &staging);

        assert_eq!(swap.perform_by_renames().expect("swapped"), Swapped::Renamed);
        assert_eq!(text(&out), "two\n");
        assert_eq!(text(swap.old_run(Swapped::Renamed).expect("old run")), "one\n");
        swap.undo(Swapped::Renamed).expect("undone");
        assert_eq!((text(&out), text(&staging)), ("one\n".to_owned(), "two\n".to_owned()));

        fs::rename(&staging, root.path().join("away")).expect("moved");
        let error = swap.perform_by_renames().expect_err("nothing staged");
        assert_eq!(error.exit_code(), 74);
        assert_eq!(text(&out), "one\n");
    }

    #[test]
    fn every_swap_can_be_undone() {
        let root = TempDir::new().expect("root");
        let place = Place::resolve(&root.path().join("out")).expect("place");
        let out = place.directory();
        let staging = root.path().join("new");
        let swap = Swap::new(&place, &staging);
        publish(&staging, "two\n").expect("published");

        let placed = swap.perform(false).expect("placed");
        assert_eq!(text(&out), "two\n");
        swap.undo(placed).expect("undone");
        assert_eq!(names(root.path()), ["new"]);

        publish(&out, "one\n").expect("published");
        assert_eq!(swap.perform(false).expect_err("in the way").exit_code(), 73);
        let swapped = swap.perform(true).expect("swapped");
        assert_eq!(text(&out), "two\n");
        swap.undo(swapped).expect("undone");
        assert_eq!((text(&out), text(&staging)), ("one\n".to_owned(), "two\n".to_owned()));
    }

    #[test]
    fn restores_a_run_that_was_moved_aside() {
        let root = TempDir::new().expect("root");
        let out = publish(&root.path().join("out"), "one\n").expect("published");
        let previous = root.path().join(".out.staging-previous");
        fs::rename(&out, &previous).expect("moved aside");
        put(&root.path().join(".out.staging-1"), REPORT, "two\n");

        Publication::begin(&out).expect("begun").abandon();
        assert_eq!(text(&out), "one\n");
        assert_eq!(names(root.path()), ["out"]);
    }
}
