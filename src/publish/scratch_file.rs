//! A file without a name, for what a run must put aside until it can be written into a file of its own.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use super::error::PublishError;

/// A file in the file system of the output directory that nobody else sees, and that is gone when it is closed,
/// whatever ends the run.
///
/// Its errors are [`PublishError`]s inside: `error.downcast::<PublishError>()` gives one back.
#[derive(Debug)]
pub struct ScratchFile {
    file: File,
    path: PathBuf,
}

impl ScratchFile {
    /// Creates the file under a name that must not exist, and takes the name away.
    pub(super) fn create(path: PathBuf) -> Result<Self, PublishError> {
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(|cause| PublishError::io("create", &path, cause))?;
        fs::remove_file(&path).map_err(|cause| PublishError::io("remove", &path, cause))?;
        Ok(Self { file, path })
    }

    /// The file itself, to be read and written by position.
    pub fn into_file(self) -> File {
        self.file
    }

    fn error(&self, operation: &'static str, cause: io::Error) -> io::Error {
        PublishError::io(operation, &self.path, cause).into()
    }
}

impl Write for ScratchFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|cause| self.error("write", cause))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for ScratchFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer).map_err(|cause| self.error("read", cause))
    }
}

impl Seek for ScratchFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position).map_err(|cause| self.error("read", cause))
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::Publication;
    use super::super::testing::names;
    use super::*;

    #[test]
    fn keeps_what_is_written_and_leaves_no_name() {
        let root = TempDir::new().expect("root");
        let publication = Publication::begin(&root.path().join("out")).expect("begun");
        let mut files = ["a", "b"].map(|name| publication.scratch(name).expect("created"));
        for (index, file) in files.iter_mut().enumerate() {
            file.write_all(format!("content {index}").as_bytes()).expect("written");
        }
        let staging = names(root.path()).into_iter().find(|name| name.contains("staging")).expect("staging");
        assert_eq!(names(&root.path().join(staging)), [""; 0]);
        for (index, file) in files.iter_mut().enumerate() {
            let mut text = String::new();
            file.rewind().expect("rewound");
            file.read_to_string(&mut text).expect("read");
            assert_eq!(text, format!("content {index}"));
        }
    }
}
