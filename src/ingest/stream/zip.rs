//! A ZIP archive of one file, read from its first byte to its last (APPNOTE 6.3).
//!
//! The archive is read by the headers before its files, so that it need not be a file itself; all it says of a file is
//! checked once the file was read, and so is what the directory at its end says: an archive that was added to may hold
//! files that its directory no longer has. Directories are no files, and names with a leading `.` or `_` in any part are
//! skipped as in a directory of inputs.

use super::StreamFault;
use super::compression::{Bound, Compression, fill};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufRead, Read};

const FILE: [u8; 4] = *b"PK\x03\x04";
const DIRECTORY_ENTRY: [u8; 4] = *b"PK\x01\x02";
const DIRECTORY_SIGNATURE: [u8; 4] = *b"PK\x05\x05";
const LARGE_END: [u8; 4] = *b"PK\x06\x06";
const LARGE_END_LOCATOR: [u8; 4] = *b"PK\x06\x07";
const END: [u8; 4] = *b"PK\x05\x06";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

const IS_ENCRYPTED: u16 = 1;
/// Sizes and checksum follow the data.
const HAS_DESCRIPTOR: u16 = 1 << 3;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ZSTANDARD: u16 = 93;

/// The field of a header that holds numbers of more than 32 bits.
const LARGE_SIZES: u16 = 1;

/// Reads the content of the one file.
pub(super) struct ZipReader<R: BufRead> {
    state: State<R>,
    /// Files that have begun, those that are skipped among them.
    files: u64,
    /// The one file that is not skipped: where its header lies, what that says, and in the end what was found.
    file: Option<Entry>,
    /// What may be unpacked, of files that are skipped too.
    bound: Bound,
}

/// What must be the same in the header before a file and in the archive's directory.
#[derive(PartialEq, Eq)]
struct Entry {
    offset: u64,
    name: Vec<u8>,
    checksum: u32,
    compressed: u64,
    size: u64,
}

enum State<R: BufRead> {
    /// Before a header.
    Between(Input<R>),
    Data(Box<Data<R>>),
    Ended,
}

/// The archive's bytes, counted.
struct Input<R> {
    inner: R,
    consumed: u64,
}

/// A file that is being read.
struct Data<R: BufRead> {
    header: Header,
    decoder: Decoder<R>,
    begin: u64,
    /// Where the header lies.
    offset: u64,
    checksum: Crc,
    bytes: u64,
}

enum Decoder<R: BufRead> {
    Stored(io::Take<Input<R>>),
    Deflated(DeflateDecoder<Input<R>>),
    Zstandard(zstd::Decoder<'static, Input<R>>),
}

struct Header {
    flags: u16,
    method: u16,
    name: Vec<u8>,
    checksum: u32,
    compressed: u64,
    size: u64,
    is_skipped: bool,
}

impl<R: BufRead> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.consumed += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.consumed += count as u64;
        self.inner.consume(count);
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(decoder) => decoder.read(buffer),
            Self::Deflated(decoder) => decoder.read(buffer),
            Self::Zstandard(decoder) => decoder.read(buffer),
        }
    }
}

impl<R: BufRead> Decoder<R> {
    fn new(header: &Header, input: Input<R>) -> io::Result<Self> {
        match header.method {
            // Without a size before the data, nothing says where they end.
            STORED if header.flags & HAS_DESCRIPTOR == 0 => Ok(Self::Stored(input.take(header.compressed))),
            DEFLATED => Ok(Self::Deflated(DeflateDecoder::new(input))),
            ZSTANDARD => Ok(Self::Zstandard(zstd::Decoder::with_buffer(input)?.single_frame())),
            STORED => Err(refuse("holds a file whose size is not told before it")),
            method => {
                Err(refuse(&format!("is compressed by method {method}, not by deflate, Zstandard or not at all")))
            }
        }
    }

    fn into_inner(self) -> Input<R> {
        match self {
            Self::Stored(decoder) => decoder.into_inner(),
            Self::Deflated(decoder) => decoder.into_inner(),
            Self::Zstandard(decoder) => decoder.finish(),
        }
    }
}

