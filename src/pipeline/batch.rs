//! What one batch of rows adds to a run: report rows, forecast, counts and rejects.

use super::duplicates::{DuplicateRows, OnDuplicate};
use crate::duplicates::{Fingerprint, Fingerprints};
use crate::finance::{PaymentHistory, leaf_index};
use crate::formats::DateTexts;
use crate::formats::compression::Codec;
use crate::formats::csv::CsvReports;
use crate::formats::parquet::{ParquetCellSink, ParquetReports};
use crate::formats::xlsx::XlsxReports;
use crate::ingest::{Column, Fault, Reject, RejectCode, Row, RowConsumer};
use crate::reports::{
    CurrencyIndex, DECISIONS, DueOffers, NoCells, Overview, REPORT_COUNT, ReportOptions, ReportSink, Tally,
    write_decision, write_rows,
};
use crate::rules::{Decision, Policy, decide, visit_closed_windows};
use std::sync::Arc;

/// What every batch of a run is decided by.
#[derive(Clone, Copy, Debug)]
pub struct BatchSettings<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The as-of date and the reach of the reports.
    pub options: &'a ReportOptions,
    /// Days before the as-of date whose closed windows renewal rates are measured on.
    pub history_days: i32,
    /// Texts of the days around the as-of date.
    pub date_texts: &'a Arc<DateTexts>,
    /// Whether texts are written as they are in CSV.
    pub is_raw_text: bool,
    /// Whether CSV is written.
    pub writes_csv: bool,
    /// How CSV is compressed, if it is.
    pub codec: Option<Codec>,
    /// Whether Parquet is written.
    pub writes_parquet: bool,
    /// Whether the decision table is written.
    pub writes_decisions: bool,
    /// Whether a page is written.
    pub writes_html: bool,
    /// Whether a workbook is written.
    pub writes_xlsx: bool,
    /// What becomes of an offer that an earlier row has.
    pub on_duplicate: OnDuplicate,
    /// The rows that are rejected for it, if they are.
    pub duplicates: Option<&'a DuplicateRows>,
}

/// Currencies that a yield keeps room for; real exports have fewer, made-up codes must not add up to memory.
const CURRENCIES_KEPT: usize = 256;

/// The yield of one batch. It is used again for other batches, so that its memory stays warm.
pub struct BatchYield {
    /// Report rows as CSV, if CSV is written.
    pub csv: Option<CsvReports>,
    /// Report rows as columns, if Parquet is written.
    pub parquet: Option<ParquetReports>,
    /// Rows of the decision table as columns, if it is written.
    pub decisions: Option<ParquetCellSink>,
    /// Report rows for a workbook, if one is written.
    pub xlsx: Option<XlsxReports>,
    /// Numbers of the currencies that came up.
    pub currencies: CurrencyIndex,
    /// What falls due.
    pub due_offers: DueOffers,
    /// What a page says beyond that, if one is written.
    pub overview: Option<Overview>,
    /// How the windows of the past ended.
    pub history: PaymentHistory,
    /// Counts.
    pub tally: Tally,
    /// Rejected rows, in order.
    pub rejects: Vec<Reject>,
    /// What tells the evaluated offers apart, if duplicates are counted.
    pub fingerprints: Vec<Fingerprint>,
    fingerprinting: Fingerprints,
    /// Number of the batch's first row among those that are fine but for duplicates; known if these are rejected.
    pub first_row: u64,
    /// Rows so far that are fine but for duplicates; counted if these are rejected.
    rows_fine: u64,
}

impl BatchYield {
    /// An empty yield.
    pub fn new(settings: &BatchSettings<'_>) -> Self {
        Self {
            csv: settings.writes_csv.then(|| CsvReports::new(settings.is_raw_text, settings.date_texts)),
            parquet: settings.writes_parquet.then(ParquetReports::new),
            decisions: settings.writes_decisions.then(|| ParquetCellSink::new(DECISIONS)),
            xlsx: settings.writes_xlsx.then(XlsxReports::new),
            currencies: CurrencyIndex::default(),
            due_offers: DueOffers::new(settings.options, settings.policy.numbers()),
            history: PaymentHistory::new(settings.policy),
            overview: settings.writes_html.then(|| Overview::new(settings.options)),
            tally: Tally::default(),
            rejects: Vec::new(),
            fingerprints: Vec::new(),
            fingerprinting: Fingerprints::default(),
            first_row: 0,
            rows_fine: 0,
        }
    }

