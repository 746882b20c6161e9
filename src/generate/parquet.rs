//! Writing an invented export as Parquet.
//!
//! The cells hold the same texts as the CSV export's: dates and booleans have types of their own, the fee is text
//! so that its decimal places stay as written. Where rows are spoiled every column is text, to carry the bad values.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Date32Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::dirty::{PlantedCounts, Spoiled, Spoiling};
use super::row::Row;
use super::row_writer::bool_text;
use super::{GenerateError, GenerateOptions, GenerateSummary, blocks, thread_count, visit_rows};
use crate::ingest::Column;
use crate::rules::{Date, Level, Policy, Portal};

/// Rows of a row group, which one thread makes and encodes.
const ROW_GROUP_ROWS: u64 = 131_072;

/// Writes an invented export as Parquet and says what was planted in it.
///
/// The bytes depend on the options, the policy and the version of the Parquet writer, whatever the threads; the
/// cells are the same in every version. Without spoiled rows they are those of [`super::generate_csv`]. The codes of
/// framing are not planted; other codes take their place.
///
/// # Errors
/// [`GenerateError`] if the options cannot be, or if writing fails.
pub fn generate_parquet(
    options: GenerateOptions,
    policy: &Policy,
    output: impl Write + Send,
) -> Result<GenerateSummary, GenerateError> {
    generate_parquet_on(thread_count(), options, policy, output)
}

fn generate_parquet_on(
    threads: usize,
    options: GenerateOptions,
    policy: &Policy,
    output: impl Write + Send,
) -> Result<GenerateSummary, GenerateError> {
    options.check()?;
    let spoiling = Spoiling::of_parquet(options);
    let schema = schema(options.dirty > 0.0);
    let parquet_schema = ArrowSchemaConverter::new().convert(&schema)?;
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    let mut file = SerializedFileWriter::new(output, parquet_schema.root_schema_ptr(), properties)?;
    let encoders = ArrowRowGroupWriterFactory::new(&file, Arc::clone(&schema));
    let mut planted = PlantedCounts::default();
    let make = |group: u64| {
        let rows = group * ROW_GROUP_ROWS..options.rows.min((group + 1) * ROW_GROUP_ROWS);
        let mut columns = Columns::new(&schema);
        let planted = visit_rows(options, policy, &spoiling, rows, |row, spoiled| columns.append(row, spoiled));
        let batch = columns.finish(Arc::clone(&schema))?;
        Ok((encode(&encoders, group, &batch)?, planted))
    };
    let groups = options.rows.div_ceil(ROW_GROUP_ROWS);
    blocks::make_in_order(groups, threads, make, |made: Result<_, ParquetError>| {
        let (chunks, planted_in_group) = made?;
        planted.add(&planted_in_group);
        let mut row_group = file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut row_group)?;
        }
        row_group.close().map(|_metadata| ())
    })?;
    file.close()?;
    Ok(GenerateSummary { rows: options.rows, planted })
}

/// The columns and their types; all text where bad values have to be carried.
fn schema(all_text: bool) -> SchemaRef {
    let field = |&column: &Column| {
        let data_type = match column {
            _ if all_text => DataType::Utf8,
            Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate => DataType::Date32,
            Column::RequirementsMet => DataType::Boolean,
            _ => DataType::Utf8,
        };
        Field::new(column.as_str(), data_type, true)
    };
    Arc::new(Schema::new(Column::ALL.iter().map(field).collect::<Vec<_>>()))
}

fn encode(
    encoders: &ArrowRowGroupWriterFactory,
    group: u64,
    batch: &RecordBatch,
) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
    let index = usize::try_from(group).map_err(|_too_many| ParquetError::General("too many row groups".to_owned()))?;
    let schema = batch.schema();
    let mut chunks = Vec::with_capacity(batch.num_columns());
    for ((mut encoder, field), array) in
        encoders.create_column_writers(index)?.into_iter().zip(schema.fields()).zip(batch.columns())
    {
        for leaf in compute_leaves(field, array)? {
            encoder.write(&leaf)?;
        }
        chunks.push(encoder.close()?);
    }
    Ok(chunks)
}

