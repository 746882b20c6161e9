//! Publishing: a directory holds one whole run or the run before it, never a mixture and never less.
//!
//! A run is put together in a staging directory beside the output directory, and every file in it is synced. Then the
//! two change names in one step, the old run is deleted, and the parent directory is synced. Whatever ends a run
//! before that step leaves the output directory as it was; what the run left beside it is cleared by the next one.
//!
//! | name | what it is | lives |
//! |---|---|---|
//! | `DIR` | the published run | until the next one |
//! | `.DIR.lock` | the lock ([`PublishError::Busy`] while another run has it) | during a run |
//! | `.DIR.staging-N` | the run being put together, then for a moment the old one | during a run |
//! | `.DIR.staging-previous` | the old run, on systems that cannot exchange two names | between two renames |
//! | `DIR/KEY=VALUE`, `DIR/latest` | the runs of a [`History`] and the name of its newest one | until pruned |
//! | `DIR.rejects.csv` | the rejects of a run that had too many to be published | until the next run |
//!
//! On those last systems there is a moment without `DIR`; a run that is killed in it is repaired by the next one. A
//! reader who wants several files of one run opens the directory once and the files relative to it.
//!
//! A directory that no run has published, or that holds anything else too, is refused: replacing it would delete it.
//! Into object storage a run is published in another way: see [`Publication::begin_objects`].
//!
//! This module doesn't know what is in the files; that is the business of the reports.

mod cancellation;
mod contents;
mod error;
mod held;
mod history;
mod listed;
mod lock;
mod manifest;
mod place;
mod remote;
mod replaceable;
mod scratch_file;
mod staged_file;
mod staging;
mod swap;
mod temporary_directory;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod verify;

use std::fs::File;
use std::path::{Path, PathBuf};

pub use contents::{ContentReader, ContentReaders, Contents};
pub use error::{PublishError, Refusal, StagedProblem};
pub use held::HeldRun;
pub use history::History;
pub use listed::PublishedFile;
pub use manifest::{
    CHECKSUMS_NAME, FileEntry, MANIFEST_NAME, MANIFEST_SCHEMA, MANIFEST_SCHEMA_VERSION, Manifest, ManifestHead,
    ManifestProblem, read_manifest,
};
pub use remote::verify_objects;
pub use scratch_file::ScratchFile;
pub use staged_file::StagedFile;
pub use verify::{VerifyProblem, verify};

use crate::objects::{Bucket, ObjectUrl};
use cancellation::Cancellation;
use history::OpenHistory;
use lock::Lock;
use place::Place;
use remote::Remote;
use replaceable::check_replaceable;
use staging::Staging;
use swap::Swap;

/// A run that is being put together: the lock on its output directory and the staging directory beside it.
///
/// Dropping it leaves the output directory as it was and removes the staging directory.
#[derive(Debug)]
pub struct Publication {
    // Fields are dropped in this order: the staging directory must be gone before the lock is.
    staging: Staging,
    parent: File,
    place: Place,
    _lock: Lock,
    history: Option<OpenHistory>,
    /// Where the run goes once it is put together, if that is object storage.
    remote: Option<Remote>,
    cancellation: Cancellation,
}

/// A run that has been published.
#[derive(Debug)]
#[must_use]
pub struct Published {
    /// The absolute path of the output directory, behind a symbolic link if `--out` was one.
    pub directory: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// What could not be removed, if so: the old run, or one that a history no longer keeps. The new run is in place
    /// all the same.
    pub leftovers: Vec<PublishError>,
}

impl Publication {
    /// Takes the lock on `out`, checks that it can be replaced, clears what an earlier run left and begins to stage.
    ///
    /// Missing parents of `out` are created, and stay even if nothing is published.
    ///
    /// # Errors
    /// [`PublishError::Busy`] if another run holds `out`, [`PublishError::Refused`] if it may not be replaced,
    /// [`PublishError::Setup`] if the system refuses something.
    pub fn begin(out: &Path) -> Result<Self, PublishError> {
        Self::begin_when_free(out, None, &mut || false)
    }

