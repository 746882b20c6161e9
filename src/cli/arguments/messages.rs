//! What a run says while it goes on and at its end.

use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

const HEADING: &str = "Messages";

/// The options about messages.
#[derive(Debug, Args)]
pub struct MessageArguments {
    /// End with one line of compact JSON on standard output, whatever the ending
    #[arg(long, help_heading = HEADING)]
    pub json: bool,
    /// File to write the same JSON to; replaced as a whole
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub summary_json: Option<PathBuf>,
    /// File to write metrics of the run to, for node_exporter's textfile collector; replaced as a whole
    #[arg(long, value_name = "FILE", value_parser = parse_metrics_path, help_heading = HEADING)]
    pub metrics: Option<PathBuf>,
    /// File to append OpenLineage events to, one JSON object a line
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub lineage: Option<PathBuf>,
    /// Name of the job in these events [default: renewals.run, after the name of the parent job if there is one]
    #[arg(long, value_name = "NAME", requires = "lineage", value_parser = clap::builder::NonEmptyStringValueParser::new(), help_heading = HEADING)]
    pub lineage_job: Option<String>,
    /// What is shown on standard error
    #[command(flatten)]
    pub display: DisplayArguments,
}

/// The options about what standard error shows.
#[derive(Debug, Args)]
pub struct DisplayArguments {
    /// How to show progress on standard error
    #[arg(long, value_name = "KIND", value_enum, default_value_t = ProgressKind::Auto, help_heading = HEADING)]
    pub progress: ProgressKind,
    /// Seconds between two lines of progress; the gaps grow when a run takes long
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = parse_seconds, help_heading = HEADING)]
    pub heartbeat: Duration,
    /// Form of the messages on standard error
    #[arg(long, value_name = "FORM", value_enum, default_value_t = LogFormat::Text, help_heading = HEADING)]
    pub log_format: LogFormat,
    /// Say nothing but errors and warnings
    #[arg(short, long, help_heading = HEADING)]
    pub quiet: bool,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressKind {
    /// A bar on a terminal, lines elsewhere
    Auto,
    /// A bar; lines where there is no terminal
    Bar,
    /// A line now and then
    Plain,
    /// Nothing until the end
    None,
}

/// The form of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Plain lines
    Text,
    /// An object a line, with time and level
    Json,
}

/// The collector reads no other names.
fn parse_metrics_path(text: &str) -> Result<PathBuf, String> {
    match PathBuf::from(text) {
        path if path.extension().is_some_and(|extension| extension == "prom") => Ok(path),
        _ => Err("its name must end in .prom".to_owned()),
    }
}

/// A number of seconds, fractions allowed, of at most a year.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    const LARGEST: f64 = 366.0 * 24.0 * 3600.0;
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=LARGEST).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("not a number of seconds from 0 to {LARGEST}")),
    }
}
