//! A policy: every number and date that the rules use, checked as a whole.

use super::date::Date;
use super::effect::{Effect, RoundsByDay, Span};
use super::offer::OfferType;
use std::hint::cold_path;

/// The numbers and dates of one version of the partner documentation, valid by construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    id: String,
    numbers: PolicyNumbers,
    rounds: Vec<ExemptionRound>,
    /// What no round changes, then what each round changes, in the order of `rounds`.
    effects: Vec<Effect>,
    /// Whether a round leaves competencies out.
    has_exclusions: bool,
    /// `2^42` divided by the term's length, rounded up.
    term_reciprocal: u64,
    /// For each offer type, the anniversaries from its first round to its last.
    exempt_spans: [Span; OfferType::ALL.len()],
    /// For each offer type, which round exempts an anniversary.
    rounds_by_day: [RoundsByDay; OfferType::ALL.len()],
}

/// The day counts of a policy (R3 to R6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyNumbers {
    /// Days from one anniversary to the next once paid (R6).
    pub term_length_days: i32,
    /// Days from the anniversary to the first day of the renewal window (R3).
    pub window_opens_after_days: i32,
    /// Days from the anniversary to the last day of the renewal window (R3, R5).
    pub window_closes_after_days: i32,
    /// Days from the anniversary to the first reminder, negative before it (R4).
    pub first_reminder_offset_days: i32,
    /// Days from the anniversary to the second reminder (R4).
    pub second_reminder_offset_days: i32,
}

/// One round of exemptions from the requirements (R7, R8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExemptionRound {
    /// What the round is called in explanations.
    pub name: String,
    /// The offer type it is for.
    pub offer_type: OfferType,
    /// First anniversary of the round.
    pub anniversary_from: Date,
    /// Last anniversary of the round.
    pub anniversary_to: Date,
    /// The year in which the anniversary after a payment lies (R7).
    pub extended_to_year: i32,
    /// Last day on which a missed term can be reactivated by paying (R8), if the round has reactivation.
    pub reactivation_deadline: Option<Date>,
    /// Competencies that the round leaves out, matched with `offer_name` ignoring ASCII case.
    pub excluded_competencies: Vec<String>,
}

/// Why a policy is refused. The section and key name the place in the policy file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// A number lies outside the range it can have.
    #[error("`{key}` is {value}, but must be from {minimum} to {maximum}")]
    OutOfRange {
        /// Section of the file.
        section: &'static str,
        /// Key in the section.
        key: &'static str,
        /// The value found.
        value: i32,
        /// Smallest value allowed.
        minimum: i32,
        /// Largest value allowed.
        maximum: i32,
    },
    /// A round ends before it begins.
    #[error("the round ends ({to}) before it begins ({from})")]
    EmptyRound {
        /// Index of the round in the file, from 0.
        round: usize,
        /// First anniversary.
        from: Date,
        /// Last anniversary.
        to: Date,
    },
    /// Two rounds for one offer type share an anniversary.
    #[error("the round overlaps `{other}`, which is for the same offer type")]
    OverlappingRounds {
        /// Index of the later of the two in the file, from 0.
        round: usize,
        /// Name of the other one.
        other: String,
    },
    /// A round extends to a year that neither the ordinary term nor one calendar year reaches.
    #[error("`extended_to_year` is {year}, but anniversary {anniversary} renews to {ordinary} or {calendar}")]
    UnreachableYear {
        /// Index of the round in the file, from 0.
        round: usize,
        /// The year asked for.
        year: i32,
        /// An anniversary of the round that cannot reach it.
        anniversary: Date,
        /// Its next anniversary by the term length.
        ordinary: Date,
        /// Its next anniversary by calendar year.
        calendar: Date,
    },
    /// Plain memberships do not renew (R1), so nothing can exempt them.
    #[error("`offer_type` is `membership`, which needs no renewal (R1)")]
    MembershipRound {
        /// Index of the round in the file, from 0.
        round: usize,
    },
}

const RECIPROCAL_BITS: u32 = 42;

