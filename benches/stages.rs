//! The stages of a run, each by itself and on one thread: ingest, rules, formatting.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use renewals::formats::DateTexts;
use renewals::formats::csv::CsvReports;
use renewals::generate::{GenerateOptions, generate_csv};
use renewals::ingest::csv::{ChunkReader, CsvSource};
use renewals::ingest::{DateFormat, Fault, FeeCell, InputFile, ReadOptions, Reject, Row, RowConsumer};
use renewals::policy::{DEFAULT_ID, load};
use renewals::reports::{REPORT_COUNT, ReportOptions, write_rows};
use renewals::rules::{Date, Decision, Fee, Level, Offer, OfferColumns, OfferType, Policy, Portal, decide_batch};
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;

const ROWS: u64 = 100_000;
const CHUNK_BYTES: u64 = 512 * 1024;

fn as_of() -> Date {
    Date::parse_iso(b"2020-06-05").expect("a day of the calendar")
}

fn policy() -> Policy {
    load(DEFAULT_ID).expect("the default policy is compiled in").policy
}

/// What the rules need of a row, kept so that they can be run without reading.
#[derive(Default)]
struct Facts {
    offer_type: Vec<OfferType>,
    offer_name: Vec<&'static [u8]>,
    purchase_date: Vec<Date>,
    renewal_start_date: Vec<Option<Date>>,
    last_renewal_date: Vec<Option<Date>>,
    requirements_met: Vec<Option<bool>>,
    portal: Vec<Portal>,
}

impl RowConsumer for Facts {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        self.offer_type.push(row.offer.offer_type);
        self.offer_name.push(b"");
        self.purchase_date.push(row.offer.purchase_date);
        self.renewal_start_date.push(row.offer.renewal_start_date);
        self.last_renewal_date.push(row.offer.last_renewal_date);
        self.requirements_met.push(row.offer.requirements_met);
        self.portal.push(row.offer.portal);
        Ok(())
    }

    fn reject(&mut self, _reject: Reject) {}
}

impl Facts {
    fn columns(&self) -> OfferColumns<'_> {
        OfferColumns {
            offer_type: &self.offer_type,
            offer_name: &self.offer_name,
            purchase_date: &self.purchase_date,
            renewal_start_date: &self.renewal_start_date,
            last_renewal_date: &self.last_renewal_date,
            requirements_met: &self.requirements_met,
            portal: &self.portal,
        }
    }
}

/// Counts rows, so that reading is measured alone.
#[derive(Default)]
struct Count(u64);

impl RowConsumer for Count {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        self.0 += u64::from(row.fee.is_some());
        Ok(())
    }

    fn reject(&mut self, _reject: Reject) {}
}

fn export() -> (tempfile::TempDir, CsvSource) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("export.csv");
    let mut file = std::fs::File::create(&path).expect("a new file");
    let options = GenerateOptions { rows: ROWS, seed: 7, dirty: 0.0, as_of: as_of(), lives: None };
    generate_csv(options, &policy(), b',', &mut file).expect("an export");
    file.flush().expect("a written file");
    let input = InputFile::open(&path).expect("the export");
    let source = CsvSource::open(input, &ReadOptions::new(1024 * 1024)).expect("a header");
    (directory, source)
}

fn read(source: &CsvSource, reader: &mut ChunkReader, consumer: &mut impl RowConsumer) -> u64 {
    let mut next = source.layout.data_start;
    let mut rows = 0;
    for index in 0..source.file.size().div_ceil(CHUNK_BYTES) {
        let outcome = reader
            .read(source, index, CHUNK_BYTES, Some(next), &DateFormat::Iso, consumer)
            .expect("an export that can be read");
        next = outcome.next_record;
        rows += outcome.rows;
    }
    rows
}

fn ingest(criterion: &mut Criterion) {
    let (_directory, source) = export();
    let mut reader = ChunkReader::default();
    let mut group = criterion.benchmark_group("ingest");
    group.throughput(Throughput::Bytes(source.file.size()));
    group.bench_function("csv", |bencher| bencher.iter(|| read(&source, &mut reader, &mut Count::default())));
    group.finish();
}

fn rules(criterion: &mut Criterion) {
    let (_directory, source) = export();
    let mut facts = Facts::default();
    read(&source, &mut ChunkReader::default(), &mut facts);
    let columns = facts.columns();
    let policy = policy();
    let mut group = criterion.benchmark_group("rules");
    group.throughput(Throughput::Elements(columns.len() as u64));
    group.bench_function("decide", |bencher| {
        bencher.iter(|| {
            for decision in decide_batch(&policy, as_of(), &columns) {
                // A rejected row is a decision too.
                let _ = black_box(&decision);
            }
        });
    });
    group.finish();
}

fn formatting(criterion: &mut Criterion) {
    let options = ReportOptions { as_of: as_of(), horizon_days: 90, forecast_months: 12, reminders_from: as_of() };
    let policy = policy();
    let offer = Offer {
        offer_type: OfferType::Competency,
        offer_name: b"Cloud Platform",
        purchase_date: Date::parse_iso(b"2018-07-01").expect("a day of the calendar"),
        renewal_start_date: Date::parse_iso(b"2020-07-01"),
        last_renewal_date: None,
        requirements_met: Some(true),
        portal: Portal::PartnerCenter,
    };
    let decision: Decision = renewals::rules::decide(&policy, options.as_of, &offer).expect("no contradiction");
    let row = Row {
        partner_id: b"4390934",
        partner_name: b"Fabulous Example Traders Ltd",
        country: b"GB",
        level: Some(Level::Gold),
        fee: Fee::parse(b"1670.00").map(|fee| FeeCell { fee, text: b"1670.00" }),
        currency: b"GBP",
        ..Row::of(offer)
    };
    let mut reports = CsvReports::new(false, &Arc::new(DateTexts::around(options.as_of)));
    let mut group = criterion.benchmark_group("formatting");
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("upcoming_renewals as csv", |bencher| {
        bencher.iter(|| {
            reports.clear();
            let mut counts = [0; REPORT_COUNT];
            for _ in 0..1_000 {
                write_rows(&options, black_box(&row), &decision, &mut reports, &mut counts);
            }
            counts
        });
    });
    group.finish();
}

criterion_group!(stages, ingest, rules, formatting);
criterion_main!(stages);
