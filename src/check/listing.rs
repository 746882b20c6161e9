//! Duplicates as a list: the first groups of rows that have one offer.

/// Rows that have one offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateGroup {
    /// What tells the offer from others, both halves.
    pub key: [u64; 2],
    /// How many rows have it.
    pub rows: u64,
    /// Where the first of them stand: the index of the input, and the line from 1.
    pub places: Vec<(usize, u64)>,
}

/// The duplicates of the inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DuplicateList {
    /// Rows whose offer an earlier row has.
    pub rows: u64,
    /// Offers that more than one row has.
    pub offers: u64,
    /// The first of these offers, in the order of their first rows.
    pub groups: Vec<DuplicateGroup>,
}

/// Places of a group that are kept.
const PLACES_KEPT: usize = 10;
const LINE_BITS: u32 = 40;

/// Where a row stands, as one number whose order is that of the inputs.
pub const fn packed(input: usize, line: u64) -> u64 {
    (input as u64) << LINE_BITS | line & ((1 << LINE_BITS) - 1)
}

const fn unpacked(place: u64) -> (usize, u64) {
    ((place >> LINE_BITS) as usize, place & ((1 << LINE_BITS) - 1))
}

impl DuplicateList {
    /// Adds the duplicates among the records of a partition: both halves of the key, and the packed place.
    pub fn add(&mut self, records: &mut [[u64; 3]], limit: usize) {
        records.sort_unstable();
        for rows in records.chunk_by(|left, right| left[..2] == right[..2]) {
            if rows.len() < 2 {
                continue;
            }
            self.rows += rows.len() as u64 - 1;
            self.offers += 1;
            if self.groups.len() >= limit.saturating_mul(2).max(64) {
                self.shorten(limit);
            }
            self.groups.push(DuplicateGroup {
                key: [rows[0][0], rows[0][1]],
                rows: rows.len() as u64,
                places: rows.iter().take(PLACES_KEPT).map(|row| unpacked(row[2])).collect(),
            });
        }
        self.shorten(limit);
    }

    /// Adds the duplicates of other partitions.
    pub fn merge(mut self, other: Self, limit: usize) -> Self {
        self.rows += other.rows;
        self.offers += other.offers;
        self.groups.extend(other.groups);
        self.shorten(limit);
        self
    }

    fn shorten(&mut self, limit: usize) {
        self.groups.sort_by(|left, right| left.places.cmp(&right.places));
        self.groups.truncate(limit);
    }
}
