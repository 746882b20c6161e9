//! Exports in the shapes that they really have, read by a profile, against the canonical file with the same cells.

use crate::export::{self, Cells, delimited};
use crate::harness::Workspace;
use crate::shapes::{AMERICAN, API, CHINESE, DOWNLOAD, GERMAN, PLAIN, Shape};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Rows of the sample, enough for every stage and every kind of cell.
fn sample() -> &'static [Cells] {
    static SAMPLE: OnceLock<Vec<Cells>> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/export.csv");
        let rows = export::read(&std::fs::read(path).expect("the sample"));
        rows.into_iter().step_by(9).collect()
    })
}

/// The reports of a workspace's file, byte for byte.
fn reports(workspace: &Workspace, out: &str, file: &str, options: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let published = workspace.publish_into(out, &[&[file], options].concat());
    let mut files = published.files();
    files.retain(|name, _| name.ends_with(".csv"));
    assert!(files.len() >= 7);
    assert!(files["rejects.csv"].iter().filter(|byte| **byte == b'\n').count() == 1, "{}", published.outcome);
    files
}

#[track_caller]
fn gives_the_canonical_reports(shape: &Shape, file: &str, bytes: &[u8], options: &[&str]) {
    gives_the_reports_of(sample(), shape, file, bytes, options);
}

#[track_caller]
fn gives_the_reports_of(rows: &[Cells], shape: &Shape, file: &str, bytes: &[u8], options: &[&str]) {
    let workspace = Workspace::new();
    let rows = shape.canonical(rows);
    workspace.write("canonical.csv", delimited(&rows, b','));
    workspace.write(file, bytes);
    let expected = reports(&workspace, "canonical", "canonical.csv", &[]);
    let found = reports(&workspace, "found", file, &[shape.options, options].concat());
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{}: {name} differs", shape.name);
    }
}

#[test]
fn every_shape_gives_the_reports_of_the_canonical_file() {
    for (shape, file, delimiter) in [
        (&PLAIN, "plain.csv", b','),
        (&AMERICAN, "american.csv", b','),
        (&AMERICAN, "american.tsv", b'\t'),
        (&GERMAN, "german.csv", b';'),
        (&CHINESE, "chinese.csv", b','),
        (&DOWNLOAD, "download.tsv", b'\t'),
        (&API, "api.csv", b','),
    ] {
        let rows = shape.canonical(sample());
        gives_the_canonical_reports(shape, file, &shape.delimited(&rows, delimiter), &[]);
    }
}

#[test]
fn parquet_of_texts_is_mapped_too() {
    let table = GERMAN.table(sample());
    let column = |index: usize| {
        let texts = table[1..].iter().map(|row| row[index].clone());
        std::sync::Arc::new(texts.map(Some).collect::<arrow_array::StringArray>()) as arrow_array::ArrayRef
    };
    let columns = table[0].iter().enumerate().map(|(index, name)| (name.as_str(), column(index)));
    gives_the_canonical_reports(&GERMAN, "german.parquet", &export::parquet_of(columns.collect()), &[]);
}

#[test]
fn the_profile_is_picked_where_only_one_fits() {
    for (shape, delimiter) in [(&AMERICAN, b','), (&GERMAN, b';'), (&CHINESE, b','), (&DOWNLOAD, b'\t'), (&API, b',')] {
        let workspace = Workspace::new();
        let rows = shape.canonical(&sample()[..50]);
        workspace.write("export.csv", shape.delimited(&rows, delimiter));
        let set = if shape.options.contains(&"--set") { &["--set", "partner_id=4390934"][..] } else { &[] };
        let published = workspace.publish(&[&["--profile", "auto", "export.csv"], set].concat());
        let id = shape.options[1];
        let said = format!("profile {id}: the only one that fits the headers of all inputs");
        assert!(published.outcome.stderr.contains(&said), "{}", published.outcome);
        assert_eq!(published.summary()["options"]["profile"], id);
        assert_eq!(published.summary()["rows"]["rejected"], 0);
        // The same run, whether the profile was named or picked.
        let named = workspace.publish_into("named", &[shape.options, &["export.csv"]].concat());
        assert_eq!(published.summary(), named.summary());
    }
}

