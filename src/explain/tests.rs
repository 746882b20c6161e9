//! Explanations are held to the decision itself: what they tell of an offer is what `decide` says, on whatever offer.

use super::*;
use crate::policy::{DEFAULT_ID, load};
use crate::rules::{Date, Derivation, Offer, OfferType, Portal, Stage, decide};
use proptest::prelude::*;

fn day(days: i32) -> Date {
    Date::from_days_since_epoch(days)
}

fn options(as_of: Date) -> ReportOptions {
    ReportOptions { as_of, horizon_days: 90, forecast_months: 12, reminders_from: as_of }
}

fn row_of(offer: Offer<'_>) -> Row<'_> {
    Row { partner_id: b"7", ..Row::of(offer) }
}

fn day_of(explanation: &Explanation, kind: EventKind) -> Option<Date> {
    explanation.events.iter().find(|event| event.kind == kind).map(|event| event.day)
}

/// Checks everything that an explanation says against the functions of a run.
fn check(file: &PolicyFile, as_of: Date, offer: Offer<'_>) -> Result<(), TestCaseError> {
    let row = row_of(offer);
    let explanation = explain(file, &[], &options(as_of), &row);
    let decision = decide(&file.policy, as_of, &offer);
    prop_assert_eq!(&explanation.outcome, &decision);
    for event in &explanation.events {
        if let Some(derivation) = &event.derivation {
            prop_assert!(derivation.holds() && derivation.to == event.day, "{event:?}");
        }
        prop_assert!(event.derivation.is_some() != event.told_by.is_some(), "a day comes from one place: {event:?}");
    }
    prop_assert!(explanation.events.is_sorted_by_key(|event| (event.day, event.kind)));
    for rule in explanation.events.iter().filter_map(|event| event.rule) {
        prop_assert!(explanation.rules.iter().any(|text| text.rule == rule), "{rule:?} is not told");
    }
    let Ok(decision) = decision else {
        prop_assert_eq!(explanation.reports, [Report::Rejects]);
        return Ok(());
    };
    if let Some(term) = decision.term {
        for (kind, expected) in [
            (EventKind::Anniversary, term.anniversary),
            (EventKind::FirstReminder, term.first_reminder),
            (EventKind::WindowOpens, term.window_opens),
            (EventKind::SecondReminder, term.second_reminder),
            (EventKind::WindowCloses, term.window_closes),
            (EventKind::BenefitsLost, term.lapses_on()),
        ] {
            prop_assert_eq!(day_of(&explanation, kind), Some(expected), "{:?}", kind);
        }
        let next = (decision.stage != Stage::Lapsed).then_some(term.next_anniversary);
        prop_assert_eq!(day_of(&explanation, EventKind::NextAnniversary), next);
        check_waiting(file, as_of, &offer, &explanation)?;
        check_payment(file, &offer, term.anniversary, &explanation)?;
    }
    Ok(())
}

/// The stages that are foretold are those that walking day by day comes upon.
fn check_waiting(
    file: &PolicyFile,
    as_of: Date,
    offer: &Offer<'_>,
    explanation: &Explanation,
) -> Result<(), TestCaseError> {
    let told = explanation.changes.iter().filter_map(|change| match (&change.kind, &change.outcome) {
        (ChangeKind::Wait { until }, Ok(decision)) => Some((*until, decision.stage)),
        _ => None,
    });
    let mut stage = explanation.outcome.unwrap().stage;
    let mut walked = Vec::new();
    for days in 1..1_500 {
        let later = as_of.plus_days(days);
        let decided = decide(&file.policy, later, offer).unwrap();
        if decided.stage != stage {
            stage = decided.stage;
            walked.push((later, stage));
        }
    }
    let told: Vec<_> = told.filter(|(day, _)| day.days_since(as_of) < 1_500).collect();
    prop_assert_eq!(told, walked);
    Ok(())
}

/// A payment that is promised to help does so on its first and last day, and not on the day after.
fn check_payment(
    file: &PolicyFile,
    offer: &Offer<'_>,
    anniversary: Date,
    explanation: &Explanation,
) -> Result<(), TestCaseError> {
    for change in &explanation.changes {
        let ChangeKind::Pay { from, through } = change.kind else { continue };
        let paid = |on: Date| {
            let purchase_date = offer.purchase_date.min(anniversary.plus_days(-1));
            let paid =
                Offer { purchase_date, renewal_start_date: Some(anniversary), last_renewal_date: Some(on), ..*offer };
            decide(&file.policy, on, &paid).map(|decision| decision.term.unwrap().anniversary)
        };
        let next = explanation.outcome.unwrap().term.unwrap().next_anniversary;
        prop_assert_eq!(paid(from), Ok(next));
        prop_assert_eq!(paid(through), Ok(next));
        prop_assert!(paid(through.plus_days(1)).is_err());
    }
    Ok(())
}

#[test]
fn every_worked_example_is_explained_as_it_is_decided() {
    let file = load(DEFAULT_ID).unwrap();
    let mut reader = csv::Reader::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/dates.csv")).unwrap();
    let mut count = 0;
    for vector in reader.records() {
        let vector = vector.unwrap();
        let date = |field: usize| Date::parse_iso(vector[field].as_bytes());
        let offer = Offer {
            offer_type: OfferType::parse(vector[1].as_bytes()).unwrap(),
            offer_name: b"",
            purchase_date: date(2).unwrap(),
            renewal_start_date: date(3),
            last_renewal_date: date(4),
            requirements_met: None,
            portal: Portal::PartnerCenter,
        };
        // The days around each boundary too, on which the stage may differ.
        for days in [-1, 0, 1] {
            let as_of = date(5).unwrap().plus_days(days);
            check(&file, as_of, offer).unwrap_or_else(|why| panic!("{}, {days}: {why}", &vector[0]));
        }
        let explanation = explain(&file, &[], &options(date(5).unwrap()), &row_of(offer));
        assert_eq!(explanation.outcome.unwrap().stage.as_str(), &vector[11], "{}", &vector[0]);
        assert_eq!(day_of(&explanation, EventKind::Anniversary), date(6), "{}", &vector[0]);
        count += 1;
    }
    assert_eq!(count, 15);
}

fn words(explanation: &Explanation) -> Vec<String> {
    explanation.changes.iter().map(|change| format!("{}: {}", change.what(), change.then())).collect()
}

#[test]
fn what_would_change_is_said_in_words() {
    let file = load(DEFAULT_ID).unwrap();
    let date = |text: &str| Date::parse_iso(text.as_bytes()).unwrap();
    let offer = Offer {
        offer_type: OfferType::Competency,
        offer_name: b"",
        purchase_date: date("2019-02-10"),
        renewal_start_date: None,
        last_renewal_date: None,
        requirements_met: Some(false),
        portal: Portal::Pmc,
    };
    let as_of = options(date("2020-06-05"));
    let said = |offer: Offer<'_>, others: &[PolicyFile]| words(&explain(&file, others, &as_of, &row_of(offer)));
    assert_eq!(
        said(offer, &[]),
        [
            "pay by 2020-06-30: reactivated, next anniversary 2021-02-09, blocker requirements_unmet comes",
            "unpaid on 2020-07-01: lapsed",
            "move off pmc: blocker pmc_migration goes",
        ]
    );
    let open = Offer { purchase_date: date("2018-05-20"), portal: Portal::PartnerCenter, ..offer };
    let open = Offer { renewal_start_date: Some(date("2020-05-20")), ..open };
    assert_eq!(
        said(open, &[load("2018-09-04").unwrap()]),
        [
            "pay by 2020-06-30: renewed, next anniversary 2021-05-20, blocker requirements_unmet comes",
            "unpaid on 2020-06-12: final_notice",
            "unpaid on 2020-06-20: reactivatable",
            "unpaid on 2020-07-01: lapsed",
            "by --policy 2018-09-04: no reactivation, requirements unmet, blocker requirements_unmet comes",
        ]
    );
    let lapsed = Offer { purchase_date: date("2017-02-10"), portal: Portal::PartnerCenter, ..offer };
    assert_eq!(
        said(lapsed, &[]),
        [
            "pay on 2020-06-05: too late, such a row is rejected (payment_outside_window)",
            "meet the requirements: requirements met, blocker requirements_unmet goes",
        ]
    );
    let paid = Offer { last_renewal_date: Some(date("2020-06-01")), offer_type: OfferType::ActionPack, ..offer };
    assert_eq!(
        said(paid, &[]),
        [
            "had it been paid by 2020-03-11: current, anniversary 2021-02-09",
            "without last_renewal_date: lapsed, anniversary 2020-02-10",
        ]
    );
    let membership = Offer { offer_type: OfferType::Membership, ..offer };
    assert_eq!(said(membership, &[]), Vec::<String>::new());
}

#[test]
fn a_long_chain_is_told_without_its_middle() {
    let file = load("all-rounds").unwrap();
    // A payment in 2060 of a competency of 1905: the rounds of 2020 and 2021 lie on the way.
    let offer = Offer {
        offer_type: OfferType::Competency,
        offer_name: b"",
        purchase_date: Date::parse_iso(b"1905-03-01").unwrap(),
        renewal_start_date: None,
        last_renewal_date: Date::parse_iso(b"2060-01-28"),
        requirements_met: None,
        portal: Portal::PartnerCenter,
    };
    let explanation = explain(&file, &[], &options(day(33_000)), &row_of(offer));
    assert!(explanation.events.len() < 20, "{:#?}", explanation.events);
    let terms = trace(&file.policy, day(33_000), &offer).paid;
    assert!(terms.iter().all(|terms| Derivation::of_terms(&file.policy, *terms).holds()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]
    #[test]
    fn every_explanation_says_what_the_rules_say(
        anniversary in 17_500i32..19_000,
        terms_before in 0i32..30,
        base_given in any::<bool>(),
        payment_after in proptest::option::weighted(0.6, prop_oneof![-400i32..200, -15i32..40, 0i32..2_000]),
        as_of_after in prop_oneof![-20i32..40, -400i32..400],
        offer_type in prop_oneof![1 => Just(OfferType::Membership), 3 => Just(OfferType::ActionPack), 6 => Just(OfferType::Competency)],
        requirements_met in any::<Option<bool>>(),
        portal in prop_oneof![Just(Portal::PartnerCenter), Just(Portal::Pmc)],
        every_round in any::<bool>(),
    ) {
        let offer = Offer {
            offer_type,
            offer_name: b"Security",
            purchase_date: day(anniversary - 365 * (terms_before + 1)),
            renewal_start_date: base_given.then_some(day(anniversary)),
            last_renewal_date: payment_after.map(|days| day(anniversary + days)),
            requirements_met,
            portal,
        };
        let file = load(if every_round { "all-rounds" } else { DEFAULT_ID }).unwrap();
        check(&file, day(anniversary + as_of_after), offer)?;
    }
}
