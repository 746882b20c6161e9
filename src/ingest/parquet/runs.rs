//! Whole numbers of few bits, as Parquet writes levels and places in a dictionary: a run is one value and how often it
//! comes, or values packed one after the other.

use bytes::Bytes;

/// What a run that ends too early means.
pub(super) const ENDS_EARLY: &str = "a page ends before its last value";

/// Reads values from runs, in order.
#[derive(Debug)]
pub(super) struct RunReader {
    bytes: Bytes,
    /// Where the next run begins.
    at: usize,
    /// Bits of a value, at most 32.
    width: usize,
    run: Run,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Same { value: u32, left: usize },
    Packed { first_bit: usize, left: usize },
}

impl RunReader {
    /// The runs in `bytes`, of values of so many bits.
    ///
    /// # Errors
    /// More bits than a place in a dictionary has.
    pub(super) fn new(bytes: Bytes, width: u8) -> Result<Self, String> {
        if u32::from(width) > u32::BITS {
            return Err(format!("a page has values of {width} bits"));
        }
        Ok(Self { bytes, at: 0, width: width.into(), run: Run::Same { value: 0, left: 0 } })
    }

    /// Bits that are packed one after the other, the first one highest in its byte.
    pub(super) fn of_bits_from_highest(bytes: &[u8]) -> Self {
        let bytes: Vec<u8> = bytes.iter().map(|byte| byte.reverse_bits()).collect();
        Self::of_bits(bytes.into())
    }

    /// Bits that are packed one after the other, the first one lowest in its byte.
    pub(super) fn of_bits(bytes: Bytes) -> Self {
        let left = bytes.len() * u8::BITS as usize;
        Self { at: bytes.len(), bytes, width: 1, run: Run::Packed { first_bit: 0, left } }
    }

    /// Appends the next `count` values.
    ///
    /// # Errors
    /// There are fewer.
    pub(super) fn read<T: Copy>(
        &mut self,
        mut count: usize,
        values: &mut Vec<T>,
        of: impl Fn(u32) -> T + Copy,
    ) -> Result<(), String> {
        while count > 0 {
            match &mut self.run {
                Run::Same { left: 0, .. } | Run::Packed { left: 0, .. } => self.next_run()?,
                Run::Same { value, left } => {
                    let taken = count.min(*left);
                    values.resize(values.len() + taken, of(*value));
                    *left -= taken;
                    count -= taken;
                }
                Run::Packed { first_bit, left } => {
                    let taken = count.min(*left);
                    unpack(&self.bytes, *first_bit, self.width, taken, values, of);
                    *first_bit += taken * self.width;
                    *left -= taken;
                    count -= taken;
                }
            }
        }
        Ok(())
    }

    /// Passes over the next `count` values if one run says that all of them are `wanted`.
    ///
    /// # Errors
    /// A run that is damaged.
    pub(super) fn skip_all(&mut self, wanted: u32, count: usize) -> Result<bool, String> {
        while matches!(self.run, Run::Same { left: 0, .. } | Run::Packed { left: 0, .. }) && count > 0 {
            self.next_run()?;
        }
        match &mut self.run {
            Run::Same { value, left } if *value == wanted && *left >= count => {
                *left -= count;
                Ok(true)
            }
            _ => Ok(count == 0),
        }
    }

    fn next_run(&mut self) -> Result<(), String> {
        let header = self.header().ok_or(ENDS_EARLY)?;
        let length = usize::try_from(header >> 1).map_err(|_| ENDS_EARLY)?;
        if header & 1 == 0 {
            let value_bytes = self.width.div_ceil(8);
            let bytes = self.bytes.get(self.at..self.at + value_bytes).ok_or(ENDS_EARLY)?;
            let value = bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            // Other readers refuse it too: a level above the highest would be read as an empty cell.
            if u64::from(value) >> self.width != 0 {
                return Err(format!("a run repeats {value}, which has more than {} bits", self.width));
            }
            self.at += value_bytes;
            self.run = Run::Same { value, left: length };
        } else {
            const GROUP: usize = 8;
            // The last group may be cut off after the last value.
            let held = self.bytes.len() - self.at;
            let bytes = length.saturating_mul(self.width).min(held);
            let values = (bytes * u8::BITS as usize).checked_div(self.width);
            let left = values.unwrap_or(usize::MAX).min(length.saturating_mul(GROUP));
            self.run = Run::Packed { first_bit: self.at * u8::BITS as usize, left };
            self.at += bytes;
        }
        Ok(())
    }

    /// A number in seven bits a byte, the lowest first.
    fn header(&mut self) -> Option<u64> {
        const LONGEST: usize = 9;
        let mut number = 0;
        for (index, byte) in self.bytes[self.at..].iter().take(LONGEST).enumerate() {
            number |= u64::from(byte & 0x7F) << (7 * index);
            if byte & 0x80 == 0 {
                self.at += index + 1;
                return Some(number);
            }
        }
        None
    }
}

/// Appends packed values, of which as many as possible are taken from eight bytes at a time.
fn unpack<T: Copy>(
    bytes: &[u8],
    first_bit: usize,
    width: usize,
    count: usize,
    values: &mut Vec<T>,
    of: impl Fn(u32) -> T + Copy,
) {
    let start = values.len();
    values.resize(start + count, of(0));
    let values = &mut values[start..];
    match width {
        0 => {}
        1..=7 => unpack_together::<T, 8>(bytes, first_bit, width, values, of),
        8..=14 => unpack_together::<T, 4>(bytes, first_bit, width, values, of),
        15..=28 => unpack_together::<T, 2>(bytes, first_bit, width, values, of),
        _ => unpack_together::<T, 1>(bytes, first_bit, width, values, of),
    }
}

