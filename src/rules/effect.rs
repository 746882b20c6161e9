//! What exemption rounds change for an anniversary, in a form that is looked up and not branched on.

use super::date::Date;
use super::policy::ExemptionRound;

/// What a round changes for an anniversary in it, or what holds for one in no round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// Whether the requirements are waived (R7).
    pub(super) is_exempt: bool,
    /// Last day on which a missed term can be reactivated (R8).
    pub(super) reactivate_by: Option<Date>,
    /// The days on which the next anniversary may lie by R6; else it is a calendar year away (R7).
    pub(super) next: Span,
}

/// The anniversaries from the first round of an offer type to its last; the end lies before the beginning if there
/// are no rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Date,
    pub(super) to: Date,
}

impl Span {
    /// No day; far from every date, and still within what day counts can be added to.
    pub(super) const EMPTY: Self =
        Self { from: Date::from_days_since_epoch(1_000_000), to: Date::from_days_since_epoch(-1_000_000) };

    /// Whether a day lies in the span.
    #[inline]
    pub(super) fn contains(self, day: Date) -> bool {
        (self.from <= day) & (day <= self.to)
    }

    /// Reaches out to the anniversaries of a round.
    pub(super) fn include(&mut self, round: &ExemptionRound) {
        self.from = self.from.min(round.anniversary_from);
        self.to = self.to.max(round.anniversary_to);
    }
}

impl Effect {
    /// That of no round: R6 as it stands.
    pub(super) const NONE: Self =
        Self { is_exempt: false, reactivate_by: None, next: Span { from: Span::EMPTY.to, to: Span::EMPTY.from } };

    /// That of a round.
    pub(super) fn of(round: &ExemptionRound) -> Self {
        let (from, to) = Date::year_span(round.extended_to_year);
        Self { is_exempt: true, reactivate_by: round.reactivation_deadline, next: Span { from, to } }
    }
}
