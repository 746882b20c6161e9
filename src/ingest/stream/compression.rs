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

    /// What messages call data of this form.
    pub const fn form(self) -> &'static str {
        match self {
            Self::Gzip => "gzip data",
            Self::Zstandard => "Zstandard data",
            Self::Zip => "a ZIP archive",
        }
    }

    /// What the compressed bytes of `stream` hold: at most `max_expansion` times as many as `tap` counted.
    ///
    /// # Errors
    /// A decoder cannot be made.
    pub fn decode(self, stream: ByteStream, tap: Arc<Tap>, max_expansion: u32) -> io::Result<ByteStream> {
        let input = BufReader::with_capacity(BUFFER_BYTES, stream);
        let content: ByteStream = match self {
            Self::Gzip => Box::new(GzipReader { decoder: Some(GzDecoder::new(input)) }),
            Self::Zstandard => Box::new(zstd::Decoder::with_buffer(input)?),
            Self::Zip => Box::new(ZipReader::new(input)),
        };
        Ok(Box::new(Content { content, compression: self, tap, max_expansion, bytes: 0 }))
    }
}

/// The content of compressed data, with its damage told and its size bounded.
struct Content {
    content: ByteStream,
    compression: Compression,
    tap: Arc<Tap>,
    max_expansion: u32,
    bytes: u64,
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let form = self.compression.form();
        let count = self.content.read(buffer).map_err(|error| damage(error, form))?;
        self.bytes += count as u64;
        let allowed = self.tap.bytes().saturating_mul(u64::from(self.max_expansion)).max(ALWAYS_ALLOWED_BYTES);
        if self.bytes > allowed {
            return Err(StreamFault::Expansion { form, times: self.max_expansion }.into());
        }
        Ok(count)
    }
}

/// An error of a decoder is one of the data, unless reading the data failed.
fn damage(error: io::Error, form: &'static str) -> io::Error {
    let is_fault = error.get_ref().is_some_and(|cause| cause.is::<StreamFault>() || cause.is::<ObjectError>());
    match error.kind() {
        _ if is_fault || error.raw_os_error().is_some() => error,
        io::ErrorKind::Interrupted => error,
        io::ErrorKind::UnexpectedEof => StreamFault::Truncated { form }.into(),
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
                _ => return Err(StreamFault::Trailing { form: Compression::Gzip.form() }.into()),
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
