//! The manifest of a published run: what is in it, how it is written and how it is read back.
//!
//! A directory is a published run exactly if its `manifest.json` says so. The manifest is written last and its text
//! depends on nothing but the run, so the same run gives the same bytes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::error::PublishError;

/// The manifest's name in a published directory.
pub const MANIFEST_NAME: &str = "manifest.json";
/// The name of the list for `sha256sum -c` in a published directory.
pub const CHECKSUMS_NAME: &str = "SHA256SUMS";
/// The schema that the manifest names.
pub const MANIFEST_SCHEMA: &str = "renewals.manifest";
/// The version of that schema.
pub const MANIFEST_SCHEMA_VERSION: u32 = 1;

/// A manifest of this tool lists about a dozen files; what is longer than this was not written by it.
const MANIFEST_BYTES_MAXIMUM: u64 = 1 << 20;

/// What a manifest says about the run as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestHead {
    /// Digest of the inputs, the policy, the options that change bytes, the as-of date and the version.
    pub run_id: String,
    /// Version of the tool.
    pub tool_version: String,
    /// The as-of date.
    pub as_of: String,
    /// Id of the policy.
    pub policy: String,
}

/// One file of a published run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Name in the directory.
    pub name: String,
    /// Rows, without a header.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// A published run's `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`MANIFEST_SCHEMA`].
    pub schema: String,
    /// Always [`MANIFEST_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run as a whole.
    #[serde(flatten)]
    pub head: ManifestHead,
    /// In object storage, what the files' keys begin with, below that of the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Its files, sorted by name; `manifest.json` and `SHA256SUMS` are not among them.
    pub files: Vec<FileEntry>,
}

/// What is wrong with a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestProblem {
    /// There is none.
    #[error("does not exist")]
    Missing,
    /// It isn't a regular file.
    #[error("is not a regular file")]
    NotAFile,
    /// It is longer than any manifest of this tool.
    #[error("is longer than {MANIFEST_BYTES_MAXIMUM} bytes")]
    TooLong,
    /// It isn't JSON of the manifest's form.
    #[error("is not a manifest: {0}")]
    Syntax(serde_json::Error),
    /// It names another schema.
    #[error("does not name the schema `{MANIFEST_SCHEMA}`")]
    Schema,
    /// It has a version that this tool doesn't know.
    #[error("has schema version {0}, but this tool knows {MANIFEST_SCHEMA_VERSION}")]
    Version(u64),
    /// It lists a file under a name that no run publishes.
    #[error("lists `{0}`, which is not a name that a run publishes")]
    FileName(String),
    /// It lists a file twice.
    #[error("lists `{0}` twice")]
    Duplicate(String),
}

/// The part that tells whose manifest it is before the rest is looked at.
#[derive(Deserialize)]
struct Marks {
    schema: Option<String>,
    schema_version: Option<u64>,
}

/// Reads the manifest of a published run.
///
/// # Errors
/// [`PublishError::Manifest`] if `directory` has no usable manifest, [`PublishError::Io`] if it can't be read.
pub fn read_manifest(directory: &Path) -> Result<Manifest, PublishError> {
    let path = directory.join(MANIFEST_NAME);
    let bytes = match open_regular(&path) {
        Ok(Some(file)) => read_bounded(file, &path)?,
        Ok(None) => return Err(problem(&path, ManifestProblem::NotAFile)),
        Err(cause) if is_absent(&cause) => return Err(problem(&path, ManifestProblem::Missing)),
        Err(cause) => return Err(PublishError::io("open", &path, cause)),
    };
    Manifest::parse(&bytes).map_err(|found| problem(&path, found))
}

fn problem(path: &Path, problem: ManifestProblem) -> PublishError {
    PublishError::Manifest { path: path.to_owned(), problem }
}

fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn read_bounded(file: File, path: &Path) -> Result<Vec<u8>, PublishError> {
    let mut bytes = Vec::new();
    file.take(MANIFEST_BYTES_MAXIMUM + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| PublishError::io("read", path, cause))?;
    if bytes.len() as u64 > MANIFEST_BYTES_MAXIMUM {
        return Err(problem(path, ManifestProblem::TooLong));
    }
    Ok(bytes)
}

