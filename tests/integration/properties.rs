//! Random exports against the slow reference that walks day by day: the rules through the library, and every cell of
//! every report through the program.

use crate::export::{Cells, cells, delimited, parquet};
use crate::harness::{Row, Workspace};
use crate::reference::{ALL_ROUNDS, Facts, ROUND_ONE, Round, Standing, Verdict, judge};
use crate::reference_reports::{ROW_REPORTS, Wishes, allowed_reports, forecast, rows};
use chrono::{Duration, NaiveDate};
use proptest::prelude::*;
use proptest::sample::select;
use renewals::rules::{Date, Offer, OfferType, Policy, Portal, decide};
use std::collections::BTreeMap;

/// A policy by its id, with its rounds as the reference has them.
type KnownPolicy = (&'static str, &'static [Round]);

fn policies() -> impl Strategy<Value = KnownPolicy> {
    select(vec![("2020-06-05", &ROUND_ONE[..]), ("all-rounds", &ALL_ROUNDS[..]), ("2018-09-04", &[])])
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// Any day of the years in question, and the days on which something ends more often than by chance.
fn as_of_dates() -> impl Strategy<Value = NaiveDate> {
    let edges = ["2019-12-31", "2020-01-31", "2020-02-29", "2020-06-05", "2020-06-30", "2020-07-01", "2020-12-31"];
    prop_oneof![
        2 => (0_i64..1_800).prop_map(|days| day("2018-06-01") + Duration::days(days)),
        3 => (select(edges.map(day).to_vec()), -2_i64..=2).prop_map(|(edge, days)| edge + Duration::days(days)),
    ]
}

fn wishes() -> impl Strategy<Value = Wishes> {
    let horizon = prop_oneof![Just(90), 0..500_i32];
    (as_of_dates(), horizon, prop_oneof![Just(12), 1..40_i32], prop_oneof![Just(0_i64), 0_i64..60]).prop_map(
        |(as_of, horizon, forecast_months, days)| Wishes {
            as_of,
            horizon,
            forecast_months,
            reminders_from: as_of - Duration::days(days),
        },
    )
}

/// Days before the as-of date on which an offer may have been bought: some whole years and a little, so that windows
/// and reminders are near; far back; in the spring of 2019, so that the first round is near; or after it.
fn purchases() -> impl Strategy<Value = fn(NaiveDate, i64) -> NaiveDate> {
    select(vec![
        (|as_of, by| as_of - Duration::days(365 * (by % 9) + by % 83 - 41)) as fn(NaiveDate, i64) -> NaiveDate,
        |as_of, by| as_of - Duration::days(by),
        |_as_of, by| day("2018-12-25") + Duration::days(by % 200),
        |_as_of, by| day("2016-02-20") + Duration::days(by % 15),
    ])
}

/// A day by itself, or years of 365 days and some days after another one.
#[derive(Clone, Copy, Debug)]
enum When {
    On(NaiveDate),
    After { years: i64, days: i64 },
}

impl When {
    fn since(self, start: NaiveDate) -> NaiveDate {
        match self {
            Self::On(day) => day,
            Self::After { years, days } => start + Duration::days(365 * years + days),
        }
    }
}

fn after(years: std::ops::Range<i64>, days: std::ops::Range<i64>) -> impl Strategy<Value = Option<When>> {
    (years, days).prop_map(|(years, days)| Some(When::After { years, days }))
}

/// The days around some day.
fn around(edge: impl Strategy<Value = NaiveDate>) -> impl Strategy<Value = Option<When>> {
    (edge, -1_i64..=1).prop_map(|(edge, days)| Some(When::On(edge + Duration::days(days))))
}

/// One row of facts for a run; about half of them contradict each other somewhere.
fn facts(wishes: &Wishes) -> impl Strategy<Value = Facts> + use<> {
    let as_of = wishes.as_of;
    let horizon_ends = as_of + Duration::days(wishes.horizon.into());
    let kind = (
        select(vec!["competency", "competency", "action_pack", "membership"]),
        select(vec!["", "Security", "Cloud Business Applications", "CLOUD business applications"]),
        select(vec!["", "silver", "gold"]),
    );
    let start = prop_oneof![
        4 => Just(None),
        3 => after(0..1, 1..800),
        1 => after(0..1, -3..4),
        3 => after(1..2, -25..30),
        2 => around(Just(horizon_ends)),
    ];
    // Years after the base and days after that: in the window, around its ends, in a reactivation span, or anywhere;
    // and the days on which reactivation ends.
    let payment = prop_oneof![
        3 => Just(None),
        4 => after(0..5, -3..34),
        2 => after(0..2, 28..200),
        1 => after(-1..1, -5..5),
        2 => around(select(vec![day("2020-06-30"), day("2020-12-31")])),
    ];
    let money = select(vec![
        ("", ""),
        ("", "EUR"),
        ("0", "EUR"),
        ("475.00", "EUR"),
        ("1670.5", "USD"),
        ("0.0001", "USD"),
        ("12.345", "JPY"),
    ]);
    let rest = (proptest::option::of(any::<bool>()), any::<bool>(), money);
    (kind, (purchases(), 0_i64..9_000), start, payment, rest).prop_map(
        move |((offer_type, offer_name, level), (purchase, by), start, payment, rest)| {
            let purchase = purchase(as_of, by);
            let start = start.map(|start| start.since(purchase));
            let base = start.unwrap_or(purchase + Duration::days(365));
            let payment = payment.map(|payment| payment.since(base));
            let (requirements_met, is_on_pmc, (fee, currency)) = rest;
            Facts {
                partner_id: String::new(),
                offer_type,
                offer_name,
                level,
                purchase,
                start,
                payment,
                requirements_met,
                is_on_pmc,
                fee,
                currency,
            }
        },
    )
}

/// Wishes and rows, numbered in their order.
fn exports(rows: std::ops::Range<usize>) -> impl Strategy<Value = (Wishes, Vec<Facts>)> {
    wishes().prop_flat_map(move |wishes| {
        let facts = proptest::collection::vec(facts(&wishes), rows.clone());
        (
            Just(wishes),
            facts.prop_map(|mut facts| {
                for (number, facts) in facts.iter_mut().enumerate() {
                    facts.partner_id = format!("{number:04}");
                }
                facts
            }),
        )
    })
}

fn date(day: NaiveDate) -> Date {
    Date::parse_iso(day.to_string().as_bytes()).expect("a date of the input range")
}

/// What the library makes of a row, in one line.
fn decided(policy: &Policy, facts: &Facts, as_of: NaiveDate) -> String {
    let offer = Offer {
        offer_type: OfferType::parse(facts.offer_type.as_bytes()).expect("an offer type"),
        offer_name: facts.offer_name.as_bytes(),
        purchase_date: date(facts.purchase),
        renewal_start_date: facts.start.map(date),
        last_renewal_date: facts.payment.map(date),
        requirements_met: facts.requirements_met,
        portal: if facts.is_on_pmc { Portal::Pmc } else { Portal::PartnerCenter },
    };
    match decide(policy, date(as_of), &offer) {
        Err(contradiction) => contradiction.as_str().to_owned(),
        Ok(decision) => {
            let days = decision.term.map(|term| {
                let [opens, closes] = [term.window_opens, term.window_closes];
                let reminders = [term.first_reminder, term.second_reminder];
                let days = [term.anniversary, opens, closes, reminders[0], reminders[1], term.next_anniversary];
                days.map(|day| day.to_string())
            });
            let (requirements, blockers) = (decision.requirements.as_str(), decision.blockers.as_str());
            format!("{} {days:?} {requirements} {blockers}", decision.stage.as_str())
        }
    }
}

/// What the reference makes of it, in the same words.
fn told(verdict: &Verdict) -> String {
    match verdict {
        Err((_, code)) => (*code).to_owned(),
        Ok(standing) => {
            let days = standing.term.map(|term| {
                let reminders = [term.first_reminder, term.second_reminder];
                let days = [term.anniversary, term.opens, term.closes, reminders[0], reminders[1], term.next];
                days.map(|day| day.to_string())
            });
            format!("{} {days:?} {} {}", standing.stage, standing.requirements, standing.blockers)
        }
    }
}

fn optional(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn cells_of(facts: &Facts) -> Cells {
    let met = facts.requirements_met.map(|met| met.to_string()).unwrap_or_default();
    cells(&[
        ("partner_id", &facts.partner_id),
        ("offer_type", facts.offer_type),
        ("offer_name", facts.offer_name),
        ("level", facts.level),
        ("purchase_date", &facts.purchase.to_string()),
        ("renewal_start_date", &optional(facts.start)),
        ("last_renewal_date", &optional(facts.payment)),
        ("requirements_met", &met),
        ("portal", if facts.is_on_pmc { "pmc" } else { "" }),
        ("fee", facts.fee),
        ("currency", facts.currency),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_decision_is_the_one_reached_day_by_day((policy, rounds) in policies(), (wishes, export) in exports(1..8)) {
        let policy = renewals::policy::load(policy).expect("a policy").policy;
        for facts in &export {
            let expected = told(&judge(rounds, facts, wishes.as_of));
            prop_assert_eq!(decided(&policy, facts, wishes.as_of), expected, "{:?}", facts);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_report_of_a_run_is_the_one_reached_day_by_day(
        (policy, rounds) in policies(),
        (wishes, export) in exports(0..80),
        is_parquet in any::<bool>(),
    ) {
        let cells: Vec<Cells> = export.iter().map(cells_of).collect();
        let workspace = Workspace::new();
        let input = if is_parquet { "export.parquet" } else { "export.csv" };
        workspace.write(input, if is_parquet { parquet(&cells) } else { delimited(&cells, b',') });
        let (as_of, from) = (wishes.as_of.to_string(), wishes.reminders_from.to_string());
        let (horizon, months) = (wishes.horizon.to_string(), wishes.forecast_months.to_string());
        let published = workspace.publish(&[
            "--policy", policy, "--as-of", &as_of, "--reminders-from", &from, "--horizon", &horizon,
            "--forecast-months", &months, input,
        ]);

        let mut expected: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
        let (mut standings, mut rejects) = (Vec::new(), Vec::new());
        for facts in &export {
            match judge(rounds, facts, wishes.as_of) {
                Err((column, code)) => rejects.push((column.to_owned(), code.to_owned())),
                Ok(standing) => {
                    for (report, row) in rows(facts, &standing, &wishes) {
                        expected.entry(report).or_default().push(row);
                    }
                    standings.push((facts, standing));
                }
            }
        }
        for report in ROW_REPORTS {
            for partner in published.column(report, "partner_id") {
                let (facts, standing) = standings.iter().find(|(facts, _)| facts.partner_id == partner).expect("a row");
                prop_assert!(allowed_reports(standing.stage, facts.offer_type).contains(&report), "{:?}", facts);
            }
            prop_assert_eq!(published.rows(report), expected.remove(report).unwrap_or_default(), "{}", report);
            // The rows are numbered, so their order is that of the input.
            prop_assert!(published.column(report, "partner_id").is_sorted(), "{}", report);
        }
        let offers: Vec<(&Facts, &Standing)> = standings.iter().map(|(facts, standing)| (*facts, standing)).collect();
        prop_assert_eq!(published.rows("fee_forecast"), forecast(&offers, &wishes));
        let found: Vec<(String, String)> =
            published.rows("rejects").iter().map(|row| (row["column"].clone(), row["code"].clone())).collect();
        prop_assert_eq!(&found, &rejects);

        let summary = published.summary();
        let count = |value: &serde_json::Value| value.as_u64().expect("a count") as usize;
        let counts = ["read", "evaluated", "rejected"].map(|kind| count(&summary["rows"][kind]));
        prop_assert_eq!(counts, [export.len(), offers.len(), rejects.len()], "no row is lost");
        let mut by_stage: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (facts, standing) in &offers {
            *by_stage.entry((standing.stage, facts.offer_type)).or_default() += 1;
        }
        for (stage, offer_types) in summary["stages"].as_object().expect("stages") {
            for (offer_type, found) in offer_types.as_object().expect("offer types") {
                let expected = by_stage.get(&(stage.as_str(), offer_type.as_str())).copied().unwrap_or(0);
                prop_assert_eq!(count(found), expected, "{} {}", stage, offer_type);
            }
        }
    }
}
