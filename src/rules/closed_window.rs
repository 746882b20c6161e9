//! What a row shows of the renewal windows that have closed: whether the term was paid in its window.

use super::date::Date;
use super::decision::Term;
use super::offer::Offer;
use super::policy::Policy;

/// Days of a calendar year without a leap day.
const SHORTEST_YEAR_DAYS: i32 = 365;

/// How a renewal window that has closed ended, as far as one row of an export shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowOutcome {
    /// Paid, on a day that lies so many days after the window's first one.
    Paid {
        /// 0 on the first day of the window.
        day_in_window: i32,
    },
    /// Paid, because the anniversary moved on; the export does not show the payment's day.
    PaidUndated,
    /// Not paid.
    Unpaid,
    /// Not paid in the window, but in the reactivation span after it (R8).
    Reactivated,
    /// The anniversary moved on, by a payment in the window or by one that the row cannot tell from such.
    Undetermined,
}

/// Shows `visit` every window of an offer whose last day lies in the `history_days` days before `as_of`, the latest
/// first.
///
/// The window of the current anniversary was not paid, or that anniversary would not be current. The windows before it
/// were paid, in time or by reactivation, or the chain of terms would have ended (SPEC §1). No window comes before the
/// first anniversary (R2).
#[inline]
pub fn visit_closed_windows(
    policy: &Policy,
    as_of: Date,
    history_days: i32,
    offer: &Offer<'_>,
    term: &Term,
    mut visit: impl FnMut(WindowOutcome),
) {
    let first_close = as_of.plus_days(-history_days);
    if term.window_closes < first_close {
        return;
    }
    if term.window_closes < as_of {
        visit(WindowOutcome::Unpaid);
    }
    let closes_after = policy.numbers().window_closes_after_days;
    // Most offers have no anniversary before that counts, and the latest day that it can have shows it.
    let shortest_term = policy.numbers().term_length_days.min(SHORTEST_YEAR_DAYS);
    let counted_before = |anniversary: Date| {
        let latest = anniversary.plus_days(-shortest_term);
        let may_count = (latest.plus_days(closes_after) >= first_close)
            & (latest.days_since(offer.purchase_date) >= SHORTEST_YEAR_DAYS);
        if may_count { anniversary_before(policy, offer, anniversary) } else { None }
    };
    let mut renewed = term.renewed_from.or_else(|| counted_before(term.anniversary));
    let mut payment = offer.last_renewal_date;
    while let Some(anniversary) = renewed {
        let closes = anniversary.plus_days(closes_after);
        if closes < first_close || !is_term_end(offer, anniversary) {
            return;
        }
        if closes < as_of {
            visit(outcome(policy, offer, anniversary, payment));
        }
        // The last payment belongs to one window; of those before it no payment is known.
        if payment.is_some_and(|day| day > anniversary) {
            payment = None;
        }
        renewed = counted_before(anniversary);
    }
}

/// How the window of one anniversary of an offer ended; an anniversary that is still current was not paid so far.
///
/// `None` where the offer never had that anniversary. One day more or less is taken for it, as two anniversaries of a
/// round can lead to one (R7).
pub fn window_outcome(policy: &Policy, offer: &Offer<'_>, term: &Term, anniversary: Date) -> Option<WindowOutcome> {
    let is_it = |other: Date| other.days_since(anniversary).abs() <= 1;
    if is_it(term.anniversary) {
        return Some(WindowOutcome::Unpaid);
    }
    let mut payment = offer.last_renewal_date;
    let mut renewed = term.renewed_from.or_else(|| anniversary_before(policy, offer, term.anniversary));
    while let Some(current) = renewed.filter(|current| *current >= anniversary.plus_days(-1)) {
        if is_it(current) {
            return Some(outcome(policy, offer, current, payment));
        }
        payment = payment.filter(|day| *day <= current);
        renewed = anniversary_before(policy, offer, current);
    }
    None
}

