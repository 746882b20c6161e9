//! `report.html`: the run as one page that a reader opens from a mail.
//!
//! The page holds everything it needs: no script, no link, nothing from a network, which its content policy forbids
//! besides. Every text goes through the escaping of `maud`; only the style sheet and the drawn charts are put in as
//! they are. Its size is bounded: lists and texts of any length are cut, and the page says so.

mod chart;
mod document;
mod facts;
mod figure;
mod lapses;
mod month_chart;
mod outlook;
mod position;
mod rates;
mod rejects;
mod risk;
mod schedule;
mod stages;
mod text;
mod tonight;

use super::{AssumptionWords, ExchangeWords};
use crate::finance::FeeOutlook;
use crate::reports::{CurrencyIndex, Overview, ReportOptions, Tally};

/// Name of the file in the published directory.
pub const FILE_NAME: &str = "report.html";

/// Everything that the page says.
#[derive(Clone, Debug)]
pub struct PageFacts<'a> {
    /// The run id.
    pub run_id: &'a str,
    /// The version of the program.
    pub tool_version: &'a str,
    /// The as-of date and the reach of the reports.
    pub options: &'a ReportOptions,
    /// The policy.
    pub policy: PolicyWords<'a>,
    /// The inputs, in order.
    pub inputs: Vec<InputWords<'a>>,
    /// Numbers of the currencies.
    pub currencies: &'a CurrencyIndex,
    /// The counts.
    pub tally: &'a Tally,
    /// What falls due, and what of it is expected.
    pub outlook: &'a FeeOutlook,
    /// Days before the as-of date whose closed windows the renewal rates are measured on.
    pub history_days: i32,
    /// Share of the outcomes that an interval is to hold, in words.
    pub interval: String,
    /// What is assumed.
    pub assumptions: AssumptionWords<'a>,
    /// The rates of exchange, if everything is converted to one currency too.
    pub exchange: Option<ExchangeWords<'a>>,
    /// What was counted for the page.
    pub overview: &'a Overview,
}

/// The policy in words.
#[derive(Clone, Debug)]
pub struct PolicyWords<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it is called.
    pub title: &'a str,
    /// The document that it states.
    pub source: &'a str,
    /// What it says, each with its source.
    pub statements: Vec<(String, &'a str)>,
}

/// An input of the run.
#[derive(Clone, Copy, Debug)]
pub struct InputWords<'a> {
    /// The path as given, or as found.
    pub path: &'a str,
    /// `csv` or `parquet`.
    pub format: &'a str,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows read.
    pub rows: u64,
    /// BLAKE3 of its content.
    pub blake3: blake3::Hash,
}

/// The page as HTML.
pub fn render(facts: &PageFacts<'_>) -> String {
    document::document(facts).into_string()
}
