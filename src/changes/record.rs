//! An offer as bytes for sorting: fixed parts first, texts after them.
//!
//! Records only live in the memory and the temporary files of one process, so their form may change at any time.

use super::offer::NightOffer;
use crate::rules::{AnniversaryOrigin, Blockers, Date, Level, OfferType, Portal, Requirements, Spelled, Stage};
use std::cmp::Ordering;

/// Bytes of the length that a record begins with.
pub const LENGTH_BYTES: usize = 4;

const WORDS: usize = LENGTH_BYTES;
const OFFER_TYPE: usize = WORDS;
const LEVEL: usize = WORDS + 1;
const STAGE: usize = WORDS + 2;
const REQUIREMENTS: usize = WORDS + 3;
const REQUIREMENTS_MET: usize = WORDS + 4;
const PORTAL: usize = WORDS + 5;
const BLOCKERS: usize = WORDS + 6;
const ORIGIN: usize = WORDS + 7;
const DATES: usize = WORDS + 8;
const DATE_COUNT: usize = 7;
const FEE: usize = DATES + 4 * DATE_COUNT;
const CURRENCY: usize = FEE + 16;
const CURRENCY_BYTES: usize = 3;
const TEXT_LENGTHS: usize = CURRENCY + CURRENCY_BYTES;
const TEXT_COUNT: usize = 4;
const TEXTS: usize = TEXT_LENGTHS + 4 * TEXT_COUNT;

/// No day and no fee; tables hold neither.
const NO_DAY: i32 = i32::MIN;
const NO_FEE: i128 = i128::MIN;

/// Appends an offer as a record.
pub fn encode(offer: &NightOffer<'_>, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; LENGTH_BYTES]);
    bytes.extend_from_slice(&[
        offer.offer_type.index() as u8,
        offer.level.map_or(0, |level| 1 + level.index() as u8),
        offer.stage.index() as u8,
        offer.requirements.index() as u8,
        offer.requirements_met.map_or(0, |is_met| 1 + u8::from(is_met)),
        offer.portal.index() as u8,
        u8::from(offer.blockers.pmc_migration) | u8::from(offer.blockers.requirements_unmet) << 1,
        offer.origin.map_or(0, |origin| 1 + origin.index() as u8),
    ]);
    for date in [
        Some(offer.purchase_date),
        offer.renewal_start_date,
        offer.last_renewal_date,
        offer.anniversary,
        offer.window_closes,
        offer.next_anniversary,
        offer.reactivate_by,
    ] {
        bytes.extend_from_slice(&date.map_or(NO_DAY, Date::days_since_epoch).to_le_bytes());
    }
    bytes.extend_from_slice(&offer.fee.unwrap_or(NO_FEE).to_le_bytes());
    let currency: [u8; CURRENCY_BYTES] = offer.currency.try_into().unwrap_or_default();
    bytes.extend_from_slice(&currency);
    let texts = [offer.partner_id, offer.offer_name, offer.partner_name, offer.country];
    for text in texts {
        bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    }
    for text in texts {
        bytes.extend_from_slice(text);
    }
    let length = (bytes.len() - start) as u32;
    bytes[start..start + LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
}

/// The offer of a record.
pub fn decode(record: &[u8]) -> NightOffer<'_> {
    let [partner_id, offer_name, partner_name, country] = texts(record);
    let currency = &record[CURRENCY..CURRENCY + CURRENCY_BYTES];
    NightOffer {
        partner_id,
        partner_name,
        country,
        offer_type: OfferType::ALL[usize::from(record[OFFER_TYPE])],
        offer_name,
        level: optional::<Level>(record[LEVEL]),
        purchase_date: Date::from_days_since_epoch(day(record, 0)),
        renewal_start_date: date(record, 1),
        last_renewal_date: date(record, 2),
        requirements_met: [None, Some(false), Some(true)][usize::from(record[REQUIREMENTS_MET])],
        portal: Portal::ALL[usize::from(record[PORTAL])],
        fee: fee(record),
        currency: if currency[0] == 0 { b"" } else { currency },
        stage: Stage::ALL[usize::from(record[STAGE])],
        anniversary: date(record, 3),
        origin: optional::<AnniversaryOrigin>(record[ORIGIN]),
        window_closes: date(record, 4),
        requirements: Requirements::ALL[usize::from(record[REQUIREMENTS])],
        blockers: Blockers { pmc_migration: record[BLOCKERS] & 1 != 0, requirements_unmet: record[BLOCKERS] & 2 != 0 },
        next_anniversary: date(record, 5),
        reactivate_by: date(record, 6),
    }
}

