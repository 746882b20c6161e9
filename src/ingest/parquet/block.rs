//! A few rows of a batch at a time, checked column by column.
//!
//! What kind of cells a column has is asked once for all of the rows, and not once a row; a row with any fault is
//! checked again by itself, which says what the fault is.

use super::batch::{ColumnCells, ParquetBatch, ParquetCells};
use super::dictionary::{FeeValue, ListedValues};
use super::plain_texts::TextRange;
use crate::ingest::column::Column;
use crate::ingest::date_format::DateFormat;
use crate::ingest::row::{Cells, FeeCell, Row, is_currency_code};
use crate::rules::{Date, Fee, Level, Offer, OfferType, Portal, SHORT_TEXT_BYTES, ShortText, Spelled};
use std::hint::black_box;
use std::ops::Range;

/// Rows that are checked together; they stay in the cache nearest to the processor.
pub(super) const BLOCK_ROWS: usize = 64;

/// Rows that were checked.
pub(super) struct Block<'a> {
    rows: [Row<'a>; BLOCK_ROWS],
    /// For each row a bit, set if it has a fault.
    faults: u64,
}

/// A text in its page.
#[derive(Clone, Copy)]
struct TextCell<'a> {
    page: &'a [u8],
    range: TextRange,
}

impl<'a> TextCell<'a> {
    const fn alone(text: &'a [u8]) -> Self {
        Self { page: text, range: [0, text.len() as u32] }
    }

    #[inline(always)]
    fn text(self) -> &'a [u8] {
        &self.page[self.range[0] as usize..self.range[1] as usize]
    }

    /// The bytes from where the text begins on.
    #[inline(always)]
    fn window<const N: usize>(self) -> Option<&'a [[u8; SHORT_TEXT_BYTES]; N]> {
        self.page[self.range[0] as usize..].as_chunks().0.first_chunk()
    }
}

/// The rows of a batch that are checked together.
#[derive(Clone, Copy)]
struct BlockCells<'a> {
    batch: &'a ParquetBatch,
    first: usize,
    date_format: &'a DateFormat,
}

impl<'a> Block<'a> {
    /// A block without rows.
    pub(super) fn new() -> Self {
        let offer = Offer {
            offer_type: OfferType::Membership,
            offer_name: b"",
            purchase_date: Date::from_days_since_epoch(0),
            renewal_start_date: None,
            last_renewal_date: None,
            requirements_met: None,
            portal: Portal::PartnerCenter,
        };
        Self { rows: [Row::of(offer); BLOCK_ROWS], faults: 0 }
    }

    /// Checks the rows from `first` on, as many as there are.
    pub(super) fn check(&mut self, batch: &'a ParquetBatch, first: usize, date_format: &'a DateFormat) {
        let count = BLOCK_ROWS.min(batch.rows() - first);
        let cells = BlockCells { batch, first, date_format };
        let rows = &mut self.rows[..count];
        let mut faults = 0;
        faults |= cells.texts(Column::PartnerId, rows, |row, cell| {
            row.partner_id = cell.text();
            row.windows.partner_id = cell.window();
            row.partner_id.is_empty()
        });
        cells.names(rows);
        faults |= cells.listed(Column::OfferType, rows, |row, value| {
            row.offer.offer_type = value.unwrap_or(OfferType::Membership);
            value.is_none()
        });
        faults |= cells.listed(Column::Level, rows, |row, value: Option<Level>| {
            row.level = value;
            false
        });
        faults |= cells.listed(Column::Portal, rows, |row, value| {
            row.offer.portal = value.unwrap_or(Portal::PartnerCenter);
            false
        });
        faults |= cells.dates(Column::PurchaseDate, rows, |row, date| {
            row.offer.purchase_date = date.unwrap_or(Date::from_days_since_epoch(0));
            date.is_none()
        });
        faults |= cells.dates(Column::RenewalStartDate, rows, |row, date| {
            row.offer.renewal_start_date = date;
            false
        });
        faults |= cells.dates(Column::LastRenewalDate, rows, |row, date| {
            row.offer.last_renewal_date = date;
            false
        });
        faults |= cells.requirements(rows);
        faults |= cells.fees(rows);
        faults |= cells.currencies(rows);
        self.faults = faults;
    }

