//! The files that a run writes: every report in every format that was asked for.

use super::batch::{BatchSettings, BatchYield};
use super::error::RunError;
use crate::formats::DateTexts;
use crate::formats::csv::{CsvCellSink, header};
use crate::formats::parquet::{
    EncodedRowGroup, ParquetCellSink, ParquetFile, ParquetFormatError, RowGroup, RowGroupEncoder,
};
use crate::ingest::Reject;
use crate::publish::{FileEntry, Publication, PublishError, StagedFile};
use crate::reports::{
    CellSink, CurrencyIndex, DECISIONS, Forecast, REPORT_COUNT, RejectOrigin, Report, Table, write_forecast,
    write_reject,
};
use std::sync::Arc;

/// The open files of a run.
pub struct ReportFiles {
    csv: Option<Vec<StagedFile>>,
    parquet: Option<Vec<ParquetFile<StagedFile>>>,
    /// The decision table, if it is written.
    decisions: Option<ParquetFile<StagedFile>>,
    /// Row groups that are complete and wait to be encoded.
    complete: Vec<RowGroup>,
    /// The rejects as CSV where no CSV is published: a run with too many keeps them in any case.
    rejects_only: Option<StagedFile>,
    is_raw_text: bool,
    date_texts: Arc<DateTexts>,
}

/// Name of the rejects as CSV.
pub const REJECTS_CSV: &str = "rejects.csv";

impl ReportFiles {
    /// Creates every file, with its header.
    ///
    /// # Errors
    /// A file cannot be created or written.
    pub fn create(publication: &Publication, settings: &BatchSettings<'_>) -> Result<Self, RunError> {
        let BatchSettings { writes_csv, writes_parquet, is_raw_text, date_texts, .. } = *settings;
        let mut csv = Vec::new();
        let mut parquet = Vec::new();
        for &report in Report::ALL {
            if writes_csv {
                let mut file = publication.create(&format!("{}.csv", report.as_str()))?;
                file.append(&header(report))?;
                csv.push(file);
            }
            if writes_parquet {
                parquet.push(create_parquet(publication, report.table())?);
            }
        }
        let decisions = settings.writes_decisions.then(|| create_parquet(publication, DECISIONS)).transpose()?;
        let rejects_only = if writes_csv {
            None
        } else {
            let mut file = publication.create(REJECTS_CSV)?;
            file.append(&header(Report::Rejects))?;
            Some(file)
        };
        Ok(Self {
            csv: writes_csv.then_some(csv),
            parquet: writes_parquet.then_some(parquet),
            decisions,
            complete: Vec::new(),
            rejects_only,
            is_raw_text,
            date_texts: date_texts.clone(),
        })
    }

    /// Appends the report rows of a batch.
    ///
    /// # Errors
    /// Writing fails.
    pub fn append(&mut self, batch: &BatchYield) -> Result<(), RunError> {
        if let (Some(files), Some(rows)) = (&mut self.csv, &batch.csv) {
            for (file, &report) in files.iter_mut().zip(Report::ALL) {
                let bytes = rows.bytes(report);
                if !bytes.is_empty() {
                    file.append(bytes)?;
                }
            }
        }
        if let (Some(files), Some(rows)) = (&mut self.parquet, &batch.parquet) {
            for (file, &report) in files.iter_mut().zip(Report::ALL) {
                file.append(rows.sink(report), &mut self.complete);
            }
        }
        if let (Some(file), Some(rows)) = (&mut self.decisions, &batch.decisions) {
            file.append(rows, &mut self.complete);
        }
        Ok(())
    }

    /// Appends rejected rows of a file.
    ///
    /// # Errors
    /// Writing fails.
    pub fn append_rejects(&mut self, origin: &RejectOrigin<'_>, rejects: &[Reject]) -> Result<(), RunError> {
        if rejects.is_empty() {
            return Ok(());
        }
        self.append_rows(Report::Rejects, &mut |cells| {
            for reject in rejects {
                write_reject(origin, reject, &mut *cells);
            }
        })
    }

    /// Writes the forecast; returns its rows.
    ///
    /// # Errors
    /// Writing fails.
    pub fn append_forecast(&mut self, forecast: &Forecast, currencies: &CurrencyIndex) -> Result<u64, RunError> {
        let mut rows = 0;
        self.append_rows(Report::FeeForecast, &mut |cells| rows = write_forecast(forecast, currencies, cells))?;
        Ok(rows)
    }

