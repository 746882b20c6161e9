//! The counts of a comparison: offers and fees by change, offer type, stages and currency.

use super::change::{CHANGE_COUNT, Change, Changes};
use super::offer::NightOffer;
use crate::reports::{CurrencyCode, CurrencyIndex};
use crate::rules::{OfferType, Stage};
use std::collections::BTreeMap;

/// What the offers of a group have in common; sorts in the order of the changes, types, stages and codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// The change under which the offers are listed.
    pub change: Change,
    /// Their type.
    pub offer_type: OfferType,
    /// Their stage in the old night; `None` if it does not have them.
    pub stage_before: Option<Stage>,
    /// Their stage in the new night; `None` if it does not have them.
    pub stage: Option<Stage>,
    /// The currency of their fees.
    pub currency: CurrencyCode,
}

/// The offers of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupTotal {
    /// Their number.
    pub offers: u64,
    /// How many of them have no fee.
    pub offers_without_fee: u64,
    /// The sum of their fees in ten-thousandths.
    pub fees: i128,
}

/// Counts offers by their changes.
#[derive(Debug, Default)]
pub struct ChangeTally {
    currencies: CurrencyIndex,
    /// By the key, with the currency's number in place of its code.
    groups: BTreeMap<u128, GroupTotal>,
    also: [u64; CHANGE_COUNT],
    places: u8,
}

/// Fewest and most decimal places of amounts.
const PLACES_MINIMUM: u8 = 2;
const PLACES_MAXIMUM: u8 = 4;

impl ChangeTally {
    /// Counts an offer of one night or both.
    pub fn add(&mut self, changes: Changes, old: Option<&NightOffer<'_>>, new: Option<&NightOffer<'_>>) {
        let Some(offer) = fee_row(changes, old, new) else { return };
        let stage = |offer: Option<&NightOffer<'_>>| offer.map_or(0, |offer| 1 + offer.stage.index() as u128);
        let parts = [
            changes.first().index() as u128,
            offer.offer_type.index() as u128,
            stage(old),
            stage(new),
            self.currencies.number(offer.currency) as u128,
        ];
        let key = parts.iter().fold(0, |key, part| key << PART_BITS | part);
        let group = self.groups.entry(key).or_default();
        group.offers += 1;
        match offer.fee {
            Some(fee) => {
                group.fees += fee;
                self.places = self.places.max(places_of(fee));
            }
            None => group.offers_without_fee += 1,
        }
        for other in changes.others() {
            self.also[other.index()] += 1;
        }
    }

    /// The groups, sorted by their keys.
    pub fn groups(&self) -> BTreeMap<GroupKey, GroupTotal> {
        let codes = self.currencies.codes();
        let groups = self.groups.iter().map(|(&packed, total)| {
            let part = |place: u32| (packed >> (PART_BITS * place) & PART_MASK) as usize;
            let key = GroupKey {
                change: Change::ALL[part(4)],
                offer_type: OfferType::ALL[part(3)],
                stage_before: part(2).checked_sub(1).map(|place| Stage::ALL[place]),
                stage: part(1).checked_sub(1).map(|place| Stage::ALL[place]),
                currency: codes[part(0)],
            };
            (key, *total)
        });
        groups.collect()
    }

    /// Offers and fees by change and currency.
    pub fn fees_by_change(&self) -> BTreeMap<(Change, CurrencyCode), GroupTotal> {
        let mut sums = BTreeMap::new();
        for (key, total) in self.groups() {
            let sum: &mut GroupTotal = sums.entry((key.change, key.currency)).or_default();
            sum.offers += total.offers;
            sum.offers_without_fee += total.offers_without_fee;
            sum.fees += total.fees;
        }
        sums
    }

    /// Offers that are listed under a change.
    pub fn offers(&self, change: Change) -> u64 {
        let groups = self.groups.iter().filter(|(key, _)| (*key >> (PART_BITS * 4)) as usize == change.index());
        groups.map(|(_, total)| total.offers).sum()
    }

    /// Offers that have a change, but are listed under another.
    pub const fn also(&self, change: Change) -> u64 {
        self.also[change.index()]
    }

    /// Offers of both nights.
    pub fn all_offers(&self) -> u64 {
        self.groups.values().map(|total| total.offers).sum()
    }

    /// Decimal places of the sums: two, or as many as the widest fee needs.
    pub fn places(&self) -> u8 {
        self.places.max(PLACES_MINIMUM)
    }
}

const PART_BITS: u32 = 16;
const PART_MASK: u128 = (1 << PART_BITS) - 1;

/// The row whose fee counts: what was paid, or is lost, is the fee of the old night; what is to be paid that of the
/// new one.
fn fee_row<'a>(
    changes: Changes,
    old: Option<&'a NightOffer<'a>>,
    new: Option<&'a NightOffer<'a>>,
) -> Option<&'a NightOffer<'a>> {
    match changes.first() {
        Change::Gone | Change::Renewed | Change::Reactivated => old.or(new),
        _ => new.or(old),
    }
}

/// Decimal places, two to four, that show a fee exactly.
pub fn places_of(fee: i128) -> u8 {
    match fee {
        fee if fee % 100 == 0 => PLACES_MINIMUM,
        fee if fee % 10 == 0 => PLACES_MINIMUM + 1,
        _ => PLACES_MAXIMUM,
    }
}