impl Policy {
    /// Checks the parts of a policy against each other and puts the rounds in the order of their dates.
    ///
    /// # Errors
    /// The first [`PolicyProblem`] found, in the order of the file.
    pub fn new(id: String, numbers: PolicyNumbers, rounds: Vec<ExemptionRound>) -> Result<Self, PolicyProblem> {
        check_numbers(&numbers)?;
        for (index, round) in rounds.iter().enumerate() {
            check_round(&numbers, index, round)?;
            check_overlap(&rounds[..index], index, round)?;
        }
        let mut rounds = rounds;
        rounds.sort_by_key(|round| (round.anniversary_from, round.offer_type));
        let mut exempt_spans = [Span::EMPTY; OfferType::ALL.len()];
        for round in &rounds {
            exempt_spans[round.offer_type.index()].include(round);
        }
        let rounds_by_day =
            std::array::from_fn(|index| RoundsByDay::new(&rounds, OfferType::ALL[index], exempt_spans[index]));
        let effects = std::iter::once(Effect::NONE).chain(rounds.iter().map(Effect::of)).collect();
        let has_exclusions = rounds.iter().any(|round| !round.excluded_competencies.is_empty());
        let term_reciprocal = (1 << RECIPROCAL_BITS) / numbers.term_length_days as u64 + 1;
        Ok(Self { id, numbers, rounds, effects, has_exclusions, term_reciprocal, exempt_spans, rounds_by_day })
    }

    /// The policy's id, as reports name it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The day counts.
    pub const fn numbers(&self) -> &PolicyNumbers {
        &self.numbers
    }

    /// The exemption rounds, by first anniversary.
    pub fn rounds(&self) -> &[ExemptionRound] {
        &self.rounds
    }

    /// The round that exempts an anniversary of an offer, if any (R7).
    #[inline]
    pub fn exemption(&self, offer_type: OfferType, offer_name: &[u8], anniversary: Date) -> Option<&ExemptionRound> {
        self.rounds.get(self.effect_index(offer_type, offer_name, anniversary).wrapping_sub(1))
    }

    /// What rounds change for an anniversary of an offer.
    #[inline]
    pub(super) fn effect(&self, offer_type: OfferType, offer_name: &[u8], anniversary: Date) -> &Effect {
        &self.effects[self.effect_index(offer_type, offer_name, anniversary)]
    }

    /// The place in `effects`, found without a branch on the offer: which rows are exempt cannot be foreseen.
    #[inline]
    fn effect_index(&self, offer_type: OfferType, offer_name: &[u8], anniversary: Date) -> usize {
        let found = self.rounds_by_day[offer_type.index()].place(anniversary);
        if self.has_exclusions { self.unless_excluded(found, offer_name) } else { found }
    }

    /// Apart, so that policies without exclusions do not ask whether a round was found.
    #[inline(never)]
    fn unless_excluded(&self, found: usize, offer_name: &[u8]) -> usize {
        if found > 0 && self.rounds[found - 1].excludes(offer_name) { 0 } else { found }
    }

    /// The anniversary after `anniversary` once its term is paid (R6, R7).
    #[inline]
    pub fn renew(&self, offer_type: OfferType, offer_name: &[u8], anniversary: Date) -> Date {
        self.renew_by(self.effect(offer_type, offer_name, anniversary), anniversary)
    }

    /// [`Self::renew`] where what rounds change is already known.
    #[inline]
    pub(super) fn renew_by(&self, effect: &Effect, anniversary: Date) -> Date {
        let ordinary = anniversary.plus_days(self.numbers.term_length_days);
        if effect.next.contains(ordinary) {
            return ordinary;
        }
        // Hardly an anniversary of a round is a day from which an ordinary term misses the year.
        cold_path();
        anniversary.plus_calendar_year()
    }

    /// The terms that it takes from `first` to reach `day` or a later one, if each has the ordinary length (R6).
    #[inline]
    pub(super) fn terms_until(&self, first: Date, day: Date) -> i32 {
        let days = day.days_since(first).max(0) as u64;
        // A division by multiplication, which is exact for the days between two dates and lengths of this policy.
        (((days + self.numbers.term_length_days as u64 - 1) * self.term_reciprocal) >> RECIPROCAL_BITS) as i32
    }

    /// The anniversaries that rounds for an offer type may exempt.
    #[inline]
    pub(super) const fn exempt_span(&self, offer_type: OfferType) -> Span {
        self.exempt_spans[offer_type.index()]
    }
}

