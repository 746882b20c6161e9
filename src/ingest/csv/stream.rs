//! A CSV stream: its header, read beforehand, and its pieces.

use super::cutter::PieceCutter;
use super::piece::Piece;
use super::source::CsvLayout;
use crate::ingest::error::IngestError;
use crate::ingest::read_options::ReadOptions;
use crate::ingest::stream::{ByteStream, Compression, Decoded, OpenStream, PARQUET_MAGIC, StreamOrigin, Tap};
use crate::ingest::text_encoding::{BYTE_ORDER_MARK_BYTES, TextEncoding};
use std::fmt;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// A CSV stream whose header was read.
pub struct CsvStream {
    /// What the header says.
    pub layout: Arc<CsvLayout>,
    /// Where it comes from.
    pub origin: StreamOrigin,
    encoding: TextEncoding,
    options: ReadOptions,
    /// The stream with the bytes that were read of it, if it cannot be opened again.
    begun: Mutex<Option<(Vec<u8>, OpenStream)>>,
}

impl fmt::Debug for CsvStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layout, origin, .. } = self;
        formatter.debug_struct("CsvStream").field("layout", layout).field("origin", origin).finish_non_exhaustive()
    }
}

/// Reads the pieces of a stream.
pub struct CsvStreamReader {
    cutter: PieceCutter,
    tap: Arc<Tap>,
    /// Bytes at the origin that the pieces so far stand for.
    taken: u64,
}

/// What is known of a stream once it was read.
#[derive(Clone, Copy, Debug)]
pub struct StreamEnd {
    /// Bytes at the origin.
    pub bytes: u64,
    /// BLAKE3 of these bytes.
    pub hash: blake3::Hash,
}

impl CsvStream {
    /// Reads the header.
    ///
    /// # Errors
    /// Reading fails, and those of [`CsvLayout::read`].
    pub fn open(origin: StreamOrigin, options: &ReadOptions) -> Result<Self, IngestError> {
        let mut stream = origin.open(options)?;
        let head = peek(&mut stream).map_err(|error| origin.explain(error, 0))?;
        let encoding = TextEncoding::tell(&head, options.encoding)
            .map_err(|reason| IngestError::Format { path: origin.path().to_owned(), reason })?;
        stream.bytes = decoded(stream.bytes, encoding);
        let wanted = CsvLayout::header_bytes(options);
        let mut bytes = Vec::new();
        (&mut stream.bytes).take(wanted).read_to_end(&mut bytes).map_err(|error| origin.explain(error, 0))?;
        if bytes.starts_with(PARQUET_MAGIC) {
            return Err(IngestError::ParquetStream { path: origin.path().to_owned(), form: stream.form });
        }
        if Compression::of(&bytes).is_some() {
            let reason = format!("{} holds what is compressed once more", stream.form);
            return Err(IngestError::Format { path: origin.path().to_owned(), reason });
        }
        let is_whole = (bytes.len() as u64) < wanted;
        let layout = Arc::new(CsvLayout::read(origin.path(), &bytes, is_whole, options)?);
        let begun = (!origin.is_repeatable()).then_some((bytes, stream));
        Ok(Self { layout, origin, encoding, options: options.clone(), begun: Mutex::new(begun) })
    }

    /// The encoding that it is read in.
    pub const fn encoding(&self) -> TextEncoding {
        self.encoding
    }

    /// A reader of the pieces, of some `piece_bytes` bytes each.
    ///
    /// # Errors
    /// Reading fails.
    pub fn start(&self, piece_bytes: u64) -> Result<CsvStreamReader, IngestError> {
        const SMALLEST_LONGEST: u64 = 64 * 1024;
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (head, OpenStream { bytes, tap, .. }) = match begun {
            Some(begun) => begun,
            None => {
                let OpenStream { bytes, tap, form } = self.origin.open(&self.options)?;
                (Vec::new(), OpenStream { bytes: decoded(bytes, self.encoding), tap, form })
            }
        };
        let mut stream = Cursor::new(head).chain(bytes);
        let data_start = self.layout.data_start;
        io::copy(&mut (&mut stream).take(data_start), &mut io::sink())
            .map_err(|error| self.origin.explain(error, 0))?;
        // In a piece within the limit of a record, no record need be judged by its length.
        let piece_bytes = piece_bytes.min(SMALLEST_LONGEST.max(self.layout.max_record_bytes as u64));
        let cutter = PieceCutter::new(Box::new(stream), data_start, piece_bytes as usize);
        Ok(CsvStreamReader { cutter, tap, taken: 0 })
    }
}

/// The first bytes of a stream, enough for a byte order mark; they are read again.
fn peek(stream: &mut OpenStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    (&mut stream.bytes).take(BYTE_ORDER_MARK_BYTES as u64).read_to_end(&mut head)?;
    let rest = std::mem::replace(&mut stream.bytes, Box::new(io::empty()));
    stream.bytes = Box::new(Cursor::new(head.clone()).chain(rest));
    Ok(head)
}

/// A stream as UTF-8; one that should be UTF-8 is passed on as it is, byte order mark included.
fn decoded(bytes: ByteStream, encoding: TextEncoding) -> ByteStream {
    match encoding {
        TextEncoding::Utf8 => bytes,
        encoding => Box::new(Decoded::new(bytes, encoding)),
    }
}

impl CsvStreamReader {
    /// Reads the next piece, and tells how many bytes at the origin it stands for.
    ///
    /// # Errors
    /// Reading fails.
    pub fn next(&mut self, stream: &CsvStream, piece: &mut Piece) -> Result<u64, IngestError> {
        let outcome = self.cutter.next(&stream.layout, piece);
        outcome.map_err(|error| stream.origin.explain(error, self.cutter.offset()))?;
        let taken = self.tap.bytes();
        let bytes = taken - self.taken;
        self.taken = taken;
        Ok(bytes)
    }

    /// What is known after the last piece.
    pub fn end(&self) -> StreamEnd {
        StreamEnd { bytes: self.tap.bytes(), hash: self.tap.hash() }
    }
}
