//! Publishing into object storage: the files of a run under a prefix of its own, then one manifest that names it.
//!
//! | key below `--out` | what it is |
//! |---|---|
//! | `manifest.json` | the manifest of the published run, with the prefix that its files have |
//! | `runs/RUN_ID/NAME` | the files of a run |
//!
//! The manifest is written on the condition that it is still the one that was there when the run began. So a reader
//! who begins with it finds a whole run, and of runs that were begun at the same time one is published. Files of earlier
//! runs stay, since somebody may be reading them; a lifecycle rule of the bucket can remove them.

use super::contents::{ContentReaders, check_contents};
use super::error::{PublishError, Refusal};
use super::held::HeldRun;
use super::manifest::{CHECKSUMS_NAME, MANIFEST_NAME, Manifest};
use super::staging::KEPT_REJECTS_START;
use super::temporary_directory::TemporaryDirectory;
use super::verify::VerifyProblem;
use crate::objects::{Bucket, Object, ObjectError, ObjectUrl, Version};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A prefix of a bucket that a run is published under.
#[derive(Debug)]
pub(super) struct Remote {
    bucket: Bucket,
    url: ObjectUrl,
    /// The manifest that was there when the run began.
    found: Option<(Manifest, Version)>,
    /// Where the run is put together.
    local: TemporaryDirectory,
}

impl Remote {
    /// Looks at what is published at an address, and makes room to put a run together.
    pub(super) fn begin(url: &ObjectUrl, bucket: &Bucket) -> Result<Self, PublishError> {
        bucket.check(url).map_err(|error| failed("publish into", url, &error).into_refusal())?;
        let found = read_pointer(bucket, url).map_err(PublishError::into_refusal)?;
        let remote = Self { bucket: bucket.clone(), url: url.clone(), found, local: TemporaryDirectory::create()? };
        remote.clear_rejects().map_err(PublishError::into_refusal)?;
        Ok(remote)
    }

    /// Where the run is put together.
    pub(super) fn local(&self) -> PathBuf {
        self.local.path().join("run")
    }

    /// The address, as a directory is named.
    pub(super) fn directory(&self) -> PathBuf {
        PathBuf::from(self.url.to_string())
    }

    /// The run that was published when this one began, if all its files are there in their sizes.
    pub(super) fn held(&self) -> Option<HeldRun> {
        let (manifest, _) = self.found.as_ref()?;
        let below = self.url.join(manifest.prefix.as_deref()?);
        let objects = Object::list(&self.bucket, &below).ok()?;
        let is_there = |name: &str, bytes: u64| {
            let url = below.join(name);
            objects.iter().any(|object| *object.url() == url && object.size() == bytes)
        };
        let is_whole = is_there(CHECKSUMS_NAME, manifest.checksums().len() as u64)
            && manifest.files.iter().all(|entry| is_there(&entry.name, entry.bytes));
        is_whole.then(|| HeldRun::remote(self.directory(), manifest.clone(), self.bucket.clone(), below))
    }

    /// Uploads a run that was put together, and names it.
    pub(super) fn publish(&self, manifest: Manifest) -> Result<Manifest, PublishError> {
        let prefix = format!("runs/{}", manifest.head.run_id);
        let below = self.url.join(&prefix);
        let names = manifest.files.iter().map(|entry| entry.name.as_str()).chain([CHECKSUMS_NAME, MANIFEST_NAME]);
        for name in names {
            let path = self.local().join(name);
            let file = File::open(&path).map_err(|cause| PublishError::io("read", &path, cause))?;
            let url = below.join(name);
            self.bucket.put(&url, file).map_err(|error| failed("write", &url, &error))?;
        }
        let url = self.url.join(MANIFEST_NAME);
        let manifest = Manifest { prefix: Some(prefix), ..manifest };
        let text = manifest.to_json().map_err(|cause| failed_io("write", &url, cause.into()))?;
        let version = self.found.as_ref().map(|(_, version)| version);
        match self.bucket.put_if(&url, text, version) {
            Ok(()) => Ok(manifest),
            Err(ObjectError::Changed { .. }) if self.names(&manifest)? => Ok(manifest),
            Err(ObjectError::Changed { .. }) => Err(PublishError::Overtaken { url: self.url.to_string() }),
            Err(error) => Err(failed("write", &url, &error)),
        }
    }

    /// Whether this very run is the published one: by another run that made the same, or by a request of ours whose
    /// answer was lost, so that it was made again.
    fn names(&self, manifest: &Manifest) -> Result<bool, PublishError> {
        let now = read_pointer(&self.bucket, &self.url)?;
        Ok(now.is_some_and(|(now, _)| now.head.run_id == manifest.head.run_id && now.files == manifest.files))
    }