    /// The same, but with a `history` the run is published as one of several in `out`; and while another run holds
    /// `out`, `waits` is asked whether to try again. It should take a moment to answer.
    ///
    /// # Errors
    /// As those of [`Self::begin`].
    pub fn begin_when_free(
        out: &Path,
        history: Option<&History>,
        waits: &mut dyn FnMut() -> bool,
    ) -> Result<Self, PublishError> {
        let place = Place::resolve(out)?;
        match history {
            None => Self::begin_at(place, None, waits),
            Some(history) => {
                let history = OpenHistory::begin(place, history, waits)?;
                Self::begin_at(history.run_place()?, Some(history), waits)
            }
        }
    }

    /// The same for an address in object storage: the run is put together in the system's temporary directory.
    ///
    /// # Errors
    /// [`PublishError::Setup`] if the storage or the system refuses something, [`PublishError::Refused`] if something
    /// that no run has published is in the way.
    pub fn begin_objects(url: &ObjectUrl, bucket: &Bucket) -> Result<Self, PublishError> {
        let remote = Remote::begin(url, bucket)?;
        let place = Place::resolve(&remote.local())?;
        let publication = Self::begin_at(place, None, &mut || false)?;
        Ok(Self { remote: Some(remote), ..publication })
    }

    fn begin_at(
        place: Place,
        history: Option<OpenHistory>,
        waits: &mut dyn FnMut() -> bool,
    ) -> Result<Self, PublishError> {
        let lock = Lock::acquire(&place.lock(), &place.directory(), waits)?;
        Swap::recover(&place)?;
        check_replaceable(&place.directory())?;
        // Opened now, so that a parent that cannot be synced is found before the work is done.
        let parent = place::open_directory(place.parent())
            .map_err(|cause| PublishError::setup("open", place.parent(), cause))?;
        staging::clear_leftovers(&place)?;
        staging::clear_rejects(&place.rejects())?;
        let staging = Staging::create(place.staging())?;
        Ok(Self { staging, parent, place, _lock: lock, history, remote: None, cancellation: Cancellation::default() })
    }

    /// The run that the output directory holds, if all its files are there in their sizes.
    pub fn held(&self) -> Option<HeldRun> {
        match &self.remote {
            Some(remote) => remote.held(),
            None => HeldRun::find(self.place.directory()),
        }
    }

    /// Lets writing and syncing end with [`PublishError::Cancelled`] once `is_cancelled` says so, until names are
    /// exchanged. The workbook of many rows and a slow disk take their time.
    pub fn end_when(&mut self, is_cancelled: impl Fn() -> bool + Send + Sync + 'static) {
        self.cancellation = Cancellation::new(is_cancelled);
    }

    /// Creates a file of the run, such as `upcoming_renewals.csv`.
    ///
    /// # Errors
    /// [`PublishError::Io`] if it can't be created, or has been created before.
    ///
    /// # Panics
    /// If `name` isn't a plain file name: names come from the tool, never from its input.
    pub fn create(&self, name: &str) -> Result<StagedFile, PublishError> {
        assert!(manifest::is_publishable_name(name), "`{name}` is not a name for a file of a run");
        self.staging.file(name, self.cancellation.clone())
    }

    /// Creates a file for what must be put aside during the run; it has no name, and is not published.
    ///
    /// # Errors
    /// [`PublishError::Io`] if it can't be created.
    ///
    /// # Panics
    /// If `name` isn't a plain file name, as in [`Self::create`]. It is used in messages only.
    pub fn scratch(&self, name: &str) -> Result<ScratchFile, PublishError> {
        assert!(manifest::is_publishable_name(name), "`{name}` is not a name for a file");
        ScratchFile::create(self.staging.path().join(name))
    }

