//! A few of the rows of a kind, and the count of all.

/// A row of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Index of the input.
    pub input: usize,
    /// Line of the record's first byte, or row of a Parquet file, from 1.
    pub line: u64,
    /// Offset of that byte; `None` in Parquet.
    pub byte_offset: Option<u64>,
    /// The value at fault, empty if it is the record as a whole.
    pub value: Vec<u8>,
}

/// The first rows of a kind, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    /// All of them.
    pub count: u64,
    /// The first ones.
    pub list: Vec<Example>,
}

/// Longest value that is kept.
const VALUE_BYTES: usize = 200;

impl Examples {
    /// Counts a row, and keeps it while there are fewer than `limit`.
    pub fn add(&mut self, limit: usize, example: impl FnOnce() -> Example) {
        self.count += 1;
        if self.list.len() < limit {
            let mut example = example();
            example.value.truncate(VALUE_BYTES);
            self.list.push(example);
        }
    }

    /// Adds the rows of a later part.
    pub fn append(&mut self, later: Self, limit: usize) {
        self.count += later.count;
        let room = limit.saturating_sub(self.list.len());
        self.list.extend(later.list.into_iter().take(room));
    }
}
