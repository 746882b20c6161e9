//! Checking a published run against its manifest.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::contents::{ContentReaders, check_contents};
use super::error::PublishError;
use super::lock::identity;
use super::manifest::{CHECKSUMS_NAME, FileEntry, Manifest, ManifestHead, open_regular, read_manifest};

/// How often a check begins again because the directory was replaced meanwhile.
pub(super) const ATTEMPTS_MAXIMUM: u32 = 5;

/// A difference between a published run and its manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyProblem {
    /// A file of the run isn't there.
    #[error("`{name}` is missing")]
    Missing {
        /// The file's name.
        name: String,
    },
    /// A file of the run is a directory, a link or something else.
    #[error("`{name}` is not a regular file")]
    NotAFile {
        /// The file's name.
        name: String,
    },
    /// A file has another size.
    #[error("`{name}` has {found} bytes, but the manifest says {expected}")]
    Size {
        /// The file's name.
        name: String,
        /// Bytes by the manifest.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// A file of the right size has other content.
    #[error("`{name}` has SHA-256 {found}, but the manifest says {expected}")]
    Digest {
        /// The file's name.
        name: String,
        /// Digest by the manifest.
        expected: String,
        /// Digest found.
        found: String,
    },
    /// A file of the right content has not as many rows.
    #[error("`{name}` has {found} rows, but the manifest says {expected}")]
    Rows {
        /// The file's name.
        name: String,
        /// Rows by the manifest.
        expected: u64,
        /// Rows found.
        found: u64,
    },
    /// A file says that it is of another run, or has another as-of date, policy or version.
    #[error("`{name}` is not of the run, as-of date, policy and version that the manifest says")]
    OtherRun {
        /// The file's name.
        name: String,
    },
    /// What a file holds cannot be read.
    #[error("`{name}` has the SHA-256 of the manifest, but is not readable: {reason}")]
    Unreadable {
        /// The file's name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// `SHA256SUMS` doesn't say what the manifest says.
    #[error("`{CHECKSUMS_NAME}` does not agree with the manifest")]
    Checksums,
    /// An entry that the manifest doesn't list.
    #[error("`{name}` is not in the manifest")]
    Foreign {
        /// The entry's name.
        name: String,
    },
}

/// Checks sizes, digests and contents of a published run's files, and that nothing is missing or added.
///
/// The problems come in the order of the manifest, then `SHA256SUMS`, then foreign entries by name. A run that is
/// replaced while it is checked is no problem: the check begins again with its successor.
///
/// # Errors
/// [`PublishError::Manifest`] if there is no usable manifest, [`PublishError::Io`] if something can't be read.
pub fn verify(directory: &Path, readers: ContentReaders<'_>) -> Result<Vec<VerifyProblem>, PublishError> {
    let identify = || fs::metadata(directory).map(|metadata| identity(&metadata)).ok();
    let mut result = Ok(Vec::new());
    for _ in 0..ATTEMPTS_MAXIMUM {
        let before = identify();
        result = verify_once(directory, readers);
        let is_clean = result.as_ref().is_ok_and(Vec::is_empty);
        if is_clean || identify() == before {
            break;
        }
    }
    result
}

fn verify_once(directory: &Path, readers: ContentReaders<'_>) -> Result<Vec<VerifyProblem>, PublishError> {
    let manifest = read_manifest(directory)?;
    let mut problems = Vec::new();
    for entry in &manifest.files {
        problems.extend(check_file(directory, entry, &manifest.head, readers)?);
    }
    problems.extend(check_checksums(directory, &manifest)?);
    problems.extend(find_foreign(directory, &manifest)?);
    Ok(problems)
}

fn check_file(
    directory: &Path,
    entry: &FileEntry,
    head: &ManifestHead,
    readers: ContentReaders<'_>,
) -> Result<Option<VerifyProblem>, PublishError> {
    let name = entry.name.clone();
    let path = directory.join(&name);
    let mut file = match open_regular(&path) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(Some(VerifyProblem::NotAFile { name })),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Some(VerifyProblem::Missing { name })),
        Err(cause) => return Err(PublishError::io("open", &path, cause)),
    };
    let fail = |cause| PublishError::io("read", &path, cause);
    let found = file.metadata().map_err(fail)?.len();
    if found != entry.bytes {
        return Ok(Some(VerifyProblem::Size { name, expected: entry.bytes, found }));
    }
    check_contents(&mut file, entry, head, readers).map_err(fail)
}

