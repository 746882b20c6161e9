//! Checks inputs on all threads, and publishes nothing.

use super::error::RunError;
use super::input::Input;
use super::scan::{ScanSettings, scan};
use super::{RunObserver, start_threads};
use crate::check::{Check, CheckBatch, CheckSettings, DuplicateGroup, DuplicateList, Findings, ManyValued, packed};
use crate::duplicates::{Fingerprints, PARTITIONS, Partitions};
use crate::ingest::{Fault, Reject, Row, RowConsumer};
use crate::reports::RejectOrigin;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::collections::BTreeMap;

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// Rows, columns and values.
    pub findings: Findings,
    /// Offers that are there more than once.
    pub duplicates: DuplicateList,
    /// The texts of the offers that are listed, by key; fewer if an input can only be read once.
    pub offers: BTreeMap<[u64; 2], OfferTexts>,
}

/// The texts that say which offer a row has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferTexts {
    /// The partner's id.
    pub partner_id: Vec<u8>,
    /// The offer type.
    pub offer_type: &'static str,
    /// The offer's name.
    pub offer_name: Vec<u8>,
    /// The level, empty if there is none.
    pub level: &'static str,
}

/// Checks every input, reading each once, and once more where duplicates are to be named.
///
/// # Errors
/// An input that cannot be read, a full disk, and an interrupt.
pub fn check(
    inputs: &[Input],
    settings: &CheckSettings<'_>,
    scan_settings: &ScanSettings<'_>,
    observer: &dyn RunObserver,
) -> Result<Checked, RunError> {
    let many = ManyValued::default();
    let mut check = Check::new(*settings);
    let mut partitions: Partitions<'_, 3> = Partitions::new(Box::new(tempfile::tempfile));
    scan(inputs, scan_settings, observer, &|| CheckBatch::new(*settings, &many), &mut |place, mut batch| {
        if !batch.bad_dates.is_empty() {
            let input = &inputs[place.input];
            let origin = RejectOrigin { file: b"", lines_before: place.lines_before, headers: &input.other_headers() };
            input.check_dates(&batch.bad_dates, &origin)?;
        }
        check.take(place.input, place.lines_before, place.rows, &mut batch, &many);
        for (fingerprint, line) in batch.offers {
            let row = packed(place.input, place.lines_before + line);
            let record = [fingerprint.low(), fingerprint.high(), row];
            partitions.add(fingerprint.partition(), record).map_err(RunError::Scratch)?;
        }
        Ok(())
    })?;
    let duplicates = list_duplicates(&partitions, settings.examples, scan_settings.threads)?;
    let is_repeatable = inputs.iter().all(Input::is_repeatable);
    let offers = if duplicates.groups.is_empty() || !is_repeatable {
        BTreeMap::new()
    } else {
        name_offers(inputs, &duplicates.groups, scan_settings, observer)?
    };
    Ok(Checked { findings: check.finish(), duplicates, offers })
}

fn list_duplicates(partitions: &Partitions<'_, 3>, limit: usize, threads: usize) -> Result<DuplicateList, RunError> {
    let lists = || {
        (0..PARTITIONS)
            .into_par_iter()
            .map_init(Vec::new, |records: &mut Vec<_>, partition| {
                records.clear();
                partitions.visit(partition, |record| records.push(record))?;
                let mut list = DuplicateList::default();
                list.add(records, limit);
                Ok(list)
            })
            .try_reduce(DuplicateList::default, |left, right| Ok(left.merge(right, limit)))
    };
    start_threads(threads)?.install(lists).map_err(RunError::Scratch)
}

/// Reads the inputs for the texts of a few offers.
fn name_offers(
    inputs: &[Input],
    groups: &[DuplicateGroup],
    scan_settings: &ScanSettings<'_>,
    observer: &dyn RunObserver,
) -> Result<BTreeMap<[u64; 2], OfferTexts>, RunError> {
    let mut wanted: Vec<[u64; 2]> = groups.iter().map(|group| group.key).collect();
    wanted.sort_unstable();
    let mut offers = BTreeMap::new();
    let new_batch = || NameBatch { wanted: &wanted, found: Vec::new(), fingerprinting: Fingerprints::default() };
    scan(inputs, scan_settings, observer, &new_batch, &mut |_, batch| {
        for (key, texts) in batch.found {
            offers.entry(key).or_insert(texts);
        }
        Ok(())
    })?;
    Ok(offers)
}

struct NameBatch<'a> {
    wanted: &'a [[u64; 2]],
    found: Vec<([u64; 2], OfferTexts)>,
    fingerprinting: Fingerprints,
}

impl RowConsumer for NameBatch<'_> {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let found = self.fingerprinting.of(row);
        let key = [found.low(), found.high()];
        if self.wanted.binary_search(&key).is_ok() && !self.found.iter().any(|(known, _)| *known == key) {
            self.found.push((
                key,
                OfferTexts {
                    partner_id: row.partner_id.to_vec(),
                    offer_type: row.offer.offer_type.as_str(),
                    offer_name: row.offer.offer_name.to_vec(),
                    level: row.level.map_or("", |level| level.as_str()),
                },
            ));
        }
        Ok(())
    }

    fn reject(&mut self, _: Reject) {}
}
