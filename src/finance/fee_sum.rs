//! Exact sums of fees and of their squares.

use crate::rules::Fee;

/// A whole number of up to 192 binary digits, which holds the squares of 10^13 fees of the largest kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WideSum {
    /// In halves, so that a [`FeeSum`] has the size of a cache line.
    low: [u64; 2],
    high: u64,
}

impl WideSum {
    #[inline]
    const fn new(low: u128, high: u64) -> Self {
        Self { low: [low as u64, (low >> 64) as u64], high }
    }

    #[inline]
    const fn low(self) -> u128 {
        (self.low[1] as u128) << 64 | self.low[0] as u128
    }

    /// The square of a number of at most 86 binary digits.
    #[inline]
    fn square(value: u128) -> Self {
        match u64::try_from(value) {
            Ok(value) => Self::new(u128::from(value) * u128::from(value), 0),
            Err(_) => Self::square_of_large(value),
        }
    }

    #[cold]
    fn square_of_large(value: u128) -> Self {
        let (upper, lower) = (value >> 64, value & u128::from(u64::MAX));
        // (upper·2^64 + lower)² = upper²·2^128 + 2·upper·lower·2^64 + lower²
        let middle = 2 * upper * lower;
        let (low, carry) = (lower * lower).overflowing_add(middle << 64);
        Self::new(low, (upper * upper + (middle >> 64)) as u64 + u64::from(carry))
    }

    #[inline]
    fn add(&mut self, other: Self) {
        let (low, carry) = self.low().overflowing_add(other.low());
        *self = Self::new(low, self.high + other.high + u64::from(carry));
    }

    /// The nearest float, to a unit in the last place.
    pub fn to_f64(self) -> f64 {
        const TWO_TO_128: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;
        self.high as f64 * TWO_TO_128 + self.low() as f64
    }
}

/// Offers, their fees and the squares of these.
// Aligned, so that adding to one of many sums fetches one line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub struct FeeSum {
    /// Offers.
    pub offers: u64,
    /// Those of them whose fee is unknown.
    pub offers_without_fee: u64,
    /// Sum of the known fees in ten-thousandths.
    pub fees: i128,
    /// Sum of the squares of the known fees, in hundred-millionths.
    pub squares: WideSum,
    /// Most decimal places that a fee was written with.
    pub places: u8,
}

impl FeeSum {
    /// Adds an offer.
    #[inline]
    pub fn add_offer(&mut self, fee: Option<Fee>) {
        self.offers += 1;
        match fee {
            Some(fee) => {
                self.fees += fee.ten_thousandths;
                self.squares.add(WideSum::square(fee.ten_thousandths.unsigned_abs()));
                self.places = self.places.max(fee.places);
            }
            None => self.offers_without_fee += 1,
        }
    }

    /// [`Self::add_offer`] of a fee in ten-thousandths with so many places, 0 where it is unknown.
    ///
    /// Without a branch on whether it is: that cannot be foreseen, and the fetch of the next sum would wait for it.
    #[inline]
    pub fn add_small(&mut self, ten_thousandths: u64, places: Option<u8>) {
        self.offers += 1;
        self.offers_without_fee += u64::from(places.is_none());
        self.fees += i128::from(ten_thousandths);
        self.squares.add(WideSum::square(ten_thousandths.into()));
        self.places = self.places.max(places.unwrap_or(0));
    }

    /// Adds the sums of other offers.
    pub fn merge(&mut self, other: &Self) {
        self.offers += other.offers;
        self.offers_without_fee += other.offers_without_fee;
        self.fees += other.fees;
        self.squares.add(other.squares);
        self.places = self.places.max(other.places);
    }

    /// The sum of the known fees; `None` where no fee is known.
    pub fn known_fees(&self) -> Option<i128> {
        (self.offers > self.offers_without_fee).then_some(self.fees)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The decimal digits of a wide sum, by long division.
    fn digits(sum: WideSum) -> String {
        let mut limbs = [sum.high, sum.low[1], sum.low[0]];
        let mut digits = Vec::new();
        while limbs != [0; 3] {
            let mut rest = 0u128;
            for limb in &mut limbs {
                let value = rest << 64 | u128::from(*limb);
                *limb = (value / 10) as u64;
                rest = value % 10;
            }
            digits.push(char::from(b'0' + rest as u8));
        }
        digits.into_iter().rev().collect()
    }

    #[test]
    fn squares_of_the_largest_fees_are_exact() {
        let largest = Fee::parse(b"999999999999999999.9999").unwrap();
        let mut sum = FeeSum::default();
        for _ in 0..1_000 {
            sum.add_offer(Some(largest));
        }
        // (10^22 - 1)² · 1000
        assert_eq!(digits(sum.squares), "99999999999999999999980000000000000000000001000");
        assert_eq!(sum.squares.to_f64(), 9.999_999_999_999_999e46_f64.max(1e47 - 2e25));
        assert_eq!((sum.offers, sum.offers_without_fee, sum.places), (1_000, 0, 4));
    }

    #[test]
    fn an_unknown_fee_is_not_nought() {
        let mut sum = FeeSum::default();
        sum.add_offer(None);
        assert_eq!((sum.known_fees(), sum.offers_without_fee), (None, 1));
        sum.add_offer(Fee::parse(b"0"));
        assert_eq!((sum.known_fees(), sum.offers), (Some(0), 2));
    }

    proptest! {
        #[test]
        fn squares_agree_with_plain_ones(values in proptest::collection::vec(0u64.., 0..50)) {
            let mut sum = WideSum::default();
            let mut plain = 0u128;
            let mut carries = 0;
            for value in values {
                sum.add(WideSum::square(u128::from(value)));
                let (next, carry) = plain.overflowing_add(u128::from(value) * u128::from(value));
                plain = next;
                carries += u64::from(carry);
            }
            prop_assert_eq!(sum, WideSum::new(plain, carries));
        }

        #[test]
        fn large_squares_agree_with_small_ones(value in 0u64..) {
            prop_assert_eq!(WideSum::square_of_large(u128::from(value)), WideSum::square(u128::from(value)));
        }

        #[test]
        fn large_squares_leave_the_remainders_that_they_must(value in 0u128..1 << 86) {
            let square = WideSum::square(value);
            for prime in [1_000_000_007, (1 << 61) - 1] {
                let two_to_128 = (u128::MAX % prime + 1) % prime;
                let remainder = (u128::from(square.high) % prime * two_to_128 + square.low() % prime) % prime;
                prop_assert_eq!(remainder, (value % prime) * (value % prime) % prime);
            }
        }

        #[test]
        fn parts_merge_to_the_whole(fees in proptest::collection::vec(any::<(Option<u64>, bool)>(), 0..30)) {
            let (mut whole, mut parts) = (FeeSum::default(), [FeeSum::default(); 2]);
            for (amount, is_later) in &fees {
                let fee = amount.map(|amount| Fee { ten_thousandths: amount.into(), places: (amount % 5) as u8 });
                whole.add_offer(fee);
                parts[usize::from(*is_later)].add_offer(fee);
            }
            let known = || fees.iter().filter_map(|(amount, _)| *amount);
            let [mut merged, later] = parts;
            merged.merge(&later);
            prop_assert_eq!(merged, whole);
            prop_assert_eq!(whole.fees, known().map(i128::from).sum::<i128>());
            prop_assert_eq!(whole.places, known().map(|amount| (amount % 5) as u8).max().unwrap_or(0));
            let without_fee = fees.len() - known().count();
            prop_assert_eq!((whole.offers, whole.offers_without_fee), (fees.len() as u64, without_fee as u64));
        }
    }
}
