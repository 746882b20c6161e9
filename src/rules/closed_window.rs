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
mod tests;
