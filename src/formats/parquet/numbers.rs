//! Whole numbers of a column: their bounds, and keys of those that lie close together.

/// Between numbers that are farther apart no key is looked for.
const SPAN_MAX: u64 = 1 << 16;
/// The key of a number that was not met yet.
const UNKNOWN: u32 = u32::MAX;

/// A whole number of a column.
pub(super) trait Number: Copy + Ord + Into<i64> {
    /// Bytes of one.
    const SIZE: usize = size_of::<Self>();

    /// Appends it in the PLAIN encoding.
    fn push_plain(self, output: &mut Vec<u8>);
}

impl Number for i32 {
    fn push_plain(self, output: &mut Vec<u8>) {
        output.extend_from_slice(&self.to_le_bytes());
    }
}

impl Number for i64 {
    fn push_plain(self, output: &mut Vec<u8>) {
        output.extend_from_slice(&self.to_le_bytes());
    }
}

/// Numbers by their keys.
pub(super) struct Keyed<T> {
    /// The numbers in the order of their first appearance.
    pub(super) distinct: Vec<T>,
    /// The place of each value among them.
    pub(super) keys: Vec<u32>,
}

/// The least and the greatest.
pub(super) fn bounds<T: Number>(values: &[T]) -> Option<(T, T)> {
    let first = *values.first()?;
    Some(values.iter().fold((first, first), |(least, greatest), value| (least.min(*value), greatest.max(*value))))
}

/// The keys of numbers, unless they are too far apart.
pub(super) fn keyed<T: Number>(values: &[T], (least, greatest): (T, T)) -> Option<Keyed<T>> {
    let least: i64 = least.into();
    let span = greatest.into().abs_diff(least);
    if span >= SPAN_MAX {
        return None;
    }
    let keys_of = &mut vec![UNKNOWN; span as usize + 1][..];
    let (mut distinct, mut keys) = (Vec::new(), vec![0; values.len()]);
    for (key, value) in keys.iter_mut().zip(values) {
        let found = &mut keys_of[(*value).into().wrapping_sub(least) as usize];
        if *found == UNKNOWN {
            *found = distinct.len() as u32;
            distinct.push(*value);
        }
        *key = *found;
    }
    Some(Keyed { distinct, keys })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed_by_bounds(values: &[i64]) -> Option<Keyed<i64>> {
        bounds(values).and_then(|bounds| keyed(values, bounds))
    }

    #[test]
    fn keys_are_in_the_order_of_first_appearance() {
        let Keyed { distinct, keys } = keyed_by_bounds(&[7, -3, 7, 0, -3]).expect("they lie close together");
        assert_eq!((distinct, keys), (vec![7, -3, 0], vec![0, 1, 0, 2, 1]));
    }

    #[test]
    fn numbers_far_apart_have_no_keys() {
        assert!(keyed_by_bounds(&[0, 65_535]).is_some());
        assert!(keyed_by_bounds(&[0, 65_536]).is_none());
        assert!(keyed_by_bounds(&[i64::MIN, i64::MAX]).is_none());
        assert!(keyed_by_bounds(&[i64::MAX, i64::MAX - 65_535]).is_some());
        assert!(keyed_by_bounds(&[]).is_none());
    }
}