impl Manifest {
    /// The manifest of a run with these files, sorted by name so that the order of writing leaves no trace.
    pub(super) fn new(head: ManifestHead, mut files: Vec<FileEntry>) -> Self {
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Self { schema: MANIFEST_SCHEMA.to_owned(), schema_version: MANIFEST_SCHEMA_VERSION, head, prefix: None, files }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ManifestProblem> {
        let marks: Marks = serde_json::from_slice(bytes).map_err(ManifestProblem::Syntax)?;
        if marks.schema.as_deref() != Some(MANIFEST_SCHEMA) {
            return Err(ManifestProblem::Schema);
        }
        if let Some(version) = marks.schema_version
            && version != u64::from(MANIFEST_SCHEMA_VERSION)
        {
            return Err(ManifestProblem::Version(version));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(ManifestProblem::Syntax)?;
        if let Some(prefix) = manifest.prefix.as_ref().filter(|prefix| !is_run_prefix(prefix)) {
            return Err(ManifestProblem::FileName(prefix.clone()));
        }
        let mut seen = BTreeSet::new();
        for entry in &manifest.files {
            if !is_publishable_name(&entry.name) {
                return Err(ManifestProblem::FileName(entry.name.clone()));
            }
            if !seen.insert(entry.name.as_str()) {
                return Err(ManifestProblem::Duplicate(entry.name.clone()));
            }
        }
        Ok(manifest)
    }

    /// The text of `manifest.json`.
    pub(super) fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// The text of `SHA256SUMS`.
    pub(super) fn checksums(&self) -> String {
        let mut text = String::new();
        for entry in &self.files {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{}  {}", entry.sha256, entry.name);
        }
        text
    }

    /// Whether an entry of the published directory belongs to the run.
    pub(super) fn owns(&self, name: &str) -> bool {
        name == MANIFEST_NAME || name == CHECKSUMS_NAME || self.files.iter().any(|entry| entry.name == name)
    }
}

/// Whether a prefix is one that a run in object storage has.
fn is_run_prefix(prefix: &str) -> bool {
    prefix.strip_prefix("runs/").is_some_and(is_publishable_name)
}

/// Whether a report may have this name: plain ASCII, no path, not hidden, none of the run's own two.
///
/// The names of a manifest that is read back are held to the same, so that none of them leads out of the directory.
pub(super) fn is_publishable_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !name.is_empty()
        && !name.starts_with(['.', '-'])
        && name.bytes().all(plain)
        && name != MANIFEST_NAME
        && name != CHECKSUMS_NAME
}

/// Opens a regular file for reading; `None` if it is anything else. Follows no link and never waits for a pipe.
pub(super) fn open_regular(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    match opened {
        Ok(file) if file.metadata()?.is_file() => Ok(Some(file)),
        Ok(_) => Ok(None),
        // What opening a symbolic link and a socket says.
        Err(cause) if is_errno(&cause, &[rustix::io::Errno::LOOP, rustix::io::Errno::NXIO]) => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Whether the system gave one of these error numbers.
pub(super) fn is_errno(cause: &io::Error, numbers: &[rustix::io::Errno]) -> bool {
    rustix::io::Errno::from_io_error(cause).is_some_and(|number| numbers.contains(&number))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use tempfile::TempDir;

    use super::super::Publication;
    use super::super::testing::{REPORT, head, publish, stage};
    use super::*;

    #[test]
    fn manifest_has_fixed_text_whatever_the_order_of_writing() {
        let root = TempDir::new().expect("root");
        let out = root.path().join("out");
        let publication = Publication::begin(&out).expect("begun");
        let second = stage(&publication, "b.csv", "");
        let first = stage(&publication, "a.csv", "x\n");
        let _ = publication.publish(head("id"), vec![second, first]).expect("published");
        let expected = r#"{
  "schema": "renewals.manifest",
  "schema_version": 1,
  "run_id": "id",
  "tool_version": "0.1.0",
  "as_of": "2020-06-05",
  "policy": "2020-06-05",
  "files": [
    {
      "name": "a.csv",
      "rows": 1,
      "bytes": 2,
      "sha256": "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"
    },
    {
      "name": "b.csv",
      "rows": 0,
      "bytes": 0,
      "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    }
  ]
}
"#;
        assert_eq!(fs::read_to_string(out.join(MANIFEST_NAME)).expect("manifest"), expected);
    }

    #[test]
    fn checksums_satisfy_sha256sum() {
        let root = TempDir::new().expect("root");
        let out = publish(&root.path().join("out"), "one\n").expect("published");
        let check =
            || Command::new("sha256sum").args(["-c", "--strict", "--quiet", CHECKSUMS_NAME]).current_dir(&out).output();
        match check() {
            Ok(output) => assert!(output.status.success(), "{output:?}"),
            // Not every system has the program.
            Err(_) => return,
        }
        fs::write(out.join(REPORT), "two\n").expect("changed");
        assert!(!check().expect("run").status.success());
    }
}
