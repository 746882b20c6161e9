//! Which anniversary of an offer is current, in constant time however old the offer is (SPEC §1).

use super::date::Date;
use super::offer::Offer;
use super::policy::Policy;
use std::hint::select_unpredictable;

/// A last payment that belongs to no window and no reactivation span of the offer (SPEC §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentOutsideWindow;

/// The current anniversary of a renewable offer.
///
/// # Errors
/// [`PaymentOutsideWindow`] where the last payment contradicts the offer's windows.
#[inline]
pub fn current_anniversary(policy: &Policy, offer: &Offer<'_>) -> Result<Date, PaymentOutsideWindow> {
    let base = base_anniversary(offer);
    let paid = paid_anniversary(policy, offer, base)?;
    Ok(anniversary_after(policy, offer, base, paid))
}

/// The anniversary of the term that the last payment renewed.
///
/// Not an `Option`, because whether there is a payment cannot be foreseen, and must not be branched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PaidAnniversary {
    /// Without a payment, some anniversary.
    any: Date,
    is_paid: bool,
}

impl PaidAnniversary {
    /// No term was paid of an offer whose anniversaries are counted from `base`.
    pub(super) const fn unpaid(base: Date) -> Self {
        Self { any: base, is_paid: false }
    }

    /// The anniversary; `None` where the payment, if any, was for a term before those that are counted.
    #[inline]
    pub(super) fn date(self) -> Option<Date> {
        self.is_paid.then_some(self.any)
    }
}

/// The current anniversary: that after the one paid, or `base`.
#[inline]
pub(super) fn anniversary_after(policy: &Policy, offer: &Offer<'_>, base: Date, paid: PaidAnniversary) -> Date {
    select_unpredictable(paid.is_paid, policy.renew(offer.offer_type, offer.offer_name, paid.any), base)
}

/// The anniversary from `base` on of the term that the last payment renewed.
///
/// Where no round can matter, which term was paid is one division, and nothing is branched on: neighbouring rows of an
/// export have little in common, so that a branch would be mispredicted on every other row.
#[inline]
pub(super) fn paid_anniversary(
    policy: &Policy,
    offer: &Offer<'_>,
    base: Date,
) -> Result<PaidAnniversary, PaymentOutsideWindow> {
    let numbers = policy.numbers();
    let payment = offer.last_renewal_date.unwrap_or(base).max(base);
    let is_paid = payment > base;
    let length = numbers.term_length_days;
    let terms = policy.terms_until(base, payment.plus_days(-numbers.window_closes_after_days));
    let paid = base.plus_days(select_unpredictable(offer.renewal_start_date.is_some(), 0, terms * length));
    // The first anniversary that may be exempt. From the one after it on, the terms may have another length.
    let span = policy.exempt_span(offer.offer_type);
    let exempt = base.plus_days(policy.terms_until(base, span.from) * length);
    let may_be_exempt = exempt <= span.to;
    // Without a payment `paid` is the base, which no exempt anniversary lies before, and there is no day to be judged.
    let days_after = select_unpredictable(is_paid, payment.days_since(paid), numbers.window_opens_after_days);
    let is_in_window =
        (numbers.window_opens_after_days <= days_after) & (days_after <= numbers.window_closes_after_days);
    if (may_be_exempt & (exempt < paid)) | !is_in_window {
        if may_be_exempt & (exempt <= paid) {
            let paid = paid_anniversary_by_rounds(policy, offer, base, payment, &mut |_terms| {})?;
            return Ok(PaidAnniversary { any: paid, is_paid: true });
        }
        return Err(PaymentOutsideWindow);
    }
    Ok(PaidAnniversary { any: paid, is_paid })
}

/// Terms that were paid one after the other, from one anniversary to a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidTerms {
    /// The anniversary of the first of them.
    pub from: Date,
    /// The anniversary after the last of them.
    pub to: Date,
    /// How many they are; several are all of the policy's term length.
    pub count: i32,
}

/// [`current_anniversary`], telling of the terms on the way to it, that of the last payment the last among them.
pub(super) fn follow_terms(
    policy: &Policy,
    offer: &Offer<'_>,
    on_terms: &mut impl FnMut(PaidTerms),
) -> Result<Date, PaymentOutsideWindow> {
    let base = base_anniversary(offer);
    let Some(payment) = offer.last_renewal_date.filter(|payment| *payment > base) else { return Ok(base) };
    let from = paid_anniversary_by_rounds(policy, offer, base, payment, on_terms)?;
    let to = policy.renew(offer.offer_type, offer.offer_name, from);
    on_terms(PaidTerms { from, to, count: 1 });
    Ok(to)
}

