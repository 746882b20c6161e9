//! What an export or its name cannot do: steer a terminal, forge a message, run in a spreadsheet or a browser, reach
//! another place of the file system, or get into a log.

use crate::harness::{AS_OF, Outcome, Workspace, names, run_arguments};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

/// Clears a screen, sets a title, turns the line around, and hides.
const STEERING: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}gpj\u{200b}\u{feff}";
/// What nothing but the reports may tell of a member.
const SECRET: &str = "Zugspitze Geheim";

fn header() -> String {
    "partner_id,partner_name,country,offer_type,offer_name,level,purchase_date,renewal_start_date,fee,currency\n"
        .to_owned()
}

/// Two good rows of one partner and three bad ones, all with texts that steer.
fn steering_export(fee: &str) -> String {
    let mut text = header();
    let good = format!(
        "7{STEERING},Acme{STEERING}\\,GB{STEERING},competency,Dev{STEERING}Ops,gold,2018-06-10,2020-06-10,{fee},GBP\n"
    );
    text.push_str(&good.replace('\\', ""));
    text.push_str(&format!("8,Acme{STEERING},GB,action_pack{STEERING},,,2018-06-10,,,\n"));
    text.push_str(&format!("9,Acme,GB,action_pack,,,2018{STEERING},,,\n"));
    text.push_str(&format!("10,Acme,GB,action_pack,,,2018-06-10,,,E{STEERING}\n"));
    text
}

/// Fails where something on a stream could steer a terminal.
#[track_caller]
fn assert_harmless(outcome: &Outcome) {
    for (stream, text) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        let unsafe_one = text.chars().find(|character| {
            (character.is_control() && *character != '\n')
                || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        });
        assert_eq!(unsafe_one, None, "{stream}\n{outcome}");
    }
}

#[test]
fn nothing_of_an_export_or_its_name_steers_a_terminal() {
    let workspace = Workspace::new();
    let file = format!("in{STEERING}put.csv");
    workspace.write(&file, steering_export("10.00"));
    let id = format!("7{STEERING}");
    let out = format!("out{STEERING}");
    let good = ["--decisions", file.as_str()];
    assert_harmless(&workspace.run(&run_arguments(&out, &good)).expect(0));
    assert_harmless(&workspace.run(&run_arguments(&out, &good)).expect(0));
    workspace.write("later.csv", steering_export("12.00"));
    assert_harmless(&workspace.run(&run_arguments("later", &["--decisions", "later.csv"])).expect(0));
    let none = format!("{file}x");
    for (arguments, code) in [
        (&["check", "--as-of", AS_OF, &file][..], 65),
        (&["explain", "--as-of", AS_OF, "--partner-id", &id, &file], 0),
        (&["explain", "--as-of", AS_OF, "--partner-id", &none, &file], 65),
        (&["diff", &out, "later"], 0),
        (&["diff", "later", &none], 66),
        (&["verify", &out], 0),
        (&["verify", &none], 66),
        (&["profile", "check", &file], 65),
        (&["profile", "show", &none], 78),
        (&["policy", "show", &none], 78),
        (&run_arguments("reports", &[&none]), 66),
        (&run_arguments("reports", &["--max-rejects", "0", &file]), 65),
        (&run_arguments(&file, &[&file]), 73),
        (&run_arguments("reports", &["--set", "country=GB", &file]), 64),
        (&run_arguments("reports", &["--profile", &none, &file]), 78),
    ] {
        assert_harmless(&workspace.run(arguments).expect(code));
    }
}

