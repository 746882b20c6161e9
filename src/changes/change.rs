//! What may change about an offer from one night to another, and which of it did.

use super::offer::NightOffer;
use crate::rules::{AnniversaryOrigin, Stage, spelled_enumeration};

spelled_enumeration! {
    /// A change of an offer. An offer may have several; it is listed under the first, in this order.
    Change {
        /// Only the new night has the offer.
        New = "new",
        /// Only the old night has the offer.
        Gone = "gone",
        /// The purchase date is later: the offer was bought once more.
        BoughtAgain = "bought_again",
        /// The anniversary moved on by a payment after the old night's window (R8).
        Reactivated = "reactivated",
        /// The anniversary moved on by any other payment (R6, R7).
        Renewed = "renewed",
        /// Benefits are lost that the old night still had (R5).
        NewlyLapsed = "newly_lapsed",
        /// The deadline of the reactivation passed (R8).
        ReactivationMissed = "reactivation_missed",
        /// The offer entered the time from the first reminder to the end of the window (R3, R4).
        NewlyDue = "newly_due",
        /// A blocker came (R9, R10).
        NewlyBlocked = "newly_blocked",
        /// A blocker went (R9, R10).
        Unblocked = "unblocked",
        /// The level is another.
        LevelChanged = "level_changed",
        /// The anniversary is another, and neither a payment nor a purchase says why.
        AnniversaryMoved = "anniversary_moved",
        /// The stage is another, and none of the above says why.
        StageMoved = "stage_moved",
        /// The requirements, the next anniversary or the deadline are decided otherwise, and none of the above says why.
        Redecided = "redecided",
        /// A cell of the export is another that none of the above explains.
        Edited = "edited",
        /// Nothing changed.
        Unchanged = "unchanged",
    }
}

/// Number of changes.
pub const CHANGE_COUNT: usize = Change::ALL.len();

/// The changes of an offer, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes(u16);

impl Changes {
    const NONE: Self = Self(0);
    /// An offer of the new night alone.
    pub const NEW: Self = Self::NONE.with(Change::New);
    /// An offer of the old night alone.
    pub const GONE: Self = Self::NONE.with(Change::Gone);
    /// An offer whose rows are the same.
    pub const UNCHANGED: Self = Self::NONE.with(Change::Unchanged);

    const fn with(self, change: Change) -> Self {
        Self(self.0 | 1 << change.index())
    }

    fn with_if(self, change: Change, is_so: bool) -> Self {
        if is_so { self.with(change) } else { self }
    }

    /// Whether a change is among them.
    pub const fn has(self, change: Change) -> bool {
        self.0 & 1 << change.index() != 0
    }

    fn has_any(self, changes: &[Change]) -> bool {
        changes.iter().any(|change| self.has(*change))
    }

    /// The change under which the offer is listed.
    pub fn first(self) -> Change {
        self.iter().next().unwrap_or(Change::Unchanged)
    }

    /// The other changes, in order.
    pub fn others(self) -> impl Iterator<Item = Change> {
        self.iter().skip(1)
    }

    fn iter(self) -> impl Iterator<Item = Change> {
        Change::ALL.iter().copied().filter(move |change| self.has(*change))
    }

    /// The changes from the old night's row of an offer to the new one's.
    pub fn between(old: &NightOffer<'_>, new: &NightOffer<'_>) -> Self {
        use Change::*;
        let changes = Self::NONE.with_if(BoughtAgain, new.purchase_date > old.purchase_date);
        let changes = changes.with_payment(old, new).with_stage(old, new);
        let (before, now) = (old.blockers, new.blockers);
        let came =
            (now.pmc_migration && !before.pmc_migration) || (now.requirements_unmet && !before.requirements_unmet);
        let went =
            (before.pmc_migration && !now.pmc_migration) || (before.requirements_unmet && !now.requirements_unmet);
        let changes = changes
            .with_if(NewlyBlocked, came)
            .with_if(Unblocked, went)
            .with_if(LevelChanged, old.level != new.level)
            .with_if(
                AnniversaryMoved,
                old.anniversary != new.anniversary && !changes.has_any(&[BoughtAgain, Reactivated, Renewed]),
            );
        let changes = changes.with_if(Edited, changes.edited(old, new).next().is_some());
        let is_redecided = old.requirements != new.requirements
            || old.next_anniversary != new.next_anniversary
            || old.reactivate_by != new.reactivate_by;
        let changes = changes.with_if(Redecided, changes == Self::NONE && is_redecided);
        if changes == Self::NONE { Self::UNCHANGED } else { changes }
    }

