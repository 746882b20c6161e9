//! The arguments of `explain`.

use super::known::{known_texts, policies};
use super::{DayArguments, ReachArguments, ReadingArguments, parse_date};
use crate::rules::{Date, Level, OfferType, Portal};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// Files, directories or globs to look the partner up in; leave them out to give the facts as options
    #[arg(value_name = "INPUT", required_unless_present = "offer_type", requires = "partner_id")]
    pub inputs: Vec<PathBuf>,
    /// The day to decide on
    #[command(flatten)]
    pub day: DayArguments,
    /// Policy to decide by: an id of `renewals policy list`, or a file
    #[arg(
        long, value_name = "ID|FILE", default_value = crate::policy::DEFAULT_ID, hide_possible_values = true,
        value_parser = known_texts(policies)
    )]
    pub policy: String,
    /// Id of the partner, as the export writes it
    #[arg(long, value_name = "ID")]
    pub partner_id: Option<String>,
    /// Only the offer of this name, or of this type, in any case
    #[arg(long, value_name = "NAME")]
    pub offer: Option<String>,
    /// Most rows to explain; the others are counted
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Write one JSON object to standard output
    #[arg(long)]
    pub json: bool,
    /// Threads to use [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub threads: Option<u16>,
    /// What to explain without an input
    #[command(flatten)]
    pub facts: FactArguments,
    /// How far the reports reach
    #[command(flatten)]
    pub reach: ReachArguments,
    /// How inputs are read
    #[command(flatten)]
    pub reading: ReadingArguments,
}

const FACTS: &str = "Facts, without an INPUT";

/// The facts of one offer.
#[derive(Debug, Args)]
pub struct FactArguments {
    /// membership, action_pack or competency
    #[arg(
        long, value_name = "TYPE", help_heading = FACTS, conflicts_with = "inputs", requires = "purchased",
        hide_possible_values = true, value_parser = known_texts(|| OfferType::ALL.iter().map(|value| value.as_str()).collect())
    )]
    pub offer_type: Option<String>,
    /// Day of purchase
    #[arg(long, value_name = "DATE", help_heading = FACTS, requires = "offer_type", value_parser = parse_date)]
    pub purchased: Option<Date>,
    /// The anniversary, as the portal shows it
    #[arg(long, value_name = "DATE", help_heading = FACTS, requires = "offer_type", value_parser = parse_date)]
    pub anniversary: Option<Date>,
    /// Day the last renewal fee was paid
    #[arg(long, value_name = "DATE", help_heading = FACTS, requires = "offer_type", value_parser = parse_date)]
    pub paid: Option<Date>,
    /// Whether the requirements are met: true or false
    #[arg(long, value_name = "BOOL", help_heading = FACTS, requires = "offer_type")]
    pub requirements_met: Option<String>,
    /// partner_center or pmc
    #[arg(
        long, value_name = "PORTAL", help_heading = FACTS, requires = "offer_type", hide_possible_values = true,
        value_parser = known_texts(|| Portal::ALL.iter().map(|value| value.as_str()).collect())
    )]
    pub portal: Option<String>,
    /// silver or gold
    #[arg(
        long, value_name = "LEVEL", help_heading = FACTS, requires = "offer_type", hide_possible_values = true,
        value_parser = known_texts(|| Level::ALL.iter().map(|value| value.as_str()).collect())
    )]
    pub level: Option<String>,
    /// The next renewal fee
    #[arg(long, value_name = "AMOUNT", help_heading = FACTS, requires = "offer_type")]
    pub fee: Option<String>,
    /// Currency of the fee
    #[arg(long, value_name = "CODE", help_heading = FACTS, requires = "offer_type")]
    pub currency: Option<String>,
}