fn optional<T: Spelled>(code: u8) -> Option<T> {
    usize::from(code).checked_sub(1).map(|place| T::VALUES[place])
}

fn integer<const N: usize>(record: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&record[at..at + N]);
    bytes
}

fn day(record: &[u8], place: usize) -> i32 {
    i32::from_le_bytes(integer(record, DATES + 4 * place))
}

fn date(record: &[u8], place: usize) -> Option<Date> {
    Some(day(record, place)).filter(|day| *day != NO_DAY).map(Date::from_days_since_epoch)
}

fn fee(record: &[u8]) -> Option<i128> {
    Some(i128::from_le_bytes(integer(record, FEE))).filter(|fee| *fee != NO_FEE)
}

fn text_length(record: &[u8], place: usize) -> usize {
    u32::from_le_bytes(integer(record, TEXT_LENGTHS + 4 * place)) as usize
}

fn texts(record: &[u8]) -> [&[u8]; TEXT_COUNT] {
    let mut start = TEXTS;
    std::array::from_fn(|place| {
        let end = start + text_length(record, place);
        let text = &record[start..end];
        start = end;
        text
    })
}

/// The length of the record that begins `bytes`, if the length itself is there.
pub fn length(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk().map(|length| u32::from_le_bytes(*length) as usize)
}

fn partner_id(record: &[u8]) -> &[u8] {
    &record[TEXTS..TEXTS + text_length(record, 0)]
}

fn offer_name(record: &[u8]) -> &[u8] {
    let start = TEXTS + text_length(record, 0);
    &record[start..start + text_length(record, 1)]
}

/// The first bytes of the partner id as an integer that sorts as they do; most comparisons need no more.
pub fn prefix(record: &[u8]) -> u128 {
    const BYTES: usize = size_of::<u128>();
    let id = partner_id(record);
    let mut bytes = [0; BYTES];
    let length = id.len().min(BYTES);
    bytes[..length].copy_from_slice(&id[..length]);
    u128::from_be_bytes(bytes)
}

/// Compares offers whatever their level: partner id, offer type, and offer name without regard to ASCII case.
pub fn compare_offers(left: &[u8], right: &[u8]) -> Ordering {
    partner_id(left)
        .cmp(partner_id(right))
        .then_with(|| left[OFFER_TYPE].cmp(&right[OFFER_TYPE]))
        .then_with(|| compare_ignoring_case(offer_name(left), offer_name(right)))
}

/// Compares levels; none comes first.
pub fn compare_levels(left: &[u8], right: &[u8]) -> Ordering {
    left[LEVEL].cmp(&right[LEVEL])
}

/// Compares keys and, where they are the same, days of purchase: the order in which records are sorted.
pub fn compare(left: &[u8], right: &[u8]) -> Ordering {
    compare_offers(left, right).then_with(|| compare_levels(left, right)).then_with(|| day(left, 0).cmp(&day(right, 0)))
}

fn compare_ignoring_case(left: &[u8], right: &[u8]) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    left.iter().map(u8::to_ascii_lowercase).cmp(right.iter().map(u8::to_ascii_lowercase))
}

#[cfg(test)]
pub mod testing {
    //! Offers that tests make.

    use super::*;

    pub fn date(text: &str) -> Date {
        Date::parse_iso(text.as_bytes()).unwrap_or_else(|| panic!("{text} is no date"))
    }

