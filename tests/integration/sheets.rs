//! Excel workbooks as input: typed cells, the choice of the sheet, rejects by row, and workbooks that harm.

use crate::export::{self, COLUMNS, Cells, delimited};
use crate::harness::{Outcome, Workspace};
use crate::packages::{Cell, HEAD, MAIN, package, row, serial, workbook};

const HEADER: [&str; 5] = ["partner_id", "partner_name", "offer_type", "purchase_date", "fee"];

fn header(number: usize, names: &[&str]) -> String {
    row(number, "", &names.iter().map(|name| Cell::Text(name)).collect::<Vec<_>>())
}

fn refused(workspace: &Workspace, name: &str, bytes: &[u8], options: &[&str]) -> Outcome {
    workspace.write(name, bytes);
    workspace.run(&[&["run", "--as-of", "2020-06-05", "--out", "x", name], options].concat())
}

/// A row of the contract with its dates and booleans typed, as Excel holds them.
fn typed<'a>(cells: &'a Cells, serials: &'a [String]) -> Vec<Cell<'a>> {
    let cell = |(index, text): (usize, &'a String)| match (COLUMNS[index], text.as_str()) {
        (_, "") => Cell::Empty,
        ("requirements_met", text) => Cell::Boolean(text == "true"),
        (column, _) if column.ends_with("_date") => Cell::Moment(&serials[index]),
        (_, text) => Cell::Text(text),
    };
    cells.iter().enumerate().map(cell).collect()
}

#[test]
fn typed_cells_give_the_reports_of_the_same_cells_in_csv() {
    let workspace = Workspace::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/export.csv");
    let rows: Vec<Cells> = export::read(&std::fs::read(path).expect("the sample")).into_iter().step_by(9).collect();
    let mut xml = header(1, &COLUMNS);
    for (index, cells) in rows.iter().enumerate() {
        let serials: Vec<String> = cells
            .iter()
            .zip(COLUMNS)
            .map(
                |(text, column)| {
                    if column.ends_with("_date") && !text.is_empty() { serial(text) } else { String::new() }
                },
            )
            .collect();
        xml.push_str(&row(index + 2, "", &typed(cells, &serials)));
    }
    workspace.write("export.csv", delimited(&rows, b','));
    workspace.write("export.xlsx", workbook(&[("Offers", "visible", &xml)]));
    let csv = workspace.publish_into("csv", &["export.csv"]).files();
    for options in [&[][..], &["--threads", "1", "--batch-bytes", "1024"]] {
        let published = workspace.publish_into("sheet", &[&["export.xlsx"], options].concat());
        let found = published.files();
        for (name, bytes) in csv.iter().filter(|(name, _)| name.ends_with(".csv")) {
            assert!(found[name] == *bytes, "{name} differs");
        }
        assert_eq!(published.summary()["inputs"][0]["format"], "xlsx");
        assert_eq!(published.summary()["inputs"][0]["rows"], rows.len());
    }
}

