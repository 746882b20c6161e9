//! A backtest: the forecast of an older export, against the payments that a later one shows.
//!
//! The older export is read twice, first for what is due and last for the rows that could not be matched; the later one
//! once in between. What is kept in memory is one small record for each offer that is due, whatever else grows.

mod batches;
mod ledger;

use self::batches::{DueBatch, FateBatch, ForecastBasis, RowCounts, UnmatchedBatch};
use self::ledger::{Ledger, MonthSums};
use super::{Input, OutlookSettings, RunError, RunObserver, ScanSettings, scan};
use crate::finance::{CurrencyCode, DueTimes, ExpectedTotal, FeeOutlook, OutlookBasis, PaymentHistory, ReportingTotal};
use crate::formats::DateTexts;
use crate::formats::csv::{CsvCellSink, table_header};
use crate::ingest::DateFormat;
use crate::publish::{FileEntry, Publication};
use crate::reports::{
    BACKTEST, BacktestMonth, Forecast, ReportOptions, UNMATCHED, UnmatchedReason, write_backtest_month,
};
use crate::rules::{Date, Policy};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a backtest is asked for.
#[derive(Debug)]
pub struct BacktestSettings<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The as-of date of the older export, and the months of the forecast.
    pub options: ReportOptions,
    /// The as-of date of the later export.
    pub actuals_as_of: Date,
    /// What the estimates go by.
    pub outlook: OutlookSettings<'a>,
    /// Whether texts are written as they are in CSV.
    pub is_raw_text: bool,
    /// Number of threads.
    pub threads: usize,
    /// Bytes of CSV in a batch, a power of two of at least 1,024.
    pub batch_bytes: u64,
}

/// An export: its files, and how text dates are written in them.
#[derive(Clone, Copy)]
pub struct Export<'a> {
    /// The files.
    pub inputs: &'a [Input],
    /// How text dates are written.
    pub date_format: &'a DateFormat,
}

/// What came of a backtest whose files are written, but not yet published.
#[derive(Debug)]
pub struct BacktestResult {
    /// The months, as in the file.
    pub months: Vec<BacktestMonth>,
    /// Offers that were due.
    pub offers_due: u64,
    /// Those of them that could not be matched, by reason.
    pub unmatched: [u64; UnmatchedReason::ALL.len()],
    /// Rows of the older and of the later export.
    pub rows: [RowCounts; 2],
    /// The files written.
    pub files: Vec<FileEntry>,
}

/// Runs a backtest. `older` is read twice, the second time as `again`.
///
/// # Errors
/// An input that cannot be read, or a file that cannot be written.
pub fn backtest(
    [older, again, later]: [Export<'_>; 3],
    settings: &BacktestSettings<'_>,
    publication: &Publication,
    observer: &dyn RunObserver,
) -> Result<BacktestResult, RunError> {
    let forecast = Forecast::new(&settings.options, settings.policy.numbers());
    let basis = ForecastBasis {
        policy: settings.policy,
        options: &settings.options,
        history_days: settings.outlook.history_days,
        times: forecast.times(),
        first_month: forecast.first_month(),
    };
    let reading = Reading { settings, observer };
    let mut ledger = Ledger::default();
    let mut history = PaymentHistory::new(settings.policy);
    let mut rows = [RowCounts::default(); 2];
    reading.scan(older, &|| DueBatch::new(basis), &mut |batch| {
        batch.due.into_iter().for_each(|(key, offer)| ledger.add(key, offer));
        history.merge(&batch.history);
        rows[0].add(batch.rows);
        Ok(())
    })?;
    // The batches look offers up in the ledger, so what they say of them is taken once all are read.
    let mut fates = Vec::new();
    reading.scan(later, &|| FateBatch::new(settings.policy, settings.actuals_as_of, &ledger), &mut |batch| {
        fates.extend(batch.fates);
        rows[1].add(batch.rows);
        Ok(())
    })?;
    fates.into_iter().for_each(|(key, fate)| ledger.settle(key, fate));
    let (months, places) = months(settings, basis.times, basis.first_month, &ledger, &history)?;
    let date_texts = Arc::new(DateTexts::around(settings.options.as_of));
    let new_cells = || CsvCellSink::new(settings.is_raw_text, date_texts.clone());
    let mut cells = new_cells();
    months.iter().for_each(|month| write_backtest_month(month, places, &mut cells));
    let mut file = publication.create(&format!("{}.csv", BACKTEST.name))?;
    file.append(&table_header(BACKTEST))?;
    file.append(cells.bytes())?;
    let mut files = vec![file.finish(months.len() as u64)?];
    let mut file = publication.create(&format!("{}.csv", UNMATCHED.name))?;
    file.append(&table_header(UNMATCHED))?;
    let mut count = 0;
    reading.scan(again, &|| UnmatchedBatch::new(basis, &ledger, new_cells()), &mut |batch| {
        count += batch.count;
        Ok(file.append(batch.cells.bytes())?)
    })?;
    files.push(file.finish(count)?);
    Ok(BacktestResult { months, offers_due: ledger.len() as u64, unmatched: ledger.unmatched(), rows, files })
}

/// How the exports are read.
#[derive(Clone, Copy)]
struct Reading<'a> {
    settings: &'a BacktestSettings<'a>,
    observer: &'a dyn RunObserver,
}

