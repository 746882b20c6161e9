//! Looks at every row of a file: what stands in each column, and what it is understood as.

use crate::ingest::{
    BadCell, COLUMN_COUNT, Cells, Column, DateDoubt, Fault, Mapping, Reject, RejectCode, Row, RowConsumer, RowPlace,
};
use crate::rules::{Level, OfferType, Portal};
use std::sync::Arc;

/// Samples of a column that are shown.
pub const SAMPLES_MAX: usize = 3;
/// Rows of a batch that are looked at for samples, so that a column of one value does not cost a comparison a row.
const SAMPLE_ROWS: u64 = 1_000;

/// What stands in a column.
#[derive(Default)]
pub struct ColumnLook {
    /// Rows in which it is not empty.
    pub filled: u64,
    /// Rows in which it is not understood.
    pub not_understood: u64,
    /// The first row in which it is not understood.
    pub first_not_understood: Option<Unread>,
    /// Some texts that differ, and what they are understood as.
    pub samples: Vec<Sample>,
}

/// A text and what it is understood as.
#[derive(Clone, PartialEq, Eq)]
pub struct Sample {
    /// The text as it stands in the file.
    pub text: String,
    /// What it means.
    pub understood: String,
}

/// A cell that is not understood.
#[derive(Clone)]
pub struct Unread {
    /// Its line; within the batch until the batch is taken.
    pub line: u64,
    /// Its text.
    pub text: String,
    /// Why.
    pub code: RejectCode,
}

/// A row that shows that day and month may be exchanged.
pub struct DoubtfulRow {
    /// Its line; within the batch until the batch is taken.
    pub line: u64,
    /// The column.
    pub column: Column,
    /// The text.
    pub text: String,
    /// What it shows.
    pub doubt: DateDoubt,
}

/// What was seen of a file, or of a batch of it.
pub struct Look {
    mapping: Arc<Mapping>,
    /// Which columns the file has.
    present: [bool; COLUMN_COUNT],
    /// Rows, the broken ones included.
    pub rows: u64,
    /// Records that cannot be divided into cells.
    pub broken: u64,
    /// What stands in each column.
    pub columns: [ColumnLook; COLUMN_COUNT],
    /// The first row that shows a doubt about dates.
    pub doubt: Option<DoubtfulRow>,
}

impl Look {
    /// Nothing was seen yet.
    pub fn new(mapping: Arc<Mapping>, present: [bool; COLUMN_COUNT]) -> Self {
        Self { mapping, present, rows: 0, broken: 0, columns: Default::default(), doubt: None }
    }

    /// Adds what was seen in the next batch, which begins after `lines_before` lines.
    pub fn append(&mut self, batch: Self, lines_before: u64) {
        self.rows += batch.rows;
        self.broken += batch.broken;
        for (column, other) in self.columns.iter_mut().zip(batch.columns) {
            column.filled += other.filled;
            column.not_understood += other.not_understood;
            if column.first_not_understood.is_none() {
                column.first_not_understood =
                    other.first_not_understood.map(|unread| Unread { line: lines_before + unread.line + 1, ..unread });
            }
            for sample in other.samples {
                column.add_sample(sample);
            }
        }
        if self.doubt.is_none() {
            self.doubt = batch.doubt.map(|row| DoubtfulRow { line: lines_before + row.line + 1, ..row });
        }
    }
}

impl ColumnLook {
    fn add_sample(&mut self, sample: Sample) {
        if self.samples.len() < SAMPLES_MAX && !self.samples.contains(&sample) {
            self.samples.push(sample);
        }
    }
}

impl RowConsumer for Look {
    const TAKES_EVERY_ROW: bool = false;

    fn look<'raw, 'mapped>(&mut self, place: RowPlace, raw: &impl Cells<'raw>, mapped: &impl Cells<'mapped>) {
        for &column in Column::ALL {
            let text = raw.text(column);
            let understood = match understand(column, mapped) {
                Ok(None) if column.is_needed() && self.present[column.index()] => Err(RejectCode::MissingValue),
                understood => understood,
            };
            let look = &mut self.columns[column.index()];
            let shown = || String::from_utf8_lossy(text).into_owned();
            let code = match understood {
                Ok(None) if text.is_empty() => continue,
                Ok(None) => None,
                Ok(Some(understood)) => {
                    look.filled += 1;
                    if look.samples.len() < SAMPLES_MAX && self.rows < SAMPLE_ROWS {
                        let text = if text.is_empty() { understood.clone() } else { shown() };
                        look.add_sample(Sample { text, understood });
                    }
                    continue;
                }
                Err(code) => Some(code),
            };
            look.filled += u64::from(!text.is_empty());
            let Some(code) = code else {
                look.add_sample(Sample { text: shown(), understood: String::new() });
                continue;
            };
            look.not_understood += 1;
            let line = place.line_in_batch;
            if look.first_not_understood.is_none() {
                look.first_not_understood = Some(Unread { line, text: shown(), code });
            }
            if code == RejectCode::BadDate && self.doubt.is_none() {
                self.doubt =
                    self.mapping.doubt(column, text).map(|doubt| DoubtfulRow { line, column, text: shown(), doubt });
            }
        }
        self.rows += 1;
    }

    fn is_wanted<'a>(&mut self, _: RowPlace, _: &impl Cells<'a>) -> bool {
        false
    }

    fn row(&mut self, _: &Row<'_>) -> Result<(), Fault> {
        Ok(())
    }

    fn reject(&mut self, _: Reject) {
        self.rows += 1;
        self.broken += 1;
    }
}

/// What a cell means, in the spelling of reports; `None` for nothing.
fn understand<'a>(column: Column, cells: &impl Cells<'a>) -> Result<Option<String>, RejectCode> {
    let word = |word: Result<Option<&'static str>, BadCell>, code| {
        word.map(|word| word.map(str::to_owned)).map_err(|BadCell| code)
    };
    match column {
        Column::OfferType => {
            word(cells.enumeration::<OfferType>(column).map(|value| value.map(OfferType::as_str)), RejectCode::BadEnum)
        }
        Column::Level => {
            word(cells.enumeration::<Level>(column).map(|value| value.map(Level::as_str)), RejectCode::BadEnum)
        }
        Column::Portal => {
            word(cells.enumeration::<Portal>(column).map(|value| value.map(Portal::as_str)), RejectCode::BadEnum)
        }
        Column::RequirementsMet => {
            let words = cells.boolean(column).map(|value| value.map(|value| if value { "true" } else { "false" }));
            word(words, RejectCode::BadBool)
        }
        Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate => {
            cells.date(column).map(|date| date.map(|date| date.to_string())).map_err(|BadCell| RejectCode::BadDate)
        }
        Column::Fee => cells
            .fee(column)
            .map(|fee| fee.map(|fee| String::from_utf8_lossy(fee.text).into_owned()))
            .map_err(|BadCell| RejectCode::BadDecimal),
        Column::Currency => {
            let text = cells.text(column);
            let is_code = text.len() == 3 && text.iter().all(u8::is_ascii_uppercase);
            let has_fee = matches!(cells.fee(Column::Fee), Ok(Some(_)));
            if is_code {
                Ok(Some(String::from_utf8_lossy(text).into_owned()))
            } else if text.is_empty() && !has_fee {
                Ok(None)
            } else {
                Err(RejectCode::BadCurrency)
            }
        }
        Column::PartnerId | Column::PartnerName | Column::Country | Column::OfferName => {
            if cells.fault().is_some_and(|fault| fault.column == column) {
                return Err(RejectCode::MissingValue);
            }
            let text = cells.text(column);
            Ok((!text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned()))
        }
    }
}
