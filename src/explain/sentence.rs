//! The rules in words, with the numbers of the policy and where they come from.

use super::event::Event;
use crate::policy::PolicyFile;
use crate::rules::{Derivation, ExemptionRound, Offer, PaidTerms, Portal, Requirements, Rule, Span, Trace};

/// A rule that had a part in a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// The rule.
    pub rule: Rule,
    /// What it says, with the policy's numbers.
    pub sentence: String,
    /// Where the policy has it from.
    pub source: String,
}

/// The rules that had a part in a decision, in the order of their ids.
pub fn rules(file: &PolicyFile, offer: &Offer<'_>, trace: &Trace<'_>, events: &[Event]) -> Vec<RuleText> {
    let requirements = trace.outcome.ok().map(|decision| decision.requirements);
    // Where the current term is not exempt, an earlier one may have been, which is then what the rules speak of.
    let exempt = |terms: &PaidTerms| file.policy.exemption(offer.offer_type, offer.offer_name, terms.from);
    let round = trace.exemption.or_else(|| trace.paid.iter().rev().find_map(exempt));
    let takes_part = |rule: Rule| match rule {
        Rule::R1 => !offer.offer_type.is_renewable(),
        Rule::R7 => trace.exemption.is_some() || of_events(events, rule),
        Rule::R9 => offer.offer_type.is_renewable() && offer.portal == Portal::Pmc,
        Rule::R10 => requirements
            .is_some_and(|requirements| !matches!(requirements, Requirements::NotApplicable | Requirements::Exempt)),
        rule => of_events(events, rule),
    };
    let texts = Rule::ALL.iter().filter(|rule| takes_part(**rule)).map(|rule| RuleText {
        rule: *rule,
        sentence: sentence(file, *rule, round),
        source: source(file, *rule, round).to_owned(),
    });
    texts.collect()
}

fn of_events(events: &[Event], rule: Rule) -> bool {
    events.iter().any(|event| event.rule == Some(rule))
}

fn sentence(file: &PolicyFile, rule: Rule, exemption: Option<&ExemptionRound>) -> String {
    let numbers = file.policy.numbers();
    match (rule, exemption) {
        (Rule::R1, _) => "Plain membership needs no renewal; Action Packs and competencies do.".to_owned(),
        (Rule::R2, _) => {
            "The first anniversary is one calendar year after the purchase; 29 February becomes 28 February.".to_owned()
        }
        (Rule::R3, _) => format!(
            "The renewal window goes from {} to {} after the anniversary, both ends included.",
            numbers.window_opens_after_days,
            days_text(numbers.window_closes_after_days)
        ),
        (Rule::R4, _) => format!(
            "Reminders come {} and {} the anniversary, while the term is unpaid.",
            beside(numbers.first_reminder_offset_days),
            beside(numbers.second_reminder_offset_days)
        ),
        (Rule::R5, _) => {
            "Benefits go on through the last day of the window; unpaid on the day after it, they are lost.".to_owned()
        }
        (Rule::R6, _) => format!(
            "Once the term is paid, the next anniversary is {} after this one, whatever the day of payment.",
            days_text(numbers.term_length_days)
        ),
        (Rule::R7, Some(round)) => format!(
            "{}: anniversaries from {} to {} are exempt from the requirements until the next one, in {}; the fee is \
             still due.",
            round.name, round.anniversary_from, round.anniversary_to, round.extended_to_year
        ),
        (Rule::R7, None) => {
            "An exempt term that the ordinary length does not carry into its year lasts a calendar year.".to_owned()
        }
        (Rule::R8, Some(ExemptionRound { reactivation_deadline: Some(deadline), .. })) => format!(
            "A missed window of an exempt term can be paid through {deadline}; the next anniversary counts from this \
             one, not from the payment."
        ),
        (Rule::R8, _) => {
            "A missed window of an exempt term can be paid through the deadline of its round; the next anniversary \
             counts from that term's, not from the payment."
                .to_owned()
        }
        (Rule::R9, _) => {
            "On the old portal (pmc), the membership has yet to move to Partner Center; nothing is hidden for it."
                .to_owned()
        }
        (Rule::R10, _) => "A competency that is not exempt renews only with its requirements met.".to_owned(),
    }
}

/// Where the policy has a rule from: the section's own source, else that of the whole policy.
fn source<'a>(file: &'a PolicyFile, rule: Rule, exemption: Option<&ExemptionRound>) -> &'a str {
    match rule {
        Rule::R3 | Rule::R5 => &file.sources.window,
        Rule::R4 => &file.sources.reminders,
        Rule::R6 => &file.sources.term,
        Rule::R7 | Rule::R8 => exemption.and_then(|round| file.round_source(round)).unwrap_or(&file.source),
        Rule::R1 | Rule::R2 | Rule::R9 | Rule::R10 => &file.source,
    }
}

/// A number of days.
pub fn days_text(days: i32) -> String {
    if days.abs() == 1 { format!("{days} day") } else { format!("{days} days") }
}

fn beside(offset: i32) -> String {
    match offset {
        0 => "on".to_owned(),
        ..0 => format!("{} before", days_text(-offset)),
        _ => format!("{} after", days_text(offset)),
    }
}

/// The right side of an equation whose left side is the day that comes out: `2019-02-10 + 1 year`.
pub fn derivation_text(derivation: &Derivation) -> String {
    let from = derivation.from;
    match derivation.span {
        Span::Days(days @ ..0) => format!("{from} - {}", days_text(-days)),
        Span::Days(days) => format!("{from} + {}", days_text(days)),
        Span::CalendarYear => format!("{from} + 1 year"),
        Span::Terms { count, days } => format!("{from} + {count} x {}", days_text(days)),
    }
}
