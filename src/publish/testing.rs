//! What the tests of this module share: publishing a small run, and looking at what is there afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{FileEntry, Manifest, ManifestHead, Publication, PublishError};

pub(super) const REPORT: &str = "upcoming_renewals.csv";

pub(super) fn head(run_id: &str) -> ManifestHead {
    ManifestHead {
        run_id: run_id.to_owned(),
        tool_version: "0.1.0".to_owned(),
        as_of: "2020-06-05".to_owned(),
        policy: "2020-06-05".to_owned(),
    }
}

pub(super) fn stage(publication: &Publication, name: &str, text: &str) -> FileEntry {
    let mut file = publication.create(name).expect("created");
    file.write_all(text.as_bytes()).expect("written");
    file.finish(text.lines().count() as u64).expect("finished")
}

/// Publishes a run of one report.
pub(super) fn publish(out: &Path, text: &str) -> Result<PathBuf, PublishError> {
    let publication = Publication::begin(out)?;
    let entry = stage(&publication, REPORT, text);
    let published = publication.publish(head(text), vec![entry])?;
    assert!(published.leftovers.is_empty(), "{:?}", published.leftovers);
    Ok(published.directory)
}

pub(super) fn put(directory: &Path, name: &str, text: &str) {
    fs::create_dir_all(directory).expect("directory");
    fs::write(directory.join(name), text).expect("file");
}

pub(super) fn listing(names: &[&str]) -> String {
    let entry = |name: &&str| FileEntry { name: (*name).to_owned(), rows: 0, bytes: 0, sha256: String::new() };
    serde_json::to_string(&Manifest::new(head("id"), names.iter().map(entry).collect())).expect("json")
}

/// Every name below `root`, with the text of the files and the target of the links.
pub(super) fn snapshot(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root).expect("listed") {
        let entry = entry.expect("entry");
        let kind = entry.file_type().expect("kind");
        let content = if kind.is_dir() {
            found.extend(snapshot(&entry.path()));
            "directory".to_owned()
        } else if kind.is_symlink() {
            fs::read_link(entry.path()).expect("link").display().to_string()
        } else {
            String::from_utf8_lossy(&fs::read(entry.path()).expect("file")).into_owned()
        };
        found.insert(entry.path(), content);
    }
    found
}

pub(super) fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .expect("listed")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub(super) fn text(directory: &Path) -> String {
    fs::read_to_string(directory.join(REPORT)).expect("report")
}
