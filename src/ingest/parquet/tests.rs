//! Rows are the same however their file is encoded, and whether they are checked in blocks or one by one.

use super::{ParquetPlace, ParquetSource, read_batch};
use crate::ingest::file::InputFile;
use crate::ingest::{DateFormat, Fault, ReadOptions, Reject, Row, RowConsumer};
use arrow_array::{ArrayRef, BooleanArray, Date32Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{WriterProperties, WriterVersion};
use proptest::prelude::*;
use std::sync::Arc;

/// What a reader gives of a file, `IN_BLOCKS` or row by row.
#[derive(Default)]
struct Seen<const IN_BLOCKS: bool> {
    rows: Vec<String>,
    rejects: Vec<Reject>,
}

impl<const IN_BLOCKS: bool> RowConsumer for Seen<IN_BLOCKS> {
    const TAKES_EVERY_ROW: bool = IN_BLOCKS;

    fn row(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        // Which bytes lie behind a text depends on its page; fingerprints are tested to leave them out.
        let row = Row { windows: Default::default(), ..*row };
        self.rows.push(format!("{row:?}"));
        Ok(())
    }

    fn reject(&mut self, reject: Reject) {
        self.rejects.push(reject);
    }
}

fn read<const IN_BLOCKS: bool>(file: &[u8], batch_rows: usize) -> Seen<IN_BLOCKS> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("export.parquet");
    std::fs::write(&path, file).expect("written");
    let place = ParquetPlace::File(InputFile::open(&path).expect("a file"));
    let source = ParquetSource::open(place, &ReadOptions::new(1 << 20)).expect("a footer");
    let format = DateFormat::Iso;
    let mut seen = Seen::default();
    for group in 0..source.row_group_count() {
        let mut reader = source.read_row_group(group, batch_rows).expect("a row group");
        let mut rows = 0;
        while let Some(batch) = source.next_batch(&mut reader).expect("a batch") {
            let rejects = seen.rejects.len();
            read_batch(&batch, &format, &mut seen);
            for reject in &mut seen.rejects[rejects..] {
                reject.line_in_batch += rows;
            }
            rows += batch.rows() as u64;
        }
        assert_eq!(rows, source.row_group_rows(group));
    }
    seen
}

/// A cell of each kind: what most exports have, what is refused, and none.
#[derive(Clone, Debug)]
struct Cells {
    texts: [Option<String>; 8],
    days: [Option<i32>; 3],
    met: Option<bool>,
}

const TEXTS: [&str; 8] =
    ["partner_id", "partner_name", "country", "offer_type", "offer_name", "level", "fee", "currency"];
const DAYS: [&str; 3] = ["purchase_date", "renewal_start_date", "last_renewal_date"];

fn cells() -> impl Strategy<Value = Cells> {
    let one_of = |texts: &'static [&'static str]| prop_oneof![6 => prop::sample::select(texts).prop_map(|text| Some(text.to_owned())), 1 => Just(None)];
    let fee = prop_oneof![
        4 => (0_u32..3_000, 0_u32..100).prop_map(|(whole, rest)| Some(format!("{whole}.{rest:02}"))),
        1 => prop::sample::select(&["999999999999999999.9999", "12,5", "-1", ""][..]).prop_map(|text| Some(text.to_owned())),
        2 => Just(None),
    ];
    let texts = (
        prop_oneof![9 => (0_u32..50_000).prop_map(|id| Some(id.to_string())), 1 => Just(Some(String::new())), 1 => Just(None)],
        one_of(&[
            "Wobblecrank",
            "Snizzle, wick",
            "Éclair \"& Söhne\" of a length that no word has, nor any other name",
            "",
        ]),
        one_of(&["DE", "US", "AE"]),
        one_of(&["competency", "Action_Pack", "membership", "competence"]),
        one_of(&["Security", "Application Integration", "CLOUD BUSINESS APPLICATIONS", "Data, Analytics"]),
        one_of(&["gold", "Silver", "bronze", ""]),
        fee,
        one_of(&["EUR", "USD", "eur", "EURO", ""]),
    );
    let day = || prop_oneof![9 => (17_000_i32..18_500).prop_map(Some), 1 => prop::sample::select(&[i32::MIN, i32::MAX, -30_000, 1_000_000][..]).prop_map(Some), 2 => Just(None)];
    (texts, [day(), day(), day()], any::<Option<bool>>()).prop_map(|(texts, days, met)| {
        let (a, b, c, d, e, f, g, h) = texts;
        Cells { texts: [a, b, c, d, e, f, g, h], days, met }
    })
}

