//! The files that a run writes: every report in every format that was asked for.

use super::batch::{BatchSettings, BatchYield};
use super::csv_file::{Block, CsvFile};
use super::encoding::{EncodeJob, Encoded, parquet_error, xlsx_error};
use super::error::RunError;
use super::workbook::Workbook;
use crate::finance::FeeOutlook;
use crate::formats::DateTexts;
use crate::formats::csv::{CsvCellSink, header};
use crate::formats::parquet::{ParquetCellSink, ParquetFile, RowGroup};
use crate::formats::xlsx::{ReportSheets, SheetLimits, SheetPart, XlsxCellSink};
use crate::ingest::Reject;
use crate::publish::{FileEntry, Publication, ScratchFile, StagedFile};
use crate::reports::{
    CellSink, DECISIONS, NoCells, REPORT_COUNT, RejectOrigin, Report, Table, write_outlook, write_reject,
};
use std::sync::Arc;

/// The open files of a run.
pub struct ReportFiles {
    csv: Option<Vec<CsvFile>>,
    parquet: Option<Vec<ParquetFile<StagedFile>>>,
    /// The decision table, if it is written.
    decisions: Option<ParquetFile<StagedFile>>,
    xlsx: Option<Vec<ReportSheets<ScratchFile>>>,
    /// Row groups that are complete and wait to be encoded.
    complete: Vec<RowGroup>,
    /// The same of workbooks.
    complete_parts: Vec<SheetPart>,
    /// Blocks of CSV that are complete and wait to be compressed.
    complete_blocks: Vec<Block>,
    /// The rejects as plain CSV where none is published: a run with too many keeps them in any case.
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
        let BatchSettings { writes_csv, writes_parquet, writes_xlsx, is_raw_text, date_texts, .. } = *settings;
        let mut csv = Vec::new();
        let mut parquet = Vec::new();
        let mut xlsx = Vec::new();
        for &report in Report::ALL {
            if writes_csv {
                csv.push(CsvFile::create(publication, report, settings.codec)?);
            }
            if writes_parquet {
                parquet.push(create_parquet(publication, report.table())?);
            }
            if writes_xlsx {
                let scratch = publication.scratch(&format!("{}.xlsx-rows", report.as_str()))?;
                xlsx.push(ReportSheets::new(report, scratch, SheetLimits::EXCEL));
            }
        }
        let decisions = settings.writes_decisions.then(|| create_parquet(publication, DECISIONS)).transpose()?;
        let rejects_only = if writes_csv && settings.codec.is_none() {
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
            xlsx: writes_xlsx.then_some(xlsx),
            complete: Vec::new(),
            complete_parts: Vec::new(),
            complete_blocks: Vec::new(),
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
                    file.append(bytes, &mut self.complete_blocks)?;
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
        if let (Some(files), Some(rows)) = (&mut self.xlsx, &batch.xlsx) {
            for (sheets, &report) in files.iter_mut().zip(Report::ALL) {
                sheets.append(rows.sink(report), &mut self.complete_parts);
            }
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

    /// Writes the reports that are made from the outlook, and counts their rows.
    ///
    /// # Errors
    /// Writing fails.
    pub fn append_outlook(&mut self, outlook: &FeeOutlook, rows: &mut [u64; REPORT_COUNT]) -> Result<(), RunError> {
        for &report in Report::ALL {
            let mut written = None;
            self.append_rows(report, &mut |cells| written = write_outlook(report, outlook, cells))?;
            // Rows are counted even where no format has them.
            if let Some(written) = written.or_else(|| write_outlook(report, outlook, &mut NoCells)) {
                rows[report.index()] = written;
            }
        }
        Ok(())
    }

    /// Appends rows that are written in order, in each format.
    fn append_rows(&mut self, report: Report, write: &mut dyn FnMut(&mut dyn CellSink)) -> Result<(), RunError> {
        let csv = self.csv.as_mut().map(|files| &mut files[report.index()]);
        let rejects_only = self.rejects_only.as_mut().filter(|_| report == Report::Rejects);
        if csv.is_some() || rejects_only.is_some() {
            let mut cells = CsvCellSink::new(self.is_raw_text, self.date_texts.clone());
            write(&mut cells);
            if let Some(file) = csv {
                file.append(cells.bytes(), &mut self.complete_blocks)?;
            }
            if let Some(file) = rejects_only {
                file.append(cells.bytes())?;
            }
        }
        if let Some(files) = &mut self.parquet {
            let mut cells = ParquetCellSink::new(report.table());
            write(&mut cells);
            files[report.index()].append(&cells, &mut self.complete);
        }
        if let Some(files) = &mut self.xlsx {
            let mut cells = XlsxCellSink::new(report);
            write(&mut cells);
            files[report.index()].append(&cells, &mut self.complete_parts);
        }
        Ok(())
    }

    /// What is complete, to be encoded and given back to [`Self::accept`].
    pub fn take_complete(&mut self) -> Vec<EncodeJob> {
        let complete = std::mem::take(&mut self.complete);
        let row_groups = complete.into_iter().filter_map(|row_group| {
            let encoder = self.parquet_file(row_group.table())?.encoder();
            Some(EncodeJob::RowGroup { encoder, row_group })
        });
        let mut jobs: Vec<EncodeJob> = row_groups.collect();
        jobs.extend(self.complete_blocks.drain(..).map(EncodeJob::Block));
        jobs.extend(self.complete_parts.drain(..).map(EncodeJob::SheetPart));
        jobs
    }

    /// The rest of every file, to be encoded and given back to [`Self::accept`].
    pub fn take_rest(&mut self) -> Vec<EncodeJob> {
        self.complete_blocks.extend(self.csv.iter_mut().flatten().filter_map(CsvFile::complete));
        let files = self.parquet.iter_mut().flatten().chain(&mut self.decisions);
        self.complete.extend(files.filter_map(ParquetFile::complete));
        self.complete_parts.extend(self.xlsx.iter_mut().flatten().filter_map(ReportSheets::complete));
        self.take_complete()
    }

    /// Takes what was encoded to be written in order.
    ///
    /// # Errors
    /// Writing fails.
    pub fn accept(&mut self, encoded: Encoded) -> Result<(), RunError> {
        match encoded {
            Encoded::Block(block) => {
                let file = self.csv.as_mut().map(|files| &mut files[block.report().index()]);
                file.map_or(Ok(()), |file| file.accept(block))
            }
            Encoded::RowGroup(row_group) => {
                let table = row_group.table();
                let file = self.parquet_file(table);
                file.map_or(Ok(()), |file| file.accept(row_group).map_err(|source| parquet_error(table, source)))
            }
            Encoded::SheetPart(part) => {
                let sheets = self.xlsx.as_mut().map(|files| &mut files[part.report().index()]);
                sheets.map_or(Ok(()), |sheets| sheets.accept(part).map_err(xlsx_error))
            }
        }
    }

    fn parquet_file(&mut self, table: Table) -> Option<&mut ParquetFile<StagedFile>> {
        self.parquet.iter_mut().flatten().chain(&mut self.decisions).find(|file| file.table().name == table.name)
    }

    /// Ends and syncs every file but the workbook, whose rows come back; [`REJECTS_CSV`] may be among the files though
    /// it is not to be published.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(
        self,
        rows: &[u64; REPORT_COUNT],
        evaluated: u64,
    ) -> Result<(Vec<FileEntry>, Option<Workbook>), RunError> {
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
        let workbook = self.xlsx.map(|sheets| Workbook::new(sheets.into_iter().map(ReportSheets::finish).collect()));
        Ok((entries, workbook))
    }
}

fn create_parquet(publication: &Publication, table: Table) -> Result<ParquetFile<StagedFile>, RunError> {
    let file = publication.create(&format!("{}.parquet", table.name))?;
    ParquetFile::new(table, file).map_err(|source| parquet_error(table, source))
}
