//! What must make no difference: threads, batch size, the delimiter, the format, and how the rows lie in files.

use crate::export::{Cells, delimited, parquet, read};
use crate::harness::{Published, Row, Workspace};
use std::collections::BTreeMap;
use std::fs;

pub const THREADS: [&str; 4] = ["1", "2", "3", "8"];
pub const BATCH_BYTES: [&str; 4] = ["1024", "4096", "65536", "1048576"];
const HEADER: &str = "partner_id,partner_name,offer_type,purchase_date,fee,currency\n";

/// Runs with every number of threads and every batch size, and expects the same bytes in every file of each.
fn assert_the_same_bytes(workspace: &Workspace, arguments: &[&str]) -> Published {
    let common = [&["--formats", "csv,parquet,html", "--decisions"], arguments].concat();
    let reference = workspace.publish_into("reference", &common);
    let expected = reference.files();
    assert_eq!(
        expected.len(),
        29,
        "12 tables in two formats, the page, the decisions, the summary, the manifest and the checksums"
    );
    for threads in THREADS {
        for batch_bytes in BATCH_BYTES {
            let options = ["--threads", threads, "--batch-bytes", batch_bytes];
            let files = workspace.publish(&[&options, &common[..]].concat()).files();
            assert_eq!(files.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
            for (name, bytes) in &files {
                assert!(bytes == &expected[name], "{name} differs with {threads} threads and batches of {batch_bytes}");
            }
        }
    }
    reference
}

/// The counts of rejects by code that are not zero.
fn rejected(published: &Published) -> BTreeMap<String, u64> {
    let summary = published.summary();
    let counts = summary["rejected_by_code"].as_object().expect("counts");
    counts
        .iter()
        .map(|(code, count)| (code.clone(), count.as_u64().expect("a count")))
        .filter(|(_, n)| *n > 0)
        .collect()
}

#[test]
fn threads_and_batches_make_no_difference_to_a_generated_export() {
    let workspace = Workspace::new();
    let arguments = ["generate", "--rows", "2000", "--seed", "1", "--dirty", "0.02", "--out", "export.csv"];
    let _ = workspace.run(&arguments).expect(0);
    let published = assert_the_same_bytes(&workspace, &["export.csv"]);
    let codes = rejected(&published);
    assert!(codes.contains_key("record_too_long") && codes.contains_key("unclosed_quote"), "{codes:?}");
}

#[test]
fn threads_and_batches_make_no_difference_to_parquet() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "1500", "--seed", "6", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    let rows = read(&fs::read(workspace.path("export.csv")).expect("generated"));
    workspace.write("export.parquet", parquet(&rows));
    assert_the_same_bytes(&workspace, &["export.parquet", "export.csv"]);
}

/// Records of every awkward form, one after the other, so that chunk borders fall into all of them.
pub fn nasty(records: usize) -> Vec<u8> {
    let mut bytes = HEADER.as_bytes().to_vec();
    let long = |line: &str, bytes: usize| line.repeat(bytes.div_ceil(line.len()));
    for number in 0..records {
        let rest = "action_pack,2019-06-01,1.50,EUR";
        let ending = ["\n", "\r\n"][number / 3 % 2];
        let lookalike = "\n8,row in a quote,action_pack,2019-06-02,,\r\n\"\"quoted\"\",";
        let record = match number % 13 {
            0 => format!("{number},\"two\nlines\r\nand a \"\"quote\"\"\",{rest}"),
            1 => String::new(),
            2 => format!("{number},\"{}\",{rest}", long(lookalike, 3_000)),
            // Longer than the limit of the test, without a quote and with one.
            3 => format!("{number},{},{rest}", long("x", 6_000)),
            4 => format!("{number},\"{}\",{rest}", long(lookalike, 9_000)),
            // A quote that nothing closes before the limit is reached.
            5 => format!("{number},\"open,{rest}\n{}", long("9,between,action_pack,2019-06-03,,\n", 5_500)),
            6 => format!("{number},\"bad\" quote,{rest}"),
            7 => format!("{number},lone\rreturn,{rest}"),
            8 => format!("{number},{rest}"),
            9 => format!("\n\r\n\n{number},after blank lines,{rest}"),
            10 => format!("{number},\"\",{rest}"),
            11 => format!("{number},\"{}\",{rest}", "\n".repeat(number % 7 * 150)),
            _ => format!("{number},=plain,{rest}"),
        };
        bytes.extend_from_slice(record.as_bytes());
        if number % 26 == 25 {
            bytes.extend_from_slice(b"\n7,Caf\xe9,action_pack,2019-06-01,,");
        }
        bytes.extend_from_slice(ending.as_bytes());
    }
    bytes.extend_from_slice(b"9,\"open at the end,action_pack,2019-06-01,,\n10,last,action_pack,2019-06-01,,");
    bytes
}

#[test]
fn threads_and_batches_make_no_difference_to_a_nasty_export() {
    let workspace = Workspace::new();
    workspace.write("export.csv", nasty(160));
    let published = assert_the_same_bytes(&workspace, &["--max-record-bytes", "5000", "export.csv"]);
    let codes = rejected(&published);
    for code in ["record_too_long", "unclosed_quote", "bad_quote", "bad_utf8", "too_few_fields"] {
        assert!(codes.contains_key(code), "{code}: {codes:?}");
    }
    assert!(published.rows("upcoming_renewals").len() > 100);
}

