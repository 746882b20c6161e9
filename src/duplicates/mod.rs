//! Offers that are in an export more than once: the same partner, offer type, name and level.
//!
//! A row is told by a [`Fingerprint`]. Fingerprints are kept in [`Partitions`], which hold little in memory and put
//! the rest into a file, and equal ones are found one partition after the other, each kept once and only so many at a
//! time. So memory follows neither the number of rows nor how often an offer is there, and whatever order the rows come
//! in, the outcome is the same.

mod fingerprint;
mod partitions;
mod repeated;

pub use fingerprint::{Fingerprint, Fingerprints};
pub use partitions::{PARTITIONS, Partitions, Scratch};
pub use repeated::{RepeatedRows, Seen, find_repeated};
