//! What a check counts, held to counting everything at once.

use super::column::{BatchColumn, ColumnTally};
use super::*;
use crate::ingest::Row;
use crate::rules::{Fee, Level, Offer, OfferType, Portal};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn profile(values: &[String], batch_rows: usize, is_flagged: bool) -> ColumnProfile {
    let mut tally = ColumnTally::new(Column::OfferName);
    for (index, batch_values) in values.chunks(batch_rows).enumerate() {
        let is_many = is_flagged && tally.is_many_valued();
        let mut batch = BatchColumn::new(Column::OfferName);
        for (line, value) in (1..).zip(batch_values) {
            batch.add(value.as_bytes(), None, line, is_many);
        }
        tally.take(&mut batch, |line| (0, (index * batch_rows) as u64 + line));
    }
    tally.into_profile()
}

#[test]
fn few_values_are_counted_and_many_are_estimated_alike_however_they_come() {
    for (count, repeats) in [(0, 1), (1, 3), (10_000, 1), (10_001, 2), (60_000, 1)] {
        let values: Vec<String> = (0..count * repeats).map(|index| format!("name {}", index % count.max(1))).collect();
        let found = profile(&values, 3_000, true);
        assert_eq!(found, profile(&values, 977, false), "{count}");
        assert_eq!(found, profile(&values, 1_000_000, false), "{count}");
        match found.distinct {
            DistinctCount::Exact(exact) => assert!(exact == count && count <= 10_000, "{count}"),
            DistinctCount::About(about) => {
                assert!(count > 10_000 && about.abs_diff(count) * 100 < count * 3, "{about} for {count}");
            }
        }
        assert_eq!((found.rows, found.empty), (count * repeats, 0));
    }
}

#[test]
fn the_outermost_values_are_the_first_of_their_kind() {
    let values = ["bb", "", "a", "c", "dddd", "eeee", ""].map(str::to_owned);
    let found = profile(&values, 2, true);
    let extreme = |value: &str, line| Some(Extreme { value: value.into(), input: 0, line });
    assert_eq!((found.empty, found.lowest, found.highest), (2, extreme("a", 3), extreme("dddd", 5)));
    assert_eq!(found.distinct, DistinctCount::Exact(5));
    assert_eq!(found.most_common[0], (b"a".to_vec(), 1));
    let long = profile(&["x".repeat(1 << 19), "y".repeat(1 << 19), "z".repeat(9)], 1, true);
    assert!(matches!(long.distinct, DistinctCount::About(3)), "values of more than a mebibyte are not kept");
}

