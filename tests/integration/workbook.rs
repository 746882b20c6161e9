//! The reports as a workbook, opened by another library: the same cells as the CSV beside it, in Excel's types.

use crate::harness::{Published, Row, Workspace};
use calamine::{Data, DataType, Reader, Xlsx, open_workbook};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const WORKBOOK: &str = "renewals.xlsx";

fn generated() -> Workspace {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "3000", "--seed", "2", "--dirty", "0.02", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    workspace
}

/// Every file of a directory, byte for byte.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |name: String| (name.clone(), fs::read(directory.join(name)).expect("read"));
    crate::harness::names(directory).into_iter().map(read).collect()
}

fn open(published: &Published) -> Xlsx<std::io::BufReader<std::fs::File>> {
    open_workbook(published.directory.join(WORKBOOK)).expect("a workbook")
}

/// The reports of a run, by their names.
fn reports(published: &Published) -> Vec<String> {
    published.summary()["reports"].as_object().expect("reports").keys().cloned().collect()
}

/// A cell as the raw CSV would have it, but for the decimal places of numbers; and that it has the type it should.
fn cell(column: &str, data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::DateTime(date) => {
            let days = date.as_f64();
            assert_eq!(days.fract(), 0.0, "{column}: a day without a time");
            let day = NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day") + chrono::Days::new(days as u64);
            if column == "month" { day.format("%Y-%m").to_string() } else { day.to_string() }
        }
        Data::Float(number) => number.to_string(),
        Data::String(text) => text.clone(),
        other => panic!("{column}: {other:?} is not what a report has"),
    }
}

/// Whether a column holds texts whatever they look like.
fn is_text(column: &str) -> bool {
    ["partner_id", "partner_name", "country", "offer_name", "file", "value", "message", "stage", "currency"]
        .contains(&column)
}

/// The rows of every sheet of a report, checked to be typed.
pub fn workbook_rows(published: &Published, report: &str) -> Vec<Row> {
    let mut workbook = open(published);
    let range = workbook.worksheet_range(report).unwrap_or_else(|error| panic!("{report}: {error}"));
    let mut rows = range.rows();
    let header: Vec<String> = rows.next().expect("a header").iter().map(ToString::to_string).collect();
    let mut all = Vec::new();
    for row in rows {
        for (column, data) in header.iter().zip(row).filter(|(_, data)| **data != Data::Empty) {
            let is_right = match data {
                // A total over all months has no month.
                Data::String(text) if text == "all" => {
                    column == "month" || column == "currency" || column == "segment" || column == "parent"
                }
                Data::String(_) => !column.ends_with("_date") && !column.starts_with("window_") && column != "month",
                _ => !is_text(column),
            };
            assert!(is_right, "{report}.{column} should not be {data:?}");
        }
        all.push(header.iter().zip(row).map(|(column, data)| (column.clone(), cell(column, data))).collect());
    }
    all
}

/// A number without zeros that say nothing, so that `918`, `918.00` and the number 918 are the same.
fn plain(text: &str) -> String {
    let is_number = text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

fn assert_same_cells(published: &Published, report: &str) {
    let found = workbook_rows(published, report);
    let expected = published.rows(report);
    assert_eq!(found.len(), expected.len(), "{report}");
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        for (column, text) in expected {
            let expected = if is_text(column) { text.clone() } else { plain(text) };
            assert_eq!(found[column], expected, "{report}, row {index}, {column}");
        }
        assert_eq!(found.len(), expected.len(), "{report}, row {index}");
    }
}

#[test]
fn every_cell_of_the_workbook_is_that_of_the_raw_csv_in_excels_types() {
    let workspace = generated();
    let options = ["--formats", "csv,xlsx", "--raw-text", "--reminders-from", "2020-05-15", "export.csv"];
    let published = workspace.publish(&options);
    let reports = reports(&published);
    let sheets = open(&published).sheet_names();
    assert_eq!(sheets[..2], ["Summary", "Forecast"]);
    assert_eq!(sheets[2..], reports);
    for report in &reports {
        assert_same_cells(&published, report);
    }
    assert!(!published.rows("upcoming_renewals").is_empty() && !published.rows("rejects").is_empty());
}

