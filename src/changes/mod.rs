//! What changed between two nights: the decision tables of two published runs, offer by offer.
//!
//! Each table is read once, in parts. The offers of a part are sorted by their key into a run, in memory or in a
//! temporary file ([`RunBuilder`], [`SpillFile`]); the runs of a night are merged into one sorted stream
//! ([`SortedOffers`]); the two streams are paired off ([`pair_off`]); and each pair, or offer without one, is given its
//! changes ([`Changes::between`]). So memory is bounded whatever the size of the tables, and the order is that of the
//! keys, whatever the order of the exports.

mod change;
mod decision_columns;
mod decision_table;
mod error;
mod offer;
mod pairing;
mod record;
mod sorting;
mod spill;
mod tables;
mod tally;
#[cfg(test)]
mod tests;

pub use change::{CHANGE_COUNT, Change, Changes};
pub use decision_table::DecisionTable;
pub use error::ChangesError;
pub use offer::NightOffer;
pub use pairing::{Repeats, pair_off};
pub use record::decode;
pub use sorting::{RunBuilder, SortedOffers};
pub use spill::{Run, SpillFile};
pub use tables::{CHANGE_TOTALS, CHANGES, write_change, write_totals};
pub use tally::{ChangeTally, GroupKey, GroupTotal};