#[test]
fn cells_keep_their_types_and_rejects_their_rows() {
    let workspace = Workspace::new();
    let pack = || Cell::Text("action_pack");
    let rows = [
        // The header need not be the first row, and numbers are no texts with a point.
        header(3, &HEADER),
        row(
            4,
            "",
            &[Cell::Number("4390934"), Cell::Number("7.5"), pack(), Cell::Moment("43617"), Cell::Number("1670.5")],
        ),
        row(
            5,
            "hidden=\"1\"",
            &[Cell::Text("0005"), Cell::Formula("From a formula"), pack(), Cell::Text("2019-06-01")],
        ),
        row(6, "", &[Cell::Empty, Cell::Empty]),
        row(8, "", &[Cell::Text("8"), Cell::Text("x"), pack(), Cell::Moment("43617.5")]),
        row(9, "", &[Cell::Text("9"), Cell::Text("x"), pack(), Cell::Number("43617")]),
        row(10, "", &[Cell::Text("10"), Cell::Error("#N/A"), pack(), Cell::Moment("43617")]),
        row(11, "", &[Cell::Error("#REF!"), Cell::Text("x"), pack(), Cell::Moment("43617")]),
        row(12, "", &[Cell::Text("12"), Cell::Text("x"), Cell::Error("#NAME?"), Cell::Moment("43617")]),
        row(13, "", &[Cell::Text("13"), Cell::Text("x"), pack(), Cell::Error("#VALUE!")]),
        row(14, "", &[Cell::Text("14"), Cell::Text("x"), pack(), Cell::Moment("43617"), Cell::Error("#DIV/0!")]),
        row(15, "", &[Cell::Text("15"), Cell::Text("x"), pack(), Cell::Moment("60")]),
        row(16, "", &[Cell::Text("16"), Cell::Text("x"), pack(), Cell::Moment("2958465")]),
        row(
            17,
            "",
            &[Cell::Text("17"), Cell::Text("x"), pack(), Cell::Moment("43617"), Cell::Number("0.30000000000000004")],
        ),
        row(18, "", &[Cell::Text("18"), Cell::Text("two\nlines"), pack(), Cell::Moment("43617")]),
        row(19, "", &[Cell::Text("19"), Cell::Text("x"), pack(), Cell::Moment("1e300")]),
        // Of a number, a workbook keeps 15 digits: as an id it would be another partner's.
        row(20, "", &[Cell::Number("999999999999999"), Cell::Text("x"), pack(), Cell::Moment("43617")]),
        row(21, "", &[Cell::Number("12345678901234567"), Cell::Text("x"), pack(), Cell::Moment("43617")]),
        row(22, "", &[Cell::Text("12345678901234567"), Cell::Number("1e15"), pack(), Cell::Moment("43617")]),
        row(23, "", &[Cell::Text("23"), Cell::Text("x"), pack(), Cell::Moment("43617"), Cell::UnsavedFormula]),
        row(24, "", &[Cell::Text("24"), Cell::UnsavedFormula, pack(), Cell::Moment("43617")]),
        row(25, "", &[Cell::Text("25"), Cell::Formula(""), pack(), Cell::Moment("43617")]),
    ];
    workspace.write("typed.xlsx", workbook(&[("S", "visible", &rows.concat())]));
    let published = workspace.publish(&["--set", "currency=EUR", "typed.xlsx"]);
    assert_eq!(
        published.column("upcoming_renewals", "partner_id"),
        ["4390934", "0005", "18", "999999999999999", "12345678901234567", "25"]
    );
    assert_eq!(
        published.column("upcoming_renewals", "partner_name"),
        ["7.5", "From a formula", "two\nlines", "x", "1000000000000000", ""]
    );
    assert_eq!(published.column("upcoming_renewals", "fee"), ["1670.5", "", "", "", "", ""]);
    let rejects: Vec<[String; 5]> = published
        .rows("rejects")
        .into_iter()
        .map(|row| ["line", "byte_offset", "column", "code", "value"].map(|name| row[name].clone()))
        .collect();
    let told: Vec<[&str; 5]> = rejects.iter().map(|row| std::array::from_fn(|index| row[index].as_str())).collect();
    assert_eq!(
        told,
        [
            ["8", "", "purchase_date", "bad_date", "2019-06-01T12:00:00"],
            ["9", "", "purchase_date", "bad_date", "43617"],
            ["10", "", "partner_name", "missing_value", "#N/A"],
            ["11", "", "partner_id", "missing_value", "#REF!"],
            ["12", "", "offer_type", "bad_enum", "#NAME?"],
            ["13", "", "purchase_date", "bad_date", "#VALUE!"],
            ["14", "", "fee", "bad_decimal", "#DIV/0!"],
            ["15", "", "purchase_date", "bad_date", "1900-02-29"],
            ["16", "", "purchase_date", "bad_date", "9999-12-31"],
            ["17", "", "fee", "bad_decimal", "0.30000000000000004"],
            ["19", "", "purchase_date", "bad_date", "9999-12-31"],
            ["21", "", "partner_id", "missing_value", "12345678901234568"],
            ["23", "", "fee", "bad_decimal", "#DATA!"],
            ["24", "", "partner_name", "missing_value", "#DATA!"],
        ]
    );
}

#[test]
fn a_profile_reads_sheets_and_drops_times_where_it_says_so() {
    let workspace = Workspace::new();
    let names = ["CompetencyName", "CompetencyLevel", "CompetencyStatus", "CompetencyStartDate", "CompetencyEndDate"];
    let cells = [
        Cell::Text("Security"),
        Cell::Text("Gold"),
        Cell::Text("Active"),
        Cell::Moment("43617"),
        Cell::Moment("43982.999"),
    ];
    let text = [
        Cell::Text("DevOps"),
        Cell::Text("Silver"),
        Cell::Text("Active"),
        Cell::Text("6/1/2019 0:00"),
        Cell::Text("5/31/2020 23:59"),
    ];
    let xml = [header(1, &names), row(2, "", &cells), row(3, "", &text)].concat();
    workspace.write("download.xlsx", workbook(&[("Export", "visible", &xml)]));
    let arguments = ["--profile", "competency-api", "--set", "partner_id=4390934", "--date-format", "%m/%d/%Y %H:%M"];
    let published =
        workspace.publish(&[&arguments[..2], &arguments[2..4], &["--max-rejects", "1", "download.xlsx"]].concat());
    assert_eq!(published.column("upcoming_renewals", "anniversary_date"), ["2020-05-31"]);
    let published = workspace.publish_into(
        "download",
        &["--profile", "competency-download", "--set", "partner_id=4390934", "download.xlsx"],
    );
    assert_eq!(published.column("upcoming_renewals", "anniversary_date"), ["2020-05-31", "2020-05-31"]);
    assert_eq!(published.column("upcoming_renewals", "offer_name"), ["Security", "DevOps"]);
}