#[test]
fn no_profile_is_picked_where_none_is_needed_or_none_fits() {
    let workspace = Workspace::new();
    workspace.write("plain.csv", delimited(&sample()[..5], b','));
    let published = workspace.publish(&["--profile", "auto", "plain.csv"]);
    assert!(published.outcome.stderr.contains("no profile is needed"), "{}", published.outcome);
    assert!(published.summary()["options"]["profile"].is_null());
    workspace.write("other.csv", "Account,Kind,Since\n1,action_pack,2019-01-01\n");
    let outcome = workspace.run(&["run", "--as-of", "2020-06-05", "--out", "x", "--profile", "auto", "other.csv"]);
    let outcome = outcome.expect_error(65, "--profile auto: no profile fits other.csv:");
    for line in [
        "  competency-download: profile `competency-download` is for files separated by tabs",
        "  membership-offers: the needed column `partner_id` is missing: profile `membership-offers` looks for `MPN ID`",
    ] {
        assert!(outcome.stderr.contains(line), "{outcome}");
    }
    // The download says nothing of the partner.
    workspace.write("download.tsv", DOWNLOAD.delimited(&sample()[..5], b'\t'));
    let outcome = workspace.run(&["run", "--as-of", "2020-06-05", "--out", "x", "--profile", "auto", "download.tsv"]);
    let _ = outcome.expect_error(65, "no profile fits download.tsv:");
    // Two profiles have the headers that both languages share.
    workspace.write("both.csv", "MPN ID,Portal\n1,pmc\n");
    let set = ["--set", "offer_type=action_pack", "--set", "purchase_date=2019-01-01"];
    let arguments = ["run", "--as-of", "2020-06-05", "--out", "x", "--profile", "auto", "both.csv"];
    let outcome = workspace.run(&[&arguments[..], &set].concat());
    let _ = outcome.expect_error(64, "`membership-offers`, `membership-offers-de` and `membership-offers-zh` fit");
}

/// A rejected row: line, column, code, value and message.
fn rejects(workspace: &Workspace, text: &str, options: &[&str]) -> Vec<[String; 5]> {
    workspace.write("export.csv", text);
    let published = workspace.publish(&[&["export.csv"], options].concat());
    let cells =
        |row: crate::harness::Row| ["line", "column", "code", "value", "message"].map(|column| row[column].clone());
    published.rows("rejects").into_iter().map(cells).collect()
}

#[test]
fn rejects_name_the_column_its_header_and_the_value_in_the_file() {
    let workspace = Workspace::new();
    let text = "MPN ID,产品/服务类型,级别,购买日期,费用,币种\n\
                1,能力,金牌,2019/2/1,\"1,670.00\",CNY\n\
                2,能力,白金,2019/2/1,,\n\
                3,能力,金牌,2019/2/30,,\n\
                4,能力,金牌,2019/2/1,\"1,67.00\",CNY\n\
                5,能力,金牌,2019/2/1,￥100,USD\n\
                6,,金牌,2019/2/1,,\n\
                7,能力,金牌,2019/2/1 8:30,,\n\
                8,能力,金牌,2019/2/1,￥100,\n";
    let found = rejects(&workspace, text, &["--profile", "membership-offers-zh"]);
    let told: Vec<[&str; 4]> = found.iter().map(|row| std::array::from_fn(|index| row[index].as_str())).collect();
    assert_eq!(
        told,
        [
            ["3", "level", "bad_enum", "白金"],
            ["4", "purchase_date", "bad_date", "2019/2/30"],
            ["5", "fee", "bad_decimal", "1,67.00"],
            ["6", "currency", "bad_currency", "USD"],
            ["7", "offer_type", "missing_value", ""],
            ["8", "purchase_date", "bad_date", "2019/2/1 8:30"],
        ]
    );
    assert_eq!(found[0][4], "in the column headed `级别`: must be silver, gold or empty");
}