#[test]
fn texts_that_a_spreadsheet_or_xml_would_change_are_kept() {
    let workspace = Workspace::new();
    let texts = [
        "=1+1",
        "+1",
        "-1",
        "@A1",
        "=HYPERLINK(\"http://example.com\")",
        "  outer spaces  ",
        "two\nlines",
        "tab\tstop",
        "lone\rreturn",
        "\u{1}\u{0}\u{1f}\u{7f}",
        "_x0041_",
        "_x005F_",
        "<b>&amp;</b>",
        "]]>",
        "\u{FFFE}\u{FFFF}",
        "Ωmega 漢字 😀",
        "0012",
        "1e5",
        "2020-06-05",
        "true",
        "#N/A",
    ];
    let mut export = "partner_id,partner_name,offer_type,purchase_date\n".to_owned();
    for text in texts {
        let quoted = text.replace('"', "\"\"");
        export.push_str(&format!("\"{quoted}\",\"{quoted}\",action_pack,2019-06-01\n"));
    }
    workspace.write("export.csv", export);
    let published = workspace.publish(&["--formats", "csv,xlsx", "--raw-text", "export.csv"]);
    assert_eq!(published.column("upcoming_renewals", "partner_name"), texts);
    assert_same_cells(&published, "upcoming_renewals");
    assert_eq!(published.outcome.stderr.matches("warning").count(), 0, "{}", published.outcome);
}

#[test]
fn what_excel_cannot_hold_is_text_or_cut_and_the_run_says_so() {
    let workspace = Workspace::new();
    let long = "y".repeat(40_000);
    workspace.write(
        "export.csv",
        format!(
            "partner_id,partner_name,offer_type,purchase_date,fee,currency\n\
             1,{long},action_pack,2019-06-01,1234567890123.45,EUR\n\
             2,b,action_pack,2019-06-01,12345678901234.56,EUR\n\
             3,c,action_pack,2019-06-01,999999999999999999.9999,JPY\n"
        ),
    );
    let published = workspace.publish(&["--formats", "csv,xlsx", "export.csv"]);
    let rows = workbook_rows(&published, "upcoming_renewals");
    let fees: Vec<&str> = rows.iter().map(|row| row["fee"].as_str()).collect();
    assert_eq!(fees, ["1234567890123.45", "12345678901234.56", "999999999999999999.9999"]);
    let mut workbook = open(&published);
    let range = workbook.worksheet_range("upcoming_renewals").expect("the sheet");
    let column = range.rows().next().expect("a header").iter().position(|name| name.get_string() == Some("fee"));
    let fees: Vec<&Data> = range.rows().skip(1).map(|row| &row[column.expect("fee")]).collect();
    assert!(matches!(fees[..], [Data::Float(_), Data::String(_), Data::String(_)]), "{fees:?}");
    let name = &rows[0]["partner_name"];
    assert!(name.starts_with("yyyy") && name.ends_with("… [cut: the whole text has 40000 characters]"), "{name}");
    assert_eq!(name.encode_utf16().count(), 32_767);
    let said = &published.outcome.stderr;
    assert!(said.contains("1 texts are cut in renewals.xlsx"), "{}", published.outcome);
    assert!(said.contains("numbers of more than 15 digits are text in renewals.xlsx"), "{}", published.outcome);
    // Whoever has only the workbook is told too.
    let summary = workbook.worksheet_range("Summary").expect("the sheet");
    let notes: Vec<String> = summary.rows().map(|row| row[0].to_string()).collect();
    assert!(notes.iter().any(|note| note.starts_with("Texts longer than") && note.ends_with(": 1")), "{notes:?}");
    assert!(notes.iter().any(|note| note.starts_with("Numbers of more than 15 digits")), "{notes:?}");
}

/// Sums in ten-thousandths by a key.
type Totals = BTreeMap<String, i128>;

fn ten_thousandths(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<4}").parse().expect("digits")
}