#[test]
fn the_sheet_is_named_or_the_only_one() {
    let workspace = Workspace::new();
    let sheet = |id: &str| {
        [
            header(1, &HEADER),
            row(2, "", &[Cell::Text(id), Cell::Empty, Cell::Text("action_pack"), Cell::Moment("43617")]),
        ]
        .concat()
    };
    let (one, two) = (sheet("1"), sheet("2"));
    workspace.write("hidden.xlsx", workbook(&[("Lists", "hidden", &one), ("Offers", "visible", &two)]));
    let published = workspace.publish(&["hidden.xlsx"]);
    assert_eq!(published.column("upcoming_renewals", "partner_id"), ["2"]);
    let named = workspace.publish_into("named", &["--sheet", "Lists", "hidden.xlsx"]);
    assert_eq!(named.column("upcoming_renewals", "partner_id"), ["1"]);
    assert_eq!(named.summary()["options"]["sheet"], "Lists");
    assert_ne!(named.summary()["run_id"], published.summary()["run_id"]);
    let several = workbook(&[("2019", "visible", &one), ("2020", "visible", &two)]);
    let _ = refused(&workspace, "several.xlsx", &several, &[])
        .expect_error(64, "several.xlsx: it has several sheets: `2019` and `2020`");
    let _ =
        refused(&workspace, "several.xlsx", &several, &["--sheet", "2021"]).expect_error(64, "it has no sheet `2021`");
    let none = workbook(&[("2019", "hidden", &one)]);
    let _ = refused(&workspace, "none.xlsx", &none, &[]).expect_error(64, "it has no sheet that can be seen");
    let _ = refused(&workspace, "lost.xlsx", &workbook(&[]), &[]).expect_error(65, "it has no sheet");
    let empty = workbook(&[("S", "visible", "")]);
    let _ = refused(&workspace, "empty.xlsx", &empty, &[]).expect_error(65, "the sheet `S` is empty");
    let lacking = workbook(&[("S", "visible", &header(2, &HEADER[1..]))]);
    let _ = refused(&workspace, "lacking.xlsx", &lacking, &[])
        .expect_error(65, "lacking.xlsx:2: the needed column `partner_id` is missing");
}

#[test]
fn workbooks_that_harm_end_in_65() {
    let workspace = Workspace::new();
    let sheet = |rows: &str| workbook(&[("S", "visible", rows)]);
    let good = [header(1, &HEADER), row(2, "", &[Cell::Text("1")])].concat();
    let whole = sheet(&good);
    let blank = vec![b'<'; 300 << 20];
    let bomb = package(&[("S", "visible", &good)], &[("xl/sharedStrings.xml", &blank)]);
    let long = format!("{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetData>{}</sheetData></worksheet>", "x".repeat(2 << 20));
    let far = "<row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row>";
    let deep = "<row r=\"1048577\"><c r=\"A1048577\"><v>1</v></c></row>";
    let wide = "<row r=\"1\"><c r=\"ZZZZZZZZZZ99999999999999999999\"><v>1</v></c></row>";
    let huge = format!(
        "{HEAD}<worksheet xmlns=\"{MAIN}\"><dimension ref=\"A1:XFD1048576\"/><sheetData>{good}</sheetData></worksheet>"
    );
    for (name, bytes, part) in [
        ("bomb.xlsx", bomb, "its part xl/sharedStrings.xml is larger than 256 MiB"),
        ("long.xlsx", package(&[("S", "visible", &long)], &[]), "has more than 1 MiB between two tags"),
        ("far.xlsx", sheet(far), "not readable as an Excel workbook: it has a cell in row 1 and column 16385"),
        ("deep.xlsx", sheet(deep), "not readable as an Excel workbook"),
        ("wide.xlsx", sheet(wide), "not readable as an Excel workbook"),
        (
            "order.xlsx",
            sheet(&[&good, &row(2, "", &[Cell::Text("1")]), &header(1, &HEADER)].map(String::as_str).concat()),
            "not readable as an Excel workbook: row",
        ),
        (
            "twice.xlsx",
            sheet(&format!("{good}<row r=\"3\"><c r=\"A3\"><v>1</v></c><c r=\"A3\"><v>2</v></c></row>")),
            "row 3 has a cell twice",
        ),
        ("cut.xlsx", whole[..whole.len() / 2].to_vec(), "not readable as an Excel workbook"),
        ("zip.xlsx", b"PK\x03\x04 and nothing more".to_vec(), "not readable as an Excel workbook"),
        ("old.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), "it is an old workbook (.xls) or an encrypted one"),
    ] {
        let _ = refused(&workspace, name, &bytes, &[]).expect_error(65, part);
        assert!(!workspace.path("x").exists());
    }
    // A dimension is only what the writer thought.
    workspace.write("huge.xlsx", package(&[("S", "visible", &huge)], &[]));
    assert_eq!(workspace.publish(&["huge.xlsx"]).column("rejects", "line"), ["2"]);
    // Damage anywhere ends in an exit code, never in a panic.
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x5A;
        let outcome = refused(&workspace, "damaged.xlsx", &damaged, &["--no-skip"]);
        assert!(matches!(outcome.code(), Some(0 | 64 | 65)), "{at}: {outcome}");
    }
}
