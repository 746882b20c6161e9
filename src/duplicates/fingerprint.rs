//! What tells one offer from another, in few bytes.

use crate::ingest::Row;
use crate::rules::Level;
use twox_hash::XxHash3_128;

/// A hash of what makes two rows the same offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u128);

/// Stands between the parts of a key; no UTF-8 text has this byte.
const SEPARATOR: u8 = 0xFF;

/// Makes fingerprints, in memory that is used again.
#[derive(Clone, Debug, Default)]
pub struct Fingerprints {
    key: Vec<u8>,
}

impl Fingerprints {
    /// The fingerprint of a row: of its partner, offer type, name (ignoring ASCII case) and level.
    #[inline]
    pub fn of(&mut self, row: &Row<'_>) -> Fingerprint {
        let kind =
            (row.offer.offer_type.index() as u8) << 2 | row.level.map_or(0, |level: Level| level.index() as u8 + 1);
        let key = &mut self.key;
        key.clear();
        key.extend_from_slice(row.partner_id);
        key.extend_from_slice(&[SEPARATOR, kind]);
        let name_start = key.len();
        key.extend_from_slice(row.offer.offer_name);
        key[name_start..].make_ascii_lowercase();
        Fingerprint(XxHash3_128::oneshot(key))
    }
}

impl Fingerprint {
    /// The partition that it belongs to.
    #[inline]
    pub const fn partition(self) -> usize {
        (self.0 >> 120) as usize
    }

    /// Half of it.
    #[inline]
    pub const fn low(self) -> u64 {
        self.0 as u64
    }

    /// The half that the partition is taken from.
    #[inline]
    pub const fn high(self) -> u64 {
        (self.0 >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Date, Offer, OfferType, Portal};

    fn of(id: &str, offer_type: OfferType, name: &str, level: Option<Level>) -> Fingerprint {
        let offer = Offer {
            offer_type,
            offer_name: name.as_bytes(),
            purchase_date: Date::from_days_since_epoch(0),
            renewal_start_date: None,
            last_renewal_date: None,
            requirements_met: None,
            portal: Portal::Pmc,
        };
        Fingerprints::default().of(&Row {
            partner_id: id.as_bytes(),
            partner_name: b"",
            country: b"",
            level,
            offer,
            fee: None,
            currency: b"",
            is_plain: false,
            joined_offer: None,
        })
    }

    #[test]
    fn case_counts_in_ids_only() {
        use OfferType::{ActionPack, Competency};
        let plain = of("7", Competency, "Security", Some(Level::Gold));
        assert_eq!(plain, of("7", Competency, "SECURITY", Some(Level::Gold)));
        for other in [
            of("07", Competency, "Security", Some(Level::Gold)),
            of("7", ActionPack, "Security", Some(Level::Gold)),
            of("7", Competency, "Security", Some(Level::Silver)),
            of("7", Competency, "Security", None),
            of("7", Competency, "Security ", Some(Level::Gold)),
            of("7", Competency, "", Some(Level::Gold)),
        ] {
            assert_ne!(plain, other);
        }
        assert_ne!(of("a", Competency, "", None), of("A", Competency, "", None));
        // Only ASCII letters have a case here, as for excluded competencies.
        assert_ne!(of("7", Competency, "Ä", None), of("7", Competency, "ä", None));
    }

    #[test]
    fn parts_do_not_run_into_each_other_whatever_their_length() {
        let long = "x".repeat(1_000);
        for (left, right) in [(("7a", "b"), ("7", "ab")), ((&*long, ""), ("", &*long)), (("", "7"), ("7", ""))] {
            let of = |(id, name)| of(id, OfferType::Competency, name, None);
            assert_ne!(of(left), of(right));
            assert_eq!(of(left), of(left));
        }
    }
}
