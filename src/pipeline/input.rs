//! An input of a run, in any form, and the lanes it is read by.

use super::lanes::{Lane, LaneKind, UNKNOWN};
use crate::ingest::csv::{CsvLayout, CsvSource, CsvStream};
use crate::ingest::parquet::{ParquetPlace, ParquetSource};
use crate::ingest::stream::{Compression, PARQUET_MAGIC, StandardInput, StreamOrigin};
use crate::ingest::xlsx::{COMPOUND_MAGIC, SheetSource, XLSX_MAGIC, is_workbook};
use crate::ingest::{
    ColumnHeaders, ColumnPositions, Found, IngestError, InputFile, Mapping, ReadOptions, Reject, RejectCode,
    TextEncoding, delimiter_words,
};
use crate::objects::Object;
use crate::reports::RejectOrigin;
use std::path::Path;

/// An input whose header was checked.
///
/// A night may have thousands of CSV files, so the others are not to make them larger.
#[derive(Debug)]
pub enum Input {
    /// A CSV file that is read by position.
    Csv(CsvSource),
    /// A Parquet file.
    Parquet(Box<ParquetSource>),
    /// CSV that is read once, from the first byte to the last.
    Stream(Box<CsvStream>),
    /// A sheet of an Excel workbook.
    Sheet(Box<SheetSource>),
}

/// Whether the first bytes are those of Parquet.
fn is_parquet(path: &Path, magic: &[u8]) -> Result<bool, IngestError> {
    let is_parquet = magic == PARQUET_MAGIC;
    if !is_parquet && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
        let reason = "it does not begin with PAR1".to_owned();
        return Err(IngestError::Parquet { path: path.to_owned(), reason });
    }
    Ok(is_parquet)
}

impl Input {
    /// Opens an input, tells its format by its first bytes, and checks its header.
    ///
    /// # Errors
    /// An input that cannot be opened or used.
    pub fn open(found: Found, options: &ReadOptions) -> Result<Self, IngestError> {
        match found {
            Found::File(file) => Self::open_file(file, options),
            Found::Object(object) => Self::open_object(object, options),
            Found::StandardInput => {
                let origin = StreamOrigin::StandardInput(StandardInput::take(options.cancellation.clone())?);
                Ok(Self::Stream(Box::new(CsvStream::open(origin, options)?)))
            }
        }
    }

    fn open_file(file: InputFile, options: &ReadOptions) -> Result<Self, IngestError> {
        let mut magic = [0; PARQUET_MAGIC.len()];
        let length = file.size().min(magic.len() as u64) as usize;
        file.read_at(&mut magic[..length], 0)?;
        let is_workbook = magic == XLSX_MAGIC && is_workbook(&file)?;
        if !is_workbook && Compression::of(&magic[..length]).is_some() {
            let stream = Self::Stream(Box::new(CsvStream::open(StreamOrigin::File(file), options)?));
            stream.close();
            return Ok(stream);
        }
        let is_parquet = is_parquet(file.path(), &magic)?;
        if magic == COMPOUND_MAGIC {
            return Err(IngestError::Workbook {
                path: file.path().to_owned(),
                reason: "it is an old workbook (.xls) or an encrypted one".to_owned(),
            });
        }
        let encoding = TextEncoding::tell(&magic[..length], options.encoding);
        let input = if is_parquet {
            Self::Parquet(Box::new(ParquetSource::open(ParquetPlace::File(file), options)?))
        } else if is_workbook {
            Self::Sheet(Box::new(SheetSource::open(file, options)?))
        } else if encoding != Ok(TextEncoding::Utf8) {
            Self::Stream(Box::new(CsvStream::open(StreamOrigin::File(file), options)?))
        } else {
            Self::Csv(CsvSource::open(file, options)?)
        };
        input.close();
        Ok(input)
    }

    fn open_object(object: Object, options: &ReadOptions) -> Result<Self, IngestError> {
        let wrong = |error| IngestError::from_object(object.path(), 0, error, false);
        let magic = match object.size().min(PARQUET_MAGIC.len() as u64) {
            0 => Vec::new(),
            length => object.read_range(0..length).map_err(wrong)?.to_vec(),
        };
        if Compression::of(&magic).is_none() && is_parquet(object.path(), &magic)? {
            return Ok(Self::Parquet(Box::new(ParquetSource::open(ParquetPlace::Object(object), options)?)));
        }
        Ok(Self::Stream(Box::new(CsvStream::open(StreamOrigin::Object(object), options)?)))
    }

