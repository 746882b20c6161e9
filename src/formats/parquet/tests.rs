//! What the library's own reader finds in the files, whatever their cells are.

use super::*;
use crate::reports::{CellKind, CellSink, ReportColumn, Table};
use crate::rules::Date;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{CompressionCodec, Encoding};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use proptest::prelude::*;

const fn column(name: &'static str, kind: CellKind) -> ReportColumn {
    ReportColumn { name, kind }
}

/// A column of each kind.
const TABLE: Table = Table {
    name: "kinds",
    columns: &[
        column("partner_name", CellKind::Text),
        column("word", CellKind::Text),
        column("date", CellKind::Date),
        column("optional_date", CellKind::OptionalDate),
        column("integer", CellKind::Integer),
        column("optional_integer", CellKind::OptionalInteger),
        column("estimate", CellKind::Estimate),
        column("amount", CellKind::Amount),
    ],
};

#[derive(Clone, Debug, PartialEq)]
struct Cells {
    name: String,
    word: String,
    day: i32,
    optional_day: Option<i32>,
    integer: i64,
    optional_integer: Option<i64>,
    estimate: Option<f64>,
    amount: Option<i128>,
}

impl Cells {
    /// Cells that follow from the number of the row, of about `distinct` values a column.
    fn of(row: usize, distinct: usize) -> Self {
        let value = row.wrapping_mul(2_654_435_761) % distinct;
        let known = |other: usize| !(row + other).is_multiple_of(5);
        Self {
            name: format!("Partner {row} of Zürich"),
            word: "é".repeat(value % 30) + &value.to_string(),
            day: 18_000 + (value % 3_000) as i32,
            optional_day: known(0).then_some(18_000 + (value % 300) as i32),
            integer: value as i64 - 7,
            optional_integer: known(1).then_some(value as i64 * 1_000_000_007),
            estimate: known(2).then_some(value as f64 / 7.0),
            amount: known(3).then_some(value as i128 * 10_001),
        }
    }

    fn write(&self, cells: &mut ParquetCellSink) {
        cells.text(self.name.as_bytes());
        cells.text(self.word.as_bytes());
        cells.date(Date::from_days_since_epoch(self.day));
        cells.optional_date(self.optional_day.map(Date::from_days_since_epoch));
        cells.integer(self.integer);
        cells.optional_integer(self.optional_integer);
        cells.estimate(self.estimate);
        cells.amount(self.amount, 2);
        cells.end_row();
    }
}

/// The bytes of a file of rows that come in batches of some size.
fn written(rows: &[Cells], batch: usize) -> Vec<u8> {
    let mut file = ParquetFile::new(TABLE, Vec::new()).expect("the table has a schema");
    let mut cells = ParquetCellSink::new(TABLE);
    let mut complete = Vec::new();
    for rows in rows.chunks(batch) {
        cells.clear();
        rows.iter().for_each(|row| row.write(&mut cells));
        file.append(&cells, &mut complete);
    }
    complete.extend(file.complete());
    // The last comes first, as it may from another thread.
    for row_group in complete.into_iter().rev() {
        let encoded = file.encoder().encode(row_group).expect("the columns hold the cells");
        file.accept(encoded).expect("memory is written to");
    }
    file.finish().expect("memory is written to")
}

fn read(bytes: Vec<u8>) -> (Vec<RecordBatch>, ParquetMetaData) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).expect("a footer");
    let metadata = reader.metadata().as_ref().clone();
    let batches = reader.with_batch_size(10_000).build().expect("a reader");
    (batches.map(|batch| batch.expect("rows")).collect(), metadata)
}

