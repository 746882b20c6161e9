//! Effect once: a run that is published already is not done again, two never mix, and history is kept in order.

use crate::harness::{Outcome, Workspace, names, run_arguments};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

const GOOD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n8,action_pack,tomorrow\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("good.csv", GOOD);
    workspace
}

fn run(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    workspace.run(&run_arguments("reports", &[arguments, &["--json"]].concat()))
}

fn result(outcome: &Outcome) -> Value {
    serde_json::from_str(outcome.stdout.lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}\n{outcome}"))
}

#[track_caller]
fn assert_ends(outcome: Outcome, ending: &str) -> Outcome {
    let outcome = outcome.expect(0);
    assert_eq!(result(&outcome)["outcome"], ending, "{outcome}");
    outcome
}

fn inode(workspace: &Workspace) -> u64 {
    fs::metadata(workspace.path("reports")).expect("published").ino()
}

#[test]
fn a_run_that_the_directory_holds_is_not_done_again() {
    let workspace = workspace();
    let first = assert_ends(run(&workspace, &["good.csv"]), "published");
    let before = inode(&workspace);
    workspace.write("copy.csv", GOOD);
    for same in [
        &["good.csv"][..],
        &["copy.csv"],
        &["--threads", "1", "--batch-bytes", "1024", "good.csv"],
        &["--as-of", "2020-06-05T12:00:00Z", "good.csv"],
        &["--max-rejects", "1", "good.csv"],
    ] {
        let outcome = assert_ends(run(&workspace, same), "skipped");
        assert!(outcome.stderr.contains("nothing to do: "), "{outcome}");
        let (told, expected) = (result(&outcome), result(&first));
        for member in
            ["run_id", "out", "rows", "reject_share", "rejected_by_code", "files", "policy", "inputs", "error"]
        {
            assert_eq!(told[member], expected[member], "{member} of {same:?}");
        }
    }
    assert_eq!(inode(&workspace), before, "nothing was swapped");
    assert_eq!(workspace.names(), ["copy.csv", "good.csv", "reports"]);
    let quiet = run(&workspace, &["-q", "--skip-exit-code", "99", "good.csv"]).expect(99);
    assert_eq!(result(&quiet)["exit_code"], 99);
    assert!(
        quiet.stderr.starts_with("warning: 1 of 2 rows were rejected") && quiet.stderr.lines().count() == 1,
        "{quiet}"
    );
    for code in ["1", "64", "75", "101", "130", "-1", "x"] {
        let arguments = ["--skip-exit-code", code, "good.csv"];
        assert_eq!(run(&workspace, &arguments).code(), Some(64), "{code}");
    }
}

#[test]
fn whatever_may_change_a_byte_is_done() {
    let workspace = workspace();
    let _ = assert_ends(run(&workspace, &["good.csv"]), "published");
    // Same size, one byte different.
    workspace.write("other.csv", GOOD.replace("7,a", "9,a"));
    let shown = workspace.run(&["policy", "show", "2020-06-05"]).expect(0).stdout;
    workspace.write("own.toml", format!("{shown}\n# mine\n"));
    for other in [
        &["other.csv"][..],
        &["good.csv", "other.csv"],
        &["--as-of", "2020-06-06", "good.csv"],
        &["--horizon", "91", "good.csv"],
        &["--formats", "csv,parquet", "good.csv"],
        &["--policy", "own.toml", "good.csv"],
        &["--no-skip", "good.csv"],
    ] {
        let _ = assert_ends(run(&workspace, other), "published");
        let again: Vec<&str> = other.iter().copied().filter(|argument| *argument != "--no-skip").collect();
        let _ = assert_ends(run(&workspace, &again), "skipped");
    }
}

#[test]
fn a_published_run_with_more_rejects_than_allowed_now_is_not_skipped() {
    let workspace = workspace();
    let _ = assert_ends(run(&workspace, &["good.csv"]), "published");
    let outcome = run(&workspace, &["--max-rejects", "0", "good.csv"]).expect(65);
    assert_eq!(result(&outcome)["outcome"], "failed");
    assert_eq!(workspace.names(), ["good.csv", "reports", "reports.rejects.csv"]);
    let _ = assert_ends(run(&workspace, &["good.csv"]), "skipped");
    assert_eq!(workspace.names(), ["good.csv", "reports"]);
}

#[test]
fn a_run_of_which_a_file_is_missing_or_has_another_size_is_done_again() {
    let workspace = workspace();
    let whole = workspace.publish(&["good.csv"]).files();
    for name in whole.keys() {
        let path = workspace.path("reports").join(name);
        if name != "manifest.json" {
            fs::remove_file(&path).expect("removed");
            let _ = assert_ends(run(&workspace, &["good.csv"]), "published");
            fs::write(&path, [&whole[name][..], b"\n"].concat()).expect("written");
            let _ = assert_ends(run(&workspace, &["good.csv"]), "published");
        }
        assert_eq!(fs::read(&path).expect("read"), whole[name], "{name}");
    }
    // The counts of a summary that is not the manifest's are not believed.
    let summary = String::from_utf8_lossy(&whole["summary.json"]).replace("\"read\": 2", "\"read\": 9");
    workspace.write("reports/summary.json", summary);
    let _ = assert_ends(run(&workspace, &["good.csv"]), "published");
    let _ = workspace.run(&["verify", "reports"]).expect(0);
}

