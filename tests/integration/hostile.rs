//! Bad inputs, bad outputs and bad command lines: each ends with its own exit code and says what is wrong.

use crate::harness::{AS_OF, Workspace, names, run_arguments};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

const GOOD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n";
/// Three rows, of which the second is rejected.
const ONE_BAD: &str =
    "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n8,bundle,2019-06-01\n9,action_pack,2019-06-02\n";

/// What is wrong, how the directory is prepared beside `good.csv`, the arguments after `run --as-of`, the exit code
/// and a part of the first line on standard error.
type Case = (&'static str, fn(&Workspace), &'static [&'static str], i32, &'static str);

const CASES: [Case; 31] = [
    ("no file", nothing, &["--out", "reports", "none.csv"], 66, "error: none.csv: cannot be opened: "),
    ("a good file before a missing one", nothing, &["--out", "reports", "good.csv", "none.csv"], 66, "none.csv"),
    ("glob without a match", nothing, &["--out", "reports", "none*.csv"], 66, "none*.csv: no input file found"),
    ("directory without files", empty_inputs, &["--out", "reports", "inputs"], 66, "inputs: no input file found"),
    ("not a glob", nothing, &["--out", "reports", "a[.csv"], 64, "error: a[.csv: not a file, and not a pattern"),
    ("named pipe", named_pipe, &["--out", "reports", "pipe.csv"], 66, "pipe.csv: cannot be opened: not a regular file"),
    ("named pipe in a directory", named_pipe_inside, &["--out", "reports", "inputs"], 66, "inputs/pipe.csv"),
    ("link to nothing", dangling_input, &["--out", "reports", "link.csv"], 66, "link.csv: cannot be opened"),
    ("same file twice", nothing, &["--out", "reports", "good.csv", "./good.csv"], 64, "is the same file as good.csv"),
    ("same file by a link", linked_input, &["--out", "reports", "good.csv", "link.csv"], 64, "is the same file as"),
    ("same file by a glob", nothing, &["--out", "reports", "*.csv", "good.csv"], 64, "is the same file as good.csv"),
    ("text named as Parquet", text_as_parquet, &["--out", "reports", "x.parquet"], 65, "x.parquet: not readable as"),
    ("bytes of no format", random_bytes, &["--out", "reports", "x.bin"], 65, "error: x.bin"),
    ("header with an open quote", open_header, &["--out", "reports", "x.csv"], 65, "error: x.csv"),
    ("bad header after a good file", open_header, &["--out", "reports", "good.csv", "x.csv"], 65, "error: x.csv"),
    ("output is foreign", foreign_output, &["--out", "reports", "good.csv"], 73, "it is not a published run"),
    ("output is empty", empty_output, &["--out", "reports", "good.csv"], 73, "it is an empty directory"),
    ("output is a file", file_as_output, &["--out", "reports", "good.csv"], 73, "it is not a directory"),
    (
        "output among the inputs",
        good_inputs,
        &["--out", "inputs/reports", "inputs"],
        64,
        "lies in inputs, a directory of",
    ),
    (
        "output below the inputs",
        good_inputs,
        &["--out", "inputs/a/b", "good.csv", "."],
        64,
        "lies in ., a directory of",
    ),
    ("output below a file", nothing, &["--out", "good.csv/reports", "good.csv"], 73, "good.csv"),
    ("output has a foreign file", foreign_file, &["--out", "reports", "good.csv"], 73, "it holds `notes.txt`"),
    ("output without a name", nothing, &["--out", ".", "good.csv"], 73, "does not end in a directory's name"),
    (
        "reminders after the as-of date",
        nothing,
        &["--out", "reports", "--reminders-from", "2020-06-06", "good.csv"],
        64,
        "--reminders-from lies after --as-of",
    ),
    ("unknown option", nothing, &["--out", "reports", "--no-such-option", "good.csv"], 64, "--no-such-option"),
    ("no input", nothing, &["--out", "reports"], 64, "required arguments were not provided"),
    ("unknown format", nothing, &["--out", "reports", "--formats", "csv,xml", "good.csv"], 64, "xml"),
    ("limit of rejects that is none", nothing, &["--out", "reports", "--max-rejects", "few", "good.csv"], 64, "few"),
    (
        "date format that names no day",
        nothing,
        &["--out", "reports", "--date-format", "%Y", "good.csv"],
        64,
        "--date-format: `%Y` does not name",
    ),
    (
        "policy that is none",
        nothing,
        &["--out", "reports", "--policy", "2020-06-5", "good.csv"],
        78,
        "`2020-06-5` is neither",
    ),
    ("batch of an odd size", nothing, &["--out", "reports", "--batch-bytes", "1000", "good.csv"], 64, "1000"),
];

fn nothing(_workspace: &Workspace) {}

fn create_directory(workspace: &Workspace, name: &str) {
    fs::create_dir_all(workspace.path(name)).expect("created");
}

fn good_inputs(workspace: &Workspace) {
    create_directory(workspace, "inputs/a");
    fs::write(workspace.path("inputs/export.csv"), GOOD).expect("written");
}

fn empty_inputs(workspace: &Workspace) {
    // Files that are there but skipped are no input either.
    workspace.write("inputs/_SUCCESS", "");
    workspace.write("inputs/.hidden.csv", GOOD);
}

fn make_pipe(workspace: &Workspace, name: &str) {
    mknodat(CWD, workspace.path(name), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a named pipe");
}

fn named_pipe(workspace: &Workspace) {
    make_pipe(workspace, "pipe.csv");
}

fn named_pipe_inside(workspace: &Workspace) {
    create_directory(workspace, "inputs");
    make_pipe(workspace, "inputs/pipe.csv");
}

fn dangling_input(workspace: &Workspace) {
    symlink("nowhere", workspace.path("link.csv")).expect("a link");
}

fn linked_input(workspace: &Workspace) {
    symlink("good.csv", workspace.path("link.csv")).expect("a link");
}

fn text_as_parquet(workspace: &Workspace) {
    workspace.write("x.parquet", GOOD);
}

fn random_bytes(workspace: &Workspace) {
    workspace.write("x.bin", (0..=255).rev().collect::<Vec<u8>>());
}

fn open_header(workspace: &Workspace) {
    workspace.write("x.csv", "partner_id,offer_type,\"purchase_date\n7,action_pack,2019-06-01\n");
}

fn foreign_output(workspace: &Workspace) {
    workspace.write("reports/notes.txt", "mine");
}

fn empty_output(workspace: &Workspace) {
    create_directory(workspace, "reports");
}

fn file_as_output(workspace: &Workspace) {
    workspace.write("reports", "mine");
}

fn foreign_file(workspace: &Workspace) {
    let _ = workspace.publish(&["good.csv"]);
    workspace.write("reports/notes.txt", "mine");
}

/// Every entry below a directory, with the content of what is a file.
fn snapshot(workspace: &Workspace) -> Vec<(String, Option<Vec<u8>>)> {
    let root = workspace.path("");
    let entries = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            let content = entry.file_type().is_file().then(|| fs::read(entry.path()).expect("read"));
            (entry.path().display().to_string(), content)
        })
        .collect()
}

