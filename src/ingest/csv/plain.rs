//! The records of a piece of CSV that hold no quote, found all at once.
//!
//! Most records hold none, and then every delimiter separates fields and every line feed ends a record, whatever
//! stands around it. [`PlainRecords`] notes the place of each of them without looking at one record after the
//! other: nothing in that depends on where the next one is, so the processor need not guess. From the first quote
//! on, and at the end of the bytes, the [`Scanner`](super::framing::Scanner) goes on; the tests hold the two to each
//! other.

#[cfg(target_arch = "x86_64")]
mod avx2;

use wide::u8x16;

/// Bytes looked at together.
const BLOCK: usize = 64;
/// Bytes of one stretch: what is noted of them stays in the nearest cache.
const STRETCH: usize = 16 * 1024;
/// Marks that are noted together, whether there are as many or not.
const STEP: usize = 8;

/// The records of a stretch of bytes that hold no quote.
pub struct PlainRecords {
    /// Offsets of delimiters and line feeds, after that of the byte before the first record. Only the first
    /// `mark_count` mean something.
    marks: Vec<u32>,
    mark_count: usize,
    /// For each line feed, its place in `marks`. Only the first `record_count` mean something.
    line_ends: Vec<u32>,
    record_count: usize,
    next_record: usize,
    /// Place in `marks` of what stands before the next record.
    next_mark: usize,
    /// Offset of the next record.
    position: u32,
    /// Whether no carriage return stands in the stretch.
    has_no_carriage_return: bool,
}

/// A record that holds no quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainRecord<'a> {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte, the line ending left out.
    pub end: usize,
    /// Offset after the line feed.
    pub next: usize,
    /// Whether the record is known to hold no carriage return.
    pub has_no_carriage_return: bool,
    /// Offset of the byte before the first field, and of those after each field; the first may be `u32::MAX`, which
    /// stands before 0.
    pub bounds: &'a [u32],
}

impl Default for PlainRecords {
    fn default() -> Self {
        // A block has at most as many marks as bytes; the last step may note some that are none.
        let room = STRETCH + BLOCK + STEP + 1;
        Self {
            marks: vec![0; room],
            mark_count: 0,
            line_ends: vec![0; room],
            record_count: 0,
            next_record: 0,
            next_mark: 0,
            position: 0,
            has_no_carriage_return: true,
        }
    }
}

impl PlainRecords {
    /// Finds the records from `from` on, up to the first quote, as far as one stretch goes.
    ///
    /// Offsets must fit 32 bits. True if a quote ends the stretch.
    #[inline(never)]
    pub fn find(&mut self, bytes: &[u8], from: usize, delimiter: u8) -> bool {
        #[cfg(target_arch = "x86_64")]
        if let Some(ends_at_quote) = avx2::find(self, bytes, from, delimiter) {
            return ends_at_quote;
        }
        self.find_portably(bytes, from, delimiter)
    }

    /// [`Self::find`] on any processor.
    pub(super) fn find_portably(&mut self, bytes: &[u8], from: usize, delimiter: u8) -> bool {
        self.find_by(bytes, from, delimiter, Found::in_block)
    }

    /// [`Self::find`] by a way to look at a block.
    // Inlined always, so that it is compiled for the processor that the way is for.
    #[inline(always)]
    fn find_by(
        &mut self,
        bytes: &[u8],
        from: usize,
        delimiter: u8,
        found_in: impl Fn(&[u8; BLOCK], u8) -> Found,
    ) -> bool {
        self.position = from as u32;
        self.mark_count = 1;
        self.record_count = 0;
        self.next_record = 0;
        self.next_mark = 0;
        let mut ends_at_quote = false;
        let mut carriage_returns = 0;
        let mut block = from - from % BLOCK;
        let mut wanted = u64::MAX << (from % BLOCK);
        let last = (block + STRETCH).min(bytes.len());
        let (blocks, _) = bytes[block.min(last)..last].as_chunks::<BLOCK>();
        for chunk in blocks {
            let found = found_in(chunk, delimiter);
            carriage_returns |= found.carriage_returns;
            let quotes = found.quotes & wanted;
            // What lies before the first quote.
            wanted &= (quotes & quotes.wrapping_neg()).wrapping_sub(1);
            self.note(block, (found.delimiters | found.line_feeds) & wanted, found.line_feeds & wanted);
            ends_at_quote = quotes != 0;
            if ends_at_quote {
                break;
            }
            wanted = u64::MAX;
            block += BLOCK;
        }
        self.has_no_carriage_return = carriage_returns == 0;
        ends_at_quote
    }