    /// The path as given, or as found.
    pub fn path(&self) -> &Path {
        match self {
            Self::Csv(source) => source.file.path(),
            Self::Parquet(source) => source.file.path(),
            Self::Sheet(source) => source.file.path(),
            Self::Stream(stream) => stream.origin.path(),
        }
    }

    /// The file, if it is one; a stream may lie in none.
    pub const fn file(&self) -> Option<&InputFile> {
        match self {
            Self::Csv(source) => Some(&source.file),
            Self::Parquet(source) => source.file.file(),
            Self::Sheet(source) => Some(&source.file),
            Self::Stream(stream) => stream.origin.file(),
        }
    }

    /// Size in bytes of what lies on the disk or in the object, if it is known before the input was read.
    pub const fn size(&self) -> Option<u64> {
        match self {
            Self::Csv(source) => Some(source.file.size()),
            Self::Parquet(source) => Some(source.file.size()),
            Self::Sheet(source) => Some(source.file.size()),
            Self::Stream(stream) => stream.origin.size(),
        }
    }

    /// Whether the input can be read more than once.
    pub const fn is_repeatable(&self) -> bool {
        match self {
            Self::Csv(_) | Self::Parquet(_) | Self::Sheet(_) => true,
            Self::Stream(stream) => stream.origin.is_repeatable(),
        }
    }

