//! The dates of an invented offer: a purchase, and payments in the windows that the policy gives it.
//!
//! A stage is drawn first, then an anniversary that has it, then the terms before it. The rules have the last
//! word: dates that they refuse, or that turn out to be in another stage, are drawn again.

use super::random::Random;
use crate::rules::{Date, Offer, OfferType, Policy, Portal, Stage, decide};

/// First day on which an invented offer was bought.
pub(super) const FIRST_PURCHASE: Date = Date::from_year_month_day(2008, 1, 1).unwrap();
/// How often dates are drawn for one stage before any that the rules accept will do.
const ATTEMPTS_MAX: usize = 12;
/// How long before its purchase an offer that has not started can be listed, in days.
const NOT_STARTED_DAYS: i32 = 60;

/// The dates of an offer's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dates {
    /// The day of purchase.
    pub purchase: Date,
    /// The anniversary as the portal shows it.
    pub renewal_start: Option<Date>,
    /// The day of the last payment.
    pub last_renewal: Option<Date>,
}

/// What dates are drawn for.
#[derive(Clone, Copy, Debug)]
pub(super) struct DatedOffer<'a> {
    /// The rules to follow.
    pub policy: &'a Policy,
    /// The day the export is made.
    pub as_of: Date,
    /// The kind of offer.
    pub offer_type: OfferType,
    /// The competency's name.
    pub offer_name: &'a str,
}

