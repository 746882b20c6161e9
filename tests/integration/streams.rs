//! Inputs that are read once, from the first byte to the last, give what the same bytes in a plain file give.

use crate::harness::{Published, Workspace, run_arguments};
use crate::invariance::{BATCH_BYTES, THREADS, nasty};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The reports that say nothing of where the input lay, and the rejects without their first column.
fn reports(published: &Published) -> BTreeMap<String, Vec<u8>> {
    let mut files = published.files();
    for name in ["manifest.json", "SHA256SUMS", "summary.json", "rejects.parquet"] {
        files.remove(name);
    }
    let rejects = files.remove("rejects.csv").expect("rejects");
    let text = String::from_utf8_lossy(&rejects).into_owned();
    let lines = text.lines().map(|line| line.split_once(',').map_or(line, |(_, rest)| rest));
    files.insert("rejects".to_owned(), lines.collect::<Vec<_>>().join("\n").into_bytes());
    files
}

/// Publishes what comes through a pipe.
fn publish_piped(workspace: &Workspace, out: &str, arguments: &[&str], bytes: &[u8]) -> Published {
    let outcome = workspace.run_piped(&run_arguments(out, &[&["--no-skip"], arguments].concat()), bytes);
    Published { directory: workspace.path(out), outcome: outcome.expect(0) }
}

