//! The cells of columns of days and of booleans.

use super::pages::{OpenPage, PageValues, Pages, read_keys, set_dictionary};
use super::runs::{ENDS_EARLY, RunReader};
use bytes::Bytes;
use parquet::basic::Encoding;

/// Stands for an empty cell among days, as no input date lies there.
pub(super) const NO_DAY: i32 = i32::MIN;

/// The days of a batch.
pub(super) enum Days {
    /// Days since 1970-01-01, [`NO_DAY`] in empty cells.
    Usual(Vec<i32>),
    /// Some cell holds [`NO_DAY`], which is no empty one.
    Odd(Vec<Option<i32>>),
}

/// Reads the days of a column of a row group, in order.
pub(super) struct DayReader {
    pages: Pages,
    values: DayValues,
}

/// Where the days of the open page are.
struct DayValues {
    dictionary: Option<Vec<i32>>,
    page: OpenPage<Bytes>,
    keys: Vec<u32>,
}

impl DayReader {
    pub(super) const fn new(pages: Pages) -> Self {
        Self { pages, values: DayValues { dictionary: None, page: OpenPage::None, keys: Vec::new() } }
    }

    /// The days of the next rows.
    ///
    /// # Errors
    /// A damaged file.
    pub(super) fn read(&mut self, rows: usize) -> Result<Days, String> {
        let mut days = Vec::with_capacity(rows);
        let mut odd = None;
        let mut done = 0;
        while done < rows {
            let taken = self.pages.take(rows - done, |page| self.values.opened(page))?;
            self.values.read(taken.values, &mut days)?;
            if odd.is_none() && days[done..].contains(&NO_DAY) {
                odd = Some(days[..done].iter().map(|day| (*day != NO_DAY).then_some(*day)).collect::<Vec<_>>());
            }
            if let Some(odd) = &mut odd {
                odd.extend(days[done..].iter().copied().map(Some));
                self.pages.spread(odd, taken, None);
            }
            self.pages.spread(&mut days, taken, NO_DAY);
            done += taken.rows;
        }
        Ok(odd.map_or(Days::Usual(days), Days::Odd))
    }
}

impl DayValues {
    fn read(&mut self, count: usize, days: &mut Vec<i32>) -> Result<(), String> {
        match &mut self.page {
            OpenPage::InDictionary(places) => {
                let dictionary = self.dictionary.as_deref().unwrap_or_default();
                self.keys.clear();
                read_keys(places, count, dictionary.len(), &mut self.keys)?;
                days.extend(self.keys.iter().map(|key| dictionary[*key as usize]));
            }
            OpenPage::Plain(bytes) => {
                let taken = bytes.split_to_checked(count.saturating_mul(size_of::<i32>()))?;
                days.extend(plain_days(&taken));
            }
            OpenPage::None => return Err(ENDS_EARLY.to_owned()),
        }
        Ok(())
    }

    fn opened(&mut self, page: PageValues) -> Result<(), String> {
        match page {
            PageValues::Dictionary { mut bytes, count } => {
                let held = bytes.split_to_checked(count.saturating_mul(size_of::<i32>()))?;
                set_dictionary(&mut self.dictionary, plain_days(&held).collect())
            }
            PageValues::Data { encoding, bytes } => {
                self.page = OpenPage::new(encoding, bytes, Ok)?;
                Ok(())
            }
        }
    }
}

fn plain_days(bytes: &[u8]) -> impl Iterator<Item = i32> {
    bytes.as_chunks().0.iter().map(|day| i32::from_le_bytes(*day))
}

/// Takes bytes from the front.
trait SplitChecked: Sized {
    fn split_to_checked(&mut self, count: usize) -> Result<Self, String>;
}

impl SplitChecked for Bytes {
    fn split_to_checked(&mut self, count: usize) -> Result<Self, String> {
        if count <= self.len() { Ok(self.split_to(count)) } else { Err(ENDS_EARLY.to_owned()) }
    }
}

/// A boolean cell in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum BooleanCell {
    False,
    True,
    Empty,
}

impl BooleanCell {
    /// What the cell says, if anything.
    #[inline]
    pub(super) const fn value(self) -> Option<bool> {
        match self {
            Self::False => Some(false),
            Self::True => Some(true),
            Self::Empty => None,
        }
    }
}

/// Reads the booleans of a column of a row group, in order.
pub(super) struct BooleanReader {
    pages: Pages,
    values: Option<RunReader>,
}

impl BooleanReader {
    pub(super) const fn new(pages: Pages) -> Self {
        Self { pages, values: None }
    }

    /// The cells of the next rows.
    ///
    /// # Errors
    /// A damaged file.
    pub(super) fn read(&mut self, rows: usize) -> Result<Vec<BooleanCell>, String> {
        let mut cells = Vec::with_capacity(rows);
        let mut done = 0;
        while done < rows {
            let taken = self.pages.take(rows - done, |page| {
                self.values = Some(bits(page)?);
                Ok(())
            })?;
            let values = self.values.as_mut().ok_or(ENDS_EARLY)?;
            let cell = |bit| if bit == 1 { BooleanCell::True } else { BooleanCell::False };
            values.read(taken.values, &mut cells, cell)?;
            self.pages.spread(&mut cells, taken, BooleanCell::Empty);
            done += taken.rows;
        }
        Ok(cells)
    }
}

fn bits(page: PageValues) -> Result<RunReader, String> {
    match page {
        PageValues::Data { encoding: Encoding::PLAIN, bytes } => Ok(RunReader::of_bits(bytes)),
        PageValues::Data { encoding: Encoding::RLE, mut bytes } => {
            let length = bytes.split_to_checked(size_of::<u32>())?;
            let length = length.first_chunk().map_or(0, |length| u32::from_le_bytes(*length));
            RunReader::new(bytes.split_to_checked(length as usize)?, 1)
        }
        PageValues::Data { encoding, .. } => Err(format!("booleans are encoded as {encoding}")),
        PageValues::Dictionary { .. } => Err("booleans have a dictionary".to_owned()),
    }
}
