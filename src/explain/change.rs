//! What would change a decision: the offer is changed in one thing, and decided again.

use crate::policy::PolicyFile;
use crate::rules::{
    Contradiction, Date, Decision, Offer, Policy, Portal, Requirements, Stage, Term, Trace, base_anniversary, decide,
};

/// One thing that would be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The fee is paid on a day from the first to the last.
    Pay {
        /// First day on which it can be paid, the as-of date or later.
        from: Date,
        /// Last day on which it can be paid.
        through: Date,
    },
    /// The fee is paid on a day on which it no longer helps.
    PayTooLate {
        /// The day.
        on: Date,
    },
    /// The as-of date becomes a later day, and nothing else changes.
    Wait {
        /// The day.
        until: Date,
    },
    /// The membership moves to Partner Center.
    MoveToPartnerCenter,
    /// The requirements turn out to be met.
    MeetRequirements,
    /// The requirements turn out to be unmet.
    MissRequirements,
    /// The export has no last payment.
    WithoutPayment,
    /// The export has no anniversary of its own.
    WithoutAnniversary,
    /// Another policy decides.
    OtherPolicy {
        /// Its id.
        id: String,
    },
}

/// What comes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What is otherwise.
    pub kind: ChangeKind,
    /// The day on which that is decided.
    pub as_of: Date,
    /// What the rules then say.
    pub outcome: Result<Decision, Contradiction>,
    /// The as-of date that was asked for.
    pub asked_on: Date,
    /// What they say unchanged on that day.
    pub before: Result<Decision, Contradiction>,
}

/// An offer that may be decided again.
struct Asking<'a> {
    policy: &'a Policy,
    as_of: Date,
    offer: &'a Offer<'a>,
    before: Result<Decision, Contradiction>,
}

/// What would change the outcome of an offer.
pub fn changes(
    policy: &Policy,
    others: &[PolicyFile],
    as_of: Date,
    offer: &Offer<'_>,
    trace: &Trace<'_>,
) -> Vec<Change> {
    let asking = Asking { policy, as_of, offer, before: trace.outcome };
    let mut changes = Vec::new();
    match trace.outcome {
        Ok(decision) => {
            if let Some(term) = decision.term {
                asking.add_payment(&decision, &term, &mut changes);
                asking.add_waiting(&decision, &term, &mut changes);
                asking.add_blockers(&decision, &mut changes);
            }
        }
        Err(contradiction) => asking.add_repairs(contradiction, trace, &mut changes),
    }
    for other in others.iter().filter(|other| other.policy.id() != policy.id()) {
        let outcome = decide(&other.policy, as_of, offer);
        if outcome != trace.outcome {
            changes.push(asking.change(ChangeKind::OtherPolicy { id: other.policy.id().to_owned() }, as_of, outcome));
        }
    }
    changes
}