/// How a file is written.
#[derive(Clone, Debug)]
struct Writing {
    is_second_version: bool,
    has_dictionaries: bool,
    dictionary_bytes: usize,
    page_rows: usize,
    group_rows: usize,
    is_compressed: bool,
    are_texts_delta: bool,
    are_texts_needed: bool,
}

fn writing() -> impl Strategy<Value = Writing> {
    let flags = any::<[bool; 5]>();
    (flags, prop::sample::select(&[1, 60, 1 << 20][..]), 1_usize..90, 1_usize..400).prop_map(
        |(flags, dictionary_bytes, page_rows, group_rows)| {
            let [is_second_version, has_dictionaries, is_compressed, are_texts_delta, are_texts_needed] = flags;
            Writing {
                is_second_version,
                has_dictionaries,
                dictionary_bytes,
                page_rows,
                group_rows,
                is_compressed,
                are_texts_delta: are_texts_delta && !has_dictionaries,
                are_texts_needed,
            }
        },
    )
}

fn written(rows: &[Cells], writing: &Writing) -> Vec<u8> {
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    for (index, name) in TEXTS.into_iter().enumerate() {
        let texts = rows.iter().map(|row| row.texts[index].clone());
        let array: StringArray = match writing.are_texts_needed {
            true => texts.map(|text| Some(text.unwrap_or_default())).collect(),
            false => texts.collect(),
        };
        columns.push((name, Arc::new(array)));
    }
    for (index, name) in DAYS.into_iter().enumerate() {
        columns.push((name, Arc::new(rows.iter().map(|row| row.days[index]).collect::<Date32Array>())));
    }
    columns.push(("requirements_met", Arc::new(rows.iter().map(|row| row.met).collect::<BooleanArray>())));
    let fields = columns.iter().map(|(name, array)| {
        let is_needed = writing.are_texts_needed && array.data_type() == &DataType::Utf8;
        Field::new(*name, array.data_type().clone(), !is_needed)
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(schema.clone(), columns.into_iter().map(|(_, array)| array).collect());
    let version = if writing.is_second_version { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
    let mut properties = WriterProperties::builder()
        .set_writer_version(version)
        .set_dictionary_enabled(writing.has_dictionaries)
        .set_dictionary_page_size_limit(writing.dictionary_bytes)
        .set_data_page_row_count_limit(writing.page_rows)
        .set_write_batch_size(writing.page_rows)
        .set_max_row_group_row_count(Some(writing.group_rows))
        .set_compression(if writing.is_compressed { Compression::SNAPPY } else { Compression::UNCOMPRESSED });
    if writing.are_texts_delta {
        properties = properties.set_column_encoding("partner_name".into(), Encoding::DELTA_BYTE_ARRAY);
    } else if !writing.has_dictionaries {
        // The second version would have encodings that few exports have.
        for name in TEXTS.iter().chain(&DAYS) {
            properties = properties.set_column_encoding((*name).into(), Encoding::PLAIN);
        }
    }
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties.build())).expect("a writer");
    writer.write(&batch.expect("a batch")).expect("written");
    writer.into_inner().expect("a file")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_the_same_however_they_are_encoded_and_checked(
        rows in prop::collection::vec(cells(), 1..300),
        writing in writing(),
        batch_rows in prop::sample::select(&[1, 7, 64, 100, 8_192][..]),
    ) {
        let usual = Writing {
            is_second_version: false,
            has_dictionaries: false,
            dictionary_bytes: 1,
            page_rows: 20_000,
            group_rows: 20_000,
            is_compressed: false,
            are_texts_delta: false,
            are_texts_needed: writing.are_texts_needed,
        };
        let expected = read::<false>(&written(&rows, &usual), 8_192);
        prop_assert_eq!(expected.rows.len() + expected.rejects.len(), rows.len());
        let file = written(&rows, &writing);
        let group_rows = writing.group_rows as u64;
        let in_group = |mut reject: Reject| { reject.line_in_batch %= group_rows; reject };
        let expected_rejects: Vec<_> = expected.rejects.into_iter().map(in_group).collect();
        let (blocks, one_by_one) = (read::<true>(&file, batch_rows), read::<false>(&file, batch_rows));
        prop_assert_eq!(&blocks.rows, &expected.rows);
        prop_assert_eq!(&blocks.rejects, &expected_rejects);
        prop_assert_eq!(&one_by_one.rows, &expected.rows);
        prop_assert_eq!(&one_by_one.rejects, &expected_rejects);
    }
}
