//! Small inputs that hold or claim enormous ones: each ends in a documented code within 512 MB of address space, and
//! leaves nothing behind.

use crate::harness::{AS_OF, Workspace};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression as ParquetCompression, ZstdLevel};
use parquet::file::metadata::{FileMetaData, ParquetMetaDataBuilder, ParquetMetaDataReader, ParquetMetaDataWriter};
use parquet::file::properties::WriterProperties;
use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The tests' program is not optimized, and the machine may have other work.
const TIME_LIMIT: Duration = Duration::from_secs(60);
const ADDRESS_SPACE_KIB: u32 = 512 * 1024;
const HEADER: &str = "partner_id,offer_type,purchase_date\n";
const ROW: &str = "7,action_pack,2019-06-01\n";

/// Runs on an input with bounded memory; the exit code and standard error, in time.
#[track_caller]
fn ending(workspace: &Workspace, input: &str) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_renewals");
    let script =
        format!("ulimit -v {ADDRESS_SPACE_KIB}; exec {program} run --as-of {AS_OF} --threads 2 --out reports {input}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(workspace.path("")).stdin(Stdio::null());
    let errors = File::create(workspace.path("stderr")).expect("created");
    let mut child = command.stdout(Stdio::null()).stderr(errors).spawn().expect("started");
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("waited for") {
            break status;
        }
        if started.elapsed() > TIME_LIMIT {
            child.kill().expect("killed");
            panic!("{input} did not end within {TIME_LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let said = fs::read_to_string(workspace.path("stderr")).expect("read");
    fs::remove_file(workspace.path("stderr")).expect("removed");
    assert!(!said.contains("panicked"), "{input}: {said}");
    (status.code(), said)
}

/// Expects an input to be refused (65) for a reason, and nothing to be left.
#[track_caller]
fn assert_refused(workspace: &Workspace, input: &str, reason: &str) {
    let (code, said) = ending(workspace, input);
    assert_eq!(code, Some(65), "{input}: {said}");
    assert!(said.contains(reason), "{input}: {said}");
    assert_eq!(workspace.names(), [input]);
}

/// A sound file of one row group with so many equal rows, its pages compressed.
fn sound_parquet(rows: usize, name: &str) -> Vec<u8> {
    let column = |text: &str| Arc::new(StringArray::from_iter_values(vec![text; rows])) as ArrayRef;
    let columns = [
        ("partner_id", column("7")),
        ("partner_name", column(name)),
        ("offer_type", column("action_pack")),
        ("purchase_date", column("2019-06-01")),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let level = ZstdLevel::try_new(3).expect("a level");
    let properties = WriterProperties::builder().set_compression(ParquetCompression::ZSTD(level)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("written");
    let _ = writer.close().expect("closed");
    bytes
}

/// A file whose footer claims so many row groups of so many rows each, all in the same pages.
fn claiming_parquet(groups: usize, rows: i64) -> Vec<u8> {
    let mut bytes = sound_parquet(400, "Nonesuch");
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&bytes::Bytes::from(bytes.clone())).expect("a footer");
    let old = metadata.file_metadata();
    let file = FileMetaData::new(
        old.version(),
        rows * groups as i64,
        old.created_by().map(str::to_owned),
        None,
        old.schema_descr_ptr(),
        None,
    );
    let group = metadata.row_group(0);
    let columns = group.columns().iter().map(|column| column.clone().into_builder().set_num_values(rows).build());
    let columns: Vec<_> = columns.collect::<Result<_, _>>().expect("columns");
    let group = group.clone().into_builder().set_num_rows(rows).set_column_metadata(columns).build().expect("a group");
    let claimed = ParquetMetaDataBuilder::new(file).set_row_groups(vec![group; groups]).build();
    let footer = u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().expect("four bytes")) as usize;
    bytes.truncate(bytes.len() - 8 - footer);
    ParquetMetaDataWriter::new(&mut bytes, &claimed).finish().expect("written");
    bytes
}

#[test]
fn a_small_parquet_file_that_claims_petabytes_is_refused() {
    let workspace = Workspace::new();
    let bytes = claiming_parquet(50, 1 << 31);
    assert!(bytes.len() < 42_000, "{} bytes", bytes.len());
    workspace.write("bomb.parquet", bytes);
    assert_refused(&workspace, "bomb.parquet", "the Parquet file holds more than 100 times its size");
}

#[test]
fn rows_that_only_the_footer_claims_are_refused() {
    for rows in [1_000_000_000, 10_000_000, 401] {
        let workspace = Workspace::new();
        workspace.write("claim.parquet", claiming_parquet(1, rows));
        assert_refused(&workspace, "claim.parquet", "error: claim.parquet: ");
    }
}

/// The root of the schema claims two thousand million columns, and one is there.
#[test]
fn columns_that_only_the_schema_claims_are_refused() {
    let root = [0x48, 1, b'g', 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0];
    let leaf = [0x15, 0x0C, 0x25, 0, 0x18, 1, b'x', 0];
    let footer = [&[0x15, 2, 0x19, 0x2C][..], &root, &leaf, &[0x16, 0, 0x19, 0x0C, 0]].concat();
    let length = (footer.len() as u32).to_le_bytes();
    let workspace = Workspace::new();
    workspace.write("columns.parquet", [b"PAR1", &footer[..], &length, b"PAR1"].concat());
    assert_refused(&workspace, "columns.parquet", "its footer is damaged");
}

#[test]
fn row_groups_on_the_same_pages_are_refused() {
    let workspace = Workspace::new();
    workspace.write("groups.parquet", claiming_parquet(2, 400));
    assert_refused(&workspace, "groups.parquet", "where row group 0 has one already");
}

#[test]
fn a_dictionary_that_claims_values_it_has_not_is_refused() {
    let workspace = Workspace::new();
    let mut bytes = sound_parquet(400, "Nonesuch");
    // In the first page header, the structure of a dictionary page, which begins with the number of its values: one.
    let header = bytes.windows(3).position(|bytes| bytes == [0x4C, 0x15, 0x02]).expect("a dictionary page");
    bytes[header + 2] = 0x7E;
    workspace.write("dictionary.parquet", bytes);
    assert_refused(&workspace, "dictionary.parquet", "the dictionary page at 4 claims 63 values");
}

#[test]
fn a_page_that_unpacks_to_a_gigabyte_is_refused() {
    let workspace = Workspace::new();
    let bytes = sound_parquet(1, &"a".repeat(200 << 20));
    assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
    workspace.write("page.parquet", bytes);
    assert_refused(&workspace, "page.parquet", "the Parquet file holds more than 100 times its size");
}

#[test]
fn hundreds_of_megabytes_in_a_few_kilobytes_are_refused() {
    let header = "partner_id,offer_type,purchase_date,note\n";
    let part = format!("7,action_pack,2019-06-01,{}\n", "n".repeat(10_000)).repeat(1_000);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(part.as_bytes()).expect("written");
    let gzip = gzip.finish().expect("finished");
    let zstd = zstd::encode_all(part.as_bytes(), 3).expect("encoded");
    let mut head = GzEncoder::new(Vec::new(), Compression::default());
    head.write_all(header.as_bytes()).expect("written");
    let head = head.finish().expect("finished");
    for (name, head, part) in
        [("bomb.csv.gz", head, gzip), ("bomb.csv.zst", zstd::encode_all(header.as_bytes(), 3).expect("encoded"), zstd)]
    {
        let workspace = Workspace::new();
        // Thirty members of ten megabytes each.
        workspace.write(name, [head, part.repeat(30)].concat());
        assert_refused(&workspace, name, "holds more than 100 times its size");
    }
    let workspace = Workspace::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("bomb.csv", zip::write::SimpleFileOptions::default()).expect("begun");
    archive.write_all(header.as_bytes()).expect("written");
    for _ in 0..10 {
        archive.write_all(part.as_bytes()).expect("written");
    }
    workspace.write("bomb.zip", archive.finish().expect("finished").into_inner());
    assert_refused(&workspace, "bomb.zip", "holds more than 100 times its size");
}

#[test]
fn an_enormous_field_is_one_reject() {
    for (quote, code) in [("", "record_too_long"), ("\"", "unclosed_quote")] {
        let workspace = Workspace::new();
        // A hole of the file system reads as NUL bytes, which are data.
        let mut file = File::create(workspace.path("field.csv")).expect("created");
        file.write_all(format!("{HEADER}{ROW}7,{quote}").as_bytes()).expect("written");
        file.set_len(8 << 20).expect("grown");
        drop(file);
        let (ending, said) = ending(&workspace, "field.csv");
        assert_eq!(ending, Some(0), "{said}");
        let rejects = crate::harness::rows(&workspace.path("reports/rejects.csv"));
        assert_eq!(rejects.iter().map(|row| row["code"].as_str()).collect::<Vec<_>>(), [code]);
    }
}

#[test]
fn a_million_columns_are_read_or_refused() {
    let workspace = Workspace::new();
    let names: String = (0..1_000_000).map(|column| format!(",c{column}")).collect();
    workspace.write("wide.csv", format!("partner_id,offer_type,purchase_date{names}\n7,action_pack,2019-06-01\n"));
    // The header alone is longer than a record may be.
    assert_refused(&workspace, "wide.csv", "error: wide.csv: ");
    let commas = ",".repeat(1_000_000);
    workspace.write("wide.csv", format!("{HEADER}{ROW}7,action_pack,2019-06-01{commas}\n{ROW}"));
    let (code, said) = ending(&workspace, "wide.csv");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(crate::harness::rows(&workspace.path("reports/rejects.csv"))[0]["code"], "too_many_fields");
}