fn refuse(reason: &str) -> io::Error {
    StreamFault::Archive { reason: reason.to_owned() }.into()
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

impl<R: BufRead> ZipReader<R> {
    pub(super) const fn new(inner: R, bound: Bound) -> Self {
        Self { state: State::Between(Input { inner, consumed: 0 }), files: 0, file: None, bound }
    }

    /// Goes on to the next file, or to the archive's end.
    fn begin(&mut self, mut input: Input<R>) -> io::Result<State<R>> {
        let offset = input.consumed;
        let signature: [u8; 4] = bytes(&mut input)?;
        if signature != FILE {
            let file = self.file.as_ref().ok_or_else(|| refuse("holds no file"));
            read_directory(&mut input, signature, self.files, file)?;
            return Ok(State::Ended);
        }
        let header = Header::read(&mut input)?;
        self.files += 1;
        if !header.is_skipped && self.file.is_some() {
            return Err(refuse("holds more than one file"));
        }
        let begin = input.consumed;
        let decoder = Decoder::new(&header, input)?;
        Ok(State::Data(Box::new(Data { header, decoder, begin, offset, checksum: Crc::new(), bytes: 0 })))
    }
}

impl<R: BufRead> Read for ZipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(input) => self.begin(input)?,
                State::Data(mut data) => {
                    let count = match data.decoder.read(buffer) {
                        Ok(count) => count,
                        Err(error) => {
                            self.state = State::Data(data);
                            return Err(error);
                        }
                    };
                    self.bound.count(count)?;
                    data.checksum.update(&buffer[..count]);
                    data.bytes += count as u64;
                    if count == 0 && !buffer.is_empty() {
                        State::Between(data.finish(&mut self.file)?)
                    } else if data.header.is_skipped {
                        State::Data(data)
                    } else {
                        self.state = State::Data(data);
                        return Ok(count);
                    }
                }
            }
        }
    }
}

impl<R: BufRead> Data<R> {
    /// Checks what was read against what the archive says of it, and notes it where it was not skipped.
    fn finish(self, file: &mut Option<Entry>) -> io::Result<Input<R>> {
        let Self { header, decoder, begin, offset, checksum, bytes } = self;
        let mut input = decoder.into_inner();
        let compressed = input.consumed - begin;
        let found = (checksum.sum(), compressed, bytes);
        if header.flags & HAS_DESCRIPTOR != 0 {
            skip_descriptor(&mut input, found)?;
        } else if header.method == STORED && compressed < header.compressed {
            return Err(io::ErrorKind::UnexpectedEof.into());
        } else if found != (header.checksum, header.compressed, header.size) {
            return Err(damaged("the file is not what its checksum and sizes say"));
        }
        if !header.is_skipped {
            let (checksum, compressed, size) = found;
            *file = Some(Entry { offset, name: header.name, checksum, compressed, size });
        }
        Ok(input)
    }
}

/// Passes over the checksum and sizes after a file, on whose signature and width writers disagree.
fn skip_descriptor(input: &mut impl Read, (checksum, compressed, size): (u32, u64, u64)) -> io::Result<()> {
    let wrong = || damaged("the file is not what the checksum and sizes after it say");
    let mut first: [u8; 4] = bytes(input)?;
    if first == DESCRIPTOR {
        first = bytes(input)?;
    }
    let sizes: [u8; 8] = bytes(input)?;
    let [low, high] =
        [&sizes[..4], &sizes[4..]].map(|half| half.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)));
    let is_narrow = (low, high) == (compressed, size);
    if first != checksum.to_le_bytes() || (!is_narrow && u64::from_le_bytes(sizes) != compressed) {
        return Err(wrong());
    }
    if is_narrow || u64::from_le_bytes(bytes(input)?) == size { Ok(()) } else { Err(wrong()) }
}

