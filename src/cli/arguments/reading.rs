//! How inputs are read: the options of every command that reads exports.

use clap::Args;

const HEADING: &str = "Reading";

/// The options that say how inputs are read; [`open_inputs`](crate::cli::inputs::open_inputs) opens them by these.
#[derive(Clone, Debug, Args)]
pub struct ReadingArguments {
    /// Form of the dates in text cells, in chrono's syntax [default: %Y-%m-%d]
    #[arg(long, value_name = "FORMAT", help_heading = HEADING)]
    pub date_format: Option<String>,
    /// Longest CSV record in bytes
    #[arg(
        long, value_name = "BYTES", default_value_t = 1024 * 1024, help_heading = HEADING,
        value_parser = clap::value_parser!(u32).range(1..=1024 * 1024 * 1024)
    )]
    pub max_record_bytes: u32,
}
