//! One row of an export: its cells, checked column by column into an offer (SPEC §2).

use super::column::Column;
use super::reject::{Fault, Reject, RejectCode};
use crate::rules::{Date, Fee, Level, Offer, OfferType, Portal, SHORT_TEXT_BYTES, Spelled};
use std::borrow::Cow;

/// A fee and the text it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeCell<'a> {
    /// The amount.
    pub fee: Fee,
    /// The amount as written in the export.
    pub text: &'a [u8],
}

impl<'a> FeeCell<'a> {
    /// Reads the text of a cell, `None` if it is empty.
    ///
    /// # Errors
    /// The text is no amount.
    #[inline]
    pub fn parse(text: &'a [u8]) -> Result<Option<Self>, BadCell> {
        match text {
            b"" => Ok(None),
            text => Fee::parse(text).map(|fee| Some(Self { fee, text })).ok_or(BadCell),
        }
    }
}

/// The bytes from where texts begin on, whatever follows the texts in them; `None` where so many are not at hand.
///
/// Texts of any length up to that of a window are taken from it in the same steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfferWindows<'a> {
    /// From the partner's MPN ID on.
    pub partner_id: Option<&'a [[u8; SHORT_TEXT_BYTES]; 1]>,
    /// From the partner's name on.
    pub partner_name: Option<&'a [[u8; SHORT_TEXT_BYTES]; 4]>,
    /// From the offer's name on.
    pub offer_name: Option<&'a [[u8; SHORT_TEXT_BYTES]; 2]>,
}

/// A row that keeps the contract, borrowed from the batch it was read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// MPN ID, as written.
    pub partner_id: &'a [u8],
    /// The partner's name, empty if unknown.
    pub partner_name: &'a [u8],
    /// The country code, empty if unknown.
    pub country: &'a [u8],
    /// The level, on whatever offer the export has it.
    pub level: Option<Level>,
    /// What the rules decide on.
    pub offer: Offer<'a>,
    /// The next renewal fee, if the export has it.
    pub fee: Option<FeeCell<'a>>,
    /// Three capital letters, or empty.
    pub currency: &'a [u8],
    /// The cells from `partner_id` to `level` in the form of CSV without quotes, where the input has them like that.
    pub joined_offer: Option<&'a [u8]>,
    /// The bytes around the texts that name the offer.
    pub windows: OfferWindows<'a>,
}

impl<'a> Row<'a> {
    /// A row that has nothing but an offer.
    pub fn of(offer: Offer<'a>) -> Self {
        Self {
            partner_id: b"",
            partner_name: b"",
            country: b"",
            level: None,
            offer,
            fee: None,
            currency: b"",
            joined_offer: None,
            windows: OfferWindows::default(),
        }
    }
}

/// The cells of one row, whatever format they were read from.
///
/// The typed readers exist because a Parquet cell may have its type already; `None` means an empty cell, an
/// error a cell whose text cannot be read.
pub trait Cells<'a> {
    /// The cell's text; empty if the cell is empty or the file does not have the column.
    fn text(&self, column: Column) -> &'a [u8];
    /// The cell as the text that people are shown, whatever type it has.
    fn shown(&self, column: Column) -> Cow<'a, [u8]> {
        Cow::Borrowed(self.text(column))
    }
    /// The cells from `partner_id` to `level`, separated by commas, if they stand together, hold nothing that CSV
    /// quotes, and every enumeration that was read before is spelled as in reports.
    fn joined_offer(&self) -> Option<&'a [u8]> {
        None
    }
    /// The bytes around the texts that name the offer, where they are at hand.
    fn windows(&self) -> OfferWindows<'a> {
        OfferWindows::default()
    }
    /// Whether the cell has its type already, so that no form of text applies to it.
    fn is_typed(&self, _column: Column) -> bool {
        false
    }
    /// What is wrong with the row before its cells are looked at one by one.
    #[inline]
    fn fault(&self) -> Option<Fault> {
        None
    }
    /// The day of a cell that has its type already, whatever its time.
    fn day(&self, column: Column) -> Result<Option<Date>, BadCell> {
        self.date(column)
    }
    /// The cell as a date.
    fn date(&self, column: Column) -> Result<Option<Date>, BadCell>;
    /// The cell as one of the values that its column lists.
    #[inline]
    fn enumeration<T: Spelled>(&self, column: Column) -> Result<Option<T>, BadCell> {
        parse_enumeration(self.text(column))
    }
    /// The cell as a boolean.
    fn boolean(&self, column: Column) -> Result<Option<bool>, BadCell>;
    /// The cell as an amount.
    #[inline]
    fn fee(&self, column: Column) -> Result<Option<FeeCell<'a>>, BadCell> {
        FeeCell::parse(self.text(column))
    }
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace {
    /// Line of the record's first byte, or row of a Parquet file, from 0 within the batch.
    pub line_in_batch: u64,
    /// Offset of the record's first byte in the file; `None` in Parquet.
    pub byte_offset: Option<u64>,
}

