//! Runs the program as a user would: as a process, in a directory of its own, without the caller's environment.
//!
//! Whatever a test expects and doesn't get, the failure shows the command, how it ended, both streams and what lies
//! in the directory. A panic of the program fails every test, whatever it expects: no input may cause one.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The as-of date of tests that don't care, and that of generated exports.
pub const AS_OF: &str = "2020-06-05";

/// Long enough for a slow machine; a program that takes longer hangs.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A row of a report: cell by column name.
pub type Row = BTreeMap<String, String>;

/// A directory in which the program runs, removed at the end of the test.
pub struct Workspace {
    directory: TempDir,
    /// What the program writes to its streams; outside its directory, so that litter there is the program's.
    streams: TempDir,
}

impl Workspace {
    pub fn new() -> Self {
        Self {
            directory: TempDir::new().expect("a temporary directory"),
            streams: TempDir::new().expect("a temporary directory"),
        }
    }

    /// The path of something in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes an input, with the directories it lies in.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(path, bytes).expect("written");
    }

    /// Names in the directory, sorted; hidden ones too.
    pub fn names(&self) -> Vec<String> {
        names(self.directory.path())
    }

    /// The command line, ready to be started in the directory.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_renewals"));
        command.args(arguments).current_dir(self.directory.path()).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        // COLUMNS counts where there is no terminal, so the width of help never depends on where the tests run.
        command.env("LANG", "C").env("TERM", "dumb").env("COLUMNS", "100").stdin(Stdio::null());
        command
    }

    /// Starts the program and doesn't wait for it.
    pub fn start(&self, arguments: &[&str]) -> Running {
        self.start_with(arguments, Stdio::null())
    }

    /// Starts the program with a standard input.
    pub fn start_with(&self, arguments: &[&str], input: Stdio) -> Running {
        self.start_in(&[], arguments, input)
    }

    /// Starts the program with variables of the environment, too.
    pub fn start_in(&self, environment: &[(&str, &str)], arguments: &[&str], input: Stdio) -> Running {
        let streams = TempDir::new_in(self.streams.path()).expect("a temporary directory");
        let create = |name: &str| File::create(streams.path().join(name)).expect("created");
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied());
        command.stdin(input).stdout(create("stdout")).stderr(create("stderr"));
        let child = command.spawn().expect("the program starts");
        let line = format!("renewals {}", arguments.join(" "));
        Running { child, line, streams, directory: self.directory.path().to_owned() }
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_within(TIME_LIMIT, arguments)
    }

    /// Runs the program to its end with bytes that come to its standard input through a pipe.
    pub fn run_piped(&self, arguments: &[&str], bytes: &[u8]) -> Outcome {
        let mut running = self.start_with(arguments, Stdio::piped());
        let mut pipe = running.child.stdin.take().expect("a pipe");
        thread::scope(|scope| {
            // The program may end before it has read everything.
            scope.spawn(move || drop(pipe.write_all(bytes)));
            running.finish()
        })
    }

    /// Runs the program to its end, which must come within a time.
    pub fn run_within(&self, limit: Duration, arguments: &[&str]) -> Outcome {
        self.start(arguments).finish_within(limit)
    }

    /// Publishes into `reports` and expects that to succeed; `arguments` come after the as-of date of generated
    /// exports, unless they have their own.
    #[track_caller]
    pub fn publish(&self, arguments: &[&str]) -> Published {
        self.publish_into("reports", arguments)
    }

    /// Publishes into a directory and expects that to succeed. The work is done even if the directory holds the same
    /// run, or a test that repeats a run in other ways would compare the first one with itself.
    #[track_caller]
    pub fn publish_into(&self, out: &str, arguments: &[&str]) -> Published {
        let outcome = self.run(&run_arguments(out, &[&["--no-skip"], arguments].concat()));
        Published { directory: self.path(out), outcome: outcome.expect(0) }
    }
}

/// The command line of a run, with the usual as-of date if `arguments` have none.
pub fn run_arguments<'a>(out: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["run", "--out", out];
    if !arguments.contains(&"--as-of") {
        all.extend(["--as-of", AS_OF]);
    }
    all.extend(arguments);
    all
}

