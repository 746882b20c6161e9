//! What the rules say of one offer on one day: the decision (SPEC §1).

use super::anniversary::{PaidAnniversary, anniversary_after, base_anniversary, paid_anniversary};
use super::date::Date;
use super::effect::Effect;
use super::offer::{Offer, OfferType, Portal, spelled_enumeration};
use super::policy::Policy;
use std::hint::cold_path;

spelled_enumeration! {
    /// Where an offer stands on the as-of date; the first stage that fits, in this order.
    Stage {
        /// Plain membership, which needs no renewal (R1).
        NotRenewable = "not_renewable",
        /// Bought after the as-of date.
        NotStarted = "not_started",
        /// Before the first reminder.
        Current = "current",
        /// From the first reminder to the day before the window opens (R4).
        Reminded = "reminded",
        /// In the window, before the second reminder (R3).
        Open = "open",
        /// In the window, from the second reminder on (R4).
        FinalNotice = "final_notice",
        /// Missed its window, but can still be reactivated (R8).
        Reactivatable = "reactivatable",
        /// Benefits and competency are lost (R5).
        Lapsed = "lapsed",
    }
}

spelled_enumeration! {
    /// What the rules say of an offer's requirements.
    Requirements {
        /// Not a competency, so there are none.
        NotApplicable = "not_applicable",
        /// Exempt while the current anniversary lies in a round (R7).
        Exempt = "exempt",
        /// Met, by the export.
        Met = "met",
        /// Not met, by the export (R10).
        Unmet = "unmet",
        /// The export does not say.
        Unknown = "unknown",
    }
}

spelled_enumeration! {
    /// Why an offer's dates contradict each other; in the order in which they are looked for (SPEC §2).
    Contradiction {
        /// The anniversary does not lie after the purchase.
        PurchaseAfterAnniversary = "purchase_after_anniversary",
        /// The last payment lies before the purchase.
        PaymentBeforePurchase = "payment_before_purchase",
        /// The last payment lies after the as-of date.
        PaymentAfterAsOf = "payment_after_as_of",
        /// The last payment belongs to no window.
        PaymentOutsideWindow = "payment_outside_window",
    }
}

/// What stands in the way of a renewal, besides the fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blockers {
    /// The membership has not moved to Partner Center (R9).
    pub pmc_migration: bool,
    /// A competency that is not exempt has its requirements unmet (R10).
    pub requirements_unmet: bool,
}

/// The dates of an offer's current term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The current anniversary.
    pub anniversary: Date,
    /// First day of the renewal window (R3).
    pub window_opens: Date,
    /// Last day of the renewal window and of the benefits (R3, R5).
    pub window_closes: Date,
    /// Day of the first reminder (R4).
    pub first_reminder: Date,
    /// Day of the second reminder (R4).
    pub second_reminder: Date,
    /// The anniversary after this one, once the term is paid (R6, R7).
    pub next_anniversary: Date,
    /// Last day on which a missed term can be reactivated (R8); `None` if it cannot be.
    pub reactivate_by: Option<Date>,
    /// The anniversary before, where the export's last payment renewed it (SPEC §1).
    pub renewed_from: Option<Date>,
}

/// What the rules say of one offer on the as-of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Where the offer stands.
    pub stage: Stage,
    /// The current term; `None` for what does not renew (R1).
    pub term: Option<Term>,
    /// The state of the requirements.
    pub requirements: Requirements,
    /// What stands in the way of a renewal.
    pub blockers: Blockers,
}

impl Blockers {
    /// The spelling in reports: the blockers in the order of the specification, joined by `;`.
    pub const fn as_str(self) -> &'static str {
        match (self.pmc_migration, self.requirements_unmet) {
            (false, false) => "",
            (true, false) => "pmc_migration",
            (false, true) => "requirements_unmet",
            (true, true) => "pmc_migration;requirements_unmet",
        }
    }

    /// A number of their own for each combination, from 0 to 3.
    pub const fn index(self) -> usize {
        2 * self.pmc_migration as usize + self.requirements_unmet as usize
    }
}

impl Term {
    /// The day on which benefits and competency are lost if the term stays unpaid (R5).
    pub const fn lapses_on(&self) -> Date {
        self.window_closes.plus_days(1)
    }
}

