//! From paths to checked rows: discovery, headers, CSV and Parquet, and the rows that are rejected.

mod column;
mod contained;
pub mod csv;
mod date_format;
mod discovery;
mod error;
mod file;
mod mapping;
pub mod parquet;
mod read_options;
mod reject;
mod row;
pub mod stream;
mod text_encoding;
pub mod xlsx;

pub use column::{
    COLUMN_COUNT, Column, ColumnHeaders, ColumnPositions, HeaderProblem, column_of, delimiter_words, nearest_header,
};
pub(crate) use contained::{caught, contained};
pub use date_format::{DateFormat, DateFormatProblem};
pub use discovery::{Found, find_inputs};
pub use error::IngestError;
pub use file::{InputFile, ReadFault};
pub use mapping::{
    Constant, ConstantOrigin, ConstantProblem, DateDoubt, DateForms, FeeForm, HeaderNames, Mapping, Symbol, TimeOfDay,
    ValueProblem, Values, fold_header,
};
pub use read_options::ReadOptions;
pub use reject::{Fault, REJECT_CODE_COUNT, Reject, RejectCode};
pub use row::{BadCell, Cells, FeeCell, OfferWindows, Row, RowConsumer, RowPlace, check_row, parse_boolean};
pub use text_encoding::TextEncoding;