fn row(fee: &'static str, level: Option<Level>) -> Row<'static> {
    let offer = Offer {
        offer_type: OfferType::Competency,
        offer_name: b"Security",
        purchase_date: Date::from_days_since_epoch(18_000),
        renewal_start_date: None,
        last_renewal_date: None,
        requirements_met: None,
        portal: Portal::PartnerCenter,
    };
    let fee = Fee::parse(fee.as_bytes()).map(|amount| crate::ingest::FeeCell { fee: amount, text: fee.as_bytes() });
    Row { partner_id: b"7", level, fee, currency: b"EUR", ..Row::of(offer) }
}

const THRESHOLDS: Thresholds = Thresholds { days_ahead: 730, days_past: 3_652, fee_factor: 100 };

#[test]
fn fees_are_judged_by_the_median_of_their_own_group() {
    let mut tally = FeeTally::default();
    let gold = Some(Level::Gold);
    let fees = ["100", "101", "10100", "10099", "1.01", "1.02", "0", "102"];
    let mut batch = fees::FeeBatch::default();
    for (line, fee) in (1..).zip(fees) {
        batch.add(&row(fee, gold), line, None);
        batch.add(&row("0.5", Some(Level::Silver)), line + 100, None);
    }
    tally.take(&mut batch, |line| (3, line));
    let mut suspicions = BTreeMap::new();
    tally.judge(&THRESHOLDS, 5, &mut suspicions);
    let found: Vec<(Suspicion, u64, Vec<u64>)> = suspicions
        .into_iter()
        .map(|(what, examples): (_, Examples)| (what, examples.count, examples.list.iter().map(|at| at.line).collect()))
        .collect();
    // The median of the eight is 100, the lower one of the two in the middle.
    assert_eq!(found, [(Suspicion::FeeFarAboveMedian, 2, vec![3, 4])]);
    let groups = tally.into_groups();
    assert_eq!((groups.len(), groups[1].median, groups[1].range), (2, 1_000_000, (0, 101_000_000)));
}

proptest! {
    #[test]
    fn medians_and_counts_are_those_of_the_sorted_fees(amounts in proptest::collection::vec(1u32..3_000_000, 1..300)) {
        let mut tally = FeeTally::default();
        let texts: Vec<&'static str> = amounts.iter().map(|amount| &*format!("{amount}").leak()).collect();
        for (start, chunk) in texts.chunks(7).enumerate() {
            let mut batch = fees::FeeBatch::default();
            for (line, text) in (1..).zip(chunk) {
                batch.add(&row(text, None), line, None);
            }
            tally.take(&mut batch, |line| (0, start as u64 * 7 + line));
        }
        let mut sorted = amounts.clone();
        sorted.sort_unstable();
        let median = sorted[(sorted.len() - 1) / 2];
        let mut suspicions = BTreeMap::new();
        tally.judge(&THRESHOLDS, 1_000, &mut suspicions);
        let lines = |is_far: &dyn Fn(u32) -> bool| -> Vec<u64> {
            (1..).zip(&amounts).filter(|(_, amount)| is_far(**amount)).map(|(line, _)| line).collect()
        };
        for (what, expected) in [
            (Suspicion::FeeFarAboveMedian, lines(&|amount| u64::from(amount) >= u64::from(median) * 100)),
            (Suspicion::FeeFarBelowMedian, lines(&|amount| u64::from(amount) * 100 <= u64::from(median))),
        ] {
            let found = suspicions.remove(&what).unwrap_or_default();
            prop_assert_eq!(found.count, expected.len() as u64);
            if expected.len() <= 100 {
                prop_assert_eq!(found.list.iter().map(|example| example.line).collect::<Vec<_>>(), expected);
            }
        }
        prop_assert_eq!(tally.into_groups()[0].median, i128::from(median) * 10_000);
    }

    #[test]
    fn the_list_has_the_first_offers_whatever_the_partitions(
        keys in proptest::collection::vec(0u64..30, 0..120),
        limit in 1usize..6,
        partitions in 1u64..5,
    ) {
        let record = |(line, key): (u64, &u64)| [*key, key * 3, packed(0, line)];
        let records: Vec<[u64; 3]> = (1..).zip(&keys).map(record).collect();
        let mut list = DuplicateList::default();
        for partition in (0..partitions).rev() {
            let mut part: Vec<[u64; 3]> =
                records.iter().copied().filter(|record| record[0] % partitions == partition).rev().collect();
            let mut other = DuplicateList::default();
            other.add(&mut part, limit);
            list = list.merge(other, limit);
        }
        let distinct: BTreeSet<u64> = keys.iter().copied().collect();
        let repeated: Vec<u64> = distinct
            .iter()
            .copied()
            .filter(|key| keys.iter().filter(|known| *known == key).count() > 1)
            .collect();
        prop_assert_eq!(list.rows, (keys.len() - distinct.len()) as u64);
        prop_assert_eq!(list.offers, repeated.len() as u64);
        let mut expected: Vec<Vec<(usize, u64)>> = repeated
            .iter()
            .map(|key| (1..).zip(&keys).filter(|(_, known)| *known == key).map(|(line, _)| (0, line)).collect())
            .collect();
        expected.sort();
        expected.truncate(limit);
        for (group, mut places) in list.groups.iter().zip(expected) {
            prop_assert_eq!(group.rows, places.len() as u64);
            places.truncate(10);
            prop_assert_eq!(&group.places, &places);
        }
    }
}
