use super::*;
use crate::rules::test_policies::{all_rounds, date, offer, round, seed, seed_numbers};
use crate::rules::{OfferType, decide};
use proptest::prelude::*;

fn outcomes(policy: &Policy, as_of: Date, history_days: i32, offer: &Offer<'_>) -> Vec<WindowOutcome> {
    let term = decide(policy, as_of, offer).unwrap().term.unwrap();
    let mut outcomes = Vec::new();
    visit_closed_windows(policy, as_of, history_days, offer, &term, |outcome| outcomes.push(outcome));
    outcomes
}

#[test]
fn what_one_row_shows_of_the_year_before() {
    use OfferType::{ActionPack, Competency};
    use WindowOutcome::{Paid, PaidUndated, Reactivated, Undetermined, Unpaid};
    let paid = |day_in_window| vec![Paid { day_in_window }];
    for (offer_type, purchase, base, payment, expected) in [
        // The first term has no window before it, whatever was paid in it.
        (ActionPack, "2019-09-01", "", "", vec![]),
        (ActionPack, "2019-09-01", "2020-08-31", "2019-09-01", vec![]),
        (ActionPack, "2019-02-01", "2020-08-01", "", vec![]),
        // Closed unpaid: on the first day it counts, on the last, and on either side of these.
        (ActionPack, "2019-05-06", "", "", vec![]),
        (ActionPack, "2019-05-05", "", "", vec![Unpaid]),
        (ActionPack, "2018-05-07", "", "", vec![Unpaid]),
        (ActionPack, "2018-05-06", "", "", vec![]),
        // Paid in the window that the payment's day shows; an open window counts neither way.
        (ActionPack, "2018-09-01", "", "2019-09-02", paid(0)),
        (ActionPack, "2018-09-01", "2019-09-01", "2019-10-01", paid(29)),
        (ActionPack, "2018-09-01", "2020-08-31", "2019-10-01", paid(29)),
        (ActionPack, "2019-05-10", "", "2020-05-20", vec![]),
        // The portal's anniversary moved on, so the term was paid, though the day is not shown, or an older one.
        (ActionPack, "2017-09-01", "2020-08-31", "", vec![PaidUndated]),
        (ActionPack, "2017-09-01", "2020-08-31", "2018-09-10", vec![PaidUndated]),
        // Paid between the windows: not in this one.
        (ActionPack, "2017-09-01", "2020-08-31", "2019-12-01", vec![Undetermined]),
        // Reactivated: the window closed unpaid. Without the day it cannot be told.
        (Competency, "2019-02-10", "", "2020-05-01", vec![Reactivated]),
        (Competency, "2019-02-10", "2021-02-09", "2020-05-01", vec![Reactivated]),
        (Competency, "2019-02-10", "2021-02-09", "2020-02-11", paid(0)),
        (Competency, "2019-02-10", "2021-02-09", "", vec![Undetermined]),
        (Competency, "2019-02-10", "", "", vec![Unpaid]),
        // The one exempt anniversary that renews by calendar year.
        (Competency, "2019-01-01", "2020-01-01", "2020-01-02", paid(0)),
        // The portal's anniversary, which was paid, lies before the first one that a purchase leads to.
        (ActionPack, "2019-12-01", "2020-01-15", "2020-01-20", vec![]),
        (ActionPack, "2019-03-10", "2020-03-09", "2020-03-20", vec![]),
        (ActionPack, "2019-03-10", "2020-03-10", "2020-03-20", paid(9)),
    ] {
        let offer = offer(offer_type, purchase, base, payment);
        let found = outcomes(&seed(), date("2020-06-05"), 365, &offer);
        assert_eq!(found, expected, "{offer_type:?} {purchase} {base} {payment}");
    }
}

#[test]
fn a_longer_history_has_every_window_in_it() {
    use WindowOutcome::{Paid, PaidUndated, Undetermined, Unpaid};
    let lapsed = offer(OfferType::ActionPack, "2015-03-01", "", "2019-03-10");
    assert_eq!(
        outcomes(&seed(), date("2020-06-05"), 1_200, &lapsed),
        [Unpaid, Paid { day_in_window: 8 }, PaidUndated, PaidUndated]
    );
    // A payment on the anniversary itself, before the window opens, is the late one of the term before.
    let late = offer(OfferType::ActionPack, "2016-09-01", "2020-08-31", "2019-09-01");
    assert_eq!(outcomes(&seed(), date("2020-06-05"), 1_200, &late), [PaidUndated, Undetermined, PaidUndated]);
}

