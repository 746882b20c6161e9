//! The distinct texts of a column, each with a key.

use super::texts::PlainTexts;
use std::hash::{BuildHasher, RandomState};

/// Length of a vacant slot, which no text has.
const VACANT: usize = usize::MAX;
/// Up to this length a text follows from its length and its first and last eight bytes.
const SHORT: usize = 16;
const FEWEST_SLOTS: usize = 64;

/// Distinct texts; the key of one is the number of those that came before it.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary {
    texts: PlainTexts,
    /// A text is in the first slot from that of its hash on that was vacant; their number is a power of two, or none.
    slots: Vec<Slot>,
    /// Make it unknown to those who write the texts which of them meet in a slot: one for each factor of a product, or
    /// they would choose the other one so that the product is the same for many texts.
    seeds: [u64; 2],
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    head: u64,
    tail: u64,
    length: usize,
    key: u32,
}

impl Vocabulary {
    /// No texts.
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        Self { texts: PlainTexts::default(), slots: Vec::new(), seeds: [0, 1].map(|number| random.hash_one(number)) }
    }

    /// The texts by their keys.
    pub(super) const fn texts(&self) -> &PlainTexts {
        &self.texts
    }

    /// Forgets the texts.
    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.slots.clear();
    }

    /// The key of a text that was there before, if it is short and in its first slot as most are.
    #[inline]
    pub(super) fn common_key(&self, text: &[u8]) -> Option<u32> {
        if text.len() > SHORT {
            return None;
        }
        let slot = Slot::of(text);
        let index = slot.hash(self.seeds) & self.slots.len().wrapping_sub(1);
        self.slots.get(index).filter(|found| found.is_like(slot)).map(|found| found.key)
    }

    /// The key of a text, which is new if the text is.
    pub(super) fn key(&mut self, text: &[u8]) -> u32 {
        let slot = Slot::of(text);
        let mask = self.slots.len().wrapping_sub(1);
        let mut index = self.hash_all(text, slot) & mask;
        while let Some(found) = self.slots.get(index) {
            if found.is_like(slot) {
                if text.len() <= SHORT || self.texts.text(found.key as usize) == text {
                    return found.key;
                }
            } else if found.length == VACANT {
                break;
            }
            index = (index + 1) & mask;
        }
        self.insert(text, slot)
    }

    #[cold]
    fn insert(&mut self, text: &[u8], slot: Slot) -> u32 {
        let key = u32::try_from(self.texts.len()).expect("a batch has less than 2^32 rows");
        self.texts.push(text);
        if self.texts.len() * 2 > self.slots.len() {
            let slots = (self.slots.len() * 2).max(FEWEST_SLOTS);
            self.slots.clear();
            self.slots.resize(slots, Slot::VACANT);
            for index in 0..self.texts.len() {
                let slot = Slot { key: index as u32, ..Slot::of(self.texts.text(index)) };
                self.occupy(self.hash_all(self.texts.text(index), slot), slot);
            }
        } else {
            self.occupy(self.hash_all(text, slot), Slot { key, ..slot });
        }
        key
    }

    fn occupy(&mut self, hash: usize, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut index = hash & mask;
        while self.slots[index].length != VACANT {
            index = (index + 1) & mask;
        }
        self.slots[index] = slot;
    }

    /// What a text has between its ends goes into the hash first.
    fn hash_all(&self, text: &[u8], slot: Slot) -> usize {
        let (chunks, _) = if text.len() > SHORT { text.as_chunks::<8>() } else { Default::default() };
        let [seed, other] = self.seeds;
        slot.hash([
            chunks.iter().fold(seed, |state, chunk| mixed(state ^ u64::from_le_bytes(*chunk), other | 1)),
            other,
        ])
    }
}

impl Slot {
    const VACANT: Self = Self { head: 0, tail: 0, length: VACANT, key: 0 };

    /// The slot of a text whose key is not known yet.
    #[inline]
    fn of(text: &[u8]) -> Self {
        let (head, tail) = if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk()) {
            (u64::from_le_bytes(*head), u64::from_le_bytes(*tail))
        } else if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk()) {
            (u64::from(u32::from_le_bytes(*head)), u64::from(u32::from_le_bytes(*tail)))
        } else if let (Some(first), Some(last)) = (text.first(), text.last()) {
            (u64::from(*first) | u64::from(text[text.len() / 2]) << 8, u64::from(*last))
        } else {
            (0, 0)
        };
        Self { head, tail, length: text.len(), key: 0 }
    }

    #[inline]
    const fn hash(self, [state, other]: [u64; 2]) -> usize {
        mixed(state ^ self.head, other ^ self.tail ^ self.length as u64) as usize
    }

    #[inline]
    const fn is_like(self, other: Self) -> bool {
        self.head == other.head && self.tail == other.tail && self.length == other.length
    }
}

/// Every bit of both in every bit.
#[inline]
const fn mixed(left: u64, right: u64) -> u64 {
    let product = left as u128 * right as u128;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_differ_in_any_byte_have_their_own_keys() {
        let mut vocabulary = Vocabulary::new();
        let mut keys = 0;
        for length in 0..40 {
            let text = vec![b'a'; length];
            assert_eq!(vocabulary.key(&text), keys);
            keys += 1;
            for at in 0..length {
                let mut other = text.clone();
                other[at] = b'b';
                assert_eq!(vocabulary.key(&other), keys, "{length} bytes, another at {at}");
                assert_eq!(vocabulary.key(&other), keys, "{length} bytes, another at {at}");
                keys += 1;
            }
        }
        assert_eq!((vocabulary.key(b""), vocabulary.common_key(b"c")), (0, None));
        vocabulary.clear();
        assert_eq!(vocabulary.key(b"a"), 0);
        assert_eq!(vocabulary.texts().len(), 1);
    }

    #[test]
    fn no_one_chooses_texts_that_meet_in_a_slot() {
        // With a second factor that is known, it is made to have two bits; then heads that differ in the highest bits
        // alone meet, whatever the first seed is.
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        let tail = FACTOR ^ SHORT as u64 ^ (1 << 63 | 1 << 39);
        let mut vocabulary = Vocabulary::new();
        for head in 0..4_096_u64 {
            vocabulary.key(&[(head << 42).to_le_bytes(), tail.to_le_bytes()].concat());
        }
        let mask = vocabulary.slots.len() - 1;
        let from_home = |(index, slot): (usize, &Slot)| (index.wrapping_sub(slot.hash(vocabulary.seeds))) & mask;
        let held = vocabulary.slots.iter().enumerate().filter(|(_, slot)| slot.length != VACANT);
        let distance: usize = held.map(from_home).sum();
        assert!(distance < 16 * 4_096, "on average {} slots from their own", distance / 4_096);
    }

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_first_appearance(
            texts in proptest::collection::vec(proptest::collection::vec(0_u8..3, 0..25), 0..400),
        ) {
            let mut vocabulary = Vocabulary::new();
            let mut expected: Vec<&[u8]> = Vec::new();
            for text in &texts {
                let key = expected.iter().position(|known| known == text).unwrap_or_else(|| {
                    expected.push(text);
                    expected.len() - 1
                });
                let common = vocabulary.common_key(text);
                prop_assert_eq!(vocabulary.key(text) as usize, key);
                prop_assert!(common.is_none_or(|common| common as usize == key));
            }
            prop_assert_eq!(vocabulary.texts().len(), expected.len());
            for (key, text) in expected.into_iter().enumerate() {
                prop_assert_eq!(vocabulary.texts().text(key), text);
            }
        }
    }
}
