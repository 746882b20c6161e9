//! The run that the output directory holds when another one begins.

use std::fs;
use std::path::PathBuf;

use crate::objects::{Bucket, ObjectUrl};
use sha2::{Digest, Sha256};

use super::manifest::{Manifest, open_regular, read_manifest};
use super::staged_file::hexadecimal;

/// A published run, every file of which is there in the size that its manifest says.
///
/// Contents are not read, so a file that was changed without changing its size goes unnoticed; [`verify`] reads them.
///
/// [`verify`]: super::verify
#[derive(Debug)]
pub struct HeldRun {
    /// The published directory.
    pub directory: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// Where its files lie, if in object storage.
    objects: Option<(Bucket, ObjectUrl)>,
}

impl HeldRun {
    /// The run in `directory`; `None` if there is none, or not all of one.
    pub(super) fn find(directory: PathBuf) -> Option<Self> {
        let manifest = read_manifest(&directory).ok()?;
        let is_there = |name: &str, bytes: u64| {
            let file = open_regular(&directory.join(name)).ok().flatten();
            file.and_then(|file| file.metadata().ok()).is_some_and(|metadata| metadata.len() == bytes)
        };
        let checksums = manifest.checksums();
        let is_whole = is_there(super::CHECKSUMS_NAME, checksums.len() as u64)
            && manifest.files.iter().all(|entry| is_there(&entry.name, entry.bytes));
        is_whole.then_some(Self { directory, manifest, objects: None })
    }

    /// A run in object storage, whose files lie below an address.
    pub(super) fn remote(directory: PathBuf, manifest: Manifest, bucket: Bucket, below: ObjectUrl) -> Self {
        Self { directory, manifest, objects: Some((bucket, below)) }
    }

    /// The content of one of its files, if it is what the manifest says.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.manifest.files.iter().find(|entry| entry.name == name)?;
        let bytes = match &self.objects {
            Some((bucket, below)) => bucket.get(&below.join(name)).ok()??.0.to_vec(),
            None => fs::read(self.directory.join(name)).ok()?,
        };
        (hexadecimal(&Sha256::digest(&bytes)) == entry.sha256).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::testing::{REPORT, publish};
    use super::super::{CHECKSUMS_NAME, MANIFEST_NAME};
    use super::*;

    #[test]
    fn a_run_is_held_only_whole() {
        let root = TempDir::new().expect("root");
        assert!(HeldRun::find(root.path().join("none")).is_none());
        let out = publish(&root.path().join("out"), "one\n").expect("published");
        let held = HeldRun::find(out.clone()).expect("whole");
        assert_eq!(held.read(REPORT).expect("as listed"), b"one\n");
        assert!(held.read("other.csv").is_none());
        for name in [REPORT, CHECKSUMS_NAME, MANIFEST_NAME] {
            let bytes = fs::read(out.join(name)).expect("read");
            fs::remove_file(out.join(name)).expect("removed");
            assert!(HeldRun::find(out.clone()).is_none(), "{name} is missing");
            fs::write(out.join(name), &bytes[1..]).expect("shortened");
            assert!(HeldRun::find(out.clone()).is_none(), "{name} is too short");
            fs::write(out.join(name), bytes).expect("put back");
        }
        fs::write(out.join(REPORT), "two\n").expect("changed");
        let held = HeldRun::find(out).expect("sizes are right");
        assert!(held.read(REPORT).is_none(), "a content that is not the manifest's is not given out");
    }
}
