//! Keys and levels in Parquet's hybrid of runs and packed bits.

/// Values that are packed together, as the format has it.
const GROUP: usize = 8;
/// Values that are looked at together: the most groups whose number is one byte long.
const BLOCK: usize = 63 * GROUP;
/// The most bits of a value: there are no more keys than rows of a row group.
const WIDTH_MAX: u32 = 16;

/// Bits that values up to `greatest` need.
pub(super) const fn width(greatest: u32) -> u32 {
    u32::BITS - greatest.leading_zeros()
}

/// About how many bytes values of some width take where nothing repeats.
pub(super) const fn encoded_bytes(values: usize, width: u32) -> usize {
    values.div_ceil(GROUP) * width as usize + values.div_ceil(BLOCK)
}

/// Appends values that need no more than `width` bits.
pub(super) fn encode(values: &[u32], width: u32, output: &mut Vec<u8>) {
    debug_assert!(width <= WIDTH_MAX, "a row group has no more than 65,536 keys");
    output.reserve(encoded_bytes(values.len(), width) + size_of::<u128>());
    // The value of the run at hand, and how often it is in it.
    let (mut repeated, mut times) = (0, 0);
    for block in values.chunks(BLOCK) {
        let first = block[0];
        if block.iter().all(|value| *value == first) {
            if times > 0 && repeated != first {
                push_run(repeated, times, width, output);
                times = 0;
            }
            repeated = first;
            times += block.len();
        } else {
            if times > 0 {
                push_run(repeated, times, width, output);
                times = 0;
            }
            push_packed(block, width, output);
        }
    }
    if times > 0 {
        push_run(repeated, times, width, output);
    }
}

fn push_run(value: u32, times: usize, width: u32, output: &mut Vec<u8>) {
    push_varint(times << 1, output);
    output.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8) as usize]);
}

fn push_packed(block: &[u32], width: u32, output: &mut Vec<u8>) {
    push_varint(block.len().div_ceil(GROUP) << 1 | 1, output);
    let bytes = width as usize;
    let (groups, rest) = block.as_chunks::<GROUP>();
    let mut at = output.len();
    // Each group is written with zeros after it, over which the next one goes.
    output.resize(at + groups.len() * bytes + size_of::<u128>(), 0);
    for group in groups {
        output[at..at + size_of::<u128>()].copy_from_slice(&packed(group, width).to_le_bytes());
        at += bytes;
    }
    output.truncate(at);
    if !rest.is_empty() {
        let mut group = [0; GROUP];
        group[..rest.len()].copy_from_slice(rest);
        output.extend_from_slice(&packed(&group, width).to_le_bytes()[..bytes]);
    }
}

/// The bits of a group, the first value in the least.
#[inline]
fn packed(group: &[u32; GROUP], width: u32) -> u128 {
    let [a, b, c, d, e, f, g, h] = group.map(u64::from);
    let first = (a | b << width) | (c | d << width) << (2 * width);
    let second = (e | f << width) | (g | h << width) << (2 * width);
    u128::from(first) | u128::from(second) << (4 * width)
}

fn push_varint(mut value: usize, output: &mut Vec<u8>) {
    while value > 0x7F {
        output.push(value as u8 | 0x80);
        value >>= 7;
    }
    output.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the format says of the bytes, bit by bit.
    fn decoded(mut bytes: &[u8], width: u32, values: usize) -> Vec<u32> {
        let mut found = Vec::new();
        while found.len() < values {
            let (mut header, mut shift) = (0, 0);
            loop {
                let byte = bytes[0];
                bytes = &bytes[1..];
                header |= usize::from(byte & 0x7F) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            let length = if header & 1 == 1 { (header >> 1) * width as usize } else { width.div_ceil(8) as usize };
            let (run, rest) = bytes.split_at(length);
            bytes = rest;
            let bit = |at: usize| u32::from(run[at / 8] >> (at % 8) & 1);
            let value = |at: usize| (0..width as usize).map(|place| bit(at + place) << place).sum::<u32>();
            if header & 1 == 1 {
                found.extend((0..(header >> 1) * GROUP).map(|index| value(index * width as usize)));
            } else {
                found.extend(std::iter::repeat_n(value(0), header >> 1));
            }
        }
        assert!(bytes.is_empty(), "nothing is left");
        assert!(found[values..].iter().all(|value| *value == 0), "the last group is filled with zeros");
        found.truncate(values);
        found
    }

    fn assert_comes_back(values: &[u32], width: u32) {
        let mut bytes = Vec::new();
        encode(values, width, &mut bytes);
        assert_eq!(decoded(&bytes, width, values.len()), values, "{width} bits");
    }

    #[test]
    fn a_width_is_that_of_the_greatest_value() {
        let widths = [0, 1, 2, 3, 4, 255, 256, 65_535].map(width);
        assert_eq!(widths, [0, 1, 2, 2, 3, 8, 9, 16]);
    }

    #[test]
    fn values_of_every_width_come_back() {
        for width in 0..=WIDTH_MAX {
            let greatest = (1_u32 << width) - 1;
            for length in [0, 1, 7, 8, 9, 503, 504, 505, 1_008, 3_000] {
                assert_comes_back(&vec![greatest; length], width);
                let mixed: Vec<u32> =
                    (0..length as u32).map(|index| index.wrapping_mul(2_654_435_761) >> 7 & greatest).collect();
                assert_comes_back(&mixed, width);
            }
        }
    }

    #[test]
    fn a_value_that_is_always_the_same_takes_a_few_bytes() {
        let mut bytes = Vec::new();
        encode(&[5; 65_536], 3, &mut bytes);
        assert_eq!(bytes, [0x80, 0x80, 0x08, 5]);
    }

    proptest! {
        #[test]
        fn runs_among_other_values_come_back(
            runs in proptest::collection::vec((0_u32..5, 1_usize..1_500), 0..8),
        ) {
            let values: Vec<u32> = runs.iter().flat_map(|(value, times)| std::iter::repeat_n(*value, *times)).collect();
            let mut bytes = Vec::new();
            encode(&values, 3, &mut bytes);
            prop_assert!(bytes.len() <= encoded_bytes(values.len(), 3) + 3 * runs.len());
            prop_assert_eq!(decoded(&bytes, 3, values.len()), values);
        }
    }
}