fn check_checksums(directory: &Path, manifest: &Manifest) -> Result<Option<VerifyProblem>, PublishError> {
    let name = CHECKSUMS_NAME.to_owned();
    let path = directory.join(&name);
    let expected = manifest.checksums();
    let mut found = Vec::new();
    let read = open_regular(&path).and_then(|file| match file {
        // One byte more than expected is enough to see that it differs.
        Some(file) => file.take(expected.len() as u64 + 1).read_to_end(&mut found).map(Some),
        None => Ok(None),
    });
    match read {
        Ok(Some(_)) => Ok((found != expected.as_bytes()).then_some(VerifyProblem::Checksums)),
        Ok(None) => Ok(Some(VerifyProblem::NotAFile { name })),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Some(VerifyProblem::Missing { name })),
        Err(cause) => Err(PublishError::io("read", &path, cause)),
    }
}

fn find_foreign(directory: &Path, manifest: &Manifest) -> Result<Vec<VerifyProblem>, PublishError> {
    let fail = |cause| PublishError::io("list", directory, cause);
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name().to_string_lossy().into_owned();
        if !manifest.owns(&name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names.into_iter().map(|name| VerifyProblem::Foreign { name }).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::super::testing::{head, put, stage};
    use super::super::{MANIFEST_NAME, Publication};
    use super::*;

    #[test]
    fn verify_finds_every_difference() {
        let root = TempDir::new().expect("root");
        let out = root.path().join("out");
        let publication = Publication::begin(&out).expect("begun");
        let entries = ["changed", "gone", "grown", "linked", "same"].map(|name| stage(&publication, name, "text\n"));
        let digest = entries[0].sha256.clone();
        let _ = publication.publish(head("id"), entries.to_vec()).expect("published");

        fs::write(out.join("changed"), "TEXT\n").expect("changed");
        fs::remove_file(out.join("gone")).expect("removed");
        fs::write(out.join("grown"), "text\nmore\n").expect("grown");
        fs::remove_file(out.join("linked")).expect("removed");
        symlink("same", out.join("linked")).expect("link");
        fs::write(out.join("extra"), "").expect("added");
        fs::write(out.join(CHECKSUMS_NAME), "").expect("emptied");

        let problems = verify(&out, &|_| None).expect("verified");
        assert!(matches!(&problems[0], VerifyProblem::Digest { name, expected, found }
            if name == "changed" && *expected == digest && *found != digest));
        assert_eq!(
            problems[1..],
            [
                VerifyProblem::Missing { name: "gone".to_owned() },
                VerifyProblem::Size { name: "grown".to_owned(), expected: 5, found: 10 },
                VerifyProblem::NotAFile { name: "linked".to_owned() },
                VerifyProblem::Checksums,
                VerifyProblem::Foreign { name: "extra".to_owned() },
            ]
        );
        fs::remove_file(out.join(CHECKSUMS_NAME)).expect("removed");
        assert!(
            verify(&out, &|_| None)
                .expect("verified")
                .contains(&VerifyProblem::Missing { name: CHECKSUMS_NAME.to_owned() })
        );
    }

    #[test]
    fn verify_needs_a_manifest() {
        let root = TempDir::new().expect("root");
        for (name, text, exit_code) in [("missing", None, 66), ("empty", Some(""), 65), ("other", Some("{}"), 65)] {
            let directory = root.path().join(name);
            if let Some(text) = text {
                put(&directory, MANIFEST_NAME, text);
            }
            let error = verify(&directory, &|_| None).expect_err(name);
            assert_eq!(error.exit_code(), exit_code, "{error}");
        }
    }
}