#[test]
fn each_bad_case_ends_with_its_code_and_reason_and_changes_nothing() {
    for (what, prepare, arguments, code, says) in CASES {
        let workspace = Workspace::new();
        workspace.write("good.csv", GOOD);
        prepare(&workspace);
        let before = snapshot(&workspace);
        let outcome = workspace.run(&[&["run", "--as-of", AS_OF], arguments].concat());
        assert_eq!(outcome.code(), Some(code), "{what}\n{outcome}");
        let outcome = outcome.expect_error(code, says);
        assert!(outcome.stdout.is_empty(), "{what}: messages go to standard error\n{outcome}");
        assert!(snapshot(&workspace) == before, "{what}: something changed\n{outcome}");
    }
}

#[test]
fn a_day_that_is_none_is_no_as_of_date() {
    let workspace = Workspace::new();
    workspace.write("good.csv", GOOD);
    for day in ["2019-02-29", "2020-6-5", "1899-12-31", "3000-01-01", "Today", "now", ""] {
        let outcome = workspace.run(&["run", "--out", "reports", "--as-of", day, "good.csv"]);
        let _ = outcome.expect_error(64, "--as-of <DATE>");
    }
    assert_eq!(workspace.names(), ["good.csv"]);
}

#[test]
fn a_wrong_policy_file_is_told_with_file_and_line_before_the_first_row() {
    let workspace = Workspace::new();
    let shown = workspace.run(&["policy", "show", "2020-06-05"]).expect(0).stdout;
    let wrong = shown.replace("closes_after_days = 30", "closes_after_days = \"30\"");
    let line = 1 + shown.lines().position(|line| line.starts_with("closes_after_days")).expect("the line");
    workspace.write("own.toml", wrong);
    // The input cannot be used either; the policy is looked at first.
    workspace.write("bad.csv", "");
    let outcome = workspace.run(&run_arguments("reports", &["--policy", "own.toml", "bad.csv"]));
    let _ = outcome.expect_error(78, &format!("error: own.toml:{line}:21: `closes_after_days` is a text"));
    let _ = workspace.run(&["policy", "show", "own.toml"]).expect_error(78, &format!("error: own.toml:{line}:"));
    assert_eq!(workspace.names(), ["bad.csv", "own.toml"]);
}

