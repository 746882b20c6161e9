//! A decision with the steps that led to it, for people who ask why.
//!
//! Every step comes from the functions that decide: [`trace`] only listens to them.

use super::anniversary::{PaidTerms, base_anniversary, follow_terms};
use super::date::Date;
use super::decision::{Contradiction, Decision, decide};
use super::offer::{Offer, spelled_enumeration};
use super::policy::{ExemptionRound, Policy};

spelled_enumeration! {
    /// A rule of the specification, under the id that it keeps everywhere.
    Rule {
        /// What renews at all.
        R1 = "R1",
        /// The first anniversary.
        R2 = "R2",
        /// The renewal window.
        R3 = "R3",
        /// The reminders.
        R4 = "R4",
        /// When benefits are lost.
        R5 = "R5",
        /// The anniversary after a payment.
        R6 = "R6",
        /// The exemption from the requirements.
        R7 = "R7",
        /// Reactivation after a missed window.
        R8 = "R8",
        /// The move to Partner Center.
        R9 = "R9",
        /// The requirements.
        R10 = "R10",
    }
}

/// What lies between two days of a derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// So many days, negative to an earlier day.
    Days(i32),
    /// One calendar year; 29 February becomes 28 February (R2).
    CalendarYear,
    /// Several terms of the same length.
    Terms {
        /// How many.
        count: i32,
        /// Days of each.
        days: i32,
    },
}

/// How one day follows from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Derivation {
    /// The day counted from.
    pub from: Date,
    /// What is counted.
    pub span: Span,
    /// The day that comes out.
    pub to: Date,
}

/// A decision, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace<'p> {
    /// What [`decide`] says.
    pub outcome: Result<Decision, Contradiction>,
    /// The anniversary that counting starts from; `None` for what does not renew (R1).
    pub base: Option<Date>,
    /// The terms that were paid from there on, in order; empty where the last payment belongs to an earlier term.
    pub paid: Vec<PaidTerms>,
    /// The round that exempts the current anniversary (R7), if any.
    pub exemption: Option<&'p ExemptionRound>,
}

/// Decides an offer as [`decide`] does, and keeps the steps.
pub fn trace<'p>(policy: &'p Policy, as_of: Date, offer: &Offer<'_>) -> Trace<'p> {
    let outcome = decide(policy, as_of, offer);
    if !offer.offer_type.is_renewable() {
        return Trace { outcome, base: None, paid: Vec::new(), exemption: None };
    }
    let mut paid = Vec::new();
    if matches!(outcome, Ok(_) | Err(Contradiction::PaymentOutsideWindow)) {
        // A payment outside every window is an outcome like another, and is in `outcome` already.
        let _ = follow_terms(policy, offer, &mut |terms| paid.push(terms));
    }
    let term = outcome.ok().and_then(|decision| decision.term);
    let exemption = term.and_then(|term| policy.exemption(offer.offer_type, offer.offer_name, term.anniversary));
    Trace { outcome, base: Some(base_anniversary(offer)), paid, exemption }
}

impl Derivation {
    /// The day `days` days after another, before it if negative.
    pub const fn days(from: Date, days: i32) -> Self {
        Self { from, span: Span::Days(days), to: from.plus_days(days) }
    }

    /// The day one calendar year after another (R2).
    pub const fn calendar_year(from: Date) -> Self {
        Self { from, span: Span::CalendarYear, to: from.plus_calendar_year() }
    }

    /// How paid terms reach their end: by the policy's term length, or by calendar year where R7 says so.
    pub fn of_terms(policy: &Policy, terms: PaidTerms) -> Self {
        let PaidTerms { from, to, count } = terms;
        let days = policy.numbers().term_length_days;
        let span = match count {
            1 if to == from.plus_days(days) => Span::Days(days),
            1 => Span::CalendarYear,
            _ => Span::Terms { count, days },
        };
        Self { from, span, to }
    }

    /// Whether the day that comes out is the one that counting comes to.
    pub const fn holds(&self) -> bool {
        let counted = match self.span {
            Span::Days(days) => self.from.plus_days(days),
            Span::CalendarYear => self.from.plus_calendar_year(),
            Span::Terms { count, days } => self.from.plus_days(count * days),
        };
        counted.days_since(self.to) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::offer::{OfferType, Portal};
    use crate::rules::test_policies::{all_rounds, date, round_one, seed, seed_numbers};
    use proptest::prelude::*;

    fn offer(purchase: &str, payment: &str) -> Offer<'static> {
        Offer {
            offer_type: OfferType::Competency,
            offer_name: b"",
            purchase_date: date(purchase),
            renewal_start_date: None,
            last_renewal_date: Some(date(payment)),
            requirements_met: None,
            portal: Portal::PartnerCenter,
        }
    }

    fn paid(purchase: &str, payment: &str) -> Vec<(String, String, i32)> {
        paid_terms(&seed(), &offer(purchase, payment))
    }

