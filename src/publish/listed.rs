//! One file of a published run, to be read by another command.

use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use super::contents::digest;
use super::error::PublishError;
use super::lock::identity;
use super::manifest::{FileEntry, Manifest, open_regular, read_manifest};
use super::verify::{ATTEMPTS_MAXIMUM, VerifyProblem};

/// An open file of a published run, in the size that the manifest says. It stays what it is while the directory is
/// replaced.
#[derive(Debug)]
pub struct PublishedFile {
    /// Where it was opened.
    pub path: PathBuf,
    /// The open file.
    pub file: File,
    /// What the manifest says of it.
    pub entry: FileEntry,
    /// The manifest of its run.
    pub manifest: Manifest,
}

impl PublishedFile {
    /// Opens a file of the run in `directory`; `None` if the run has no such file.
    ///
    /// # Errors
    /// [`PublishError::Manifest`] if there is no usable manifest, [`PublishError::Unlike`] if the file is not there in
    /// the size that it says, [`PublishError::Io`] if something can't be read.
    pub fn open(directory: &Path, name: &str) -> Result<Option<Self>, PublishError> {
        let identify = || fs::metadata(directory).map(|metadata| identity(&metadata)).ok();
        let mut result = Ok(None);
        for _ in 0..ATTEMPTS_MAXIMUM {
            let before = identify();
            result = open_once(directory, name);
            // A run that is replaced meanwhile has its file in another directory than its manifest.
            if identify() == before {
                break;
            }
        }
        result
    }

    /// Reads the file and compares its digest with the manifest's.
    ///
    /// # Errors
    /// [`PublishError::Unlike`] if it is another, [`PublishError::Io`] if the file can't be read.
    pub fn check_digest(&mut self) -> Result<(), PublishError> {
        let fail = |cause| PublishError::io("read", &self.path, cause);
        let found = digest(&mut self.file).map_err(fail)?;
        self.file.rewind().map_err(fail)?;
        if found == self.entry.sha256 {
            return Ok(());
        }
        let (name, expected) = (self.entry.name.clone(), self.entry.sha256.clone());
        Err(unlike(&self.path, VerifyProblem::Digest { name, expected, found }))
    }
}

fn open_once(directory: &Path, name: &str) -> Result<Option<PublishedFile>, PublishError> {
    let manifest = read_manifest(directory)?;
    let Some(entry) = manifest.files.iter().find(|entry| entry.name == name).cloned() else { return Ok(None) };
    let path = directory.join(name);
    let name = entry.name.clone();
    let file = match open_regular(&path) {
        Ok(Some(file)) => file,
        Ok(None) => return Err(unlike(&path, VerifyProblem::NotAFile { name })),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Err(unlike(&path, VerifyProblem::Missing { name }));
        }
        Err(cause) => return Err(PublishError::io("open", &path, cause)),
    };
    let found = file.metadata().map_err(|cause| PublishError::io("examine", &path, cause))?.len();
    if found != entry.bytes {
        return Err(unlike(&path, VerifyProblem::Size { name, expected: entry.bytes, found }));
    }
    Ok(Some(PublishedFile { path, file, entry, manifest }))
}

fn unlike(path: &Path, problem: VerifyProblem) -> PublishError {
    PublishError::Unlike { directory: path.parent().unwrap_or(path).to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::testing::{REPORT, publish};
    use super::*;

    #[test]
    fn a_file_is_opened_only_as_the_manifest_says() {
        let root = TempDir::new().expect("root");
        let out = publish(&root.path().join("out"), "one\n").expect("published");
        assert!(PublishedFile::open(&out, "other.csv").expect("read").is_none());
        let mut file = PublishedFile::open(&out, REPORT).expect("read").expect("listed");
        file.check_digest().expect("as listed");
        assert_eq!(io::read_to_string(&file.file).expect("from its start"), "one\n");

        fs::write(out.join(REPORT), "two\n").expect("changed");
        let mut changed = PublishedFile::open(&out, REPORT).expect("the size is right").expect("listed");
        let error = changed.check_digest().expect_err("another content");
        assert!(error.to_string().contains("SHA-256") && error.exit_code() == 65, "{error}");
        assert!(error.hint().is_some());
        fs::write(out.join(REPORT), "longer\n").expect("changed");
        let error = PublishedFile::open(&out, REPORT).expect_err("another size");
        assert!(error.to_string().contains("7 bytes") && error.exit_code() == 65, "{error}");
        fs::remove_file(out.join(REPORT)).expect("removed");
        let error = PublishedFile::open(&out, REPORT).expect_err("gone");
        assert!(error.to_string().contains("is missing") && error.exit_code() == 65, "{error}");
        let error = PublishedFile::open(&root.path().join("none"), REPORT).expect_err("no run");
        assert_eq!(error.exit_code(), 66);
    }
}
