//! The values that spoiled rows get: cells of a wrong form, and dates that contradict each other.

use super::GenerateOptions;
use super::dates::{Dates, FIRST_PURCHASE, day_between};
use super::random::Random;
use super::row::{Row, dated_offer};
use crate::ingest::{Column, RejectCode};
use crate::rules::{Contradiction, Date, OfferType, Policy, decide};

/// How often contradicting dates are drawn before another contradiction is taken.
const ATTEMPTS_MAX: usize = 12;

const MISSING_VALUES: [(Column, &str); 3] =
    [(Column::PartnerId, ""), (Column::OfferType, ""), (Column::PurchaseDate, "")];
const BAD_DATE_COLUMNS: [Column; 3] = [Column::PurchaseDate, Column::RenewalStartDate, Column::LastRenewalDate];
const BAD_DATES: [&str; 8] =
    ["2019-02-30", "2019-13-01", "05/06/2020", "9999-12-31", "1899-12-31", "2020-6-5", "20200605", "n/a"];
const BAD_ENUMS: [(Column, &str); 6] = [
    (Column::OfferType, "competencies"),
    (Column::OfferType, "action pack"),
    (Column::Level, "platinum"),
    (Column::Level, "gold "),
    (Column::Portal, "partner center"),
    (Column::Portal, "unknown"),
];
const BAD_BOOLS: [&str; 5] = ["yes", "no", "1", "t", "unknown"];
const BAD_DECIMALS: [&str; 8] =
    ["-100.00", "1234.56789", "1e3", "NaN", "1.234,50", ".50", "USD 300", "1234567890123456789"];
const BAD_CURRENCIES: [&str; 5] = ["EURO", "usd", "$", "U5D", "€"];

/// The bad cell of a code of cells; `None` for the other codes.
pub(super) fn bad_cell(code: RejectCode, random: &mut Random, row: &Row<'_>) -> Option<(Column, &'static str)> {
    match code {
        RejectCode::MissingValue => Some(*random.pick(&MISSING_VALUES)),
        RejectCode::BadDate => Some((*random.pick(&BAD_DATE_COLUMNS), *random.pick(&BAD_DATES))),
        RejectCode::BadEnum => Some(*random.pick(&BAD_ENUMS)),
        RejectCode::BadBool => Some((Column::RequirementsMet, *random.pick(&BAD_BOOLS))),
        RejectCode::BadDecimal => Some((Column::Fee, *random.pick(&BAD_DECIMALS))),
        // A fee without any currency is as bad as one with a wrong one.
        RejectCode::BadCurrency if row.fee.is_some() && random.percent(20) => Some((Column::Currency, "")),
        RejectCode::BadCurrency => Some((Column::Currency, *random.pick(&BAD_CURRENCIES))),
        _ => None,
    }
}

/// Makes the row's dates contradict each other if `code` asks for it, and returns the code planted.
///
/// That is another code than asked for only under a policy that has no payment outside its windows.
pub(super) fn spoil_dates(
    options: GenerateOptions,
    policy: &Policy,
    code: RejectCode,
    random: &mut Random,
    row: &mut Row<'_>,
) -> RejectCode {
    let Some(wanted) = contradiction(code) else { return code };
    // The rules look at the dates of what renews only.
    if row.offer_type == OfferType::Membership {
        row.offer_type = OfferType::ActionPack;
    }
    let clean = row.dates;
    let offer = dated_offer(options, policy, row.offer_type, row.offer_name);
    for _ in 0..ATTEMPTS_MAX {
        row.dates = contradicting_dates(options.as_of, policy, wanted, random, clean);
        if decide(policy, options.as_of, &offer.offer(row.dates)).err() == Some(wanted) {
            return code;
        }
    }
    row.dates = Dates { renewal_start: Some(clean.purchase), ..clean };
    RejectCode::PurchaseAfterAnniversary
}

