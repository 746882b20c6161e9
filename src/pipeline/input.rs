//! An input of a run, in either format, and the lanes it is read by.

use super::lanes::{Lane, LaneKind};
use crate::ingest::csv::CsvSource;
use crate::ingest::parquet::ParquetSource;
use crate::ingest::{IngestError, InputFile, ReadOptions};

/// An input whose header was checked.
#[derive(Debug)]
pub enum Input {
    /// A CSV file.
    Csv(CsvSource),
    /// A Parquet file.
    Parquet(ParquetSource),
}

const PARQUET_MAGIC: &[u8; 4] = b"PAR1";

impl Input {
    /// Opens a file, tells its format by its first bytes, and checks its header.
    ///
    /// # Errors
    /// A file that cannot be opened or used.
    pub fn open(file: InputFile, options: &ReadOptions) -> Result<Self, IngestError> {
        let mut magic = [0; 4];
        let length = file.size().min(magic.len() as u64) as usize;
        file.read_at(&mut magic[..length], 0)?;
        let is_parquet = &magic == PARQUET_MAGIC;
        if !is_parquet && file.path().extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet")) {
            return Err(IngestError::Parquet {
                path: file.path().to_owned(),
                reason: "it does not begin with PAR1".to_owned(),
            });
        }
        let input = if is_parquet {
            Self::Parquet(ParquetSource::open(file)?)
        } else {
            Self::Csv(CsvSource::open(file, options)?)
        };
        input.file().close();
        Ok(input)
    }

    /// The file.
    pub const fn file(&self) -> &InputFile {
        match self {
            Self::Csv(source) => &source.file,
            Self::Parquet(source) => &source.file,
        }
    }

    /// The format's name.
    pub const fn format(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Parquet(_) => "parquet",
        }
    }

    /// The lanes of the input, in order. A Parquet file is hashed first, chunk by chunk.
    pub fn lanes(&self, input: usize, chunk_bytes: u64, batch_rows: u64) -> impl Iterator<Item = Lane> + '_ {
        let chunks = self.file().size().div_ceil(chunk_bytes);
        let row_groups = match self {
            Self::Csv(_) => 0,
            Self::Parquet(source) => source.row_group_count(),
        };
        let is_csv = matches!(self, Self::Csv(_));
        let chunk_lanes = (0..chunks).map(move |index| {
            let kind = if is_csv { LaneKind::CsvChunk { index } } else { LaneKind::HashChunk { index } };
            Lane { input, kind, batches: 1 }
        });
        let row_group_lanes = (0..row_groups).map(move |index| {
            let rows = match self {
                Self::Csv(_) => 0,
                Self::Parquet(source) => source.row_group_rows(index),
            };
            Lane { input, kind: LaneKind::RowGroup { index }, batches: rows.div_ceil(batch_rows) }
        });
        chunk_lanes.chain(row_group_lanes)
    }
}
