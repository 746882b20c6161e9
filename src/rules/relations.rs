//! Relations between decisions that hold whatever the decision is: nobody has to know the right answer to see a wrong
//! one.

use super::test_policies::{all_rounds, date, seed};
use super::*;
use proptest::prelude::*;

/// In 28 years the calendar repeats, with its weekdays and leap days, unless a century without one lies between.
const CYCLE_YEARS: i32 = 28;
const CYCLE_DAYS: i32 = CYCLE_YEARS * 365 + 7;

fn policies() -> impl Strategy<Value = Policy> {
    any::<bool>().prop_map(|has_every_round| if has_every_round { all_rounds() } else { seed() })
}

/// Offers from 1905 to 2070, so that no day which is reckoned with lies outside 1901 to 2099 before or after a shift.
fn offers() -> impl Strategy<Value = Offer<'static>> {
    let purchases = prop_oneof![
        2 => -23_700i32..22_000,
        3 => 17_500i32..19_200,
        3 => (0i32..30, -50i32..50).prop_map(|(years, days)| 18_418 - years * 365 + days),
    ];
    let payments = prop_oneof![
        4 => (0i32..12, -3i32..36).prop_map(|(years, days)| years * 365 + days),
        2 => (1i32..3, 25i32..200).prop_map(|(years, days)| years * 365 + days),
        1 => -3i32..14_000,
    ];
    let types = prop_oneof![
        1 => Just(OfferType::Membership),
        2 => Just(OfferType::ActionPack),
        5 => Just(OfferType::Competency),
    ];
    (
        types,
        purchases,
        proptest::option::weighted(0.4, prop_oneof![3 => 330i32..400, 1 => -3i32..1_500]),
        proptest::option::weighted(0.7, payments),
        any::<Option<bool>>(),
        any::<bool>(),
    )
        .prop_map(|(offer_type, purchase, start, payment, requirements_met, is_on_pmc)| {
            let purchase_date = Date::from_days_since_epoch(purchase);
            Offer {
                offer_type,
                offer_name: b"Security",
                purchase_date,
                renewal_start_date: start.map(|days| purchase_date.plus_days(days)),
                last_renewal_date: payment.map(|days| purchase_date.plus_days(days)),
                requirements_met,
                portal: if is_on_pmc { Portal::Pmc } else { Portal::PartnerCenter },
            }
        })
}

/// The offers' own time, and the days on which something of the rounds ends.
fn as_of_dates() -> impl Strategy<Value = Date> {
    let edges = ["2019-12-31", "2020-06-05", "2020-06-30", "2020-12-31", "2021-07-30"];
    prop_oneof![
        (-23_000i32..25_500).prop_map(Date::from_days_since_epoch),
        (17_600i32..19_500).prop_map(Date::from_days_since_epoch),
        (0..edges.len(), -2i32..=2).prop_map(move |(edge, days)| date(edges[edge]).plus_days(days)),
    ]
}

fn shifted(day: Date) -> Date {
    day.plus_days(CYCLE_DAYS)
}

fn shifted_policy(policy: &Policy) -> Policy {
    let rounds = policy.rounds().iter().map(|round| ExemptionRound {
        anniversary_from: shifted(round.anniversary_from),
        anniversary_to: shifted(round.anniversary_to),
        extended_to_year: round.extended_to_year + CYCLE_YEARS,
        reactivation_deadline: round.reactivation_deadline.map(shifted),
        ..round.clone()
    });
    Policy::new("shifted".to_owned(), *policy.numbers(), rounds.collect()).unwrap()
}

fn shifted_term(term: Term) -> Term {
    Term {
        anniversary: shifted(term.anniversary),
        window_opens: shifted(term.window_opens),
        window_closes: shifted(term.window_closes),
        first_reminder: shifted(term.first_reminder),
        second_reminder: shifted(term.second_reminder),
        next_anniversary: shifted(term.next_anniversary),
        reactivate_by: term.reactivate_by.map(shifted),
        renewed_from: term.renewed_from.map(shifted),
    }
}

