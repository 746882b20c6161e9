//! A CSV file: its delimiter, its header, and where its rows begin.

use super::framing::{FieldSpan, Scanner, Step};
use super::record::FieldIndexes;
use crate::ingest::column::{Column, ColumnHeaders, ColumnPositions, HeaderProblem, find_columns, other_headers};
use crate::ingest::error::IngestError;
use crate::ingest::file::InputFile;
use crate::ingest::mapping::Mapping;
use crate::ingest::read_options::ReadOptions;
use crate::ingest::stream::Compression;
use std::path::Path;
use std::sync::Arc;

/// A CSV file whose header was read.
#[derive(Debug)]
pub struct CsvSource {
    /// The file.
    pub file: InputFile,
    /// What its header says.
    pub layout: Arc<CsvLayout>,
}

/// What the header of a CSV input says about the rest of it.
#[derive(Clone, Debug)]
pub struct CsvLayout {
    /// Comma, tab or semicolon.
    pub delimiter: u8,
    /// Where the known columns stand.
    pub fields: FieldIndexes,
    /// Where the columns from `partner_id` to `level` begin and end, if they stand together in that order.
    pub offer_fields: Option<(u32, u32)>,
    /// Number of fields of the header, which every record must have.
    pub field_count: usize,
    /// Offset of the first byte after the header.
    pub data_start: u64,
    /// Line feeds before that byte.
    pub lines_before_data: u64,
    /// Longest record allowed, in bytes without its line ending.
    pub max_record_bytes: usize,
    /// How the file is mapped onto the specification, if it is written otherwise.
    pub mapping: Option<Arc<Mapping>>,
    /// The header's names, in order.
    pub names: Vec<String>,
}

/// The delimiters that a file may have, in the order in which they are tried.
pub const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];

/// Bytes of a file that its header is looked for in at first.
pub const BEGINNING_BYTES: u64 = 16 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

struct Header {
    names: Vec<String>,
    next: usize,
    line: u64,
    lines_after: u64,
}

impl CsvSource {
    /// Reads the header.
    ///
    /// # Errors
    /// As those of [`CsvLayout::read`].
    pub fn open(file: InputFile, options: &ReadOptions) -> Result<Self, IngestError> {
        let longest = file.size().min(CsvLayout::header_bytes(options));
        // Files that are no longer than the longest header would be read twice, all of them before the first row.
        let mut length = longest.min(BEGINNING_BYTES);
        loop {
            let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
            file.read_at(&mut bytes, 0)?;
            if length == longest || holds_header(&bytes) {
                let layout = Arc::new(CsvLayout::read(file.path(), &bytes, length == file.size(), options)?);
                return Ok(Self { file, layout });
            }
            length = longest.min(length * 8);
        }
    }

    /// Holds the layout of another source rather than its own, if they are the same: of thousands of files most have one.
    pub fn share_layout(&mut self, other: &Self) {
        if self.layout.is_same(&other.layout) {
            self.layout = other.layout.clone();
        }
    }
}

/// Whether the header ends in the first bytes of a file, by whatever delimiter they are read.
fn holds_header(bytes: &[u8]) -> bool {
    let mut fields = Vec::new();
    DELIMITERS.into_iter().all(|delimiter| {
        let mut scanner = Scanner::new(bytes, first_record(bytes), delimiter, false);
        let mut step = scanner.next_record(&mut fields);
        while step == Step::Blank {
            step = scanner.next_record(&mut fields);
        }
        step != Step::Incomplete
    })
}