/// The program while it runs.
pub struct Running {
    pub child: Child,
    line: String,
    streams: TempDir,
    directory: PathBuf,
}

impl Running {
    /// Waits for the end.
    pub fn finish(self) -> Outcome {
        self.finish_within(TIME_LIMIT)
    }

    fn finish_within(mut self, limit: Duration) -> Outcome {
        let deadline = Instant::now() + limit;
        let mut pause = Duration::from_micros(200);
        let status = loop {
            match self.child.try_wait().expect("the child can be waited for") {
                Some(status) => break Some(status),
                None if Instant::now() > deadline => {
                    self.child.kill().expect("killed");
                    self.child.wait().expect("ended");
                    break None;
                }
                None => thread::sleep(pause),
            }
            pause = (pause * 2).min(Duration::from_millis(10));
        };
        let text = |name: &str| {
            let bytes = fs::read(self.streams.path().join(name)).expect("the stream's file");
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let outcome = Outcome {
            line: self.line,
            status,
            stdout: text("stdout"),
            stderr: text("stderr"),
            listing: listing(&self.directory),
        };
        assert!(status.is_some(), "did not end within {limit:?}\n{outcome}");
        assert!(!outcome.stderr.contains("panicked at"), "the program panicked\n{outcome}");
        outcome
    }
}

/// How the program ended and what it said.
#[must_use = "a run that nobody looks at tests nothing"]
pub struct Outcome {
    line: String,
    status: Option<ExitStatus>,
    pub stdout: String,
    pub stderr: String,
    listing: String,
}

impl Outcome {
    /// The exit code; `None` if a signal ended the program.
    pub fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// Expects an exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code(), Some(code), "the exit code should be {code}\n{self}");
        self
    }

    /// Expects an exit code and a part of the first line on standard error.
    #[track_caller]
    pub fn expect_error(self, code: i32, part: &str) -> Self {
        let outcome = self.expect(code);
        let first = outcome.stderr.lines().next().unwrap_or_default();
        assert!(first.contains(part), "the first line should say `{part}`\n{outcome}");
        outcome
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, stdout, stderr, listing, .. } = self;
        let signal = self.status.and_then(|status| status.signal());
        let code = self.code();
        write!(formatter, "$ {line}\nexit code {code:?}, signal {signal:?}\n")?;
        write!(formatter, "--- stdout\n{stdout}--- stderr\n{stderr}--- directory\n{listing}---")
    }
}

/// A published directory, and the run that published it.
pub struct Published {
    pub directory: PathBuf,
    pub outcome: Outcome,
}

impl Published {
    /// The rows of a CSV report, in order.
    pub fn rows(&self, report: &str) -> Vec<Row> {
        rows(&self.directory.join(format!("{report}.csv")))
    }

    /// One column of a CSV report, in order.
    pub fn column(&self, report: &str, column: &str) -> Vec<String> {
        self.rows(report).iter().map(|row| row[column].clone()).collect()
    }

    pub fn summary(&self) -> Value {
        json(&self.directory.join("summary.json"))
    }

    pub fn manifest(&self) -> Value {
        json(&self.directory.join("manifest.json"))
    }

    /// Every file, byte for byte.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let read = |name: String| (name.clone(), fs::read(self.directory.join(name)).expect("read"));
        names(&self.directory).into_iter().map(read).collect()
    }
}

/// Compares a text with a golden file; `UPDATE_GOLDEN=1` writes it anew.
#[track_caller]
pub fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        fs::write(&path, found).expect("written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} differs; UPDATE_GOLDEN=1 writes it anew\n{found}");
}

/// The rows of a CSV file, read by another reader than the program's own.
pub fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.deserialize().map(|row| row.unwrap_or_else(|error| panic!("{}: {error}", path.display()))).collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("read")).expect("JSON")
}

/// Names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn listing(directory: &Path) -> String {
    let mut text = String::new();
    for entry in walkdir::WalkDir::new(directory).min_depth(1).sort_by_file_name().into_iter().flatten() {
        let path = entry.path().strip_prefix(directory).unwrap_or(entry.path()).display();
        let bytes = entry.metadata().map_or(0, |metadata| metadata.len());
        text.push_str(&format!("{bytes:>10} {path}\n"));
    }
    text
}
