//! Publishing as a whole: what is in the directory and beside it after each way in which a run can go.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use super::testing::{REPORT, head, names, publish, put, snapshot, stage, text};
use super::*;

#[test]
fn publishes_for_the_first_time_and_then_replaces() {
    let root = TempDir::new().expect("root");
    let out = root.path().join("new/parents/out");
    for run in ["one\n", "two\n", "three\n"] {
        let directory = publish(&out, run).expect("published");
        assert_eq!(directory, fs::canonicalize(&out).expect("path"));
        assert_eq!(text(&out), run);
        assert_eq!(names(&out), ["SHA256SUMS", "manifest.json", REPORT]);
        assert_eq!(names(&root.path().join("new/parents")), ["out"]);
        assert_eq!(verify(&out, &|_| None).expect("verified"), []);
        assert_eq!(read_manifest(&out).expect("manifest").head, head(run));
    }
}

#[test]
fn clears_what_earlier_runs_left_and_nothing_else() {
    let root = TempDir::new().expect("root");
    let out = publish(&root.path().join("out"), "one\n").expect("published");
    let elsewhere = TempDir::new().expect("elsewhere");
    fs::write(elsewhere.path().join("kept"), "").expect("file");
    let beside = |name: &str| root.path().join(name);

    put(&beside(".out.staging-1/deep"), "file", "");
    symlink(elsewhere.path(), beside(".out.staging-1/link")).expect("link");
    symlink(elsewhere.path(), beside(".out.staging-2")).expect("link");
    put(&beside(".out.staging-previous"), "file", "");
    fs::write(beside(".out.lock"), "").expect("file");
    fs::write(beside("out.rejects.csv"), "file,line,byte_offset,column\n").expect("file");
    let kept = [".other.staging-1", ".out.staging-", ".out.staging-1x", ".out.staging-b.staging-1", "out.staging-1"];
    for name in kept {
        put(&beside(name), "file", "");
    }

    publish(&out, "two\n").expect("published");
    assert_eq!(names(root.path()), [&kept[..4], &["out", kept[4]]].concat());
    assert_eq!(names(elsewhere.path()), ["kept"]);
}

#[test]
fn a_name_that_is_taken_is_left_alone() {
    for (name, is_directory) in [(".out.lock", false), (".out.lock", true), ("out.rejects.csv", true)] {
        let root = TempDir::new().expect("root");
        let taken = root.path().join(name);
        if is_directory {
            fs::create_dir(&taken).expect("directory");
        } else {
            fs::write(&taken, "mine").expect("file");
        }
        let error = Publication::begin(&root.path().join("out")).expect_err(name);
        assert!(matches!(&error, PublishError::Refused { path, reason: Refusal::NameTaken } if path.ends_with(name)));
        assert_eq!(names(root.path()), [name]);
    }
}

#[test]
fn one_run_at_a_time_holds_a_directory() {
    let root = TempDir::new().expect("root");
    let out = root.path().join("out");
    let link = root.path().join("link");
    let first = Publication::begin(&out).expect("begun");
    let error = Publication::begin(&out).expect_err("busy");
    assert!(matches!(error, PublishError::Busy { .. }), "{error}");
    assert_eq!(error.exit_code(), 75);
    let other = Publication::begin(&root.path().join("other")).expect("another directory is free");
    other.abandon();
    let entry = stage(&first, REPORT, "one\n");
    let _ = first.publish(head("one"), vec![entry]).expect("published");

    symlink("out", &link).expect("link");
    let second = Publication::begin(&link).expect("free again");
    assert_eq!(Publication::begin(&out).expect_err("busy behind the link too").exit_code(), 75);
    drop(second);
    publish(&out, "three\n").expect("published");
    assert_eq!(names(root.path()), ["link", "out"]);
}

