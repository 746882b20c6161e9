//! Which offer of the old night is which of the new one.
//!
//! Two rows are the same offer if they have the same key: partner id, offer type, offer name (whatever its ASCII
//! case) and level. Of rows that share a key, those with the same purchase date belong together, and then those that
//! are left, in the order of their purchase dates. An offer of one level that is gone belongs to one of the same
//! partner, type and name that came with another level: it changed its level. Rows that are the same in all of this
//! are paired in the order of the input.

use super::error::ChangesError;
use super::record;
use super::sorting::OfferStream;
use std::collections::VecDeque;

/// Bytes of offers that wait for their like. Only a key that stands in an export many thousand times has more; the
/// first of them are then told as gone, or as new.
const WAITING_BYTES: usize = 16 << 20;

/// Rows that repeat the key of another row of the same night.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repeats {
    /// Of the old night.
    pub old: u64,
    /// Of the new night.
    pub new: u64,
}

/// Takes a pair, an offer that only the old night has, or one that only the new night has.
pub type TakePair<'a, E> = dyn FnMut(Option<&[u8]>, Option<&[u8]>) -> Result<(), E> + 'a;

/// Passes every record of both nights to `take` once, with the record of the other night that it belongs to.
///
/// # Errors
/// A temporary file cannot be read, or the first error of `take`.
pub fn pair_off<E: From<ChangesError>>(
    old: &mut impl OfferStream,
    new: &mut impl OfferStream,
    take: &mut TakePair<'_, E>,
) -> Result<Repeats, E> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let mut waiting = Waiting::default();
    let mut repeats = (RepeatCounter::default(), RepeatCounter::default());
    loop {
        let (ordering, next) = match (old.current(), new.current()) {
            (None, None) => break,
            (Some(one), None) => (Less, one),
            (None, Some(other)) => (Greater, other),
            (Some(one), Some(other)) => {
                let ordering = record::compare(one, other);
                (ordering, if ordering.is_gt() { other } else { one })
            }
        };
        waiting.make_way(next, take)?;
        match (ordering, old.current(), new.current()) {
            (Equal, one, other) => take(one, other)?,
            (Less, Some(one), _) => waiting.add(Night::Old, one, take)?,
            (Greater, _, Some(other)) => waiting.add(Night::New, other, take)?,
            _ => {}
        }
        if ordering.is_le() {
            repeats.0.pass(old.current());
            old.advance()?;
        }
        if ordering.is_ge() {
            repeats.1.pass(new.current());
            new.advance()?;
        }
    }
    waiting.release(take)?;
    Ok(Repeats { old: repeats.0.count, new: repeats.1.count })
}

#[derive(Default)]
struct RepeatCounter {
    previous: Vec<u8>,
    count: u64,
}

impl RepeatCounter {
    fn pass(&mut self, record: Option<&[u8]>) {
        let Some(record) = record else { return };
        let is_same = !self.previous.is_empty()
            && record::compare_levels(&self.previous, record).is_eq()
            && record::compare_offers(&self.previous, record).is_eq();
        self.count += u64::from(is_same);
        self.previous.clear();
        self.previous.extend_from_slice(record);
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Night {
    #[default]
    Old,
    New,
}

/// Records of one night in the order in which they came.
#[derive(Default)]
struct Queue {
    night: Night,
    records: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Queue {
    /// Pairs a record with the first of the other night, or lets it wait behind those of its own.
    fn add<E>(&mut self, night: Night, record: Vec<u8>, take: &mut TakePair<'_, E>) -> Result<(), E> {
        if self.night != night
            && let Some(first) = self.pop()
        {
            return match night {
                Night::Old => take(Some(&record), Some(&first)),
                Night::New => take(Some(&first), Some(&record)),
            };
        }
        self.night = night;
        self.bytes += record.len();
        self.records.push_back(record);
        while self.bytes > WAITING_BYTES && self.records.len() > 1 {
            self.release_first(take)?;
        }
        Ok(())
    }

    fn pop(&mut self) -> Option<Vec<u8>> {
        let first = self.records.pop_front()?;
        self.bytes -= first.len();
        Some(first)
    }

    fn release_first<E>(&mut self, take: &mut TakePair<'_, E>) -> Result<(), E> {
        match (self.pop(), self.night) {
            (Some(first), Night::Old) => take(Some(&first), None),
            (Some(first), Night::New) => take(None, Some(&first)),
            (None, _) => Ok(()),
        }
    }
}

/// Records without one of the same purchase date in the other night, all of one offer.
#[derive(Default)]
struct Waiting {
    /// Those of the level at hand.
    level: Queue,
    /// Those of the levels before it.
    offer: Queue,
}

impl Waiting {
    fn add<E>(&mut self, night: Night, record: &[u8], take: &mut TakePair<'_, E>) -> Result<(), E> {
        self.level.add(night, record.to_vec(), take)
    }

    /// Ends the level at hand, or the offer, if the next record is of another.
    fn make_way<E>(&mut self, next: &[u8], take: &mut TakePair<'_, E>) -> Result<(), E> {
        let Some(waiting) = self.level.records.front().or_else(|| self.offer.records.front()) else { return Ok(()) };
        if record::compare_offers(waiting, next).is_ne() {
            self.release(take)
        } else if record::compare_levels(waiting, next).is_ne() {
            self.end_level(take)
        } else {
            Ok(())
        }
    }

    fn end_level<E>(&mut self, take: &mut TakePair<'_, E>) -> Result<(), E> {
        while let Some(record) = self.level.pop() {
            self.offer.add(self.level.night, record, take)?;
        }
        Ok(())
    }

    fn release<E>(&mut self, take: &mut TakePair<'_, E>) -> Result<(), E> {
        self.end_level(take)?;
        while !self.offer.records.is_empty() {
            self.offer.release_first(take)?;
        }
        Ok(())
    }
}