const fn contradiction(code: RejectCode) -> Option<Contradiction> {
    match code {
        RejectCode::PurchaseAfterAnniversary => Some(Contradiction::PurchaseAfterAnniversary),
        RejectCode::PaymentBeforePurchase => Some(Contradiction::PaymentBeforePurchase),
        RejectCode::PaymentAfterAsOf => Some(Contradiction::PaymentAfterAsOf),
        RejectCode::PaymentOutsideWindow => Some(Contradiction::PaymentOutsideWindow),
        _ => None,
    }
}

fn contradicting_dates(
    as_of: Date,
    policy: &Policy,
    wanted: Contradiction,
    random: &mut Random,
    clean: Dates,
) -> Dates {
    match wanted {
        Contradiction::PurchaseAfterAnniversary => {
            Dates { renewal_start: Some(clean.purchase.plus_days(-random.days_below(400))), ..clean }
        }
        Contradiction::PaymentBeforePurchase => {
            Dates { last_renewal: Some(clean.purchase.plus_days(-1 - random.days_below(700))), ..clean }
        }
        Contradiction::PaymentAfterAsOf => {
            // Not before the purchase of an offer that has not started; that would be the other contradiction.
            Dates { last_renewal: Some(as_of.max(clean.purchase).plus_days(1 + random.days_below(300))), ..clean }
        }
        Contradiction::PaymentOutsideWindow => {
            let numbers = policy.numbers();
            let after_window = numbers.window_closes_after_days + 1;
            let purchase = day_between(random, FIRST_PURCHASE, as_of.plus_days(-366 - after_window));
            let anniversary = purchase.plus_calendar_year();
            let last = anniversary.plus_days(numbers.term_length_days).min(as_of);
            Dates {
                purchase,
                renewal_start: random.percent(55).then_some(anniversary),
                last_renewal: Some(day_between(random, anniversary.plus_days(after_window), last)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::random::Purpose;
    use crate::generate::row::RowMaker;
    use crate::rules::test_policies::{all_rounds, date, seed};
    use crate::rules::{Fee, Level, Portal};

    #[test]
    fn bad_cells_are_bad() {
        assert!(BAD_DATES.iter().all(|text| Date::parse_iso(text.as_bytes()).is_none()));
        assert!(BAD_DECIMALS.iter().all(|text| Fee::parse(text.as_bytes()).is_none()));
        assert!(BAD_BOOLS.iter().all(|text| !["true", "false"].contains(&text.to_ascii_lowercase().as_str())));
        for text in BAD_CURRENCIES {
            assert!(text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase()), "{text}");
        }
        for (column, text) in BAD_ENUMS {
            let text = text.as_bytes();
            match column {
                Column::OfferType => assert_eq!(OfferType::parse(text), None),
                Column::Level => assert_eq!(Level::parse(text), None),
                Column::Portal => assert_eq!(Portal::parse(text), None),
                _ => panic!("{column:?} is no enumeration"),
            }
        }
    }

    #[test]
    fn contradictions_are_those_asked_for() {
        for (policy, as_of) in
            [(seed(), "2020-06-05"), (all_rounds(), "2021-10-09"), (seed(), "2010-01-01"), (seed(), "2990-12-31")]
        {
            let options = GenerateOptions { rows: 0, seed: 4, dirty: 1.0, as_of: date(as_of), lives: None };
            let mut maker = RowMaker::new(options, &policy);
            let mut random = Random::new(4, Purpose::Spoiling, 0);
            for number in 0..400 {
                for &code in RejectCode::ALL {
                    let mut row = maker.row(number);
                    assert_eq!(spoil_dates(options, &policy, code, &mut random, &mut row), code, "{row:?}");
                    let offer = dated_offer(options, &policy, row.offer_type, row.offer_name);
                    let answer = decide(&policy, options.as_of, &offer.offer(row.dates));
                    assert_eq!(answer.err(), contradiction(code), "{row:?}");
                    for date in [Some(row.dates.purchase), row.dates.renewal_start, row.dates.last_renewal] {
                        assert!(date.is_none_or(Date::is_in_input_range));
                    }
                }
            }
        }
    }
}