    /// A competency as it is between two windows.
    pub fn offer() -> NightOffer<'static> {
        NightOffer {
            partner_id: b"1000",
            partner_name: b"Example Ltd",
            country: b"GB",
            offer_type: OfferType::Competency,
            offer_name: b"DevOps",
            level: Some(Level::Silver),
            purchase_date: date("2019-02-10"),
            renewal_start_date: None,
            last_renewal_date: None,
            requirements_met: Some(true),
            portal: Portal::PartnerCenter,
            fee: Some(16_700_000),
            currency: b"GBP",
            stage: Stage::Current,
            anniversary: Some(date("2020-02-10")),
            origin: Some(AnniversaryOrigin::Purchase),
            window_closes: Some(date("2020-03-11")),
            requirements: Requirements::Exempt,
            blockers: Blockers::default(),
            next_anniversary: Some(date("2021-02-09")),
            reactivate_by: Some(date("2020-06-30")),
        }
    }

    pub fn record(offer: &NightOffer<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(offer, &mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{date, offer, record};
    use super::*;

    #[test]
    fn a_record_gives_its_offer_back() {
        let full = offer();
        let bare = NightOffer {
            partner_name: b"",
            country: b"",
            offer_name: b"",
            offer_type: OfferType::Membership,
            level: None,
            requirements_met: None,
            fee: None,
            currency: b"",
            stage: Stage::NotRenewable,
            anniversary: None,
            origin: None,
            window_closes: None,
            requirements: Requirements::NotApplicable,
            next_anniversary: None,
            reactivate_by: None,
            ..full
        };
        let other = NightOffer {
            level: Some(Level::Gold),
            renewal_start_date: Some(date("2999-12-31")),
            last_renewal_date: Some(date("1900-01-01")),
            requirements_met: Some(false),
            portal: Portal::Pmc,
            fee: Some(9_999_999_999_999_999_999_999),
            blockers: Blockers { pmc_migration: true, requirements_unmet: true },
            stage: Stage::Lapsed,
            origin: Some(AnniversaryOrigin::Reactivation),
            ..full
        };
        let mut bytes = record(&full);
        assert_eq!(length(&bytes), Some(bytes.len()));
        assert_eq!(decode(&bytes), full);
        bytes.clear();
        for offer in [bare, other] {
            encode(&offer, &mut bytes);
        }
        let first = length(&bytes).expect("a record");
        assert_eq!(decode(&bytes[..first]), bare);
        assert_eq!(decode(&bytes[first..]), other);
    }

    #[test]
    fn keys_sort_by_their_parts_in_order() {
        let base = offer();
        let ascending = [
            NightOffer { partner_id: b"1", ..base },
            NightOffer { partner_id: b"10", ..base },
            NightOffer { partner_id: b"10\0", ..base },
            NightOffer { partner_id: b"9", offer_type: OfferType::ActionPack, ..base },
            NightOffer { partner_id: b"9", offer_name: b"dev", ..base },
            NightOffer { partner_id: b"9", offer_name: b"DEVOPS", level: None, ..base },
            NightOffer { partner_id: b"9", offer_name: b"devops", purchase_date: date("2019-02-09"), ..base },
            NightOffer { partner_id: b"9", offer_name: b"DevOps", ..base },
            NightOffer { partner_id: b"9", offer_name: b"Devops", level: Some(Level::Gold), ..base },
            NightOffer { partner_id: b"9", offer_name: b"e", ..base },
            NightOffer { partner_id: b"99999999999999990", ..base },
            NightOffer { partner_id: b"99999999999999991", ..base },
        ];
        let records: Vec<Vec<u8>> = ascending.iter().map(record).collect();
        for (left, first) in records.iter().enumerate() {
            for (right, second) in records.iter().enumerate() {
                assert_eq!(compare(first, second), left.cmp(&right), "{left} {right}");
                assert!(left > right || prefix(first) <= prefix(second), "{left} {right}");
            }
        }
        assert!(compare_offers(&records[5], &records[8]).is_eq(), "whatever the level and the case");
    }
}
