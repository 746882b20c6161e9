//! `renewals explain`: why an offer is decided as it is, and what would change it.

mod block;
mod facts;
mod json;
mod parts;
mod search;
mod timeline;

use super::arguments::{DisplayArguments, ExplainArguments, LogFormat, ProgressKind};
use super::error::CommandError;
use super::message;
use super::reach::report_options;
use super::run::default_threads;
use crate::explain::{self, Explanation};
use crate::policy::{self, PolicyFile};
use crate::reports::ReportOptions;
use search::{Search, search};
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// What every row is explained by.
pub struct Context {
    /// The policy.
    pub policy: PolicyFile,
    /// The shipped policies, to compare with.
    pub others: Vec<PolicyFile>,
    /// The as-of date and the reach of the reports.
    pub options: ReportOptions,
}

/// Explains the facts of the command line, or the rows of a partner.
///
/// # Errors
/// Facts that break the contract, inputs that cannot be used, and a partner who is not in them.
pub fn explain(arguments: &ExplainArguments) -> Result<(), CommandError> {
    let day = arguments.day.resolve().map_err(CommandError::AsOf)?;
    let options = report_options(&arguments.reach, &day)?;
    let policy = policy::load(&arguments.policy)?;
    let others = policy::shipped().iter().map(|shipped| policy::load(shipped.id)).collect::<Result<_, _>>()?;
    let context = Context { policy, others, options };
    if day.is_derived() {
        message::line(&day.derivation());
    }
    let partner_id = arguments.partner_id.as_deref().unwrap_or_default();
    let search = match arguments.inputs.as_slice() {
        [] => facts::search(arguments)?,
        _ => search(arguments, partner_id)?,
    };
    let blocks = block::blocks(&context, &search, arguments.limit as usize);
    let is_found = !blocks.is_empty();
    if arguments.json {
        let object = json::object(&context, arguments, &search, &blocks);
        super::run_ending::print(&object)?;
    } else if is_found {
        let mut output = anstream::stdout().lock();
        block::write(&mut output, arguments, &search, &blocks)?;
        output.flush()?;
    }
    if is_found { Ok(()) } else { Err(not_found(arguments, partner_id, search)) }
}

fn not_found(arguments: &ExplainArguments, partner_id: &str, search: Search) -> CommandError {
    let Search { rows_read, files, other_offers, near, .. } = search;
    let safe = |text: Vec<u8>| super::terminal::safe(&text);
    CommandError::NotFound {
        partner_id: partner_id.to_owned(),
        offer: arguments.offer.clone().filter(|_| !other_offers.is_empty()),
        rows_read,
        files,
        other_offers: other_offers.into_iter().map(safe).collect(),
        near: near.map(safe),
    }
}

/// Explains a row that keeps the contract of its cells.
fn explain_row(context: &Context, row: &crate::explain::OwnedRow) -> Explanation {
    explain::explain(&context.policy, &context.others, &context.options, &row.row())
}

/// A long search shows its progress on a terminal, and says nothing elsewhere.
pub fn display_arguments() -> DisplayArguments {
    let is_terminal = std::io::stderr().is_terminal();
    DisplayArguments {
        progress: if is_terminal { ProgressKind::Bar } else { ProgressKind::None },
        heartbeat: Duration::from_secs(10),
        log_format: LogFormat::Text,
        quiet: false,
    }
}

fn threads(asked: Option<u16>) -> usize {
    asked.map_or_else(default_threads, usize::from)
}
