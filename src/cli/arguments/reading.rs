//! How inputs are read: the options of every command that reads exports.

use crate::configuration::listed;
use crate::ingest::{Column, TextEncoding};
use clap::Args;

const HEADING: &str = "Reading";

/// The options that say how inputs are read; [`open_inputs`](crate::cli::inputs::open_inputs) opens them by these.
#[derive(Clone, Debug, Args)]
pub struct ReadingArguments {
    /// How the columns are named and written: an id of `renewals profile list`, a file, or `auto`
    #[arg(long, value_name = "ID|FILE", help_heading = HEADING)]
    pub profile: Option<String>,
    /// Value of a column that the files do not have, such as partner_id=4390934; may be repeated
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = parse_constant, help_heading = HEADING)]
    pub set: Vec<(Column, String)>,
    /// Form of the dates in text cells, in chrono's syntax [default: %Y-%m-%d]
    #[arg(long, value_name = "FORMAT", help_heading = HEADING)]
    pub date_format: Option<String>,
    /// Character encoding of CSV: utf-8, utf-16le, utf-16be, windows-1252 or gb18030 [default: that of a byte order mark,
    /// or utf-8]
    #[arg(long, value_name = "NAME", value_parser = parse_encoding, help_heading = HEADING)]
    pub encoding: Option<TextEncoding>,
    /// Sheet of Excel workbooks [default: the only one that can be seen]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub sheet: Option<String>,
    /// Longest CSV record in bytes
    #[arg(
        long, value_name = "BYTES", default_value_t = 1024 * 1024, help_heading = HEADING,
        value_parser = clap::value_parser!(u32).range(1..=1024 * 1024 * 1024)
    )]
    pub max_record_bytes: u32,
    /// How many times its compressed size an input may hold, beyond 64 MiB
    #[arg(
        long, value_name = "TIMES", default_value_t = 100, help_heading = HEADING,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_expansion: u32,
}

/// The word that has the profile picked by the headers.
pub const AUTO_PROFILE: &str = "auto";

fn parse_encoding(text: &str) -> Result<TextEncoding, String> {
    let mut known = TextEncoding::ALL.iter();
    known.find(|encoding| encoding.as_str().eq_ignore_ascii_case(text)).copied().ok_or_else(|| {
        let names = TextEncoding::ALL.iter().map(|encoding| encoding.as_str());
        format!("the encodings are {}", listed(names))
    })
}

fn parse_constant(text: &str) -> Result<(Column, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it like partner_id=4390934")?;
    let column = Column::from_header(name).ok_or_else(|| {
        let names = Column::ALL.iter().map(|column| column.as_str());
        format!("`{}` is no column; the columns are {}", name.escape_debug(), listed(names))
    })?;
    // Only the spelling is read here: what else the column must be is told with the other constants.
    Ok((column, value.to_owned()))
}
