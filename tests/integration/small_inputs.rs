//! The inputs of `data/small`, each named for its trait: which rows survive and which are rejected, and why.

use crate::harness::{AS_OF, Published, Workspace, names};
use std::fs;
use std::path::PathBuf;

/// A rejected row: its line, the column at fault, the code and the value.
type Rejected = (&'static str, &'static str, &'static str, &'static str);

/// A file whose rows can be read, the partners whose rows are in `upcoming_renewals`, and the rejects.
type Readable = (&'static str, &'static [&'static str], &'static [Rejected]);

const READABLE: [Readable; 20] = [
    ("header-only.csv", &[], &[]),
    ("plain.csv", &["0001", "0002", "0003"], &[]),
    ("row-too-short.csv", &["0001", "0003"], &[("3", "", "too_few_fields", "")]),
    ("row-too-long.csv", &["0001", "0003"], &[("3", "", "too_many_fields", "")]),
    // The quote does not swallow what comes after it: reading goes on at the next line.
    ("unclosed-quote.csv", &["0001", "0003", "0004"], &[("3", "", "unclosed_quote", "")]),
    ("bad-quote.csv", &["0001", "0003"], &[("3", "", "bad_quote", "")]),
    ("not-utf8-row.csv", &["0001", "0003"], &[("3", "", "bad_utf8", "")]),
    ("29-february.csv", &["0001", "0003"], &[("3", "purchase_date", "bad_date", "2019-02-29")]),
    (
        "year-0001-and-9999.csv",
        &["0001", "0004"],
        &[("3", "purchase_date", "bad_date", "0001-01-01"), ("4", "renewal_start_date", "bad_date", "9999-12-31")],
    ),
    (
        "fee-of-40-digits.csv",
        &["0001", "0003"],
        &[("3", "fee", "bad_decimal", "1234567890123456789012345678901234567890")],
    ),
    // The first record takes two lines, the second three; a line is that of the record's first byte.
    (
        "quoted-line-breaks.csv",
        &["0001", "0003"],
        &[("4", "offer_type", "bad_enum", "bundle"), ("8", "purchase_date", "bad_date", "2019-13-01")],
    ),
    // Lines of no bytes are no rows but count as lines; a line of spaces is a row.
    ("blank-lines.csv", &["0001", "0003"], &[("6", "", "too_few_fields", "")]),
    (
        "contradictory-dates.csv",
        &["0001", "0007"],
        &[
            ("3", "renewal_start_date", "purchase_after_anniversary", "2019-06-01"),
            ("4", "last_renewal_date", "payment_before_purchase", "2019-05-31"),
            ("5", "last_renewal_date", "payment_after_as_of", "2020-06-06"),
            ("6", "last_renewal_date", "payment_outside_window", "2019-07-02"),
        ],
    ),
    ("formula-texts.csv", &["'=0001", "'+0002", "0003"], &[]),
    ("nul-and-lone-carriage-return.csv", &["0001", "0002"], &[]),
    ("upper-case-words.csv", &["0001"], &[]),
    (
        "padded-words.csv",
        &["0001"],
        &[
            ("3", "offer_type", "bad_enum", " action_pack"),
            ("4", "requirements_met", "bad_bool", "true "),
            ("5", "currency", "bad_currency", "eur"),
            ("6", "currency", "bad_currency", ""),
        ],
    ),
    (
        "missing-values.csv",
        &["0004"],
        &[
            ("2", "partner_id", "missing_value", ""),
            ("3", "offer_type", "missing_value", ""),
            ("4", "purchase_date", "missing_value", ""),
        ],
    ),
    ("columns-in-any-order.csv", &["0001", "0002", "0003"], &[]),
    ("no-line-end-at-the-end.csv", &["0001", "0002", "0003"], &[]),
];

/// Files that hold the cells of `plain.csv` in another form.
const LIKE_PLAIN: [&str; 6] = [
    "byte-order-mark.csv",
    "columns-in-any-order.csv",
    "crlf.csv",
    "no-line-end-at-the-end.csv",
    "semicolon.csv",
    "tab.tsv",
];

/// Files that cannot be read at all, and what the first line on standard error says of them.
const UNREADABLE: [(&str, &str); 4] = [
    ("empty.csv", "error: empty.csv: the file is empty: it has no header"),
    (
        "missing-purchase-date.csv",
        "error: missing-purchase-date.csv:1: the needed column `purchase_date` is missing; \
         the nearest header is `purchased_date`",
    ),
    ("fee-twice.csv", "error: fee-twice.csv:1: the column `fee` is there twice, as column 12 and 14"),
    ("not-utf8-header.csv", "error: not-utf8-header.csv: the header is not UTF-8"),
];

fn small() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/small")
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(small().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn publish(workspace: &Workspace, name: &str) -> Published {
    workspace.write(name, bytes(name));
    workspace.publish(&[name])
}

#[test]
fn each_readable_file_has_the_rows_and_rejects_of_its_trait() {
    for (name, partners, rejects) in READABLE {
        let workspace = Workspace::new();
        let published = publish(&workspace, name);
        assert_eq!(published.column("upcoming_renewals", "partner_id"), partners, "{name}\n{}", published.outcome);
        let found = published.rows("rejects");
        let found: Vec<[&str; 4]> =
            found.iter().map(|row| ["line", "column", "code", "value"].map(|column| row[column].as_str())).collect();
        let expected: Vec<[&str; 4]> =
            rejects.iter().map(|&(line, column, code, value)| [line, column, code, value]).collect();
        assert_eq!(found, expected, "{name}\n{}", published.outcome);
        let rows = &published.summary()["rows"];
        assert_eq!(rows["rejected"], rejects.len(), "{name}");
        assert_eq!(
            rows["read"].as_u64(),
            rows["evaluated"].as_u64().map(|count| count + rejects.len() as u64),
            "{name}"
        );
    }
}

#[test]
fn a_reject_says_file_and_byte_offset_of_its_first_byte_and_what_is_wrong() {
    for (name, _, rejects) in READABLE {
        let bytes = bytes(name);
        let workspace = Workspace::new();
        let found = publish(&workspace, name).rows("rejects");
        assert_eq!(found.len(), rejects.len());
        for row in found {
            let offset: usize = row["byte_offset"].parse().expect("an offset");
            let lines = bytes[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
            assert_eq!(row["line"], lines.to_string(), "{name}: {row:?}");
            assert!(bytes[offset - 1] == b'\n', "{name}: {row:?}");
            assert_eq!(row["file"], name);
            assert!(row["message"].len() > 10, "{name}: {row:?}");
        }
    }
}

#[test]
fn a_header_alone_gives_every_report_its_header_and_no_rows() {
    let workspace = Workspace::new();
    let published = publish(&workspace, "header-only.csv");
    let files = published.files();
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [
            "SHA256SUMS",
            "expected_fees.csv",
            "expected_totals.csv",
            "fee_forecast.csv",
            "fee_position.csv",
            "lapsed_action_packs.csv",
            "lapsed_competencies.csv",
            "manifest.json",
            "payment_timing.csv",
            "reactivation_candidates.csv",
            "rejects.csv",
            "reminders_due.csv",
            "renewal_rates.csv",
            "summary.json",
            "upcoming_renewals.csv",
        ]
    );
    let offer = "partner_id,partner_name,country,offer_type,offer_name,level";
    let lapsed = "anniversary_date,window_closed,lapsed_on,days_lapsed,stage,requirements,blockers,fee,currency";
    for (report, header) in [
        (
            "expected_fees",
            "month,currency,offer_type,level,offers,fees_due,renewal_rate,fees_expected,fees_low,fees_high,\
             offers_without_fee,reporting_currency,fees_due_reporting,fees_expected_reporting"
                .to_owned(),
        ),
        (
            "expected_totals",
            "scenario,month,currency,offers,offers_without_fee,fees_due,fees_expected,fees_low,fees_high,\
             reporting_currency,fees_due_reporting,fees_expected_reporting,fees_low_reporting,fees_high_reporting"
                .to_owned(),
        ),
        (
            "fee_position",
            "stage,requirements,blockers,currency,offer_type,level,offers,offers_without_fee,fees".to_owned(),
        ),
        ("fee_forecast", "month,currency,offer_type,level,offers,offers_without_fee,fees".to_owned()),
        ("lapsed_action_packs", format!("{offer},{lapsed}")),
        ("lapsed_competencies", format!("{offer},{lapsed}")),
        (
            "reactivation_candidates",
            format!(
                "{offer},anniversary_date,window_closed,reactivate_by,days_left,blockers,fee,currency,new_anniversary"
            ),
        ),
        ("rejects", "file,line,byte_offset,column,code,value,message".to_owned()),
        (
            "reminders_due",
            format!(
                "{offer},reminder,reminder_date,anniversary_date,window_opens,window_closes,requirements,blockers,\
                 fee,currency"
            ),
        ),
        (
            "upcoming_renewals",
            format!(
                "{offer},anniversary_date,window_opens,window_closes,stage,days_left,first_reminder,second_reminder,\
                 requirements,blockers,fee,currency,next_anniversary"
            ),
        ),
    ] {
        let text = String::from_utf8(files[&format!("{report}.csv")].clone()).expect("UTF-8");
        assert_eq!(text, format!("{header}\n"));
    }
    assert_eq!(published.summary()["rows"]["read"], 0);
    // Without any history there are still rates to go by, and days on which a term can be paid.
    let files = published.manifest()["files"].as_array().expect("files").clone();
    let with_rows: Vec<_> = files.iter().filter(|file| file["rows"] != 0).map(|file| file["name"].clone()).collect();
    assert_eq!(with_rows, ["payment_timing.csv", "renewal_rates.csv"]);
}

#[test]
fn byte_order_mark_crlf_delimiter_and_column_order_make_no_difference() {
    let workspace = Workspace::new();
    let reports = |mut files: std::collections::BTreeMap<String, Vec<u8>>| {
        files.retain(|name, _| name.ends_with(".csv"));
        files
    };
    let plain = reports(publish(&workspace, "plain.csv").files());
    assert!(plain["upcoming_renewals.csv"].windows(12).any(|bytes| bytes == b"\"Snizzlewick".as_slice()));
    for name in LIKE_PLAIN {
        assert_ne!(bytes(name), bytes("plain.csv"), "{name}");
        assert_eq!(reports(publish(&workspace, name).files()), plain, "{name}");
    }
}

#[test]
fn texts_that_a_spreadsheet_would_run_are_guarded_unless_asked_otherwise() {
    let workspace = Workspace::new();
    let published = publish(&workspace, "formula-texts.csv");
    let column = |published: &Published, name: &str| published.column("upcoming_renewals", name);
    let names = ["'=HYPERLINK(\"http://example.invalid\")", "'@Snizzlewick", "'\tFizzlebeam"];
    assert_eq!(column(&published, "partner_name"), names);
    assert_eq!(column(&published, "offer_name"), ["", "'-1", ""]);
    let published = workspace.publish(&["--raw-text", "formula-texts.csv"]);
    assert_eq!(column(&published, "partner_name"), names.map(|name| &name[1..]));
    assert_eq!(column(&published, "partner_id"), ["=0001", "+0002", "0003"]);
}

#[test]
fn nul_and_lone_carriage_return_are_data() {
    let workspace = Workspace::new();
    let published = publish(&workspace, "nul-and-lone-carriage-return.csv");
    assert_eq!(published.column("upcoming_renewals", "partner_name"), ["Wobble\0crank", "Snizzle\rwick"]);
}

#[test]
fn words_are_written_in_their_own_spelling_whatever_their_case_was() {
    let workspace = Workspace::new();
    let row = &publish(&workspace, "upper-case-words.csv").rows("upcoming_renewals")[0];
    let words = ["offer_type", "level", "requirements", "blockers"].map(|column| row[column].as_str());
    assert_eq!(words, ["competency", "gold", "exempt", "pmc_migration"]);
}

#[test]
fn each_unreadable_file_ends_the_run_with_a_reason() {
    for (name, says) in UNREADABLE {
        let workspace = Workspace::new();
        workspace.write(name, bytes(name));
        let outcome = workspace.run(&["run", "--as-of", AS_OF, "--out", "reports", name]).expect_error(65, says);
        assert!(outcome.stderr.lines().nth(1).is_some_and(|line| line.starts_with("hint: ")), "{outcome}");
        assert_eq!(workspace.names(), [name]);
    }
}

/// A file that no test names would be tested by nothing.
#[test]
fn every_small_input_is_in_one_of_the_tables() {
    let tables = READABLE.iter().map(|(name, ..)| *name).chain(UNREADABLE.iter().map(|(name, _)| *name));
    let mut known: Vec<&str> = tables.chain(LIKE_PLAIN).collect();
    known.sort_unstable();
    known.dedup();
    let mut files = names(&small());
    files.retain(|name| name.ends_with("sv"));
    assert_eq!(files, known);
}