/// How far the stage of an offer that renews has come.
fn rank(stage: Stage) -> usize {
    use Stage::{Current, FinalNotice, Lapsed, NotStarted, Open, Reactivatable, Reminded};
    let order = [NotStarted, Current, Reminded, Open, FinalNotice, Reactivatable, Lapsed];
    order.iter().position(|known| *known == stage).expect("an offer that renews")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_calendar_cycle_later_every_answer_is_a_cycle_later(
        policy in policies(), as_of in as_of_dates(), offer in offers()
    ) {
        let later = Offer {
            purchase_date: shifted(offer.purchase_date),
            renewal_start_date: offer.renewal_start_date.map(shifted),
            last_renewal_date: offer.last_renewal_date.map(shifted),
            ..offer
        };
        let expected = decide(&policy, as_of, &offer)
            .map(|decision| Decision { term: decision.term.map(shifted_term), ..decision });
        prop_assert_eq!(decide(&shifted_policy(&policy), shifted(as_of), &later), expected);
    }

    /// Days of payment are of one term or of another: within a term they make no difference at all (R6), and an earlier
    /// term never leads further than a later one.
    #[test]
    fn a_day_of_payment_counts_for_its_term_alone(policy in policies(), as_of in as_of_dates(), offer in offers()) {
        prop_assume!(offer.offer_type != OfferType::Membership);
        let paid_on = |day| decide(&policy, as_of, &Offer { last_renewal_date: Some(day), ..offer });
        let payment = offer.last_renewal_date.unwrap_or(offer.purchase_date);
        if let (Ok(earlier), Ok(later)) = (paid_on(payment.plus_days(-1)), paid_on(payment)) {
            let (earlier, later) = (earlier, later);
            let renewed = |decision: &Decision| decision.term.unwrap().renewed_from;
            if renewed(&earlier) == renewed(&later) {
                prop_assert_eq!(earlier, later, "paid a day earlier, for the same term");
            } else {
                // The earlier day comes before the window, so it was for the term before.
                prop_assert!(earlier.term.unwrap().anniversary < later.term.unwrap().anniversary);
                prop_assert_eq!(renewed(&later), Some(earlier.term.unwrap().anniversary));
            }
        }
    }

    #[test]
    fn a_payment_never_makes_a_worse_stage(policy in policies(), as_of in as_of_dates(), offer in offers()) {
        prop_assume!(offer.offer_type != OfferType::Membership);
        let unpaid = decide(&policy, as_of, &Offer { last_renewal_date: None, ..offer });
        if let (Ok(paid), Ok(unpaid)) = (decide(&policy, as_of, &offer), unpaid) {
            prop_assert!(rank(paid.stage) <= rank(unpaid.stage), "{:?} {:?}", paid, unpaid);
            prop_assert!(paid.term.unwrap().anniversary >= unpaid.term.unwrap().anniversary);
        }
    }

    #[test]
    fn a_later_day_never_finds_an_earlier_stage(
        policy in policies(), as_of in as_of_dates(), days in 0i32..500, offer in offers()
    ) {
        if let (Ok(before), Ok(after)) =
            (decide(&policy, as_of, &offer), decide(&policy, as_of.plus_days(days), &offer))
        {
            prop_assert_eq!(before.term, after.term, "the as-of date moves no date");
            prop_assert_eq!((before.requirements, before.blockers), (after.requirements, after.blockers));
            if offer.offer_type == OfferType::Membership {
                prop_assert_eq!(before.stage, after.stage);
            } else {
                prop_assert!(rank(before.stage) <= rank(after.stage));
            }
        }
    }

    /// R2's first anniversary is a start like any other as long as no later term was paid.
    #[test]
    fn the_first_anniversary_may_be_given_or_counted(
        policy in policies(), as_of in as_of_dates(), offer in offers()
    ) {
        let first = offer.purchase_date.plus_calendar_year();
        let counted = Offer { renewal_start_date: None, ..offer };
        let given = Offer { renewal_start_date: Some(first), ..offer };
        match (decide(&policy, as_of, &counted), decide(&policy, as_of, &given)) {
            (Ok(by_count), Err(contradiction)) => {
                prop_assert_eq!(contradiction, Contradiction::PaymentOutsideWindow);
                prop_assert!(by_count.term.unwrap().renewed_from.unwrap() > first);
            }
            (by_count, by_date) => prop_assert_eq!(by_count, by_date),
        }
    }

    /// The next export shows the anniversary that the payment led to, and no longer the payment.
    #[test]
    fn an_export_after_the_renewal_says_the_same(policy in policies(), as_of in as_of_dates(), offer in offers()) {
        let decision = decide(&policy, as_of, &offer);
        if let Ok(decision @ Decision { term: Some(term), .. }) = decision {
            let next = Offer { renewal_start_date: Some(term.anniversary), last_renewal_date: None, ..offer };
            let expected = Decision { term: Some(Term { renewed_from: None, ..term }), ..decision };
            prop_assert_eq!(decide(&policy, as_of, &next), Ok(expected));
        }
    }

    /// R9, R10: neither the portal nor the requirements move a date or a stage.
    #[test]
    fn portal_and_requirements_change_blockers_alone(
        policy in policies(), as_of in as_of_dates(), offer in offers(), met in any::<Option<bool>>()
    ) {
        let other = Offer { portal: Portal::PartnerCenter, requirements_met: met, ..offer };
        match (decide(&policy, as_of, &offer), decide(&policy, as_of, &other)) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!((one.stage, one.term), (other.stage, other.term));
                prop_assert!(!other.blockers.pmc_migration);
                let is_pmc = offer.portal == Portal::Pmc && offer.offer_type != OfferType::Membership;
                prop_assert_eq!(one.blockers.pmc_migration, is_pmc);
            }
            (one, other) => prop_assert_eq!(one.err(), other.err()),
        }
    }

    /// An exemption helps whoever it is for and concerns nobody else.
    #[test]
    fn a_round_never_makes_a_worse_stage_and_leaves_action_packs_alone(as_of in as_of_dates(), offer in offers()) {
        let none = Policy::new("none".to_owned(), *seed().numbers(), Vec::new()).unwrap();
        let (without, with) = (decide(&none, as_of, &offer), decide(&seed(), as_of, &offer));
        if offer.offer_type == OfferType::Competency {
            if let (Ok(without), Ok(with)) = (without, with) {
                let is_one_term = without.term.unwrap().anniversary == with.term.unwrap().anniversary;
                prop_assert!(!is_one_term || rank(with.stage) <= rank(without.stage));
            }
        } else {
            prop_assert_eq!(without, with);
        }
    }

    #[test]
    fn the_order_of_rounds_in_a_policy_makes_no_difference(
        as_of in as_of_dates(), offer in offers(), by in 0usize..4
    ) {
        let mut rounds = all_rounds().rounds().to_vec();
        rounds.rotate_left(by);
        let turned = Policy::new("all".to_owned(), *all_rounds().numbers(), rounds).unwrap();
        prop_assert_eq!(&turned, &all_rounds());
        prop_assert_eq!(decide(&turned, as_of, &offer), decide(&all_rounds(), as_of, &offer));
    }
}