#[test]
fn a_file_name_forges_no_message() {
    let workspace = Workspace::new();
    let name = "x\nerror: forged\nhint: pay the attacker.csv";
    workspace.write(name, "no header at all\n");
    for arguments in [
        run_arguments("reports", &[name]),
        run_arguments(name, &[name]),
        run_arguments("reports", &["x\nerror: forged"]),
    ] {
        let outcome = workspace.run(&arguments);
        let forged = outcome
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: forged") || line.contains("hint: pay") && line.starts_with("hint"));
        assert_eq!(forged.count(), 0, "{outcome}");
        assert_eq!(outcome.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{outcome}");
    }
}

/// A shell may put file names where options stand.
#[test]
fn a_wrong_command_line_steers_and_forges_nothing() {
    let workspace = Workspace::new();
    let word = format!("x{STEERING}\u{e0041}\nerror: forged");
    let option = format!("--{word}");
    let short = format!("-{word}");
    for arguments in [
        vec![word.as_str()],
        vec!["run", &option],
        vec!["run", &short],
        vec!["completions", &word],
        vec!["verify", "reports", &word],
        run_arguments("reports", &["--set", &word, "export.csv"]),
        run_arguments("reports", &["--encoding", &word, "export.csv"]),
        run_arguments("reports", &["--max-rejects", &word, "export.csv"]),
        run_arguments("reports", &["--as-of", &word, "export.csv"]),
        run_arguments("reports", &["--json", "--formats", &word, "export.csv"]),
        run_arguments("reports", &["--metrics", &word, "export.csv"]),
    ] {
        let outcome = workspace.run(&arguments).expect(64);
        assert_harmless(&outcome);
        assert!(!outcome.stderr.contains('\u{e0041}'), "{outcome}");
        assert_eq!(outcome.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{outcome}");
    }
}

#[test]
fn no_cell_of_a_csv_report_runs_in_a_spreadsheet() {
    let workspace = Workspace::new();
    let mut text = header();
    for start in ["=", "+", "-", "@", "\t", "\r"] {
        let cell = format!("\"{start}cmd|' /C calc'!A0\"");
        text.push_str(&format!("{cell},{cell},{cell},competency,{cell},gold,2018-06-10,2020-06-10,10.00,GBP\n"));
        text.push_str(&format!("{cell},{cell},{cell},{cell},{cell},gold,2018-06-10,2020-06-10,10.00,GBP\n"));
    }
    workspace.write("=input.csv", text);
    let published = workspace.publish(&["=input.csv", "--formats", "csv"]);
    let mut cells = 0;
    for name in names(&published.directory).into_iter().filter(|name| name.ends_with(".csv")) {
        for row in published.rows(name.trim_end_matches(".csv")) {
            for (column, cell) in row {
                cells += 1;
                let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                assert!(!runs || cell.parse::<f64>().is_ok(), "{name}: {column} is {cell:?}");
            }
        }
    }
    assert!(cells > 100, "reports without rows test nothing");
    let rejects = published.rows("rejects");
    assert_eq!((rejects.len(), rejects[0]["file"].as_str()), (6, "'=input.csv"));
}

#[test]
fn markup_of_an_export_stays_text_on_the_page() {
    let workspace = Workspace::new();
    let evil = "</td><script>alert(1)</script><img src=x onerror=alert(1)>\"'><style>*{display:none}";
    let cell = format!("\"{}\"", evil.replace('"', "\"\""));
    let row = format!("{cell},{cell},{cell},competency,{cell},gold,2018-06-10,2020-06-10,10.00,GBP\n");
    let bad = format!("{cell},{cell},{cell},{cell},{cell},gold,2018-06-10,2020-06-10,10.00,GBP\n");
    workspace.write("<script>x.csv", header() + &row + &bad);
    let published = workspace.publish(&["--formats", "html", "<script>x.csv"]);
    let page = String::from_utf8(published.files()["report.html"].clone()).expect("UTF-8");
    assert!(page.contains("&lt;script&gt;"), "the page tells of the file");
    for part in ["<script", "<img", "onerror=alert(1)>", "<style>*"] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn no_value_of_an_export_names_a_place() {
    let workspace = Workspace::new();
    let mut text = header();
    for cell in ["../../escape", "/etc/passwd", "..", "a/b", "C:\\x", "|touch owned", "$(touch owned)", "latest"] {
        text.push_str(&format!("{cell},{cell},{cell},competency,{cell},gold,2018-06-10,2020-06-10,10.00,GBP\n"));
    }
    workspace.write("inputs/as_of=..%2F..%2Fescape/x.csv", &text);
    workspace.write("inputs/$(touch owned);x.csv", text.replace("GBP", "EUR"));
    for _ in 0..2 {
        let published = workspace.publish(&["--keep", "2", "--formats", "csv,parquet,html,xlsx", "inputs"]);
        assert_eq!(workspace.names(), ["inputs", "reports"]);
        assert_eq!(names(&published.directory), ["as_of=2020-06-05", "latest"]);
    }
}

#[test]
fn links_in_the_output_are_neither_followed_nor_kept() {
    let workspace = Workspace::new();
    workspace.write("good.csv", header() + "7,,,action_pack,,,2019-06-01,,,\n");
    workspace.write("mine/precious.txt", "precious");
    let published = workspace.publish(&["good.csv"]);
    // A file of the run that somebody made a link to his own is none of the run's: refused, and nothing is lost.
    let report = published.directory.join("rejects.csv");
    fs::remove_file(&report).expect("removed");
    symlink(workspace.path("mine/precious.txt"), &report).expect("linked");
    let _ = workspace.run(&["verify", "reports"]).expect(65);
    let outcome = workspace.run(&run_arguments("reports", &["--no-skip", "good.csv"]));
    assert!([0, 73].contains(&outcome.code().expect("a code")), "{outcome}");
    // A link among what a killed run left is removed, not followed.
    fs::remove_dir_all(&published.directory).expect("removed");
    fs::create_dir(workspace.path(".reports.staging-1")).expect("made");
    symlink(workspace.path("mine"), workspace.path(".reports.staging-1/link")).expect("linked");
    symlink(workspace.path("mine"), workspace.path(".reports.staging-2")).expect("linked");
    let _ = workspace.publish(&["good.csv"]);
    assert_eq!(workspace.names(), ["good.csv", "mine", "reports"]);
    assert_eq!(fs::read_to_string(workspace.path("mine/precious.txt")).expect("there"), "precious");
}

#[test]
fn what_is_staged_is_private_and_what_is_published_has_the_umask() {
    let workspace = Workspace::new();
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let export = (header() + &"7,,,action_pack,,,2019-06-01,,,\n".repeat(100_000)).into_bytes();
    for (umask, directory, file) in [("077", 0o700, 0o600), ("027", 0o750, 0o640), ("022", 0o755, 0o644)] {
        let program = env!("CARGO_BIN_EXE_renewals");
        // Standard input keeps the run going while the staging directory is looked at.
        let script = format!(
            "umask {umask}; exec {program} run --no-skip --as-of {AS_OF} --out reports --summary-json side.json -"
        );
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script]).current_dir(workspace.path("")).stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().expect("started");
        let mut pipe = child.stdin.take().expect("a pipe");
        // So much that reading begins in earnest.
        std::io::Write::write_all(&mut pipe, &export).expect("written");
        let staging = format!(".reports.staging-{}", child.id());
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while !workspace.path(&staging).join("rejects.csv").exists() && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert_eq!(mode(&workspace.path(&staging)), 0o700, "umask {umask}: staging");
        drop(pipe);
        assert!(child.wait().expect("ended").success());
        assert_eq!(mode(&workspace.path("reports")), directory, "umask {umask}");
        for name in names(&workspace.path("reports")) {
            assert_eq!(mode(&workspace.path("reports").join(&name)), file, "umask {umask}: {name}");
        }
        assert_eq!(mode(&workspace.path("side.json")) & !file, 0, "umask {umask}: side.json");
        fs::remove_file(workspace.path("side.json")).expect("removed");
    }
}

#[test]
fn nothing_of_a_member_gets_into_logs_metrics_or_lineage() {
    let workspace = Workspace::new();
    let good = format!("771177,{SECRET},DE,competency,{SECRET},gold,2018-06-10,2020-06-10,4711.42,EUR\n");
    let bad = format!("771178,{SECRET},DE,action_pack,,,{SECRET},,,\n\"771179,{SECRET}\n771180,{SECRET} \"x,DE\n");
    workspace.write("in.csv", header() + &good + &good + &bad);
    for format in ["text", "json"] {
        for more in
            [&[][..], &["--max-rejects", "0"], &["--on-duplicate", "fail"], &["--formats", "csv,parquet,html,xlsx"]]
        {
            let options = [
                "--no-skip",
                "--log-format",
                format,
                "--json",
                "--metrics",
                "m.prom",
                "--lineage",
                "l.jsonl",
                "--summary-json",
                "s.json",
                "in.csv",
            ];
            let outcome = workspace.run(&run_arguments("reports", &[more, &options].concat()));
            assert!([0, 65].contains(&outcome.code().expect("a code")), "{outcome}");
            let sides =
                ["m.prom", "l.jsonl", "s.json"].map(|name| fs::read_to_string(workspace.path(name)).expect("written"));
            for text in [&outcome.stdout, &outcome.stderr].into_iter().chain(&sides) {
                for told in [SECRET, "771177", "771178", "771179", "771180"] {
                    assert!(!text.contains(told), "`{told}` in {text}\n{outcome}");
                }
            }
        }
    }
}
