//! Equal fingerprints within a partition.

use super::partitions::Partitions;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Values of `N` numbers each that have been seen: memory follows how many different ones there are.
#[derive(Debug)]
pub struct Seen<const N: usize> {
    /// Zeros stand for an empty slot.
    slots: Vec<[u64; N]>,
    used: usize,
    has_zeros: bool,
}

impl<const N: usize> Default for Seen<N> {
    fn default() -> Self {
        Self { slots: Vec::new(), used: 0, has_zeros: false }
    }
}

impl<const N: usize> Seen<N> {
    /// Slots that are made at once for values of which it is not known how many are different: as many as hold those
    /// that are remembered at a time.
    const SLOTS_MOST: usize = 1 << 17;

    /// Forgets all, and makes room for so many values, as far as that is little.
    fn begin(&mut self, values: usize) {
        let slots = (values + values / 4 + 1).next_power_of_two().clamp(2, Self::SLOTS_MOST);
        self.slots.clear();
        self.slots.shrink_to(slots);
        self.slots.resize(slots, [0; N]);
        self.used = 0;
        self.has_zeros = false;
    }

    /// Whether the value was seen before; from now on it is.
    #[inline]
    fn insert(&mut self, value: [u64; N]) -> bool {
        if value == [0; N] {
            return std::mem::replace(&mut self.has_zeros, true);
        }
        if self.used >= most_used(self.slots.len()) {
            self.grow();
        }
        let slot = self.slot(value);
        let is_seen = self.slots[slot] == value;
        self.slots[slot] = value;
        self.used += usize::from(!is_seen);
        is_seen
    }

    /// Where the value is, or would be.
    #[inline]
    fn slot(&self, value: [u64; N]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = value[0] as usize & mask;
        while self.slots[slot] != [0; N] && self.slots[slot] != value {
            slot = (slot + 1) & mask;
        }
        slot
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![[0; N]; (self.slots.len() * 2).max(2)];
        for value in std::mem::replace(&mut self.slots, larger) {
            if value != [0; N] {
                let slot = self.slot(value);
                self.slots[slot] = value;
            }
        }
    }
}

/// Slots that may be in use of so many: four in five, so that little memory is needed and few others are looked at before
/// the right one.
const fn most_used(slots: usize) -> usize {
    slots * 4 / 5
}

/// Different values that are remembered at a time: with more, memory would follow the number of rows.
const SEEN_MOST: usize = most_used(Seen::<1>::SLOTS_MOST) - 1;

/// Finds the records of a partition whose key an earlier one has, and counts them.
///
/// Where there are too many different keys to remember, the partition is read several times, each time for a part of
/// them; `found` may see a record more than once then.
///
/// # Errors
/// The file of the partitions cannot be read.
pub fn find_repeated<const N: usize, const K: usize>(
    partitions: &Partitions<'_, N>,
    partition: usize,
    seen: &mut Seen<K>,
    key: impl Fn(&[u64; N]) -> [u64; K],
    mut found: impl FnMut([u64; N]),
) -> io::Result<u64> {
    let mut parts = 1;
    loop {
        match find_in_parts(partitions, partition, parts, seen, &key, &mut found)? {
            InParts::Repeated(repeated) => return Ok(repeated),
            InParts::TooMany { visited } => {
                // If the rest has as many different ones, and a little more.
                let times = partitions.count(partition) as f64 / visited as f64 * 1.02;
                parts = (parts * (times.ceil() as u64).clamp(2, PARTS_MOST)).min(PARTS_MOST);
            }
        }
    }
}

/// What came of looking for repeated records with so many parts.
enum InParts {
    /// So many are.
    Repeated(u64),
    /// A part has too many different keys: so many records were enough for that.
    TooMany {
        /// Records of all parts.
        visited: u64,
    },
}

/// [`find_repeated`] with so many parts.
fn find_in_parts<const N: usize, const K: usize>(
    partitions: &Partitions<'_, N>,
    partition: usize,
    parts: u64,
    seen: &mut Seen<K>,
    key: &impl Fn(&[u64; N]) -> [u64; K],
    found: &mut impl FnMut([u64; N]),
) -> io::Result<InParts> {
    let mut repeated = 0;
    for part in 0..parts {
        seen.begin(partitions.count(partition) / parts as usize);
        let (mut fits, mut visited) = (true, 0);
        partitions.visit_while(partition, |record| {
            visited += 1;
            let key = key(&record);
            // A division takes as long as all the rest.
            if parts == 1 || (key[0] >> PART_SHIFT) % parts == part {
                if seen.insert(key) {
                    repeated += 1;
                    found(record);
                }
                fits = seen.used <= SEEN_MOST || parts >= PARTS_MOST;
            }
            fits
        })?;
        if !fits {
            return Ok(InParts::TooMany { visited });
        }
    }
    Ok(InParts::Repeated(repeated))
}