/// [`paid_anniversary`] where a term from `base` to that of `payment`, which lies after it, may be exempt.
fn paid_anniversary_by_rounds(
    policy: &Policy,
    offer: &Offer<'_>,
    base: Date,
    payment: Date,
    on_terms: &mut impl FnMut(PaidTerms),
) -> Result<Date, PaymentOutsideWindow> {
    let paid = match offer.renewal_start_date {
        Some(_) => base,
        None => term_that_a_payment_ends(policy, offer, base, payment, on_terms),
    };
    if payment < paid.plus_days(policy.numbers().window_opens_after_days) || !accepts(policy, offer, paid, payment) {
        return Err(PaymentOutsideWindow);
    }
    Ok(paid)
}

/// The anniversary counting starts from: the portal's where the export has it, else the first one (R2).
#[inline]
pub fn base_anniversary(offer: &Offer<'_>) -> Date {
    let first = offer.purchase_date.plus_calendar_year();
    // The value is `unwrap_or(first)` either way; which offers have the portal's date cannot be foreseen, so it is not
    // branched on.
    select_unpredictable(offer.renewal_start_date.is_some(), offer.renewal_start_date.unwrap_or(first), first)
}

/// Whether a payment on `payment` comes no later than the window of `anniversary`, or in its reactivation span.
fn accepts(policy: &Policy, offer: &Offer<'_>, anniversary: Date, payment: Date) -> bool {
    let closes = anniversary.plus_days(policy.numbers().window_closes_after_days);
    payment <= closes
        || policy
            .effect(offer.offer_type, offer.offer_name, anniversary)
            .reactivate_by
            .is_some_and(|deadline| payment <= deadline)
}

