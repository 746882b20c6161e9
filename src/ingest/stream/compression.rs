//! Compressed input: what it is, told by its first bytes, and the bytes that it holds.
//!
//! What follows the compressed data, and data that ends too soon, are damage and not the end of the input: half an
//! export must not pass for a whole one. And since a few bytes can stand for any number, what they hold is bounded by
//! how many times larger it may be.

use super::zip::ZipReader;
use super::{ByteStream, StreamFault, Tap};
use crate::objects::ObjectError;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

/// A form of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// gzip (RFC 1952), of one or more members.
    Gzip,
    /// Zstandard (RFC 8878), of one or more frames.
    Zstandard,
    /// A ZIP archive of one file.
    Zip,
}

/// Bytes that are enough to tell a form of compression.
pub const MAGIC_BYTES: usize = 4;

/// Content up to this size is never too large, whatever its compressed size: small files compress best.
const ALWAYS_ALLOWED_BYTES: u64 = 64 * 1024 * 1024;

const BUFFER_BYTES: usize = 64 * 1024;

/// What the Zstandard library says of data with a window that is too large.
const WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

impl Compression {
    /// The form that begins with these bytes.
    pub const fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // A frame, or one that is to be skipped.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstandard),
            // A file, the end of an archive without files, or one in several parts.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Some(Self::Zip),
            _ => None,
        }
    }

    /// What data of a form that is not read are called, if they begin with these bytes.
    pub fn not_read(bytes: &[u8]) -> Option<&'static str> {
        Some(match bytes {
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => "xz data",
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => "bzip2 data",
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => "a 7z archive",
            [0x04, 0x22, 0x4d, 0x18, ..] => "LZ4 data",
            [b'R', b'a', b'r', b'!', 0x1a, 0x07, ..] => "a RAR archive",
            [0x1f, 0x9d, ..] => "data of `compress`",
            _ => return None,
        })
    }

    /// What messages call data of this form.
    pub const fn form(self) -> &'static str {
        match self {
            Self::Gzip | Self::Zstandard => self.noun(),
            Self::Zip => "a ZIP archive",
        }
    }

    /// The same after an article.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Gzip => "gzip data",
            Self::Zstandard => "Zstandard data",
            Self::Zip => "ZIP archive",
        }
    }

    /// What the compressed bytes of `stream` hold: at most `max_expansion` times as many as `tap` counted.
    ///
    /// # Errors
    /// A decoder cannot be made.
    pub fn decode(self, stream: ByteStream, tap: Arc<Tap>, max_expansion: u32) -> io::Result<ByteStream> {
        let input = BufReader::with_capacity(BUFFER_BYTES, stream);
        let form = self.noun();
        let bound = Bound { form, tap, max_expansion, bytes: 0 };
        let content: ByteStream = match self {
            Self::Gzip => Box::new(Bounded { content: GzipReader { decoder: Some(GzDecoder::new(input)) }, bound }),
            Self::Zstandard => Box::new(Bounded { content: zstd::Decoder::with_buffer(input)?, bound }),
            // It unpacks what it skips, too.
            Self::Zip => Box::new(ZipReader::new(input, bound)),
        };
        Ok(Box::new(Content { content, form }))
    }
}

/// How many bytes so many compressed ones may hold.
pub fn allowed_bytes(compressed: u64, max_expansion: u32) -> u64 {
    compressed.saturating_mul(u64::from(max_expansion)).max(ALWAYS_ALLOWED_BYTES)
}

/// How much compressed data may hold.
pub(super) struct Bound {
    form: &'static str,
    tap: Arc<Tap>,
    max_expansion: u32,
    bytes: u64,
}

impl Bound {
    /// Counts bytes that were unpacked.
    pub(super) fn count(&mut self, bytes: usize) -> io::Result<()> {
        self.bytes += bytes as u64;
        if self.bytes > allowed_bytes(self.tap.bytes(), self.max_expansion) {
            return Err(StreamFault::Expansion { form: self.form, times: self.max_expansion }.into());
        }
        Ok(())
    }
}

/// What is unpacked, within a bound.
struct Bounded<R> {
    content: R,
    bound: Bound,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.bound.count(count)?;
        Ok(count)
    }
}

/// The content of compressed data, with its damage told.
struct Content {
    content: ByteStream,
    form: &'static str,
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.content.read(buffer).map_err(|error| damage(error, self.form))
    }
}

/// An error of a decoder is one of the data, unless reading the data failed.
fn damage(error: io::Error, form: &'static str) -> io::Error {
    let is_fault = error.get_ref().is_some_and(|cause| cause.is::<StreamFault>() || cause.is::<ObjectError>());
    match error.kind() {
        _ if is_fault || error.raw_os_error().is_some() => error,
        io::ErrorKind::Interrupted => error,
        io::ErrorKind::UnexpectedEof => StreamFault::Truncated { form }.into(),
        _ if error.to_string() == WINDOW_TOO_LARGE => StreamFault::Window { form }.into(),
        _ => StreamFault::Damaged { form, reason: error.to_string() }.into(),
    }
}

/// The members of gzip data, one after the other.
struct GzipReader<R> {
    /// `None` after the last member.
    decoder: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for GzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let count = decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let mut rest = decoder.get_mut();
            match fill(&mut rest)? {
                [] => self.decoder = None,
                [0x1f] | [0x1f, 0x8b, ..] => {
                    self.decoder = self.decoder.take().map(|ended| GzDecoder::new(ended.into_inner()));
                }
                _ => return Err(StreamFault::Trailing { form: Compression::Gzip.noun() }.into()),
            }
        }
        Ok(0)
    }
}

/// The bytes that come next; none at the end.
pub(super) fn fill<R: BufRead>(input: &mut R) -> io::Result<&[u8]> {
    while let Err(error) = input.fill_buf() {
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    input.fill_buf()
}