    /// Notes the marks of a block.
    #[inline(always)]
    fn note(&mut self, block: usize, marks: u64, line_feeds: u64) {
        let block = block as u32;
        let mut rest = line_feeds;
        // A block rarely has more than one line feed, so the first is noted whether it is there or not.
        loop {
            let before = marks & (rest & rest.wrapping_neg()).wrapping_sub(1);
            self.line_ends[self.record_count] = self.mark_count as u32 + before.count_ones();
            self.record_count += usize::from(rest != 0);
            rest &= rest.wrapping_sub(1);
            if rest == 0 {
                break;
            }
        }
        let count = marks.count_ones() as usize;
        let mut rest = marks;
        let mut noted = 0;
        loop {
            let places = &mut self.marks[self.mark_count + noted..][..STEP];
            for place in places {
                *place = block + rest.trailing_zeros();
                rest &= rest.wrapping_sub(1);
            }
            noted += STEP;
            if noted >= count {
                break;
            }
        }
        self.mark_count += count;
    }

    /// The next record or, as one without fields, blank line; `None` once the stretch has no more.
    #[inline]
    pub fn next(&mut self, bytes: &[u8]) -> Option<PlainRecord<'_>> {
        if self.next_record == self.record_count {
            return None;
        }
        let first = self.next_mark;
        let last = self.line_ends[self.next_record] as usize;
        self.next_record += 1;
        self.next_mark = last;
        let start = self.position;
        let line_feed = self.marks[last];
        self.marks[first] = start.wrapping_sub(1);
        self.position = line_feed + 1;
        let mut end = line_feed;
        if !self.has_no_carriage_return && end > start && bytes[end as usize - 1] == b'\r' {
            end -= 1;
            self.marks[last] = end;
        }
        Some(PlainRecord {
            start: start as usize,
            end: end as usize,
            next: line_feed as usize + 1,
            has_no_carriage_return: self.has_no_carriage_return,
            bounds: &self.marks[first..=last],
        })
    }
}

/// The bytes of a block that mean something, as bits.
struct Found {
    delimiters: u64,
    line_feeds: u64,
    quotes: u64,
    carriage_returns: u64,
}

impl Found {
    #[inline]
    fn in_block(block: &[u8; BLOCK], delimiter: u8) -> Self {
        let (lanes, _) = block.as_chunks::<16>();
        let lanes = [u8x16::new(lanes[0]), u8x16::new(lanes[1]), u8x16::new(lanes[2]), u8x16::new(lanes[3])];
        let equal = |lane: usize, byte: u8| lanes[lane].simd_eq(u8x16::splat(byte));
        let mark = |byte: u8| {
            let bits = |lane: usize| u64::from(equal(lane, byte).to_bitmask());
            bits(0) | bits(1) << 16 | bits(2) << 32 | bits(3) << 48
        };
        let any = |byte: u8| equal(0, byte) | equal(1, byte) | equal(2, byte) | equal(3, byte);
        // Most blocks have neither of these.
        let mark_rare = |byte: u8| if any(byte).any() { mark(byte) } else { 0 };
        Self {
            delimiters: mark(delimiter),
            line_feeds: mark(b'\n'),
            quotes: mark_rare(b'"'),
            carriage_returns: mark_rare(b'\r'),
        }
    }
}