/// The cells of a row group, column by column.
struct Columns(Vec<ColumnBuilder>);

enum ColumnBuilder {
    Text(StringBuilder),
    Date(Date32Builder),
    Boolean(BooleanBuilder),
}

impl Columns {
    fn new(schema: &Schema) -> Self {
        let builder = |data_type: &DataType| match data_type {
            DataType::Date32 => ColumnBuilder::Date(Date32Builder::new()),
            DataType::Boolean => ColumnBuilder::Boolean(BooleanBuilder::new()),
            _ => ColumnBuilder::Text(StringBuilder::new()),
        };
        Self(schema.fields().iter().map(|field| builder(field.data_type())).collect())
    }

    fn append(&mut self, row: &Row<'_>, spoiled: Option<Spoiled>) {
        let bad_cell = spoiled.and_then(|spoiled| spoiled.cell);
        for (&column, builder) in Column::ALL.iter().zip(&mut self.0) {
            match bad_cell {
                Some((bad, text)) if bad == column => builder.append_text(text),
                _ => builder.append_cell(row, column),
            }
        }
    }

    fn finish(self, schema: SchemaRef) -> Result<RecordBatch, ParquetError> {
        let finish = |builder| -> ArrayRef {
            match builder {
                ColumnBuilder::Text(mut builder) => Arc::new(builder.finish()),
                ColumnBuilder::Date(mut builder) => Arc::new(builder.finish()),
                ColumnBuilder::Boolean(mut builder) => Arc::new(builder.finish()),
            }
        };
        Ok(RecordBatch::try_new(schema, self.0.into_iter().map(finish).collect())?)
    }
}

impl ColumnBuilder {
    fn append_cell(&mut self, row: &Row<'_>, column: Column) {
        match column {
            Column::PartnerId => self.append_text(row.partner_id),
            Column::PartnerName => self.append_text(row.partner_name),
            Column::Country => self.append_text(row.country),
            Column::OfferType => self.append_text(row.offer_type.as_str()),
            Column::OfferName => self.append_text(row.offer_name),
            Column::Level => self.append_text(row.level.map_or("", Level::as_str)),
            Column::PurchaseDate => self.append_date(Some(row.dates.purchase)),
            Column::RenewalStartDate => self.append_date(row.dates.renewal_start),
            Column::LastRenewalDate => self.append_date(row.dates.last_renewal),
            Column::RequirementsMet => self.append_boolean(row.requirements_met),
            Column::Portal => self.append_text(row.portal.map_or("", Portal::as_str)),
            Column::Fee => self.append_text(&row.fee.map_or_else(String::new, |fee| fee.to_string())),
            Column::Currency => self.append_text(row.currency),
        }
    }

    /// Appends a text; an empty one is null, which the specification takes for an empty cell.
    fn append_text(&mut self, text: &str) {
        match self {
            Self::Text(builder) => builder.append_option((!text.is_empty()).then_some(text)),
            // Bad values come only where every column is text.
            Self::Date(builder) => builder.append_null(),
            Self::Boolean(builder) => builder.append_null(),
        }
    }

    fn append_date(&mut self, date: Option<Date>) {
        match self {
            Self::Date(builder) => builder.append_option(date.map(Date::days_since_epoch)),
            _ => self.append_text(&date.map_or_else(String::new, |date| date.to_string())),
        }
    }