    /// The anniversary moved on because the term of the old night, or a later one, was paid. A portal that shows no
    /// payments shows it by the next anniversary alone.
    fn with_payment(self, old: &NightOffer<'_>, new: &NightOffer<'_>) -> Self {
        let (Some(before), Some(now)) = (old.anniversary, new.anniversary) else { return self };
        let payment = new.last_renewal_date.filter(|payment| *payment > before);
        let is_paid = now > before && (payment.is_some() || new.anniversary == old.next_anniversary);
        if self.has(Change::BoughtAgain) || !is_paid {
            return self;
        }
        let is_late = match payment {
            Some(payment) => {
                let is_after_window = old.window_closes.is_some_and(|closes| payment > closes);
                let is_in_time = old.reactivate_by.is_some_and(|deadline| payment <= deadline);
                (is_after_window && is_in_time) || new.origin == Some(AnniversaryOrigin::Reactivation)
            }
            None => old.stage == Stage::Reactivatable,
        };
        self.with(if is_late { Change::Reactivated } else { Change::Renewed })
    }

    fn with_stage(self, old: &NightOffer<'_>, new: &NightOffer<'_>) -> Self {
        use Change::*;
        let is_due = |stage| matches!(stage, Stage::Reminded | Stage::Open | Stage::FinalNotice);
        let is_lost = |stage| matches!(stage, Stage::Reactivatable | Stage::Lapsed);
        let changes = self
            .with_if(NewlyLapsed, is_lost(new.stage) && !is_lost(old.stage))
            .with_if(ReactivationMissed, (old.stage, new.stage) == (Stage::Reactivatable, Stage::Lapsed))
            .with_if(NewlyDue, is_due(new.stage) && !is_due(old.stage));
        let explained = [BoughtAgain, Reactivated, Renewed, NewlyLapsed, ReactivationMissed, NewlyDue];
        changes.with_if(StageMoved, old.stage != new.stage && !changes.has_any(&explained))
    }

    /// The columns of the export that hold something else, but for what the changes before [`Change::Edited`] say.
    pub fn edited(self, old: &NightOffer<'_>, new: &NightOffer<'_>) -> impl Iterator<Item = &'static str> {
        use Change::{BoughtAgain, Reactivated, Renewed};
        let is_renewed = self.has_any(&[BoughtAgain, Reactivated, Renewed]);
        let columns = [
            ("partner_name", old.partner_name != new.partner_name),
            ("country", old.country != new.country),
            ("offer_name", old.offer_name != new.offer_name),
            ("purchase_date", old.purchase_date != new.purchase_date && !self.has(BoughtAgain)),
            ("renewal_start_date", old.renewal_start_date != new.renewal_start_date && !is_renewed),
            ("last_renewal_date", old.last_renewal_date != new.last_renewal_date && !is_renewed),
            ("requirements_met", old.requirements_met != new.requirements_met),
            ("portal", old.portal != new.portal),
            ("fee", old.fee != new.fee),
            ("currency", old.currency != new.currency),
        ];
        columns.into_iter().filter(|(_, is_other)| *is_other).map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::testing::{date, offer};
    use super::*;
    use crate::rules::{Blockers, Level, OfferType, Portal, Requirements};

    fn told(old: &NightOffer<'_>, new: &NightOffer<'_>) -> String {
        let changes = Changes::between(old, new);
        let names: Vec<&str> = changes.iter().map(Change::as_str).collect();
        assert_eq!(changes.first().as_str(), names[0]);
        names.join(";")
    }