fn totals(rows: &[Row], column: &str) -> Totals {
    let mut totals = Totals::new();
    for row in rows.iter().filter(|row| !row[column].is_empty()) {
        *totals.entry(row["currency"].clone()).or_default() += ten_thousandths(&row[column]);
    }
    totals
}

#[test]
fn the_summary_and_the_forecast_have_the_totals_of_the_reports() {
    let workspace = generated();
    let published = workspace.publish(&["--formats", "csv,xlsx", "export.csv"]);
    let mut workbook = open(&published);
    let forecast = workbook.worksheet_range("Forecast").expect("the sheet");
    let mut shown = Totals::new();
    for row in forecast.rows().skip(1) {
        *shown.entry(row[0].to_string()).or_default() += ten_thousandths(&cell("fees", &row[4]));
    }
    assert_eq!(shown, totals(&published.rows("fee_forecast"), "fees"));
    let header: Vec<String> = forecast.rows().next().expect("a header").iter().map(ToString::to_string).collect();
    let of_base = published.rows("expected_totals");
    let of_base = of_base.iter().filter(|row| row["scenario"] == "base" && row["month"] != "all");
    let mut compared = 0;
    for total in of_base {
        let is_meant = |row: &&[Data]| row[0] == *total["currency"] && cell("month", &row[1]) == total["month"];
        let Some(row) = forecast.rows().skip(1).find(is_meant) else { continue };
        for (name, data) in header.iter().zip(row).skip(2).take(6) {
            assert_eq!(cell(name, data), plain(&total[name]), "{name} of {total:?}");
        }
        compared += 1;
    }
    assert!(compared > 100, "{compared} months show too little");

    let summary = workbook.worksheet_range("Summary").expect("the sheet");
    let lines: Vec<Vec<String>> = summary.rows().map(|row| row.iter().map(|data| cell("", data)).collect()).collect();
    let table = |title: &str| {
        let start = lines.iter().position(|line| line[0] == title).unwrap_or_else(|| panic!("no table {title}")) + 1;
        let end = lines[start..].iter().position(|line| line[0].is_empty()).map_or(lines.len(), |rows| start + rows);
        &lines[start..end]
    };
    let json = published.summary();
    for line in &table("Reports")[1..] {
        assert_eq!(json["reports"][&line[0]].to_string(), line[1], "{line:?}");
    }
    for line in &table("Offers by stage")[1..] {
        assert_eq!(json["stages"][&line[0]]["competency"].to_string(), line[3], "{line:?}");
    }
    let fees = table("Fees by currency and stage");
    let mut compared = 0;
    for entry in json["fees"].as_array().expect("fees") {
        let line = fees.iter().find(|line| line[0] == entry["currency"]).expect("a line");
        let column = fees[0].iter().position(|name| *name == entry["stage"]).expect("a column");
        assert_eq!(line[column], plain(entry["fees"].as_str().expect("text")), "{entry}");
        compared += 1;
    }
    assert!(compared > 50);
    let rejected: u64 =
        json["rejected_by_code"].as_object().expect("codes").values().filter_map(|count| count.as_u64()).sum();
    assert_eq!(table("Rejected rows").last().expect("a line")[..2], ["all".to_owned(), rejected.to_string()]);
    assert!(lines.iter().any(|line| line[0] == "run id" && line[1] == json["run_id"].as_str().expect("text")));
}

#[test]
fn the_forecast_begins_with_all_fees_in_the_reporting_currency() {
    let workspace = Workspace::new();
    workspace.write(
        "export.csv",
        "partner_id,offer_type,purchase_date,fee,currency\n\
         1,action_pack,2019-06-20,100,EUR\n2,action_pack,2019-06-20,200.50,USD\n3,action_pack,2019-09-20,,USD\n",
    );
    workspace.write("rates.csv", "currency,rate\nEUR,1\nUSD,0.5\n");
    let published = workspace.publish(&["--formats", "csv,xlsx", "--fx", "rates.csv", "export.csv"]);
    let forecast = open(&published).worksheet_range("Forecast").expect("the sheet");
    let months: Vec<Vec<String>> =
        forecast.rows().skip(1).map(|row| row.iter().take(5).map(|data| cell("month", data)).collect()).collect();
    let found: Vec<String> = months.iter().filter(|row| row[2] != "0").map(|row| row.join(",")).collect();
    assert_eq!(
        found,
        [
            "all, in EUR,2020-06,2,0,200.25",
            "all, in EUR,2020-09,1,1,",
            "EUR,2020-06,1,0,100",
            "USD,2020-06,1,0,200.5",
            "USD,2020-09,1,1,"
        ]
    );
}