/// Decides one offer on the as-of date `as_of`.
///
/// # Errors
/// The first [`Contradiction`] among the offer's dates; a plain membership has none.
#[inline]
pub fn decide(policy: &Policy, as_of: Date, offer: &Offer<'_>) -> Result<Decision, Contradiction> {
    let is_renewable = offer.offer_type.is_renewable();
    let base = base_anniversary(offer);
    check_dates(as_of, offer, base)?;
    let paid = match paid_anniversary(policy, offer, base) {
        Ok(paid) => paid,
        Err(_outside) if is_renewable => return Err(Contradiction::PaymentOutsideWindow),
        // What does not renew has no term, so its anniversary is never shown.
        Err(_outside) => PaidAnniversary::unpaid(base),
    };
    let anniversary = anniversary_after(policy, offer, base, paid);
    let effect = policy.effect(offer.offer_type, offer.offer_name, anniversary);
    let term = term(policy, effect, anniversary, paid.date());
    let requirements = requirements(offer, effect);
    Ok(Decision {
        stage: if is_renewable { stage(as_of, offer.purchase_date, &term) } else { Stage::NotRenewable },
        term: is_renewable.then_some(term),
        requirements,
        blockers: Blockers {
            pmc_migration: is_renewable & (offer.portal == Portal::Pmc),
            requirements_unmet: requirements == Requirements::Unmet,
        },
    })
}

/// Looks for contradictions between the dates of an offer that renews; whether its last payment belongs to a window is
/// another matter.
#[inline]
fn check_dates(as_of: Date, offer: &Offer<'_>, base: Date) -> Result<(), Contradiction> {
    let payment = offer.last_renewal_date.unwrap_or(offer.purchase_date);
    // R2's own anniversary always lies after the purchase; only the portal's can contradict it.
    let is_bought_late = base <= offer.purchase_date;
    let is_paid_early = payment < offer.purchase_date;
    let is_paid_late = (payment > as_of) & offer.last_renewal_date.is_some();
    if (is_bought_late | is_paid_early | is_paid_late) & offer.offer_type.is_renewable() {
        cold_path();
        return Err(match (is_bought_late, is_paid_early) {
            (true, _) => Contradiction::PurchaseAfterAnniversary,
            (false, true) => Contradiction::PaymentBeforePurchase,
            (false, false) => Contradiction::PaymentAfterAsOf,
        });
    }
    Ok(())
}

#[inline]
fn term(policy: &Policy, effect: &Effect, anniversary: Date, renewed_from: Option<Date>) -> Term {
    let numbers = policy.numbers();
    Term {
        anniversary,
        window_opens: anniversary.plus_days(numbers.window_opens_after_days),
        window_closes: anniversary.plus_days(numbers.window_closes_after_days),
        first_reminder: anniversary.plus_days(numbers.first_reminder_offset_days),
        second_reminder: anniversary.plus_days(numbers.second_reminder_offset_days),
        next_anniversary: policy.renew_by(effect, anniversary),
        reactivate_by: effect.reactivate_by,
        renewed_from,
    }
}

/// The stage, by counting the days of the term that have come: stages of neighbouring rows differ, so a chain of
/// conditions would be mispredicted on most rows.
#[inline]
fn stage(as_of: Date, purchase_date: Date, term: &Term) -> Stage {
    const fn by_days_come(missed: Stage) -> [Stage; 5] {
        [Stage::Current, Stage::Reminded, Stage::Open, Stage::FinalNotice, missed]
    }
    static STAGES: [[Stage; 5]; 2] = [by_days_come(Stage::Lapsed), by_days_come(Stage::Reactivatable)];
    let is_reactivatable = term.reactivate_by.is_some_and(|deadline| as_of <= deadline);
    // A policy has these days in this order, and the last one is the day after the window.
    let days_come = usize::from(as_of >= term.first_reminder)
        + usize::from(as_of >= term.window_opens)
        + usize::from(as_of >= term.second_reminder)
        + usize::from(as_of > term.window_closes);
    if purchase_date > as_of { Stage::NotStarted } else { STAGES[usize::from(is_reactivatable)][days_come] }
}