    /// A row of the block; `None` if it has a fault.
    #[inline]
    pub(super) fn row(&self, index: usize) -> Option<&Row<'a>> {
        if self.faults >> index & 1 == 0 { Some(&self.rows[index]) } else { None }
    }
}

/// Sets a field of each row by its cell, and gives a bit for each row that has a fault.
#[inline(always)]
fn set_each<'a, C>(
    rows: &mut [Row<'a>],
    cells: impl IntoIterator<Item = C>,
    mut set: impl FnMut(&mut Row<'a>, C) -> bool,
) -> u64 {
    let mut faults = 0;
    for (index, (row, cell)) in rows.iter_mut().zip(cells).enumerate() {
        faults |= u64::from(set(row, cell)) << index;
    }
    faults
}

impl<'a> BlockCells<'a> {
    fn column(&self, column: Column) -> &'a ColumnCells {
        self.batch.column(column)
    }

    fn of(&self, rows: &[Row<'a>]) -> Range<usize> {
        self.first..self.first + rows.len()
    }

    /// The cells of the rows, one by one.
    fn one_by_one(&self, rows: &[Row<'a>]) -> impl Iterator<Item = ParquetCells<'a>> + use<'a> {
        let Self { batch, date_format, .. } = *self;
        self.of(rows).map(move |row| batch.cells(row, date_format))
    }

    /// Calls `set` with the text of each row.
    #[inline(always)]
    fn texts(&self, column: Column, rows: &mut [Row<'a>], set: impl Fn(&mut Row<'a>, TextCell<'a>) -> bool) -> u64 {
        let range = self.of(rows);
        match self.column(column) {
            ColumnCells::Dictionary(cells) => {
                let (keys, values) = (cells.keys(range), cells.values());
                set_each(rows, keys, |row, key| {
                    let cell = TextCell { page: values.bytes(), range: values.range(*key) };
                    set(row, cell)
                })
            }
            ColumnCells::Pages(cells) => {
                let (mut page, mut end) = cells.page(range.start);
                set_each(rows, range.clone().zip(cells.ranges(range)), |row, (number, range)| {
                    if number >= end {
                        (page, end) = cells.page(number);
                    }
                    set(row, TextCell { page, range: *range })
                })
            }
            ColumnCells::Written(cells) => set_each(rows, range, |row, number| {
                set(row, TextCell { page: cells.bytes(), range: cells.range(number) })
            }),
            _ => set_each(rows, self.one_by_one(rows), |row, cells| set(row, TextCell::alone(cells.text(column)))),
        }
    }

    /// The texts that may be anything.
    fn names(&self, rows: &mut [Row<'a>]) {
        self.texts(Column::PartnerName, rows, |row, cell| {
            row.partner_name = cell.text();
            row.windows.partner_name = cell.window();
            false
        });
        self.texts(Column::Country, rows, |row, cell| {
            row.country = cell.text();
            false
        });
        self.texts(Column::OfferName, rows, |row, cell| {
            row.offer.offer_name = cell.text();
            row.windows.offer_name = cell.window();
            false
        });
    }

    #[inline(always)]
    fn listed<T: Spelled>(
        &self,
        column: Column,
        rows: &mut [Row<'a>],
        set: impl Fn(&mut Row<'a>, Option<T>) -> bool,
    ) -> u64 {
        let range = self.of(rows);
        match self.column(column) {
            ColumnCells::Dictionary(cells) if let Some(listed) = cells.values().listed() => {
                let values = ListedValues::new();
                set_each(rows, cells.keys(range), |row, key| {
                    let listed = listed[*key as usize];
                    set(row, values.value(listed)) | listed.is_bad()
                })
            }
            ColumnCells::Absent => set_each(rows, range, |row, _| set(row, None)),
            _ => set_each(rows, self.one_by_one(rows), |row, cells| {
                cells.enumeration(column).map_or(true, |value| set(row, value))
            }),
        }
    }

    #[inline(always)]
    fn dates(&self, column: Column, rows: &mut [Row<'a>], set: impl Fn(&mut Row<'a>, Option<Date>) -> bool) -> u64 {
        let range = self.of(rows);
        match self.column(column) {
            ColumnCells::Date(days) => {
                set_each(rows, &days[range], |row, day| ColumnCells::date_of(*day).map_or(true, |date| set(row, date)))
            }
            ColumnCells::Absent => set_each(rows, range, |row, _| set(row, None)),
            _ => set_each(rows, self.one_by_one(rows), |row, cells| {
                cells.date(column).map_or(true, |date| set(row, date))
            }),
        }
    }

    fn requirements(&self, rows: &mut [Row<'a>]) -> u64 {
        match self.column(Column::RequirementsMet) {
            ColumnCells::Boolean(cells) => set_each(rows, &cells[self.of(rows)], |row, cell| {
                row.offer.requirements_met = cell.value();
                false
            }),
            _ => set_each(rows, self.one_by_one(rows), |row, cells| {
                let cell = cells.boolean(Column::RequirementsMet);
                row.offer.requirements_met = cell.unwrap_or_default();
                cell.is_err()
            }),
        }
    }

    /// To be checked after the fees: an offer without one needs no currency.
    fn currencies(&self, rows: &mut [Row<'a>]) -> u64 {
        let check = |row: &mut Row<'a>, text: &'a [u8], is_code: bool| {
            row.currency = text;
            !(is_code | (text.is_empty() & row.fee.is_none()))
        };
        match self.column(Column::Currency) {
            ColumnCells::Dictionary(cells) if let Some(codes) = cells.values().codes() => {
                let (keys, values) = (cells.keys(self.of(rows)), cells.values());
                set_each(rows, keys, |row, key| check(row, values.text(*key), codes[*key as usize]))
            }
            _ => self.texts(Column::Currency, rows, |row, cell| check(row, cell.text(), is_currency_code(cell.text()))),
        }
    }

    fn fees(&self, rows: &mut [Row<'a>]) -> u64 {
        match self.column(Column::Fee) {
            ColumnCells::Pages(_) => self.texts(Column::Fee, rows, |row, cell| {
                row.fee = fee_of(cell);
                row.fee.is_none() & !cell.text().is_empty()
            }),
            ColumnCells::Dictionary(cells) if let Some(fees) = cells.values().fees() => {
                let (keys, values) = (cells.keys(self.of(rows)), cells.values());
                // The values lie far apart. Fetched one right after the other, their fetches overlap; asked what they
                // are at once, each would be waited for.
                let mut fetched = [FeeValue::EMPTY; BLOCK_ROWS];
                for (fetched, key) in fetched.iter_mut().zip(keys) {
                    *fetched = fees[*key as usize];
                }
                black_box(fetched.iter().fold(0, |bytes, fee| bytes | values.first_byte(*fee)));
                set_each(rows, fetched.into_iter().zip(keys), |row, (value, key)| {
                    let fee = values.fee(value, *key);
                    row.fee = fee.unwrap_or_default();
                    fee.is_err()
                })
            }
            _ => set_each(rows, self.one_by_one(rows), |row, cells| {
                let fee = cells.fee(Column::Fee);
                row.fee = fee.unwrap_or_default();
                fee.is_err()
            }),
        }
    }
}

/// A fee; `None` of an empty text, and of one that is no fee.
#[inline(always)]
fn fee_of(cell: TextCell<'_>) -> Option<FeeCell<'_>> {
    let text = cell.text();
    let fee = match cell.window::<1>() {
        Some([window]) if text.len() < SHORT_TEXT_BYTES => Fee::read_short(ShortText::in_window(window, text.len())),
        _ => Fee::parse(text),
    };
    fee.map(|fee| FeeCell { fee, text })
}
