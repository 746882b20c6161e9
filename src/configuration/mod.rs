//! What all configuration files have in common: reading their text, naming a place in it, and wording what is wrong.

mod place;
mod wording;

pub use place::Place;
pub use wording::{closest, excerpt, listed};

use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::thread;

/// Largest configuration file that is read; a real one is a page of text.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// Stack of the thread that reads a file, several times what the deepest text was seen to need.
const READER_STACK_BYTES: usize = 32 << 20;

/// Why a file's text cannot be had.
#[derive(Debug)]
pub enum TextProblem {
    /// There is no such file.
    NotFound,
    /// The file cannot be opened or read.
    Unreadable(io::Error),
    /// The file has more than [`FILE_BYTES_MAX`] bytes.
    TooLarge,
    /// The file is not UTF-8, from this place on.
    NotUtf8(Place),
}

/// The text of a file.
///
/// # Errors
/// A file that is not there, cannot be read, is too large, or is not UTF-8.
pub fn read_text(path: &str) -> Result<String, TextProblem> {
    let bytes = read_bytes(path).map_err(|reason| match reason.kind() {
        io::ErrorKind::NotFound => TextProblem::NotFound,
        _ => TextProblem::Unreadable(reason),
    })?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(TextProblem::TooLarge);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]);
        TextProblem::NotUtf8(Place::new(path, &before, valid))
    })
}

/// Reads a file to one byte past the limit, so that an endless one is noticed and not read.
fn read_bytes(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Opening a named pipe would wait for a writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    File::open(path)?.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether what kept a file from being read lies with the machine, and not with the file or the name that was given.
pub fn is_fault_of_machine(reason: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(reason),
        Some(
            Errno::AGAIN
                | Errno::INTR
                | Errno::IO
                | Errno::MFILE
                | Errno::NFILE
                | Errno::NOMEM
                | Errno::NOSPC
                | Errno::STALE
                | Errno::TIMEDOUT
        )
    )
}

/// Calls `read` on a thread with room for the deepest text.
///
/// The TOML crate follows tables by recursion, and limits tables and dotted keys to 80 levels each; one inside the
/// other they make thousands, more than the stack of an ordinary thread holds in a build without optimizations.
///
/// # Errors
/// The system has no thread for it.
pub fn with_deep_stack<T: Send>(read: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("configuration".to_owned()).stack_size(READER_STACK_BYTES);
        match builder.spawn_scoped(scope, read)?.join() {
            Ok(read) => Ok(read),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
