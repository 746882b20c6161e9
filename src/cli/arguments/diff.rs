//! The arguments of `diff`.

use super::DisplayArguments;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What `renewals help diff` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  renewals diff reports/as_of=2020-06-04 reports/latest
  renewals diff monday tuesday --out changes --formats csv,parquet
  renewals diff reports/as_of=2020-06-04 reports/latest --json | jq '.changes[] | {change, offers}'

Both nights must have been published with `renewals run --decisions`.

Exit codes: 0 compared, 64 usage, 65 a night is not what its manifest says, 66 no such night or one without decisions,
73 output refused, 74 I/O, 75 busy, 130 and 143 interrupted.";

/// A format of the changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ChangeFormat {
    /// RFC 4180, UTF-8
    Csv,
    /// Apache Parquet
    Parquet,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// Published directory of the old night
    #[arg(value_name = "OLD_DIR")]
    pub old: PathBuf,
    /// Published directory of the new night
    #[arg(value_name = "NEW_DIR")]
    pub new: PathBuf,
    /// Directory to publish the changes into; replaced as a whole
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Formats of the changes
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "csv", requires = "out")]
    pub formats: Vec<ChangeFormat>,
    /// Write texts as they are, even where a spreadsheet would take them for formulas
    #[arg(long, requires = "out")]
    pub raw_text: bool,
    /// Threads to use [default: one for each core, 8 at most]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub threads: Option<u16>,
    /// Where large nights are sorted: some 150 bytes for each offer of both [default: TMPDIR, or /tmp]
    #[arg(long, value_name = "DIR")]
    pub temporary_directory: Option<PathBuf>,
    /// Answer with one line of compact JSON on standard output, whatever the ending
    #[arg(long, help_heading = "Messages")]
    pub json: bool,
    /// What is shown on standard error
    #[command(flatten)]
    pub display: DisplayArguments,
}