    /// The row after a payment of its term, as the rules would decide it.
    fn paid(old: &NightOffer<'static>, payment: &str, origin: AnniversaryOrigin) -> NightOffer<'static> {
        NightOffer {
            last_renewal_date: Some(date(payment)),
            stage: Stage::Current,
            anniversary: old.next_anniversary,
            origin: Some(origin),
            window_closes: Some(date("2021-03-11")),
            next_anniversary: Some(date("2022-02-09")),
            reactivate_by: None,
            requirements: Requirements::Met,
            ..*old
        }
    }

    #[test]
    fn stages() {
        use Stage::*;
        for (before, now, expected) in [
            (Current, Current, "unchanged"),
            (Current, Reminded, "newly_due"),
            (Current, Open, "newly_due"),
            (NotStarted, FinalNotice, "newly_due"),
            (Reminded, Open, "stage_moved"),
            (Open, FinalNotice, "stage_moved"),
            (FinalNotice, Lapsed, "newly_lapsed"),
            (FinalNotice, Reactivatable, "newly_lapsed"),
            (Current, Lapsed, "newly_lapsed"),
            (Reactivatable, Lapsed, "reactivation_missed"),
            (Lapsed, Reactivatable, "stage_moved"),
            (Lapsed, Open, "newly_due"),
            (NotStarted, Current, "stage_moved"),
            (Lapsed, Current, "stage_moved"),
        ] {
            let old = NightOffer { stage: before, ..offer() };
            assert_eq!(told(&old, &NightOffer { stage: now, ..old }), expected, "{before:?} {now:?}");
        }
    }

    #[test]
    fn payments() {
        use AnniversaryOrigin::{Export, ExtendedRenewal, Purchase, Reactivation, Renewal};
        let due = NightOffer { stage: Stage::Open, ..offer() };
        let missed = NightOffer { stage: Stage::Reactivatable, ..offer() };
        // In the window, and on its last day.
        assert_eq!(told(&due, &paid(&due, "2020-02-11", Renewal)), "renewed");
        assert_eq!(told(&due, &paid(&due, "2020-03-11", ExtendedRenewal)), "renewed");
        // After it, on the first day and on the last.
        assert_eq!(told(&due, &paid(&due, "2020-03-12", Reactivation)), "reactivated");
        assert_eq!(told(&missed, &paid(&missed, "2020-06-30", Reactivation)), "reactivated");
        // The portal moved its own date, so the new night's rules do not see the reactivation.
        let moved = NightOffer { renewal_start_date: offer().next_anniversary, ..paid(&missed, "2020-06-01", Export) };
        assert_eq!(told(&missed, &moved), "reactivated");
        // The portal shows no payments.
        let silent = NightOffer { last_renewal_date: None, ..moved };
        assert_eq!(told(&missed, &silent), "reactivated");
        assert_eq!(told(&due, &silent), "renewed");
        // Paid, and due once more: nights that lie a year apart.
        let again = NightOffer { stage: Stage::Open, ..paid(&offer(), "2020-02-20", Renewal) };
        assert_eq!(told(&offer(), &again), "renewed;newly_due");
        // An older payment that is only told now moves nothing, though the anniversary is another.
        let corrected = NightOffer {
            last_renewal_date: Some(date("2019-03-01")),
            anniversary: Some(date("2020-05-01")),
            origin: Some(Purchase),
            ..offer()
        };
        assert_eq!(told(&offer(), &corrected), "anniversary_moved;edited");
        // A correction backwards is no renewal.
        let back = NightOffer { anniversary: Some(date("2020-02-09")), ..offer() };
        assert_eq!(told(&offer(), &back), "anniversary_moved");
    }

    #[test]
    fn blockers_levels_purchases_and_edits() {
        let blocked = |pmc_migration, requirements_unmet| NightOffer {
            blockers: Blockers { pmc_migration, requirements_unmet },
            ..offer()
        };
        for (before, now, expected) in [
            ((false, false), (true, false), "newly_blocked"),
            ((true, false), (true, true), "newly_blocked"),
            ((true, true), (true, false), "unblocked"),
            ((true, false), (false, true), "newly_blocked;unblocked"),
            ((true, true), (true, true), "unchanged"),
        ] {
            let (old, new) = (blocked(before.0, before.1), blocked(now.0, now.1));
            assert_eq!(told(&old, &new), expected);
        }
        let base = offer();
        for (new, expected) in [
            (NightOffer { level: Some(Level::Gold), ..base }, "level_changed"),
            (NightOffer { purchase_date: date("2020-02-11"), ..base }, "bought_again"),
            (NightOffer { purchase_date: date("2019-02-09"), ..base }, "edited"),
            (NightOffer { partner_name: b"Example Plc", fee: None, currency: b"", ..base }, "edited"),
            (NightOffer { portal: Portal::Pmc, ..base }, "edited"),
            (NightOffer { offer_name: b"DEVOPS", ..base }, "edited"),
            (NightOffer { requirements: Requirements::Met, ..base }, "redecided"),
            (NightOffer { reactivate_by: None, ..base }, "redecided"),
        ] {
            assert_eq!(told(&base, &new), expected);
        }
        let changes = Changes::between(&base, &NightOffer { fee: None, country: b"IE", ..base });
        let edited: Vec<&str> = changes.edited(&base, &NightOffer { fee: None, country: b"IE", ..base }).collect();
        assert_eq!(edited, ["country", "fee"]);
        let membership = NightOffer {
            offer_type: OfferType::Membership,
            stage: Stage::NotRenewable,
            anniversary: None,
            next_anniversary: None,
            ..base
        };
        assert_eq!(told(&membership, &membership), "unchanged");
    }
}
