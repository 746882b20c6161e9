//! The offers that an older export has due, and what a later one says became of them.

use crate::finance::{Condition, CurrencyCode, DueFees, DueTime, DueTimes, FeeSum};
use crate::ingest::Row;
use crate::reports::UnmatchedReason;
use crate::rules::{Date, Fee, Level, WindowOutcome};
use std::collections::{BTreeMap, HashMap};

/// The hash of what tells an offer from all others: partner, type, name and level.
pub type OfferKey = u128;

/// The key of a row's offer. A hash of 128 bits takes the place of the texts: two among 10^9 offers share one with a
/// chance of 10^-21.
pub fn key_of(row: &Row<'_>) -> OfferKey {
    let mut hasher = blake3::Hasher::new();
    let level = row.level.map(Level::as_str).unwrap_or_default();
    for part in [row.partner_id, row.offer.offer_type.as_str().as_bytes(), row.offer.offer_name, level.as_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut bytes = [0; size_of::<OfferKey>()];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..size_of::<OfferKey>()]);
    OfferKey::from_le_bytes(bytes)
}

/// What became of an offer that was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Paid in its window.
    Paid,
    /// Not paid in its window, or not yet.
    Unpaid,
    /// Nobody can tell.
    Unmatched(UnmatchedReason),
}

impl From<Option<WindowOutcome>> for Fate {
    fn from(outcome: Option<WindowOutcome>) -> Self {
        match outcome {
            Some(WindowOutcome::Paid { .. } | WindowOutcome::PaidUndated) => Self::Paid,
            Some(WindowOutcome::Unpaid | WindowOutcome::Reactivated) => Self::Unpaid,
            Some(WindowOutcome::Undetermined) => Self::Unmatched(UnmatchedReason::PaymentUnknown),
            None => Self::Unmatched(UnmatchedReason::OtherAnniversary),
        }
    }
}

/// An offer that was due. It is kept small: there is one for every offer of the forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueOffer {
    /// The anniversary whose window it was.
    pub anniversary: Date,
    /// Currency code.
    pub currency: CurrencyCode,
    /// Number of the due time.
    pub due_index: u16,
    /// Number of the segment's leaf.
    pub leaf: u8,
    /// Number of the condition.
    pub condition: u8,
    /// The fee in ten-thousandths, as bytes so that it has no alignment; nought where it is unknown.
    fee: [u8; 16],
    /// Decimal places of the fee; `None` where it is unknown.
    places: Option<u8>,
    /// What became of it.
    pub fate: Fate,
}

impl DueOffer {
    /// An offer of which nothing is known yet but that it is due.
    pub fn new(
        anniversary: Date,
        currency: CurrencyCode,
        due_index: usize,
        leaf: usize,
        condition: Condition,
        fee: Option<Fee>,
    ) -> Self {
        Self {
            anniversary,
            currency,
            due_index: due_index as u16,
            leaf: leaf as u8,
            condition: condition.index() as u8,
            fee: fee.map_or(0, |fee| fee.ten_thousandths).to_le_bytes(),
            places: fee.map(|fee| fee.places),
            fate: Fate::Unmatched(UnmatchedReason::NotFound),
        }
    }

    /// The fee, if it is known.
    pub fn fee(&self) -> Option<Fee> {
        self.places.map(|places| Fee { ten_thousandths: i128::from_le_bytes(self.fee), places })
    }
}

/// Sums of fees of one month and currency.
#[derive(Clone, Copy, Debug, Default)]
pub struct MonthSums {
    /// Offers that were paid.
    pub paid: FeeSum,
    /// Offers that could not be matched.
    pub unmatched: FeeSum,
    /// All offers.
    pub offers: u64,
    /// The latest anniversary.
    pub latest: Option<Date>,
}

/// Every offer that was due, by its key.
#[derive(Debug, Default)]
pub struct Ledger {
    offers: HashMap<OfferKey, DueOffer>,
}

impl Ledger {
    /// Takes an offer that was due. One that is there already is due more than once.
    pub fn add(&mut self, key: OfferKey, offer: DueOffer) {
        let held = self.offers.entry(key);
        held.and_modify(|held| held.fate = Fate::Unmatched(UnmatchedReason::MoreThanOnce)).or_insert(offer);
    }

    /// The offer of a key.
    pub fn get(&self, key: OfferKey) -> Option<&DueOffer> {
        self.offers.get(&key)
    }

