//! What a run publishes: the manifest is right, `verify` notices changes, and a second run replaces the first.

use crate::harness::{Workspace, names, run_arguments};
use sha2::{Digest, Sha256};
use std::fs;
use std::process::Command;

const GOOD: &str = "partner_id,offer_type,purchase_date,fee,currency\n7,action_pack,2019-06-01,475.00,EUR\n";
const OTHER: &str =
    "partner_id,offer_type,purchase_date\n8,competency,2018-06-01\n9,action_pack,2018-06-01\n9,bundle,2018-06-01\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("good.csv", GOOD);
    workspace.write("other.csv", OTHER);
    workspace
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_second_run_replaces_the_first_as_a_whole() {
    let workspace = workspace();
    let first = workspace.publish(&["--formats", "csv,parquet", "good.csv"]);
    assert_eq!(first.column("upcoming_renewals", "partner_id"), ["7"]);
    assert_eq!(first.files().len(), 27);
    let second = workspace.publish(&["other.csv"]);
    // Nothing of the first run is left, neither its rows nor the files of a format that wasn't asked for again.
    assert_eq!(second.files().len(), 15);
    assert!(second.rows("upcoming_renewals").is_empty());
    assert_eq!(second.column("lapsed_action_packs", "partner_id"), ["9"]);
    let alone = workspace.publish_into("alone", &["other.csv"]);
    assert!(second.files() == alone.files(), "the bytes don't depend on what was there before");
    assert_eq!(workspace.names(), ["alone", "good.csv", "other.csv", "reports"]);
}

#[test]
fn the_manifest_and_the_checksums_are_those_of_the_files() {
    let workspace = workspace();
    let published = workspace.publish(&["--formats", "csv,parquet", "other.csv", "good.csv"]);
    let (files, manifest) = (published.files(), published.manifest());
    let entries = manifest["files"].as_array().expect("files");
    let listed: Vec<&str> = entries.iter().map(|entry| entry["name"].as_str().expect("a name")).collect();
    let mut expected: Vec<&str> = files.keys().map(String::as_str).collect();
    expected.retain(|name| !["manifest.json", "SHA256SUMS"].contains(name));
    assert_eq!(listed, expected);
    let summary = published.summary();
    let mut checksums = String::new();
    for entry in entries {
        let name = entry["name"].as_str().expect("a name");
        let bytes = &files[name];
        assert_eq!(entry["bytes"], bytes.len(), "{name}");
        assert_eq!(entry["sha256"], sha256(bytes), "{name}");
        let (report, extension) = name.split_once('.').expect("an extension");
        match extension {
            "json" => assert_eq!(entry["rows"], 0),
            "csv" => assert_eq!(entry["rows"], published.rows(report).len(), "{name}"),
            _ => assert_eq!(entry["rows"], summary["reports"][report], "{name}"),
        }
        checksums.push_str(&format!("{}  {name}\n", sha256(bytes)));
    }
    assert_eq!(String::from_utf8_lossy(&files["SHA256SUMS"]), checksums);
    assert_eq!(manifest["as_of"], "2020-06-05");
    assert_eq!(manifest["policy"], "2020-06-05");
    assert_eq!(manifest["run_id"], summary["run_id"]);
    assert_eq!(summary["rows"]["read"], 4);
}

#[test]
fn the_summary_tells_every_input_with_its_size_and_hash() {
    let workspace = workspace();
    let _ = workspace.run(&["generate", "--rows", "50", "--out", "more.parquet", "-q"]).expect(0);
    let summary = workspace.publish(&["other.csv", "more.parquet", "good.csv"]).summary();
    let inputs = summary["inputs"].as_array().expect("inputs");
    assert_eq!(inputs.len(), 3);
    for (input, (name, format, rows)) in
        inputs.iter().zip([("other.csv", "csv", 3), ("more.parquet", "parquet", 50), ("good.csv", "csv", 1)])
    {
        let bytes = fs::read(workspace.path(name)).expect("read");
        assert_eq!((&input["path"], &input["format"], &input["rows"]), (&name.into(), &format.into(), &rows.into()));
        assert_eq!(input["bytes"], bytes.len(), "{name}");
        assert_eq!(input["blake3"], blake3::hash(&bytes).to_hex().as_str(), "{name}");
    }
    assert!(summary["schema"].is_string() && summary["schema_version"].is_u64());
}