impl Reading<'_> {
    fn scan<B: crate::ingest::RowConsumer + Send>(
        self,
        export: Export<'_>,
        new_batch: &(impl Fn() -> B + Sync),
        take: &mut (impl FnMut(B) -> Result<(), RunError> + Send),
    ) -> Result<(), RunError> {
        let BacktestSettings { threads, batch_bytes, .. } = *self.settings;
        let settings = ScanSettings { date_format: export.date_format, threads, batch_bytes };
        scan(export.inputs, &settings, self.observer, new_batch, &mut |_place, batch| take(batch))
    }
}

/// The months of the result, and the decimal places of their amounts.
fn months(
    settings: &BacktestSettings<'_>,
    times: DueTimes,
    first_month: i32,
    ledger: &Ledger,
    history: &PaymentHistory,
) -> Result<(Vec<BacktestMonth>, u8), RunError> {
    let fees = ledger.matched(times);
    let OutlookSettings { coverage, assumptions, exchange, .. } = settings.outlook;
    let outlook = FeeOutlook::new(&OutlookBasis {
        fees: &fees,
        history,
        assumptions,
        first_month,
        months: settings.options.forecast_months,
        coverage,
        numbers: *settings.policy.numbers(),
        exchange,
    })?;
    let sums = ledger.months(times, first_month);
    let closes_after = settings.policy.numbers().window_closes_after_days;
    let is_complete =
        |sums: &MonthSums| sums.latest.is_none_or(|latest| latest.plus_days(closes_after) < settings.actuals_as_of);
    let Some(base) = outlook.scenarios.first() else { return Ok((Vec::new(), outlook.places)) };
    let totals: BTreeMap<(i32, CurrencyCode), &ExpectedTotal> =
        base.totals.iter().filter_map(|total| Some(((total.month?, total.currency), total))).collect();
    let mut months: Vec<BacktestMonth> = Vec::new();
    for (&(month, currency), sums) in &sums {
        let total = totals.get(&(month, currency));
        let fees_due = total.and_then(|total| total.sum.known_fees());
        months.push(BacktestMonth {
            month,
            currency: Some(currency),
            offers: sums.offers,
            offers_without_fee: total.map_or(0, |total| total.sum.offers_without_fee),
            fees_due,
            estimate: total.and_then(|total| total.estimate),
            fees_actual: fees_due.map(|_| sums.paid.fees),
            is_complete: is_complete(sums),
            offers_unmatched: sums.unmatched.offers,
            fees_unmatched: sums.unmatched.known_fees(),
        });
    }
    let places = sums.values().map(|sums| sums.unmatched.places).fold(outlook.places, u8::max);
    let Some(exchange) = exchange else { return Ok((months, places)) };
    let of_currencies = months.clone();
    for total in &base.reporting_totals {
        months.extend(of_all_currencies(total, &of_currencies, |code, fees| {
            exchange.rates.get(&code).and_then(|rate| rate.convert(fees))
        }));
    }
    Ok((months, places.max(crate::rules::FEE_PLACES_MAX)))
}

/// A month of all currencies, in the reporting one; what was paid is converted currency by currency.
fn of_all_currencies(
    total: &ReportingTotal,
    months: &[BacktestMonth],
    convert: impl Fn(CurrencyCode, i128) -> Option<i128>,
) -> Option<BacktestMonth> {
    let month = total.month?;
    let of_month = || months.iter().filter(|other| other.month == month);
    let converted = |fees: fn(&BacktestMonth) -> Option<i128>| -> Option<i128> {
        let known: Vec<(CurrencyCode, i128)> =
            of_month().filter_map(|other| Some((other.currency?, fees(other)?))).collect();
        if known.is_empty() {
            return None;
        }
        known.into_iter().map(|(code, fees)| convert(code, fees)).sum()
    };
    Some(BacktestMonth {
        month,
        currency: None,
        offers: of_month().map(|other| other.offers).sum(),
        offers_without_fee: total.offers_without_fee,
        fees_due: total.reporting.map(|reporting| reporting.fees_due),
        estimate: total.reporting.map(|reporting| reporting.estimate),
        fees_actual: converted(|month| month.fees_actual),
        is_complete: of_month().all(|other| other.is_complete),
        offers_unmatched: of_month().map(|other| other.offers_unmatched).sum(),
        fees_unmatched: converted(|month| month.fees_unmatched),
    })
}