    /// Publishes the run: from its return on, and after a crash too, the output directory holds it.
    ///
    /// `files` are all that were created, finished, in any order.
    ///
    /// # Errors
    /// The output directory is then as it was, or, if even undoing the swap failed, holds this run whole.
    /// [`PublishError::Refused`] if it has become one that may not be replaced, [`PublishError::Staged`] if `files`
    /// aren't those that were created, [`PublishError::Io`] and [`PublishError::Setup`] for what the system says.
    pub fn publish(mut self, head: ManifestHead, files: Vec<FileEntry>) -> Result<Published, PublishError> {
        let manifest = self.stage_manifest(head, files)?;
        self.staging.seal()?;
        self.cancellation.check()?;
        let directory = self.place.directory();
        // Once more, since somebody may have put a file there during the run.
        let replaces = check_replaceable(&directory)?;
        let swap = Swap::new(&self.place, self.staging.path());
        let swapped = swap.perform(replaces)?;
        self.staging.release();
        // The old run may only go once the new one is durable.
        if let Err(cause) = place::sync_directory(&self.parent) {
            if swap.undo(swapped).is_ok() {
                self.staging.reclaim();
            }
            return Err(PublishError::io("sync", self.place.parent(), cause));
        }
        let leftover = swap.old_run(swapped).and_then(|old| {
            staging::remove_tree(old).err().map(|cause| PublishError::io("remove the old run in", old, cause))
        });
        let mut leftovers = Vec::from_iter(leftover);
        if let Some(history) = &self.history {
            leftovers.extend(history.settle()?);
        }
        if let Some(remote) = &self.remote {
            let manifest = remote.publish(manifest)?;
            return Ok(Published { directory: remote.directory(), manifest, leftovers });
        }
        Ok(Published { directory, manifest, leftovers })
    }

    fn stage_manifest(&self, head: ManifestHead, files: Vec<FileEntry>) -> Result<Manifest, PublishError> {
        self.staging.check_complete(&files)?;
        let manifest = Manifest::new(head, files);
        self.staging.write(CHECKSUMS_NAME, manifest.checksums().as_bytes())?;
        let text = manifest
            .to_json()
            .map_err(|cause| PublishError::io("write", &self.staging.path().join(MANIFEST_NAME), cause.into()))?;
        self.staging.write(MANIFEST_NAME, &text)?;
        Ok(manifest)
    }

    /// Removes a finished file that is not to be published after all.
    ///
    /// # Errors
    /// [`PublishError::Io`] if it can't be removed.
    pub fn discard(&self, name: &str) -> Result<(), PublishError> {
        let path = self.staging.path().join(name);
        std::fs::remove_file(&path).map_err(|cause| PublishError::io("remove", &path, cause))
    }

    /// Gives the run up: the output directory stays as it was, and the staging directory is removed.
    pub fn abandon(self) {
        drop(self);
    }

    /// Gives the run up in favour of the one that is held. What a killed run had still to do for it in a history is
    /// done; the errors returned are of what could not be removed.
    ///
    /// # Errors
    /// [`PublishError::Io`] if the newest run of a history cannot be named so.
    pub fn leave_held(self) -> Result<Vec<PublishError>, PublishError> {
        self.history.as_ref().map_or_else(|| Ok(Vec::new()), OpenHistory::settle)
    }

    /// Keeps one finished file as `DIR.rejects.csv` beside the output directory, and gives the rest of the run up.
    ///
    /// # Errors
    /// [`PublishError::Io`] or [`PublishError::Setup`] if the file can't be moved.
    pub fn keep_rejects(self, name: &str) -> Result<PathBuf, PublishError> {
        let kept = self.place.rejects();
        swap::rename_into_nothing(&self.staging.path().join(name), &kept)
            .map_err(|cause| PublishError::swap("create", &kept, cause))?;
        place::sync_directory(&self.parent).map_err(|cause| PublishError::io("sync", self.place.parent(), cause))?;
        if let Some(remote) = &self.remote {
            return remote.keep_rejects(&kept);
        }
        Ok(kept)
    }
}
