//! Published runs side by side: `DIR/KEY=VALUE`, one for each value, and `DIR/latest`, a link to the newest.
//!
//! The names are those of hive partitioning, so that DuckDB, Polars and Spark read `DIR/KEY=*/REPORT` as one table with
//! KEY as a column. Which run is the newest is told by its value, not by when it was published, so everything here
//! can be told from the directory alone: a run that is killed at any moment leaves nothing that the next one can't
//! finish. A run goes into place first, then `latest` moves, and only then what is too old is removed.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::num::NonZeroU32;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::error::{PublishError, Refusal};
use super::lock::Lock;
use super::manifest::{MANIFEST_NAME, read_manifest};
use super::place::{Place, open_directory, sync_directory};
use super::replaceable::check_replaceable;
use super::staging;
use super::swap::Swap;

/// The link to the newest run.
pub(super) const LATEST: &str = "latest";

/// What to keep besides the run that is published.
#[derive(Clone, Debug)]
pub struct History {
    /// What tells the runs apart, such as `as_of`.
    pub key: &'static str,
    /// The value of the run to publish. Values sort by their bytes, the newest last.
    pub value: String,
    /// How many of the newest runs are kept.
    pub keep: NonZeroU32,
}

/// A history that is locked for one run.
#[derive(Debug)]
pub(super) struct OpenHistory {
    root: Place,
    history: History,
    _lock: Lock,
}

impl OpenHistory {
    /// Takes the lock on `root`, checks that it is a directory of runs, and clears what killed runs left in it.
    pub(super) fn begin(root: Place, history: &History, waits: &mut dyn FnMut() -> bool) -> Result<Self, PublishError> {
        let lock = Lock::acquire(&root.lock(), &root.directory(), waits)?;
        let open = Self { root, history: history.clone(), _lock: lock };
        open.check()?;
        open.clear_leftovers()?;
        Ok(open)
    }

    /// Where this run is published.
    pub(super) fn run_place(&self) -> Result<Place, PublishError> {
        let History { key, value, .. } = &self.history;
        Ok(Place::resolve(&self.directory().join(format!("{key}={value}")))?.with_rejects(self.root.rejects()))
    }

    /// Names the newest run `latest` and removes what is too old; gives the errors of what could not be removed.
    pub(super) fn settle(&self) -> Result<Vec<PublishError>, PublishError> {
        let runs = self.runs()?;
        if let Some(newest) = runs.last() {
            self.point_latest(newest)?;
        }
        let own = OsString::from(format!("{}={}", self.history.key, self.history.value));
        let kept = usize::try_from(self.history.keep.get()).unwrap_or(usize::MAX);
        let too_old = &runs[..runs.len().saturating_sub(kept)];
        Ok(too_old.iter().filter(|name| **name != own).filter_map(|name| self.remove(name).err()).collect())
    }

    fn directory(&self) -> PathBuf {
        self.root.directory()
    }

