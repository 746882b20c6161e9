//! `--metrics`, read by a parser that shares nothing with the program's writer.

use crate::harness::{Workspace, run_arguments};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const ONE_BAD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n8,action_pack,tomorrow\n";

/// Value by name and labels, as they are written.
type Samples = BTreeMap<String, f64>;

/// Reads a file as `promtool check metrics` does: every family has help and type and stands together, names say
/// their unit, no sample is there twice, and none has a timestamp.
fn parse(text: &str) -> Samples {
    assert!(text.ends_with('\n'));
    let (mut samples, mut done, mut family) = (Samples::new(), BTreeSet::new(), String::new());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help text");
            assert!(!help.is_empty() && done.insert(name.to_owned()), "{name} is there twice");
            assert_eq!(lines.next(), Some(format!("# TYPE {name} gauge").as_str()));
            assert!(
                name.starts_with("renewals_") && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            );
            let units = ["_seconds", "_bytes", "_rows", "_files", "_info", "_code", "_outcome"];
            assert!(units.iter().any(|unit| name.ends_with(unit)), "{name} has no unit");
            // These endings belong to other types than a gauge.
            assert!(["_total", "_count", "_sum", "_bucket"].iter().all(|end| !name.ends_with(end)), "{name}");
            assert!(lines.peek().is_some_and(|line| line.starts_with(&format!("{name}{{"))), "{name} has no sample");
            name.clone_into(&mut family);
        } else {
            let (labels, value) = line.rsplit_once("} ").expect("labels and a value, and nothing after it");
            let rest = labels.strip_prefix(&family).expect("a sample of the family above it");
            let rest = rest.strip_prefix("{out=\"").expect("the label `out` first");
            assert!(!rest.replace("\\\\", "").replace("\\\"", "").contains('\n'));
            let value: f64 = value.parse().expect("a number");
            assert!(value.is_finite() && value >= 0.0);
            assert_eq!(samples.insert(format!("{labels}}}"), value), None, "{line} is there twice");
        }
    }
    samples
}

fn read(workspace: &Workspace) -> Samples {
    parse(&fs::read_to_string(workspace.path("m.prom")).expect("written"))
}

/// The value of a sample of `reports`.
#[track_caller]
fn value(workspace: &Workspace, samples: &Samples, name: &str, label: &str) -> Option<f64> {
    let out = fs::canonicalize(workspace.path("")).expect("there").join("reports");
    let label = if label.is_empty() { String::new() } else { format!(",{label}") };
    samples.get(&format!("{name}{{out=\"{}\"{label}}}", out.display())).copied()
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("bad.csv", ONE_BAD);
    workspace
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

#[test]
fn a_success_tells_what_it_read_and_what_it_published() {
    let workspace = workspace();
    let before = now();
    let outcome = workspace.run(&run_arguments("reports", &["--metrics", "m.prom", "bad.csv"])).expect(0);
    let samples = read(&workspace);
    let get = |name: &str, label: &str| {
        value(&workspace, &samples, name, label).unwrap_or_else(|| panic!("{name}\n{outcome}"))
    };
    for name in ["renewals_last_run_timestamp_seconds", "renewals_last_success_timestamp_seconds"] {
        // Milliseconds are cut off.
        assert!((before - 0.001..=now()).contains(&get(name, "")), "{name}");
    }
    assert_eq!(get("renewals_last_success_as_of_timestamp_seconds", ""), 1_591_315_200.0);
    assert_eq!(get("renewals_build_info", concat!("version=\"", env!("CARGO_PKG_VERSION"), "\"")), 1.0);
    assert_eq!(get("renewals_last_run_exit_code", ""), 0.0);
    for (ending, expected) in [("published", 1.0), ("skipped", 0.0), ("failed", 0.0), ("interrupted", 0.0)] {
        assert_eq!(get("renewals_last_run_outcome", &format!("outcome=\"{ending}\"")), expected);
    }
    assert!((0.0..60.0).contains(&get("renewals_last_run_duration_seconds", "")));
    if cfg!(target_os = "linux") {
        assert!((1e6..1e9).contains(&get("renewals_last_run_peak_memory_bytes", "")));
    }
    assert_eq!(get("renewals_last_run_rows", "result=\"evaluated\""), 1.0);
    assert_eq!(get("renewals_last_run_rows", "result=\"rejected\""), 1.0);
    assert_eq!(get("renewals_last_run_rejected_rows", "code=\"bad_date\""), 1.0);
    assert_eq!(
        get("renewals_last_run_rejected_rows", "code=\"bad_quote\""),
        0.0,
        "a code that did not come up is there"
    );
    assert_eq!(get("renewals_last_run_input_files", ""), 1.0);
    assert_eq!(get("renewals_last_run_input_bytes", ""), ONE_BAD.len() as f64);
    assert_eq!(get("renewals_published_rows", "file=\"rejects.csv\""), 1.0);
    let published: u64 = fs::read_dir(workspace.path("reports"))
        .expect("published")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| !["manifest.json", "SHA256SUMS"].map(Into::into).contains(&entry.file_name()))
        .map(|entry| entry.metadata().expect("metadata").len())
        .sum();
    assert_eq!(get("renewals_published_bytes", ""), published as f64);
}

