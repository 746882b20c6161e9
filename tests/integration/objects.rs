//! Inputs and reports in object storage, against a server that speaks S3 on 127.0.0.1.
//!
//! `scripts/objects/install` installs the server; without it these tests say that they are skipped.

use crate::export::{cells, parquet};
use crate::harness::{Outcome, Running, Workspace, names, run_arguments};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

const GOOD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n8,action_pack,tomorrow\n";

/// A server with an empty bucket, ended when dropped.
struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().expect("ended");
        self.process.wait().expect("ended");
    }
}

impl Server {
    /// Starts a server; `None`, after saying so, if it is not installed.
    fn start() -> Option<Self> {
        let python: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/objects/environment/bin/python");
        let is_installed = Command::new(&python).args(["-c", "import moto.server"]).stderr(Stdio::null()).status();
        if !is_installed.is_ok_and(|status| status.success()) {
            let told = "\nSKIPPED: tests of object storage; run scripts/objects/install to have them\n";
            // Straight to the stream, since what a test prints is only shown if it fails.
            std::io::stderr().write_all(told.as_bytes()).expect("told");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let process = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let server = Self { process, port };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "the server does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        server.request("PUT", "/bucket", b"");
        Some(server)
    }

    /// A request as plain HTTP; the server asks nobody who they are. Returns the body.
    fn request(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("connected");
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20200605/us-east-1/s3/aws4_request\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("received");
        let text = String::from_utf8_lossy(&answer);
        let is_good = text.split(' ').nth(1).is_some_and(|code| code.starts_with('2'));
        assert!(is_good, "{method} {path}: {text}");
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a body");
        answer.split_off(end + 4)
    }

    fn put(&self, key: &str, bytes: impl AsRef<[u8]>) {
        self.request("PUT", &format!("/bucket/{key}"), bytes.as_ref());
    }

    fn get(&self, key: &str) -> Vec<u8> {
        self.request("GET", &format!("/bucket/{key}"), b"")
    }

    /// The keys below a prefix, sorted.
    fn keys(&self, prefix: &str) -> Vec<String> {
        let listing = self.request("GET", &format!("/bucket?list-type=2&prefix={prefix}"), b"");
        let text = String::from_utf8_lossy(&listing).into_owned();
        let keys = text.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap_or_default().to_owned());
        keys.collect()
    }

    fn begin(&self, workspace: &Workspace, arguments: &[&str]) -> Running {
        self.begin_with(workspace, &[], arguments, Stdio::null())
    }