    /// Forgets everything but the memory.
    pub fn clear(&mut self) {
        if let Some(csv) = &mut self.csv {
            csv.clear();
        }
        if let Some(parquet) = &mut self.parquet {
            parquet.clear();
        }
        if let Some(decisions) = &mut self.decisions {
            decisions.clear();
        }
        if let Some(xlsx) = &mut self.xlsx {
            xlsx.clear();
        }
        if self.currencies.codes().len() > CURRENCIES_KEPT {
            self.currencies = CurrencyIndex::default();
        }
        self.due_offers.clear();
        if let Some(overview) = &mut self.overview {
            overview.clear();
        }
        self.history.clear();
        self.tally = Tally::default();
        self.rejects.clear();
        self.fingerprints.clear();
        self.rows_fine = 0;
    }
}

/// Decides the rows of a batch and collects their yield.
pub struct BatchEvaluator<'a> {
    settings: &'a BatchSettings<'a>,
    batch: &'a mut BatchYield,
}

impl<'a> BatchEvaluator<'a> {
    /// An evaluator that adds to `batch`.
    pub const fn new(settings: &'a BatchSettings<'a>, batch: &'a mut BatchYield) -> Self {
        Self { settings, batch }
    }
}

impl RowConsumer for BatchEvaluator<'_> {
    #[inline]
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let BatchSettings { policy, options, history_days, .. } = *self.settings;
        let decision = decide(policy, options.as_of, &row.offer)?;
        let batch = &mut *self.batch;
        if self.settings.on_duplicate.counts() {
            batch.fingerprints.push(batch.fingerprinting.of(row));
        } else if let Some(duplicates) = self.settings.duplicates {
            let number = batch.first_row + batch.rows_fine;
            batch.rows_fine += 1;
            if duplicates.contains(number) {
                return Err(Fault { column: Column::PartnerId, code: RejectCode::DuplicateOffer });
            }
        }
        let currency = batch.currencies.number(row.currency);
        batch.tally.evaluated(currency, row, &decision);
        batch.due_offers.add(options, currency, row, &decision);
        if let Some(overview) = &mut batch.overview {
            overview.add(currency, row, &decision);
        }
        if let (Some(term), Some(leaf)) = (&decision.term, leaf_index(row.offer.offer_type, row.level)) {
            visit_closed_windows(policy, options.as_of, history_days, &row.offer, term, |outcome| {
                batch.history.add(leaf, outcome);
            });
        }
        let mut uncounted = [0; REPORT_COUNT];
        if let Some(csv) = &mut batch.csv {
            write_rows(options, row, &decision, csv, &mut batch.tally.report_rows);
        }
        if let Some(parquet) = &mut batch.parquet {
            let counts = if batch.csv.is_some() { &mut uncounted } else { &mut batch.tally.report_rows };
            write_rows(options, row, &decision, parquet, counts);
        }
        if let Some(decisions) = &mut batch.decisions {
            write_decision(policy, row, &decision, decisions);
        }
        if let Some(xlsx) = &mut batch.xlsx {
            let is_counted = batch.csv.is_some() || batch.parquet.is_some();
            let counts = if is_counted { &mut uncounted } else { &mut batch.tally.report_rows };
            write_rows_apart(options, row, &decision, xlsx, counts);
        } else if batch.csv.is_none() && batch.parquet.is_none() {
            write_rows_apart(options, row, &decision, &mut NoCells, &mut batch.tally.report_rows);
        }
        Ok(())
    }

    #[cold]
    fn reject(&mut self, reject: Reject) {
        self.batch.tally.rejected(reject.code);
        self.batch.rejects.push(reject);
    }
}

/// [`write_rows`], apart from the code for CSV and Parquet, which is to stay compact.
#[inline(never)]
fn write_rows_apart(
    options: &ReportOptions,
    row: &Row<'_>,
    decision: &Decision,
    sink: &mut impl ReportSink,
    counts: &mut [u64; REPORT_COUNT],
) {
    write_rows(options, row, decision, sink, counts);
}