    /// The format's name.
    pub const fn format(&self) -> &'static str {
        match self {
            Self::Csv(_) | Self::Stream(_) => "csv",
            Self::Parquet(_) => "parquet",
            Self::Sheet(_) => "xlsx",
        }
    }

    /// What the input is, for people.
    pub fn form(&self) -> String {
        match self {
            Self::Csv(CsvSource { layout, .. }) => format!("CSV separated by {}", delimiter_words(layout.delimiter)),
            Self::Stream(stream) => format!(
                "CSV separated by {}, in {}",
                delimiter_words(stream.layout.delimiter),
                stream.encoding().as_str()
            ),
            Self::Parquet(_) => "Parquet".to_owned(),
            Self::Sheet(source) => format!("Excel workbook, sheet {}", source.sheet),
        }
    }

    /// Where the known columns stand in the file, counted from 0.
    pub fn positions(&self) -> ColumnPositions {
        match self {
            Self::Csv(source) => source.layout.positions(),
            Self::Stream(stream) => stream.layout.positions(),
            Self::Parquet(source) => source.positions_in_file(),
            Self::Sheet(source) => source.positions,
        }
    }

    /// Lines before the first row of CSV or of a sheet, and in CSV the offset at which it begins.
    pub fn data_start(&self) -> (u64, u64) {
        let data_start = |layout: &CsvLayout| (layout.lines_before_data, layout.data_start);
        match self {
            Self::Csv(source) => data_start(&source.layout),
            Self::Stream(stream) => data_start(&stream.layout),
            Self::Parquet(_) => (0, 0),
            Self::Sheet(source) => (source.rows_before_data, 0),
        }
    }

    /// The hash that stands for the content of an input which is not read as a whole.
    pub fn hash_unread(&self) -> Option<blake3::Hash> {
        let Self::Parquet(source) = self else { return None };
        match &source.file {
            ParquetPlace::Object(object) => Some(blake3::hash(object.fingerprint().as_bytes())),
            ParquetPlace::File(_) => None,
        }
    }

    /// Checks that the input is still what it was when it was opened.
    ///
    /// # Errors
    /// It was changed in between.
    pub fn check_unchanged(&self) -> Result<(), IngestError> {
        match self {
            Self::Csv(source) => source.file.check_unchanged(),
            Self::Parquet(source) => source.file.check_unchanged(),
            Self::Sheet(source) => source.file.check_unchanged(),
            Self::Stream(stream) => stream.origin.check_unchanged(),
        }
    }

    /// Holds nothing of its own that it has in common with another input.
    pub fn share_layout(&mut self, other: &Self) {
        if let (Self::Csv(own), Self::Csv(other)) = (self, other) {
            own.share_layout(other);
        }
    }

    /// Asks the system to read the beginning of a file that is soon read from its first byte on.
    pub fn read_ahead(&self, bytes: u64) {
        if let (Self::Csv(_) | Self::Stream(_), Some(file)) = (self, self.file()) {
            file.read_ahead(bytes);
        }
    }

    /// Closes the file until it is needed again.
    pub fn close(&self) {
        if let Some(file) = self.file() {
            file.close();
        }
    }

    /// How the file is mapped onto the specification, if it is written otherwise.
    pub fn mapping(&self) -> Option<&Mapping> {
        match self {
            Self::Csv(source) => source.layout.mapping.as_deref(),
            Self::Stream(stream) => stream.layout.mapping.as_deref(),
            Self::Parquet(source) => source.mapping.as_deref(),
            Self::Sheet(source) => source.mapping.as_deref(),
        }
    }

    /// The header's names, in order.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Csv(source) => &source.layout.names,
            Self::Stream(stream) => &stream.layout.names,
            Self::Parquet(source) => &source.names,
            Self::Sheet(source) => &source.names,
        }
    }

    /// The headers of the columns that stand under another name in the file.
    pub fn other_headers(&self) -> ColumnHeaders {
        match self {
            Self::Csv(source) => source.layout.other_headers(),
            Self::Stream(stream) => stream.layout.other_headers(),
            Self::Parquet(source) => (*source.other_headers).clone(),
            Self::Sheet(source) => source.other_headers(),
        }
    }

    /// Checks that no rejected row shows that the order of day and month in its column is in doubt.
    ///
    /// # Errors
    /// The first row that shows it.
    pub fn check_dates(&self, rejects: &[Reject], origin: &RejectOrigin<'_>) -> Result<(), IngestError> {
        let Some(mapping) = self.mapping() else { return Ok(()) };
        for reject in rejects.iter().filter(|reject| reject.code == RejectCode::BadDate) {
            let Some(column) = reject.column else { continue };
            if let Some(doubt) = mapping.doubt(column, &reject.value) {
                return Err(IngestError::DateDoubt {
                    path: self.path().to_owned(),
                    line: origin.lines_before + reject.line_in_batch + 1,
                    column,
                    header: origin.headers[column.index()].clone(),
                    value: String::from_utf8_lossy(&reject.value).into_owned(),
                    doubt: Box::new(doubt),
                });
            }
        }
        Ok(())
    }

    /// The lanes of the input, in order. A Parquet file and a workbook on disk are hashed first, chunk by chunk.
    pub fn lanes(&self, input: usize, chunk_bytes: u64, batch_rows: u64) -> impl Iterator<Item = Lane> + '_ {
        let (chunks, row_groups, streams) = match self {
            Self::Csv(source) => (source.file.size().div_ceil(chunk_bytes), 0, 0),
            Self::Parquet(source) => {
                let hashed = source.file.file().map_or(0, InputFile::size);
                (hashed.div_ceil(chunk_bytes), source.row_group_count(), 0)
            }
            Self::Stream(_) => (0, 0, 1),
            Self::Sheet(source) => (source.file.size().div_ceil(chunk_bytes), 0, 1),
        };
        let is_csv = matches!(self, Self::Csv(_));
        let chunk_lanes = (0..chunks).map(move |index| {
            let kind = if is_csv { LaneKind::CsvChunk { index } } else { LaneKind::HashChunk { index } };
            Lane { input, kind, batches: 1 }
        });
        let row_group_lanes = (0..row_groups).map(move |index| {
            let rows = match self {
                Self::Csv(_) | Self::Stream(_) | Self::Sheet(_) => 0,
                Self::Parquet(source) => source.row_group_rows(index),
            };
            Lane { input, kind: LaneKind::RowGroup { index }, batches: rows.div_ceil(batch_rows) }
        });
        let stream_lanes = (0..streams).map(move |_| Lane { input, kind: LaneKind::Stream, batches: UNKNOWN });
        chunk_lanes.chain(row_group_lanes).chain(stream_lanes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_small_because_there_may_be_thousands() {
        assert!(size_of::<Input>() <= 128, "{} bytes", size_of::<Input>());
    }
}