impl Asking<'_> {
    const fn change(&self, kind: ChangeKind, as_of: Date, outcome: Result<Decision, Contradiction>) -> Change {
        Change { kind, as_of, outcome, asked_on: self.as_of, before: self.before }
    }

    /// Decides the offer with something changed.
    fn again(&self, kind: ChangeKind, as_of: Date, offer: &Offer<'_>) -> Change {
        self.change(kind, as_of, decide(self.policy, as_of, offer))
    }

    /// The offer whose current term is paid on a day: from then on the portal shows its anniversary.
    fn paid_on(&self, term: &Term, day: Date) -> Result<Decision, Contradiction> {
        let paid = Offer {
            renewal_start_date: Some(term.anniversary),
            last_renewal_date: Some(day),
            // The export was valid with its own anniversary, which may be older than the term's.
            purchase_date: self.offer.purchase_date.min(term.anniversary.plus_days(-1)),
            ..*self.offer
        };
        decide(self.policy, day, &paid)
    }

    fn add_payment(&self, decision: &Decision, term: &Term, changes: &mut Vec<Change>) {
        let renews = |outcome: &Result<Decision, Contradiction>| {
            outcome.is_ok_and(|paid| paid.term.is_some_and(|next| next.anniversary != term.anniversary))
        };
        let from = self.as_of.max(term.window_opens).max(self.offer.purchase_date);
        let last_days = [Some(term.window_closes), term.reactivate_by];
        let last = last_days.into_iter().flatten().filter(|day| renews(&self.paid_on(term, *day))).max();
        match last.filter(|last| *last >= from && renews(&self.paid_on(term, from))) {
            Some(through) => {
                let outcome = self.paid_on(term, through);
                changes.push(self.change(ChangeKind::Pay { from, through }, through, outcome));
            }
            None if decision.stage == Stage::Lapsed => {
                let outcome = self.paid_on(term, self.as_of);
                changes.push(self.change(ChangeKind::PayTooLate { on: self.as_of }, self.as_of, outcome));
            }
            None => {}
        }
    }

    /// The later days on which the stage becomes another, if nothing else happens.
    fn add_waiting(&self, decision: &Decision, term: &Term, changes: &mut Vec<Change>) {
        let mut days = vec![
            self.offer.purchase_date,
            term.first_reminder,
            term.window_opens,
            term.second_reminder,
            term.window_closes.plus_days(1),
        ];
        days.extend(term.reactivate_by.map(|deadline| deadline.plus_days(1)));
        days.retain(|day| *day > self.as_of);
        days.sort_unstable();
        days.dedup();
        let mut stage = decision.stage;
        for until in days {
            let change = self.again(ChangeKind::Wait { until }, until, self.offer);
            if let Ok(later) = &change.outcome
                && later.stage != stage
            {
                stage = later.stage;
                changes.push(change);
            }
        }
    }

    fn add_blockers(&self, decision: &Decision, changes: &mut Vec<Change>) {
        if self.offer.portal == Portal::Pmc {
            let moved = Offer { portal: Portal::PartnerCenter, ..*self.offer };
            changes.push(self.again(ChangeKind::MoveToPartnerCenter, self.as_of, &moved));
        }
        let met = Offer { requirements_met: Some(true), ..*self.offer };
        let unmet = Offer { requirements_met: Some(false), ..*self.offer };
        match decision.requirements {
            Requirements::Unmet => changes.push(self.again(ChangeKind::MeetRequirements, self.as_of, &met)),
            Requirements::Unknown => changes.push(self.again(ChangeKind::MissRequirements, self.as_of, &unmet)),
            Requirements::NotApplicable | Requirements::Exempt | Requirements::Met => {}
        }
    }

    /// What would make dates fit each other that contradict each other now.
    fn add_repairs(&self, contradiction: Contradiction, trace: &Trace<'_>, changes: &mut Vec<Change>) {
        let unpaid = Offer { last_renewal_date: None, ..*self.offer };
        let without_anniversary = Offer { renewal_start_date: None, ..*self.offer };
        match contradiction {
            Contradiction::PurchaseAfterAnniversary => {
                changes.push(self.again(ChangeKind::WithoutAnniversary, self.as_of, &without_anniversary));
            }
            Contradiction::PaymentAfterAsOf => {
                if let Some(payment) = self.offer.last_renewal_date {
                    changes.push(self.again(ChangeKind::Wait { until: payment }, payment, self.offer));
                }
                changes.push(self.again(ChangeKind::WithoutPayment, self.as_of, &unpaid));
            }
            Contradiction::PaymentBeforePurchase => {
                changes.push(self.again(ChangeKind::WithoutPayment, self.as_of, &unpaid));
            }
            Contradiction::PaymentOutsideWindow => {
                self.add_windows(trace, changes);
                if self.offer.renewal_start_date.is_some() {
                    changes.push(self.again(ChangeKind::WithoutAnniversary, self.as_of, &without_anniversary));
                }
                changes.push(self.again(ChangeKind::WithoutPayment, self.as_of, &unpaid));
            }
        }
    }

    /// The windows before and after a payment that lies between them, as far as they lie before the as-of date.
    fn add_windows(&self, trace: &Trace<'_>, changes: &mut Vec<Change>) {
        let numbers = self.policy.numbers();
        let reached = trace.paid.last().map_or_else(|| base_anniversary(self.offer), |terms| terms.to);
        for anniversary in trace.paid.last().map(|terms| terms.from).into_iter().chain([reached]) {
            let from = anniversary.plus_days(numbers.window_opens_after_days);
            let through = anniversary.plus_days(numbers.window_closes_after_days).min(self.as_of);
            let paid = Offer { last_renewal_date: Some(through), ..*self.offer };
            let change = self.again(ChangeKind::Pay { from, through }, self.as_of, &paid);
            if from <= through && change.outcome.is_ok() {
                changes.push(change);
            }
        }
    }
}
