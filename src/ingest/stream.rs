//! Inputs that are read once, from the first byte to the last: their length is known only at the end.
//!
//! Any `Read + Send` can be one. What a run sees of it is [`StreamOrigin::open`]: the bytes as they lie, hashed and
//! counted by a [`Tap`], and then what is wrapped around them, the last of which must give CSV in UTF-8:
//!
//! ```text
//! file, object or standard input → Tap → what it holds compressed, by its first bytes → (more readers) → PieceCutter
//! ```
//!
//! To read another encoding or form of text, wrap a `Read` around the stream in [`StreamOrigin::open`], and have
//! `Input::open` make such an input a stream rather than a file read by position. Offsets of rejects are those in what
//! comes out of the last reader, lines are its line feeds; size, hash and progress are those of what lies on the disk. A
//! reader tells what is wrong with the content by a [`StreamFault`] as its error; any other error is one of the system.
//! It must read what it wraps to its end, or the hash is not that of the whole.

use super::error::IngestError;
use super::file::InputFile;
use super::read_options::ReadOptions;
use crate::objects::{Object, ObjectError};
use compression::MAGIC_BYTES;
use std::fmt;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

mod compression;
mod decoded;
mod standard_input;
#[cfg(test)]
mod tests;
mod zip;

pub use compression::{Compression, allowed_bytes};
pub use decoded::Decoded;
pub use standard_input::StandardInput;

/// Bytes that come one after the other.
pub type ByteStream = Box<dyn Read + Send>;

/// Tells whether the run is to end; asked while nothing comes.
#[derive(Clone)]
pub struct Cancellation(Arc<dyn Fn() -> bool + Send + Sync>);

impl Cancellation {
    /// A run that is to end once `is_cancelled` says so.
    pub fn new(is_cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_cancelled))
    }

    /// A run that nothing ends.
    pub fn never() -> Self {
        Self::new(|| false)
    }

    /// Whether the run is to end now.
    pub fn is_cancelled(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Cancellation").field(&self.is_cancelled()).finish()
    }
}

/// Largest window of Zstandard data, which is held in memory: what `zstd` itself unpacks when nothing else is said.
const WINDOW_MEBIBYTES: u32 = 128;

/// What is wrong with the content of a stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    /// A record that is judged only after more bytes than can be held.
    #[error("a record that is too long opens a quote that is not closed within {line_bytes} bytes")]
    Endless {
        /// Bytes that were held.
        line_bytes: u64,
    },
    /// Compressed data that are not what they should be.
    #[error("the {form} is damaged: {reason}")]
    Damaged {
        /// What they are.
        form: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// Compressed data that end too soon.
    #[error("the {form} is cut short")]
    Truncated {
        /// What they are.
        form: &'static str,
    },
    /// Something else after compressed data.
    #[error("something else follows the {form}")]
    Trailing {
        /// What they are.
        form: &'static str,
    },
    /// Compressed data that take more memory to unpack than there is for it.
    #[error("the {form} needs a window of more than {WINDOW_MEBIBYTES} MiB to be unpacked")]
    Window {
        /// What they are.
        form: &'static str,
    },
    /// Compressed data that hold more than is allowed.
    #[error("the {form} holds more than {times} times its size, which --max-expansion forbids")]
    Expansion {
        /// What they are.
        form: &'static str,
        /// How many times larger the content may be.
        times: u32,
    },
    /// A ZIP archive that is not of one readable file.
    #[error("the ZIP archive {reason}")]
    Archive {
        /// What it is instead.
        reason: String,
    },
    /// The input was changed while it was read.
    #[error("the input changed while it was read")]
    Changed,
    /// The run is to end.
    #[error("interrupted")]
    Cancelled,
}

impl StreamFault {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Endless { .. } => {
                "give this input as a plain file, which can be read twice, or raise --max-record-bytes"
            }
            Self::Damaged { .. } | Self::Truncated { .. } => {
                "the input may be damaged or half transferred; fetch it again from its source"
            }
            Self::Trailing { .. } => "the input may be two files in one, or padded; unpack it by hand and look",
            Self::Window { .. } => "compress it without `--ultra`, or with `--long=27` at most",
            Self::Expansion { .. } => "raise --max-expansion if this is a real export; it may be made to fill a disk",
            Self::Archive { .. } => "an archive must hold one CSV file; unpack it and give its files",
            Self::Changed => "let the export finish before the run starts, or read a copy",
            Self::Cancelled => "run again",
        }
    }
}

impl From<StreamFault> for io::Error {
    fn from(fault: StreamFault) -> Self {
        Self::other(fault)
    }
}

/// How a Parquet file begins.
pub const PARQUET_MAGIC: &[u8] = b"PAR1";

/// Where the bytes of a stream lie.
#[derive(Debug)]
pub enum StreamOrigin {
    /// A file, which can be read again.
    File(InputFile),
    /// An object of object storage, which can, too.
    Object(Object),
    /// Standard input, which cannot.
    StandardInput(StandardInput),
}

/// A stream that was opened.
pub struct OpenStream {
    /// The bytes that are read as CSV.
    pub bytes: ByteStream,
    /// Size and hash of what lies at the origin.
    pub tap: Arc<Tap>,
    /// What messages call that which the bytes are read from.
    pub form: &'static str,
}

