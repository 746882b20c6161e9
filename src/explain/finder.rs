//! Finds the rows of one partner while inputs are read.

use super::owned::OwnedRow;
use crate::ingest::{Cells, Column, Fault, Reject, RejectCode, Row, RowConsumer, RowPlace, check_row};

/// Whose rows are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The partner's id, as the export writes it.
    pub partner_id: &'a [u8],
    /// The offer's name, or the word of its type, ignoring ASCII case; every offer if `None`.
    pub offer: Option<&'a [u8]>,
    /// Most rows that are kept; the others are only counted.
    pub limit: usize,
    /// Whether the days of every row are looked at, because one of them may show that day and month are exchanged.
    pub watches_days: bool,
}

/// A row of the partner, placed within its batch.
#[derive(Clone, Debug)]
pub struct FoundRow {
    /// Where it stands.
    pub place: RowPlace,
    /// The cells that say which offer it is: name, country, offer type, offer name and level.
    pub offer_cells: [Vec<u8>; 5],
    /// The row, or why it breaks the contract of its cells.
    pub content: Result<OwnedRow, Reject>,
}

/// What a batch has of the partner.
#[derive(Debug)]
pub struct PartnerFinder<'a> {
    wanted: Wanted<'a>,
    /// The rows, in order, as many as are kept.
    pub found: Vec<FoundRow>,
    /// All rows, those that are not kept too.
    pub count: u64,
    /// Records that cannot be divided into cells, but have the id somewhere.
    pub broken: Vec<Reject>,
    /// Rows of any partner that a run rejects for a day, if these are watched.
    pub bad_days: Vec<Reject>,
    /// The partner's offers that were not asked for, a few of them.
    pub other_offers: Vec<Vec<u8>>,
    /// An id that differs only in zeros or spaces before it or after it.
    pub near: Option<Vec<u8>>,
    current: Option<(RowPlace, [Vec<u8>; 5])>,
}

/// The columns of [`FoundRow::offer_cells`].
const OFFER_COLUMNS: [Column; 5] =
    [Column::PartnerName, Column::Country, Column::OfferType, Column::OfferName, Column::Level];

const DAYS: [Column; 3] = [Column::PurchaseDate, Column::RenewalStartDate, Column::LastRenewalDate];

const OTHER_OFFERS_KEPT: usize = 12;

impl<'a> PartnerFinder<'a> {
    /// Nothing found yet.
    pub const fn new(wanted: Wanted<'a>) -> Self {
        Self {
            wanted,
            found: Vec::new(),
            count: 0,
            broken: Vec::new(),
            bad_days: Vec::new(),
            other_offers: Vec::new(),
            near: None,
            current: None,
        }
    }

    /// Adds what a later batch has.
    pub fn append(&mut self, later: Self) {
        self.count += later.count;
        self.found.extend(later.found);
        self.found.truncate(self.wanted.limit);
        self.broken.extend(later.broken);
        self.broken.truncate(self.wanted.limit);
        for offer in later.other_offers {
            self.keep_other(&offer);
        }
        self.near = self.near.take().or(later.near);
    }

    fn keep_other(&mut self, offer: &[u8]) {
        let is_known = self.other_offers.iter().any(|known| known == offer);
        if !is_known && self.other_offers.len() < OTHER_OFFERS_KEPT {
            self.other_offers.push(offer.to_vec());
        }
    }

    fn keep(&mut self, content: impl FnOnce() -> Result<OwnedRow, Reject>) {
        let Some((place, offer_cells)) = self.current.take() else { return };
        self.count += 1;
        if self.found.len() < self.wanted.limit {
            self.found.push(FoundRow { place, offer_cells, content: content() });
        }
    }

    #[cold]
    fn begin<'c>(&mut self, place: RowPlace, cells: &impl Cells<'c>) -> bool {
        let (name, offer_type) = (cells.text(Column::OfferName), cells.text(Column::OfferType));
        if let Some(offer) = self.wanted.offer
            && !name.eq_ignore_ascii_case(offer)
            && !offer_type.eq_ignore_ascii_case(offer)
        {
            self.keep_other(if name.is_empty() { offer_type } else { name });
            return false;
        }
        self.current = Some((place, OFFER_COLUMNS.map(|column| cells.shown(column).into_owned())));
        true
    }
}

impl RowConsumer for PartnerFinder<'_> {
    const TAKES_EVERY_ROW: bool = false;

    #[inline]
    fn is_wanted<'c>(&mut self, place: RowPlace, cells: &impl Cells<'c>) -> bool {
        let id = cells.text(Column::PartnerId);
        if id == self.wanted.partner_id {
            return self.begin(place, cells);
        }
        if id.len() != self.wanted.partner_id.len()
            && self.near.is_none()
            && trimmed(id) == trimmed(self.wanted.partner_id)
        {
            self.near = Some(id.to_vec());
        }
        false
    }

    fn look<'raw, 'mapped>(&mut self, place: RowPlace, raw: &impl Cells<'raw>, mapped: &impl Cells<'mapped>) {
        if !self.wanted.watches_days || DAYS.iter().all(|column| mapped.date(*column).is_ok()) {
            return;
        }
        let Err(Fault { column, code: code @ RejectCode::BadDate }) = check_row(mapped) else { return };
        let RowPlace { line_in_batch, byte_offset } = place;
        let value = raw.shown(column).into_owned();
        self.bad_days.push(Reject { line_in_batch, byte_offset, column: Some(column), code, value });
    }

    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        self.keep(|| Ok(OwnedRow::new(row)));
        Ok(())
    }

    fn reject(&mut self, reject: Reject) {
        self.keep(|| Err(reject));
    }

    fn reject_record(&mut self, reject: Reject, bytes: &[u8]) {
        if self.broken.len() < self.wanted.limit && has_word(bytes, self.wanted.partner_id) {
            self.broken.push(reject);
        }
    }
}

impl FoundRow {
    /// Why the row is rejected, if it breaks the contract of its cells.
    pub fn reject_code(&self) -> Option<RejectCode> {
        self.content.as_ref().err().map(|reject| reject.code)
    }
}

/// An id without what spreadsheets add or take away.
#[inline]
fn trimmed(id: &[u8]) -> &[u8] {
    let id = id.trim_ascii();
    let zeros = id.iter().take_while(|byte| **byte == b'0').count();
    &id[zeros..]
}

/// Whether a word stands in a text, with no letter or digit beside it.
fn has_word(text: &[u8], word: &[u8]) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    !word.is_empty()
        && memchr::memmem::find_iter(text, word).any(|at| {
            let before = at.checked_sub(1).and_then(|before| text.get(before));
            !is_part(before) && !is_part(text.get(at + word.len()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_near_by_zeros_and_spaces_only() {
        assert_eq!(trimmed(b" 0047 "), trimmed(b"47"));
        assert_ne!(trimmed(b"470"), trimmed(b"47"));
        assert_eq!(trimmed(b"000"), b"");
    }

    #[test]
    fn a_word_is_not_a_part_of_another() {
        for (text, is_there) in
            [("a,47,b", true), ("47", true), ("x47", false), ("470", false), ("147,47", true), ("", false)]
        {
            assert_eq!(has_word(text.as_bytes(), b"47"), is_there, "{text}");
        }
        assert!(!has_word(b"anything", b""));
    }
}
