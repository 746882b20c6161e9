//! Random numbers that are the same for ever: `SplitMix64`, seeded anew for each thing that is drawn.
//!
//! `SplitMix64` (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014) is ten lines, so
//! it is written here: the generator crates do not promise their streams across versions, and a seed must give
//! the same file after every upgrade. Each partner, row and spoiling has a stream of its own, so any row can be
//! made without the rows before it.

/// What a stream of random numbers is drawn for; the streams of one seed differ by purpose and index.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// How many rows each partner of a group has.
    Group = 1,
    /// A partner's name, country and portal.
    Partner = 2,
    /// An offer's own cells.
    Offer = 3,
    /// Whether a row is spoiled, and how.
    Spoiling = 4,
    /// The first partner id.
    Ids = 5,
    /// What an offer does over the years.
    Life = 6,
    /// What an export shows of that.
    Shown = 7,
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

/// The odd constant of `SplitMix64`: 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The stream of one purpose and index under a seed.
    pub(super) fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        // Scrambled after each part, so that neighbouring seeds and indexes share no part of their streams.
        let of_seed = scramble(seed.wrapping_add(STEP));
        let of_purpose = scramble(of_seed.wrapping_add((purpose as u64).wrapping_mul(STEP)));
        Self(scramble(of_purpose.wrapping_add(index.wrapping_mul(STEP))))
    }

    /// The next 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        scramble(self.0)
    }

    /// A number from 0 to `bound - 1`; 0 where `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product; its bias is below one in 2^40 for every bound used here.
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// [`Self::below`] for places in a list.
    pub(super) fn index_below(&mut self, bound: usize) -> usize {
        self.below(bound as u64) as usize
    }

    /// [`Self::below`] for counts of days and terms; 0 where `bound` is negative.
    pub(super) fn days_below(&mut self, bound: i32) -> i32 {
        self.below(u64::try_from(bound).unwrap_or(0)) as i32
    }

    /// Whether a chance of `percent` in a hundred comes true.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A number from 0 up to, but not including, 1.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of `items`, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.index_below(items.len())]
    }
}

const fn scramble(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published stream of `SplitMix64` for the seed 1234567.
    #[test]
    fn the_stream_is_the_published_one() {
        let mut random = Random(1_234_567);
        let expected: [u64; 5] = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(expected.map(|_| random.next()), expected);
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_index() {
        let first = |seed, purpose, index| Random::new(seed, purpose, index).next();
        let streams = [
            first(0, Purpose::Partner, 0),
            first(1, Purpose::Partner, 0),
            first(0, Purpose::Offer, 0),
            first(0, Purpose::Partner, 1),
        ];
        for (index, stream) in streams.iter().enumerate() {
            assert!(!streams[..index].contains(stream));
        }
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut random = Random::new(7, Purpose::Offer, 0);
        let mut seen = [0; 5];
        for _ in 0..10_000 {
            seen[random.index_below(5)] += 1;
            assert!((0.0..1.0).contains(&random.fraction()));
        }
        assert!(seen.iter().all(|&count| (1_800..2_200).contains(&count)), "{seen:?}");
        assert_eq!((random.below(0), random.days_below(-3)), (0, 0));
        assert!((0..100).all(|_| (0..7).contains(&random.days_below(7))));
    }
}
