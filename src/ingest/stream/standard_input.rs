//! Standard input as a stream, which ends a run in time although nothing comes.

use super::{Cancellation, StreamFault};
use crate::ingest::error::IngestError;
use crate::ingest::file::FileState;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;

/// What standard input is called on the command line and in rejects.
pub const NAME: &str = "-";

/// Standard input.
#[derive(Debug)]
pub struct StandardInput {
    file: File,
    /// What must not change, if it is a file.
    state: Option<FileState>,
    cancellation: Cancellation,
}

impl StandardInput {
    /// Takes standard input; `cancellation` is asked while nothing comes.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn take(cancellation: Cancellation) -> Result<Self, IngestError> {
        let refuse = |source| IngestError::Open { path: NAME.into(), source };
        let file = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(refuse)?);
        let metadata = file.metadata().map_err(refuse)?;
        if metadata.is_dir() {
            return Err(refuse(io::ErrorKind::IsADirectory.into()));
        }
        let state = metadata.is_file().then(|| FileState::from(&metadata));
        Ok(Self { file, state, cancellation })
    }

    /// What it is called.
    pub fn path(&self) -> &Path {
        Path::new(NAME)
    }

    /// A reader of what has not been read yet.
    pub(super) fn open(&self) -> Result<StandardInputReader, IngestError> {
        let file = self.file.try_clone().map_err(|source| IngestError::Open { path: NAME.into(), source })?;
        Ok(StandardInputReader { file, cancellation: self.cancellation.clone() })
    }

    /// Checks that a file is still what it was.
    pub(super) fn check_unchanged(&self) -> Result<(), IngestError> {
        let Some(state) = &self.state else { return Ok(()) };
        let metadata = self.file.metadata();
        let metadata = metadata.map_err(|source| IngestError::Read { path: NAME.into(), offset: 0, source })?;
        if FileState::from(&metadata) == *state { Ok(()) } else { Err(IngestError::Changed { path: NAME.into() }) }
    }
}

/// Reads standard input.
pub(super) struct StandardInputReader {
    file: File,
    cancellation: Cancellation,
}

impl Read for StandardInputReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        // A signal ends the waiting early.
        while matches!(
            poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&PAUSE)),
            Ok(0) | Err(rustix::io::Errno::INTR)
        ) {
            if self.cancellation.is_cancelled() {
                return Err(StreamFault::Cancelled.into());
            }
        }
        self.file.read(buffer)
    }
}