#[test]
fn an_order_of_day_and_month_that_cannot_hold_ends_the_run() {
    let workspace = Workspace::new();
    let header = "MPN ID,Offer type,Purchase date\n";
    workspace.write("export.csv", format!("{header}1,MAPS,2/1/2019\n2,MAPS,13/1/2019\n"));
    let run = |options: &[&str]| {
        workspace.run(&[&["run", "--as-of", "2020-06-05", "--out", "reports", "export.csv"], options].concat())
    };
    let outcome = run(&["--profile", "membership-offers"]).expect_error(
        65,
        "export.csv:3: `13/1/2019` in the column `Purchase date` (`purchase_date`): no date by the declared format \
         `%m/%d/%Y`, but 2019-01-13 by `%d/%m/%Y`",
    );
    assert!(!workspace.path("reports").exists(), "{outcome}");
    // The format named on the command line holds, and what it does not read is an ordinary reject.
    let published = workspace.publish(&["--profile", "membership-offers", "--date-format", "%m/%d/%Y", "export.csv"]);
    assert_eq!(published.column("rejects", "code"), ["bad_date"]);
    // A profile may leave both orders open as long as no row tells them apart.
    let both = "schema = 1\nid = \"both\"\ntitle = \"t\"\nsource = \"s\"\n[headers]\npartner_id = [\"MPN ID\"]\n\
                [values.offer_type]\nmaps = \"action_pack\"\n[dates]\nformats = [\"%d/%m/%Y\", \"%m/%d/%Y\"]\n";
    workspace.write("both.toml", both);
    let _ = run(&["--profile", "both.toml"]).expect_error(
        65,
        "export.csv:2: `2/1/2019` in the column `Purchase date` (`purchase_date`): 2019-01-02 by the format `%d/%m/%Y`, \
         but 2019-02-01 by `%m/%d/%Y`",
    );
    workspace.write("export.csv", format!("{header}1,MAPS,5/5/2019\n2,MAPS,13/1/2019\n3,MAPS,1/13/2019\n"));
    assert_eq!(workspace.publish(&["--profile", "both.toml", "export.csv"]).summary()["rows"]["evaluated"], 3);
}

#[test]
fn constants_are_given_once_and_contradict_no_file() {
    let workspace = Workspace::new();
    workspace.write("export.csv", "offer_type,purchase_date\naction_pack,2019-06-01\n");
    let published =
        workspace.publish(&["--set", "Partner_ID=0042", "--set", "fee=10.50", "--set", "currency=EUR", "export.csv"]);
    assert_eq!(published.column("upcoming_renewals", "partner_id"), ["0042"]);
    assert_eq!(published.column("upcoming_renewals", "fee"), ["10.50"]);
    assert_eq!(published.summary()["options"]["set"]["partner_id"], "0042");
    let other = workspace.publish_into(
        "other",
        &["--set", "partner_id=0043", "--set", "fee=10.50", "--set", "currency=EUR", "export.csv"],
    );
    assert_ne!(published.summary()["run_id"], other.summary()["run_id"]);
    for (options, code, part) in [
        (&["--set", "partner_id"][..], 64, "partner_id=4390934"),
        (&["--set", "partner=1"], 64, "`partner` is no column"),
        (&["--set", "partner_id="], 64, "--set: `` is no value of `partner_id`"),
        (&["--set", "level=platinum"], 64, "--set: `platinum` is no value of `level`: it must be silver or gold"),
        (&["--set", "partner_id=1", "--set", "partner_id=2"], 64, "--set gives `partner_id` twice"),
        (
            &["--set", "partner_id=1", "--set", "offer_type=competency"],
            64,
            "export.csv:1: the column `offer_type` is in the file (`offer_type`), but --set gives it",
        ),
        (&["--profile", "competency-api", "--set", "partner_id=1"], 65, "the profile gives it in every row"),
        (&["--profile", "nowhere"], 78, "`nowhere` is neither the id of a shipped profile nor a file"),
    ] {
        let outcome = workspace.run(&[&["run", "--as-of", "2020-06-05", "--out", "x", "export.csv"], options].concat());
        assert_eq!(outcome.code(), Some(code), "{outcome}");
        assert!(outcome.stderr.contains(part), "{part}\n{outcome}");
    }
}

#[test]
fn headers_that_name_one_column_twice_are_told() {
    let workspace = Workspace::new();
    workspace.write("export.csv", "MPNId,MPN ID,Offer type,Purchase date\n1,2,MAPS,1/2/2019\n");
    let outcome =
        workspace.run(&["run", "--as-of", "2020-06-05", "--out", "x", "--profile", "membership-offers", "export.csv"]);
    let _ = outcome.expect_error(65, "the column `partner_id` is there twice, as column 1 (`MPNId`) and 2 (`MPN ID`)");
}

