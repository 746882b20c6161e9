//! The rules R1 to R10: pure decisions on offers, without I/O, clock, threads or data frames.
//!
//! The way in is [`decide`] for one offer and [`decide_batch`] for a batch of columns. Every number and date
//! comes from a [`Policy`]; the as-of date is an argument. [`trace`] decides too, and keeps the steps.

mod anniversary;
mod batch;
mod closed_window;
mod date;
mod decision;
mod effect;
mod fee;
mod offer;
mod origin;
mod policy;
#[cfg(test)]
mod relations;
mod short_text;
mod trace;

pub use anniversary::{PaidTerms, PaymentOutsideWindow, base_anniversary, current_anniversary};
pub use batch::{OfferColumns, decide_batch};
pub use closed_window::{WindowOutcome, visit_closed_windows, window_outcome};
pub use date::{Date, YEAR_MAX, YEAR_MIN, YearMonthDay, is_leap_year};
pub use decision::{Blockers, Contradiction, Decision, Requirements, Stage, Term, decide};
pub use fee::{FEE_PLACES_MAX, Fee, write_amount};
pub(crate) use offer::spelled_enumeration;
pub use offer::{Level, Offer, OfferType, Portal, Spelled};
pub use origin::{AnniversaryOrigin, anniversary_origin};
pub use policy::{ExemptionRound, Policy, PolicyNumbers, PolicyProblem};
pub use short_text::{SHORT_TEXT_BYTES, ShortText};
pub use trace::{Derivation, Rule, Span, Trace, trace};

#[cfg(test)]
pub(crate) mod test_policies {
    //! Policies and offers built by hand, so that tests of the rules need no files.

    use super::*;

    pub(crate) fn date(text: &str) -> Date {
        Date::parse_iso(text.as_bytes()).unwrap_or_else(|| panic!("{text} is no date"))
    }

    /// An offer whose cells are these, empty where it has none.
    pub(crate) fn offer(offer_type: OfferType, purchase: &str, base: &str, payment: &str) -> Offer<'static> {
        let optional = |text: &str| (!text.is_empty()).then(|| date(text));
        Offer {
            offer_type,
            offer_name: b"",
            purchase_date: date(purchase),
            renewal_start_date: optional(base),
            last_renewal_date: optional(payment),
            requirements_met: None,
            portal: Portal::PartnerCenter,
        }
    }

    pub(crate) fn seed_numbers() -> PolicyNumbers {
        PolicyNumbers {
            term_length_days: 365,
            window_opens_after_days: 1,
            window_closes_after_days: 30,
            first_reminder_offset_days: -15,
            second_reminder_offset_days: 23,
        }
    }

    pub(crate) fn round(name: &str, from: &str, to: &str, year: i32, deadline: Option<&str>) -> ExemptionRound {
        ExemptionRound {
            name: name.to_owned(),
            offer_type: OfferType::Competency,
            anniversary_from: date(from),
            anniversary_to: date(to),
            extended_to_year: year,
            reactivation_deadline: deadline.map(date),
            excluded_competencies: Vec::new(),
        }
    }

    pub(crate) fn round_one() -> ExemptionRound {
        round("round 1", "2020-01-01", "2020-06-30", 2021, Some("2020-06-30"))
    }

    pub(crate) fn seed() -> Policy {
        Policy::new("2020-06-05".to_owned(), seed_numbers(), vec![round_one()]).unwrap()
    }

    pub(crate) fn all_rounds() -> Policy {
        let rounds = vec![
            round("round 4", "2021-07-01", "2021-12-31", 2022, None),
            round("round 2", "2020-07-01", "2020-12-31", 2021, Some("2020-12-31")),
            round_one(),
            round("round 3", "2021-01-01", "2021-06-30", 2022, None),
        ];
        Policy::new("all".to_owned(), seed_numbers(), rounds).unwrap()
    }
}