impl ExemptionRound {
    /// Whether `anniversary` lies in the round.
    #[inline]
    pub fn contains(&self, anniversary: Date) -> bool {
        (self.anniversary_from <= anniversary) & (anniversary <= self.anniversary_to)
    }

    /// Whether the round is for such an offer, by type and by name.
    #[inline]
    pub fn is_for(&self, offer_type: OfferType, offer_name: &[u8]) -> bool {
        self.offer_type == offer_type && !self.excludes(offer_name)
    }

    fn excludes(&self, offer_name: &[u8]) -> bool {
        self.excluded_competencies.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(offer_name))
    }
}

fn check_numbers(numbers: &PolicyNumbers) -> Result<(), PolicyProblem> {
    let PolicyNumbers {
        term_length_days: term,
        window_opens_after_days: opens,
        window_closes_after_days: closes,
        first_reminder_offset_days: first,
        second_reminder_offset_days: second,
    } = *numbers;
    // The window must lie between its anniversary and the next, and the reminders must come in order, or the
    // stages of SPEC §1 would not follow each other.
    for (section, key, value, minimum, maximum) in [
        ("term", "length_days", term, 1, 3_660),
        ("window", "opens_after_days", opens, 0, term.saturating_sub(1)),
        ("window", "closes_after_days", closes, opens, term.saturating_sub(1)),
        ("reminders", "first_offset_days", first, term.saturating_neg(), opens.saturating_sub(1)),
        ("reminders", "second_offset_days", second, opens, closes),
    ] {
        if value < minimum || value > maximum {
            return Err(PolicyProblem::OutOfRange { section, key, value, minimum, maximum });
        }
    }
    Ok(())
}

fn check_round(numbers: &PolicyNumbers, index: usize, round: &ExemptionRound) -> Result<(), PolicyProblem> {
    if !round.offer_type.is_renewable() {
        return Err(PolicyProblem::MembershipRound { round: index });
    }
    let (from, to) = (round.anniversary_from, round.anniversary_to);
    if to < from {
        return Err(PolicyProblem::EmptyRound { round: index, from, to });
    }
    for days in 0..=to.days_since(from) {
        let anniversary = from.plus_days(days);
        let ordinary = anniversary.plus_days(numbers.term_length_days);
        let calendar = anniversary.plus_calendar_year();
        let year = round.extended_to_year;
        if ordinary.year_month_day().year != year && calendar.year_month_day().year != year {
            return Err(PolicyProblem::UnreachableYear { round: index, year, anniversary, ordinary, calendar });
        }
    }
    Ok(())
}

