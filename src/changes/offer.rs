//! An offer of one night: what was read of it and decided on it.

use crate::rules::{AnniversaryOrigin, Blockers, Date, Level, OfferType, Portal, Requirements, Stage};

/// A row of a decision table, without the days that follow from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightOffer<'a> {
    /// MPN ID, as written.
    pub partner_id: &'a [u8],
    /// The partner's name, empty if unknown.
    pub partner_name: &'a [u8],
    /// The country code, empty if unknown.
    pub country: &'a [u8],
    /// What kind of offer it is.
    pub offer_type: OfferType,
    /// The competency's name, empty if unknown.
    pub offer_name: &'a [u8],
    /// The level.
    pub level: Option<Level>,
    /// The day of purchase.
    pub purchase_date: Date,
    /// The anniversary as the export has it.
    pub renewal_start_date: Option<Date>,
    /// The day of the last payment.
    pub last_renewal_date: Option<Date>,
    /// Whether the export has the requirements as met.
    pub requirements_met: Option<bool>,
    /// Where the membership is managed.
    pub portal: Portal,
    /// The next renewal fee in ten-thousandths.
    pub fee: Option<i128>,
    /// Three capital letters, or empty.
    pub currency: &'a [u8],
    /// Where the offer stands.
    pub stage: Stage,
    /// The current anniversary; `None` for what does not renew.
    pub anniversary: Option<Date>,
    /// What the anniversary follows from.
    pub origin: Option<AnniversaryOrigin>,
    /// Last day of the window.
    pub window_closes: Option<Date>,
    /// The state of the requirements.
    pub requirements: Requirements,
    /// What stands in the way of a renewal.
    pub blockers: Blockers,
    /// The anniversary after the current one.
    pub next_anniversary: Option<Date>,
    /// Last day of reactivation.
    pub reactivate_by: Option<Date>,
}