impl DatedOffer<'_> {
    /// Draws dates that the rules accept.
    pub(super) fn draw(&self, random: &mut Random) -> Dates {
        if self.offer_type == OfferType::Membership {
            return Dates::of_purchase(day_between(random, FIRST_PURCHASE, self.as_of));
        }
        let wanted = self.draw_stage(random);
        let mut accepted = Dates::of_purchase(day_between(random, FIRST_PURCHASE, self.as_of));
        for _ in 0..ATTEMPTS_MAX {
            let dates = self.propose(random, wanted);
            if let Some(stage) = self.stage(dates) {
                accepted = dates;
                if stage == wanted {
                    break;
                }
            }
        }
        accepted
    }

    /// The stage that the rules give such dates on the as-of date; `None` if they contradict each other.
    fn stage(&self, dates: Dates) -> Option<Stage> {
        decide(self.policy, self.as_of, &self.offer(dates)).ok().map(|decision| decision.stage)
    }

    /// The offer with such dates, as the rules see it.
    pub(super) fn offer(&self, dates: Dates) -> Offer<'_> {
        Offer {
            offer_type: self.offer_type,
            offer_name: self.offer_name.as_bytes(),
            purchase_date: dates.purchase,
            renewal_start_date: dates.renewal_start,
            last_renewal_date: dates.last_renewal,
            requirements_met: None,
            portal: Portal::PartnerCenter,
        }
    }

    fn draw_stage(&self, random: &mut Random) -> Stage {
        match random.below(1_000) {
            0..620 => Stage::Current,
            620..660 => Stage::Reminded,
            660..710 => Stage::Open,
            710..730 => Stage::FinalNotice,
            730..740 => Stage::NotStarted,
            // Seven renewable offers in ten are competencies, so these are 6% of the renewable offers.
            740..825 if self.offer_type == OfferType::Competency => Stage::Reactivatable,
            _ => Stage::Lapsed,
        }
    }

    fn propose(&self, random: &mut Random, stage: Stage) -> Dates {
        if stage == Stage::NotStarted {
            let purchase = self.as_of.plus_days(1 + random.days_below(NOT_STARTED_DAYS));
            let renewal_start = random.percent(50).then(|| purchase.plus_calendar_year());
            return Dates { renewal_start, ..Dates::of_purchase(purchase) };
        }
        let anniversary = self.draw_anniversary(random, stage);
        let terms_max = anniversary.days_since(FIRST_PURCHASE) / self.policy.numbers().term_length_days - 1;
        let terms_paid = random.days_below(terms_max.max(0) + 1);
        let first = anniversary.plus_days(-terms_paid * self.policy.numbers().term_length_days);
        let purchase = calendar_year_before(first).max(FIRST_PURCHASE);
        // Forward again by the rules, because a term in an exemption round can be a day longer.
        let mut paid = Vec::new();
        let mut current = purchase.plus_calendar_year();
        for _ in 0..terms_paid {
            paid.push(current);
            current = self.renew(current);
        }
        self.show(random, purchase, &paid, current)
    }

    /// What the export shows of an offer bought on `purchase` whose anniversaries `paid` were followed by a payment
    /// and whose `current` one was not.
    fn show(&self, random: &mut Random, purchase: Date, paid: &[Date], current: Date) -> Dates {
        let Some((&last_paid, paid_before)) = paid.split_last() else {
            return Dates {
                purchase,
                renewal_start: random.percent(55).then_some(current),
                // Some portals list the purchase itself as the first payment.
                last_renewal: random.percent(10).then_some(purchase),
            };
        };
        let payment = self.draw_payment(random, last_paid);
        let (renewal_start, last_renewal) = match random.below(100) {
            0..30 => (Some(current), Some(payment)),
            // The payment shown is an older one, or none.
            30..34 => (Some(current), paid_before.last().map(|&before| self.draw_payment(random, before))),
            34..38 => (Some(current), None),
            // The portal still shows the anniversary that was just paid.
            38..55 => (Some(last_paid), Some(payment)),
            _ => (None, Some(payment)),
        };
        Dates { purchase, renewal_start, last_renewal }
    }

    /// An anniversary that is in `stage` on the as-of date, as far as the policy has such ones.
    fn draw_anniversary(&self, random: &mut Random, stage: Stage) -> Date {
        let numbers = self.policy.numbers();
        let (first, last) = match stage {
            Stage::Reminded => (1 - numbers.window_opens_after_days, -numbers.first_reminder_offset_days),
            Stage::Open => (1 - numbers.second_reminder_offset_days, -numbers.window_opens_after_days),
            Stage::FinalNotice => (-numbers.window_closes_after_days, -numbers.second_reminder_offset_days),
            Stage::Reactivatable => {
                let range = self.reactivatable_anniversaries();
                return match range {
                    Some((first, last)) => day_between(random, first, last),
                    None => self.draw_lapsed_anniversary(random),
                };
            }
            Stage::Lapsed => return self.draw_lapsed_anniversary(random),
            // Up to the anniversary of a term that was paid on the as-of date, the window's first day.
            _ => (1 - numbers.first_reminder_offset_days, numbers.term_length_days - numbers.window_opens_after_days),
        };
        day_between(random, self.as_of.plus_days(first), self.as_of.plus_days(last))
    }

    /// Most lapsed offers lapsed in the last year or so, a few long ago.
    fn draw_lapsed_anniversary(&self, random: &mut Random) -> Date {
        let latest = self.as_of.plus_days(-self.policy.numbers().window_closes_after_days - 1);
        let days_max = latest.days_since(FIRST_PURCHASE.plus_calendar_year()).max(0);
        let days_back = match random.below(100) {
            0..70 => 450,
            70..95 => 1_500,
            _ => days_max,
        };
        latest.plus_days(-random.days_below(days_back.min(days_max) + 1))
    }

    /// First and last anniversary that can be reactivated on the as-of date; `None` if none can.
    fn reactivatable_anniversaries(&self) -> Option<(Date, Date)> {
        let latest = self.as_of.plus_days(-self.policy.numbers().window_closes_after_days - 1);
        self.policy
            .rounds()
            .iter()
            .filter(|round| round.is_for(self.offer_type, self.offer_name.as_bytes()))
            .filter(|round| round.reactivation_deadline.is_some_and(|deadline| self.as_of <= deadline))
            .map(|round| (round.anniversary_from, round.anniversary_to.min(latest)))
            .find(|(first, last)| first <= last)
    }

    /// A day in the window of `anniversary`, or at times in its reactivation span, not after the as-of date.
    fn draw_payment(&self, random: &mut Random, anniversary: Date) -> Date {
        let numbers = self.policy.numbers();
        let opens = anniversary.plus_days(numbers.window_opens_after_days);
        let closes = anniversary.plus_days(numbers.window_closes_after_days);
        let deadline = self
            .policy
            .exemption(self.offer_type, self.offer_name.as_bytes(), anniversary)
            .and_then(|round| round.reactivation_deadline)
            .map(|deadline| deadline.min(self.as_of));
        match deadline {
            Some(deadline) if deadline > closes && random.percent(30) => {
                day_between(random, closes.plus_days(1), deadline)
            }
            _ => day_between(random, opens, closes.min(self.as_of)),
        }
    }

    /// The anniversary after one whose term is paid.
    pub(super) fn renew(&self, anniversary: Date) -> Date {
        self.policy.renew(self.offer_type, self.offer_name.as_bytes(), anniversary)
    }
}

impl Dates {
    /// A purchase alone, which no rule can contradict.
    pub(super) const fn of_purchase(purchase: Date) -> Self {
        Self { purchase, renewal_start: None, last_renewal: None }
    }
}

/// A day from `first` to `last`; `first` if `last` lies before it.
pub(super) fn day_between(random: &mut Random, first: Date, last: Date) -> Date {
    first.plus_days(random.days_below(last.days_since(first).max(0) + 1))
}

/// The day whose calendar year ends on `anniversary`; a day before that for 29 February, on which none ends (R2).
fn calendar_year_before(anniversary: Date) -> Date {
    let day = anniversary.plus_days(-365);
    if day.plus_calendar_year() > anniversary { day.plus_days(-1) } else { day }
}
