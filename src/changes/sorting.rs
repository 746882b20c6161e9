//! Sorting more offers than memory holds: sorted runs, and one stream merged from them.

use super::error::ChangesError;
use super::offer::NightOffer;
use super::record;
use super::spill::{Run, RunReader, SpillFile};
use std::sync::Arc;

/// Bytes of a run that are gathered before they are written.
const WRITE_BYTES: usize = 256 << 10;
/// Bytes for reading all runs of a night, and the least and the most for one of them.
const READ_BYTES_TOTAL: usize = 24 << 20;
const READ_BYTES_MINIMUM: usize = 8 << 10;
const READ_BYTES_MAXIMUM: usize = 256 << 10;

/// The offers of a part of a table, to be sorted.
#[derive(Debug, Default)]
pub struct RunBuilder {
    records: Vec<u8>,
    order: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    prefix: u128,
    offset: usize,
}

impl RunBuilder {
    /// Adds an offer.
    pub fn push(&mut self, offer: &NightOffer<'_>) {
        let offset = self.records.len();
        record::encode(offer, &mut self.records);
        self.order.push(Entry { prefix: record::prefix(&self.records[offset..]), offset });
    }

    /// Sorts the offers; those with the same key and purchase date keep their order. They stay in memory if there is
    /// no file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(mut self, file: Option<&Arc<SpillFile>>) -> Result<Run, ChangesError> {
        let Self { records, order } = &mut self;
        let of = |entry: &Entry| {
            let bytes = &records[entry.offset..];
            &bytes[..record::length(bytes).unwrap_or_default()]
        };
        order.sort_unstable_by(|left, right| {
            left.prefix
                .cmp(&right.prefix)
                .then_with(|| record::compare(of(left), of(right)))
                .then_with(|| left.offset.cmp(&right.offset))
        });
        let Some(file) = file else {
            let mut sorted = Vec::with_capacity(records.len());
            order.iter().for_each(|entry| sorted.extend_from_slice(of(entry)));
            return Ok(Run::Memory(sorted));
        };
        let bytes = records.len() as u64;
        let offset = file.reserve(bytes);
        let mut at = offset;
        let mut gathered = Vec::with_capacity(WRITE_BYTES + WRITE_BYTES / 4);
        for entry in order.iter() {
            gathered.extend_from_slice(of(entry));
            if gathered.len() >= WRITE_BYTES {
                file.write(&gathered, at)?;
                at += gathered.len() as u64;
                gathered.clear();
            }
        }
        file.write(&gathered, at)?;
        Ok(Run::File { file: file.clone(), offset, bytes })
    }
}

/// Offers in the order of their keys, one at a time.
pub trait OfferStream {
    /// The record at hand; `None` after the last one.
    fn current(&self) -> Option<&[u8]>;
    /// Goes on to the next record.
    ///
    /// # Errors
    /// A temporary file cannot be read.
    fn advance(&mut self) -> Result<(), ChangesError>;
}

/// All offers of a night, merged from its runs.
#[derive(Debug)]
pub struct SortedOffers {
    readers: Vec<RunReader>,
    /// A tournament: the leaves, from `readers.len()` on, are the runs; each node above has the winner of its two.
    winners: Vec<usize>,
}

impl SortedOffers {
    /// Merges runs that come in the order of the table.
    ///
    /// # Errors
    /// A temporary file cannot be read.
    pub fn new(runs: Vec<Run>) -> Result<Self, ChangesError> {
        let at_once = (READ_BYTES_TOTAL / runs.len().max(1)).clamp(READ_BYTES_MINIMUM, READ_BYTES_MAXIMUM);
        let readers: Result<Vec<_>, _> = runs.into_iter().map(|run| RunReader::new(run, at_once)).collect();
        let readers = readers?;
        let count = readers.len();
        let mut merged = Self { readers, winners: vec![0; count].into_iter().chain(0..count).collect() };
        for node in (1..count).rev() {
            merged.play(node);
        }
        Ok(merged)
    }

    fn winner(&self) -> Option<usize> {
        self.winners.get(1).copied()
    }

    /// Decides a node by its two; the earlier run wins a tie, so that the order of the table is kept.
    fn play(&mut self, node: usize) {
        let (left, right) = (self.winners[2 * node], self.winners[2 * node + 1]);
        let (first, second) = (left.min(right), left.max(right));
        self.winners[node] = if self.comes_before(second, first) { second } else { first };
    }

    fn comes_before(&self, left: usize, right: usize) -> bool {
        let (left, right) = (&self.readers[left], &self.readers[right]);
        match (left.current(), right.current()) {
            (Some(one), Some(other)) => {
                left.prefix().cmp(&right.prefix()).then_with(|| record::compare(one, other)).is_lt()
            }
            (one, _) => one.is_some(),
        }
    }
}

impl OfferStream for SortedOffers {
    fn current(&self) -> Option<&[u8]> {
        self.winner().and_then(|winner| self.readers[winner].current())
    }

    fn advance(&mut self) -> Result<(), ChangesError> {
        let Some(winner) = self.winner() else { return Ok(()) };
        self.readers[winner].advance()?;
        let mut node = (winner + self.readers.len()) / 2;
        while node > 0 {
            self.play(node);
            node /= 2;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::testing::offer;
    use super::*;
    use proptest::prelude::*;

    fn merged(ids: &[(String, u8)], per_run: usize, file: Option<&Arc<SpillFile>>) -> Vec<(Vec<u8>, Option<i128>)> {
        let runs = ids.chunks(per_run.max(1)).enumerate().map(|(number, part)| {
            let mut builder = RunBuilder::default();
            for (index, (id, pad)) in part.iter().enumerate() {
                let partner_name = vec![b'x'; usize::from(*pad) * 400];
                let row = (number * per_run + index) as i128;
                builder.push(&NightOffer {
                    partner_id: id.as_bytes(),
                    partner_name: &partner_name,
                    fee: Some(row),
                    ..offer()
                });
            }
            builder.finish(file).expect("sorted")
        });
        let mut stream = SortedOffers::new(runs.collect()).expect("merged");
        let mut found = Vec::new();
        while let Some(bytes) = stream.current() {
            let offer = record::decode(bytes);
            found.push((offer.partner_id.to_vec(), offer.fee));
            stream.advance().expect("read");
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn runs_of_any_size_merge_into_a_stable_order(
            ids in prop::collection::vec(("[a-c]{0,3}", 0_u8..=200), 0..60),
            per_run in 1_usize..70,
        ) {
            let mut expected: Vec<(Vec<u8>, Option<i128>)> =
                ids.iter().enumerate().map(|(row, (id, _))| (id.clone().into_bytes(), Some(row as i128))).collect();
            expected.sort_by(|left, right| left.0.cmp(&right.0));
            let directory = std::env::temp_dir();
            let file = Arc::new(SpillFile::create(&directory).expect("created"));
            prop_assert_eq!(&merged(&ids, per_run, None), &expected);
            prop_assert_eq!(&merged(&ids, per_run, Some(&file)), &expected);
        }
    }
}
