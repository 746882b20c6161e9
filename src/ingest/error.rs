//! Why an input cannot be used, or could not be read to its end.

use super::column::{Column, HeaderProblem};
use super::mapping::{ConstantOrigin, DateDoubt};
use super::stream::StreamFault;
use crate::objects::ObjectError;
use std::io;
use std::path::{Path, PathBuf};

/// An input that ends the run.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// An input does not exist or cannot be opened.
    #[error("{}: cannot be opened: {source}", path.display())]
    Open {
        /// The input.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A pattern or a directory holds no file.
    #[error("{}: no input file found", path.display())]
    NoFile {
        /// The pattern or directory.
        path: PathBuf,
    },
    /// A pattern that is no glob.
    #[error("{}: not a file, and not a pattern: {reason}", path.display())]
    Pattern {
        /// The pattern.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The same file was given twice.
    #[error("{}: is the same file as {}", path.display(), other.display())]
    SameFile {
        /// The second mention.
        path: PathBuf,
        /// The first one.
        other: PathBuf,
    },
    /// A header that cannot be used.
    #[error("{}:{line}: {problem}", path.display())]
    Header {
        /// The input.
        path: PathBuf,
        /// Line of the header.
        line: u64,
        /// What is wrong with it.
        problem: HeaderProblem,
    },
    /// Parquet columns that cannot be used.
    #[error("{}: {problem}", path.display())]
    Columns {
        /// The input.
        path: PathBuf,
        /// What is wrong with them.
        problem: HeaderProblem,
    },
    /// A file that is not readable as CSV.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The input.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A Parquet file that cannot be read.
    #[error("{}: not readable as Parquet: {reason}", path.display())]
    Parquet {
        /// The input.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// An Excel workbook that cannot be read.
    #[error("{}: not readable as an Excel workbook: {reason}", path.display())]
    Workbook {
        /// The input.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A workbook whose sheet is not told.
    #[error("{}: {reason}", path.display())]
    Sheet {
        /// The input.
        path: PathBuf,
        /// What its sheets are.
        reason: String,
    },
    /// A known column with a type that the contract does not have.
    #[error("{}: the column `{column}` has the type {found}, but must be {expected}", path.display())]
    ColumnType {
        /// The input.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// The type found.
        found: String,
        /// The types allowed.
        expected: &'static str,
    },
    /// A row that shows that a column of dates can be read in two ways.
    #[error(
        "{}:{line}: `{}` in the column {}: {}",
        path.display(),
        value.escape_debug(),
        column_words(*column, header.as_deref()),
        doubt
    )]
    DateDoubt {
        /// The input.
        path: PathBuf,
        /// Line, or row of Parquet.
        line: u64,
        /// The column.
        column: Column,
        /// Its header, if that is another name.
        header: Option<String>,
        /// The cell's text.
        value: String,
        /// What it shows.
        doubt: Box<DateDoubt>,
    },
    /// Reading failed underway.
    #[error("{}: reading failed at byte {offset}: {source}", path.display())]
    Read {
        /// The input.
        path: PathBuf,
        /// Where reading failed.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// A stream whose content cannot be used.
    #[error("{}: {fault}", path.display())]
    Stream {
        /// The input.
        path: PathBuf,
        /// What is wrong with it.
        fault: StreamFault,
    },
    /// Parquet where only a stream can be read.
    #[error("{}: Parquet cannot be read from {form}", path.display())]
    ParquetStream {
        /// The input.
        path: PathBuf,
        /// What it was found in.
        form: &'static str,
    },
    /// The run is to end.
    #[error("interrupted")]
    Cancelled,
    /// An address that names nothing.
    #[error(transparent)]
    Address(ObjectError),
    /// Standard input was given twice.
    #[error("-: standard input is given twice")]
    StandardInputTwice,
    /// An input was changed while it was read.
    #[error("{}: the file changed while it was read", path.display())]
    Changed {
        /// The input.
        path: PathBuf,
    },
}

/// A column as a message names it.
fn column_words(column: Column, header: Option<&str>) -> String {
    match header {
        Some(header) => format!("`{}` (`{}`)", header.escape_debug(), column.as_str()),
        None => format!("`{}`", column.as_str()),
    }
}

/// Whether the command line and the file contradict each other.
const fn is_set_on_command_line(problem: &HeaderProblem) -> bool {
    matches!(problem, HeaderProblem::ConstantInFile { origin: ConstantOrigin::CommandLine, .. })
}

impl IngestError {
    /// The error of a request to object storage, made at `offset` of an input if that was read already.
    pub fn from_object(path: &Path, offset: u64, error: ObjectError, is_underway: bool) -> Self {
        let path = path.to_owned();
        let source = io::Error::other(error.reason());
        match error {
            ObjectError::Cancelled => Self::Cancelled,
            ObjectError::Changed { .. } => Self::Changed { path },
            ObjectError::Missing { .. } if is_underway => Self::Changed { path },
            ObjectError::Unavailable { .. } => Self::Read { path, offset, source },
            _ if is_underway => Self::Read { path, offset, source },
            _ => Self::Open { path, source },
        }
    }

    /// The exit code of SPEC §4.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::SameFile { .. } | Self::Pattern { .. } | Self::StandardInputTwice => 64,
            Self::Sheet { .. } | Self::Address(_) => 64,
            Self::Header { problem, .. } | Self::Columns { problem, .. } if is_set_on_command_line(problem) => 64,
            Self::Header { .. }
            | Self::Columns { .. }
            | Self::Format { .. }
            | Self::Parquet { .. }
            | Self::ParquetStream { .. }
            | Self::Stream { .. }
            | Self::ColumnType { .. }
            | Self::Workbook { .. }
            | Self::DateDoubt { .. } => 65,
            Self::Open { .. } | Self::NoFile { .. } => 66,
            Self::Read { .. } | Self::Changed { .. } => 74,
            Self::Cancelled => 130,
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::SameFile { .. } => "name each file once; a glob or directory may already include it",
            Self::Pattern { .. } => "quote the pattern, and write `[[]` for a literal bracket",
            Self::Header {
                problem:
                    HeaderProblem::MissingHeader { .. }
                    | HeaderProblem::RepeatedHeader { .. }
                    | HeaderProblem::OtherDelimiter { .. },
                ..
            }
            | Self::Columns {
                problem:
                    HeaderProblem::MissingHeader { .. }
                    | HeaderProblem::RepeatedHeader { .. }
                    | HeaderProblem::OtherDelimiter { .. },
                ..
            } => {
                "`renewals profile check` shows how each column is understood; --set gives a column that the file lacks"
            }
            Self::Header { problem: HeaderProblem::ConstantInFile { origin, .. }, .. }
            | Self::Columns { problem: HeaderProblem::ConstantInFile { origin, .. }, .. } => match origin {
                ConstantOrigin::CommandLine => "leave out --set for it, or the column at the source",
                ConstantOrigin::Profile => "take the profile that these files have; see `renewals profile list`",
            },
            Self::DateDoubt { .. } => {
                "declare the one format that all rows have, in the profile or with --date-format; correct rows of the other kind at the source"
            }
            Self::Header { .. } => {
                "the first record must name the columns partner_id, offer_type and purchase_date; see --profile for files \
                 with other headers"
            }
            Self::Columns { .. } => {
                "the file must have the columns partner_id, offer_type and purchase_date; see --profile for files with \
                 other names"
            }
            Self::Format { .. } => {
                "inputs are CSV (comma, tab or semicolon) in UTF-8 or as --encoding says, Parquet, or Excel workbooks (.xlsx)"
            }
            Self::Parquet { .. } => "the file may be truncated or damaged; fetch it again from its source",
            Self::Stream { fault, .. } => fault.hint(),
            Self::ParquetStream { .. } => "Parquet is read by position: give it as a file of its own",
            Self::Workbook { .. } => "save it anew as .xlsx, or as CSV; README names what a workbook may have at most",
            Self::Sheet { .. } => "name the sheet with --sheet",
            Self::ColumnType { .. } => "export the column with one of these types, or leave it out if it is not needed",
            Self::Open { .. } | Self::NoFile { .. } => {
                "check the path and its permissions, or the variables with the credentials of an address"
            }
            Self::Read { .. } => "check the disk, network share or object storage that it is on, then run again",
            Self::StandardInputTwice => "name `-` once; what it reads is gone after the first time",
            Self::Address(_) => "write s3://BUCKET/KEY, gs://BUCKET/KEY or az://CONTAINER/KEY",
            Self::Cancelled => "run again",
            Self::Changed { .. } => "let the export finish before the run starts, or read a copy",
        }
    }
}