fn check_overlap(earlier: &[ExemptionRound], index: usize, round: &ExemptionRound) -> Result<(), PolicyProblem> {
    let overlapping = earlier.iter().find(|other| {
        other.offer_type == round.offer_type
            && other.anniversary_from <= round.anniversary_to
            && round.anniversary_from <= other.anniversary_to
    });
    match overlapping {
        Some(other) => Err(PolicyProblem::OverlappingRounds { round: index, other: other.name.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test_policies::{date, round_one, seed_numbers};

    fn with_rounds(rounds: Vec<ExemptionRound>) -> Result<Policy, PolicyProblem> {
        Policy::new("test".to_owned(), seed_numbers(), rounds)
    }

    #[test]
    fn only_the_first_of_january_2020_renews_by_calendar_year() {
        let policy = with_rounds(vec![round_one()]).unwrap();
        assert_eq!(policy.id(), "test");
        let renew = |anniversary| policy.renew(OfferType::Competency, b"", date(anniversary)).to_string();
        assert_eq!(renew("2020-01-01"), "2021-01-01");
        assert_eq!(renew("2020-01-02"), "2021-01-01");
        assert_eq!(renew("2020-06-30"), "2021-06-30");
        assert_eq!(policy.renew(OfferType::ActionPack, b"", date("2020-01-01")), date("2020-12-31"));
    }

    #[test]
    fn terms_are_counted_exactly_whatever_their_length() {
        let first = Date::from_days_since_epoch(-25_567);
        for length in (1..=3_660).chain([365; 1]) {
            let mut numbers = seed_numbers();
            (numbers.term_length_days, numbers.window_opens_after_days, numbers.window_closes_after_days) =
                (length, 0, 0);
            (numbers.first_reminder_offset_days, numbers.second_reminder_offset_days) = (-1, 0);
            let policy = Policy::new("test".to_owned(), numbers, Vec::new()).unwrap();
            let farthest = 1_100_000 / length * length;
            for days in [-5, 0, 1, length - 1, length, length + 1, 500 * length, farthest - 1, farthest, farthest + 1] {
                let expected = (days.max(0) + length - 1) / length;
                assert_eq!(policy.terms_until(first, first.plus_days(days)), expected, "{days} / {length}");
            }
        }
    }

    #[test]
    fn excluded_competencies_ignore_ascii_case() {
        let mut round = round_one();
        round.excluded_competencies = vec!["Cloud Business Applications".to_owned()];
        let policy = with_rounds(vec![round]).unwrap();
        let exempt =
            |name: &str| policy.exemption(OfferType::Competency, name.as_bytes(), date("2020-03-01")).is_some();
        assert!(!exempt("CLOUD business applications"));
        assert!(exempt("Cloud Business Applications "));
        assert!(exempt(""));
        let before_it = policy.exemption(OfferType::Competency, b"Cloud Business Applications", date("2019-12-31"));
        assert_eq!(before_it, None);
    }

    #[test]
    fn a_round_contains_its_first_day_and_its_last() {
        let round = round_one();
        let (from, to) = (round.anniversary_from, round.anniversary_to);
        let contained = [from.plus_days(-1), from, to, to.plus_days(1)].map(|day| round.contains(day));
        assert_eq!(contained, [false, true, true, false]);
    }

    #[test]
    fn overlapping_rounds_are_refused_for_one_offer_type() {
        let mut touching = round_one();
        touching.name = "touching".to_owned();
        touching.anniversary_from = date("2020-06-30");
        touching.anniversary_to = date("2020-12-31");
        let problem = with_rounds(vec![round_one(), touching.clone()]).unwrap_err();
        assert_eq!(problem, PolicyProblem::OverlappingRounds { round: 1, other: "round 1".to_owned() });
        touching.offer_type = OfferType::ActionPack;
        assert!(with_rounds(vec![round_one(), touching.clone()]).is_ok());
        touching.offer_type = OfferType::Competency;
        touching.anniversary_from = date("2020-07-01");
        assert!(with_rounds(vec![touching, round_one()]).is_ok());
    }

    #[test]
    fn a_year_that_cannot_be_reached_is_refused() {
        for year in [2020, 2022] {
            let mut round = round_one();
            round.extended_to_year = year;
            assert!(matches!(with_rounds(vec![round]), Err(PolicyProblem::UnreachableYear { .. })), "{year}");
        }
    }

    #[test]
    fn rounds_that_cannot_be() {
        let mut backwards = round_one();
        backwards.anniversary_to = date("2019-12-31");
        assert!(matches!(with_rounds(vec![backwards]), Err(PolicyProblem::EmptyRound { .. })));
        let mut one_day = round_one();
        one_day.anniversary_to = one_day.anniversary_from;
        assert!(with_rounds(vec![one_day]).is_ok());
        let mut membership = round_one();
        membership.offer_type = OfferType::Membership;
        assert_eq!(with_rounds(vec![membership]), Err(PolicyProblem::MembershipRound { round: 0 }));
    }

    #[test]
    fn numbers_out_of_order_are_refused() {
        type Change = fn(&mut PolicyNumbers);
        let cases: [(Change, &str); 7] = [
            (|numbers| numbers.term_length_days = i32::MIN, "length_days"),
            (|numbers| numbers.window_opens_after_days = i32::MIN, "opens_after_days"),
            (|numbers| numbers.term_length_days = 0, "length_days"),
            (|numbers| numbers.window_opens_after_days = -1, "opens_after_days"),
            (|numbers| numbers.window_closes_after_days = 365, "closes_after_days"),
            (|numbers| numbers.first_reminder_offset_days = 1, "first_offset_days"),
            (|numbers| numbers.second_reminder_offset_days = 31, "second_offset_days"),
        ];
        for (change, expected) in cases {
            let mut numbers = seed_numbers();
            change(&mut numbers);
            match Policy::new("test".to_owned(), numbers, Vec::new()) {
                Err(PolicyProblem::OutOfRange { key, .. }) => assert_eq!(key, expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }
}
