//! The arguments as typed.

mod backtest;
mod check;
mod day;
mod diff;
mod documents;
mod examples;
mod explain;
mod known;
mod messages;
mod outlook;
mod publishing;
mod reach;
mod reading;

pub use backtest::BacktestArguments;
pub use check::CheckArguments;
pub use day::{AsOf, DayArguments, ResolvedDay, parse_zone};
pub use diff::{ChangeFormat, DiffArguments};
pub use documents::{CompletionsArguments, ManArguments};
pub use explain::{ExplainArguments, FactArguments};
pub use known::{policies, profile_choices, profiles};
pub use messages::{DisplayArguments, LogFormat, MessageArguments, ProgressKind};
pub use outlook::{Interval, OutlookArguments};
pub use publishing::PublishingArguments;
pub use reach::ReachArguments;
pub use reading::{AUTO_PROFILE, ReadingArguments};

use super::limit::RejectLimit;
use super::message::one_line;
use crate::configuration::listed;
use crate::finance::Segment;
use crate::formats::compression::Codec;
use crate::pipeline::OnDuplicate;
use crate::rules::Date;
use clap::{Args, Parser, Subcommand, ValueEnum};
use documents::{COMPLETIONS_EXAMPLES, MAN_EXAMPLES};
use known::known_texts;
use std::path::PathBuf;

/// Reports renewals, lapses, reactivations, reminders and fees from exported partner memberships
#[derive(Debug, Parser)]
#[command(name = "renewals", version, max_term_width = 100, after_help = examples::PROGRAM_EXAMPLES)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Turn exports into reports and publish them whole
    #[command(after_help = examples::RUN_EXAMPLES)]
    Run(Box<RunArguments>),
    /// Check inputs against the whole contract, and publish nothing
    #[command(after_help = examples::CHECK_EXAMPLES)]
    Check(Box<CheckArguments>),
    /// Show why an offer is decided as it is, and what would change it
    #[command(after_help = examples::EXPLAIN_EXAMPLES)]
    Explain(Box<ExplainArguments>),
    /// Tell what changed from one published night to another
    #[command(after_help = diff::EXAMPLES)]
    Diff(Box<DiffArguments>),
    /// Compare what an older export let expect with what a later one shows to have been paid
    #[command(after_help = backtest::EXAMPLES, override_usage = backtest::USAGE)]
    Backtest(Box<BacktestArguments>),
    /// Make an invented export of any size
    #[command(after_help = examples::GENERATE_EXAMPLES)]
    Generate(GenerateArguments),
    /// Print what the forecast of fees takes for granted
    #[command(after_help = examples::ASSUMPTIONS_EXAMPLES)]
    Assumptions(AssumptionsArguments),
    /// List or show the policies that the rules can be read from
    #[command(after_help = examples::POLICY_EXAMPLES)]
    Policy(PolicyArguments),
    /// List, show or try out the profiles by which exports of other shapes are read
    #[command(after_help = examples::PROFILE_EXAMPLES)]
    Profile(ProfileArguments),
    /// Check a published directory against its manifest
    #[command(after_help = examples::VERIFY_EXAMPLES)]
    Verify(VerifyArguments),
    /// Print the completions of a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArguments),
    /// Print a manual page, or write all of them
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArguments),
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Files, directories, globs or addresses such as s3://BUCKET/KEY, or - for standard input; CSV and Parquet may be mixed
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Which day the reports are for
    #[command(flatten)]
    pub day: DayArguments,
    /// Directory to publish into, replaced as a whole; or an address such as s3://BUCKET/PREFIX
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Policy to decide by: an id of `renewals policy list`, or a file
    #[arg(
        long, value_name = "ID|FILE", default_value = crate::policy::DEFAULT_ID, hide_possible_values = true,
        value_parser = known_texts(policies)
    )]
    pub policy: String,
    /// Formats of the reports
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "csv")]
    pub formats: Vec<Format>,
    /// Write decisions.parquet too: every evaluated offer with all its fields
    #[arg(long)]
    pub decisions: bool,
    /// Compress the CSV reports, whose names then end in .csv.gz or .csv.zst
    #[arg(long, value_name = "FORM")]
    pub compress: Option<Compress>,
    /// How far the reports look
    #[command(flatten)]
    pub reach: ReachArguments,
    /// Most rejected rows to publish with: a count, or a share of the rows read such as 0.5%
    #[arg(long, value_name = "N|N%")]
    pub max_rejects: Option<RejectLimit>,
    /// What to do about offers that an earlier row has: the same partner, offer type, name and level
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = DuplicateHandling::Report)]
    pub on_duplicate: DuplicateHandling,
    /// Write texts as they are, even where a spreadsheet would take them for formulas
    #[arg(long)]
    pub raw_text: bool,
    /// Threads to use [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub threads: Option<u16>,
    /// Bytes of input in a batch, a power of two; changes speed and memory, never the reports
    #[arg(long, value_name = "BYTES", default_value_t = 512 * 1024, value_parser = parse_batch_bytes)]
    pub batch_bytes: u64,
    /// How the inputs are read
    #[command(flatten)]
    pub reading: ReadingArguments,
    /// What the estimates of fees go by
    #[command(flatten)]
    pub outlook: OutlookArguments,
    /// How it is published
    #[command(flatten)]
    pub publishing: PublishingArguments,
    /// What is said
    #[command(flatten)]
    pub messages: MessageArguments,
}

