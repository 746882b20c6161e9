//! A row that outlives the batch it was read in, or that was never in one.

use crate::ingest::DateFormat;
use crate::ingest::{BadCell, Cells, Column, Fault, FeeCell, OfferWindows, Row, check_row};
use crate::rules::{Date, Fee, Level, Offer, OfferType, Portal};

/// A row with memory of its own.
#[derive(Clone, Debug)]
pub struct OwnedRow {
    partner_id: Vec<u8>,
    partner_name: Vec<u8>,
    country: Vec<u8>,
    offer_type: OfferType,
    offer_name: Vec<u8>,
    level: Option<Level>,
    purchase_date: Date,
    renewal_start_date: Option<Date>,
    last_renewal_date: Option<Date>,
    requirements_met: Option<bool>,
    portal: Portal,
    fee: Option<(Fee, Vec<u8>)>,
    currency: Vec<u8>,
}

impl OwnedRow {
    /// A copy of a row.
    pub fn new(row: &Row<'_>) -> Self {
        Self {
            partner_id: row.partner_id.to_vec(),
            partner_name: row.partner_name.to_vec(),
            country: row.country.to_vec(),
            offer_type: row.offer.offer_type,
            offer_name: row.offer.offer_name.to_vec(),
            level: row.level,
            purchase_date: row.offer.purchase_date,
            renewal_start_date: row.offer.renewal_start_date,
            last_renewal_date: row.offer.last_renewal_date,
            requirements_met: row.offer.requirements_met,
            portal: row.offer.portal,
            fee: row.fee.map(|cell| (cell.fee, cell.text.to_vec())),
            currency: row.currency.to_vec(),
        }
    }

    /// The row of facts that are texts, checked by the contract like a row of an export.
    ///
    /// # Errors
    /// The first fault.
    pub fn from_texts(texts: &FactTexts) -> Result<Self, Fault> {
        check_row(&FactCells(texts)).map(|row| Self::new(&row))
    }

    /// The row, borrowed.
    pub fn row(&self) -> Row<'_> {
        Row {
            partner_id: &self.partner_id,
            partner_name: &self.partner_name,
            country: &self.country,
            level: self.level,
            offer: Offer {
                offer_type: self.offer_type,
                offer_name: &self.offer_name,
                purchase_date: self.purchase_date,
                renewal_start_date: self.renewal_start_date,
                last_renewal_date: self.last_renewal_date,
                requirements_met: self.requirements_met,
                portal: self.portal,
            },
            fee: self.fee.as_ref().map(|(fee, text)| FeeCell { fee: *fee, text }),
            currency: &self.currency,
            joined_offer: None,
            windows: OfferWindows::default(),
        }
    }
}

/// The facts of one offer as texts, by column; dates are ISO.
#[derive(Clone, Debug, Default)]
pub struct FactTexts(Vec<(Column, String)>);

impl FactTexts {
    /// Adds a fact.
    pub fn set(&mut self, column: Column, text: impl Into<String>) {
        self.0.push((column, text.into()));
    }
}

struct FactCells<'a>(&'a FactTexts);

impl<'a> Cells<'a> for FactCells<'a> {
    fn text(&self, column: Column) -> &'a [u8] {
        let found = self.0.0.iter().find(|(known, _)| *known == column);
        found.map(|(_, text)| text.as_bytes()).unwrap_or_default()
    }

    fn date(&self, column: Column) -> Result<Option<Date>, BadCell> {
        DateFormat::Iso.read_cell(self.text(column))
    }

    fn boolean(&self, column: Column) -> Result<Option<bool>, BadCell> {
        crate::ingest::parse_boolean(self.text(column))
    }
}
