//! What every command answers and how it refuses, word for word, so that a change of either is seen in review.
//!
//! `UPDATE_GOLDEN=1 cargo test --test integration snapshots` writes the files anew.

use crate::export::{cells, delimited};
use crate::harness::{Workspace, assert_golden};
use std::fmt::Write;
use std::process::{Command, Stdio};

/// Two nights of five offers, an export of another shape, and files that are no exports.
fn prepared() -> Workspace {
    let workspace = Workspace::new();
    let security = [("offer_type", "competency"), ("offer_name", "Security"), ("level", "gold")];
    let offer = |id: &str, more: &[(&str, &str)]| {
        cells(&[&security[..], &[("partner_id", id), ("fee", "1670.00"), ("currency", "EUR")], more].concat())
    };
    let night = |day: &str, paid: &str, portal: &str| {
        let rows = [
            offer("1000001", &[("purchase_date", "2019-02-10"), ("last_renewal_date", paid)]),
            offer("1000002", &[("purchase_date", "2018-05-06")]),
            offer("1000003", &[("purchase_date", "2019-05-21"), ("portal", portal)]),
            offer("1000004", &[("purchase_date", "2019-09-01"), ("fee", "95.5"), ("currency", "USD")]),
            cells(&[("partner_id", "1000005"), ("offer_type", "membership"), ("purchase_date", "2018-01-01")]),
            offer(day, &[("purchase_date", "2019-03-03")]),
            offer("1000004", &[("purchase_date", "2019-09-01"), ("level", "gold"), ("offer_name", "SECURITY")]),
            offer("1000006", &[("purchase_date", "03.03.2019")]),
        ];
        delimited(&rows, b',')
    };
    workspace.write("monday.csv", night("1000010", "", "partner_center"));
    workspace.write("tuesday.csv", night("1000011", "2020-06-05", "pmc"));
    workspace.write(
        "offers.csv",
        "MPNId,PartnerName,Offer type,Purchase date,Fee,Currency\n1,A,MAPS,2/1/2019 0:00,\"$1,670.00\",USD\n",
    );
    workspace.write("doubt.csv", "MPN ID,Offer type,Purchase date\n1,MAPS,2/1/2019\n2,MAPS,13/1/2019\n");
    workspace.write(
        "download.tsv",
        "CompetencyName\tCompetencyLevel\tCompetencyStatus\tCompetencyStartDate\tCompetencyEndDate\nSecurity\tGold\tActive\t2/1/2019 0:00\t1/31/2020 23:59\n",
    );
    workspace.write("german.csv", b"MPN-ID;Angebotstyp;Kaufdatum;W\xe4hrung\n1;Kompetenz;01.02.2019;EUR\n");
    let utf16: Vec<u8> = "partner_id,offer_type,purchase_date\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    workspace.write("utf16.txt", utf16);
    workspace.write("policy.toml", "schema = 1\nid = \"own\"\n");
    workspace.write("profile.toml", "schema = 1\nid = \"own\"\n");
    for (night, day) in [("monday", "2020-06-04"), ("tuesday", "2020-06-05")] {
        let input = format!("{night}.csv");
        let _ = workspace.run(&["run", "--as-of", day, "--decisions", "--out", night, &input]).expect(0);
    }
    let _ = workspace.run(&["run", "--as-of", "2020-06-05", "--out", "plain", "monday.csv"]).expect(0);
    workspace
}

/// What was said, without what differs from one run, version or machine to the next.
fn settled(workspace: &Workspace, text: &str) -> String {
    let root = workspace.path("").canonicalize().expect("a directory").to_string_lossy().into_owned();
    let text = text
        .replace(root.trim_end_matches('/'), "/srv")
        .replace(workspace.path("").to_string_lossy().trim_end_matches('/'), "/srv");
    let is_hash = |word: &str| word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut settled = String::new();
    for part in text.split_inclusive(|character: char| !character.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
        settled.push_str(if is_hash(word) { "RUN" } else { word });
        settled.push_str(&part[word.len()..]);
    }
    while let Some(at) = settled.find(" B in 0.").or_else(|| settled.find(" KiB in 0.")) {
        let begin = settled[at..].find("in 0.").map(|offset| at + offset).expect("it was found");
        let end = settled[begin..].find(" s").map_or(settled.len(), |offset| begin + offset);
        settled.replace_range(begin..end, "in TIME");
    }
    settled
}

/// The commands, each with how it ended and what it said.
fn transcript(workspace: &Workspace, commands: &[&[&str]]) -> String {
    let mut text = String::new();
    for arguments in commands {
        let outcome = workspace.run(arguments);
        let _ = writeln!(text, "$ renewals {}", arguments.join(" "));
        text.push_str(&settled(workspace, &outcome.stdout));
        text.push_str(&settled(workspace, &outcome.stderr));
        let _ = writeln!(text, "-> {}\n", outcome.code().unwrap_or(-1));
    }
    text
}

