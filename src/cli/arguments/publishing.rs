//! How a run is published: once, one at a time, and with how many of the runs before it.

use super::messages::parse_seconds;
use clap::Args;
use std::num::NonZeroU32;
use std::time::Duration;

const HEADING: &str = "Publishing";

/// The options about publishing.
#[derive(Debug, Args)]
pub struct PublishingArguments {
    /// Publish into DIR/as_of=YYYY-MM-DD, keep the N newest of these, and name the newest DIR/latest
    #[arg(long, value_name = "N", help_heading = HEADING)]
    pub keep: Option<NonZeroU32>,
    /// Exit code when DIR already holds this run and nothing was done: 0, or one from 79 to 100
    #[arg(long, value_name = "CODE", default_value_t = 0, value_parser = parse_skip_code, help_heading = HEADING)]
    pub skip_exit_code: u8,
    /// Run even if DIR already holds this run
    #[arg(long, help_heading = HEADING)]
    pub no_skip: bool,
    /// Seconds to wait for another run on DIR to end before giving up with 75
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = parse_seconds, help_heading = HEADING)]
    pub lock_wait: Duration,
}

/// A code that no other ending has: neither one of SPEC §4, nor that of a panic, nor a shell's own.
fn parse_skip_code(text: &str) -> Result<u8, String> {
    match text.parse() {
        Ok(code) if code == 0 || (79..=100).contains(&code) => Ok(code),
        _ => Err("neither 0 nor a code from 79 to 100, which no other ending has".to_owned()),
    }
}
