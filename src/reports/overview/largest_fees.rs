//! The largest fees at risk of one currency, with what a reader needs to know of each offer.

use crate::ingest::Row;
use crate::rules::{Blockers, Date, Decision, Fee, Level, OfferType, Stage, Term};

/// Fees that are kept for each currency.
pub const LARGEST_FEES: usize = 5;

/// Characters of a text that are kept; names of real partners are shorter.
pub const TEXT_CHARACTERS_MAX: usize = 60;

/// The beginning of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortenedText {
    /// The characters that are kept.
    pub text: Box<str>,
    /// Whether there were more of them.
    pub is_cut: bool,
}

impl ShortenedText {
    /// The first `characters_max` characters of `text`.
    pub fn new(text: &[u8], characters_max: usize) -> Self {
        // No character has more than four bytes, so the rest need not be looked at.
        let bytes_max = 4 * characters_max + 4;
        let beginning = String::from_utf8_lossy(&text[..text.len().min(bytes_max)]);
        match beginning.char_indices().nth(characters_max) {
            Some((end, _)) => Self { text: beginning[..end].into(), is_cut: true },
            None => Self { text: beginning.into(), is_cut: false },
        }
    }
}

/// An unpaid fee with a deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeAtRisk {
    /// The fee.
    pub fee: Fee,
    /// MPN ID.
    pub partner_id: ShortenedText,
    /// The partner's name, empty if unknown.
    pub partner_name: ShortenedText,
    /// What kind of offer it is.
    pub offer_type: OfferType,
    /// The competency's name, empty if unknown.
    pub offer_name: ShortenedText,
    /// The level, if there is one.
    pub level: Option<Level>,
    /// Where the offer stands.
    pub stage: Stage,
    /// Last day to pay: that of the window, or of reactivation.
    pub deadline: Date,
    /// What stands in the way besides the fee.
    pub blockers: Blockers,
}

/// At most [`LARGEST_FEES`] fees, the largest first; of equal ones that which came first.
#[derive(Clone, Debug, Default)]
pub struct LargestFees(Vec<FeeAtRisk>);

impl LargestFees {
    /// Takes note of a fee, if it is among the largest.
    pub fn add(&mut self, fee: Fee, row: &Row<'_>, decision: &Decision, term: &Term) {
        let Some(place) = self.place(fee) else { return };
        let deadline = match decision.stage {
            Stage::Reactivatable => term.reactivate_by.unwrap_or(term.window_closes),
            _ => term.window_closes,
        };
        let entry = FeeAtRisk {
            fee,
            partner_id: shortened(row.partner_id),
            partner_name: shortened(row.partner_name),
            offer_type: row.offer.offer_type,
            offer_name: shortened(row.offer.offer_name),
            level: row.level,
            stage: decision.stage,
            deadline,
            blockers: decision.blockers,
        };
        self.insert(place, entry);
    }

    /// Takes the fees of a part that comes later in the input.
    pub fn merge(&mut self, part: Self) {
        for entry in part.0 {
            let Some(place) = self.place(entry.fee) else { return };
            self.insert(place, entry);
        }
    }

    /// The fees, the largest first.
    pub fn as_slice(&self) -> &[FeeAtRisk] {
        &self.0
    }

    /// Where a fee that comes after all others belongs; `None` if it is not among the largest.
    fn place(&self, fee: Fee) -> Option<usize> {
        let place = self.0.partition_point(|entry| entry.fee.ten_thousandths >= fee.ten_thousandths);
        (place < LARGEST_FEES).then_some(place)
    }

    fn insert(&mut self, place: usize, entry: FeeAtRisk) {
        self.0.truncate(LARGEST_FEES - 1);
        self.0.insert(place, entry);
    }
}

fn shortened(text: &[u8]) -> ShortenedText {
    ShortenedText::new(text, TEXT_CHARACTERS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        let exact = "é".repeat(TEXT_CHARACTERS_MAX);
        assert_eq!(shortened(exact.as_bytes()), ShortenedText { text: exact.as_str().into(), is_cut: false });
        for character in ["x", "é", "𝕏"] {
            let long = shortened(character.repeat(100_000).as_bytes());
            assert_eq!(&*long.text, character.repeat(TEXT_CHARACTERS_MAX));
            assert!(long.is_cut);
        }
        assert_eq!(shortened(b""), ShortenedText { text: "".into(), is_cut: false });
    }
}
