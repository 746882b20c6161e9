//! Where the last whole record of some bytes ends, told by their quotes and line feeds alone.
//!
//! Outside quotes, a quote opens a field exactly if a delimiter or a line feed stands before it: what follows a closing
//! quote runs on to the next of these. So nothing between two quotes need be looked at but for the last line feed. No
//! record is taken to be too long here; whoever asks must know that none can be.

use memchr::{memchr, memrchr};

/// Finds the end of the last whole record.
#[derive(Default)]
pub struct WholeRecords {
    /// Where stretches outside quotes begin and end.
    outside: Vec<(usize, usize)>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Offset after the last record that ends in a line feed; 0 if there is none.
    pub end: usize,
    /// Whether a quoted field is open after the last byte.
    pub ends_in_quotes: bool,
    /// Whether no quote stands in the bytes.
    pub has_no_quote: bool,
}

/// Whether a record that goes on after so many bytes is longer than the limit, whatever its line ending.
pub const fn passes_limit(bytes: usize, limit: usize) -> bool {
    const LINE_ENDING: usize = 2;
    bytes > limit.saturating_add(LINE_ENDING)
}

impl WholeRecords {
    /// Looks at bytes of which the first is a record's.
    pub fn find(&mut self, bytes: &[u8], delimiter: u8) -> Found {
        self.outside.clear();
        let mut ends_in_quotes = false;
        let mut outside_from = 0;
        let mut at = 0;
        let next_quote = |from: usize| memchr(b'"', &bytes[from..]).map(|distance| from + distance);
        while let Some(quote) = next_quote(at) {
            at = quote + 1;
            let opens = quote == 0 || bytes[quote - 1] == delimiter || bytes[quote - 1] == b'\n';
            if !opens {
                continue;
            }
            self.outside.push((outside_from, quote));
            let closing = loop {
                let Some(next) = next_quote(at) else { break None };
                if bytes.get(next + 1) != Some(&b'"') {
                    break Some(next);
                }
                at = next + 2;
            };
            let Some(closing) = closing else {
                ends_in_quotes = true;
                break;
            };
            at = closing + 1;
            outside_from = at;
        }
        if !ends_in_quotes {
            self.outside.push((outside_from, bytes.len()));
        }
        let last_line_feed =
            self.outside.iter().rev().find_map(|&(from, to)| memrchr(b'\n', &bytes[from..to]).map(|at| from + at));
        let has_no_quote = at == 0;
        Found { end: last_line_feed.map_or(0, |at| at + 1), ends_in_quotes, has_no_quote }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::csv::framing::{Scanner, Step};
    use proptest::prelude::*;

    /// Record by record: the end of the last one that ends in a line feed, and whether a quote is open.
    fn slowly(bytes: &[u8]) -> Found {
        let (mut fields, mut end) = (Vec::new(), 0);
        let mut scanner = Scanner::new(bytes, 0, b',', false);
        while !matches!(scanner.next_record(&mut fields), Step::Incomplete | Step::End) {
            end = scanner.position();
        }
        let last = Scanner::new(bytes, end, b',', true).next_record(&mut fields);
        Found { end, ends_in_quotes: last == Step::OpenAtEnd, has_no_quote: !bytes.contains(&b'"') }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_end_is_that_of_the_last_record(text in "[\",\n\ra]{0,40}") {
            prop_assert_eq!(WholeRecords::default().find(text.as_bytes(), b','), slowly(text.as_bytes()));
        }
    }
}