    /// A directory that holds other things and no runs was named by mistake.
    fn check(&self) -> Result<(), PublishError> {
        let directory = self.directory();
        let refuse = |reason| Err(PublishError::refused(&directory, reason));
        match fs::symlink_metadata(&directory) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return refuse(Refusal::NotDirectory),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(PublishError::setup("examine", &directory, cause)),
        }
        if fs::symlink_metadata(directory.join(MANIFEST_NAME)).is_ok() {
            return refuse(Refusal::SingleRun);
        }
        let latest = directory.join(LATEST);
        if fs::symlink_metadata(&latest).is_ok_and(|metadata| !metadata.is_symlink()) {
            return Err(PublishError::refused(&latest, Refusal::NameTaken));
        }
        let names = self.names()?;
        let is_ours = |name: &OsString| {
            let bytes = name.as_bytes();
            let (key, start) = (self.history.key.as_bytes(), bytes.strip_prefix(b".").unwrap_or(bytes));
            start.strip_prefix(key).is_some_and(|rest| rest.starts_with(b"="))
        };
        match names.first() {
            Some(file) if !names.iter().any(is_ours) => {
                refuse(Refusal::NotHistory { file: file.to_string_lossy().into_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Puts back or removes what killed runs left, whichever day they were for.
    fn clear_leftovers(&self) -> Result<(), PublishError> {
        let directory = self.directory();
        if !directory.exists() {
            return Ok(());
        }
        for name in self.names()? {
            self.clear_lock(&name);
            let Some(place) = Place::of_staging_name(&directory, &name) else { continue };
            let path = directory.join(&name);
            if place.directory() == directory.join(LATEST) {
                let is_link = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
                if is_link {
                    fs::remove_file(&path).map_err(|cause| PublishError::setup("remove", &path, cause))?;
                }
            } else if self.value_of(place.directory().file_name()).is_some() {
                Swap::recover(&place)?;
                staging::clear_leftovers(&place)?;
            }
        }
        Ok(())
    }

    /// Removes the lock of a run that was killed; one that somebody holds stays.
    fn clear_lock(&self, name: &OsStr) {
        let run =
            name.as_bytes().strip_prefix(b".").and_then(|rest| rest.strip_suffix(b".lock")).map(OsStr::from_bytes);
        if let Some(run) = run.filter(|run| self.value_of(Some(run)).is_some()) {
            let place = Place::new(self.directory(), run);
            drop(Lock::acquire(&place.lock(), &place.directory(), &mut || false));
        }
    }

    fn value_of<'a>(&self, name: Option<&'a OsStr>) -> Option<&'a [u8]> {
        name?.as_bytes().strip_prefix(self.history.key.as_bytes())?.strip_prefix(b"=")
    }

    /// Whether a run could have this name; a copy that somebody has put beside the runs has a longer one.
    fn is_run_name(&self, name: &OsStr) -> bool {
        let own = self.history.value.as_bytes();
        let is_alike = |(byte, own): (&u8, &u8)| byte == own || (byte.is_ascii_digit() && own.is_ascii_digit());
        self.value_of(Some(name)).is_some_and(|value| value.len() == own.len() && value.iter().zip(own).all(is_alike))
    }

    /// The names of the published runs, the newest last.
    fn runs(&self) -> Result<Vec<OsString>, PublishError> {
        let directory = self.directory();
        let mut runs = Vec::new();
        for name in self.names()?.into_iter().filter(|name| self.is_run_name(name)) {
            match read_manifest(&directory.join(&name)) {
                Ok(_) => runs.push(name),
                // Something else that has such a name.
                Err(PublishError::Manifest { .. }) => {}
                // What cannot be read may be the newest run, and is not passed over in silence.
                Err(error) => return Err(error),
            }
        }
        Ok(runs)
    }

    /// The names in the directory, sorted by their bytes.
    fn names(&self) -> Result<Vec<OsString>, PublishError> {
        let directory = self.directory();
        let fail = |cause| PublishError::setup("list", &directory, cause);
        let mut names = Vec::new();
        for entry in fs::read_dir(&directory).map_err(fail)? {
            names.push(entry.map_err(fail)?.file_name());
        }
        names.sort();
        Ok(names)
    }

    /// Moves `latest` in one step.
    fn point_latest(&self, newest: &OsStr) -> Result<(), PublishError> {
        let directory = self.directory();
        let latest = directory.join(LATEST);
        if fs::read_link(&latest).is_ok_and(|target| target == Path::new(newest)) {
            return Ok(());
        }
        let fail = |cause| PublishError::io("name the newest run", &latest, cause);
        let staged = Place::new(directory.clone(), OsStr::new(LATEST)).staging();
        symlink(newest, &staged).map_err(fail)?;
        let renamed = fs::rename(&staged, &latest).and_then(|()| self.sync());
        if renamed.is_err() {
            let _ = fs::remove_file(&staged);
        }
        renamed.map_err(fail)
    }

    /// Removes a run: it loses its name first, so that no reader finds half of it.
    fn remove(&self, name: &OsStr) -> Result<(), PublishError> {
        let place = Place::new(self.directory(), name);
        let path = place.directory();
        // Held while it goes, so that no run on that directory alone is under way.
        let _lock = Lock::acquire(&place.lock(), &path, &mut || false)?;
        check_replaceable(&path)?;
        let fail = |cause| PublishError::io("remove", &path, cause);
        let staging = place.staging();
        fs::rename(&path, &staging).and_then(|()| self.sync()).map_err(fail)?;
        staging::remove_tree(&staging).map_err(fail)
    }

    fn sync(&self) -> io::Result<()> {
        sync_directory(&open_directory(&self.directory())?)
    }
}

impl Drop for OpenHistory {
    fn drop(&mut self) {
        // A directory that was made for a run that came to nothing; it is only removed if it is empty.
        let _ = fs::remove_dir(self.directory());
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::testing::{REPORT, head, names, put, stage, text};
    use super::super::{Publication, Published};
    use super::*;

    fn begin(out: &Path, value: &str, keep: u32) -> Result<Publication, PublishError> {
        let history = History { key: "as_of", value: value.to_owned(), keep: NonZeroU32::new(keep).expect("some") };
        Publication::begin_when_free(out, Some(&history), &mut || false)
    }

    fn publish(out: &Path, value: &str, keep: u32) -> Result<Published, PublishError> {
        let publication = begin(out, value, keep)?;
        let entry = stage(&publication, REPORT, &format!("{value}\n"));
        publication.publish(head(value), vec![entry])
    }

    fn latest(out: &Path) -> String {
        fs::read_link(out.join(LATEST)).expect("a link").to_string_lossy().into_owned()
    }

    #[test]
    fn the_newest_runs_are_kept_whatever_the_order_they_come_in() {
        let root = TempDir::new().expect("root");
        let out = root.path().join("out");
        for (value, expected, newest) in [
            ("2020-06-03", &["2020-06-03"][..], "2020-06-03"),
            ("2020-06-01", &["2020-06-01", "2020-06-03"], "2020-06-03"),
            ("2020-06-05", &["2020-06-03", "2020-06-05"], "2020-06-05"),
            // A run is never removed by itself, only by the next one.
            ("2020-06-02", &["2020-06-02", "2020-06-03", "2020-06-05"], "2020-06-05"),
            ("2020-06-05", &["2020-06-03", "2020-06-05"], "2020-06-05"),
        ] {
            let published = publish(&out, value, 2).expect("published");
            assert!(published.leftovers.is_empty());
            assert!(published.directory.ends_with(format!("out/as_of={value}")));
            let mut expected: Vec<String> = expected.iter().map(|value| format!("as_of={value}")).collect();
            expected.push(LATEST.to_owned());
            assert_eq!(names(&out), expected, "after {value}");
            assert_eq!(latest(&out), format!("as_of={newest}"));
            assert_eq!(text(&out.join(LATEST)), format!("{newest}\n"));
        }
        assert_eq!(names(root.path()), ["out"]);
    }

    #[test]
    fn what_killed_runs_leave_is_put_back_or_cleared_by_the_next() {
        let root = TempDir::new().expect("root");
        let out = root.path().join("out");
        for value in ["2020-06-01", "2020-06-02"] {
            let _ = publish(&out, value, 5).expect("published");
        }
        // Killed between two renames, while it staged, before `latest` moved, while it was moved, while an old run went.
        fs::rename(out.join("as_of=2020-06-01"), out.join(".as_of=2020-06-01.staging-previous")).expect("aside");
        put(&out.join(".as_of=2020-06-02.staging-12"), REPORT, "half\n");
        put(&out.join(".as_of=2019-01-01.staging-13"), REPORT, "half\n");
        fs::write(out.join(".as_of=2019-01-01.lock"), "").expect("a lock of nobody");
        fs::remove_file(out.join(LATEST)).expect("removed");
        symlink("as_of=2020-06-01", out.join(LATEST)).expect("the link of before");
        symlink("as_of=2020-06-02", out.join(".latest.staging-14")).expect("the link that was to be");

        assert_eq!(begin(&out, "2020-06-02", 5).expect("begun").leave_held().expect("settled").len(), 0);
        assert_eq!(names(&out), ["as_of=2020-06-01", "as_of=2020-06-02", LATEST]);
        assert_eq!(latest(&out), "as_of=2020-06-02");
        assert_eq!(text(&out.join("as_of=2020-06-01")), "2020-06-01\n");
    }

    #[test]
    fn a_run_that_cannot_be_read_is_not_passed_over_in_silence() {
        let root = TempDir::new().expect("root");
        let out = root.path().join("out");
        let _ = publish(&out, "2020-06-01", 2).expect("published");
        // A name too long to be followed stands for a disk that cannot be read.
        symlink("x".repeat(300), out.join("as_of=2020-06-09")).expect("linked");
        let error = publish(&out, "2020-06-02", 2).expect_err("which run is the newest is not known");
        assert_eq!(error.exit_code(), 74, "{error}");
        assert_eq!(latest(&out), "as_of=2020-06-01");
        fs::remove_file(out.join("as_of=2020-06-09")).expect("removed");
        assert_eq!(begin(&out, "2020-06-02", 2).expect("begun").leave_held().expect("settled").len(), 0);
        assert_eq!(latest(&out), "as_of=2020-06-02");
    }

    #[test]
    fn a_copy_of_a_run_is_neither_the_newest_nor_one_of_those_kept() {
        let root = TempDir::new().expect("root");
        let out = root.path().join("out");
        let _ = publish(&out, "2020-06-01", 2).expect("published");
        for copy in ["as_of=2020-06-01-backup", "as_of=zzz", "as_of=2020-06-xx"] {
            fs::create_dir(out.join(copy)).expect("created");
            for entry in fs::read_dir(out.join("as_of=2020-06-01")).expect("listed") {
                let entry = entry.expect("an entry");
                fs::copy(entry.path(), out.join(copy).join(entry.file_name())).expect("copied");
            }
        }
        let published = publish(&out, "2020-06-02", 2).expect("published");
        assert!(published.leftovers.is_empty());
        assert_eq!(latest(&out), "as_of=2020-06-02");
        assert_eq!(names(&out).len(), 2 + 3 + 1, "nothing was removed: {:?}", names(&out));
    }

    #[test]
    fn refuses_a_directory_of_other_things() {
        let root = TempDir::new().expect("root");
        let single = super::super::testing::publish(&root.path().join("single"), "one\n").expect("published");
        put(&root.path().join("home"), "notes.txt", "mine");
        put(&root.path().join("taken/as_of=2020-06-01"), MANIFEST_NAME, "");
        fs::create_dir(root.path().join("taken/latest")).expect("directory");
        fs::write(root.path().join("file"), "").expect("file");
        for (name, reason) in [
            ("single", "one published run"),
            ("home", "`notes.txt`"),
            ("taken", "this name"),
            ("file", "not a directory"),
        ] {
            let error = begin(&root.path().join(name), "2020-06-05", 1).expect_err(name);
            assert!(error.to_string().contains(reason), "{name}: {error}");
            assert_eq!(error.exit_code(), 73);
            assert!(error.hint().is_some());
        }
        assert_eq!(text(&single), "one\n");
        fs::create_dir(root.path().join("empty")).expect("directory");
        let _ = publish(&root.path().join("empty"), "2020-06-05", 1).expect("an empty directory is nobody's");
    }

    #[test]
    fn a_run_that_comes_to_nothing_leaves_nothing() {
        let root = TempDir::new().expect("root");
        let out = root.path().join("out");
        begin(&out, "2020-06-05", 1).expect("begun").abandon();
        assert_eq!(names(root.path()), [""; 0]);
        let publication = begin(&out, "2020-06-05", 1).expect("begun");
        let _ = stage(&publication, REPORT, "bad\n");
        let kept = publication.keep_rejects(REPORT).expect("kept");
        assert_eq!(kept.file_name().and_then(OsStr::to_str), Some("out.rejects.csv"));
        assert_eq!(names(root.path()), ["out.rejects.csv"]);
    }

    #[test]
    fn an_old_run_with_something_of_somebody_stays_and_is_told() {
        let root = TempDir::new().expect("root");
        let out = root.path().join("out");
        let _ = publish(&out, "2020-06-01", 1).expect("published");
        put(&out.join("as_of=2020-06-01"), "notes.txt", "mine");
        let published = publish(&out, "2020-06-02", 1).expect("published");
        assert_eq!(published.leftovers.len(), 1);
        assert_eq!(names(&out), ["as_of=2020-06-01", "as_of=2020-06-02", LATEST]);
        // And a second run on the same directory is kept out, whichever day it is for.
        let held = begin(&out, "2020-06-03", 1).expect("begun");
        assert!(matches!(begin(&out, "2020-06-04", 1), Err(PublishError::Busy { .. })));
        held.abandon();
    }
}
