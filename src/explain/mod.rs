//! Why a row is what it is: a decision as dated steps, the rules behind them, and what would change it.
//!
//! Nothing here decides anything: [`explain`] asks the functions that a run uses, for the offer as it is and for the
//! offer as it might be, and puts their answers side by side.

mod change;
mod change_words;
mod event;
mod fault;
mod finder;
mod membership;
mod owned;
mod sentence;
#[cfg(test)]
mod tests;

pub use change::{Change, ChangeKind};
pub use event::{Event, EventKind};
pub use fault::{FaultExplanation, explain_fault};
pub use finder::{FoundRow, PartnerFinder, Wanted};
pub use membership::reports_of;
pub use owned::{FactTexts, OwnedRow};
pub use sentence::{RuleText, days_text, derivation_text};

use crate::ingest::Row;
use crate::policy::PolicyFile;
use crate::reports::{Report, ReportOptions};
use crate::rules::{Contradiction, Decision, trace};

/// One row, explained.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What the rules say of the row.
    pub outcome: Result<Decision, Contradiction>,
    /// The days of the offer, in their order.
    pub events: Vec<Event>,
    /// The rules that had a part in it, in the order of their ids.
    pub rules: Vec<RuleText>,
    /// What would change the outcome, each found by deciding again.
    pub changes: Vec<Change>,
    /// The reports that the row is in.
    pub reports: Vec<Report>,
    /// Name of the round that exempts the current anniversary (R7).
    pub exempt_by: Option<String>,
}

/// Explains a row that keeps the contract of its cells. `others` are policies to compare with.
pub fn explain(file: &PolicyFile, others: &[PolicyFile], options: &ReportOptions, row: &Row<'_>) -> Explanation {
    let trace = trace(&file.policy, options.as_of, &row.offer);
    let events = event::events(&file.policy, options.as_of, &row.offer, &trace);
    let rules = sentence::rules(file, &row.offer, &trace, &events);
    let changes = change::changes(&file.policy, others, options.as_of, &row.offer, &trace);
    let reports = match &trace.outcome {
        Ok(decision) => reports_of(options, row, decision),
        Err(_) => vec![Report::Rejects],
    };
    let exempt_by = trace.exemption.map(|round| round.name.clone());
    Explanation { outcome: trace.outcome, events, rules, changes, reports, exempt_by }
}