#[test]
fn the_run_id_depends_on_what_changes_bytes_and_on_nothing_else() {
    let workspace = workspace();
    workspace.write("copy.csv", GOOD);
    let run_id = |arguments: &[&str]| workspace.publish(arguments).manifest()["run_id"].clone();
    let usual = run_id(&["good.csv"]);
    for same in [
        &["copy.csv"][..],
        &["--threads", "1", "good.csv"],
        &["--batch-bytes", "1024", "good.csv"],
        &["--max-rejects", "5", "-q", "good.csv"],
        &["--reminders-from", "2020-06-05", "good.csv"],
        &["--horizon", "90", "--forecast-months", "12", "--policy", "2020-06-05", "good.csv"],
    ] {
        assert_eq!(run_id(same), usual, "{same:?}");
    }
    for other in [
        &["other.csv"][..],
        &["good.csv", "other.csv"],
        &["--as-of", "2020-06-06", "good.csv"],
        &["--reminders-from", "2020-06-04", "good.csv"],
        &["--horizon", "91", "good.csv"],
        &["--forecast-months", "13", "good.csv"],
        &["--policy", "all-rounds", "good.csv"],
        &["--formats", "csv,parquet", "good.csv"],
        &["--raw-text", "good.csv"],
        &["--max-record-bytes", "1000", "good.csv"],
    ] {
        assert_ne!(run_id(other), usual, "{other:?}");
    }
    assert_ne!(run_id(&["good.csv", "other.csv"]), run_id(&["other.csv", "good.csv"]));
}

#[test]
fn the_checksums_satisfy_sha256sum() {
    let workspace = workspace();
    let published = workspace.publish(&["--formats", "csv,parquet", "good.csv"]);
    let check = || {
        let command =
            Command::new("sha256sum").args(["-c", "--strict", "SHA256SUMS"]).current_dir(&published.directory).output();
        command.expect("sha256sum is part of coreutils")
    };
    let output = check();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.ends_with(": OK")).count(), 25);
    fs::write(published.directory.join("rejects.csv"), "changed").expect("changed");
    assert!(!check().status.success());
}

#[test]
fn verify_finds_nothing_wrong_with_what_was_published() {
    let workspace = workspace();
    let published = workspace.publish(&["good.csv"]);
    let outcome = workspace.run(&["verify", "reports"]).expect(0);
    let run_id = published.manifest()["run_id"].as_str().expect("an id").to_owned();
    assert_eq!(outcome.stdout, format!("13 files verified, run {run_id}\n"));
    assert_eq!(outcome.stderr, "");
}

#[test]
fn verify_notices_every_change_of_a_file() {
    /// Changes the bytes of a file, or removes it.
    type Change = fn(Vec<u8>) -> Option<Vec<u8>>;
    let workspace = workspace();
    let pristine = workspace.publish(&["good.csv"]);
    for name in names(&pristine.directory) {
        let changes: [(&str, Change); 4] = [
            ("flipped", |mut bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                Some(bytes)
            }),
            ("longer", |bytes| Some([&bytes[..], b"\n"].concat())),
            ("shorter", |mut bytes| bytes.pop().map(|_| bytes)),
            ("gone", |_| None),
        ];
        for (change, apply) in changes {
            // A manifest that only ends in one line feed more or less says the same.
            if name == "manifest.json" && ["longer", "shorter"].contains(&change) {
                continue;
            }
            let path = pristine.directory.join(&name);
            let before = fs::read(&path).expect("read");
            match apply(before.clone()) {
                Some(bytes) => fs::write(&path, bytes).expect("changed"),
                None => fs::remove_file(&path).expect("removed"),
            }
            let outcome = workspace.run(&["verify", "reports"]);
            assert!(matches!(outcome.code(), Some(65 | 66)), "{name} {change}\n{outcome}");
            // The manifest speaks of other files: changed, it no longer is what one of them is.
            assert!(name == "manifest.json" || outcome.stderr.contains(&name), "{name} {change}\n{outcome}");
            fs::write(&path, before).expect("put back");
        }
    }
    workspace.write("reports/notes.txt", "mine");
    let _ = workspace.run(&["verify", "reports"]).expect_error(65, "notes.txt");
    fs::remove_file(workspace.path("reports/notes.txt")).expect("removed");
    let _ = workspace.run(&["verify", "reports"]).expect(0);
    let _ = workspace.run(&["verify", "none"]).expect_error(66, "none");
}

