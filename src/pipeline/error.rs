//! Why a run ended without a result.

use crate::changes::ChangesError;
use crate::finance::OutlookProblem;
use crate::formats::parquet::ParquetFormatError;
use crate::formats::xlsx::{WORKBOOK_NAME, XlsxFormatError};
use crate::ingest::IngestError;
use crate::publish::PublishError;

/// A run that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An input cannot be used or read.
    #[error(transparent)]
    Ingest(IngestError),
    /// A report cannot be written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// Two nights cannot be compared.
    #[error(transparent)]
    Changes(#[from] ChangesError),
    /// A report cannot be written as Parquet.
    #[error("{report}.parquet: {source}")]
    Parquet {
        /// The report.
        report: &'static str,
        /// Why.
        source: ParquetFormatError,
    },
    /// The workbook cannot be written.
    #[error("{WORKBOOK_NAME}: {0}")]
    Xlsx(XlsxFormatError),
    /// What to expect of the fees cannot be worked out.
    #[error("{0}; nothing is published")]
    Outlook(#[from] OutlookProblem),
    /// A report cannot be compressed.
    #[error("{report}.csv cannot be compressed: {source}")]
    Compression {
        /// The report.
        report: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The user or the system asked the run to end.
    #[error("interrupted")]
    Cancelled,
    /// The counts of a run contradict each other, which is a defect of this program.
    #[error("rows read ({read}) are not rows evaluated ({evaluated}) and rejected ({rejected}); nothing is published")]
    Conservation {
        /// Rows read.
        read: u64,
        /// Rows evaluated.
        evaluated: u64,
        /// Rows rejected.
        rejected: u64,
    },
    /// The file for what duplicates are found by cannot be written or read.
    #[error("the file for finding duplicates: {0}")]
    Scratch(std::io::Error),
    /// The threads could not be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// What the system said.
        reason: String,
    },
}

impl From<IngestError> for RunError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Cancelled => Self::Cancelled,
            error => Self::Ingest(error),
        }
    }
}

impl RunError {
    /// The exit code of SPEC §4; that of an interrupted run depends on the signal.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Ingest(error) => error.exit_code(),
            Self::Publish(error) => error.exit_code(),
            Self::Changes(error) => error.exit_code(),
            Self::Parquet { source: ParquetFormatError::AmountTooLarge, .. } => 65,
            Self::Parquet { .. }
            | Self::Xlsx(_)
            | Self::Compression { .. }
            | Self::Conservation { .. }
            | Self::Threads { .. }
            | Self::Scratch(_) => 74,
            Self::Outlook(OutlookProblem::MissingRates(_)) => 78,
            Self::Outlook(OutlookProblem::TooLarge) => 65,
            Self::Cancelled => 130,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ingest(error) => Some(error.hint().to_owned()),
            Self::Publish(error) => error.hint(),
            Self::Changes(error) => Some(error.hint().to_owned()),
            Self::Parquet { source: ParquetFormatError::AmountTooLarge, .. } => {
                Some("write this report with --formats csv, whose amounts have no limit".to_owned())
            }
            Self::Conservation { .. } => Some("this is a defect: please report it with the input".to_owned()),
            Self::Threads { .. } => Some("ask for fewer with --threads".to_owned()),
            Self::Scratch(_) => {
                Some("make room where it lies: beside the output for `run`, in TMPDIR for `check`".to_owned())
            }
            Self::Outlook(OutlookProblem::MissingRates(_)) => Some("add them to the file that --fx names".to_owned()),
            Self::Xlsx(XlsxFormatError::Panic(_) | XlsxFormatError::Library(_)) => {
                Some("leave xlsx out of --formats: the other formats hold the same rows".to_owned())
            }
            Self::Parquet { .. } | Self::Xlsx(_) | Self::Compression { .. } | Self::Cancelled => None,
            Self::Outlook(OutlookProblem::TooLarge) => None,
        }
    }
}
