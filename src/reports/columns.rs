//! The reports and their columns, as data: one table that every format writes by.

use crate::rules::spelled_enumeration;

spelled_enumeration! {
    /// A table that a run publishes.
    Report {
        /// Offers whose renewal comes up or is open.
        UpcomingRenewals = "upcoming_renewals",
        /// Competencies that missed their window.
        LapsedCompetencies = "lapsed_competencies",
        /// Action Packs that missed their window.
        LapsedActionPacks = "lapsed_action_packs",
        /// Exempt competencies that can still be reactivated (R8).
        ReactivationCandidates = "reactivation_candidates",
        /// Reminders due (R4).
        RemindersDue = "reminders_due",
        /// Fees due, by month, currency, offer type and level.
        FeeForecast = "fee_forecast",
        /// Rows that break the data contract.
        Rejects = "rejects",
    }
}

/// Number of tables.
pub const REPORT_COUNT: usize = Report::ALL.len();

/// What the cells of a report column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Text from the export or a word of the tool's own.
    Text,
    /// A calendar day.
    Date,
    /// A calendar day that may be missing.
    OptionalDate,
    /// A count, or a number of days.
    Integer,
    /// A count that may be missing.
    OptionalInteger,
    /// An amount of money that may be missing.
    Amount,
}

/// A table that a file holds.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The file's name without what tells its format.
    pub name: &'static str,
    /// The columns, in order.
    pub columns: &'static [ReportColumn],
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportColumn {
    /// The header.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: CellKind,
}

/// A column of this name and kind.
pub(super) const fn column(name: &'static str, kind: CellKind) -> ReportColumn {
    ReportColumn { name, kind }
}

use CellKind::{Amount, Date, Integer, OptionalInteger, Text};

pub(super) const PARTNER_ID: ReportColumn = column("partner_id", Text);
pub(super) const PARTNER_NAME: ReportColumn = column("partner_name", Text);
pub(super) const COUNTRY: ReportColumn = column("country", Text);
pub(super) const OFFER_TYPE: ReportColumn = column("offer_type", Text);
pub(super) const OFFER_NAME: ReportColumn = column("offer_name", Text);
pub(super) const LEVEL: ReportColumn = column("level", Text);
const ANNIVERSARY_DATE: ReportColumn = column("anniversary_date", Date);
const WINDOW_OPENS: ReportColumn = column("window_opens", Date);
const WINDOW_CLOSES: ReportColumn = column("window_closes", Date);
const WINDOW_CLOSED: ReportColumn = column("window_closed", Date);
pub(super) const STAGE: ReportColumn = column("stage", Text);
const DAYS_LEFT: ReportColumn = column("days_left", Integer);
pub(super) const REQUIREMENTS: ReportColumn = column("requirements", Text);
pub(super) const BLOCKERS: ReportColumn = column("blockers", Text);
pub(super) const FEE: ReportColumn = column("fee", Amount);
pub(super) const CURRENCY: ReportColumn = column("currency", Text);

const UPCOMING_RENEWALS: &[ReportColumn] = &[
    PARTNER_ID,
    PARTNER_NAME,
    COUNTRY,
    OFFER_TYPE,
    OFFER_NAME,
    LEVEL,
    ANNIVERSARY_DATE,
    WINDOW_OPENS,
    WINDOW_CLOSES,
    STAGE,
    DAYS_LEFT,
    column("first_reminder", Date),
    column("second_reminder", Date),
    REQUIREMENTS,
    BLOCKERS,
    FEE,
    CURRENCY,
    column("next_anniversary", Date),
];

const LAPSED: &[ReportColumn] = &[
    PARTNER_ID,
    PARTNER_NAME,
    COUNTRY,
    OFFER_TYPE,
    OFFER_NAME,
    LEVEL,
    ANNIVERSARY_DATE,
    WINDOW_CLOSED,
    column("lapsed_on", Date),
    column("days_lapsed", Integer),
    STAGE,
    REQUIREMENTS,
    BLOCKERS,
    FEE,
    CURRENCY,
];

const REACTIVATION_CANDIDATES: &[ReportColumn] = &[
    PARTNER_ID,
    PARTNER_NAME,
    COUNTRY,
    OFFER_TYPE,
    OFFER_NAME,
    LEVEL,
    ANNIVERSARY_DATE,
    WINDOW_CLOSED,
    column("reactivate_by", Date),
    DAYS_LEFT,
    BLOCKERS,
    FEE,
    CURRENCY,
    column("new_anniversary", Date),
];

const REMINDERS_DUE: &[ReportColumn] = &[
    PARTNER_ID,
    PARTNER_NAME,
    COUNTRY,
    OFFER_TYPE,
    OFFER_NAME,
    LEVEL,
    column("reminder", Text),
    column("reminder_date", Date),
    ANNIVERSARY_DATE,
    WINDOW_OPENS,
    WINDOW_CLOSES,
    REQUIREMENTS,
    BLOCKERS,
    FEE,
    CURRENCY,
];

const FEE_FORECAST: &[ReportColumn] = &[
    column("month", Text),
    CURRENCY,
    OFFER_TYPE,
    LEVEL,
    column("offers", Integer),
    column("offers_without_fee", Integer),
    column("fees", Amount),
];

const REJECTS: &[ReportColumn] = &[
    column("file", Text),
    column("line", Integer),
    column("byte_offset", OptionalInteger),
    column("column", Text),
    column("code", Text),
    column("value", Text),
    column("message", Text),
];

impl Report {
    /// The report as a table.
    pub const fn table(self) -> Table {
        Table { name: self.as_str(), columns: self.columns() }
    }

    /// The columns, in order.
    pub const fn columns(self) -> &'static [ReportColumn] {
        match self {
            Self::UpcomingRenewals => UPCOMING_RENEWALS,
            Self::LapsedCompetencies | Self::LapsedActionPacks => LAPSED,
            Self::ReactivationCandidates => REACTIVATION_CANDIDATES,
            Self::RemindersDue => REMINDERS_DUE,
            Self::FeeForecast => FEE_FORECAST,
            Self::Rejects => REJECTS,
        }
    }
}