#[test]
fn standard_input_gives_the_bytes_that_a_file_gives() {
    let workspace = Workspace::new();
    let bytes = nasty(160);
    workspace.write("export.csv", &bytes);
    let common = ["--formats", "csv,parquet", "--max-record-bytes", "5000"];
    let file = workspace.publish_into("reference", &[&common[..], &["export.csv"]].concat());
    let expected = reports(&file);
    let mut manifest = None;
    for threads in THREADS {
        for batch_bytes in BATCH_BYTES {
            let options = ["--threads", threads, "--batch-bytes", batch_bytes, "-"];
            let piped = publish_piped(&workspace, "piped", &[&common[..], &options].concat(), &bytes);
            assert!(reports(&piped) == expected, "{threads} threads, batches of {batch_bytes}\n{}", piped.outcome);
            assert!(piped.rows("rejects").iter().all(|row| row["file"] == "'-"), "the file is `-`");
            let read = fs::read(piped.directory.join("manifest.json")).expect("a manifest");
            assert!(*manifest.get_or_insert_with(|| read.clone()) == read, "{threads} threads, {batch_bytes}");
            assert_eq!(piped.summary()["run_id"], file.summary()["run_id"]);
            for member in ["bytes", "rows", "blake3", "format"] {
                assert_eq!(piped.summary()["inputs"][0][member], file.summary()["inputs"][0][member], "{member}");
            }
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("compressed");
    encoder.finish().expect("compressed")
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("export.csv", zip::write::SimpleFileOptions::default()).expect("begun");
    writer.write_all(bytes).expect("compressed");
    writer.finish().expect("compressed").into_inner()
}

#[test]
fn compressed_input_gives_the_bytes_that_plain_input_gives() {
    let workspace = Workspace::new();
    let bytes = nasty(160);
    let (half, rest) = bytes.split_at(bytes.len() / 3);
    let common = ["--formats", "csv,parquet", "--max-record-bytes", "5000"];
    workspace.write("export.csv", &bytes);
    let expected = reports(&workspace.publish_into("reference", &[&common[..], &["export.csv"]].concat()));
    // The name says nothing.
    for (name, compressed) in [
        ("gz", [gzip(half), gzip(rest)].concat()),
        ("export.csv.zst", zstd::encode_all(&bytes[..], 3).expect("compressed")),
        ("zip.csv", zip(&bytes)),
    ] {
        workspace.write(name, &compressed);
        for (threads, batch_bytes) in [("1", "1024"), ("2", "65536"), ("8", "4096")] {
            let options = ["--threads", threads, "--batch-bytes", batch_bytes, name];
            let published = workspace.publish(&[&common[..], &options].concat());
            assert!(reports(&published) == expected, "{name}, {threads} threads, batches of {batch_bytes}");
            let input = &published.summary()["inputs"][0];
            assert_eq!(input["bytes"], compressed.len());
            assert_eq!(input["blake3"], blake3::hash(&compressed).to_hex().as_str());
        }
        let again = workspace.run(&run_arguments("reports", &[&common[..], &[name]].concat())).expect(0);
        assert!(again.stderr.contains("nothing to do: "), "{again}");
        let piped = publish_piped(&workspace, "piped", &[&common[..], &["-"]].concat(), &compressed);
        assert!(reports(&piped) == expected, "{name} by standard input");
        assert_eq!(piped.summary()["inputs"][0]["bytes"], compressed.len());
    }
    // Several at once, in their order.
    let twice = workspace.publish(&["--max-record-bytes", "5000", "gz", "export.csv", "zip.csv"]);
    let rows = |published: &Published| published.summary()["rows"]["read"].as_u64().expect("a count");
    assert_eq!(rows(&twice), 3 * rows(&Published { directory: workspace.path("reference"), outcome: twice.outcome }));
}

#[test]
fn what_is_wrong_with_compressed_input() {
    let workspace = Workspace::new();
    let good = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n";
    let compressed = gzip(good.as_bytes());
    let parquet = gzip(b"PAR1 and so on");
    let archive = zip(good.as_bytes());
    for (name, bytes, code, message) in [
        ("short.gz", compressed[..compressed.len() - 3].to_vec(), 65, "short.gz: the gzip data is cut short"),
        ("more.gz", [&compressed[..], b"more"].concat(), 65, "more.gz: something else follows the gzip data"),
        ("empty.gz", gzip(b""), 65, "empty.gz: the file is empty: it has no header"),
        ("parquet.gz", parquet, 65, "parquet.gz: Parquet cannot be read from gzip data"),
        ("twice.gz", gzip(&compressed), 65, "twice.gz: gzip data holds what is compressed once more"),
        ("magic.gz", compressed[..2].to_vec(), 65, "magic.gz: the gzip data is cut short"),
        ("short.zip", archive[..archive.len() - 30].to_vec(), 65, "short.zip: the ZIP archive is cut short"),
        ("parquet.zip", zip(b"PAR1 and so on"), 65, "parquet.zip: Parquet cannot be read from a ZIP archive"),
        ("a.xz", b"\xfd7zXZ\0\0\x04".to_vec(), 65, "a.xz: xz data, which is not read; what is read compressed is"),
        ("a.bz2", b"BZh91AY&SY\x9a".to_vec(), 65, "a.bz2: bzip2 data, which is not read"),
        ("xz.gz", gzip(b"\xfd7zXZ\0\0\x04"), 65, "xz.gz: xz data, which is not read"),
    ] {
        workspace.write(name, bytes);
        let _ = workspace.run(&run_arguments("reports", &[name])).expect_error(code, message);
    }
    // One endless line, of which little is held.
    let bomb = [good.as_bytes(), &vec![b'x'; 65 << 20]].concat();
    workspace.write("bomb.zst", zstd::encode_all(&bomb[..], 1).expect("compressed"));
    let told = "bomb.zst: the Zstandard data holds more than 100 times its size, which --max-expansion forbids";
    let _ = workspace.run(&run_arguments("reports", &["bomb.zst"])).expect_error(65, told);
    assert!(!workspace.path("reports").exists());
}

#[test]
fn standard_input_stands_among_files_in_its_place() {
    let workspace = Workspace::new();
    let row = |id: u32| format!("partner_id,offer_type,purchase_date\n{id},action_pack,2019-06-01\n");
    workspace.write("a.csv", row(1));
    workspace.write("c.csv", row(3));
    let piped = publish_piped(&workspace, "reports", &["a.csv", "-", "c.csv"], row(2).as_bytes());
    let ids: Vec<String> = piped.rows("upcoming_renewals").into_iter().map(|row| row["partner_id"].clone()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    // What was read is gone, so the work is done to see that it was done already.
    let again = workspace.run_piped(&run_arguments("reports", &["a.csv", "-", "c.csv"]), row(2).as_bytes()).expect(0);
    assert!(again.stderr.contains("nothing to do: "), "{again}");
    // A file as standard input is read through to its end as well.
    let input = File::open(workspace.path("a.csv")).expect("opened");
    let _ = workspace.start_with(&run_arguments("reports", &["-"]), Stdio::from(input)).finish().expect(0);
}

#[test]
fn what_is_wrong_with_standard_input() {
    let workspace = Workspace::new();
    let run = |arguments: &[&str], bytes: &[u8]| workspace.run_piped(&run_arguments("reports", arguments), bytes);
    let _ = run(&["-"], b"").expect_error(65, "error: -: the file is empty: it has no header");
    let _ = run(&["-"], b"a,b\n1,2\n").expect_error(65, "error: -:1: ");
    let _ = run(&["-"], b"PAR1 and so on").expect_error(65, "error: -: Parquet cannot be read from standard input");
    let _ = run(&["-", "-"], b"").expect_error(64, "error: -: standard input is given twice");
    assert_eq!(workspace.names(), [] as [&str; 0]);
}

#[test]
fn a_run_that_waits_for_standard_input_can_be_interrupted() {
    let workspace = Workspace::new();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let running = workspace.start_with(&run_arguments("reports", &["-"]), Stdio::piped());
        std::thread::sleep(Duration::from_millis(300));
        kill_process(Pid::from_child(&running.child), signal).expect("sent");
        let sent = Instant::now();
        let _ = running.finish().expect(code);
        assert!(sent.elapsed() < Duration::from_secs(2));
        assert_eq!(workspace.names(), [] as [&str; 0]);
    }
}

#[test]
fn a_run_that_reads_a_record_without_end_can_be_interrupted() {
    let workspace = Workspace::new();
    let mut running = workspace.start_with(&run_arguments("reports", &["-q", "-"]), Stdio::piped());
    let mut input = running.child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || {
        input.write_all(b"partner_id,offer_type,purchase_date\n7,\"").expect("sent");
        while input.write_all(&[b'x'; 64 * 1024]).is_ok() {}
    });
    std::thread::sleep(Duration::from_secs(1));
    kill_process(Pid::from_child(&running.child), Signal::TERM).expect("sent");
    let sent = Instant::now();
    let _ = running.finish().expect(143);
    assert!(sent.elapsed() < Duration::from_secs(2));
    writer.join().expect("the pipe is closed");
    assert_eq!(workspace.names(), [] as [&str; 0]);
}
