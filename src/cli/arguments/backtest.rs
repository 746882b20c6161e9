//! The arguments of `backtest`.

use super::known::{known_texts, policies};
use super::{DisplayArguments, OutlookArguments, ReadingArguments, parse_date};
use crate::rules::Date;
use clap::Args;
use std::path::PathBuf;

/// What `renewals help backtest` shows at its end.
pub const EXAMPLES: &str = "\
Examples:
  renewals backtest --as-of 2019-06-05 june-2019.csv --actuals-as-of 2020-08-01 august-2020.csv --out backtest
  renewals backtest --as-of 2019-06-05 old/ --actuals-as-of 2020-08-01 new/ --fx fx.csv --out backtest

Exit codes: those of run.";

/// The command line in short: each export follows its day.
pub const USAGE: &str = "renewals backtest --as-of DATE OLD_EXPORT... --actuals-as-of DATE NEW_EXPORT... --out DIR";

/// Arguments of `backtest`.
#[derive(Debug, Args)]
pub struct BacktestArguments {
    /// Files, directories or globs of the older export
    #[arg(required = true, value_name = "OLD_EXPORT")]
    pub older: Vec<PathBuf>,
    /// Day of the older export, from which the forecast is made
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub as_of: Date,
    /// Day of the later export, and its files, directories or globs
    #[arg(long, num_args = 2.., required = true, value_names = ["DATE", "NEW_EXPORT"])]
    pub actuals_as_of: Vec<PathBuf>,
    /// Directory to publish into; replaced as a whole
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Policy to decide by: an id of `renewals policy list`, or a file
    #[arg(
        long, value_name = "ID|FILE", default_value = crate::policy::DEFAULT_ID, hide_possible_values = true,
        value_parser = known_texts(policies)
    )]
    pub policy: String,
    /// Months of the forecast, the one of the as-of date included
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=1_200))]
    pub forecast_months: u32,
    /// Write texts as they are, even where a spreadsheet would take them for formulas
    #[arg(long)]
    pub raw_text: bool,
    /// Threads to use [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub threads: Option<u16>,
    /// How the exports are read
    #[command(flatten)]
    pub reading: ReadingArguments,
    /// What the estimates of fees go by
    #[command(flatten)]
    pub outlook: OutlookArguments,
    /// What is shown on standard error
    #[command(flatten)]
    pub display: DisplayArguments,
}
