//! The fees of each currency and level, and which of them stand far from the others.

use super::examples::{Example, Examples};
use super::suspicion::{Suspicion, Thresholds};
use crate::ingest::Row;
use crate::reports::CurrencyCode;
use crate::rules::Level;
use std::collections::{BTreeMap, HashMap};

/// A currency and a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeeGroupKey {
    /// The currency.
    pub currency: CurrencyCode,
    /// The level, if the rows have one.
    pub level: Option<Level>,
}

/// The fees of a currency and level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeGroup {
    /// Which.
    pub key: FeeGroupKey,
    /// Rows with a fee.
    pub rows: u64,
    /// The median in ten-thousandths; of an even number of fees the lower one of the two in the middle.
    pub median: i128,
    /// Whether the median is known to three digits only, because there are so many different fees.
    pub is_rounded: bool,
    /// The lowest and the highest fee in ten-thousandths.
    pub range: (i128, i128),
}

/// A fee and where it stands.
#[derive(Clone, Debug)]
struct PlacedFee {
    amount: i128,
    example: Example,
}

/// The fees of one batch, in order.
#[derive(Debug, Default)]
pub struct FeeBatch(Vec<(FeeGroupKey, PlacedFee)>);

impl FeeBatch {
    /// Adds a row's fee, if it has one.
    pub fn add(&mut self, row: &Row<'_>, line: u64, byte_offset: Option<u64>) {
        let (Some(fee), Ok(currency)) = (&row.fee, row.currency.try_into()) else { return };
        let key = FeeGroupKey { currency, level: row.level };
        let example = Example { input: 0, line, byte_offset, value: fee.text.to_vec() };
        self.0.push((key, PlacedFee { amount: fee.fee.ten_thousandths, example }));
    }
}

/// Groups that are kept; real exports have some dozens, made-up codes must not add up to memory.
const GROUPS_KEPT: usize = 1_000;
/// Different fees of a group that are kept as they are; of more, the first three digits.
const AMOUNTS_KEPT: usize = 4_096;
/// Fees at either end of a group whose places are kept.
const ENDS_KEPT: usize = 100;

#[derive(Debug, Default)]
struct GroupTally {
    rows: u64,
    amounts: HashMap<i128, u64>,
    is_rounded: bool,
    /// From the lowest on.
    lowest: Vec<PlacedFee>,
    /// From the highest on.
    highest: Vec<PlacedFee>,
}

/// The fees of all batches.
#[derive(Debug, Default)]
pub struct FeeTally {
    groups: BTreeMap<FeeGroupKey, GroupTally>,
}

impl FeeTally {
    /// Takes the fees of the next batch; `place` makes a place of a line of the batch.
    pub fn take(&mut self, batch: &mut FeeBatch, place: impl Fn(u64) -> (usize, u64)) {
        for (key, mut fee) in batch.0.drain(..) {
            if self.groups.len() >= GROUPS_KEPT && !self.groups.contains_key(&key) {
                continue;
            }
            (fee.example.input, fee.example.line) = place(fee.example.line);
            self.groups.entry(key).or_default().add(fee);
        }
    }

    /// Tells which fees stand far from the median of their group.
    pub fn judge(&self, thresholds: &Thresholds, limit: usize, suspicions: &mut BTreeMap<Suspicion, Examples>) {
        let factor = i128::from(thresholds.fee_factor);
        let mut found: BTreeMap<Suspicion, Vec<Example>> = BTreeMap::new();
        for group in self.groups.values() {
            let median = group.median();
            let is_above = |amount: i128| amount >= median * factor && amount > median;
            let is_below = |amount: i128| amount > 0 && amount * factor <= median;
            for (suspicion, count, ends) in [
                (Suspicion::FeeFarAboveMedian, group.count(is_above), group.ends(&group.highest, is_above)),
                (Suspicion::FeeFarBelowMedian, group.count(is_below), group.ends(&group.lowest, is_below)),
            ] {
                if count > 0 {
                    suspicions.entry(suspicion).or_default().count += count;
                    found.entry(suspicion).or_default().extend(ends);
                }
            }
        }
        for (suspicion, mut list) in found {
            list.sort_by_key(|example| (example.input, example.line));
            list.truncate(limit);
            suspicions.entry(suspicion).or_default().list = list;
        }
    }

    /// The groups, in the order of their currencies.
    pub fn into_groups(self) -> Vec<FeeGroup> {
        let groups = self.groups.into_iter().map(|(key, group)| FeeGroup {
            key,
            rows: group.rows,
            median: group.median(),
            is_rounded: group.is_rounded,
            range: (
                group.lowest.first().map_or(0, |fee| fee.amount),
                group.highest.first().map_or(0, |fee| fee.amount),
            ),
        });
        groups.collect()
    }
}

impl GroupTally {
    fn add(&mut self, fee: PlacedFee) {
        self.rows += 1;
        let amount = if self.is_rounded { three_digits(fee.amount) } else { fee.amount };
        *self.amounts.entry(amount).or_default() += 1;
        if !self.is_rounded && self.amounts.len() > AMOUNTS_KEPT {
            self.is_rounded = true;
            let amounts: Vec<(i128, u64)> = self.amounts.drain().collect();
            for (amount, count) in amounts {
                *self.amounts.entry(three_digits(amount)).or_default() += count;
            }
        }
        keep_end(&mut self.lowest, &fee, |new, old| new < old);
        keep_end(&mut self.highest, &fee, |new, old| new > old);
    }

    fn sorted(&self) -> Vec<(i128, u64)> {
        let mut amounts: Vec<(i128, u64)> = self.amounts.iter().map(|(amount, count)| (*amount, *count)).collect();
        amounts.sort_unstable();
        amounts
    }

    fn median(&self) -> i128 {
        let mut before = 0;
        let middle = self.rows.div_ceil(2);
        let amounts = self.sorted();
        let found = amounts.iter().find(|(_, count)| {
            before += count;
            before >= middle
        });
        found.map_or(0, |(amount, _)| *amount)
    }

    fn count(&self, is_far: impl Fn(i128) -> bool) -> u64 {
        self.sorted().iter().filter(|(amount, _)| is_far(*amount)).map(|(_, count)| count).sum()
    }

    fn ends(&self, ends: &[PlacedFee], is_far: impl Fn(i128) -> bool) -> Vec<Example> {
        let rounded = |amount: i128| if self.is_rounded { three_digits(amount) } else { amount };
        ends.iter().filter(|fee| is_far(rounded(fee.amount))).map(|fee| fee.example.clone()).collect()
    }
}

/// Keeps a fee among the outermost ones; of equal fees the first come first.
fn keep_end(ends: &mut Vec<PlacedFee>, fee: &PlacedFee, is_further: impl Fn(i128, i128) -> bool) {
    let is_full = ends.len() == ENDS_KEPT;
    if is_full && ends.last().is_some_and(|last| !is_further(fee.amount, last.amount)) {
        return;
    }
    let place = ends.partition_point(|known| !is_further(fee.amount, known.amount));
    ends.insert(place, fee.clone());
    ends.truncate(ENDS_KEPT);
}

/// An amount with zeros after its first three digits.
fn three_digits(amount: i128) -> i128 {
    let mut unit = 1;
    while amount / unit >= 1_000 {
        unit *= 10;
    }
    amount / unit * unit
}
