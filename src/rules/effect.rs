//! What exemption rounds change for an anniversary, in a form that is looked up and not branched on.

use super::date::Date;
use super::offer::OfferType;
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

/// Which round for an offer type exempts an anniversary, looked up by its day: which offers are exempt cannot be foreseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoundsByDay {
    first: Date,
    /// For each day from the first on, the round's place among all rounds plus one, or 0 if there is none; the last entry
    /// stands for all other days.
    places: Vec<u32>,
}

impl RoundsByDay {
    /// The days of the rounds for an offer type, which do not overlap.
    pub(super) fn new(rounds: &[ExemptionRound], offer_type: OfferType, span: Span) -> Self {
        let mut places = vec![0; (span.to.days_since(span.from) + 2).max(1) as usize];
        for (index, round) in rounds.iter().enumerate().filter(|(_, round)| round.offer_type == offer_type) {
            let day = |date: Date| date.days_since(span.from) as usize;
            places[day(round.anniversary_from)..=day(round.anniversary_to)].fill(index as u32 + 1);
        }
        Self { first: span.from, places }
    }

    /// The place among all rounds of the one that exempts `anniversary`, plus one; 0 if none does.
    #[inline]
    pub(super) fn place(&self, anniversary: Date) -> usize {
        // A day before the first one becomes a very large number.
        let day = anniversary.days_since(self.first) as u32 as usize;
        self.places[day.min(self.places.len() - 1)] as usize
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