impl RunArguments {
    /// How CSV is compressed, if it is.
    pub fn codec(&self) -> Option<Codec> {
        self.compress.map(|form| match form {
            Compress::Gz => Codec::Gzip,
            Compress::Zst => Codec::Zstandard,
        })
    }
}

/// How CSV reports are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compress {
    /// gzip
    Gz,
    /// Zstandard
    Zst,
}

/// A format of the reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// RFC 4180, UTF-8
    Csv,
    /// Apache Parquet
    Parquet,
    /// A page for readers, report.html
    Html,
    /// One Excel workbook, renewals.xlsx
    Xlsx,
}

/// What to do with an offer that an earlier row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DuplicateHandling {
    /// Do not look for any
    Ignore,
    /// Count them
    Report,
    /// Reject all but the first; reads inputs twice
    Reject,
    /// End in 65 if there is one, and publish nothing
    Fail,
}

impl DuplicateHandling {
    /// What the run is to do.
    pub const fn for_run(self) -> OnDuplicate {
        match self {
            Self::Ignore => OnDuplicate::Ignore,
            Self::Report => OnDuplicate::Report,
            Self::Reject => OnDuplicate::Reject,
            Self::Fail => OnDuplicate::Fail,
        }
    }
}

/// Arguments of `generate`.
#[derive(Debug, Args)]
pub struct GenerateArguments {
    /// Number of rows
    #[arg(long, value_name = "N")]
    pub rows: u64,
    /// Number that the rows are drawn from; the same seed gives the same bytes
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// File to write: .csv, .tsv or .parquet
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Share of the rows to spoil, from 0 to 1, spread over the reject codes
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    pub dirty: f64,
    /// Day the export is made for
    #[arg(long, value_name = "DATE", default_value = "2020-06-05", value_parser = parse_date)]
    pub as_of: Date,
    /// Rates at which offers pay in their windows: all=0.8, or one for each of several segments
    #[arg(long, value_name = "SEGMENT=RATE,...", value_delimiter = ',', value_parser = parse_renewal_rate)]
    pub renewal_rates: Vec<(Segment, f64)>,
    /// Day on which the same offers are exported, with what happened by then [default: --as-of]
    #[arg(long, value_name = "DATE", value_parser = parse_date, requires = "renewal_rates")]
    pub seen_on: Option<Date>,
    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArguments {
    /// What to do with policies
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// A command on policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the policies that ship with the program
    #[command(after_help = examples::POLICY_LIST_EXAMPLES)]
    List,
    /// Print a policy as TOML, after checking it
    #[command(after_help = examples::POLICY_SHOW_EXAMPLES)]
    Show {
        /// Id of a shipped policy, or a file
        #[arg(value_name = "ID|FILE", hide_possible_values = true, value_parser = known_texts(policies))]
        policy: String,
    },
}

/// Arguments of `profile`.
#[derive(Debug, Args)]
pub struct ProfileArguments {
    /// What to do with profiles
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// A command on profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles that ship with the program
    #[command(after_help = examples::PROFILE_LIST_EXAMPLES)]
    List,
    /// Print a profile as TOML, after checking it
    #[command(after_help = examples::PROFILE_SHOW_EXAMPLES)]
    Show {
        /// Id of a shipped profile, or a file
        #[arg(value_name = "ID|FILE", hide_possible_values = true, value_parser = known_texts(profiles))]
        profile: String,
    },
    /// Show how each column of a file is understood, and what is missing
    #[command(after_help = examples::PROFILE_CHECK_EXAMPLES)]
    Check(Box<ProfileCheckArguments>),
}

/// Arguments of `profile check`.
#[derive(Debug, Args)]
pub struct ProfileCheckArguments {
    /// An export
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Answer as JSON
    #[arg(long)]
    pub json: bool,
    /// How the file is read
    #[command(flatten)]
    pub reading: ReadingArguments,
}

/// Arguments of `assumptions`.
#[derive(Debug, Args)]
pub struct AssumptionsArguments {
    /// Print this file instead of the default, after checking it
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// A published directory
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}

fn parse_date(text: &str) -> Result<Date, String> {
    Date::parse_iso(text.as_bytes()).ok_or_else(|| "not a day from 1900-01-01 to 2999-12-31, as YYYY-MM-DD".to_owned())
}

fn parse_renewal_rate(text: &str) -> Result<(Segment, f64), String> {
    let (name, rate) = text.split_once('=').ok_or("write it like competency/gold=0.8")?;
    let segment = Segment::named(name).ok_or_else(|| {
        let names: Vec<String> = Segment::ALL.into_iter().map(Segment::name).collect();
        format!("`{}` is no segment; there are {}", one_line(name), listed(names.iter().map(String::as_str)))
    })?;
    match rate.parse() {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok((segment, rate)),
        _ => Err("the rate must be from 0 to 1".to_owned()),
    }
}

/// Chunks of a file must be whole subtrees of its hash, so their size is a power of two of at least 1 KiB.
fn parse_batch_bytes(text: &str) -> Result<u64, String> {
    const SMALLEST: u64 = 1024;
    const LARGEST: u64 = 64 * 1024 * 1024;
    match text.parse::<u64>() {
        Ok(bytes) if bytes.is_power_of_two() && (SMALLEST..=LARGEST).contains(&bytes) => Ok(bytes),
        _ => Err(format!("not a power of two from {SMALLEST} to {LARGEST}")),
    }
}