    /// Takes what a later export says of an offer. What it says twice counts for nothing.
    pub fn settle(&mut self, key: OfferKey, fate: Fate) {
        if let Some(offer) = self.offers.get_mut(&key) {
            let is_first = offer.fate == Fate::Unmatched(UnmatchedReason::NotFound);
            offer.fate = if is_first { fate } else { Fate::Unmatched(UnmatchedReason::MoreThanOnce) };
        }
    }

    /// The fees of the offers that could be matched, in the order of currency, due time, leaf and condition.
    pub fn matched(&self, times: DueTimes) -> Vec<DueFees> {
        let mut sums: BTreeMap<(CurrencyCode, u16, u8, u8), FeeSum> = BTreeMap::new();
        // Sums are exact integers, so the order of the map makes no difference.
        #[expect(clippy::iter_over_hash_type, reason = "exact sums do not depend on the order")]
        for offer in self.offers.values() {
            if matches!(offer.fate, Fate::Paid | Fate::Unpaid) {
                let key = (offer.currency, offer.due_index, offer.leaf, offer.condition);
                sums.entry(key).or_default().add_offer(offer.fee());
            }
        }
        let fees = sums.into_iter().map(|((currency, due, leaf, condition), sum)| DueFees {
            currency,
            due: times.due(due.into()),
            leaf: leaf.into(),
            condition: Condition::from_index(condition.into()),
            sum,
        });
        fees.collect()
    }

    /// What became of the offers, by month and currency, `first_month` being that of the as-of date.
    pub fn months(&self, times: DueTimes, first_month: i32) -> BTreeMap<(i32, CurrencyCode), MonthSums> {
        let mut months: BTreeMap<(i32, CurrencyCode), MonthSums> = BTreeMap::new();
        #[expect(clippy::iter_over_hash_type, reason = "exact sums do not depend on the order")]
        for offer in self.offers.values() {
            let month = match times.due(offer.due_index.into()) {
                DueTime::Current { month } | DueTime::Reminded { month } => first_month + month as i32,
                DueTime::InWindow { .. } | DueTime::Reactivatable => first_month,
            };
            let sums = months.entry((month, offer.currency)).or_default();
            sums.offers += 1;
            sums.latest = sums.latest.max(Some(offer.anniversary));
            match offer.fate {
                Fate::Paid => sums.paid.add_offer(offer.fee()),
                Fate::Unpaid => {}
                Fate::Unmatched(_) => sums.unmatched.add_offer(offer.fee()),
            }
        }
        months
    }

    /// How many offers could not be matched, by reason.
    pub fn unmatched(&self) -> [u64; UnmatchedReason::ALL.len()] {
        let mut counts = [0; UnmatchedReason::ALL.len()];
        #[expect(clippy::iter_over_hash_type, reason = "counts do not depend on the order")]
        for offer in self.offers.values() {
            if let Fate::Unmatched(reason) = offer.fate {
                counts[reason.index()] += 1;
            }
        }
        counts
    }

    /// Offers that were due.
    pub fn len(&self) -> usize {
        self.offers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test_policies::date;

    fn due(fee: &str) -> DueOffer {
        let condition = Condition::from_index(0);
        DueOffer::new(date("2020-09-01"), *b"EUR", 40, 1, condition, Fee::parse(fee.as_bytes()))
    }

    #[test]
    fn offers_stay_small() {
        assert!(size_of::<(OfferKey, DueOffer)>() <= 48, "{}", size_of::<(OfferKey, DueOffer)>());
        assert_eq!(due("999999999999999999.9999").fee(), Fee::parse(b"999999999999999999.9999"));
        assert_eq!(due("").fee(), None);
    }

    #[test]
    fn what_is_there_twice_is_not_matched() {
        let mut ledger = Ledger::default();
        for key in [1, 2, 3, 3, 4] {
            ledger.add(key, due("10"));
        }
        ledger.settle(1, Fate::Paid);
        ledger.settle(2, Fate::Paid);
        ledger.settle(2, Fate::Unpaid);
        ledger.settle(3, Fate::Paid);
        ledger.settle(9, Fate::Paid);
        assert_eq!(ledger.unmatched(), [1, 2, 0, 0]);
        let times = DueTimes { window_days: 30, months: 12 };
        assert_eq!(ledger.matched(times)[0].sum.known_fees(), Some(100_000));
        let months = ledger.months(times, 24_245);
        let sums = months.values().next().unwrap();
        assert_eq!((sums.offers, sums.paid.offers, sums.unmatched.fees), (4, 1, 300_000));
    }
}