    fn append_boolean(&mut self, value: Option<bool>) {
        match self {
            Self::Boolean(builder) => builder.append_option(value),
            _ => self.append_text(value.map_or("", bool_text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::RejectCode;
    use crate::rules::test_policies::{date, seed};
    use arrow_array::cast::AsArray;
    use arrow_array::types::Date32Type;
    use arrow_array::{Array, RecordBatchReader};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use std::fs::File;

    fn options(rows: u64, dirty: f64) -> GenerateOptions {
        GenerateOptions { rows, seed: 1, dirty, as_of: date("2020-06-05"), lives: None }
    }

    fn generate(threads: usize, options: GenerateOptions) -> (Vec<u8>, GenerateSummary) {
        let mut bytes = Vec::new();
        let summary = generate_parquet_on(threads, options, &seed(), &mut bytes).unwrap();
        (bytes, summary)
    }

    /// The columns' types and every row's cells as texts.
    fn read(bytes: &[u8]) -> (Vec<DataType>, Vec<Vec<String>>) {
        let mut file: File = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let types = reader.schema().fields().iter().map(|field| field.data_type().clone()).collect();
        let mut rows = Vec::new();
        for batch in reader {
            let batch = batch.unwrap();
            rows.extend(
                (0..batch.num_rows()).map(|row| batch.columns().iter().map(|array| text(array, row)).collect()),
            );
        }
        (types, rows)
    }

    fn text(array: &ArrayRef, row: usize) -> String {
        if array.is_null(row) {
            return String::new();
        }
        match array.data_type() {
            DataType::Date32 => Date::from_days_since_epoch(array.as_primitive::<Date32Type>().value(row)).to_string(),
            DataType::Boolean => array.as_boolean().value(row).to_string(),
            _ => array.as_string::<i32>().value(row).to_owned(),
        }
    }

    #[test]
    fn clean_parquet_and_csv_hold_the_same_cells() {
        let rows = ROW_GROUP_ROWS + 1_000;
        let (bytes, summary) = generate(2, options(rows, 0.0));
        let (types, parquet) = read(&bytes);
        assert_eq!(types.iter().filter(|data_type| **data_type == DataType::Date32).count(), 3);
        assert_eq!(types.iter().filter(|data_type| **data_type == DataType::Boolean).count(), 1);
        let mut text = Vec::new();
        let of_csv = super::super::generate_csv(options(rows, 0.0), &seed(), b',', &mut text).unwrap();
        assert_eq!(summary, of_csv);
        let mut reader = ::csv::Reader::from_reader(&text[..]);
        let csv: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        assert!(parquet == csv);
        assert_eq!(parquet.len() as u64, rows);
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_threads() {
        let options = options(2 * ROW_GROUP_ROWS + 5, 0.0);
        let expected = generate(1, options);
        assert!(generate(2, options) == expected);
        assert!(generate(5, options) == expected);
    }

    #[test]
    fn spoiled_parquet_is_text_and_carries_the_bad_cells() {
        let (bytes, summary) = generate(2, options(20_000, 0.1));
        let (types, rows) = read(&bytes);
        assert!(types.iter().all(|data_type| *data_type == DataType::Utf8));
        assert!((1_800..2_200).contains(&summary.planted.total()));
        let column = |name| Column::ALL.iter().position(|other| other.as_str() == name).unwrap();
        let count = |name, is_bad: fn(&str) -> bool| {
            let index = column(name);
            rows.iter().filter(|row| !row[index].is_empty() && is_bad(&row[index])).count() as u64
        };
        let is_bad_date = |text: &str| Date::parse_iso(text.as_bytes()).is_none();
        let bad_dates =
            ["purchase_date", "renewal_start_date", "last_renewal_date"].map(|name| count(name, is_bad_date));
        assert_eq!(bad_dates.iter().sum::<u64>(), summary.planted.of(RejectCode::BadDate));
        let bad_bools = count("requirements_met", |text| !matches!(text, "true" | "false"));
        assert_eq!(bad_bools, summary.planted.of(RejectCode::BadBool));
        let bad_fees = count("fee", |text| crate::rules::Fee::parse(text.as_bytes()).is_none());
        assert_eq!(bad_fees, summary.planted.of(RejectCode::BadDecimal));
        assert_eq!(summary.planted.of(RejectCode::BadQuote), 0);
    }

    #[test]
    fn an_export_without_rows_is_a_valid_file() {
        let (bytes, summary) = generate(2, options(0, 0.0));
        let (types, rows) = read(&bytes);
        assert_eq!((types.len(), rows.len(), summary.rows), (13, 0, 0));
    }
}