/// Rows of every report and every reject of a cell, without anything that CSV alone can have.
fn rows_of_all_kinds(workspace: &Workspace) -> Vec<Cells> {
    let generate = ["generate", "--rows", "600", "--seed", "8", "--out", "kinds.csv"];
    let _ = workspace.run(&generate).expect(0);
    let mut rows = read(&fs::read(workspace.path("kinds.csv")).expect("generated"));
    let spoilt = [
        ("partner_id", ""),
        ("offer_type", "Bundle"),
        ("offer_type", ""),
        ("level", "platinum"),
        ("purchase_date", "2019-02-29"),
        ("purchase_date", "9999-12-31"),
        ("renewal_start_date", "1899-12-31"),
        ("last_renewal_date", "05.06.2020"),
        ("requirements_met", "yes"),
        ("portal", "pmc "),
        ("fee", "1e3"),
        ("fee", "1.23456"),
        ("currency", "eur"),
        ("last_renewal_date", "2999-12-31"),
        ("last_renewal_date", "1900-01-01"),
        ("renewal_start_date", "1900-01-01"),
    ];
    for (index, change) in spoilt.iter().enumerate() {
        let at = index * 37;
        let column = crate::export::COLUMNS.iter().position(|column| column == &change.0).expect("a column");
        rows[at][column] = change.1.to_owned();
    }
    let texts =
        ["semi;colon", "com,ma", "tab\tstop", "quo\"te", "line\nbreak", "=formula", "  spaces  ", "Ωmega", "\r"];
    for (index, text) in texts.iter().enumerate() {
        rows[index * 41 + 3][1] = (*text).to_owned();
        rows[index * 41 + 4][4] = (*text).to_owned();
    }
    rows
}

const REPORTS: [&str; 11] = [
    "upcoming_renewals",
    "lapsed_competencies",
    "lapsed_action_packs",
    "reactivation_candidates",
    "reminders_due",
    "fee_forecast",
    "expected_fees",
    "expected_totals",
    "renewal_rates",
    "payment_timing",
    "fee_position",
];

/// The bytes of every report, and the rejects without the places where they stand.
fn contents(published: &Published) -> (Vec<Vec<u8>>, Vec<Row>) {
    let files = published.files();
    let reports = REPORTS.map(|report| files[&format!("{report}.csv")].clone()).to_vec();
    let mut rejects = published.rows("rejects");
    for row in &mut rejects {
        row.retain(|column, _| !["file", "line", "byte_offset"].contains(&column.as_str()));
    }
    (reports, rejects)
}

#[test]
fn comma_tab_semicolon_and_parquet_give_the_same_reports() {
    let workspace = Workspace::new();
    let rows = rows_of_all_kinds(&workspace);
    workspace.write("comma.csv", delimited(&rows, b','));
    workspace.write("tab.txt", delimited(&rows, b'\t'));
    workspace.write("semicolon.csv", delimited(&rows, b';'));
    workspace.write("columns.parquet", parquet(&rows));
    // A wide span of reminders, so that their report has rows too.
    let publish = |input| workspace.publish(&["--reminders-from", "2020-05-20", input]);
    let comma = publish("comma.csv");
    let expected = contents(&comma);
    for (report, bytes) in REPORTS.iter().zip(&expected.0) {
        assert!(bytes.iter().filter(|&&byte| byte == b'\n').count() > 3, "{report} has too few rows to compare");
    }
    assert_eq!(expected.1.len(), 16);
    for input in ["tab.txt", "semicolon.csv", "columns.parquet"] {
        let published = publish(input);
        let found = contents(&published);
        assert_eq!(found.1, expected.1, "{input}");
        for (report, (bytes, expected)) in REPORTS.iter().zip(found.0.iter().zip(&expected.0)) {
            assert!(bytes == expected, "{report} differs between comma.csv and {input}");
        }
        for part in ["rows", "rejected_by_code", "stages", "reports", "fees"] {
            assert_eq!(published.summary()[part], comma.summary()[part], "{input}");
        }
    }
}

#[test]
fn a_reject_of_parquet_has_the_number_of_its_row_and_no_offset() {
    let workspace = Workspace::new();
    let rows = rows_of_all_kinds(&workspace);
    workspace.write("columns.parquet", parquet(&rows));
    let rejects = workspace.publish(&["columns.parquet"]).rows("rejects");
    let lines: Vec<String> = (0..16).map(|index| (index * 37 + 1).to_string()).collect();
    assert_eq!(rejects.iter().map(|row| row["line"].clone()).collect::<Vec<_>>(), lines);
    assert!(rejects.iter().all(|row| row["byte_offset"].is_empty() && row["file"] == "columns.parquet"));
}

#[test]
fn rows_in_one_file_or_in_many_give_the_same_reports() {
    let workspace = Workspace::new();
    let rows = rows_of_all_kinds(&workspace);
    workspace.write("whole.csv", delimited(&rows, b','));
    let expected = contents(&workspace.publish(&["whole.csv"]));
    for parts in [2, 5, 61] {
        let mut names = Vec::new();
        for (index, part) in rows.chunks(rows.len().div_ceil(parts)).enumerate() {
            // Each part in another form; a part without rows in between.
            let (name, bytes) = match index % 4 {
                0 => (format!("{parts}/{index}.csv"), delimited(part, b',')),
                1 => (format!("{parts}/{index}.parquet"), parquet(part)),
                2 => (format!("{parts}/{index}.tsv"), delimited(part, b'\t')),
                _ => (format!("{parts}/{index}.csv"), delimited(part, b';')),
            };
            workspace.write(&name, bytes);
            workspace.write(&format!("{name}.empty.csv"), delimited(&[], b','));
            names.push(name.clone());
            names.push(format!("{name}.empty.csv"));
        }
        let arguments: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = contents(&workspace.publish(&[&["--threads", "3"], &arguments[..]].concat()));
        assert!(found == expected, "{parts} parts");
    }
}
