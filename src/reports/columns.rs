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
        /// What is expected of the fees due, by month, currency, offer type and level.
        ExpectedFees = "expected_fees",
        /// What is expected of the fees due, by scenario, month and currency.
        ExpectedTotals = "expected_totals",
        /// The renewal rate of each segment, with what it rests on.
        RenewalRates = "renewal_rates",
        /// On which day of their window terms were paid.
        PaymentTiming = "payment_timing",
        /// Offers and fees by stage and blocker.
        FeePosition = "fee_position",
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
    /// An estimate that may be missing, a float.
    Estimate,
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

use CellKind::{Amount, Date, Estimate, Integer, OptionalInteger, Text};

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

const MONTH: ReportColumn = column("month", Text);
const OFFERS: ReportColumn = column("offers", Integer);
const OFFERS_WITHOUT_FEE: ReportColumn = column("offers_without_fee", Integer);
const FEES: ReportColumn = column("fees", Amount);
const SCENARIO: ReportColumn = column("scenario", Text);
const FEES_DUE: ReportColumn = column("fees_due", Amount);
const RENEWAL_RATE: ReportColumn = column("renewal_rate", Estimate);
const FEES_EXPECTED: ReportColumn = column("fees_expected", Estimate);
const FEES_LOW: ReportColumn = column("fees_low", Estimate);
const FEES_HIGH: ReportColumn = column("fees_high", Estimate);
const REPORTING_CURRENCY: ReportColumn = column("reporting_currency", Text);
const FEES_DUE_REPORTING: ReportColumn = column("fees_due_reporting", Amount);
const FEES_EXPECTED_REPORTING: ReportColumn = column("fees_expected_reporting", Estimate);

const FEE_FORECAST: &[ReportColumn] = &[MONTH, CURRENCY, OFFER_TYPE, LEVEL, OFFERS, OFFERS_WITHOUT_FEE, FEES];

const EXPECTED_FEES: &[ReportColumn] = &[
    MONTH,
    CURRENCY,
    OFFER_TYPE,
    LEVEL,
    OFFERS,
    FEES_DUE,
    RENEWAL_RATE,
    FEES_EXPECTED,
    FEES_LOW,
    FEES_HIGH,
    OFFERS_WITHOUT_FEE,
    REPORTING_CURRENCY,
    FEES_DUE_REPORTING,
    FEES_EXPECTED_REPORTING,
];

const EXPECTED_TOTALS: &[ReportColumn] = &[
    SCENARIO,
    MONTH,
    CURRENCY,
    OFFERS,
    OFFERS_WITHOUT_FEE,
    FEES_DUE,
    FEES_EXPECTED,
    FEES_LOW,
    FEES_HIGH,
    REPORTING_CURRENCY,
    FEES_DUE_REPORTING,
    FEES_EXPECTED_REPORTING,
    column("fees_low_reporting", Estimate),
    column("fees_high_reporting", Estimate),
];

const RENEWAL_RATES: &[ReportColumn] = &[
    SCENARIO,
    column("segment", Text),
    column("parent", Text),
    column("windows_closed", Integer),
    column("paid", Integer),
    column("paid_undated", Integer),
    column("unpaid", Integer),
    column("reactivated", Integer),
    column("undetermined", Integer),
    column("observed_rate", Estimate),
    column("prior_rate", Estimate),
    column("prior_strength", Estimate),
    column("alpha", Estimate),
    column("beta", Estimate),
    RENEWAL_RATE,
    column("rate_low", Estimate),
    column("rate_high", Estimate),
    column("basis", Text),
];

const PAYMENT_TIMING: &[ReportColumn] = &[
    column("day", Integer),
    column("days_left", Integer),
    column("payments", Integer),
    column("share_after", Estimate),
];

const FEE_POSITION: &[ReportColumn] =
    &[STAGE, REQUIREMENTS, BLOCKERS, CURRENCY, OFFER_TYPE, LEVEL, OFFERS, OFFERS_WITHOUT_FEE, FEES];

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
            Self::ExpectedFees => EXPECTED_FEES,
            Self::ExpectedTotals => EXPECTED_TOTALS,
            Self::RenewalRates => RENEWAL_RATES,
            Self::PaymentTiming => PAYMENT_TIMING,
            Self::FeePosition => FEE_POSITION,
            Self::Rejects => REJECTS,
        }
    }
}
