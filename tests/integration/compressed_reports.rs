//! CSV reports compressed: the same text as the plain ones, in bytes that depend on nothing but the run.

use crate::harness::{Workspace, names, run_arguments};
use std::fs;
use std::io::Read;

fn unpack(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("gz") => {
            flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut text).expect("gzip");
        }
        Some("zst") => text = zstd::decode_all(bytes).expect("Zstandard"),
        _ => panic!("{name} is not compressed"),
    }
    text
}

#[test]
fn they_hold_what_plain_reports_hold_whatever_the_threads_and_batches() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "12000", "--seed", "5", "--dirty", "0.01", "--out", "export.csv", "-q"];
    let _ = workspace.run(&generate).expect(0);
    let plain =
        workspace.publish_into("plain", &["--horizon", "400", "--formats", "csv,parquet", "export.csv"]).files();
    assert!(plain["upcoming_renewals.csv"].len() > 1 << 20, "several blocks");
    for form in ["gz", "zst"] {
        let mut expected = None;
        for (threads, batch_bytes) in [("1", "1024"), ("2", "65536"), ("8", "4096"), ("3", "1048576")] {
            let options = ["--compress", form, "--threads", threads, "--batch-bytes", batch_bytes];
            let arguments = [&options[..], &["--horizon", "400", "--formats", "csv,parquet", "export.csv"]].concat();
            let files = workspace.publish(&arguments).files();
            assert!(*expected.get_or_insert_with(|| files.clone()) == files, "{form} {threads} {batch_bytes}");
        }
        let files = expected.expect("published");
        assert_eq!(files.len(), plain.len(), "no report is there in two forms: {:?}", files.keys());
        for (name, bytes) in plain.iter().filter(|(name, _)| name.ends_with(".csv")) {
            let compressed = format!("{name}.{form}");
            assert!(unpack(&compressed, &files[&compressed]) == *bytes, "{compressed}");
        }
        let _ = workspace.run(&["verify", "reports"]).expect(0);
    }
}

#[test]
fn a_compressed_run_is_another_run_and_is_kept_and_skipped_like_any() {
    let workspace = Workspace::new();
    workspace.write("in.csv", "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n8,x,2019-06-01\n");
    let run = |arguments: &[&str]| workspace.run(&run_arguments("reports", &[arguments, &["in.csv"]].concat()));
    for arguments in [&[][..], &["--compress", "gz"], &["--compress", "zst"]] {
        assert!(!run(arguments).expect(0).stderr.contains("nothing to do"));
        assert!(run(arguments).expect(0).stderr.contains("nothing to do"));
    }
    // The rejects of a run that has too many are for reading, and plain.
    let _ = run(&["--compress", "gz", "--max-rejects", "0", "--no-skip"]).expect(65);
    let kept = fs::read_to_string(workspace.path("reports.rejects.csv")).expect("kept");
    assert!(kept.starts_with("file,line,byte_offset,") && kept.lines().count() == 2, "{kept}");
    let _ = run(&["--compress", "gz", "--formats", "parquet"]).expect_error(64, "--compress is for CSV");
    let history = ["--compress", "gz", "--keep", "2", "in.csv"];
    let _ = workspace.run(&run_arguments("history", &history)).expect(0);
    assert!(names(&workspace.path("history/latest")).contains(&"rejects.csv.gz".to_owned()));
}
