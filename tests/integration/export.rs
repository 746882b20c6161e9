//! Exports that tests make: the same cells as CSV with any delimiter, or as Parquet.

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use std::sync::Arc;

/// The columns of the data contract, in its order.
pub const COLUMNS: [&str; 13] = [
    "partner_id",
    "partner_name",
    "country",
    "offer_type",
    "offer_name",
    "level",
    "purchase_date",
    "renewal_start_date",
    "last_renewal_date",
    "requirements_met",
    "portal",
    "fee",
    "currency",
];

/// Few enough that exports of the tests have several row groups.
const ROW_GROUP_ROWS: usize = 97;

/// The cells of one row, in the order of [`COLUMNS`].
pub type Cells = [String; COLUMNS.len()];

/// A row that is fine, with some of its cells replaced.
pub fn cells(changes: &[(&str, &str)]) -> Cells {
    let mut cells: Cells = Default::default();
    for (column, text) in
        [("partner_id", "7"), ("offer_type", "action_pack"), ("purchase_date", "2019-06-01")].iter().chain(changes)
    {
        let index = COLUMNS.iter().position(|known| known == column).unwrap_or_else(|| panic!("no column {column}"));
        cells[index] = (*text).to_owned();
    }
    cells
}

/// Rows as delimited text with a header.
pub fn delimited(rows: &[Cells], delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(COLUMNS).expect("written to memory");
    for row in rows {
        writer.write_record(row).expect("written to memory");
    }
    writer.into_inner().expect("written to memory")
}

/// Rows as Parquet, each cell a text; empty cells as nulls and as empty texts in turn, which mean the same.
pub fn parquet(rows: &[Cells]) -> Vec<u8> {
    let column = |index: usize| {
        let cell = |(number, row): (usize, &Cells)| {
            let is_null = row[index].is_empty() && number.is_multiple_of(2);
            (!is_null).then(|| row[index].clone())
        };
        Arc::new(rows.iter().enumerate().map(cell).collect::<StringArray>()) as ArrayRef
    };
    parquet_of(COLUMNS.iter().enumerate().map(|(index, name)| (*name, column(index))).collect())
}

/// Columns of any type as Parquet, in several row groups.
pub fn parquet_of(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name.to_owned(), array, true)),
    )
    .expect("columns of one length");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    for start in (0..batch.num_rows()).step_by(ROW_GROUP_ROWS) {
        let rows = ROW_GROUP_ROWS.min(batch.num_rows() - start);
        writer.write(&batch.slice(start, rows)).expect("written to memory");
        writer.flush().expect("written to memory");
    }
    writer.close().expect("written to memory");
    bytes
}

/// The rows of a comma-separated export with all [`COLUMNS`], as another reader reads them.
pub fn read(bytes: &[u8]) -> Vec<Cells> {
    let mut reader = csv::Reader::from_reader(bytes);
    assert_eq!(reader.headers().expect("a header"), &COLUMNS[..]);
    let cells = |record: csv::Result<csv::StringRecord>| {
        let record = record.expect("a record");
        std::array::from_fn(|index| record[index].to_owned())
    };
    reader.records().map(cells).collect()
}