fn cells_of(batch: &RecordBatch) -> Vec<Cells> {
    fn optional<T>(array: &dyn Array, row: usize, value: T) -> Option<T> {
        array.is_valid(row).then_some(value)
    }
    let columns = batch.columns();
    let days = |column: usize, row: usize| columns[column].as_primitive::<Date32Type>().value(row);
    let integer = |column: usize, row: usize| columns[column].as_primitive::<Int64Type>().value(row);
    let cells = (0..batch.num_rows()).map(|row| Cells {
        name: columns[0].as_string::<i32>().value(row).to_owned(),
        word: columns[1].as_string::<i32>().value(row).to_owned(),
        day: days(2, row),
        optional_day: optional(&columns[3], row, days(3, row)),
        integer: integer(4, row),
        optional_integer: optional(&columns[5], row, integer(5, row)),
        estimate: optional(&columns[6], row, columns[6].as_primitive::<Float64Type>().value(row)),
        amount: optional(&columns[7], row, columns[7].as_primitive::<Decimal128Type>().value(row)),
    });
    cells.collect()
}

#[track_caller]
fn assert_comes_back(rows: &[Cells]) -> ParquetMetaData {
    let bytes = written(rows, 10_007);
    assert!(bytes == written(rows, 65_536), "the bytes depend on the rows alone");
    let (batches, metadata) = read(bytes);
    let found: Vec<Cells> = batches.iter().flat_map(cells_of).collect();
    assert_eq!(found.len(), rows.len());
    for (row, (found, expected)) in found.iter().zip(rows).enumerate() {
        assert_eq!(found, expected, "row {row}");
    }
    metadata
}

fn encodings(metadata: &ParquetMetaData, column: usize) -> (bool, CompressionCodec) {
    let chunk = metadata.row_group(0).column(column);
    (chunk.encodings().any(|encoding| encoding == Encoding::RLE_DICTIONARY), chunk.compression_codec())
}

#[test]
fn a_file_of_any_number_of_rows_comes_back() {
    for rows in [0, 1, 7, 8, 9, 505, ROW_GROUP_ROWS, ROW_GROUP_ROWS + 1] {
        let cells: Vec<Cells> = (0..rows).map(|row| Cells::of(row, 200)).collect();
        let metadata = assert_comes_back(&cells);
        assert_eq!(metadata.num_row_groups(), rows.div_ceil(ROW_GROUP_ROWS), "{rows} rows");
    }
}

#[test]
fn cells_that_are_all_the_same_or_all_missing_come_back() {
    let rows = vec![Cells::of(3, 100); 1_000];
    let metadata = assert_comes_back(&rows);
    assert!(metadata.row_group(0).columns()[1..5].iter().all(|chunk| chunk.compressed_size() < 100));
    let missing =
        Cells { optional_day: None, optional_integer: None, estimate: None, amount: None, ..Cells::of(0, 100) };
    let empty = Cells { name: String::new(), word: String::new(), ..missing };
    assert_comes_back(&vec![empty; 1_000]);
}

#[test]
fn few_values_have_a_dictionary_and_many_have_none() {
    let few: Vec<Cells> = (0..2_000).map(|row| Cells::of(row, 40)).collect();
    let metadata = assert_comes_back(&few);
    assert_eq!(encodings(&metadata, 0), (false, CompressionCodec::SNAPPY), "names have none in any case");
    for column in 1..=4 {
        assert_eq!(encodings(&metadata, column), (true, CompressionCodec::UNCOMPRESSED), "column {column}");
    }
    assert_eq!(encodings(&metadata, 5), (false, CompressionCodec::SNAPPY), "the numbers are too far apart");
    let many: Vec<Cells> = (0..2_000).map(|row| Cells::of(row, 1_000_003)).collect();
    let metadata = assert_comes_back(&many);
    for column in [1, 4, 5] {
        assert_eq!(encodings(&metadata, column), (false, CompressionCodec::SNAPPY), "column {column}");
    }
}

#[test]
fn a_dictionary_that_readers_could_not_hold_is_none() {
    let word = |row: usize| format!("{:0>9000}", row % 120);
    let rows: Vec<Cells> = (0..250).map(|row| Cells { word: word(row), ..Cells::of(row, 10) }).collect();
    let metadata = assert_comes_back(&rows);
    assert_eq!(encodings(&metadata, 1), (false, CompressionCodec::SNAPPY));
    let rows: Vec<Cells> = (0..250).map(|row| Cells { word: word(row % 110), ..Cells::of(row, 10) }).collect();
    assert_eq!(encodings(&assert_comes_back(&rows), 1), (true, CompressionCodec::UNCOMPRESSED));
}

