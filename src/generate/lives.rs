//! The dates of offers that live on: bought once, and paid or not term by term at known rates.
//!
//! What an offer does does not depend on the day on which it is looked at, so exports of two days are of the same
//! offers, the later one with what happened in between.

use super::dates::{DatedOffer, Dates, day_between};
use super::random::{Purpose, Random};
use crate::finance::LEAF_COUNT;
use crate::rules::{Date, OfferType};

/// How long before the as-of date offers were bought at most, in days.
const AGE_DAYS_MAX: i32 = 6 * 365;
/// How many in a hundred competencies that missed their window are reactivated, where a round has reactivation.
const REACTIVATED_PERCENT: u64 = 30;

/// How offers live, and when they are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lives {
    /// The rate at which the offers of each segment's leaf pay in their window.
    pub renewal_rates: [f64; LEAF_COUNT],
    /// The day on which the offers are exported, no earlier than that on which they are made up.
    pub seen_on: Date,
}

/// A term that was paid.
#[derive(Clone, Copy, Debug)]
struct PaidTerm {
    anniversary: Date,
    payment: Date,
}

impl Lives {
    /// The dates of an offer as they are seen, `rate` being the rate of its leaf and `number` that of its row.
    pub(super) fn draw(&self, offer: &DatedOffer<'_>, rate: f64, seed: u64, number: u64) -> Dates {
        let mut random = Random::new(seed, Purpose::Life, number);
        let first_purchase = offer.as_of.plus_days(-AGE_DAYS_MAX);
        let purchase = day_between(&mut random, first_purchase, offer.as_of);
        if offer.offer_type == OfferType::Membership {
            return Dates::of_purchase(purchase);
        }
        let mut paid: Vec<PaidTerm> = Vec::new();
        let mut current = purchase.plus_calendar_year();
        while let Some(payment) = self.draw_payment(&mut random, offer, rate, current) {
            paid.push(PaidTerm { anniversary: current, payment });
            current = offer.renew(current);
        }
        // Another stream, so that what is shown does not shift what happens.
        show(&mut Random::new(seed, Purpose::Shown, number), purchase, &paid, current)
    }

    /// The day on which a term was paid, if it was by the day on which the offer is seen.
    fn draw_payment(&self, random: &mut Random, offer: &DatedOffer<'_>, rate: f64, anniversary: Date) -> Option<Date> {
        let numbers = offer.policy.numbers();
        let opens = anniversary.plus_days(numbers.window_opens_after_days);
        let closes = anniversary.plus_days(numbers.window_closes_after_days);
        let payment = if random.fraction() < rate {
            Some(day_between(random, opens, closes))
        } else {
            let reactivate_by = offer
                .policy
                .exemption(offer.offer_type, offer.offer_name.as_bytes(), anniversary)
                .and_then(|round| round.reactivation_deadline);
            reactivate_by
                .filter(|deadline| *deadline > closes && random.percent(REACTIVATED_PERCENT))
                .map(|deadline| day_between(random, closes.plus_days(1), deadline))
        };
        payment.filter(|payment| *payment <= self.seen_on)
    }
}

/// What the export shows of an offer, as [`DatedOffer::draw`] has it.
fn show(random: &mut Random, purchase: Date, paid: &[PaidTerm], current: Date) -> Dates {
    let Some((last, before)) = paid.split_last() else {
        return Dates {
            purchase,
            renewal_start: random.percent(55).then_some(current),
            last_renewal: random.percent(10).then_some(purchase),
        };
    };
    let (renewal_start, last_renewal) = match random.below(100) {
        0..30 => (Some(current), Some(last.payment)),
        30..34 => (Some(current), before.last().map(|term| term.payment)),
        34..38 => (Some(current), None),
        38..55 => (Some(last.anniversary), Some(last.payment)),
        _ => (None, Some(last.payment)),
    };
    Dates { purchase, renewal_start, last_renewal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::GenerateOptions;
    use crate::generate::row::RowMaker;
    use crate::rules::test_policies::{date, seed};
    use crate::rules::{Decision, Policy, decide};

    fn options(seen_on: &str, rate: f64) -> GenerateOptions {
        let lives = Lives { renewal_rates: [rate; LEAF_COUNT], seen_on: date(seen_on) };
        GenerateOptions { rows: 0, seed: 3, dirty: 0.0, as_of: date("2018-06-05"), lives: Some(lives) }
    }

    /// Decisions on the day on which the offers are seen, and their dates.
    fn seen(policy: &Policy, options: GenerateOptions) -> Vec<(Decision, Dates)> {
        let mut maker = RowMaker::new(options, policy);
        let day = options.lives.unwrap().seen_on;
        let decided = (0..4_000).map(|number| {
            let row = maker.row(number);
            let offer = crate::generate::row::dated_offer(options, policy, row.offer_type, row.offer_name);
            (decide(policy, day, &offer.offer(row.dates)).unwrap(), row.dates)
        });
        decided.collect()
    }

    #[test]
    fn a_later_export_is_of_the_same_offers_and_only_adds_to_what_happened() {
        let policy = seed();
        let early = seen(&policy, options("2018-06-05", 0.8));
        for seen_on in ["2018-06-06", "2019-07-01", "2021-03-01"] {
            let mut moved = 0;
            for ((decision, dates), (later, later_dates)) in early.iter().zip(&seen(&policy, options(seen_on, 0.8))) {
                assert_eq!(dates.purchase, later_dates.purchase);
                let anniversaries = [decision, later].map(|decision| decision.term.map(|term| term.anniversary));
                assert!(anniversaries[0] <= anniversaries[1]);
                moved += usize::from(anniversaries[0] < anniversaries[1]);
            }
            assert!(moved > 0, "{seen_on}");
        }
    }

    #[test]
    fn terms_are_paid_at_the_rate() {
        let policy = seed();
        for (rate, expected) in [(0.0, 0), (1.0, 1_000), (0.7, 700)] {
            // Windows that closed in the year before.
            let day = date("2018-06-05");
            let (mut paid, mut closed) = (0, 0);
            let options = options("2018-06-05", rate);
            let mut maker = RowMaker::new(options, &policy);
            for number in 0..20_000 {
                let row = maker.row(number);
                let dated = crate::generate::row::dated_offer(options, &policy, row.offer_type, row.offer_name);
                let offer = dated.offer(row.dates);
                if let Some(term) = decide(&policy, day, &offer).unwrap().term {
                    crate::rules::visit_closed_windows(&policy, day, 365, &offer, &term, |outcome| {
                        closed += 1;
                        paid += usize::from(outcome != crate::rules::WindowOutcome::Unpaid);
                    });
                }
            }
            assert!(closed > 2_000, "{closed}");
            assert!((paid * 1_000 / closed).abs_diff(expected) <= 20, "{rate}: {paid} of {closed}");
        }
    }
}