#[test]
fn a_failure_keeps_what_is_known_of_the_last_success_and_nothing_else() {
    let workspace = workspace();
    let run =
        |arguments: &[&str]| workspace.run(&run_arguments("reports", &[&["--metrics", "m.prom"], arguments].concat()));
    let success = "renewals_last_success_timestamp_seconds";
    // Before the first success there is none.
    let _ = run(&["none.csv"]).expect(66);
    assert_eq!(value(&workspace, &read(&workspace), success, ""), None);
    let _ = run(&["bad.csv"]).expect(0);
    let first = read(&workspace);
    let kept = |samples: &Samples| -> Samples {
        let is_kept =
            |name: &String| name.starts_with("renewals_last_success_") || name.starts_with("renewals_published_");
        samples.clone().into_iter().filter(|(name, _)| is_kept(name)).collect()
    };
    assert_eq!(kept(&first).len(), 15);
    for (arguments, code) in [
        (&["none.csv"][..], 66),
        (&["--max-rejects", "0", "bad.csv"], 65),
        (&["--policy", "none", "bad.csv"], 78),
        (&["--reminders-from", "2021-01-01", "bad.csv"], 64),
    ] {
        let outcome = run(arguments).expect(code);
        let samples = read(&workspace);
        assert_eq!(kept(&samples), kept(&first), "{outcome}");
        let get = |name: &str, label: &str| value(&workspace, &samples, name, label);
        assert_eq!(get("renewals_last_run_exit_code", ""), Some(f64::from(code)));
        assert_eq!(get("renewals_last_run_outcome", "outcome=\"failed\""), Some(1.0));
        let rejected = (code == 65).then_some(1.0);
        assert_eq!(get("renewals_last_run_rejected_rows", "code=\"bad_date\""), rejected, "{outcome}");
        assert_eq!(get("renewals_last_run_input_bytes", ""), None);
    }
    // A skip finds the reports in place, and so is a success; a result that cannot be told is none.
    let _ = run(&["--skip-exit-code", "99", "bad.csv"]).expect(99);
    let skipped = read(&workspace);
    assert!(value(&workspace, &skipped, success, "") > value(&workspace, &first, success, ""));
    assert_eq!(value(&workspace, &skipped, "renewals_last_run_outcome", "outcome=\"skipped\""), Some(1.0));
    assert_eq!(value(&workspace, &skipped, "renewals_last_run_exit_code", ""), Some(99.0));
}

#[test]
fn an_interrupted_run_is_no_success() {
    let workspace = workspace();
    let _ = workspace.run(&["generate", "--rows", "100000", "--out", "long.csv", "-q"]).expect(0);
    let _ = workspace.run(&run_arguments("reports", &["--metrics", "m.prom", "bad.csv"])).expect(0);
    let first = read(&workspace);
    let slow = ["--threads", "1", "--batch-bytes", "1024", "--metrics", "m.prom", "long.csv"];
    let running = workspace.start(&run_arguments("reports", &slow));
    while !workspace.path(".reports.lock").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    kill_process(Pid::from_child(&running.child), Signal::TERM).expect("sent");
    let _ = running.finish().expect(143);
    let samples = read(&workspace);
    let get = |samples: &Samples, name: &str, label: &str| value(&workspace, samples, name, label);
    assert_eq!(get(&samples, "renewals_last_run_outcome", "outcome=\"interrupted\""), Some(1.0));
    let success = "renewals_last_success_timestamp_seconds";
    assert_eq!(get(&samples, success, ""), get(&first, success, ""));
}

#[test]
fn names_are_escaped_and_what_is_kept_is_of_the_same_directory() {
    let workspace = workspace();
    let run = |out: &str, input: &str| workspace.run(&run_arguments(out, &["--metrics", "m.prom", "-q", input]));
    let _ = run("odd\"\\\n{out} 1", "bad.csv").expect(0);
    let text = fs::read_to_string(workspace.path("m.prom")).expect("written");
    assert!(text.contains("/odd\\\"\\\\\\n{out} 1\"} 0\n"), "{text}");
    assert_eq!(text.lines().count(), parse(&text).len() + 2 * text.matches("# HELP").count());
    let _ = run("odd\"\\\n{out} 1", "none.csv").expect(66);
    assert!(fs::read_to_string(workspace.path("m.prom")).expect("written").contains("renewals_last_success_"));
    let _ = run("reports", "none.csv").expect(66);
    assert!(!fs::read_to_string(workspace.path("m.prom")).expect("written").contains("renewals_last_success_"));
    // What is no file of ours is not taken over.
    for old in ["\u{0}\u{ff}", "renewals_last_success_timestamp_seconds 12\n", "renewals_published_rows{out=\"x\n"] {
        workspace.write("m.prom", old);
        let _ = run("reports", "none.csv").expect(66);
        assert!(!read(&workspace).keys().any(|name| name.starts_with("renewals_last_success_")));
    }
}