/// Reads the directory at the archive's end, from after the signature of its first part on, and checks that it has
/// `files` files, of which `file` alone is not skipped.
fn read_directory<R: BufRead>(
    input: &mut Input<R>,
    mut signature: [u8; 4],
    files: u64,
    file: io::Result<&Entry>,
) -> io::Result<()> {
    let mut listed = (0, 0);
    loop {
        let skipped = match signature {
            DIRECTORY_ENTRY => {
                let entry = Entry::read(input)?;
                listed.0 += 1;
                if !is_skipped(&entry.name) {
                    listed.1 += 1;
                    if file.as_ref().is_ok_and(|file| **file != entry) {
                        return Err(damaged("its directory tells of another file than the one that was read"));
                    }
                }
                0
            }
            DIRECTORY_SIGNATURE => u64::from(u16::from_le_bytes(bytes(input)?)),
            LARGE_END => u64::from_le_bytes(bytes(input)?),
            LARGE_END_LOCATOR => 16,
            END => {
                let fixed: [u8; 18] = bytes(input)?;
                skip(input, u64::from(u16::from_le_bytes([fixed[16], fixed[17]])))?;
                if !fill(input)?.is_empty() {
                    return Err(StreamFault::Trailing { form: Compression::Zip.noun() }.into());
                }
                file?;
                return match listed == (files, 1) {
                    true => Ok(()),
                    false => Err(damaged("its directory does not tell of the files that were read")),
                };
            }
            _ => return Err(damaged("something else stands where a file or the end is expected")),
        };
        skip(input, skipped)?;
        signature = bytes(input)?;
    }
}

impl Entry {
    /// Reads an entry of the directory, from after its signature on.
    fn read(input: &mut impl Read) -> io::Result<Self> {
        let fixed: [u8; 42] = bytes(input)?;
        let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let long = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let mut name = vec![0; usize::from(short(24))];
        input.read_exact(&mut name)?;
        let mut extra = vec![0; usize::from(short(26))];
        input.read_exact(&mut extra)?;
        skip(input, u64::from(short(28)))?;
        let mut entry = Self {
            offset: u64::from(long(38)),
            name,
            checksum: long(12),
            compressed: u64::from(long(16)),
            size: u64::from(long(20)),
        };
        widen(&extra, [&mut entry.size, &mut entry.compressed, &mut entry.offset]);
        Ok(entry)
    }
}

fn bytes<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn skip(input: &mut impl Read, count: u64) -> io::Result<()> {
    let skipped = io::copy(&mut input.take(count), &mut io::sink())?;
    if skipped == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

impl Header {
    /// Reads the header before a file, from after its signature on.
    fn read(input: &mut impl Read) -> io::Result<Self> {
        let fixed: [u8; 26] = bytes(input)?;
        let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let long = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let mut name = vec![0; usize::from(short(22))];
        input.read_exact(&mut name)?;
        let mut extra = vec![0; usize::from(short(24))];
        input.read_exact(&mut extra)?;
        // These come first in the workbooks of all common programs.
        if [&b"[Content_Types].xml"[..], b"_rels/.rels", b"docProps/app.xml", b"xl/workbook.xml"].contains(&&name[..]) {
            return Err(refuse("is an Excel workbook, which is read by position: give it as a file of its own"));
        }
        let mut header = Self {
            flags: short(2),
            method: short(4),
            checksum: long(10),
            compressed: u64::from(long(14)),
            size: u64::from(long(18)),
            is_skipped: is_skipped(&name),
            name,
        };
        if header.flags & IS_ENCRYPTED != 0 {
            return Err(refuse("is encrypted"));
        }
        widen(&extra, [&mut header.size, &mut header.compressed]);
        Ok(header)
    }
}

/// Takes numbers of more than 32 bits from the fields after the name, in their order there.
fn widen<const N: usize>(mut extra: &[u8], mut numbers: [&mut u64; N]) {
    while let [kind_low, kind_high, length_low, length_high, rest @ ..] = extra {
        let length = usize::from(u16::from_le_bytes([*length_low, *length_high])).min(rest.len());
        let (mut field, next) = rest.split_at(length);
        if u16::from_le_bytes([*kind_low, *kind_high]) == LARGE_SIZES {
            for number in &mut numbers {
                if **number == u64::from(u32::MAX)
                    && let Some((value, after)) = field.split_first_chunk()
                {
                    **number = u64::from_le_bytes(*value);
                    field = after;
                }
            }
        }
        extra = next;
    }
}

/// Whether a name is that of a directory, or of a file that is no input.
fn is_skipped(name: &[u8]) -> bool {
    name.ends_with(b"/") || name.split(|byte| *byte == b'/').any(is_hidden)
}

const fn is_hidden(part: &[u8]) -> bool {
    matches!(part, [b'.' | b'_', ..])
}