/// Where the first record may begin.
fn first_record(bytes: &[u8]) -> usize {
    if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

impl CsvLayout {
    /// How many first bytes are enough for any header within the record limit.
    pub const fn header_bytes(options: &ReadOptions) -> u64 {
        const SLACK: u64 = 1024;
        options.max_record_bytes as u64 + SLACK
    }

    /// Reads the header from the first `bytes` of an input, and tells the delimiter by it: the one under which the
    /// known columns are found, and the most of them where constants leave none to be needed.
    ///
    /// # Errors
    /// An empty input, a header that is no CSV or no UTF-8, and a header without the needed columns.
    pub fn read(path: &Path, bytes: &[u8], is_whole: bool, options: &ReadOptions) -> Result<Self, IngestError> {
        if let Some(form) = Compression::not_read(bytes) {
            let reason = format!("{form}, which is not read; what is read compressed is gzip, Zstandard and ZIP");
            return Err(IngestError::Format { path: path.to_owned(), reason });
        }
        let mut best: Option<(usize, Self)> = None;
        let mut worst: Option<(usize, u64, HeaderProblem)> = None;
        let mut unreadable = None;
        let mapping = options.mapping.as_ref();
        let declared = mapping.and_then(|mapping| mapping.delimiter);
        for delimiter in DELIMITERS.into_iter().filter(|delimiter| declared.is_none_or(|known| known == *delimiter)) {
            let header = match read_header(bytes, delimiter, is_whole, options.max_record_bytes) {
                Ok(header) => header,
                Err(reason) => {
                    unreadable.get_or_insert(reason);
                    continue;
                }
            };
            match find_columns(header.names.iter().map(String::as_str), mapping.map(Arc::as_ref)) {
                Ok(positions) => {
                    let known = positions.iter().flatten().count();
                    if best.as_ref().is_none_or(|(most, _)| known > *most) {
                        best = Some((known, Self::new(delimiter, header, positions, options)));
                    }
                }
                Err(problem) => {
                    if worst.as_ref().is_none_or(|(fields, ..)| header.names.len() > *fields) {
                        worst = Some((header.names.len(), header.line, problem));
                    }
                }
            }
        }
        match (best, worst) {
            (Some((_, layout)), _) => Ok(layout),
            (None, Some((fields, line, mut problem))) => {
                let mapping = mapping.and_then(|mapping| mapping.profile.clone().zip(mapping.delimiter));
                if let (1, Some((profile, delimiter))) = (fields, mapping) {
                    problem = HeaderProblem::OtherDelimiter { profile, delimiter };
                }
                Err(IngestError::Header { path: path.to_owned(), line: line + 1, problem })
            }
            (None, None) => {
                let reason = unreadable.unwrap_or("the header cannot be read").to_owned();
                Err(IngestError::Format { path: path.to_owned(), reason })
            }
        }
    }

    fn new(delimiter: u8, header: Header, positions: ColumnPositions, options: &ReadOptions) -> Self {
        Self {
            delimiter,
            offer_fields: offer_fields(&positions).filter(|_| options.mapping.is_none()),
            fields: positions.map(|position| position.and_then(|position| u32::try_from(position).ok())),
            field_count: header.names.len(),
            data_start: header.next as u64,
            lines_before_data: header.lines_after,
            max_record_bytes: options.max_record_bytes,
            mapping: options.mapping.clone(),
            names: header.names,
        }
    }
}

impl CsvLayout {
    /// The headers of the columns that stand under another name in the file.
    pub fn other_headers(&self) -> ColumnHeaders {
        other_headers(&self.names, &self.positions())
    }

    /// Where the known columns stand.
    pub fn positions(&self) -> ColumnPositions {
        self.fields.map(|field| field.map(|field| field as usize))
    }

    fn is_same(&self, other: &Self) -> bool {
        let Self {
            delimiter,
            fields,
            offer_fields,
            field_count,
            data_start,
            lines_before_data,
            max_record_bytes,
            mapping,
            names,
        } = self;
        let is_mapped_alike = match (mapping, &other.mapping) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        };
        is_mapped_alike
            && (*delimiter, *field_count, *max_record_bytes)
                == (other.delimiter, other.field_count, other.max_record_bytes)
            && (*data_start, *lines_before_data) == (other.data_start, other.lines_before_data)
            && (fields, offer_fields, names) == (&other.fields, &other.offer_fields, &other.names)
    }
}

/// Where the columns from `partner_id` to `level` begin and end, if they stand together in that order.
fn offer_fields(positions: &ColumnPositions) -> Option<(u32, u32)> {
    let first = positions[Column::PartnerId.index()]?;
    let (begin, end) = (Column::PartnerId.index(), Column::Level.index());
    let stand_together = (begin..=end).all(|index| positions[index] == Some(first + index - begin));
    if stand_together { Some((first.try_into().ok()?, (first + end - begin).try_into().ok()?)) } else { None }
}

/// Whether every second byte of the beginning is zero, as in UTF-16 of headers in ASCII.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    const LOOKED_AT: usize = 16;
    let beginning = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |parity: usize| beginning.iter().skip(parity).step_by(2).all(|byte| *byte == 0);
    beginning.len() == LOOKED_AT && (zeros(0) != zeros(1))
}

/// Whether a field of the header stands in quotes.
fn is_quoted(bytes: &[u8], field: &FieldSpan) -> bool {
    field.start.checked_sub(1).is_some_and(|before| bytes[before as usize] == b'"')
}

fn has_carriage_return(bytes: &[u8], field: &FieldSpan) -> bool {
    bytes[field.start as usize..field.end as usize].contains(&b'\r')
}

fn read_header(bytes: &[u8], delimiter: u8, is_whole: bool, max_record_bytes: usize) -> Result<Header, &'static str> {
    let mut fields: Vec<FieldSpan> = Vec::new();
    let mut scanner = Scanner::new(bytes, first_record(bytes), delimiter, is_whole);
    let mut step = scanner.next_record(&mut fields);
    while step == Step::Blank {
        step = scanner.next_record(&mut fields);
    }
    let record = match step {
        Step::Record(record) => record,
        Step::Blank | Step::End => return Err("the file is empty: it has no header"),
        Step::Incomplete => return Err("the header is longer than --max-record-bytes"),
        Step::OpenAtEnd => return Err("a quoted field of the header does not end"),
    };
    if record.has_bad_quote {
        return Err("text follows a closing quote in the header");
    }
    if bytes[record.start..record.end].contains(&0) && looks_like_utf16(bytes) {
        return Err(
            "the header looks like UTF-16 without a byte order mark; say so with --encoding utf-16le or utf-16be",
        );
    }
    if record.end - record.start > max_record_bytes {
        return Err("the header is longer than --max-record-bytes");
    }
    // Where a carriage return ends the lines, the first rows are part of the header, and would be columns to ignore.
    if fields.iter().any(|field| !is_quoted(bytes, field) && has_carriage_return(bytes, field)) {
        return Err("a carriage return stands in the header: lines must end in LF or CRLF");
    }
    let mut names = Vec::with_capacity(fields.len());
    for field in &fields {
        let mut name = Vec::new();
        field.append_text(bytes, &mut name);
        names.push(String::from_utf8(name).map_err(
            |_invalid| "the header is not UTF-8; name its character encoding, such as --encoding windows-1252 or gb18030",
        )?);
    }
    let line_feeds = |end: usize| memchr::memchr_iter(b'\n', &bytes[..end]).count() as u64;
    Ok(Header {
        names,
        next: scanner.position(),
        line: line_feeds(record.start),
        lines_after: line_feeds(scanner.position()),
    })
}