#[test]
fn the_summary_tells_what_the_estimates_rest_on() {
    let workspace = Workspace::new();
    workspace
        .write("export.csv", "partner_id,offer_type,purchase_date,fee,currency\n1,action_pack,2019-06-20,100,USD\n");
    workspace.write("rates.csv", "currency,rate\nEUR,1\nUSD,0.5\n");
    workspace.write(
        "own.toml",
        "schema = 1\n[[rate]]\nsegment = 'action_pack'\nrate = 0.85\nsource = '=1+1'\n\
         [[scenario]]\nname = 'merger'\npmc_migration = 0.25\nsource = 'Memo 7'\n",
    );
    let published =
        workspace.publish(&["--formats", "xlsx", "--fx", "rates.csv", "--assume", "own.toml", "export.csv"]);
    let summary = open(&published).worksheet_range("Summary").expect("the sheet");
    let lines: Vec<String> = summary
        .rows()
        .map(|row| row.iter().map(|data| cell("", data)).collect::<Vec<_>>().join(",").trim_end_matches(',').to_owned())
        .collect();
    for line in [
        "low,quantile 0.1,0,0,1,No blocker is removed (R9, R10), and each rate is at the low end of what the export allows",
        "merger,as measured,1,0.25,1,Memo 7",
        "Rates as measured, but for what own.toml says, source: own.toml",
        "action_pack,0.85,all,=1+1",
        "USD,0.5",
        "source: rates.csv",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line}: {lines:#?}");
    }
}

#[test]
fn the_workbook_is_the_same_whatever_the_threads_and_batches() {
    let workspace = generated();
    let bytes = |options: &[&str]| {
        let published = workspace.publish(&[&["--formats", "xlsx", "export.csv"], options].concat());
        published.files().remove(WORKBOOK).expect("the workbook")
    };
    let expected = bytes(&[]);
    assert!(bytes(&["--threads", "1", "--batch-bytes", "1024"]) == expected);
    assert!(bytes(&["--threads", "3", "--batch-bytes", "65536"]) == expected);
}

#[test]
fn a_workbook_alone_publishes_nothing_else() {
    let workspace = generated();
    let published = workspace.publish(&["--formats", "xlsx", "export.csv"]);
    let names: Vec<String> = published.files().into_keys().collect();
    assert_eq!(names, ["SHA256SUMS", "manifest.json", WORKBOOK, "summary.json"]);
    for report in reports(&published) {
        let rows = workbook_rows(&published, &report).len();
        assert_eq!(published.summary()["reports"][&report], rows, "{report}");
    }
}

#[test]
fn a_file_system_that_takes_no_more_ends_the_run_and_leaves_nothing() {
    let workspace = generated();
    let published = workspace.publish(&["--formats", "xlsx", "export.csv"]);
    let before = published.files();
    let whole = before[WORKBOOK].len();
    let program = env!("CARGO_BIN_EXE_renewals");
    // Kilobytes that a file may have: too few for the rows put aside, and too few for the workbook.
    for kilobytes in [8, whole / 1024 - 4] {
        let script = format!(
            "trap '' XFSZ; ulimit -f {kilobytes}; \
             exec {program} run --no-skip --as-of 2020-06-05 --out reports --formats xlsx export.csv"
        );
        let mut command = Command::new("bash");
        let output = command.args(["-c", &script]).current_dir(workspace.path("")).output().expect("bash");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(74), "{said}");
        assert!(said.starts_with("error: cannot write `") && said.contains("File too large"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        assert!(files(&workspace.path("reports")) == before, "{said}");
        assert_eq!(workspace.names(), ["export.csv", "reports"]);
    }
}
