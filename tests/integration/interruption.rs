//! Readers, signals and other runs at the same time: whoever looks sees one whole run, and nothing is left behind.

use crate::harness::{Running, Workspace, run_arguments};
use rustix::fs::{Mode, OFlags, openat};
use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SMALL: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n";

/// Reads a file of a directory that is already open; `None` if it is gone.
fn read_in(directory: &File, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = openat(directory, name, OFlags::RDONLY, Mode::empty()).ok()?;
    File::from(file).read_to_end(&mut bytes).expect("read");
    Some(bytes)
}

/// Reads a whole run through one handle, as a careful reader does; `None` if that run is being cleared away.
fn read_run(directory: &File) -> Option<BTreeMap<String, Vec<u8>>> {
    let manifest = read_in(directory, "manifest.json")?;
    let parsed: serde_json::Value = serde_json::from_slice(&manifest).expect("a whole manifest");
    let mut files = BTreeMap::from([("manifest.json".to_owned(), manifest)]);
    for entry in parsed["files"].as_array().expect("files") {
        let name = entry["name"].as_str().expect("a name");
        let bytes = read_in(directory, name)?;
        let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(entry["sha256"], sha256, "{name} is not the file of this manifest");
        files.insert(name.to_owned(), bytes);
    }
    Some(files)
}

#[test]
fn a_reader_always_sees_one_whole_run() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "400", "--out", "large.csv", "-q"];
    let _ = workspace.run(&generate).expect(0);
    workspace.write("small.csv", SMALL);
    let large = workspace.publish(&["large.csv"]).files()["manifest.json"].clone();
    let small = workspace.publish(&["small.csv"]).files()["manifest.json"].clone();
    let is_over = AtomicBool::new(false);
    let directory = workspace.path("reports");
    let (mut seen_large, mut seen_small) = (0_u32, 0_u32);
    thread::scope(|scope| {
        let runs = scope.spawn(|| {
            let run = |round: usize| {
                let input = ["large.csv", "small.csv"][round % 2];
                // A reader never keeps a run from being published.
                workspace.run(&run_arguments("reports", &["-q", input]))
            };
            let outcomes: Vec<_> = (0..20).map(run).collect();
            is_over.store(true, Ordering::Release);
            outcomes.into_iter().for_each(|outcome| drop(outcome.expect(0)));
        });
        // Somebody who looks without a pause: a moment without the directory would be short.
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                fs::symlink_metadata(&directory).expect("the directory is there at any time");
            }
        });
        while !is_over.load(Ordering::Acquire) {
            let handle = File::open(&directory).expect("the directory is there at any time");
            match read_run(&handle) {
                Some(files) if files["manifest.json"] == large => seen_large += 1,
                Some(files) if files["manifest.json"] == small => seen_small += 1,
                Some(_) => panic!("a manifest that no run has written"),
                None => {
                    // The run that was opened is being cleared away; then another one has taken its name.
                    let inode = |metadata: fs::Metadata| metadata.ino();
                    let now = fs::metadata(&directory).map(inode).expect("the directory is there at any time");
                    assert_ne!(now, inode(handle.metadata().expect("metadata")), "a file is missing in a whole run");
                }
            }
        }
        runs.join().expect("every run was published");
    });
    assert!(seen_large > 5 && seen_small > 5, "{seen_large} and {seen_small} sightings show too little");
}

/// A workspace with a published run and an input that takes about a second for 100,000 rows.
fn with_long_input(rows: &str) -> Workspace {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", rows, "--out", "long.csv", "-q"];
    let _ = workspace.run(&generate).expect(0);
    workspace.write("small.csv", SMALL);
    let _ = workspace.publish(&["small.csv"]);
    workspace
}

fn files(directory: &Path) -> BTreeMap<String, (u64, Vec<u8>)> {
    let read = |name: String| {
        let path = directory.join(&name);
        let inode = fs::metadata(&path).expect("there").ino();
        (name, (inode, fs::read(path).expect("read")))
    };
    crate::harness::names(directory).into_iter().map(read).collect()
}

/// Starts a run on the long input, made as slow as can be, and waits until it has begun to write.
fn start_long_run(workspace: &Workspace) -> Running {
    let options = ["--threads", "1", "--batch-bytes", "1024", "--formats", "csv,parquet,xlsx", "-q", "long.csv"];
    let running = workspace.start(&run_arguments("reports", &options));
    let staging = workspace.path(&format!(".reports.staging-{}", running.child.id()));
    let deadline = Instant::now() + Duration::from_secs(20);
    while !staging.join("upcoming_renewals.csv").exists() {
        assert!(Instant::now() < deadline, "the run doesn't begin to write");
        thread::sleep(Duration::from_micros(200));
    }
    running
}