#[test]
fn profiles_are_listed_and_shown() {
    let workspace = Workspace::new();
    let list = workspace.run(&["profile", "list"]).expect(0);
    assert_eq!(list.stdout.lines().count(), 5, "{list}");
    for id in list.stdout.lines().filter_map(|line| line.split(' ').next()) {
        let shown = workspace.run(&["profile", "show", id]).expect(0);
        let path = format!("{}/data/profiles/{id}.toml", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(shown.stdout, std::fs::read_to_string(path).expect("the profile"));
    }
    let _ = workspace.run(&["profile", "show", "membership"]).expect_error(78, "`membership` is neither");
}

/// A text in UTF-16 with its byte order mark, as Excel saves "Unicode text".
fn utf16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn every_encoding_gives_the_reports_of_the_canonical_file() {
    let text = |shape: &Shape, delimiter| String::from_utf8(shape.delimited(sample(), delimiter)).expect("UTF-8");
    let chinese = text(&CHINESE, b'\t');
    gives_the_canonical_reports(&CHINESE, "unicode.txt", &utf16(&chinese), &[]);
    gives_the_canonical_reports(
        &CHINESE,
        "unicode.txt",
        &utf16(&chinese),
        &["--encoding", "UTF-16LE", "--batch-bytes", "1024"],
    );
    let big: Vec<u8> = chinese.encode_utf16().flat_map(u16::to_be_bytes).collect();
    gives_the_canonical_reports(&CHINESE, "unicode.txt", &big, &["--encoding", "utf-16be"]);
    let (gb, _, is_lossy) = encoding_rs::GB18030.encode(&chinese);
    assert!(!is_lossy);
    gives_the_canonical_reports(&CHINESE, "gb.txt", &gb, &["--encoding", "gb18030"]);
    gives_the_canonical_reports(&CHINESE, "marked.csv", format!("\u{feff}{chinese}").as_bytes(), &[]);
    // Not every name can be written in Windows-1252.
    let is_western = |row: &&Cells| !encoding_rs::WINDOWS_1252.encode(&row[1]).2;
    let rows: Vec<Cells> = sample().iter().filter(is_western).cloned().collect();
    let german = String::from_utf8(GERMAN.delimited(&rows, b';')).expect("UTF-8");
    let western = encoding_rs::WINDOWS_1252.encode(&german).0;
    assert!(rows.len() > 1_000 && western.len() < german.len());
    gives_the_reports_of(&rows, &GERMAN, "western.csv", &western, &["--encoding", "windows-1252", "--threads", "1"]);
}

#[test]
fn what_is_invalid_in_its_encoding_is_a_rejected_row() {
    let workspace = Workspace::new();
    let header = "partner_id,partner_name,offer_type,purchase_date\n";
    let row = |id: &str, name: &[u8]| [id.as_bytes(), b",", name, b",action_pack,2019-06-01\n"].concat();
    let rows = [row("1", b"\xbd\xf0"), row("2", b"\xff\xf0"), row("3", b"x")].concat();
    workspace.write("gb.csv", [header.as_bytes(), &rows].concat());
    let published = workspace.publish(&["--encoding", "gb18030", "gb.csv"]);
    assert_eq!(published.column("upcoming_renewals", "partner_name"), ["金", "x"]);
    let reject = &published.rows("rejects")[0];
    assert_eq!((reject["line"].as_str(), reject["code"].as_str()), ("3", "bad_utf8"));
    // Offsets are those of the text as UTF-8, where the first name takes a byte more.
    let before = header.len() + "1,金,action_pack,2019-06-01\n".len();
    assert_eq!(reject["byte_offset"], before.to_string());
    assert_eq!(published.summary()["options"]["encoding"], "gb18030");
    let plain = workspace.publish_into("plain", &["gb.csv"]);
    assert_eq!(plain.column("rejects", "code"), ["bad_utf8", "bad_utf8"]);
    assert_ne!(plain.summary()["run_id"], published.summary()["run_id"]);
}

#[test]
fn encodings_that_cannot_be_are_refused() {
    let workspace = Workspace::new();
    workspace.write("marked.csv", utf16("partner_id,offer_type,purchase_date\n"));
    let run = |options: &[&str]| {
        workspace.run(&[&["run", "--as-of", "2020-06-05", "--out", "x", "marked.csv"], options].concat())
    };
    for encoding in ["utf-8", "gb18030"] {
        let said =
            format!("marked.csv: it begins with the byte order mark of utf-16le, but --encoding says {encoding}");
        let _ = run(&["--encoding", encoding]).expect_error(65, &said);
    }
    let outcome = run(&["--encoding", "latin"]).expect(64);
    assert!(outcome.stderr.contains("the encodings are `utf-8`, `utf-16le`"), "{outcome}");
}

#[test]
fn a_check_shows_how_each_column_is_understood() {
    let workspace = Workspace::new();
    let rows = GERMAN.canonical(sample());
    workspace.write("good.csv", GERMAN.delimited(&rows, b';'));
    let outcome = workspace.run(&["profile", "check", "--profile", "membership-offers-de", "good.csv"]).expect(0);
    for line in [
        "good.csv: CSV separated by semicolons, profile membership-offers-de",
        &format!(" partner_id          MPN-ID                       {}  ", "2,223"),
        &format!("{} rows", "2,223"),
    ] {
        assert!(outcome.stdout.contains(line), "{line}\n{outcome}");
    }
    let text = "MPNId,Offer type,Purchse date,Fee,Note\n1,MAPS,2/1/2019,\"1,67\",x\n";
    workspace.write("bad.csv", text);
    let arguments = ["profile", "check", "--profile", "membership-offers", "--set", "currency=USD", "bad.csv"];
    let outcome = workspace.run(&arguments).expect_error(65, "bad.csv: needed columns are missing: purchase_date");
    assert_eq!(
        outcome.stdout,
        "bad.csv: CSV separated by commas, profile membership-offers\n\
         \u{20}column              from        filled  samples\n\
         \u{20}partner_id          MPNId       1       1\n\
         \u{20}partner_name        -\n\
         \u{20}country             -\n\
         \u{20}offer_type          Offer type  1       MAPS → action_pack\n\
         \u{20}offer_name          -\n\
         \u{20}level               -\n\
         \u{20}purchase_date       -\n\
         \u{20}renewal_start_date  -\n\
         \u{20}last_renewal_date   -\n\
         \u{20}requirements_met    -\n\
         \u{20}portal              -\n\
         \u{20}fee                 Fee         1\n\
         \u{20}currency            --set       1       USD\n\
         not read: Purchse date, Note\n\
         missing: purchase_date, which is needed; the nearest header is `Purchse date`\n\
         fee: 1 not understood, first `1,67` in line 2 (bad_decimal)\n\
         1 row\n"
    );
}

#[test]
fn a_check_finds_the_order_of_day_and_month_impossible() {
    let workspace = Workspace::new();
    workspace.write("export.csv", "MPN ID,Offer type,Purchase date\n1,MAPS,2/1/2019\n2,MAPS,13/1/2019\n3,MAPS,\n");
    let check = |options: &[&str]| workspace.run(&[&["profile", "check", "export.csv"], options].concat());
    let outcome = check(&["--profile", "membership-offers"]).expect_error(65, "day and month may be exchanged");
    let said = "purchase_date in line 3: `13/1/2019` is no date by the declared format `%m/%d/%Y`, but 2019-01-13 by `%d/%m/%Y`";
    assert!(outcome.stdout.contains(said), "{outcome}");
    let outcome = check(&["--profile", "membership-offers", "--json"]).expect(65);
    let found: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(found["date_doubt"]["line"], 3);
    assert_eq!(found["is_understood"], false);
    let date = &found["columns"]["purchase_date"];
    assert_eq!(
        (&date["header"], &date["filled"], &date["not_understood"]),
        (&"Purchase date".into(), &2.into(), &2.into())
    );
    assert_eq!(date["samples"][0], serde_json::json!({"value": "2/1/2019", "understood": "2019-02-01"}));
    assert_eq!(date["first_not_understood"], serde_json::json!({"line": 3, "value": "13/1/2019", "code": "bad_date"}));
    // With the order that fits there is only the empty cell left.
    let outcome = check(&["--profile", "membership-offers", "--date-format", "%d/%m/%Y"])
        .expect_error(65, "1 cell is not understood");
    assert!(outcome.stdout.contains("first `` in line 4 (missing_value)"), "{outcome}");
}

#[test]
fn constants_leave_the_delimiter_to_the_header() {
    let workspace = Workspace::new();
    workspace.write("export.tsv", "partner_name\tlevel\nA, B\tgold\n");
    let set = ["--set", "partner_id=1", "--set", "offer_type=competency", "--set", "purchase_date=2019-06-01"];
    let published = workspace.publish(&[&["export.tsv"][..], &set].concat());
    assert_eq!(published.column("upcoming_renewals", "partner_name"), ["A, B"]);
}