    /// Keeps the rejects of a run that had too many, beside what is published.
    pub(super) fn keep_rejects(&self, rejects: &Path) -> Result<PathBuf, PublishError> {
        let url = self.rejects();
        let file = File::open(rejects).map_err(|cause| PublishError::io("read", rejects, cause))?;
        self.bucket.put(&url, file).map_err(|error| failed("write", &url, &error))?;
        Ok(PathBuf::from(url.to_string()))
    }

    /// Removes the rejects that an earlier run kept, and refuses to remove anything else.
    fn clear_rejects(&self) -> Result<(), PublishError> {
        let url = self.rejects();
        let refused = |error: ObjectError| failed("examine", &url, &error);
        let Some(object) = Object::at(&self.bucket, &url).map_err(refused)? else { return Ok(()) };
        let length = object.size().min(KEPT_REJECTS_START.len() as u64);
        if length == 0 || object.read_range(0..length).map_err(refused)? != KEPT_REJECTS_START {
            return Err(PublishError::refused(Path::new(&url.to_string()), Refusal::NameTaken));
        }
        self.bucket.delete(&url).map_err(|error| failed("remove", &url, &error))
    }

    fn rejects(&self) -> ObjectUrl {
        self.url.with_key(format!("{}.rejects.csv", self.url.key()))
    }
}

/// The manifest at an address and its version; `None` if there is none.
fn read_pointer(bucket: &Bucket, url: &ObjectUrl) -> Result<Option<(Manifest, Version)>, PublishError> {
    let url = url.join(MANIFEST_NAME);
    let Some((bytes, version)) = bucket.get(&url).map_err(|error| failed("read", &url, &error))? else {
        return Ok(None);
    };
    let problem = |problem| PublishError::Manifest { path: PathBuf::from(url.to_string()), problem };
    Ok(Some((Manifest::parse(&bytes).map_err(problem)?, version)))
}

/// Checks sizes and digests of the run that is published at an address.
///
/// # Errors
/// [`PublishError::Manifest`] if there is no usable manifest, [`PublishError::Io`] if something can't be read.
pub fn verify_objects(
    bucket: &Bucket,
    url: &ObjectUrl,
    readers: ContentReaders<'_>,
) -> Result<(Manifest, Vec<VerifyProblem>), PublishError> {
    let path = PathBuf::from(url.join(MANIFEST_NAME).to_string());
    let missing = || PublishError::Manifest { path: path.clone(), problem: super::ManifestProblem::Missing };
    let (manifest, _) = read_pointer(bucket, url)?.ok_or_else(missing)?;
    let below = url.join(manifest.prefix.as_deref().unwrap_or_default());
    let mut problems = Vec::new();
    for entry in &manifest.files {
        let url = below.join(&entry.name);
        let name = entry.name.clone();
        let found = Object::at(bucket, &url).map_err(|error| failed("read", &url, &error))?;
        let Some(object) = found else {
            problems.push(VerifyProblem::Missing { name });
            continue;
        };
        if object.size() != entry.bytes {
            problems.push(VerifyProblem::Size { name, expected: entry.bytes, found: object.size() });
            continue;
        }
        let problem = check_contents(&mut object.reader(), entry, &manifest.head, readers);
        problems.extend(problem.map_err(|cause| failed_io("read", &url, cause))?);
    }
    let checksums = bucket.get(&below.join(CHECKSUMS_NAME)).map_err(|error| failed("read", &below, &error))?;
    if checksums.is_none_or(|(bytes, _)| bytes != manifest.checksums().as_bytes()) {
        problems.push(VerifyProblem::Checksums);
    }
    Ok((manifest, problems))
}

/// An error about an object.
fn failed(operation: &'static str, url: &ObjectUrl, error: &ObjectError) -> PublishError {
    if matches!(error, ObjectError::Cancelled) {
        return PublishError::Cancelled;
    }
    // The kind tells what may do at another time from what is refused.
    let kind = match error {
        ObjectError::Unavailable { .. } => io::ErrorKind::HostUnreachable,
        _ => io::ErrorKind::Other,
    };
    failed_io(operation, url, io::Error::new(kind, error.reason()))
}

fn failed_io(operation: &'static str, url: &ObjectUrl, cause: io::Error) -> PublishError {
    PublishError::io(operation, Path::new(&url.to_string()), cause)
}

impl PublishError {
    /// Whether object storage did not answer.
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Io { cause, .. } if cause.kind() == io::ErrorKind::HostUnreachable)
    }

    /// An error of looking at what is there is a reason not to begin (exit code 73).
    fn into_refusal(self) -> Self {
        match self {
            error @ Self::Io { .. } if error.is_unavailable() => error,
            Self::Io { operation, path, cause } => Self::Setup { operation, path, cause },
            Self::Manifest { path, problem } => Self::Refused { path, reason: Refusal::NotPublished(problem) },
            error => error,
        }
    }
}