#[test]
fn answers() {
    let workspace = prepared();
    let commands: [&[&str]; 10] = [
        &["run", "--as-of", "2020-06-05", "--out", "reports", "tuesday.csv"],
        &["run", "--as-of", "2020-06-05", "--out", "reports", "tuesday.csv"],
        &["verify", "reports"],
        &["check", "--as-of", "2020-06-05", "tuesday.csv"],
        &["check", "--max-rejects", "1", "tuesday.csv"],
        &["diff", "monday", "tuesday", "--progress", "none"],
        &["profile", "check", "--profile", "auto", "offers.csv"],
        &["profile", "check", "offers.csv"],
        &["profile", "list"],
        &["policy", "list"],
    ];
    assert_golden("answers.txt", &transcript(&workspace, &commands));
}

#[test]
fn refusals() {
    let workspace = prepared();
    let run = |more: &[&'static str]| [&["run", "--as-of", "2020-06-05", "--out", "x"], more].concat();
    let auto: &[&str] = &["--profile", "auto"];
    let commands = [
        run(&["monday.cvs"]),
        run(&["*.parquet"]),
        run(&["offers.csv"]),
        run(&["download.tsv"]),
        run(&[auto, &["download.tsv"]].concat()),
        run(&[auto, &["monday.csv", "offers.csv"]].concat()),
        run(&["--profile", "membership-ofers", "offers.csv"]),
        run(&["--profile", "profile.toml", "offers.csv"]),
        run(&[auto, &["doubt.csv"]].concat()),
        run(&["german.csv"]),
        run(&["utf16.txt"]),
        run(&["--encoding", "gbk", "german.csv"]),
        run(&["--encoding", "gb18030", "--sheet", "Offers", "monday.csv"]),
        run(&["--set", "partner=1", "monday.csv"]),
        run(&["--set", "partner_id=1", "monday.csv"]),
        run(&["--policy", "2020-06-06", "monday.csv"]),
        run(&["--policy", "policy.toml", "monday.csv"]),
        run(&["--on-duplicat", "fail", "monday.csv"]),
        run(&["--on-duplicate", "fail", "monday.csv"]),
        run(&["--max-rejects", "0", "monday.csv"]),
        vec!["run", "--as-of", "2020-06-31", "--out", "x", "monday.csv"],
        vec!["run", "--out", "x", "monday.csv"],
        vec!["check", "--on-duplicate", "fail", "--max-rejects", "1", "monday.csv"],
        vec!["chek", "monday.csv"],
        vec!["explain", "--as-of", "2020-06-05", "--partner-id", "1000009", "monday.csv"],
        vec!["explain", "--as-of", "2020-06-05", "--partner-id", "01000001", "monday.csv"],
        vec!["explain", "--as-of", "2020-06-05", "--partner-id", "1000001", "--offer", "DevOps", "monday.csv"],
        vec!["explain", "--as-of", "2020-06-05", "--offer-type", "competence", "--purchased", "2019-01-01"],
        vec!["diff", "plain", "tuesday"],
        vec!["diff", "tuesday", "monday"],
        vec!["diff", "monday", "nothing"],
        vec!["verify", "data"],
        vec!["policy", "show", "2020"],
        vec!["profile", "show", "competency"],
        vec!["profile", "check", "download.tsv"],
        vec!["profile", "check", "--profile", "auto", "doubt.csv"],
        vec!["man", "nothing"],
        vec!["completions", "csh"],
    ];
    let commands: Vec<&[&str]> = commands.iter().map(Vec::as_slice).collect();
    assert_golden("refusals.txt", &transcript(&workspace, &commands));
}

/// What a terminal shows, where the system can lend one; `None` elsewhere.
fn on_a_terminal(workspace: &Workspace, columns: u32, arguments: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_renewals");
    let line = format!("stty cols {columns} rows 50; '{program}' {arguments}");
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(workspace.path("")).stdin(Stdio::null());
    script.env_remove("COLUMNS").env("TERM", "xterm").env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8");
    let output = script.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
    assert!(output.status.success(), "{line}\n{text}");
    Some(settled(workspace, &text))
}

#[test]
fn tables() {
    let workspace = prepared();
    let mut shown = String::new();
    for columns in [80, 120] {
        for arguments in [
            "run --as-of 2020-06-05 --no-skip --progress none --out reports tuesday.csv",
            "diff monday tuesday --progress none",
            "check --as-of 2020-06-05 --max-rejects 1 tuesday.csv 2>/dev/null",
            "profile check --profile auto offers.csv",
        ] {
            let Some(text) = on_a_terminal(&workspace, columns, arguments) else { return };
            for line in text.lines().filter(|line| line.starts_with(['│', '┌', '╞', '└'])) {
                assert!(line.chars().count() <= columns as usize, "more than {columns} columns\n{text}");
            }
            let _ = writeln!(shown, "$ renewals {arguments}  # {columns} columns\n{text}");
        }
    }
    assert_golden("tables.txt", &shown);
}
