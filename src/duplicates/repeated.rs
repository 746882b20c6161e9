//! Equal fingerprints within a partition.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many of these fingerprints are equal to one before them.
///
/// The table is used again; what it holds before and after means nothing.
pub fn count_repeated(fingerprints: &[[u64; 1]], table: &mut Vec<u64>) -> u64 {
    let slots = (fingerprints.len() * 2).next_power_of_two().max(2);
    table.clear();
    table.resize(slots, 0);
    let mut repeated = 0;
    let mut zeros = 0_u64;
    for &[fingerprint] in fingerprints {
        // A zero stands for an empty slot.
        if fingerprint == 0 {
            zeros += 1;
            continue;
        }
        let mut slot = fingerprint as usize & (slots - 1);
        while table[slot] != 0 && table[slot] != fingerprint {
            slot = (slot + 1) & (slots - 1);
        }
        repeated += u64::from(table[slot] == fingerprint);
        table[slot] = fingerprint;
    }
    repeated + zeros.saturating_sub(1)
}

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

/// Marks every row whose fingerprint another row before it has; a record is both halves of a fingerprint, and the row.
pub fn mark_repeated(records: &mut [[u64; 3]], rows: &RepeatedRows) {
    records.sort_unstable();
    for pair in records.windows(2) {
        if pair[0][..2] == pair[1][..2] {
            rows.mark(pair[1][2]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn counts_and_marks_are_those_of_a_set(values in proptest::collection::vec((0u64..40).prop_map(|value| {
            // Values that meet in the table's slots, and zero.
            ((value % 8) << 56) | (value / 8)
        }), 0..200)) {
            let mut seen = HashSet::new();
            let repeated: Vec<bool> = values.iter().map(|value| !seen.insert(*value)).collect();
            let mut table = vec![7; 3];
            let fingerprints: Vec<[u64; 1]> = values.iter().map(|value| [*value]).collect();
            let count = repeated.iter().filter(|is_repeated| **is_repeated).count() as u64;
            prop_assert_eq!(count_repeated(&fingerprints, &mut table), count);
            let rows = RepeatedRows::new(values.len() as u64);
            let mut records: Vec<[u64; 3]> =
                values.iter().enumerate().map(|(row, value)| [*value, value.rotate_left(9), row as u64]).collect();
            records.reverse();
            mark_repeated(&mut records, &rows);
            let marked: Vec<bool> = (0..values.len() as u64).map(|row| rows.contains(row)).collect();
            prop_assert_eq!(marked, repeated);
            prop_assert_eq!(rows.count(), count);
            prop_assert!(!rows.contains(values.len() as u64 + 64));
        }
    }
}