/// Every run that can be told from the bytes of its files is held to what its manifest says of it.
#[test]
fn verify_notices_every_change_of_what_the_manifest_says() {
    let workspace = workspace();
    let quoted = format!("{GOOD}8,action_pack,2019-06-01,\"1\n2\",EUR\n");
    workspace.write("quoted.csv", quoted);
    for options in
        [&["--formats", "csv,parquet,html,xlsx", "--decisions"][..], &["--compress", "gz"], &["--compress", "zst"]]
    {
        let published = workspace.publish(&[options, &["quoted.csv", "other.csv"]].concat());
        let _ = workspace.run(&["verify", "reports"]).expect(0);
        let path = published.directory.join("manifest.json");
        let before = fs::read_to_string(&path).expect("read");
        let mut changes = 0;
        let lines = Vec::from_iter(before.lines());
        for (number, line) in lines.iter().enumerate() {
            // What is for people to read has no rows, or those of all reports, which nobody counts in it.
            let is_for_people = number > 0 && [".xlsx", ".html"].iter().any(|end| lines[number - 1].contains(end));
            let Some((key, value)) =
                line.trim().split_once(": ").filter(|(key, _)| *key != "\"rows\"" || !is_for_people)
            else {
                continue;
            };
            if !["\"run_id\"", "\"tool_version\"", "\"as_of\"", "\"policy\"", "\"rows\"", "\"bytes\"", "\"sha256\""]
                .contains(&key)
            {
                continue;
            }
            let other = if value.contains('0') {
                value.replace('0', "1")
            } else {
                value.replace(|digit: char| digit.is_ascii_digit(), "0")
            };
            assert_ne!(other, value, "{line}");
            let mut changed = lines.clone();
            let line = format!("{key}: {other}");
            changed[number] = &line;
            fs::write(&path, changed.join("\n")).expect("changed");
            let outcome = workspace.run(&["verify", "reports"]);
            assert_eq!(outcome.code(), Some(65), "line {}: {line}\n{outcome}", number + 1);
            changes += 1;
        }
        assert!(changes > 40, "{changes} changes test little");
        fs::write(&path, before).expect("put back");
    }
}

#[test]
fn a_run_publishes_behind_a_link_and_below_directories_that_do_not_exist_yet() {
    let workspace = workspace();
    let _ = workspace.publish_into("a/b/reports", &["good.csv"]);
    std::os::unix::fs::symlink("a/b/reports", workspace.path("link")).expect("a link");
    let _ = workspace.publish_into("link", &["other.csv"]);
    assert_eq!(names(&workspace.path("a/b")), ["reports"]);
    assert_eq!(crate::harness::rows(&workspace.path("a/b/reports/lapsed_action_packs.csv")).len(), 1);
    assert!(fs::symlink_metadata(workspace.path("link")).expect("there").is_symlink());
}

#[test]
fn the_modes_of_what_is_published_are_those_of_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = workspace();
    let published = workspace.publish(&["good.csv"]);
    fs::create_dir(workspace.path("plain")).expect("created");
    workspace.write("plain/file", "");
    let mode = |name: &str| fs::metadata(workspace.path(name)).expect("there").permissions().mode();
    assert_eq!(mode("reports"), mode("plain"));
    for name in names(&published.directory) {
        assert_eq!(mode(&format!("reports/{name}")), mode("plain/file"), "{name}");
    }
}

#[test]
fn a_refused_run_says_what_to_do_about_it() {
    let workspace = workspace();
    workspace.write("reports/notes.txt", "mine");
    let outcome = workspace.run(&run_arguments("reports", &["good.csv"])).expect(73);
    assert!(outcome.stderr.lines().nth(1).is_some_and(|line| line.starts_with("hint: ")), "{outcome}");
}