/// How the window of an anniversary ended that was renewed, `payment` being the latest that can belong to it.
#[inline]
fn outcome(policy: &Policy, offer: &Offer<'_>, anniversary: Date, payment: Option<Date>) -> WindowOutcome {
    let numbers = policy.numbers();
    let opens = anniversary.plus_days(numbers.window_opens_after_days);
    let closes = anniversary.plus_days(numbers.window_closes_after_days);
    let reactivate_by = || {
        policy
            .exemption(offer.offer_type, offer.offer_name, anniversary)
            .and_then(|round| round.reactivation_deadline)
            .filter(|deadline| *deadline > closes)
    };
    match payment.filter(|day| *day >= opens) {
        Some(day) if day <= closes => WindowOutcome::Paid { day_in_window: day.days_since(opens) },
        Some(day) if reactivate_by().is_some_and(|deadline| day <= deadline) => WindowOutcome::Reactivated,
        Some(_) => WindowOutcome::Undetermined,
        None if reactivate_by().is_some() => WindowOutcome::Undetermined,
        None => WindowOutcome::PaidUndated,
    }
}

/// The anniversary whose payment leads to `anniversary` (R6, R7): a term before it, or in a round a calendar year.
#[inline]
fn anniversary_before(policy: &Policy, offer: &Offer<'_>, anniversary: Date) -> Option<Date> {
    let by_term = anniversary.plus_days(-policy.numbers().term_length_days);
    let is_ordinary = !policy.exempt_span(offer.offer_type).contains(by_term);
    if is_ordinary || policy.renew(offer.offer_type, offer.offer_name, by_term) == anniversary {
        return Some(by_term);
    }
    let candidates = [anniversary.plus_days(-SHORTEST_YEAR_DAYS), anniversary.plus_days(-SHORTEST_YEAR_DAYS - 1)];
    candidates.into_iter().find(|before| policy.renew(offer.offer_type, offer.offer_name, *before) == anniversary)
}

/// Whether an anniversary can end a term, the first of which takes a calendar year from the purchase (R2).
#[inline]
fn is_term_end(offer: &Offer<'_>, anniversary: Date) -> bool {
    match anniversary.days_since(offer.purchase_date) {
        ..SHORTEST_YEAR_DAYS => false,
        SHORTEST_YEAR_DAYS => anniversary >= offer.purchase_date.plus_calendar_year(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test_policies::{all_rounds, date, seed};
    use crate::rules::{OfferType, Portal, decide};
    use proptest::prelude::*;

    fn offer(offer_type: OfferType, purchase: &str, base: &str, payment: &str) -> Offer<'static> {
        let optional = |text: &str| (!text.is_empty()).then(|| date(text));
        Offer {
            offer_type,
            offer_name: b"",
            purchase_date: date(purchase),
            renewal_start_date: optional(base),
            last_renewal_date: optional(payment),
            requirements_met: None,
            portal: Portal::PartnerCenter,
        }
    }

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
        ] {
            let offer = offer(offer_type, purchase, base, payment);
            let found = outcomes(&seed(), date("2020-06-05"), 365, &offer);
            assert_eq!(found, expected, "{offer_type:?} {purchase} {base} {payment}");
        }
    }

    #[test]
    fn a_longer_history_has_every_window_in_it() {
        use WindowOutcome::{Paid, PaidUndated, Unpaid};
        let lapsed = offer(OfferType::ActionPack, "2015-03-01", "", "2019-03-10");
        assert_eq!(
            outcomes(&seed(), date("2020-06-05"), 1_200, &lapsed),
            [Unpaid, Paid { day_in_window: 8 }, PaidUndated, PaidUndated]
        );
    }

    #[test]
    fn how_one_window_ended_is_told_from_a_later_export() {
        use OfferType::{ActionPack, Competency};
        use WindowOutcome::{Paid, PaidUndated, Reactivated, Unpaid};
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
}
