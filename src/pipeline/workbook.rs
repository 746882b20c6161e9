//! The workbook of a run, whose rows are put aside until all is known that its first sheet says of the run.

use super::encoding::xlsx_error;
use super::error::RunError;
use crate::formats::xlsx::{Exceptions, FinishedSheets, WORKBOOK_NAME, WorkbookFacts, write_workbook};
use crate::publish::{FileEntry, Publication, ScratchFile};

/// The rows of a workbook that is not written yet.
#[derive(Debug)]
pub struct Workbook {
    reports: Vec<FinishedSheets<ScratchFile>>,
}

impl Workbook {
    /// A workbook of these reports.
    pub(super) const fn new(reports: Vec<FinishedSheets<ScratchFile>>) -> Self {
        Self { reports }
    }

    /// Writes and syncs the workbook; says what it could not hold as it is.
    ///
    /// # Errors
    /// Reading or writing fails.
    pub fn write(
        self,
        publication: &Publication,
        facts: &WorkbookFacts<'_>,
    ) -> Result<(FileEntry, Exceptions), RunError> {
        let rows = facts.tally.report_rows.iter().sum();
        let file = publication.create(WORKBOOK_NAME)?;
        let (file, exceptions) = write_workbook(file, facts, self.reports).map_err(xlsx_error)?;
        Ok((file.finish(rows)?, exceptions))
    }
}