    fn paid_terms(policy: &Policy, offer: &Offer<'_>) -> Vec<(String, String, i32)> {
        let trace = trace(policy, date("2024-01-01"), offer);
        let texts = |terms: &PaidTerms| (terms.from.to_string(), terms.to.to_string(), terms.count);
        trace.paid.iter().map(texts).collect()
    }

    #[test]
    fn terms_are_told_in_order_and_equal_ones_together() {
        let step = |from: &str, to: &str, count| (from.to_owned(), to.to_owned(), count);
        assert_eq!(paid("2019-02-10", "2020-06-30"), [step("2020-02-10", "2021-02-09", 1)]);
        assert_eq!(paid("2019-02-10", "2019-06-30"), []);
        // Ten ordinary terms up to the round, the exempt one, and the one that the payment ends.
        assert_eq!(
            paid("2009-01-04", "2021-01-10"),
            [
                step("2010-01-04", "2020-01-02", 10),
                step("2020-01-02", "2021-01-01", 1),
                step("2021-01-01", "2022-01-01", 1)
            ]
        );
        // The one exempt anniversary that renews by calendar year.
        assert_eq!(paid("2019-01-01", "2020-01-31"), [step("2020-01-01", "2021-01-01", 1)]);
        // A payment between two windows: the terms before the gap are told all the same.
        assert_eq!(paid("2018-09-01", "2020-08-31"), [step("2019-09-01", "2020-08-31", 1)]);
        // A round for offers of another type, or that leaves this one out, parts no terms.
        let terms = [step("2010-01-04", "2021-01-01", 11), step("2021-01-01", "2022-01-01", 1)];
        let action_pack = Offer { offer_type: OfferType::ActionPack, ..offer("2009-01-04", "2021-01-10") };
        assert_eq!(paid_terms(&seed(), &action_pack), terms);
        let mut without_security = round_one();
        without_security.excluded_competencies = vec!["Security".to_owned()];
        let policy = Policy::new("test".to_owned(), seed_numbers(), vec![without_security]).unwrap();
        let security = Offer { offer_name: b"Security", ..offer("2009-01-04", "2021-01-10") };
        assert_eq!(paid_terms(&policy, &security), terms);
    }

    #[test]
    fn a_payment_on_the_anniversary_pays_nothing_though_the_window_opens_on_it() {
        let mut numbers = seed_numbers();
        numbers.window_opens_after_days = 0;
        let policy = Policy::new("test".to_owned(), numbers, Vec::new()).unwrap();
        let trace = trace(&policy, date("2020-06-05"), &offer("2018-09-01", "2019-09-01"));
        assert_eq!((trace.base, trace.paid.len()), (Some(date("2019-09-01")), 0));
        assert_eq!(trace.outcome.unwrap().term.unwrap().anniversary, date("2019-09-01"));
    }

    #[test]
    fn a_derivation_is_in_the_words_of_its_rule() {
        for (from, to, count, span) in [
            ("2020-01-02", "2021-01-01", 1, Span::Days(365)),
            ("2020-01-01", "2021-01-01", 1, Span::CalendarYear),
            ("2010-01-04", "2020-01-02", 10, Span::Terms { count: 10, days: 365 }),
        ] {
            let derivation = Derivation::of_terms(&seed(), PaidTerms { from: date(from), to: date(to), count });
            assert_eq!(derivation, Derivation { from: date(from), span, to: date(to) });
            assert!(derivation.holds());
            assert!(!Derivation { to: date(to).plus_days(1), ..derivation }.holds());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn a_trace_ends_where_the_decision_stands(
            purchase in -25_567i32..19_000,
            base_after in proptest::option::weighted(0.3, -5i32..800),
            payment_after in proptest::option::weighted(0.8, prop_oneof![
                (0i32..60, -40i32..40).prop_map(|(years, days)| years * 365 + days),
                -10i32..25_000,
            ]),
            as_of in 17_000i32..19_500,
            offer_type in prop_oneof![
                Just(OfferType::Membership), Just(OfferType::ActionPack), Just(OfferType::Competency)
            ],
            every_round in any::<bool>(),
        ) {
            let purchase_date = Date::from_days_since_epoch(purchase);
            let offer = Offer {
                offer_type,
                purchase_date,
                renewal_start_date: base_after.map(|days| purchase_date.plus_days(days)),
                last_renewal_date: payment_after.map(|days| purchase_date.plus_days(days)),
                ..offer("2000-01-01", "2000-01-01")
            };
            let policy = if every_round { all_rounds() } else { seed() };
            let as_of = Date::from_days_since_epoch(as_of);
            let trace = trace(&policy, as_of, &offer);
            prop_assert_eq!(trace.outcome, decide(&policy, as_of, &offer));
            let mut reached = trace.base;
            for terms in &trace.paid {
                prop_assert_eq!(Some(terms.from), reached, "no gap between terms");
                prop_assert!(terms.count >= 1 && Derivation::of_terms(&policy, *terms).holds());
                reached = Some(terms.to);
            }
            if let Ok(decision) = trace.outcome {
                prop_assert_eq!(decision.term.map(|term| term.anniversary), reached);
            }
        }
    }
}
