//! The arguments of `check`.

use super::known::{known_texts, policies};
use super::{AsOf, DuplicateHandling, ReadingArguments, parse_zone};
use crate::cli::limit::RejectLimit;
use clap::Args;
use jiff::tz::TimeZone;
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Files, directories or globs, or - for standard input; CSV and Parquet may be mixed
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Day to check against: YYYY-MM-DD, a timestamp with offset, or `today`; without it, what depends on the day is
    /// not checked
    #[arg(long, value_name = "DATE", value_parser = AsOf::parse)]
    pub as_of: Option<AsOf>,
    /// Time zone in which the day of a timestamp, or of `today`, is taken, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = parse_zone)]
    pub timezone: TimeZone,
    /// Policy to check payments by: an id of `renewals policy list`, or a file
    #[arg(
        long, value_name = "ID|FILE", default_value = crate::policy::DEFAULT_ID, hide_possible_values = true,
        value_parser = known_texts(policies)
    )]
    pub policy: String,
    /// Most rejected rows to end well with: a count, or a share of the rows read such as 0.5%
    #[arg(long, value_name = "N|N%", default_value = "0")]
    pub max_rejects: RejectLimit,
    /// What to do with an offer that an earlier row has: same partner, offer type, name and level
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = DuplicateHandling::Report)]
    pub on_duplicate: DuplicateHandling,
    /// Examples to show of each kind
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub examples: u32,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub json: bool,
    /// Threads to use [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub threads: Option<u16>,
    /// When a valid value looks wrong
    #[command(flatten)]
    pub suspicion: SuspicionArguments,
    /// How inputs are read
    #[command(flatten)]
    pub reading: ReadingArguments,
}

const SUSPICION: &str = "Valid values that look wrong";

/// When a valid value looks wrong.
#[derive(Debug, Args)]
pub struct SuspicionArguments {
    /// Anniversaries more than so many years after the as-of date
    #[arg(
        long, value_name = "YEARS", default_value_t = 2, help_heading = SUSPICION,
        value_parser = clap::value_parser!(u16).range(0..=1_000)
    )]
    pub years_ahead: u16,
    /// Anniversaries more than so many years before the as-of date
    #[arg(
        long, value_name = "YEARS", default_value_t = 10, help_heading = SUSPICION,
        value_parser = clap::value_parser!(u16).range(0..=1_000)
    )]
    pub years_past: u16,
    /// Fees at least so many times the median of their currency and level, or the median such a fee
    #[arg(
        long, value_name = "N", default_value_t = 100, help_heading = SUSPICION,
        value_parser = clap::value_parser!(u32).range(2..=1_000_000)
    )]
    pub fee_factor: u32,
}