/// `TOGETHER` values and the bits before the first one must fit into eight bytes.
#[inline]
fn unpack_together<T: Copy, const TOGETHER: usize>(
    bytes: &[u8],
    first_bit: usize,
    width: usize,
    values: &mut [T],
    of: impl Fn(u32) -> T + Copy,
) {
    let mask = (1_u64 << width) - 1;
    let mut bit = first_bit;
    let (groups, rest) = values.as_chunks_mut::<TOGETHER>();
    for group in groups {
        let word = word_at(bytes, bit / 8) >> (bit % 8);
        for (index, value) in group.iter_mut().enumerate() {
            *value = of((word >> (index * width) & mask) as u32);
        }
        bit += TOGETHER * width;
    }
    for value in rest {
        *value = of((word_at(bytes, bit / 8) >> (bit % 8) & mask) as u32);
        bit += width;
    }
}

/// Eight bytes from a place on, zeros beyond the last one.
#[inline]
fn word_at(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(word) => u64::from_le_bytes(*word),
        None => bytes.get(at..).unwrap_or_default().iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(values: &[u32], width: usize) -> Vec<u8> {
        let mut bytes = vec![0; (values.len() * width).div_ceil(8)];
        for (index, value) in values.iter().enumerate() {
            for bit in (0..width).filter(|bit| value >> bit & 1 == 1) {
                bytes[(index * width + bit) / 8] |= 1 << ((index * width + bit) % 8);
            }
        }
        bytes
    }

    fn number(mut number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    }

    /// Runs of one value each where `is_run` says so, and of eight packed values elsewhere.
    fn written(runs: &[(bool, [u32; 8])], width: usize) -> (Vec<u8>, Vec<u32>) {
        let (mut bytes, mut values) = (Vec::new(), Vec::new());
        for (is_run, group) in runs {
            if *is_run {
                let times = group[1] % 40;
                bytes.extend(number(u64::from(times) << 1));
                bytes.extend(&group[0].to_le_bytes()[..width.div_ceil(8)]);
                values.extend(std::iter::repeat_n(group[0], times as usize));
            } else {
                bytes.extend(number(1 << 1 | 1));
                bytes.extend(packed(group, width));
                values.extend(group);
            }
        }
        (bytes, values)
    }

    proptest! {
        #[test]
        fn values_are_read_back_however_they_are_cut(
            width in 0_usize..=32,
            runs in prop::collection::vec((any::<bool>(), any::<[u32; 8]>()), 0..12),
            pieces in prop::collection::vec(0_usize..30, 0..20),
        ) {
            let mask = ((1_u64 << width) - 1) as u32;
            let runs: Vec<_> = runs.into_iter().map(|(is_run, group)| (is_run, group.map(|value| value & mask))).collect();
            // How often a value comes is taken from the values too, so that it fits into them.
            let (bytes, expected) = written(&runs, width);
            let mut reader = RunReader::new(bytes.into(), width as u8).unwrap();
            let mut values = Vec::new();
            for piece in pieces {
                let count = piece.min(expected.len() - values.len());
                reader.read(count, &mut values, |value| value).unwrap();
            }
            reader.read(expected.len() - values.len(), &mut values, |value| value).unwrap();
            prop_assert_eq!(&values, &expected);
            prop_assert!(reader.read(1, &mut values, |value| value).is_err());
        }

        #[test]
        fn no_bytes_end_in_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40), width in 0_u8..=32) {
            let mut reader = RunReader::new(bytes.into(), width).unwrap();
            let mut values = Vec::new();
            let _ = reader.skip_all(1, 3);
            let _ = reader.read(1_000, &mut values, |value| value);
        }
    }

    #[test]
    fn a_run_of_the_wanted_value_is_passed_over_and_nothing_else() {
        let bytes = [&number(20 << 1)[..], &[1], &number(5 << 1), &[0]].concat();
        let mut reader = RunReader::new(bytes.into(), 1).unwrap();
        assert_eq!(reader.skip_all(1, 0), Ok(true));
        assert_eq!(reader.skip_all(1, 15), Ok(true));
        assert_eq!(reader.skip_all(0, 5), Ok(false));
        assert_eq!(reader.skip_all(1, 6), Ok(false));
        let mut values = Vec::new();
        reader.read(10, &mut values, |value| value).unwrap();
        assert_eq!(values, [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
        assert!(reader.skip_all(1, 1).is_err());
    }

    #[test]
    fn bits_come_from_either_end_of_their_bytes() {
        let mut values = Vec::new();
        RunReader::of_bits_from_highest(&[0b1010_0000, 0b1000_0000]).read(9, &mut values, |bit| bit).unwrap();
        assert_eq!(values, [1, 0, 1, 0, 0, 0, 0, 0, 1]);
        values.clear();
        RunReader::of_bits(Bytes::from_static(&[0b0000_0101, 1])).read(9, &mut values, |bit| bit).unwrap();
        assert_eq!(values, [1, 0, 1, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn a_run_repeats_no_value_of_more_bits_than_the_others() {
        for (width, value, is_read) in
            [(1, 1, true), (1, 2, false), (1, 3, false), (0, 0, true), (7, 127, true), (7, 128, false)]
        {
            let bytes = [&number(4 << 1)[..], &[value]].concat();
            let mut reader = RunReader::new(bytes.into(), width).unwrap();
            assert_eq!(reader.read(4, &mut Vec::new(), |value| value).is_ok(), is_read, "{width} {value}");
        }
    }

    #[test]
    fn no_value_has_more_bits_than_a_place() {
        assert_eq!(RunReader::new(Bytes::new(), 33).unwrap_err(), "a page has values of 33 bits");
    }
}