/// Above the bits of a key that choose its slot.
const PART_SHIFT: u32 = 40;
/// Parts that the bits above tell apart.
const PARTS_MOST: u64 = 1 << 16;

/// Rows by their number, a bit for each.
#[derive(Debug, Default)]
pub struct RepeatedRows {
    bits: Vec<AtomicU64>,
}

impl RepeatedRows {
    /// None of so many rows is marked yet.
    pub fn new(rows: u64) -> Self {
        Self { bits: std::iter::repeat_with(AtomicU64::default).take(rows.div_ceil(64) as usize).collect() }
    }

    /// Marks a row.
    pub fn mark(&self, row: u64) {
        self.bits[(row / 64) as usize].fetch_or(1 << (row % 64), Ordering::Relaxed);
    }

    /// Whether a row is marked; one beyond the last is not.
    #[inline]
    pub fn contains(&self, row: u64) -> bool {
        let bits = self.bits.get((row / 64) as usize).map_or(0, |bits| bits.load(Ordering::Relaxed));
        bits >> (row % 64) & 1 == 1
    }

    /// Rows that are marked.
    pub fn count(&self) -> u64 {
        self.bits.iter().map(|bits| u64::from(bits.load(Ordering::Relaxed).count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn what_was_seen_is_that_of_a_set(values in proptest::collection::vec((0u64..40).prop_map(|value| {
            // Values that meet in the table's slots, and zero.
            ((value % 8) << 56) | (value / 8)
        }), 0..200)) {
            let mut set = HashSet::new();
            let mut seen: Seen<1> = Seen::default();
            let mut pairs: Seen<2> = Seen::default();
            pairs.begin(values.len());
            let rows = RepeatedRows::new(values.len() as u64);
            for (row, &value) in values.iter().enumerate() {
                let is_repeated = !set.insert(value);
                prop_assert_eq!(seen.insert([value]), is_repeated);
                prop_assert_eq!(pairs.insert([value, value.rotate_left(9)]), is_repeated);
                if is_repeated {
                    rows.mark(row as u64);
                }
                prop_assert_eq!(rows.contains(row as u64), is_repeated);
            }
            prop_assert_eq!(rows.count(), (values.len() - set.len()) as u64);
            prop_assert!(!rows.contains(values.len() as u64 + 64));
            seen.begin(1);
            prop_assert!(values.iter().take(1).all(|value| !seen.insert([*value])));
        }
    }

    #[test]
    fn a_partition_of_many_different_values_is_read_in_parts() {
        // Each value once, then half of them again: more than are remembered at a time.
        let count = 5 * SEEN_MOST as u64;
        let value = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut partitions: Partitions<'_, 2> = Partitions::new(Box::new(tempfile::tempfile));
        for row in 0..count + count / 2 {
            partitions.add(3, [value(row % count), row]).unwrap();
        }
        let rows = RepeatedRows::new(count * 2);
        let mut seen: Seen<1> = Seen::default();
        let looked_at = Cell::new(0);
        let key = |[value, _]: &[u64; 2]| {
            looked_at.set(looked_at.get() + 1);
            [*value]
        };
        let repeated = find_repeated(&partitions, 3, &mut seen, key, |[_, row]| rows.mark(row));
        assert_eq!((repeated.unwrap(), rows.count()), (count / 2, count / 2));
        assert!(!rows.contains(count - 1) && rows.contains(count));
        assert_eq!(seen.slots.len(), Seen::<1>::SLOTS_MOST);
        // Until too many are found, of which zero takes no room, and once for each of the parts that are then needed.
        assert!(looked_at.get() <= SEEN_MOST as u64 + 2 + 8 * (count + count / 2), "{}", looked_at.get());
    }

    #[test]
    fn memory_follows_the_different_values() {
        let mut seen: Seen<1> = Seen::default();
        seen.begin(1_000_000_000);
        for value in 0..4_000_000 {
            let _ = seen.insert([value % 1_000]);
        }
        assert_eq!(seen.slots.len(), Seen::<1>::SLOTS_MOST);
        for value in 0..400_000 {
            assert_eq!(seen.insert([value]), value < 1_000);
        }
        assert_eq!(seen.slots.len(), 1 << 19);
    }
}