impl StreamOrigin {
    /// The path as given, or as found.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(file) => file.path(),
            Self::Object(object) => object.path(),
            Self::StandardInput(input) => input.path(),
        }
    }

    /// The file, if it is one.
    pub const fn file(&self) -> Option<&InputFile> {
        match self {
            Self::File(file) => Some(file),
            Self::Object(_) | Self::StandardInput(_) => None,
        }
    }

    /// Size in bytes of what lies there, if it is known beforehand.
    pub const fn size(&self) -> Option<u64> {
        match self {
            Self::File(file) => Some(file.size()),
            Self::Object(object) => Some(object.size()),
            Self::StandardInput(_) => None,
        }
    }

    /// Whether it can be opened more than once.
    pub const fn is_repeatable(&self) -> bool {
        !matches!(self, Self::StandardInput(_))
    }

    /// The bytes as they lie there.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn read(&self) -> Result<ByteStream, IngestError> {
        Ok(match self {
            Self::File(file) => Box::new(file.reader()?),
            Self::Object(object) => Box::new(object.reader()),
            Self::StandardInput(input) => Box::new(input.open()?),
        })
    }

    /// Begins to read.
    ///
    /// # Errors
    /// It cannot be opened or read.
    pub fn open(&self, options: &ReadOptions) -> Result<OpenStream, IngestError> {
        let origin = self.read()?;
        let tap = Arc::new(Tap::default());
        let cancellation = options.cancellation.clone();
        let tapped: ByteStream = Box::new(Tapped { inner: origin, tap: tap.clone(), cancellation });
        self.unpack(tapped, tap, options).map_err(|error| self.explain(error, 0))
    }

    /// Wraps a decoder around compressed bytes.
    fn unpack(&self, mut stream: ByteStream, tap: Arc<Tap>, options: &ReadOptions) -> io::Result<OpenStream> {
        let mut magic = Vec::new();
        (&mut stream).take(MAGIC_BYTES as u64).read_to_end(&mut magic)?;
        let compression = Compression::of(&magic);
        let form = match (compression, self) {
            (Some(compression), _) => compression.form(),
            (None, Self::StandardInput(_)) => "standard input",
            (None, Self::File(_) | Self::Object(_)) => "a stream",
        };
        let stream: ByteStream = Box::new(Cursor::new(magic).chain(stream));
        let bytes = match compression {
            Some(compression) => compression.decode(stream, tap.clone(), options.max_expansion)?,
            None => stream,
        };
        Ok(OpenStream { bytes, tap, form })
    }

    /// Checks that what was read is still what lies there.
    ///
    /// # Errors
    /// It was changed in between.
    pub fn check_unchanged(&self) -> Result<(), IngestError> {
        match self {
            Self::File(file) => file.check_unchanged(),
            Self::Object(object) => check_object(object),
            Self::StandardInput(input) => input.check_unchanged(),
        }
    }

    /// The error of a run that a failed read ended at `offset` of the stream.
    pub fn explain(&self, error: io::Error, offset: u64) -> IngestError {
        let error = match error.downcast::<ObjectError>() {
            Ok(error) => return IngestError::from_object(self.path(), offset, error, true),
            Err(error) => error,
        };
        if matches!(error.get_ref().and_then(|cause| cause.downcast_ref()), Some(StreamFault::Cancelled)) {
            return IngestError::Cancelled;
        }
        // What looks damaged may have been half written over.
        if let Err(changed) = self.check_unchanged() {
            return changed;
        }
        let path = self.path().to_owned();
        match error.downcast::<StreamFault>() {
            Ok(StreamFault::Changed) => IngestError::Changed { path },
            Ok(fault) => IngestError::Stream { path, fault },
            Err(source) => IngestError::Read { path, offset, source },
        }
    }
}

/// Checks that an object is still the one that was found.
///
/// # Errors
/// It was changed in between, or the request fails.
pub fn check_object(object: &Object) -> Result<(), IngestError> {
    match object.is_unchanged() {
        Ok(true) => Ok(()),
        Ok(false) => Err(IngestError::Changed { path: object.path().to_owned() }),
        Err(error) => Err(IngestError::from_object(object.path(), object.size(), error, true)),
    }
}

/// Size and hash of the bytes that have come by.
#[derive(Debug, Default)]
pub struct Tap(Mutex<(u64, blake3::Hasher)>);

impl Tap {
    /// Bytes that have come by.
    pub fn bytes(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// BLAKE3 of the bytes that have come by.
    pub fn hash(&self) -> blake3::Hash {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.finalize()
    }
}

/// A stream that a [`Tap`] counts and hashes.
///
/// Whatever is wrapped around it can read for long without giving anything, so it is here that a run ends in time.
struct Tapped {
    inner: ByteStream,
    tap: Arc<Tap>,
    cancellation: Cancellation,
}

impl Read for Tapped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancellation.is_cancelled() {
            return Err(StreamFault::Cancelled.into());
        }
        let count = self.inner.read(buffer)?;
        let mut state = self.tap.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 += count as u64;
        state.1.update(&buffer[..count]);
        drop(state);
        Ok(count)
    }
}

/// Reads some bytes; none at the end.
///
/// # Errors
/// Reading fails.
pub fn read_some(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
