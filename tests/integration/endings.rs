//! Every ending, as a scheduler sees it: the code, the last line of both streams as one, and what is left behind.

use crate::harness::{AS_OF, Workspace};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const GOOD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n";
const WATCH: [&str; 6] = ["--summary-json", "s.json", "--metrics", "m.prom", "--lineage", "l.jsonl"];

/// A run whose streams are one file, as in a log.
struct Logged {
    child: Child,
    log: std::path::PathBuf,
}

impl Logged {
    fn start(workspace: &Workspace, arguments: &[&str]) -> Self {
        let log = workspace.path("log");
        let file = File::create(&log).expect("created");
        let all = [&["run", "--as-of", AS_OF, "--out", "reports", "--json"], arguments].concat();
        let mut command = workspace.command(&all);
        let child =
            command.stdout(file.try_clone().expect("cloned")).stderr(Stdio::from(file)).spawn().expect("starts");
        Self { child, log }
    }

    fn send(&self, signal: Signal) {
        // It may have ended by itself.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// The exit code (minus the signal that ended it), and the object on the last line.
    fn finish(mut self) -> (i32, Option<Value>) {
        let status = self.child.wait().expect("ended");
        let log = fs::read_to_string(&self.log).expect("read");
        fs::remove_file(&self.log).expect("removed");
        assert!(!log.contains('\r') && !log.contains("panicked"), "{log}");
        let last = log.strip_suffix('\n').and_then(|log| serde_json::from_str(log.rsplit('\n').next()?).ok());
        (status.code().unwrap_or_else(|| -status.signal().expect("a signal")), last)
    }
}

#[test]
fn every_code_has_its_result_on_the_last_line() {
    let workspace = Workspace::new();
    workspace.write("good.csv", GOOD);
    workspace.write("bad.csv", "nothing\n");
    workspace.write("full.csv", GOOD);
    fs::create_dir(workspace.path("empty")).expect("created");
    let _ = workspace.run(&["generate", "--rows", "20000", "--out", "long.csv", "-q"]).expect(0);
    let _ = workspace.publish(&["good.csv"]);
    let slow = ["--no-skip", "--threads", "1", "--batch-bytes", "1024", "long.csv"];
    let ends = |arguments: &[&str], code: i32, outcome: &str| {
        let (found, result) = Logged::start(&workspace, arguments).finish();
        let result = result.unwrap_or_else(|| panic!("{arguments:?} has no result"));
        assert_eq!((found, &result["outcome"]), (code, &outcome.into()), "{arguments:?}: {result}");
        assert_eq!(result["exit_code"], code);
    };
    ends(&["--no-skip", "good.csv"], 0, "published");
    ends(&["--skip-exit-code", "99", "good.csv"], 99, "skipped");
    ends(&["--horizon", "far", "good.csv"], 64, "failed");
    ends(&["--json=yes", "good.csv"], 64, "failed");
    let wrong = workspace.run(&["run", "--json", "--frobnicate"]).expect(64);
    let result: Value = serde_json::from_str(wrong.stdout.trim()).expect("JSON");
    assert_eq!(result["error"]["message"], "unexpected argument '--frobnicate' found");
    let missing = workspace.run(&["run", "--json", "good.csv"]).expect(64);
    let result: Value = serde_json::from_str(missing.stdout.trim()).expect("JSON");
    let message = result["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("--as-of <DATE>") && message.contains("--out <DIR>"), "{result}");
    ends(&["bad.csv"], 65, "failed");
    ends(&["none.csv"], 66, "failed");
    ends(&["--summary-json", "none/s.json", "good.csv"], 73, "failed");
    ends(&["--policy", "none", "good.csv"], 78, "failed");
    // 74: the input changes while it is read. 75: another run is at work. 130 and 143: it is interrupted.
    let running = Logged::start(&workspace, &slow);
    while !workspace.path(".reports.lock").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let log = running.log.with_file_name("other");
    fs::rename(&running.log, &log).expect("renamed");
    ends(&["good.csv"], 75, "failed");
    let mut long = File::options().append(true).open(workspace.path("long.csv")).expect("opened");
    std::io::Write::write_all(&mut long, b"\n").expect("written");
    let (code, result) = Logged { log, ..running }.finish();
    assert_eq!((code, &result.expect("a result")["exit_code"]), (74, &74.into()));
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let running = Logged::start(&workspace, &slow);
        while !workspace.path(".reports.lock").exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        running.send(signal);
        let sent = Instant::now();
        let (found, result) = running.finish();
        assert!(sent.elapsed() < Duration::from_secs(2));
        let result = result.expect("a result");
        assert_eq!((found, &result["outcome"]), (code, &"interrupted".into()), "{result}");
    }
    let _ = workspace.run(&["verify", "reports"]).expect(0);
}

/// `scripts/nightly/kills.py` does the same more often, by the optimized program.
#[test]
fn a_run_that_is_killed_at_any_moment_leaves_one_whole_run_and_no_litter_for_long() {
    let workspace = Workspace::new();
    workspace.write("old.csv", GOOD);
    let _ = workspace.run(&["generate", "--rows", "4000", "--out", "new.csv", "-q"]).expect(0);
    let publish = |input: &str| {
        let (code, result) = Logged::start(&workspace, &[&WATCH[..], &["-q", input]].concat()).finish();
        assert_eq!(code, 0, "{result:?}");
    };
    publish("old.csv");
    let names = workspace.names();
    let began = Instant::now();
    publish("new.csv");
    let whole = began.elapsed();
    for turn in 0..8_u32 {
        let signal = if turn % 2 == 0 { Signal::KILL } else { Signal::TERM };
        publish("old.csv");
        let manifest = || fs::read(workspace.path("reports/manifest.json")).expect("a manifest");
        let before = manifest();
        let running = Logged::start(&workspace, &[&WATCH[..], &["-q", "new.csv"]].concat());
        std::thread::sleep(whole * (turn / 2 + 1) / 5);
        running.send(signal);
        let (code, result) = running.finish();
        let _ = workspace.run(&["verify", "reports"]).expect(0);
        match code {
            0 => assert_ne!(manifest(), before),
            143 => {
                assert_eq!(manifest(), before);
                assert_eq!(result.expect("a result")["outcome"], "interrupted");
                assert_eq!(workspace.names(), names);
            }
            // Killed, or asked to end before it listened.
            code => assert_eq!(code, -signal.as_raw()),
        }
        publish("new.csv");
        assert_eq!(workspace.names(), names, "after {signal:?} at {turn}");
    }
}