fn send(running: &Running, signal: Signal) {
    kill_process(Pid::from_child(&running.child), signal).expect("the run is still there");
}

#[test]
fn an_interrupted_run_leaves_the_directory_as_it_was_and_nothing_beside_it() {
    let workspace = with_long_input("500000");
    let before = files(&workspace.path("reports"));
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let running = start_long_run(&workspace);
        send(&running, signal);
        let sent = Instant::now();
        let _ = running.finish().expect_error(code, "error: interrupted; the output directory is as it was");
        // Far less than the rest of the input would take.
        assert!(sent.elapsed() < Duration::from_secs(2), "it took {:?} to stop", sent.elapsed());
        assert!(files(&workspace.path("reports")) == before);
        assert_eq!(workspace.names(), ["long.csv", "reports", "small.csv"]);
    }
}

#[test]
fn a_killed_run_leaves_the_directory_as_it_was_and_the_next_run_clears_its_litter() {
    let workspace = with_long_input("100000");
    let before = files(&workspace.path("reports"));
    let running = start_long_run(&workspace);
    send(&running, Signal::KILL);
    let outcome = running.finish();
    assert_eq!(outcome.code(), None, "a signal that no program can catch\n{outcome}");
    assert!(files(&workspace.path("reports")) == before);
    let is_litter = |name: &String| name.starts_with(".reports.");
    assert!(workspace.names().iter().any(is_litter), "a test of clearing needs something to clear\n{outcome}");
    let _ = workspace.publish(&["small.csv"]);
    assert_eq!(workspace.names(), ["long.csv", "reports", "small.csv"]);
}

#[test]
fn a_run_on_a_directory_that_another_run_holds_is_told_to_try_again() {
    let workspace = with_long_input("100000");
    let before = files(&workspace.path("reports"));
    let running = start_long_run(&workspace);
    let outcome = workspace.run(&run_arguments("reports", &["small.csv"]));
    let outcome = outcome.expect_error(75, "error: another run is publishing into `");
    assert!(files(&workspace.path("reports")) == before, "{outcome}");
    // Another directory is nobody's business but its own run's.
    let _ = workspace.publish_into("elsewhere", &["small.csv"]);
    send(&running, Signal::TERM);
    let _ = running.finish().expect(143);
    let _ = workspace.publish(&["small.csv"]);
}

#[test]
fn of_two_runs_at_once_each_is_published_or_told_to_try_again() {
    let workspace = Workspace::new();
    workspace.write("small.csv", SMALL);
    let generate = ["generate", "--rows", "300", "--out", "other.csv", "-q"];
    let _ = workspace.run(&generate).expect(0);
    let mut published = 0;
    for _ in 0..10 {
        let runs = ["small.csv", "other.csv"].map(|input| workspace.start(&run_arguments("reports", &[input])));
        for run in runs {
            let outcome = run.finish();
            assert!(matches!(outcome.code(), Some(0 | 75)), "{outcome}");
            published += u32::from(outcome.code() == Some(0));
        }
        let _ = workspace.run(&["verify", "reports"]).expect(0);
        assert_eq!(workspace.names(), ["other.csv", "reports", "small.csv"]);
    }
    assert!(published >= 10, "of each two at least one is published");
}

#[test]
fn a_run_that_opens_very_many_files_can_be_interrupted() {
    const FILES: usize = 2_000;
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("in")).expect("created");
    for number in 0..FILES {
        // Of each, 16 MiB are read in search of a header; on the disk they take no room.
        let path = workspace.path(&format!("in/{number}.csv"));
        fs::write(&path, SMALL).expect("written");
        File::options().write(true).open(&path).and_then(|file| file.set_len(17 << 20)).expect("lengthened");
    }
    let options = |input| ["--max-record-bytes", "16777216", "--json", input];
    // However slow the machine is, a run on one of them takes at least as long as what may be under way at the signal.
    let started = Instant::now();
    let _ = workspace.start(&run_arguments("one", &options("in/0.csv"))).finish().expect(0);
    let one = started.elapsed();
    fs::remove_dir_all(workspace.path("one")).expect("removed");
    let running = workspace.start(&run_arguments("reports", &options("in")));
    thread::sleep(Duration::from_millis(500));
    send(&running, Signal::TERM);
    let sent = Instant::now();
    let outcome = running.finish().expect(143);
    assert!(sent.elapsed() < 4 * one, "it took {:?} to stop, and one file {one:?}", sent.elapsed());
    assert!(outcome.stdout.contains("\"outcome\":\"interrupted\""), "{outcome}");
    assert_eq!(workspace.names(), ["in"]);
}