/// Takes the rows of a batch, in order.
pub trait RowConsumer {
    /// Whether every row is wanted, so that several may be checked at once before the first of them is asked for.
    const TAKES_EVERY_ROW: bool = true;
    /// Whether a row is to be checked at all; says where it stands, and lets its cells be looked at before.
    #[inline]
    fn is_wanted<'a>(&mut self, _place: RowPlace, _cells: &impl Cells<'a>) -> bool {
        true
    }
    /// Lets the cells of a file that is mapped be looked at, as they stand there and as they are understood.
    #[inline]
    fn look<'raw, 'mapped>(&mut self, _place: RowPlace, _raw: &impl Cells<'raw>, _mapped: &impl Cells<'mapped>) {}
    /// Evaluates a row that keeps the contract of its cells.
    ///
    /// # Errors
    /// The fault for which the row is rejected after all.
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault>;
    /// Takes note of a rejected row.
    fn reject(&mut self, reject: Reject);
    /// Takes note of a record that is rejected as a whole; `bytes` are its own, of an overlong one
    /// those of its first line that are at hand.
    fn reject_record(&mut self, reject: Reject, _bytes: &[u8]) {
        self.reject(reject);
    }
}

/// A cell that cannot be read as its column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadCell;

/// Reads one of the values that a column lists, ignoring ASCII case.
#[inline]
pub fn parse_enumeration<T: Spelled>(text: &[u8]) -> Result<Option<T>, BadCell> {
    match text {
        b"" => Ok(None),
        text => T::read(text).map(Some).ok_or(BadCell),
    }
}

/// Reads `true` or `false`, ignoring ASCII case.
pub fn parse_boolean(text: &[u8]) -> Result<Option<bool>, BadCell> {
    match text {
        b"" => Ok(None),
        _ if text.eq_ignore_ascii_case(b"true") => Ok(Some(true)),
        _ if text.eq_ignore_ascii_case(b"false") => Ok(Some(false)),
        _ => Err(BadCell),
    }
}

/// Checks a row column by column, in the order of the specification.
///
/// # Errors
/// The first fault found.
// Inlined always, for the same reason as the cells of CSV.
#[inline(always)]
pub fn check_row<'a>(cells: &impl Cells<'a>) -> Result<Row<'a>, Fault> {
    if let Some(fault) = cells.fault() {
        return Err(fault);
    }
    let partner_id = cells.text(Column::PartnerId);
    if partner_id.is_empty() {
        return Err(Fault { column: Column::PartnerId, code: RejectCode::MissingValue });
    }
    let offer_type = needed(Column::OfferType, enumeration::<OfferType>(cells, Column::OfferType)?)?;
    let level = enumeration::<Level>(cells, Column::Level)?;
    let purchase_date = needed(Column::PurchaseDate, date(cells, Column::PurchaseDate)?)?;
    let renewal_start_date = date(cells, Column::RenewalStartDate)?;
    let last_renewal_date = date(cells, Column::LastRenewalDate)?;
    let requirements_met = cells
        .boolean(Column::RequirementsMet)
        .map_err(|BadCell| Fault { column: Column::RequirementsMet, code: RejectCode::BadBool })?;
    let portal = enumeration::<Portal>(cells, Column::Portal)?.unwrap_or(Portal::PartnerCenter);
    let fee = cells.fee(Column::Fee).map_err(|BadCell| Fault { column: Column::Fee, code: RejectCode::BadDecimal })?;
    let currency = currency(cells, fee.is_some())?;
    Ok(Row {
        partner_id,
        partner_name: cells.text(Column::PartnerName),
        country: cells.text(Column::Country),
        level,
        offer: Offer {
            offer_type,
            offer_name: cells.text(Column::OfferName),
            purchase_date,
            renewal_start_date,
            last_renewal_date,
            requirements_met,
            portal,
        },
        fee,
        currency,
        joined_offer: cells.joined_offer(),
        windows: cells.windows(),
    })
}

fn needed<T>(column: Column, value: Option<T>) -> Result<T, Fault> {
    value.ok_or(Fault { column, code: RejectCode::MissingValue })
}

#[inline]
fn enumeration<'a, T: Spelled>(cells: &impl Cells<'a>, column: Column) -> Result<Option<T>, Fault> {
    cells.enumeration(column).map_err(|BadCell| Fault { column, code: RejectCode::BadEnum })
}

#[inline]
fn date<'a>(cells: &impl Cells<'a>, column: Column) -> Result<Option<Date>, Fault> {
    cells.date(column).map_err(|BadCell| Fault { column, code: RejectCode::BadDate })
}

fn currency<'a>(cells: &impl Cells<'a>, has_fee: bool) -> Result<&'a [u8], Fault> {
    let text = cells.text(Column::Currency);
    if is_currency_code(text) || (text.is_empty() && !has_fee) {
        Ok(text)
    } else {
        Err(Fault { column: Column::Currency, code: RejectCode::BadCurrency })
    }
}

/// Whether a text is three capital letters.
#[inline]
pub fn is_currency_code(text: &[u8]) -> bool {
    match text {
        [a, b, c] => a.is_ascii_uppercase() & b.is_ascii_uppercase() & c.is_ascii_uppercase(),
        _ => false,
    }
}