/// The first anniversary from `base` on whose window or reactivation span `payment` does not lie after.
///
/// Outside the exemption rounds every step is one ordinary term, so the chain is walked by division from round
/// to round; only inside a round is it walked step by step, because a step there may be a calendar year.
fn term_that_a_payment_ends(
    policy: &Policy,
    offer: &Offer<'_>,
    base: Date,
    payment: Date,
    on_terms: &mut impl FnMut(PaidTerms),
) -> Date {
    let numbers = policy.numbers();
    let term = numbers.term_length_days;
    let last_missed_close = payment.plus_days(-numbers.window_closes_after_days);
    if payment <= base.plus_days(numbers.window_closes_after_days) {
        return base;
    }
    let mut pass = |from: Date, to: Date, count: i32| {
        if count > 0 {
            on_terms(PaidTerms { from, to, count });
        }
        to
    };
    let mut anniversary = base;
    for round in policy.rounds().iter().filter(|round| round.is_for(offer.offer_type, offer.offer_name)) {
        let to_payment = policy.terms_until(anniversary, last_missed_close);
        let to_round = policy.terms_until(anniversary, round.anniversary_from);
        let count = to_payment.min(to_round);
        anniversary = pass(anniversary, anniversary.plus_days(count * term), count);
        if to_payment <= to_round {
            return anniversary;
        }
        while round.contains(anniversary) {
            if accepts(policy, offer, anniversary, payment) {
                return anniversary;
            }
            anniversary = pass(anniversary, policy.renew(offer.offer_type, offer.offer_name, anniversary), 1);
        }
    }
    let count = policy.terms_until(anniversary, last_missed_close);
    pass(anniversary, anniversary.plus_days(count * term), count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::offer::{OfferType, Portal};
    use crate::rules::test_policies::{all_rounds, date, offer, seed};
    use proptest::prelude::*;

    #[test]
    fn cases_of_the_specification() {
        use OfferType::{ActionPack, Competency};
        for (offer_type, purchase, base, payment, expected) in [
            (ActionPack, "2018-09-01", "", "", Some("2019-09-01")),
            // A payment up to the base counts as an earlier term's.
            (ActionPack, "2018-09-01", "2019-09-01", "2019-09-01", Some("2019-09-01")),
            (ActionPack, "2018-09-01", "", "2018-12-24", Some("2019-09-01")),
            // Both ends of the window, and the day after it.
            (ActionPack, "2018-09-01", "2019-09-01", "2019-09-02", Some("2020-08-31")),
            (ActionPack, "2018-09-01", "2019-09-01", "2019-10-01", Some("2020-08-31")),
            (ActionPack, "2018-09-01", "2019-09-01", "2019-10-02", None),
            // Without the portal's date the chain goes on; between two windows is a contradiction.
            (ActionPack, "2018-09-01", "", "2019-10-02", None),
            (ActionPack, "2018-09-01", "", "2020-08-31", None),
            (ActionPack, "2018-09-01", "", "2020-09-01", Some("2021-08-31")),
            (ActionPack, "2018-09-01", "", "2020-09-30", Some("2021-08-31")),
            // The reactivation span of an exempt competency, which an Action Pack does not have.
            (Competency, "2019-02-10", "2020-02-10", "2020-06-30", Some("2021-02-09")),
            (Competency, "2019-02-10", "2020-02-10", "2020-07-01", None),
            (Competency, "2019-02-10", "", "2020-06-30", Some("2021-02-09")),
            (Competency, "2019-02-10", "", "2020-07-01", None),
            (ActionPack, "2019-02-10", "2020-02-10", "2020-06-01", None),
            // The one exempt anniversary that renews by calendar year, also in the middle of a chain.
            (Competency, "2019-01-01", "", "2020-01-31", Some("2021-01-01")),
            (Competency, "2019-01-01", "", "2021-01-02", Some("2022-01-01")),
            (ActionPack, "2019-01-01", "", "2021-01-01", Some("2021-12-31")),
        ] {
            let answer = current_anniversary(&seed(), &offer(offer_type, purchase, base, payment));
            assert_eq!(answer.ok(), expected.map(date), "{offer_type:?} {purchase} {base} {payment}");
        }
    }

    /// SPEC §1 word by word, one term at a time.
    fn reference(policy: &Policy, offer: &Offer<'_>) -> Option<Date> {
        let numbers = policy.numbers();
        let base = base_anniversary(offer);
        let payment = match offer.last_renewal_date {
            Some(payment) if payment > base => payment,
            _ => return Some(base),
        };
        let renew = |a: Date| policy.renew(offer.offer_type, offer.offer_name, a);
        let in_window = |a: Date| {
            let days = payment.days_since(a);
            (numbers.window_opens_after_days..=numbers.window_closes_after_days).contains(&days)
        };
        let in_reactivation = |a: Date| {
            let deadline =
                policy.exemption(offer.offer_type, offer.offer_name, a).and_then(|r| r.reactivation_deadline);
            deadline
                .is_some_and(|deadline| payment > a.plus_days(numbers.window_closes_after_days) && payment <= deadline)
        };
        let mut a = base;
        if offer.renewal_start_date.is_none() {
            while payment > a.plus_days(numbers.window_closes_after_days) && !in_reactivation(a) {
                a = renew(a);
            }
        }
        (in_window(a) || in_reactivation(a)).then(|| renew(a))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn agrees_with_walking_term_by_term(
            purchase in -25_567i32..25_000,
            base_after in proptest::option::weighted(0.4, 1i32..800),
            payment_after in prop_oneof![
                3 => 0i32..25_000,
                4 => (0i32..60, -40i32..40).prop_map(|(years, days)| years * 365 + days),
                2 => (0i32..60, -40i32..180).prop_map(|(years, days)| years * 365 + years / 4 + days),
            ],
            offer_type in prop_oneof![Just(OfferType::ActionPack), Just(OfferType::Competency)],
            every_round in any::<bool>(),
        ) {
            let purchase_date = Date::from_days_since_epoch(purchase);
            let offer = Offer {
                offer_type,
                offer_name: b"",
                purchase_date,
                renewal_start_date: base_after.map(|days| purchase_date.plus_days(days)),
                last_renewal_date: Some(purchase_date.plus_days(payment_after)),
                requirements_met: None,
                portal: Portal::PartnerCenter,
            };
            let policy = if every_round { all_rounds() } else { seed() };
            prop_assert_eq!(current_anniversary(&policy, &offer).ok(), reference(&policy, &offer));
        }

        /// Offers whose chain passes through the exemption rounds, where steps differ in length.
        #[test]
        fn agrees_around_the_rounds(
            anniversary in 18_200i32..19_000,
            terms_before in 0i32..40,
            payment_after in -20i32..800,
            every_round in any::<bool>(),
        ) {
            let purchase_date = Date::from_days_since_epoch(anniversary - 365 * (terms_before + 1));
            let offer = Offer {
                offer_type: OfferType::Competency,
                offer_name: b"",
                purchase_date,
                renewal_start_date: None,
                last_renewal_date: Some(Date::from_days_since_epoch(anniversary + payment_after)),
                requirements_met: None,
                portal: Portal::PartnerCenter,
            };
            let policy = if every_round { all_rounds() } else { seed() };
            prop_assert_eq!(current_anniversary(&policy, &offer).ok(), reference(&policy, &offer));
        }
    }
}
