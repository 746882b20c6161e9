//! What one batch of rows adds to a check.

use super::column::BatchColumn;
use super::examples::{Example, Examples};
use super::fees::FeeBatch;
use super::suspicion::{Suspicion, suspect};
use super::{CheckSettings, ManyValued};
use crate::duplicates::{Fingerprint, Fingerprints};
use crate::ingest::{Cells, Column, Fault, Reject, RejectCode, Row, RowConsumer, RowPlace};
use crate::rules::{Date, YEAR_MAX, decide};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// A reject code on a column, or on a record as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FaultKey {
    /// The code.
    pub code: RejectCode,
    /// The column.
    pub column: Option<Column>,
}

/// An offer that is fine, and its line within the batch, from 1.
pub type OfferPlace = (Fingerprint, u64);

/// Looks at the rows of one batch.
pub struct CheckBatch<'a> {
    settings: CheckSettings<'a>,
    is_many_valued: [bool; crate::ingest::COLUMN_COUNT],
    pub(super) faults: BTreeMap<FaultKey, Examples>,
    pub(super) columns: Vec<BatchColumn>,
    pub(super) suspicions: BTreeMap<Suspicion, Examples>,
    pub(super) fees: FeeBatch,
    /// Rows rejected for a day, by which the order of day and month may be in doubt.
    pub bad_dates: Vec<Reject>,
    /// The offers that keep the contract, in order.
    pub offers: Vec<OfferPlace>,
    fingerprinting: Fingerprints,
    place: RowPlace,
}

impl<'a> CheckBatch<'a> {
    /// Nothing was looked at yet.
    pub fn new(settings: CheckSettings<'a>, many: &ManyValued) -> Self {
        Self {
            settings,
            is_many_valued: many.0.each_ref().map(|is_many| is_many.load(Ordering::Relaxed)),
            faults: BTreeMap::new(),
            columns: Column::ALL.iter().map(|column| BatchColumn::new(*column)).collect(),
            suspicions: BTreeMap::new(),
            fees: FeeBatch::default(),
            bad_dates: Vec::new(),
            offers: Vec::new(),
            fingerprinting: Fingerprints::default(),
            place: RowPlace { line_in_batch: 0, byte_offset: None },
        }
    }
}

/// Without an as-of date, no payment lies after it.
const NO_DAY: Date = Date::from_year_month_day(YEAR_MAX, 12, 31).unwrap();

impl RowConsumer for CheckBatch<'_> {
    const TAKES_EVERY_ROW: bool = false;

    fn is_wanted<'c>(&mut self, place: RowPlace, cells: &impl Cells<'c>) -> bool {
        self.place = place;
        let line = place.line_in_batch + 1;
        for ((tally, column), is_many) in self.columns.iter_mut().zip(Column::ALL).zip(self.is_many_valued) {
            let value = cells.shown(*column);
            let date = if tally.holds_dates() { cells.date(*column).ok().flatten() } else { None };
            tally.add(&value, date, line, is_many);
        }
        true
    }

    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let CheckSettings { policy, as_of, thresholds, examples } = self.settings;
        decide(policy, as_of.unwrap_or(NO_DAY), &row.offer)?;
        let RowPlace { line_in_batch, byte_offset } = self.place;
        let line = line_in_batch + 1;
        self.offers.push((self.fingerprinting.of(row), line));
        let suspicions = &mut self.suspicions;
        suspect(row, as_of, &thresholds, &mut |suspicion, column| {
            let example = || Example { input: 0, line, byte_offset, value: value_of(row, column) };
            suspicions.entry(suspicion).or_default().add(examples, example);
        });
        self.fees.add(row, line, byte_offset);
        Ok(())
    }

    fn reject(&mut self, reject: Reject) {
        if reject.code == RejectCode::BadDate {
            self.bad_dates.push(reject.clone());
        }
        let Reject { line_in_batch, byte_offset, column, code, value } = reject;
        let example = || Example { input: 0, line: line_in_batch + 1, byte_offset, value };
        self.faults.entry(FaultKey { code, column }).or_default().add(self.settings.examples, example);
    }
}

/// The value of a cell, as a row has it.
fn value_of(row: &Row<'_>, column: Column) -> Vec<u8> {
    let day = |date: Option<Date>| date.map(|date| date.iso_bytes().to_vec()).unwrap_or_default();
    match column {
        Column::PartnerId => row.partner_id.to_vec(),
        Column::PartnerName => row.partner_name.to_vec(),
        Column::Country => row.country.to_vec(),
        Column::OfferName => row.offer.offer_name.to_vec(),
        Column::Level => row.level.map(|level| level.as_str().into()).unwrap_or_default(),
        Column::PurchaseDate => row.offer.purchase_date.iso_bytes().to_vec(),
        Column::RenewalStartDate => day(row.offer.renewal_start_date),
        Column::LastRenewalDate => day(row.offer.last_renewal_date),
        Column::Fee => row.fee.map(|fee| fee.text.to_vec()).unwrap_or_default(),
        Column::Currency => row.currency.to_vec(),
        Column::OfferType | Column::RequirementsMet | Column::Portal => Vec::new(),
    }
}
