//! What is in the files of a published run, by the files themselves.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use super::manifest::{FileEntry, ManifestHead};
use super::staged_file::hexadecimal;
use super::verify::VerifyProblem;

/// Bytes read at a time.
const READ_BYTES: usize = 1 << 20;

/// What a file of a run tells by itself of what the manifest says, as far as its form tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Its rows, without a header.
    pub rows: Option<u64>,
    /// The run that it is of.
    pub head: Option<ManifestHead>,
}

/// Takes the bytes of a file in order, and tells what is in it.
pub trait ContentReader: Write {
    /// What is in the file, after its last byte.
    ///
    /// # Errors
    /// Why that cannot be told.
    fn finish(self: Box<Self>) -> Result<Contents, String>;
}

/// Gives for a file's name what reads such files; `None` where nothing is to be told of them.
pub type ContentReaders<'a> = &'a dyn Fn(&str) -> Option<Box<dyn ContentReader>>;

/// Checks the digest of a file whose size is right, and what is in it, in one reading.
pub(super) fn check_contents(
    file: &mut impl Read,
    entry: &FileEntry,
    head: &ManifestHead,
    readers: ContentReaders<'_>,
) -> io::Result<Option<VerifyProblem>> {
    let mut reader = readers(&entry.name);
    let mut unread = None;
    let found = digest_beside(file, |bytes| {
        if let (Some(reader), None) = (&mut reader, &unread) {
            unread = reader.write_all(bytes).err();
        }
    })?;
    let name = entry.name.clone();
    if found != entry.sha256 {
        return Ok(Some(VerifyProblem::Digest { name, expected: entry.sha256.clone(), found }));
    }
    let contents = match (unread, reader) {
        (Some(cause), _) => Err(cause.to_string()),
        (None, Some(reader)) => reader.finish(),
        (None, None) => Ok(Contents::default()),
    };
    Ok(match contents {
        Err(reason) => Some(VerifyProblem::Unreadable { name, reason }),
        Ok(Contents { head: Some(found), .. }) if found != *head => Some(VerifyProblem::OtherRun { name }),
        Ok(Contents { rows: Some(found), .. }) if found != entry.rows => {
            Some(VerifyProblem::Rows { name, expected: entry.rows, found })
        }
        Ok(_) => None,
    })
}

pub(super) fn digest(file: &mut impl Read) -> io::Result<String> {
    digest_beside(file, |_| {})
}

/// The digest of a file, whose bytes are passed on in order.
fn digest_beside(file: &mut impl Read, mut pass_on: impl FnMut(&[u8])) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hexadecimal(&hasher.finalize())),
            Ok(length) => {
                hasher.update(&buffer[..length]);
                pass_on(&buffer[..length]);
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::testing::{REPORT, head, publish};
    use super::super::{read_manifest, verify};
    use super::*;

    /// Says of every file that it has seven rows and is of a run.
    struct Seven(&'static str, bool);

    impl Write for Seven {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.1 { Ok(bytes.len()) } else { Err(io::Error::other("no such form")) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl ContentReader for Seven {
        fn finish(self: Box<Self>) -> Result<Contents, String> {
            Ok(Contents { rows: Some(7), head: Some(head(self.0)) })
        }
    }

    #[test]
    fn verify_asks_what_is_in_the_files() {
        let root = TempDir::new().expect("root");
        let out = publish(&root.path().join("out"), "text\n").expect("published");
        let found = |run: &'static str, is_read: bool| {
            verify(&out, &|_| Some(Box::new(Seven(run, is_read)))).expect("verified")
        };
        let name = || REPORT.to_owned();
        let id = read_manifest(&out).expect("manifest").head.run_id;
        assert_eq!(found(id.leak(), true), [VerifyProblem::Rows { name: name(), expected: 1, found: 7 }]);
        assert_eq!(found("another", true), [VerifyProblem::OtherRun { name: name() }]);
        assert_eq!(
            found("another", false),
            [VerifyProblem::Unreadable { name: name(), reason: "no such form".to_owned() }]
        );
    }
}