#[test]
fn threads_that_race_publish_whole_runs() {
    let root = TempDir::new().expect("root");
    let out = root.path().join("out");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let out = &out;
            scope.spawn(move || {
                for run in 0..25 {
                    match publish(out, &format!("{thread} {run}\n")) {
                        Ok(_) | Err(PublishError::Busy { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    assert_eq!(verify(&out, &|_| None).expect("verified"), []);
    assert_eq!(names(root.path()), ["out"]);
}

#[test]
fn a_run_given_up_leaves_no_trace() {
    let root = TempDir::new().expect("root");
    let out = root.path().join("out");
    let give_up: [fn(Publication); 3] = [
        Publication::abandon,
        |publication| {
            let unfinished = publication.create("unfinished.csv").expect("created");
            drop(publication);
            drop(unfinished);
        },
        |publication| {
            stage(&publication, "unlisted.csv", "");
            let error = publication.publish(head("id"), Vec::new()).expect_err("unlisted");
            assert!(matches!(error, PublishError::Staged { problem: StagedProblem::Unlisted, .. }), "{error}");
        },
    ];
    for run in ["", "one\n"] {
        if !run.is_empty() {
            publish(&out, run).expect("published");
        }
        let before = snapshot(root.path());
        for give_up in give_up {
            let publication = Publication::begin(&out).expect("begun");
            stage(&publication, REPORT, "two\n");
            give_up(publication);
            assert_eq!(snapshot(root.path()), before);
        }
    }
}

#[test]
fn lists_only_what_was_written() {
    type Change = fn(&mut Vec<FileEntry>);
    let root = TempDir::new().expect("root");
    let out = root.path().join("out");
    let wrong: [(Change, &str); 3] = [
        (|files| files[0].name = "never.csv".to_owned(), "was never written"),
        (|files| files.push(files[0].clone()), "is listed twice"),
        (|files| files[0].bytes += 1, "5 were counted"),
    ];
    for (change, reason) in wrong {
        let publication = Publication::begin(&out).expect("begun");
        let mut files = vec![stage(&publication, REPORT, "one\n")];
        change(&mut files);
        let error = publication.publish(head("id"), files).expect_err(reason);
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(error.exit_code(), 74);
    }
    let publication = Publication::begin(&out).expect("begun");
    stage(&publication, REPORT, "");
    assert_eq!(publication.create(REPORT).expect_err("created twice").exit_code(), 74);
}

#[test]
fn keeps_rejects_until_the_next_run() {
    let root = TempDir::new().expect("root");
    let out = publish(&root.path().join("out"), "one\n").expect("published");
    for rejects in ["file,line,byte_offset,first\n", "file,line,byte_offset,second\n"] {
        let publication = Publication::begin(&out).expect("begun");
        assert_eq!(names(root.path()).len(), 3, "the lock, the staging directory and the output");
        stage(&publication, REPORT, "two\n");
        stage(&publication, "rejects.csv", rejects);
        let kept = publication.keep_rejects("rejects.csv").expect("kept");
        assert_eq!(fs::read_to_string(&kept).expect("rejects"), rejects);
        assert_eq!(names(root.path()), ["out", "out.rejects.csv"]);
        assert_eq!(text(&out), "one\n");
    }
    publish(&out, "two\n").expect("published");
    assert_eq!(names(root.path()), ["out"]);
}

/// A file that merely has the name of kept rejects is somebody's, perhaps the input of this very run.
#[test]
fn a_foreign_file_with_the_name_of_the_rejects_is_refused() {
    let root = TempDir::new().expect("root");
    fs::write(root.path().join("out.rejects.csv"), "partner_id,offer_type\n").expect("file");
    let error = Publication::begin(&root.path().join("out")).expect_err("refused");
    assert_eq!(error.exit_code(), 73);
    assert_eq!(names(root.path()), ["out.rejects.csv"]);
}

#[test]
fn a_file_with_the_name_of_a_staging_directory_stays() {
    let root = TempDir::new().expect("root");
    fs::write(root.path().join(".out.staging-5"), "mine").expect("file");
    publish(&root.path().join("out"), "one\n").expect("published");
    assert_eq!(names(root.path()), [".out.staging-5", "out"]);
}

#[test]
fn a_refused_run_keeps_the_rejects() {
    let root = TempDir::new().expect("root");
    put(&root.path().join("out"), "notes.txt", "");
    fs::write(root.path().join("out.rejects.csv"), "").expect("file");
    Publication::begin(&root.path().join("out")).expect_err("refused");
    assert_eq!(names(root.path()), ["out", "out.rejects.csv"]);
}

#[test]
fn permissions_are_private_while_staged_and_plain_when_published() {
    let root = TempDir::new().expect("root");
    // Subdirectories and files inherit the group from such a directory.
    fs::set_permissions(root.path(), Permissions::from_mode(0o2755)).expect("set");
    let plain = root.path().join("plain");
    fs::create_dir(&plain).expect("directory");
    fs::write(plain.join("file"), "").expect("file");
    let mode = |path: &Path| fs::metadata(path).expect("metadata").mode() & 0o7777;

    let publication = Publication::begin(&root.path().join("out")).expect("begun");
    let staging = publication.staging.path().to_owned();
    assert_eq!(mode(&staging) & 0o777, 0o700);
    let entry = stage(&publication, REPORT, "one\n");
    let out = publication.publish(head("one"), vec![entry]).expect("published").directory;
    assert_eq!(mode(&out), mode(&plain));
    for name in names(&out) {
        assert_eq!(mode(&out.join(name)), mode(&plain.join("file")));
    }
}

#[test]
#[should_panic(expected = "is not a name for a file of a run")]
fn names_with_separators_are_a_defect() {
    let root = TempDir::new().expect("root");
    let publication = Publication::begin(&root.path().join("out")).expect("begun");
    let _ = publication.create("../escape.csv");
}

#[test]
fn reports_can_be_written_by_several_threads() {
    fn needs<T: Send + Sync>() {}
    needs::<Publication>();
    needs::<StagedFile>();
    needs::<PublishError>();
}

#[test]
fn a_run_that_is_to_end_does_so_until_names_are_exchanged() {
    let root = TempDir::new().expect("root");
    let out = publish(&root.path().join("out"), "one\n").expect("published");
    // How often it may be asked: for syncing the file, and before the exchange.
    for asked in [0, 1] {
        let mut publication = Publication::begin(&out).expect("begun");
        let left = AtomicUsize::new(asked);
        publication.end_when(move || {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
        });
        let mut file = publication.create(REPORT).expect("created");
        file.append(b"two\n").expect("written");
        let ended = file.finish(1).and_then(|entry| publication.publish(head("two"), vec![entry]).map(|_| ()));
        assert!(matches!(ended, Err(PublishError::Cancelled)), "{ended:?}");
        assert_eq!(text(&out), "one\n");
        assert_eq!(names(root.path()), ["out"]);
    }
}
