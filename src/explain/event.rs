//! The days of an offer: what happens on each, by which rule, and how the day was found.

use crate::rules::{
    Contradiction, Date, Derivation, Offer, PaidTerms, Policy, Rule, Stage, Term, Trace, base_anniversary,
    spelled_enumeration,
};

spelled_enumeration! {
    /// What happens on a day of an offer. Of two on the same day, the one that stands first here comes first.
    EventKind {
        /// The offer is bought.
        Purchased = "purchased",
        /// An anniversary before the current one.
        EarlierAnniversary = "earlier_anniversary",
        /// The current anniversary.
        Anniversary = "anniversary",
        /// The last renewal fee is paid.
        Paid = "paid",
        /// The first reminder of the current term.
        FirstReminder = "first_reminder",
        /// The first day of a window.
        WindowOpens = "window_opens",
        /// The second reminder of the current term.
        SecondReminder = "second_reminder",
        /// The last day of a window.
        WindowCloses = "window_closes",
        /// The day on which benefits are lost if the term stays unpaid.
        BenefitsLost = "benefits_lost",
        /// The last day on which a missed window can be paid.
        ReactivationEnds = "reactivation_ends",
        /// The anniversary after the current one, once the term is paid.
        NextAnniversary = "next_anniversary",
        /// The as-of date.
        AsOf = "as_of",
    }
}

/// Something that happens on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The day.
    pub day: Date,
    /// What happens.
    pub kind: EventKind,
    /// What happens, in words.
    pub label: String,
    /// The rule that the day follows from.
    pub rule: Option<Rule>,
    /// How the day was found; `None` where it was told.
    pub derivation: Option<Derivation>,
    /// Who told the day: a column of the export, an option, or a round of the policy.
    pub told_by: Option<String>,
}

/// Chains of paid terms longer than this are told without their middle.
const CHAIN_TOLD: usize = 6;

/// The days of an offer, in their order.
pub fn events(policy: &Policy, as_of: Date, offer: &Offer<'_>, trace: &Trace<'_>) -> Vec<Event> {
    let mut events = vec![told(offer.purchase_date, EventKind::Purchased, "purchased", "purchase_date")];
    let term = trace.outcome.ok().and_then(|decision| decision.term);
    if let Some(base) = trace.base {
        let current = term.map(|term| term.anniversary);
        events.push(first_anniversary(offer, base, current));
        add_chain(policy, &trace.paid, current, &mut events);
        add_payment(policy, offer, trace, &mut events);
    }
    if let Some(term) = term {
        add_term(policy, &term, trace, &mut events);
    }
    if trace.outcome == Err(Contradiction::PaymentOutsideWindow) {
        add_missed_windows(policy, offer, trace, &mut events);
    }
    let state = match &trace.outcome {
        Ok(decision) => format!("as-of date: {}", decision.stage.as_str()),
        Err(_) => "as-of date: rejected".to_owned(),
    };
    events.push(told(as_of, EventKind::AsOf, state, "--as-of"));
    events.sort_by_key(|event| (event.day, event.kind));
    events
}

fn told(day: Date, kind: EventKind, label: impl Into<String>, by: impl Into<String>) -> Event {
    Event { day, kind, label: label.into(), rule: None, derivation: None, told_by: Some(by.into()) }
}

fn derived(derivation: Derivation, kind: EventKind, label: impl Into<String>, rule: Rule) -> Event {
    Event {
        day: derivation.to,
        kind,
        label: label.into(),
        rule: Some(rule),
        derivation: Some(derivation),
        told_by: None,
    }
}

/// Whether an anniversary is the current one, and what it is called.
fn anniversary(day: Date, current: Option<Date>) -> (EventKind, &'static str) {
    if current == Some(day) {
        (EventKind::Anniversary, "anniversary")
    } else {
        (EventKind::EarlierAnniversary, "anniversary")
    }
}

fn first_anniversary(offer: &Offer<'_>, base: Date, current: Option<Date>) -> Event {
    let (kind, label) = anniversary(base, current);
    match offer.renewal_start_date {
        Some(_) => told(base, kind, label, "renewal_start_date"),
        None => derived(Derivation::calendar_year(offer.purchase_date), kind, label, Rule::R2),
    }
}