/// The state of the requirements, looked up for the same reason.
#[inline]
fn requirements(offer: &Offer<'_>, effect: &Effect) -> Requirements {
    use Requirements::{Exempt, Met, NotApplicable, Unknown, Unmet};
    static BY_KIND: [[Requirements; 3]; 3] = [[NotApplicable; 3], [Unknown, Unmet, Met], [Exempt; 3]];
    let is_competency = offer.offer_type == OfferType::Competency;
    let kind = usize::from(is_competency) + usize::from(is_competency & effect.is_exempt);
    let met = offer.requirements_met.map_or(0, |is_met| 1 + usize::from(is_met));
    BY_KIND[kind][met]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test_policies::{date, seed};

    fn competency(purchase: &str) -> Offer<'static> {
        Offer {
            offer_type: OfferType::Competency,
            offer_name: b"",
            purchase_date: date(purchase),
            renewal_start_date: None,
            last_renewal_date: None,
            requirements_met: None,
            portal: Portal::PartnerCenter,
        }
    }

    fn stage_on(offer: &Offer<'_>, as_of: &str) -> &'static str {
        decide(&seed(), date(as_of), offer).unwrap().stage.as_str()
    }

    #[test]
    fn stages_change_on_their_days() {
        let offer = Offer { offer_type: OfferType::ActionPack, ..competency("2018-09-01") };
        for (as_of, stage) in [
            ("2018-08-31", "not_started"),
            ("2018-09-01", "current"),
            ("2019-08-16", "current"),
            ("2019-08-17", "reminded"),
            ("2019-09-01", "reminded"),
            ("2019-09-02", "open"),
            ("2019-09-23", "open"),
            ("2019-09-24", "final_notice"),
            ("2019-10-01", "final_notice"),
            ("2019-10-02", "lapsed"),
            ("2999-12-31", "lapsed"),
        ] {
            assert_eq!(stage_on(&offer, as_of), stage, "{as_of}");
        }
    }

    #[test]
    fn an_exempt_competency_can_be_reactivated_until_the_deadline() {
        for (purchase, as_of, stage) in [
            ("2019-05-30", "2020-06-29", "final_notice"),
            ("2019-05-30", "2020-06-30", "reactivatable"),
            ("2019-05-30", "2020-07-01", "lapsed"),
            ("2019-05-31", "2020-06-30", "final_notice"),
            ("2019-05-31", "2020-07-01", "lapsed"),
            ("2018-12-31", "2020-06-05", "lapsed"),
            ("2019-01-01", "2020-06-05", "reactivatable"),
        ] {
            assert_eq!(stage_on(&competency(purchase), as_of), stage, "{purchase} {as_of}");
        }
    }

    #[test]
    fn requirements_and_blockers() {
        use OfferType::{ActionPack, Competency, Membership};
        use Portal::{PartnerCenter, Pmc};
        for (offer_type, purchase, met, portal, requirements, blockers) in [
            (Competency, "2018-03-01", Some(false), PartnerCenter, "unmet", "requirements_unmet"),
            (Competency, "2018-03-01", Some(false), Pmc, "unmet", "pmc_migration;requirements_unmet"),
            (Competency, "2018-03-01", Some(true), Pmc, "met", "pmc_migration"),
            (Competency, "2018-03-01", None, PartnerCenter, "unknown", ""),
            (Competency, "2019-03-01", Some(false), Pmc, "exempt", "pmc_migration"),
            (ActionPack, "2019-03-01", Some(false), Pmc, "not_applicable", "pmc_migration"),
            (Membership, "2019-03-01", Some(false), Pmc, "not_applicable", ""),
        ] {
            let offer = Offer { offer_type, requirements_met: met, portal, ..competency(purchase) };
            let decision = decide(&seed(), date("2020-06-05"), &offer).unwrap();
            assert_eq!((decision.requirements.as_str(), decision.blockers.as_str()), (requirements, blockers));
        }
    }

    #[test]
    fn each_combination_of_blockers_has_its_number() {
        let combinations = [(false, false), (false, true), (true, false), (true, true)];
        for (number, (pmc_migration, requirements_unmet)) in combinations.into_iter().enumerate() {
            assert_eq!(Blockers { pmc_migration, requirements_unmet }.index(), number);
        }
    }

    #[test]
    fn contradictions_come_in_the_order_of_the_specification() {
        use Contradiction::*;
        for (base, payment, expected) in [
            (Some("2018-09-01"), Some("2010-01-01"), Some(PurchaseAfterAnniversary)),
            (Some("2018-08-31"), None, Some(PurchaseAfterAnniversary)),
            (Some("2018-09-02"), None, None),
            (Some("2018-09-01"), Some("2020-06-06"), Some(PurchaseAfterAnniversary)),
            (None, Some("2018-08-31"), Some(PaymentBeforePurchase)),
            (None, Some("2018-09-01"), None),
            (None, Some("2020-06-06"), Some(PaymentAfterAsOf)),
            (Some("2020-06-01"), Some("2020-06-05"), None),
            (Some("2019-06-01"), Some("2020-06-05"), Some(PaymentOutsideWindow)),
        ] {
            let offer = Offer {
                renewal_start_date: base.map(date),
                last_renewal_date: payment.map(date),
                ..competency("2018-09-01")
            };
            assert_eq!(decide(&seed(), date("2020-06-05"), &offer).err(), expected, "{base:?} {payment:?}");
            let membership = Offer { offer_type: OfferType::Membership, ..offer };
            assert_eq!(decide(&seed(), date("2020-06-05"), &membership).unwrap().stage, Stage::NotRenewable);
        }
        let paid = Offer { last_renewal_date: Some(date("2018-08-31")), ..competency("2018-09-01") };
        assert_eq!(decide(&seed(), date("2018-08-30"), &paid), Err(PaymentBeforePurchase), "and after the as-of date");
    }
}
