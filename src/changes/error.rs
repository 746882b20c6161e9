//! Why two nights could not be compared.

use std::io;
use std::path::PathBuf;

/// A comparison that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// A decision table is damaged, or holds what no run writes.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A decision table could not be read.
    #[error("{}: cannot be read at byte {offset}: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What the system said.
        cause: io::Error,
    },
    /// A file of the name of a decision table has other columns.
    #[error("{}: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How its columns differ.
        reason: String,
    },
    /// A temporary file could not be created.
    #[error("{}: a temporary file cannot be created: {cause}", directory.display())]
    TemporaryDirectory {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A temporary file could not be written or read.
    #[error("{}: a temporary file cannot be {operation}: {cause}", directory.display())]
    Temporary {
        /// The directory.
        directory: PathBuf,
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// The counts contradict each other, which is a defect of this program.
    #[error("{counted} offers were told of the {rows} rows of the {night} night; nothing is published")]
    Conservation {
        /// Which night.
        night: &'static str,
        /// Rows of its table.
        rows: u64,
        /// Offers that were counted.
        counted: u64,
    },
}

impl ChangesError {
    /// The exit code of SPEC §4.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Damaged { .. } | Self::Foreign { .. } => 65,
            Self::TemporaryDirectory { .. } => 73,
            Self::Unreadable { .. } | Self::Temporary { .. } | Self::Conservation { .. } => 74,
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => {
                "`renewals verify` says whether it was changed after it was published; a run with --decisions --no-skip \
                 publishes it anew"
            }
            Self::Unreadable { .. } => "check the disk, and compare again once it can be read",
            Self::Foreign { .. } => {
                "publish that night once more with this version: `renewals run --decisions --no-skip`"
            }
            Self::TemporaryDirectory { .. } | Self::Temporary { .. } => {
                "name a directory on a disk with room with --temporary-directory; it takes some 150 bytes for each offer \
                 of both nights"
            }
            Self::Conservation { .. } => "this is a defect: please report it with both nights",
        }
    }
}