#[test]
fn directories_are_read_whole_and_skip_names_with_a_leading_dot_or_underscore() {
    let workspace = Workspace::new();
    for (name, partner) in [("b.csv", "2"), ("a/z.csv", "1"), ("b/c/d.tsv", "3"), ("B.csv", "0")] {
        workspace.write(&format!("inputs/{name}"), GOOD.replace("\n7", &format!("\n{partner}")));
    }
    for name in [".hidden.csv", "_skipped.csv", ".git/x.csv", "_tmp/x.csv", "a/_x", "b/.x"] {
        workspace.write(&format!("inputs/{name}"), "not an export");
    }
    let published = workspace.publish(&["inputs"]);
    // Sorted by the bytes of their paths: `inputs/B.csv`, `inputs/a/z.csv`, `inputs/b.csv`, `inputs/b/c/d.tsv`.
    assert_eq!(published.column("upcoming_renewals", "partner_id"), ["0", "1", "2", "3"]);
    let published = workspace.publish(&["inputs/*.csv"]);
    assert_eq!(published.column("upcoming_renewals", "partner_id"), ["0", "2"]);
    // Files in the order given, directories and globs sorted where they stand.
    let published = workspace.publish(&["inputs/b.csv", "inputs/b/*", "inputs/a"]);
    assert_eq!(published.column("upcoming_renewals", "partner_id"), ["2", "3", "1"]);
}

#[test]
fn reports_below_an_underscore_in_a_directory_of_inputs_are_no_exports() {
    let workspace = Workspace::new();
    workspace.write("inputs/export.csv", GOOD);
    for _night in 0..2 {
        let published = workspace.publish_into("inputs/_reports", &["inputs"]);
        assert_eq!(published.column("upcoming_renewals", "partner_id"), ["7"]);
    }
}

#[test]
fn globs_tell_upper_from_lower_case_and_skip_what_directories_skip() {
    let workspace = Workspace::new();
    let names = ["B.csv", "b.csv", "sub/c.csv", "_skipped/x.csv", "_x.csv", ".hidden/x.csv", "sub/.x.csv"];
    for name in names {
        workspace.write(&format!("inputs/{name}"), GOOD.replace("\n7", &format!("\n{name}")));
    }
    for (glob, expected) in [
        ("inputs/B*", &["B.csv"][..]),
        ("inputs/b*", &["b.csv"]),
        ("inputs/[a-z].csv", &["b.csv"]),
        ("inputs/*.csv", &["B.csv", "b.csv"]),
        ("inputs/*/*.csv", &["sub/c.csv"]),
        ("inputs/**/*.csv", &["B.csv", "b.csv", "sub/c.csv"]),
        ("inputs/*", &["B.csv", "b.csv", "sub/c.csv"]),
        // Who asks for such a name gets it.
        ("inputs/_x.csv", &["_x.csv"]),
        ("inputs/_x*", &["_x.csv"]),
    ] {
        let published = workspace.publish(&[glob]);
        assert_eq!(published.column("upcoming_renewals", "partner_id"), expected, "{glob}");
    }
}