#[test]
fn an_anniversary_before_is_one_that_leads_to_it() {
    let mut numbers = seed_numbers();
    numbers.term_length_days = 730;
    let rounds =
        [("2018-01-01", "2018-12-31", 2019), ("2019-01-01", "2019-11-30", 2020), ("2020-01-01", "2020-12-31", 2021)]
            .map(|(from, to, year)| round(from, from, to, year, None));
    let two_years = Policy::new("two years".to_owned(), numbers, rounds.to_vec()).unwrap();
    for (policy, anniversary, expected) in [
        // Outside the rounds, and in them where R6 reaches the year: a term.
        (&seed(), "2019-09-01", Some("2018-09-01")),
        (&seed(), "2021-01-01", Some("2020-01-02")),
        // R6 from the first of January would lead there, and R7 leads a day further.
        (&seed(), "2020-12-31", None),
        // A calendar year of 365 days, and one with a leap day.
        (&two_years, "2021-06-10", Some("2020-06-10")),
        (&two_years, "2020-06-10", Some("2019-06-10")),
        (&two_years, "2019-06-10", Some("2017-06-10")),
        // Between two rounds: a term, though a calendar year leads there too.
        (&two_years, "2021-12-15", Some("2019-12-16")),
    ] {
        let offer = offer(OfferType::Competency, "2015-03-01", "", "");
        let found = anniversary_before(policy, &offer, date(anniversary));
        assert_eq!(found, expected.map(date), "{} {anniversary}", policy.id());
    }
}

#[test]
fn how_one_window_ended_is_told_from_a_later_export() {
    use OfferType::{ActionPack, Competency};
    use WindowOutcome::{Paid, PaidUndated, Reactivated, Undetermined, Unpaid};
    for (offer_type, base, payment, anniversary, expected) in [
        (ActionPack, "", "", "2019-09-01", Some(Unpaid)),
        (ActionPack, "", "2019-09-12", "2019-09-01", Some(Paid { day_in_window: 10 })),
        // Paid again since: of the payment before that no day is known.
        (ActionPack, "", "2021-09-01", "2019-09-01", Some(PaidUndated)),
        (ActionPack, "", "2021-09-01", "2020-08-31", Some(PaidUndated)),
        (ActionPack, "", "2021-09-01", "2021-08-31", Some(Paid { day_in_window: 0 })),
        (ActionPack, "2021-08-31", "", "2020-08-31", Some(PaidUndated)),
        // The portal shows another anniversary than the chain of terms leads to.
        (ActionPack, "2021-07-01", "", "2020-08-31", None),
        (ActionPack, "2019-06-01", "", "2019-09-01", None),
        (Competency, "2020-02-10", "2020-06-30", "2020-02-10", Some(Reactivated)),
        // The last window that closes before the deadline, and the one that closes on it.
        (Competency, "2021-05-30", "", "2020-05-30", Some(Undetermined)),
        (Competency, "2021-05-31", "", "2020-05-31", Some(PaidUndated)),
    ] {
        let offer = offer(offer_type, "2018-09-01", base, payment);
        let term = decide(&seed(), date("2021-12-01"), &offer).unwrap().term.unwrap();
        let found = window_outcome(&seed(), &offer, &term, date(anniversary));
        assert_eq!(found, expected, "{offer_type:?} {base} {payment} {anniversary}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]
    /// Against walking forward from the first anniversary, for rows that show neither more nor less than their
    /// purchase and the last payment.
    #[test]
    fn the_windows_of_a_chain_are_those_of_walking_it(
        purchase in 16_000i32..18_300,
        terms_paid in 0usize..8,
        payment_day in 1i32..31,
        history_days in 1i32..3_000,
        is_competency in any::<bool>(),
        every_round in any::<bool>(),
    ) {
        let policy = if every_round { all_rounds() } else { seed() };
        let purchase_date = Date::from_days_since_epoch(purchase);
        let offer_type = if is_competency { OfferType::Competency } else { OfferType::ActionPack };
        let mut paid = Vec::new();
        let mut current = purchase_date.plus_calendar_year();
        let as_of = date("2020-06-05");
        while paid.len() < terms_paid && current.plus_days(payment_day) <= as_of {
            paid.push(current);
            current = policy.renew(offer_type, b"", current);
        }
        let offer = Offer {
            purchase_date,
            last_renewal_date: paid.last().map(|last| last.plus_days(payment_day)),
            ..offer(offer_type, "2000-01-01", "", "")
        };
        let is_counted = |anniversary: &Date| {
            let closes = anniversary.plus_days(30);
            as_of.plus_days(-history_days) <= closes && closes < as_of
        };
        let expected_paid = paid.iter().filter(|anniversary| is_counted(anniversary)).count();
        let found = outcomes(&policy, as_of, history_days, &offer);
        prop_assert_eq!(found.iter().filter(|outcome| **outcome == WindowOutcome::Unpaid).count(),
            usize::from(is_counted(&current)));
        // Two anniversaries of a round can lead to one, so a chain walked back may miss its start by a day.
        let found_paid = found.iter().filter(|outcome| **outcome != WindowOutcome::Unpaid).count();
        prop_assert!(found_paid.abs_diff(expected_paid) <= 1);
        if !is_competency {
            prop_assert_eq!(found_paid, expected_paid);
        }
    }
}
