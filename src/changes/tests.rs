//! Sorting and pairing against a slow reference that holds everything in maps.

use super::record::testing::{date, offer};
use super::*;
use crate::rules::{Level, OfferType};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A row of an export: id, offer type, name, level, day of purchase.
type Row = (&'static str, usize, &'static str, usize, u8);
/// Rows by level and purchase, each with its number in the export.
type Levels = BTreeMap<usize, BTreeMap<u8, Vec<usize>>>;

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        prop::sample::select(vec!["1", "12", "2"]),
        0..OfferType::ALL.len(),
        prop::sample::select(vec!["", "DevOps", "devops", "Data"]),
        0..3_usize,
        1_u8..4,
    );
    prop::collection::vec(row, 0..40)
}

/// The pairs by the definition, offer by offer: same level and purchase, same level, and what is left.
fn reference(old: &[Row], new: &[Row]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut offers: BTreeMap<(&str, usize, String), [Levels; 2]> = BTreeMap::new();
    for (night, rows) in [old, new].into_iter().enumerate() {
        for (number, &(id, offer_type, name, level, day)) in rows.iter().enumerate() {
            let nights = offers.entry((id, offer_type, name.to_lowercase())).or_default();
            nights[night].entry(level).or_default().entry(day).or_default().push(number);
        }
    }
    let mut pairs = Vec::new();
    for [mut old, mut new] in offers.into_values() {
        let mut left = [Vec::new(), Vec::new()];
        for level in 0..3 {
            let mut left_of_level = [Vec::new(), Vec::new()];
            for day in 1..4 {
                let take = |night: &mut Levels| night.entry(level).or_default().remove(&day).unwrap_or_default();
                zip_off(take(&mut old), take(&mut new), &mut pairs, &mut left_of_level);
            }
            let [old, new] = left_of_level;
            zip_off(old, new, &mut pairs, &mut left);
        }
        let [old, new] = left;
        let mut rest = [Vec::new(), Vec::new()];
        zip_off(old, new, &mut pairs, &mut rest);
        let [gone, came] = rest;
        pairs.extend(gone.into_iter().map(|number| (Some(number), None)));
        pairs.extend(came.into_iter().map(|number| (None, Some(number))));
    }
    pairs.sort_unstable();
    pairs
}

fn zip_off(
    old: Vec<usize>,
    new: Vec<usize>,
    pairs: &mut Vec<(Option<usize>, Option<usize>)>,
    left: &mut [Vec<usize>; 2],
) {
    let common = old.len().min(new.len());
    pairs.extend((0..common).map(|index| (Some(old[index]), Some(new[index]))));
    left[0].extend(&old[common..]);
    left[1].extend(&new[common..]);
}

fn sorted(rows: &[Row], per_run: usize, file: Option<&Arc<SpillFile>>) -> SortedOffers {
    let runs = rows.chunks(per_run).enumerate().map(|(part, rows)| {
        let mut builder = RunBuilder::default();
        for (index, &(id, offer_type, name, level, day)) in rows.iter().enumerate() {
            builder.push(&NightOffer {
                partner_id: id.as_bytes(),
                offer_type: OfferType::ALL[offer_type],
                offer_name: name.as_bytes(),
                level: level.checked_sub(1).map(|place| Level::ALL[place]),
                purchase_date: date(&format!("2019-01-0{day}")),
                // Tells which row of the export it is.
                fee: Some((part * per_run + index) as i128),
                ..offer()
            });
        }
        builder.finish(file).expect("sorted")
    });
    SortedOffers::new(runs.collect()).expect("merged")
}

fn repeats(rows: &[Row]) -> u64 {
    let mut keys: Vec<_> = rows.iter().map(|row| (row.0, row.1, row.2.to_lowercase(), row.3)).collect();
    keys.sort_unstable();
    keys.dedup();
    (rows.len() - keys.len()) as u64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn pairs_are_those_of_the_definition_whatever_the_runs(
        old in rows(),
        new in rows(),
        per_run in (1_usize..50, 1_usize..50),
        is_spilled: bool,
    ) {
        let file = is_spilled.then(|| Arc::new(SpillFile::create(&std::env::temp_dir()).expect("created")));
        let (mut first, mut second) =
            (sorted(&old, per_run.0, file.as_ref()), sorted(&new, per_run.1, file.as_ref()));
        let mut found = Vec::new();
        let mut keys = Vec::new();
        let number = |record: &[u8]| decode(record).fee.map(|fee| fee as usize);
        let told = pair_off::<ChangesError>(&mut first, &mut second, &mut |old, new| {
            found.push((old.and_then(number), new.and_then(number)));
            keys.extend(new.or(old).map(|record| {
                let offer = decode(record);
                (offer.partner_id.to_vec(), offer.offer_type, offer.offer_name.to_ascii_lowercase())
            }));
            Ok(())
        }).expect("paired");
        prop_assert!(keys.is_sorted(), "offers come in the order of their keys");
        found.sort_unstable();
        prop_assert_eq!(found, reference(&old, &new));
        prop_assert_eq!(told, Repeats { old: repeats(&old), new: repeats(&new) });
    }
}

#[test]
fn a_key_that_stands_there_without_end_takes_no_memory_without_end() {
    let (rows, partner_name) = (50_000, [b'x'; 500]);
    let stream = |day: &str, count: usize| {
        let mut builder = RunBuilder::default();
        (0..count).for_each(|_| {
            builder.push(&NightOffer { partner_name: &partner_name, purchase_date: date(day), ..offer() })
        });
        SortedOffers::new(vec![builder.finish(None).expect("sorted")]).expect("merged")
    };
    let (mut old, mut new) = (stream("2019-01-01", rows), stream("2019-01-02", rows));
    let (mut pairs, mut alone) = (0, 0);
    let told = pair_off::<ChangesError>(&mut old, &mut new, &mut |old, new| {
        if old.is_some() && new.is_some() {
            pairs += 1;
        } else {
            alone += 1;
        }
        Ok(())
    });
    assert_eq!(told.expect("paired").old, rows as u64 - 1);
    assert_eq!(2 * pairs + alone, 2 * rows);
    assert!(pairs > 20_000 && alone > 20_000, "{pairs} {alone}");
}
