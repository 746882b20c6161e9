//! The files that a run writes besides its reports never lie where something else does, and never leave litter.

use crate::harness::{Outcome, Workspace, run_arguments};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

const GOOD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n";
const OPTIONS: [&str; 3] = ["--summary-json", "--metrics", "--lineage"];

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("exports/good.csv", GOOD);
    let policy = workspace.run(&["policy", "show", "2020-06-05"]).expect(0).stdout;
    workspace.write("own.prom", policy);
    let _ = workspace.publish(&["exports/good.csv"]);
    workspace
}

fn run(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    workspace.run(&run_arguments("reports", &[arguments, &["--no-skip", "exports/good.csv"]].concat()))
}

/// Every file in the workspace with its content.
fn contents(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    let entries = walkdir::WalkDir::new(workspace.path("")).sort_by_file_name().into_iter();
    let files = entries.map(|entry| entry.expect("an entry")).filter(|entry| entry.file_type().is_file());
    files.map(|file| (file.path().display().to_string(), fs::read(file.path()).expect("read"))).collect()
}

#[test]
fn a_place_that_is_something_else_s_is_refused_and_left_alone() {
    let workspace = workspace();
    let before = contents(&workspace);
    symlink(workspace.path("reports"), workspace.path("link")).expect("linked");
    fs::hard_link(workspace.path("exports/good.csv"), workspace.path("same.prom")).expect("linked");
    let before = [before, vec![(workspace.path("same.prom").display().to_string(), GOOD.as_bytes().to_vec())]].concat();
    for option in OPTIONS {
        for (path, problem) in [
            ("reports/result.prom", "lies in the output directory"),
            ("reports/../link/result.prom", "lies in the output directory"),
            (".reports.staging-1.prom", "has a name that the run needs"),
            ("exports/result.prom", "lies in a directory of inputs"),
            ("own.prom", "is the policy or the profile"),
            ("same.prom", "is an input"),
        ] {
            let inputs = if path == "exports/result.prom" { "exports" } else { "exports/good.csv" };
            let arguments = ["--policy", "own.prom", option, path, inputs];
            let outcome = workspace.run(&run_arguments("reports", &arguments));
            let outcome = outcome.expect_error(64, &format!("error: {option} {path} {problem}"));
            assert!(contents(&workspace) == before, "{outcome}");
        }
    }
    for (option, path) in
        [("--summary-json", "reports"), ("--lineage", "reports.rejects.csv"), ("--lineage", ".reports.lock")]
    {
        let _ = run(&workspace, &[option, path]).expect(if path == "reports" { 73 } else { 64 });
    }
    let _ = workspace.run(&run_arguments("new", &["--summary-json", "new", "exports/good.csv"])).expect(64);
    let twice = ["--summary-json", "x.prom", "--metrics", "./x.prom"];
    let _ = run(&workspace, &twice).expect_error(64, "is also named by another option");
    assert!(contents(&workspace) == before);
    // What ends the run before its files are looked at writes none of them either.
    let _ = run(&workspace, &["--reminders-from", "2021-01-01", "--summary-json", "reports/x"]).expect(64);
    assert!(contents(&workspace) == before);
}

#[test]
fn what_is_no_file_of_ours_is_refused() {
    let workspace = workspace();
    symlink("/dev/null", workspace.path("null.prom")).expect("linked");
    symlink("nothing", workspace.path("dangling.prom")).expect("linked");
    fs::create_dir(workspace.path("directory.prom")).expect("created");
    for option in OPTIONS {
        for path in ["null.prom", "dangling.prom", "directory.prom", "none/x.prom"] {
            let _ = run(&workspace, &[option, path]).expect_error(73, "cannot be written");
        }
    }
    assert!(fs::symlink_metadata(workspace.path("null.prom")).expect("there").is_symlink());
    let _ = run(&workspace, &["--metrics", "x.txt"]).expect_error(64, "invalid value 'x.txt'");
}

#[test]
fn other_files_are_written_though_one_is_refused() {
    let workspace = workspace();
    let outcome = run(&workspace, &["--lineage", "none/x", "--metrics", "m.prom", "--summary-json", "s.json"]);
    let outcome = outcome.expect(73);
    let metrics = fs::read_to_string(workspace.path("m.prom")).expect("written");
    assert!(metrics.contains("renewals_last_run_exit_code{") && metrics.contains("} 73\n"), "{metrics}\n{outcome}");
    assert!(fs::read_to_string(workspace.path("s.json")).expect("written").contains("\"exit_code\":73"));
}

#[test]
fn a_file_that_cannot_be_written_after_all_makes_74_of_a_success_and_takes_nothing_back() {
    let workspace = workspace();
    let _ = workspace.run(&["generate", "--rows", "20000", "--out", "exports/long.csv", "-q"]).expect(0);
    for option in OPTIONS {
        // The place is taken by a directory once the run has looked at it.
        let arguments =
            ["--threads", "1", "--batch-bytes", "1024", "--no-skip", "--json", option, "x.prom", "exports/long.csv"];
        let running = workspace.start(&run_arguments("reports", &arguments));
        while !workspace.path(".reports.lock").exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = fs::remove_file(workspace.path("x.prom"));
        fs::create_dir(workspace.path("x.prom")).expect("created");
        let outcome = running.finish().expect(74);
        assert!(outcome.stderr.contains("error: x.prom: the result of the run cannot be written: "), "{outcome}");
        let result: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
        assert_eq!((&result["outcome"], &result["exit_code"]), (&"published".into(), &74.into()));
        assert_eq!(result["rows"]["read"], 20_000);
        let _ = workspace.run(&["verify", "reports"]).expect(0);
        fs::remove_dir(workspace.path("x.prom")).expect("removed");
        assert!(!workspace.names().iter().any(|name| name.contains("partial")), "{outcome}");
    }
}

#[test]
fn what_a_killed_run_leaves_beside_a_file_is_used_by_the_next() {
    let workspace = workspace();
    workspace.write(".x.prom.partial", "half of someth");
    let _ = run(&workspace, &["--metrics", "x.prom", "--summary-json", "s.json", "--lineage", "l.jsonl"]).expect(0);
    assert_eq!(workspace.names(), ["exports", "l.jsonl", "own.prom", "reports", "s.json", "x.prom"]);
    // And a run that is killed before its end has told of nothing but its beginning.
    let _ = workspace.run(&["generate", "--rows", "20000", "--out", "exports/long.csv", "-q"]).expect(0);
    let slow =
        ["--threads", "1", "--batch-bytes", "1024", "--metrics", "y.prom", "--lineage", "k.jsonl", "exports/long.csv"];
    let running = workspace.start(&run_arguments("reports", &slow));
    while !workspace.path("k.jsonl").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(5));
    kill_process(Pid::from_child(&running.child), Signal::KILL).expect("sent");
    let _ = running.finish();
    let lines = fs::read_to_string(workspace.path("k.jsonl")).expect("read");
    assert_eq!((lines.lines().count(), lines.contains("\"eventType\":\"START\"")), (1, true));
    assert!(!workspace.path("y.prom").exists());
}
