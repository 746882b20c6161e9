//! Cells that are copied in the same steps whatever they hold: which words a row gets, and how many digits its numbers
//! have, cannot be foreseen.

use crate::rules::{Blockers, Level, OfferType, Requirements, Stage};

/// A cell of at most `N` bytes, its comma counted.
#[derive(Clone, Copy, Debug)]
pub struct SmallCell<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> SmallCell<N> {
    /// Appends the cell.
    #[inline]
    pub fn append_to(&self, output: &mut Vec<u8>) {
        let end = output.len() + self.length;
        output.extend_from_slice(&self.bytes);
        output.truncate(end);
    }

    const fn empty() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    /// This cell, and one more after it.
    const fn and(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut index = 0;
        while index < text.len() {
            self.bytes[self.length + index] = text[index];
            index += 1;
        }
        self.bytes[self.length + text.len()] = b',';
        self.length += text.len() + 1;
        self
    }
}

/// In the order of [`Blockers::index`].
const BLOCKERS: [Blockers; 4] = [
    Blockers { pmc_migration: false, requirements_unmet: false },
    Blockers { pmc_migration: false, requirements_unmet: true },
    Blockers { pmc_migration: true, requirements_unmet: false },
    Blockers { pmc_migration: true, requirements_unmet: true },
];
static STAGES: [SmallCell<16>; Stage::ALL.len()] = {
    let mut cells = [SmallCell::empty(); Stage::ALL.len()];
    let mut stage = 0;
    while stage < cells.len() {
        cells[stage] = SmallCell::empty().and(Stage::ALL[stage].as_str());
        stage += 1;
    }
    cells
};
static CONDITIONS: [[SmallCell<48>; BLOCKERS.len()]; Requirements::ALL.len()] = {
    let mut cells = [[SmallCell::empty(); BLOCKERS.len()]; Requirements::ALL.len()];
    let mut requirements = 0;
    while requirements < cells.len() {
        let mut blockers = 0;
        while blockers < BLOCKERS.len() {
            let cell = SmallCell::empty().and(Requirements::ALL[requirements].as_str());
            cells[requirements][blockers] = cell.and(BLOCKERS[blockers].as_str());
            blockers += 1;
        }
        requirements += 1;
    }
    cells
};

static OFFER_TYPES: [SmallCell<16>; OfferType::ALL.len()] = {
    let mut cells = [SmallCell::empty(); OfferType::ALL.len()];
    let mut offer_type = 0;
    while offer_type < cells.len() {
        cells[offer_type] = SmallCell::empty().and(OfferType::ALL[offer_type].as_str());
        offer_type += 1;
    }
    cells
};
static LEVELS: [SmallCell<8>; 1 + Level::ALL.len()] = {
    let mut cells = [SmallCell::empty().and(""); 1 + Level::ALL.len()];
    let mut level = 0;
    while level < Level::ALL.len() {
        cells[1 + level] = SmallCell::empty().and(Level::ALL[level].as_str());
        level += 1;
    }
    cells
};

/// The cell of an offer type.
#[inline]
pub fn offer_type(offer_type: OfferType) -> &'static SmallCell<16> {
    &OFFER_TYPES[offer_type.index()]
}

/// The cell of a level that may be missing.
#[inline]
pub fn level(level: Option<Level>) -> &'static SmallCell<8> {
    &LEVELS[level.map_or(0, |level| 1 + level.index())]
}

/// The cell of a text of four to eight bytes, as nearly all fees have; `None` of another.
#[inline]
pub fn short(text: &[u8]) -> Option<SmallCell<16>> {
    if text.len() > 8 {
        return None;
    }
    let (start, end) = (text.first_chunk()?, text.last_chunk()?);
    let (start, end) = (u32::from_le_bytes(*start), u32::from_le_bytes(*end));
    // Where the two overlap they have the same bits.
    let bytes = u64::from(start) | u64::from(end) << (8 * (text.len() - 4));
    let cell = u128::from(bytes) | u128::from(b',') << (8 * text.len());
    Some(SmallCell { bytes: cell.to_le_bytes(), length: text.len() + 1 })
}

/// The cell of a stage.
#[inline]
pub fn stage(stage: Stage) -> &'static SmallCell<16> {
    &STAGES[stage.index()]
}

/// The cells of the requirements and of what blocks a renewal.
#[inline]
pub fn conditions(requirements: Requirements, blockers: Blockers) -> &'static SmallCell<48> {
    &CONDITIONS[requirements.index()][blockers.index()]
}

/// The cell of a number; `None` of one with more than four digits.
#[inline]
pub fn integer(value: i64) -> Option<SmallCell<8>> {
    let magnitude = value.unsigned_abs();
    if magnitude >= 10_000 {
        return None;
    }
    let magnitude = magnitude as u32;
    let (high, low) = (magnitude / 100, magnitude % 100);
    let digits = [high / 10, high % 10, low / 10, low % 10].map(|digit| digit as u8 + b'0');
    let digit_count =
        1 + usize::from(magnitude >= 10) + usize::from(magnitude >= 100) + usize::from(magnitude >= 1_000);
    let text = u64::from(u32::from_le_bytes(digits) >> (8 * (4 - digit_count)));
    let (sign, sign_length) = if value < 0 { (u64::from(b'-'), 1) } else { (0, 0) };
    let length = sign_length + digit_count;
    let cell = text << (8 * sign_length) | sign | u64::from(b',') << (8 * length);
    Some(SmallCell { bytes: cell.to_le_bytes(), length: length + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<const N: usize>(cell: &SmallCell<N>) -> String {
        let mut output = b"before,".to_vec();
        cell.append_to(&mut output);
        String::from_utf8(output).unwrap().strip_prefix("before,").unwrap().to_owned()
    }

    #[test]
    fn words_are_those_of_the_rules() {
        for known in Stage::ALL {
            assert_eq!(text(stage(*known)), format!("{},", known.as_str()));
        }
        for known in OfferType::ALL {
            assert_eq!(text(offer_type(*known)), format!("{},", known.as_str()));
        }
        for known in Level::ALL {
            assert_eq!(text(level(Some(*known))), format!("{},", known.as_str()));
        }
        assert_eq!(text(level(None)), ",");
        for known in Requirements::ALL {
            for pmc_migration in [false, true] {
                for requirements_unmet in [false, true] {
                    let blockers = Blockers { pmc_migration, requirements_unmet };
                    let expected = format!("{},{},", known.as_str(), blockers.as_str());
                    assert_eq!(text(conditions(*known, blockers)), expected);
                }
            }
        }
    }

    #[test]
    fn texts_of_four_to_eight_bytes_have_a_cell() {
        for length in 0..=12 {
            let letters = &"abcdefghijkl"[..length];
            let expected = (4..=8).contains(&length).then(|| format!("{letters},"));
            assert_eq!(short(letters.as_bytes()).map(|cell| text(&cell)), expected);
        }
    }

    #[test]
    fn numbers_of_up_to_four_digits_have_a_cell() {
        for value in -9_999..=9_999 {
            assert_eq!(integer(value).map(|cell| text(&cell)), Some(format!("{value},")));
        }
        for value in [i64::MIN, -10_000, 10_000, i64::MAX] {
            assert!(integer(value).is_none(), "{value}");
        }
    }
}
