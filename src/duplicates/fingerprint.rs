//! What tells one offer from another, in few bytes.

use super::partitions::PARTITIONS;
use crate::ingest::Row;
use crate::rules::{Level, SHORT_TEXT_BYTES, ShortText};
use twox_hash::XxHash3_128;

/// A hash of what makes two rows the same offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u128);

/// Stands between the parts of a long key; no UTF-8 text has this byte, and so no short key.
const SEPARATOR: u8 = 0xFF;
/// Short texts that hold the partner's id in a short key.
const ID_PARTS: usize = 1;
/// Short texts that hold the offer's name in a short key.
const NAME_PARTS: usize = 2;

/// Makes fingerprints, in memory that is used again.
#[derive(Clone, Debug, Default)]
pub struct Fingerprints {
    long_key: Vec<u8>,
}

impl Fingerprints {
    /// The fingerprint of a row: of its partner, offer type, name (ignoring ASCII case) and level.
    ///
    /// Nearly all keys are short, and of one length whatever their texts: how long these are changes from row to row.
    #[inline]
    pub fn of(&mut self, row: &Row<'_>) -> Fingerprint {
        let kind =
            (row.offer.offer_type.index() as u8) << 2 | row.level.map_or(0, |level: Level| level.index() as u8 + 1);
        let (id, name) = (row.partner_id.len(), row.offer.offer_name.len());
        if (id <= ID_PARTS * SHORT_TEXT_BYTES) & (name <= NAME_PARTS * SHORT_TEXT_BYTES) {
            return Fingerprint(XxHash3_128::oneshot(short_key(row, kind).as_flattened()));
        }
        self.of_long(row, kind)
    }

    #[cold]
    fn of_long(&mut self, row: &Row<'_>, kind: u8) -> Fingerprint {
        let key = &mut self.long_key;
        key.clear();
        key.extend_from_slice(row.partner_id);
        key.extend_from_slice(&[SEPARATOR, kind]);
        let name_start = key.len();
        key.extend_from_slice(row.offer.offer_name);
        key[name_start..].make_ascii_lowercase();
        Fingerprint(XxHash3_128::oneshot(key))
    }
}

/// The key of texts that are short enough: the id, the name in lower case, and what kind of offer it is and how long
/// they are.
#[inline]
fn short_key(row: &Row<'_>, kind: u8) -> [[u8; SHORT_TEXT_BYTES]; ID_PARTS + NAME_PARTS + 1] {
    let (id, name) = (row.partner_id, row.offer.offer_name);
    let [id_text] = short_texts(row.windows.partner_id, id);
    let [name_start, name_end] = short_texts(row.windows.offer_name, name).map(ShortText::to_ascii_lowercase);
    let rest = u128::from(kind) | (id.len() as u128) << 8 | (name.len() as u128) << 16;
    [id_text.bytes(), name_start.bytes(), name_end.bytes(), rest].map(u128::to_le_bytes)
}

/// The parts of a text, those after its end empty.
#[inline]
fn short_texts<const N: usize>(window: Option<&[[u8; SHORT_TEXT_BYTES]; N]>, text: &[u8]) -> [ShortText; N] {
    let Some(window) = window else { return short_texts_alone(text) };
    std::array::from_fn(|part| ShortText::in_window(&window[part], text.len().saturating_sub(part * SHORT_TEXT_BYTES)))
}

#[cold]
fn short_texts_alone<const N: usize>(text: &[u8]) -> [ShortText; N] {
    std::array::from_fn(|part| ShortText::new(text.get(part * SHORT_TEXT_BYTES..).unwrap_or_default()))
}

impl Fingerprint {
    /// The partition that it belongs to.
    #[inline]
    pub const fn partition(self) -> usize {
        (self.0 >> (u128::BITS - PARTITIONS.ilog2())) as usize
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
    use crate::ingest::OfferWindows;
    use crate::rules::{Date, Offer, OfferType, Portal};

    fn of(id: &str, offer_type: OfferType, name: &str, level: Option<Level>) -> Fingerprint {
        fingerprint(id.as_bytes(), offer_type, name.as_bytes(), level, OfferWindows::default())
    }

    fn fingerprint(
        partner_id: &[u8],
        offer_type: OfferType,
        offer_name: &[u8],
        level: Option<Level>,
        windows: OfferWindows<'_>,
    ) -> Fingerprint {
        let offer = Offer {
            offer_type,
            offer_name,
            purchase_date: Date::from_days_since_epoch(0),
            renewal_start_date: None,
            last_renewal_date: None,
            requirements_met: None,
            portal: Portal::Pmc,
        };
        Fingerprints::default().of(&Row { partner_id, level, windows, ..Row::of(offer) })
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
    fn a_text_has_one_fingerprint_whatever_follows_it_and_however_it_is_held() {
        let bytes = "0123456789ABCDEF0123456789abcdefGHIJ".as_bytes();
        for id in [0, 1, 7, 15, 16, 17] {
            for name in [0, 1, 15, 16, 17, 31, 32, 33] {
                let text = |length: usize| std::str::from_utf8(&bytes[..length]).unwrap();
                let alone = of(text(id), OfferType::Competency, text(name), None);
                let with_windows = |following: &[u8]| {
                    let before = |length: usize| [&bytes[..length], following].concat();
                    let (id_bytes, name_bytes) = (before(id), before(name));
                    let windows = OfferWindows {
                        partner_id: id_bytes.as_chunks().0.first_chunk(),
                        offer_name: name_bytes.as_chunks().0.first_chunk(),
                        ..OfferWindows::default()
                    };
                    assert!(windows.partner_id.is_some() && windows.offer_name.is_some());
                    fingerprint(&bytes[..id], OfferType::Competency, &bytes[..name], None, windows)
                };
                assert_eq!(with_windows(&[0; 40]), alone, "{id} {name}");
                assert_eq!(with_windows(b",Z0\n5555555,\"xyz,9999999999999999999999"), alone, "{id} {name}");
            }
        }
    }

    #[test]
    fn zeros_at_the_end_of_a_text_count() {
        let of = |id, name| of(id, OfferType::Competency, name, None);
        assert_ne!(of("7\0", ""), of("7", ""));
        assert_ne!(of("7", "a\0"), of("7", "a"));
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
