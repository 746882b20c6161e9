//! Rows as they are told by any reader, and the file that is read.

use renewals::ingest::{Cells, Column, Fault, InputFile, Reject, Row, RowConsumer, RowPlace};
use std::io::Write;
use tempfile::NamedTempFile;

/// What a reader told of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Its line, its offset, and the texts of the known columns.
    Row(u64, Option<u64>, Vec<Vec<u8>>),
    /// Its line, its offset, the column at fault and the code.
    Reject(u64, Option<u64>, Option<Column>, &'static str),
}

/// Collects what a reader tells, without checking the cells.
pub struct Texts {
    /// The columns whose texts are kept.
    pub columns: &'static [Column],
    /// Lines before the batch.
    pub lines_before: u64,
    /// What was told so far.
    pub told: Vec<Told>,
}

impl RowConsumer for Texts {
    fn is_wanted<'a>(&mut self, place: RowPlace, cells: &impl Cells<'a>) -> bool {
        let texts = self.columns.iter().map(|column| cells.text(*column).to_vec()).collect();
        self.told.push(Told::Row(self.lines_before + place.line_in_batch, place.byte_offset, texts));
        false
    }

    fn row(&mut self, _row: &Row<'_>) -> Result<(), Fault> {
        unreachable!("no row is wanted")
    }

    fn reject(&mut self, reject: Reject) {
        let line = self.lines_before + reject.line_in_batch;
        self.told.push(Told::Reject(line, reject.byte_offset, reject.column, reject.code.as_str()));
    }
}

/// Counts rows whose cells are checked.
#[derive(Default)]
pub struct Checked {
    /// Rows that keep the contract.
    pub rows: u64,
    /// Rows that do not.
    pub rejects: u64,
}

impl RowConsumer for Checked {
    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        assert!(row.offer.purchase_date.is_in_input_range());
        assert!(!row.partner_id.is_empty());
        assert!(row.fee.is_none() || row.currency.len() == 3, "a fee has a currency");
        self.rows += 1;
        Ok(())
    }

    fn reject(&mut self, _reject: Reject) {
        self.rejects += 1;
    }
}

/// A file of these bytes, which is there as long as the first value lives.
pub fn file_of(bytes: &[u8]) -> (NamedTempFile, InputFile) {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("written");
    let input = InputFile::open(file.path()).expect("opened");
    (file, input)
}