/// The anniversaries after the first one, up to the current one.
fn add_chain(policy: &Policy, paid: &[PaidTerms], current: Option<Date>, events: &mut Vec<Event>) {
    let left_out = paid.len().saturating_sub(CHAIN_TOLD);
    let (head, rest) = paid.split_at(paid.len().min(CHAIN_TOLD / 2));
    let (middle, tail) = rest.split_at(left_out);
    if let (Some(first), Some(last)) = (middle.first(), middle.last()) {
        let count: i32 = middle.iter().map(|terms| terms.count).sum();
        let label = format!("{count} more paid terms");
        let by = format!("the terms from {}", first.from);
        events.push(told(last.to, EventKind::EarlierAnniversary, label, by));
    }
    for terms in head.iter().chain(tail) {
        let (kind, label) = anniversary(terms.to, current);
        let derivation = Derivation::of_terms(policy, *terms);
        let label = match terms.count {
            1 => label.to_owned(),
            count => format!("{label}, {count} terms on"),
        };
        events.push(derived(derivation, kind, label, rule_of(policy, *terms)));
    }
}

/// R6 where the step has the length of an ordinary term, else R7.
fn rule_of(policy: &Policy, terms: PaidTerms) -> Rule {
    let ordinary = terms.from.plus_days(terms.count * policy.numbers().term_length_days);
    if terms.to == ordinary { Rule::R6 } else { Rule::R7 }
}

fn add_payment(policy: &Policy, offer: &Offer<'_>, trace: &Trace<'_>, events: &mut Vec<Event>) {
    let Some(payment) = offer.last_renewal_date else { return };
    let (label, rule) = match (&trace.outcome, trace.paid.last()) {
        (Err(contradiction), _) => (wrong_payment(*contradiction), None),
        (Ok(_), None) => ("payment of an earlier term", None),
        (Ok(_), Some(terms)) => {
            let closes = terms.from.plus_days(policy.numbers().window_closes_after_days);
            if payment <= closes {
                ("fee paid in the window", Some(Rule::R6))
            } else {
                ("fee paid, reactivated", Some(Rule::R8))
            }
        }
    };
    events.push(Event { rule, ..told(payment, EventKind::Paid, label, "last_renewal_date") });
}

const fn wrong_payment(contradiction: Contradiction) -> &'static str {
    match contradiction {
        Contradiction::PurchaseAfterAnniversary => "fee paid",
        Contradiction::PaymentBeforePurchase => "paid before the purchase",
        Contradiction::PaymentAfterAsOf => "paid after the as-of date",
        Contradiction::PaymentOutsideWindow => "paid, in no window",
    }
}

/// The days of the current term.
fn add_term(policy: &Policy, term: &Term, trace: &Trace<'_>, events: &mut Vec<Event>) {
    let numbers = policy.numbers();
    let counted = |days: i32| Derivation::days(term.anniversary, days);
    let stage = trace.outcome.ok().map(|decision| decision.stage);
    let lost = match stage {
        Some(Stage::Reactivatable) => "window missed",
        Some(Stage::Lapsed) if term.reactivate_by.is_some_and(|deadline| deadline > term.window_closes) => {
            "window missed"
        }
        Some(Stage::Lapsed) => "lapsed, unpaid",
        _ => "lapses, if still unpaid",
    };
    use EventKind::*;
    events.extend([
        derived(counted(numbers.first_reminder_offset_days), FirstReminder, "first reminder", Rule::R4),
        derived(counted(numbers.window_opens_after_days), WindowOpens, "window opens", Rule::R3),
        derived(counted(numbers.second_reminder_offset_days), SecondReminder, "second reminder", Rule::R4),
        derived(counted(numbers.window_closes_after_days), WindowCloses, "last day of the window", Rule::R3),
        derived(Derivation::days(term.window_closes, 1), BenefitsLost, lost, Rule::R5),
    ]);
    if let (Some(deadline), Some(round)) = (term.reactivate_by, trace.exemption)
        && deadline > term.window_closes
    {
        let label = "last day to reactivate";
        events.push(Event { rule: Some(Rule::R8), ..told(deadline, ReactivationEnds, label, &round.name) });
    }
    if stage == Some(Stage::Lapsed) {
        return;
    }
    let next = PaidTerms { from: term.anniversary, to: term.next_anniversary, count: 1 };
    let derivation = Derivation::of_terms(policy, next);
    events.push(derived(derivation, NextAnniversary, "next anniversary, once paid", rule_of(policy, next)));
}

/// The windows on either side of a payment that lies in none.
fn add_missed_windows(policy: &Policy, offer: &Offer<'_>, trace: &Trace<'_>, events: &mut Vec<Event>) {
    let numbers = policy.numbers();
    let reached = trace.paid.last().map_or_else(|| base_anniversary(offer), |terms| terms.to);
    for anniversary in trace.paid.last().map(|terms| terms.from).into_iter().chain([reached]) {
        let counted = |days: i32| Derivation::days(anniversary, days);
        use EventKind::{WindowCloses, WindowOpens};
        events.extend([
            derived(counted(numbers.window_opens_after_days), WindowOpens, "window opens", Rule::R3),
            derived(counted(numbers.window_closes_after_days), WindowCloses, "last day of the window", Rule::R3),
        ]);
    }
}