#[test]
fn too_many_rejects_leave_the_output_and_keep_the_rejects_until_the_next_run() {
    for formats in ["csv", "parquet", "csv,parquet"] {
        let workspace = Workspace::new();
        workspace.write("good.csv", GOOD);
        workspace.write("bad.csv", ONE_BAD);
        let options = ["--formats", formats];
        let before = workspace.publish(&[&options[..], &["good.csv"]].concat()).files();
        for limit in ["0", "33.3%", "0%"] {
            let arguments = [&options[..], &["--max-rejects", limit, "bad.csv"]].concat();
            let outcome = workspace.run(&run_arguments("reports", &arguments));
            let outcome = outcome.expect_error(65, "error: 1 of 3 rows were rejected, more than --max-rejects allows");
            assert_eq!(workspace.names(), ["bad.csv", "good.csv", "reports", "reports.rejects.csv"], "{outcome}");
            let kept = crate::harness::rows(&workspace.path("reports.rejects.csv"));
            assert_eq!(kept.len(), 1);
            assert_eq!((kept[0]["code"].as_str(), kept[0]["line"].as_str()), ("bad_enum", "3"));
        }
        let again = workspace.publish(&[&options[..], &["good.csv"]].concat());
        assert!(again.files() == before, "{formats}: the same run gives the same bytes");
        assert_eq!(workspace.names(), ["bad.csv", "good.csv", "reports"]);
    }
}

#[test]
fn rejects_up_to_the_limit_are_published_and_told() {
    for limit in ["1", "34%", "33.333334%", "100%"] {
        let workspace = Workspace::new();
        workspace.write("bad.csv", ONE_BAD);
        let published = workspace.publish(&["--max-rejects", limit, "bad.csv"]);
        assert!(published.outcome.stderr.contains("rejected: bad_enum 1"), "{}", published.outcome);
        assert_eq!(published.rows("rejects").len(), 1);
    }
}

#[test]
fn help_and_version_go_to_standard_output_and_end_well() {
    let workspace = Workspace::new();
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"], &["help", "generate"]] {
        let outcome = workspace.run(arguments).expect(0);
        assert!(!outcome.stdout.is_empty() && outcome.stderr.is_empty(), "{outcome}");
    }
    let outcome = workspace.run(&["--version"]).expect(0);
    assert_eq!(outcome.stdout, concat!("renewals ", env!("CARGO_PKG_VERSION"), "\n"));
    let _ = workspace.run(&[]).expect(64);
}

#[test]
#[cfg(target_os = "linux")]
fn help_that_cannot_be_written_is_an_error() {
    let workspace = Workspace::new();
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"], &["policy", "list"]] {
        let full = fs::File::options().write(true).open("/dev/full").expect("a device that is always full");
        let output = workspace.command(arguments).stdout(full).stderr(Stdio::piped()).output().expect("it runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(74), "{arguments:?} {errors}");
        assert!(errors.starts_with("error: standard output: "), "{arguments:?} {errors}");
    }
}

#[test]
fn nobody_reading_standard_output_is_no_error() {
    let workspace = Workspace::new();
    for arguments in [&["policy", "show", "all-rounds"][..], &["policy", "list"], &["run", "--help"]] {
        // The reading end is closed before the program starts, so its first write fails.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = workspace.command(arguments).stdout(writer).stderr(Stdio::piped()).output().expect("it runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*errors), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn quiet_says_nothing_but_errors() {
    let workspace = Workspace::new();
    workspace.write("good.csv", GOOD);
    let published = workspace.publish(&["--quiet", "good.csv"]);
    assert_eq!((published.outcome.stdout.as_str(), published.outcome.stderr.as_str()), ("", ""));
    let _ = workspace.run(&run_arguments("reports", &["-q", "none.csv"])).expect_error(66, "error: none.csv");
    assert_eq!(names(&published.directory).len(), 15);
}