#[test]
fn a_row_group_ends_at_the_row_whose_texts_are_too_many() {
    let (name, word) = ("ß".repeat(4_000_000), "ß".repeat(200_000));
    let rows: Vec<Cells> =
        (0..10).map(|row| Cells { name: name.clone(), word: word.clone(), ..Cells::of(row, 10) }).collect();
    let bytes = written(&rows, 3);
    assert!(bytes == written(&rows, 10), "the bytes depend on the rows alone");
    let (batches, metadata) = read(bytes);
    assert!(batches.iter().flat_map(cells_of).eq(rows.iter().cloned()));
    let groups: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [8, 2]);
}

#[test]
fn the_bounds_and_the_missing_of_each_column_are_told() {
    let rows: Vec<Cells> = (0..100).map(|row| Cells::of(row, 40)).collect();
    let metadata = assert_comes_back(&rows);
    let statistics = |column: usize| metadata.row_group(0).column(column).statistics();
    assert!(statistics(0).is_none() && statistics(1).is_none());
    let days = rows.iter().map(|row| row.day);
    let Some(Statistics::Int32(found)) = statistics(2) else { panic!("days have bounds") };
    assert_eq!((found.min_opt().copied(), found.max_opt().copied()), (days.clone().min(), days.max()));
    assert_eq!(statistics(3).and_then(Statistics::null_count_opt), Some(20));
    let estimates = || rows.iter().filter_map(|row| row.estimate);
    let Some(Statistics::Double(found)) = statistics(6) else { panic!("estimates have bounds") };
    assert_eq!(found.max_opt().copied(), estimates().max_by(f64::total_cmp));
    assert_eq!((found.nan_count_opt(), found.null_count_opt()), (Some(0), Some(20)));
    let amounts = rows.iter().filter_map(|row| row.amount);
    let greatest = amounts.max().map(|amount| amount.to_be_bytes()[6..].to_vec());
    assert_eq!(statistics(7).and_then(|found| found.max_bytes_opt()), greatest.as_deref());
}

#[test]
fn an_amount_that_the_type_cannot_hold_is_an_error() {
    let limit = 10_i128.pow(22);
    for amount in [limit - 1, 1 - limit] {
        assert_comes_back(&[Cells { amount: Some(amount), ..Cells::of(0, 10) }]);
    }
    for amount in [limit, -limit, i128::MAX, i128::MIN] {
        let mut cells = ParquetCellSink::new(TABLE);
        Cells { amount: Some(amount), ..Cells::of(0, 10) }.write(&mut cells);
        let mut file = ParquetFile::new(TABLE, Vec::new()).expect("the table has a schema");
        file.append(&cells, &mut Vec::new());
        let row_group = file.complete().expect("a row");
        let error = file.encoder().encode(row_group).err();
        assert!(matches!(error, Some(ParquetFormatError::AmountTooLarge)), "{amount}");
    }
}

fn any_cells() -> impl Strategy<Value = Cells> {
    let texts = ("[a-cü]{0,3}", prop_oneof!["[a-cü]{0,2}", "[ab]{17,19}"]);
    let days = (any::<i32>(), proptest::option::of(18_000..20_000_i32));
    let integers = (prop_oneof![0..9_i64, any::<i64>()], proptest::option::of(any::<i64>()));
    let money = (proptest::option::of(-1e9..1e9), proptest::option::of(0..10_i128.pow(22)));
    (texts, days, integers, money).prop_map(|(texts, days, integers, money)| Cells {
        name: texts.0,
        word: texts.1,
        day: days.0,
        optional_day: days.1,
        integer: integers.0,
        optional_integer: integers.1,
        estimate: money.0,
        amount: money.1,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_rows_come_back_in_the_same_bytes_however_they_were_cut(
        rows in proptest::collection::vec(any_cells(), 0..80), batch in 1_usize..90,
    ) {
        let bytes = written(&rows, batch);
        prop_assert!(bytes == written(&rows, 80));
        let found: Vec<Cells> = read(bytes).0.iter().flat_map(cells_of).collect();
        prop_assert_eq!(found, rows);
    }
}
