//! The facts of a run as its page says them.

use super::summary::RunFacts;
use crate::formats::html::{InputWords, PageFacts, PolicyWords};
use crate::policy::PolicyFile;
use crate::reports::Overview;
use crate::rules::ExemptionRound;

/// What the page of a run says.
pub fn page_facts<'a>(facts: &'a RunFacts<'a>, overview: &'a Overview) -> PageFacts<'a> {
    let result = facts.result;
    let forecasting = facts.byte_options.forecasting;
    let inputs = result.inputs.iter().map(|input| InputWords {
        path: &input.path,
        format: input.format,
        bytes: input.bytes,
        rows: input.rows,
        blake3: input.blake3,
    });
    PageFacts {
        run_id: &facts.run_id,
        tool_version: env!("CARGO_PKG_VERSION"),
        options: facts.options,
        policy: policy_words(facts.policy),
        inputs: inputs.collect(),
        currencies: &result.currencies,
        tally: &result.tally,
        outlook: &result.outlook,
        history_days: forecasting.history_days,
        interval: forecasting.interval.to_string(),
        assumptions: forecasting.assumption_words(),
        exchange: forecasting.exchange_words(),
        overview,
    }
}

fn policy_words(file: &PolicyFile) -> PolicyWords<'_> {
    let numbers = file.policy.numbers();
    let mut statements = vec![
        (
            format!("A term that is paid lasts {} days from its anniversary.", numbers.term_length_days),
            file.sources.term.as_str(),
        ),
        (
            format!(
                "The renewal window lasts from day {} to day {} after the anniversary.",
                numbers.window_opens_after_days, numbers.window_closes_after_days
            ),
            file.sources.window.as_str(),
        ),
        (
            format!(
                "Reminders are due on days {} and {} of the anniversary, while the term is unpaid.",
                signed(numbers.first_reminder_offset_days),
                signed(numbers.second_reminder_offset_days)
            ),
            file.sources.reminders.as_str(),
        ),
    ];
    for round in file.policy.rounds() {
        statements.push((round_words(round), file.round_source(round).unwrap_or_default()));
    }
    PolicyWords { id: file.policy.id(), title: &file.title, source: &file.source, statements }
}

/// A number of days with its sign, before or after.
fn signed(days: i32) -> String {
    if days < 0 { format!("\u{2212}{}", days.unsigned_abs()) } else { format!("+{days}") }
}

fn round_words(round: &ExemptionRound) -> String {
    let ExemptionRound { name, anniversary_from, anniversary_to, extended_to_year, reactivation_deadline, .. } = round;
    let offer_type = round.offer_type.as_str().replace('_', " ");
    let mut words = format!(
        "{name}: a {offer_type} with an anniversary from {anniversary_from} to {anniversary_to} is exempt from the \
         requirements until its anniversary in {extended_to_year}"
    );
    if let Some(deadline) = reactivation_deadline {
        words.push_str(&format!("; missed, it can be reactivated until {deadline}"));
    }
    if !round.excluded_competencies.is_empty() {
        words.push_str(&format!("; {} competencies are left out", round.excluded_competencies.len()));
    }
    words + "."
}