#[test]
fn a_run_waits_for_another_as_long_as_it_was_told_to() {
    let workspace = workspace();
    let _ = workspace.run(&["generate", "--rows", "300000", "--out", "long.csv", "-q"]).expect(0);
    let slow = ["--threads", "1", "--batch-bytes", "1024", "-q", "long.csv"];
    let start = || {
        let running = workspace.start(&run_arguments("reports", &slow));
        let deadline = Instant::now() + Duration::from_secs(20);
        while !workspace.path(".reports.lock").exists() {
            assert!(Instant::now() < deadline, "the run does not begin");
            std::thread::sleep(Duration::from_millis(1));
        }
        running
    };
    let first = start();
    let short = run(&workspace, &["--lock-wait", "0.2", "good.csv"]).expect(75);
    assert!(short.stderr.starts_with("waiting for another run on reports, 1 s at most\nerror: another run"), "{short}");
    let _ = assert_ends(run(&workspace, &["--lock-wait", "60", "good.csv"]), "published");
    let _ = first.finish().expect(0);
    // The waiting itself can be interrupted, and a dead process's lock is none.
    let first = start();
    let waiting = workspace.start(&run_arguments("reports", &["--lock-wait", "60", "--json", "good.csv"]));
    std::thread::sleep(Duration::from_millis(200));
    kill_process(Pid::from_child(&waiting.child), Signal::TERM).expect("sent");
    let sent = Instant::now();
    let waiting = waiting.finish().expect(143);
    assert!(sent.elapsed() < Duration::from_secs(2));
    assert_eq!(result(&waiting)["outcome"], "interrupted");
    kill_process(Pid::from_child(&first.child), Signal::KILL).expect("sent");
    let _ = first.finish();
    assert!(workspace.path(".reports.lock").exists(), "the lock's file is left");
    let _ = assert_ends(run(&workspace, &["good.csv"]), "skipped");
    assert_eq!(workspace.names(), ["good.csv", "long.csv", "reports"]);
}

#[test]
fn of_twenty_runs_at_once_one_is_at_work_at_a_time_and_the_same_work_is_done_once() {
    let workspace = workspace();
    for (arguments, codes) in [(&["--lock-wait", "60"][..], &[0][..]), (&["--no-skip"], &[0, 75])] {
        let arguments = run_arguments("reports", &[arguments, &["--json", "good.csv"]].concat());
        let runs: Vec<_> = (0..20).map(|_| workspace.start(&arguments)).collect();
        let outcomes: Vec<_> = runs.into_iter().map(crate::harness::Running::finish).collect();
        let ended = |ending: &str| outcomes.iter().filter(|outcome| result(outcome)["outcome"] == ending).count();
        for outcome in &outcomes {
            assert!(outcome.code().is_some_and(|code| codes.contains(&code)), "{outcome}");
        }
        if codes == [0] {
            assert_eq!((ended("published"), ended("skipped")), (1, 19));
        } else {
            assert!(ended("published") >= 1);
            assert_eq!(ended("published") + ended("failed"), 20);
        }
        let _ = workspace.run(&["verify", "reports"]).expect(0);
        assert_eq!(workspace.names(), ["good.csv", "reports"]);
    }
}

#[test]
fn a_history_has_a_directory_a_day_and_a_link_to_the_newest() {
    let workspace = workspace();
    let night = |day: &str| run(&workspace, &["--keep", "2", "--as-of", day, "-q", "good.csv"]);
    let listing = || names(&workspace.path("reports"));
    let link = || fs::read_link(workspace.path("reports/latest")).expect("a link").display().to_string();
    for day in ["2020-06-05", "2020-06-06", "2020-06-07"] {
        let out = result(&assert_ends(night(day), "published"))["out"].as_str().expect("a path").to_owned();
        assert!(out.ends_with(&format!("/reports/as_of={day}")), "{out}");
        assert_eq!(link(), format!("as_of={day}"));
    }
    assert_eq!(listing(), ["as_of=2020-06-06", "as_of=2020-06-07", "latest"]);
    let _ = assert_ends(night("2020-06-06"), "skipped");
    assert_eq!(link(), "as_of=2020-06-07", "an older day that comes later is not the newest");
    let _ = workspace.run(&["verify", "reports/latest"]).expect(0);
    // A link that a killed run did not come to move is moved by the next, even by one with nothing else to do.
    fs::remove_file(workspace.path("reports/latest")).expect("removed");
    let _ = assert_ends(night("2020-06-07"), "skipped");
    assert_eq!(link(), "as_of=2020-06-07");
    let outcome = run(&workspace, &["good.csv"]).expect(73);
    assert!(outcome.stderr.contains("is not a published run"), "{outcome}");
    assert!(outcome.stderr.contains("hint: give `--keep`, for it holds runs"), "{outcome}");
    let outcome = workspace.run(&["verify", "reports"]).expect(66);
    assert!(outcome.stderr.contains("such as reports/latest"), "{outcome}");
    assert_eq!(workspace.names(), ["good.csv", "reports"]);
    let failed =
        run(&workspace, &["--keep", "2", "--max-rejects", "0", "--as-of", "2020-06-08", "good.csv"]).expect(65);
    assert!(result(&failed)["rejects"].as_str().is_some_and(|path| path.ends_with("/reports.rejects.csv")), "{failed}");
    assert_eq!(listing(), ["as_of=2020-06-06", "as_of=2020-06-07", "latest"]);
}