    fn begin_with(
        &self,
        workspace: &Workspace,
        variables: &[(&str, &str)],
        arguments: &[&str],
        input: Stdio,
    ) -> Running {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let environment = [
            ("AWS_ENDPOINT", endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        workspace.start_in(&[&environment, variables].concat(), arguments, input)
    }

    fn run(&self, workspace: &Workspace, arguments: &[&str]) -> Outcome {
        self.begin(workspace, arguments).finish()
    }

    fn pointer(&self) -> Value {
        serde_json::from_slice(&self.get("out/manifest.json")).expect("JSON")
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("compressed");
    encoder.finish().expect("compressed")
}

#[test]
fn objects_are_read_as_files_are() {
    let Some(server) = Server::start() else { return };
    let workspace = Workspace::new();
    // More than one range, so that they must be put together in order.
    let generate = ["generate", "--rows", "60000", "--seed", "3", "--dirty", "0.001", "--out", "a.csv", "-q"];
    let _ = workspace.run(&generate).expect(0);
    let export = fs::read(workspace.path("a.csv")).expect("generated");
    assert!(export.len() > 5 << 20, "{}", export.len());
    let rows: Vec<_> =
        (0..500).map(|id| cells(&[("partner_id", &id.to_string()), ("fee", "1.50"), ("currency", "EUR")])).collect();
    let table = parquet(&rows);
    workspace.write("b.parquet", &table);
    server.put("in/a.csv", &export);
    server.put("in/b.parquet", &table);
    server.put("in/_SUCCESS", "");
    server.put("in/.hidden/c.csv", "x");
    server.put("in/deep/c.csv.gz", gzip(GOOD.as_bytes()));
    server.put("input.csv", GOOD);
    workspace.write("c.csv", GOOD);
    let expected = workspace.publish_into("expected", &["a.csv", "b.parquet", "c.csv"]);
    for inputs in [
        &["s3://bucket/in"][..],
        &["s3://bucket/in/a.csv", "s3://bucket/in/b.parquet", "s3://bucket/in/deep/"],
        &["s3://bucket/in/*", "s3://bucket/in/*/*.gz"],
        &["s3://bucket/in/[a]*", "b.parquet", "s3://bucket/input.csv"],
    ] {
        let arguments = run_arguments("reports", &[&["--no-skip", "--threads", "2"], inputs].concat());
        let outcome = server.run(&workspace, &arguments).expect(0);
        for (name, bytes) in expected.files() {
            let is_of_places = ["manifest.json", "SHA256SUMS", "summary.json", "rejects.csv"].contains(&name.as_str());
            let found = fs::read(workspace.path("reports").join(&name)).expect("published");
            assert!(is_of_places || found == bytes, "{name} of {inputs:?}\n{outcome}");
        }
        let rejects = fs::read_to_string(workspace.path("reports/rejects.csv")).expect("published");
        assert_eq!(rejects.lines().count(), expected.rows("rejects").len() + 1);
        let again = run_arguments("reports", inputs);
        assert!(server.run(&workspace, &again).expect(0).stderr.contains("nothing to do: "));
    }
    let summary: Value =
        serde_json::from_slice(&fs::read(workspace.path("reports/summary.json")).expect("published")).expect("JSON");
    assert_eq!(summary["inputs"][0]["blake3"], blake3::hash(&export).to_hex().as_str());
    for (input, code, part) in [
        ("s3://bucket/none.csv", 66, "s3://bucket/none.csv: no input file found"),
        ("s3://bucket/none*", 66, "s3://bucket/none*: no input file found"),
        ("s3://other/in.csv", 66, "the storage says 404 Not Found: The specified bucket does not exist (NoSuchBucket)"),
        ("s3:///in.csv", 64, "s3:///in.csv: not an address: it does not name a bucket"),
        ("s3://bucket/in/_SUCCESS", 65, "s3://bucket/in/_SUCCESS: the file is empty"),
    ] {
        let _ = server.run(&workspace, &run_arguments("reports", &[input])).expect_error(code, part);
    }
    let twice = run_arguments("reports", &["s3://bucket/input.csv", "s3://bucket/input*"]);
    let _ = server.run(&workspace, &twice).expect_error(64, "is the same file as");
}

#[test]
fn an_object_that_changes_while_it_is_read_ends_the_run() {
    let Some(server) = Server::start() else { return };
    let workspace = Workspace::new();
    let _ = workspace.run(&["generate", "--rows", "60000", "--out", "a.csv", "-q"]).expect(0);
    let export = fs::read(workspace.path("a.csv")).expect("generated");
    server.put("a.csv", &export);
    let running = server.begin(
        &workspace,
        &run_arguments("reports", &["-q", "--threads", "1", "--batch-bytes", "1024", "s3://bucket/a.csv"]),
    );
    let deadline = Instant::now() + Duration::from_secs(20);
    while !workspace.path(".reports.lock").exists() {
        assert!(Instant::now() < deadline, "the run does not begin");
        std::thread::sleep(Duration::from_millis(1));
    }
    server.put("a.csv", &export[..export.len() - 100]);
    let outcome = running.finish().expect_error(74, "s3://bucket/a.csv: the file changed while it was read");
    assert!(!workspace.path("reports").exists(), "{outcome}");
}

#[test]
fn a_run_is_published_as_objects_and_then_named() {
    let Some(server) = Server::start() else { return };
    let workspace = Workspace::new();
    workspace.write("in.csv", GOOD);
    let plain = workspace.publish(&["in.csv"]).files();
    let publish = |arguments: &[&str]| server.run(&workspace, &run_arguments("s3://bucket/out", arguments));
    let outcome = publish(&["--json", "in.csv"]).expect(0);
    let result: Value = serde_json::from_str(outcome.stdout.trim()).expect("JSON");
    assert_eq!(result["out"], "s3://bucket/out");
    let pointer = server.pointer();
    let prefix = format!("runs/{}", result["run_id"].as_str().expect("an id"));
    assert_eq!(pointer["prefix"], prefix.as_str());
    for (name, bytes) in &plain {
        assert_eq!(server.get(&format!("out/{prefix}/{name}")), *bytes, "{name}");
    }
    assert_eq!(server.keys("out").len(), plain.len() + 1, "{:?}", server.keys("out"));
    let verified = server.run(&workspace, &["verify", "s3://bucket/out"]).expect(0);
    assert!(verified.stdout.contains("files verified, run "), "{verified}");
    assert!(
        publish(&["--skip-exit-code", "99", "in.csv"]).expect(99).stderr.contains("nothing to do: s3://bucket/out")
    );
    // A later run stands beside the earlier one.
    let _ = publish(&["--horizon", "91", "in.csv"]).expect(0);
    assert_ne!(server.pointer()["prefix"], prefix.as_str());
    assert!(server.keys("out").contains(&format!("out/{prefix}/rejects.csv")));
    // A file that is gone or not what it was.
    let now = server.pointer()["prefix"].as_str().expect("a prefix").to_owned();
    server.put(&format!("out/{now}/rejects.csv"), "x");
    let verified = server.run(&workspace, &["verify", "s3://bucket/out"]).expect(65);
    assert!(verified.stderr.contains("`rejects.csv` has 1 bytes"), "{verified}");
    assert!(!publish(&["--horizon", "91", "in.csv"]).expect(0).stderr.contains("nothing to do"));
    let failed = publish(&["--max-rejects", "0", "--no-skip", "in.csv"]).expect(65);
    assert!(failed.stderr.contains("s3://bucket/out.rejects.csv"), "{failed}");
    assert!(server.get("out.rejects.csv").starts_with(b"file,line,byte_offset,"));
    let _ = publish(&["in.csv"]).expect(0);
    assert_eq!(server.keys("out.rejects.csv"), [] as [&str; 0]);
    let _ = publish(&["--keep", "2", "in.csv"]).expect_error(64, "--keep is for directories");
    server.put("other/manifest.json", "{}");
    let _ = server
        .run(&workspace, &run_arguments("s3://bucket/other", &["in.csv"]))
        .expect_error(73, "is not a published run");
    let _ = server.run(&workspace, &run_arguments("s3://none/out", &["in.csv"])).expect(73);
    assert_eq!(workspace.names(), ["in.csv", "reports"]);
}

/// Begins a run that goes on until its standard input ends, and waits until it has looked at what is published.
fn begin_slowly(server: &Server, workspace: &Workspace, horizon: &str) -> (Running, ChildStdin) {
    let temporary = format!("temporary-{horizon}");
    fs::create_dir(workspace.path(&temporary)).expect("created");
    let path = workspace.path(&temporary);
    let variables = [("TMPDIR", path.to_str().expect("UTF-8"))];
    let arguments = run_arguments("s3://bucket/out", &["--horizon", horizon, "--max-record-bytes", "50", "-"]);
    let mut running = server.begin_with(workspace, &variables, &arguments, Stdio::piped());
    let mut input = running.child.stdin.take().expect("a pipe");
    // More than the header may have bytes, so that the run goes on to the rows.
    input.write_all(GOOD.repeat(40).as_bytes()).expect("sent");
    let deadline = Instant::now() + Duration::from_secs(30);
    while names(&path).is_empty() {
        assert!(Instant::now() < deadline, "the run does not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    (running, input)
}

#[test]
fn of_runs_begun_at_once_one_is_published() {
    let Some(server) = Server::start() else { return };
    let workspace = Workspace::new();
    let overtaken = |running: Running, input: ChildStdin| {
        drop(input);
        let _ = running.finish().expect_error(75, "another run was published at s3://bucket/out since this one began");
    };
    // First where nothing is published yet, then over an earlier run.
    for horizons in [["91", "92"], ["93", "94"]] {
        let [(one, its_input), (other, other_input)] =
            horizons.map(|horizon| begin_slowly(&server, &workspace, horizon));
        drop(other_input);
        let _ = other.finish().expect(0);
        let named = server.pointer();
        overtaken(one, its_input);
        assert_eq!(server.pointer(), named);
        let _ = server.run(&workspace, &["verify", "s3://bucket/out"]).expect(0);
    }
    for horizon in ["91", "92", "93", "94"] {
        assert_eq!(names(&workspace.path(&format!("temporary-{horizon}"))), [] as [&str; 0], "no litter");
    }
}

#[test]
fn a_run_that_finds_itself_published_meanwhile_has_ended_well() {
    let Some(server) = Server::start() else { return };
    let workspace = Workspace::new();
    // The same number, so the same run.
    let [(one, its_input), (other, other_input)] =
        ["91", "091"].map(|horizon| begin_slowly(&server, &workspace, horizon));
    drop(other_input);
    let _ = other.finish().expect(0);
    drop(its_input);
    let _ = one.finish().expect(0);
    let _ = server.run(&workspace, &["verify", "s3://bucket/out"]).expect(0);
}

#[test]
fn what_a_killed_run_put_together_is_cleared_by_the_next_one() {
    let Some(server) = Server::start() else { return };
    let workspace = Workspace::new();
    workspace.write("in.csv", GOOD);
    let (running, _input) = begin_slowly(&server, &workspace, "91");
    kill_process(Pid::from_child(&running.child), Signal::KILL).expect("sent");
    assert_eq!(running.finish().code(), None);
    let path = workspace.path("temporary-91");
    assert_eq!(names(&path).len(), 1, "a test of clearing needs something to clear");
    assert_eq!(server.keys("out"), [] as [&str; 0]);
    let variables = [("TMPDIR", path.to_str().expect("UTF-8"))];
    let arguments = run_arguments("s3://bucket/out", &["in.csv"]);
    let _ = server.begin_with(&workspace, &variables, &arguments, Stdio::null()).finish().expect(0);
    assert_eq!(names(&path), [] as [&str; 0]);
}

#[test]
fn a_run_that_waits_for_object_storage_can_be_interrupted() {
    let Some(server) = Server::start() else { return };
    let workspace = Workspace::new();
    let (running, _input) = begin_slowly(&server, &workspace, "91");
    kill_process(Pid::from_child(&running.child), Signal::TERM).expect("sent");
    let _ = running.finish().expect(143);
    assert_eq!(server.keys("out"), [] as [&str; 0]);
    // A server that takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", silent.local_addr().expect("an address"));
    let variables = [("AWS_ENDPOINT", endpoint.as_str())];
    let arguments = run_arguments("reports", &["s3://bucket/in.csv"]);
    let running = server.begin_with(&workspace, &variables, &arguments, Stdio::null());
    let _connection = silent.accept().expect("a connection");
    kill_process(Pid::from_child(&running.child), Signal::INT).expect("sent");
    let sent = Instant::now();
    let _ = running.finish().expect(130);
    assert!(sent.elapsed() < Duration::from_secs(2));
}