    /// Appends rows that are written in order, in each format.
    fn append_rows(&mut self, report: Report, write: &mut dyn FnMut(&mut dyn CellSink)) -> Result<(), RunError> {
        let csv = match (&mut self.csv, &mut self.rejects_only) {
            (Some(files), _) => Some(&mut files[report.index()]),
            (None, Some(file)) if report == Report::Rejects => Some(file),
            _ => None,
        };
        if let Some(file) = csv {
            let mut cells = CsvCellSink::new(self.is_raw_text, self.date_texts.clone());
            write(&mut cells);
            file.append(cells.bytes())?;
        }
        if let Some(files) = &mut self.parquet {
            let mut cells = ParquetCellSink::new(report.table());
            write(&mut cells);
            files[report.index()].append(&cells, &mut self.complete);
        }
        Ok(())
    }

    /// The row groups that are complete, to be encoded and given back to [`Self::accept`].
    pub fn take_complete(&mut self) -> Vec<EncodeJob> {
        let complete = std::mem::take(&mut self.complete);
        let jobs = complete.into_iter().filter_map(|row_group| {
            let encoder = self.parquet_file(row_group.table())?.encoder();
            Some(EncodeJob { encoder, row_group })
        });
        jobs.collect()
    }

    /// The last row group of every file, to be encoded and given back to [`Self::accept`].
    pub fn take_rest(&mut self) -> Vec<EncodeJob> {
        let files = self.parquet.iter_mut().flatten().chain(&mut self.decisions);
        let rest = files.filter_map(ParquetFile::complete);
        self.complete.extend(rest);
        self.take_complete()
    }

    /// Takes an encoded row group to be written in order.
    ///
    /// # Errors
    /// Writing fails.
    pub fn accept(&mut self, row_group: EncodedRowGroup) -> Result<(), RunError> {
        let table = row_group.table();
        match self.parquet_file(table) {
            Some(file) => file.accept(row_group).map_err(|source| parquet_error(table, source)),
            None => Ok(()),
        }
    }

    fn parquet_file(&mut self, table: Table) -> Option<&mut ParquetFile<StagedFile>> {
        self.parquet.iter_mut().flatten().chain(&mut self.decisions).find(|file| file.table().name == table.name)
    }

    /// Ends and syncs every file; [`REJECTS_CSV`] may be among them though no CSV is to be published.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(self, rows: &[u64; REPORT_COUNT], evaluated: u64) -> Result<Vec<FileEntry>, RunError> {
        let mut entries = Vec::new();
        if let Some(file) = self.rejects_only {
            entries.push(file.finish(rows[Report::Rejects.index()])?);
        }
        for (file, rows) in self.csv.into_iter().flatten().zip(rows) {
            entries.push(file.finish(*rows)?);
        }
        let parquet = self.parquet.into_iter().flatten().zip(rows.iter().copied());
        for (file, rows) in parquet.chain(self.decisions.map(|file| (file, evaluated))) {
            let table = file.table();
            let file = file.finish().map_err(|source| parquet_error(table, source))?;
            entries.push(file.finish(rows)?);
        }
        Ok(entries)
    }
}

/// A row group to encode.
pub struct EncodeJob {
    encoder: Arc<RowGroupEncoder>,
    row_group: RowGroup,
}

impl EncodeJob {
    /// Encodes the row group.
    ///
    /// # Errors
    /// An amount that its column cannot hold.
    pub fn encode(self) -> Result<EncodedRowGroup, RunError> {
        let table = self.row_group.table();
        self.encoder.encode(self.row_group).map_err(|source| parquet_error(table, source))
    }
}

fn create_parquet(publication: &Publication, table: Table) -> Result<ParquetFile<StagedFile>, RunError> {
    let file = publication.create(&format!("{}.parquet", table.name))?;
    ParquetFile::new(table, file).map_err(|source| parquet_error(table, source))
}

/// A write error of the publication stays one on its way through the Parquet writer.
fn parquet_error(table: Table, source: ParquetFormatError) -> RunError {
    use parquet::errors::ParquetError;
    if let ParquetFormatError::Parquet(ParquetError::External(external)) = source {
        return match external.downcast::<std::io::Error>().map(|error| error.downcast::<PublishError>()) {
            Ok(Ok(error)) => RunError::Publish(error),
            Ok(Err(error)) => parquet_format(table, ParquetError::External(Box::new(error))),
            Err(other) => parquet_format(table, ParquetError::External(other)),
        };
    }
    RunError::Parquet { report: table.name, source }
}

const fn parquet_format(table: Table, source: parquet::errors::ParquetError) -> RunError {
    RunError::Parquet { report: table.name, source: ParquetFormatError::Parquet(source) }
}
