//! The overview against a slow reference: every offer kept, sorted and counted at the end.

use super::*;
use crate::ingest::FeeCell;
use crate::rules::test_policies::{date, seed};
use crate::rules::{Fee, Level, Offer, Portal, decide};

fn options() -> ReportOptions {
    let as_of = date("2020-06-05");
    ReportOptions { as_of, horizon_days: 90, forecast_months: 12, reminders_from: as_of }
}

/// The facts of an offer by its anniversary.
#[derive(Clone, Copy)]
struct Case {
    offer_type: OfferType,
    anniversary: Date,
    fee: Option<&'static str>,
    currency: usize,
    name: &'static str,
}

fn count(overview: &mut Overview, case: Case) -> Stage {
    let offer = Offer {
        offer_type: case.offer_type,
        offer_name: b"Data Analytics",
        purchase_date: date("2000-01-01"),
        renewal_start_date: Some(case.anniversary),
        last_renewal_date: None,
        requirements_met: Some(true),
        portal: Portal::PartnerCenter,
    };
    let row = Row {
        partner_id: b"1",
        partner_name: case.name.as_bytes(),
        country: b"US",
        level: Some(Level::Gold),
        fee: case.fee.map(|text| FeeCell { fee: Fee::parse(text.as_bytes()).expect("a fee"), text: text.as_bytes() }),
        currency: b"USD",
        ..Row::of(offer)
    };
    let decision = decide(&seed(), options().as_of, &offer).expect("no contradiction");
    overview.add(case.currency, &row, &decision);
    decision.stage
}

fn on(anniversary: &str) -> Case {
    Case {
        offer_type: OfferType::ActionPack,
        anniversary: date(anniversary),
        fee: Some("475"),
        currency: 0,
        name: "Contoso",
    }
}

#[test]
fn weeks_begin_on_monday() {
    for (day, monday) in [
        ("2020-06-01", "2020-06-01"),
        ("2020-06-05", "2020-06-01"),
        ("2020-06-07", "2020-06-01"),
        ("2020-06-08", "2020-06-08"),
        ("1970-01-01", "1969-12-29"),
        ("1900-01-01", "1900-01-01"),
    ] {
        assert_eq!(monday_of(date(day)).to_string(), monday, "{day}");
    }
}

#[test]
fn renewals_are_counted_in_the_week_of_their_last_day() {
    // The as-of date is a Friday, and windows close 30 days after the anniversary.
    for (anniversary, week) in [
        ("2020-05-06", Some(0)),
        ("2020-05-08", Some(0)),
        ("2020-05-09", Some(1)),
        ("2020-06-05", Some(4)),
        ("2020-09-03", Some(17)),
        ("2020-09-04", None),
        ("2020-05-05", None),
    ] {
        let mut overview = Overview::new(&options());
        count(&mut overview, on(anniversary));
        let found = overview.weeks.iter().position(|counts| counts[OfferType::ActionPack.index()] == 1);
        assert_eq!(found, week, "{anniversary}");
    }
}

#[test]
fn weeks_beyond_the_last_are_counted_together() {
    let mut overview = Overview::new(&ReportOptions { horizon_days: 400_000, ..options() });
    count(&mut overview, on("2999-12-31"));
    assert_eq!(overview.weeks[WEEKS].iter().sum::<u64>(), 1);
}

#[test]
fn lapses_are_counted_by_age_and_group() {
    // The window of an anniversary 31 days before the as-of date closed yesterday.
    for (days_lapsed, age) in
        [(1, 0), (2, 1), (7, 1), (8, 2), (30, 2), (31, 3), (90, 3), (91, 4), (180, 4), (181, 5), (365, 5)]
            .into_iter()
            .chain([(366, 6), (730, 6), (731, 7), (5_000, 7)])
    {
        let mut overview = Overview::new(&options());
        let anniversary = options().as_of.plus_days(-30 - days_lapsed);
        let stage = count(&mut overview, Case { anniversary, ..on("2020-01-01") });
        assert_eq!(stage, Stage::Lapsed);
        assert_eq!(overview.lapses[age][LapseGroup::ActionPack.index()], 1, "{days_lapsed}");
        assert_eq!(overview.lapsed_today(), u64::from(days_lapsed == 1));
    }
}

#[test]
fn reactivations_have_their_deadline() {
    let mut overview = Overview::new(&options());
    let missed = Case { offer_type: OfferType::Competency, ..on("2020-02-01") };
    assert_eq!(count(&mut overview, missed), Stage::Reactivatable);
    count(&mut overview, Case { fee: None, ..missed });
    let expected = DeadlineCount { offers: 2, blocked: 0, offers_without_fee: 1 };
    assert_eq!(overview.deadlines, BTreeMap::from([(date("2020-06-30"), expected)]));
    assert_eq!(overview.at_risk_without_fee, 1);
    assert_eq!(overview.largest_fees(0)[0].deadline, date("2020-06-30"));
}

/// However the offers are split into parts, the largest fees are those of a stable sort.
#[test]
fn the_largest_fees_do_not_depend_on_the_parts() {
    const FEES: [&str; 4] = ["100", "100.00", "20.5", "999999999999999999.9999"];
    const NAMES: [&str; 5] = ["Alpine", "Blue Yonder", "Contoso", "Datum", "Fabrikam"];
    let cases: Vec<Case> = (0..40)
        .map(|index| Case {
            fee: Some(FEES[index * 7 % 4]),
            currency: index % 3,
            name: NAMES[index % 5],
            ..on("2020-05-20")
        })
        .collect();
    let names = |overview: &Overview| -> Vec<Vec<(i128, Box<str>)>> {
        let of = |currency| overview.largest_fees(currency).iter();
        (0..3)
            .map(|c| of(c).map(|entry| (entry.fee.ten_thousandths, entry.partner_name.text.clone())).collect())
            .collect()
    };
    let expected: Vec<Vec<(i128, Box<str>)>> = (0..3)
        .map(|currency| {
            let mut all: Vec<(i128, Box<str>)> = cases
                .iter()
                .filter(|case| case.currency == currency)
                .map(|case| {
                    (
                        Fee::parse(case.fee.unwrap_or_default().as_bytes()).expect("a fee").ten_thousandths,
                        case.name.into(),
                    )
                })
                .collect();
            all.sort_by_key(|(fee, _)| std::cmp::Reverse(*fee));
            all.truncate(LARGEST_FEES);
            all
        })
        .collect();
    for part_rows in [1, 2, 7, 40] {
        let mut whole = Overview::new(&options());
        let mut part = Overview::new(&options());
        for rows in cases.chunks(part_rows) {
            part.clear();
            for case in rows {
                // The part numbers its currencies the other way round.
                count(&mut part, Case { currency: 2 - case.currency, ..*case });
            }
            whole.merge(&mut part, &[2, 1, 0]);
        }
        assert_eq!(names(&whole), expected, "parts of {part_rows}");
    }
}
