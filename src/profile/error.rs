//! What can be wrong with a profile, where, and what to do about it.

use crate::configuration::{FILE_BYTES_MAX, Place, excerpt};
use crate::ingest::{Column, ConstantProblem, DateFormatProblem, ValueProblem};
use crate::profile::{catalog, document};
use std::io;

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is no shipped profile and no file of that name.
    #[error("`{}` is neither the id of a shipped profile nor a file; shipped are {}", excerpt(name), catalog::listed())]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be opened or read.
    #[error("{path}: cannot be read: {reason}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
    /// The file is far too large for a profile.
    #[error("{origin}: larger than {FILE_BYTES_MAX} bytes")]
    TooLarge {
        /// The file.
        origin: String,
    },
    /// The file's content is wrong.
    #[error("{place}: {problem}")]
    InFile {
        /// Where.
        place: Place,
        /// What.
        problem: Box<FileProblem>,
    },
}

/// What is wrong at a place of a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// The bytes are not UTF-8.
    #[error("not UTF-8 text")]
    NotUtf8,
    /// The text is not TOML, or not the TOML of a profile.
    #[error("{0}")]
    Toml(String),
    /// The file is in a format of another version.
    #[error("`schema` is {found}, but this version reads {}", document::SCHEMA)]
    UnknownSchema {
        /// The schema asked for.
        found: i64,
    },
    /// A text without a letter in it, or of several lines.
    #[error("`{key}` must be one line of text")]
    NoText {
        /// The key.
        key: &'static str,
    },
    /// The same header for two columns.
    #[error("the header `{}` is already one of `{}`", excerpt(header), other.as_str())]
    SharedHeader {
        /// The header.
        header: String,
        /// The other column.
        other: Column,
    },
    /// A header that is nothing once spaces, `_` and `-` are left out.
    #[error("a header of `{}` has no letter", column.as_str())]
    EmptyHeader {
        /// The column.
        column: Column,
    },
    /// A column is constant, but has headers.
    #[error("`{}` is constant, so no file of this profile has the column", column.as_str())]
    ConstantWithHeaders {
        /// The column.
        column: Column,
    },
    /// A constant that is no value of its column.
    #[error(transparent)]
    Constant(ConstantProblem),
    /// A text that stands for something its column cannot have.
    #[error(transparent)]
    Value(ValueProblem),
    /// A format that names no day.
    #[error(transparent)]
    DateFormat(DateFormatProblem),
    /// A list of formats without one.
    #[error("`formats` is empty")]
    NoFormat,
    /// A decimal mark that fees never have.
    #[error("`decimal_mark` must be `.` or `,`")]
    DecimalMark,
    /// A grouping mark that cannot be told from the rest of a fee.
    #[error("`grouping` must be one character, neither a digit nor the decimal mark")]
    Grouping,
    /// More places than amounts have.
    #[error("`decimal_places_max` must be from 0 to 4")]
    DecimalPlaces,
    /// A symbol that cannot be told from the rest of a fee.
    #[error("a currency symbol must be a text without digits, spaces at its ends, `.` and `,` alone")]
    Symbol,
    /// A symbol that stands for no currency.
    #[error("a symbol stands for a currency's three capital letters, or for `any`")]
    SymbolCurrency,
}

impl ProfileError {
    /// The place in the file, where the problem has one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::InFile { place, .. } => Some(place),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { name } => Some(match catalog::closest(name) {
                Some(id) => format!("did you mean `{id}`?"),
                None => "give one of these ids, `auto`, or the path of a profile".to_owned(),
            }),
            Self::Unreadable { .. } => None,
            Self::TooLarge { .. } => Some("a profile is a page of TOML; is this another file?".to_owned()),
            Self::InFile { problem, .. } => Some(problem.hint().to_owned()),
        }
    }
}

impl FileProblem {
    const fn hint(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "save the file as UTF-8",
            Self::Toml(_) | Self::UnknownSchema { .. } => {
                "`renewals profile show membership-offers` prints a profile that has every part"
            }
            Self::NoText { .. } => "write it like `title = \"Offers, as our portal exports them\"`",
            Self::SharedHeader { .. } => "a header names one column; case, spaces, `_` and `-` make no difference",
            Self::EmptyHeader { .. } => "write it like `partner_id = [\"MPN ID\"]`",
            Self::ConstantWithHeaders { .. } => "leave out the constant, or the headers of the column",
            Self::Constant(_) => "constants are spelled as reports spell them: `offer_type = \"competency\"`",
            Self::Value(_) => "the text of the file stands on the left: `\"金牌\" = \"gold\"`, `\"N/A\" = \"\"`",
            Self::DateFormat(_) | Self::NoFormat => "write it like `formats = [\"%m/%d/%Y\"]`, in chrono's syntax",
            Self::DecimalMark | Self::Grouping | Self::DecimalPlaces => {
                "write it like `decimal_mark = \",\"`, `grouping = \".\"`, `decimal_places_max = 2`"
            }
            Self::Symbol | Self::SymbolCurrency => "write it like `\"€\" = \"EUR\"`, or `\"$\" = \"any\"`",
        }
    }
}
