//! The help of every command, word for word, so that a change of the command line is seen in review.
//!
//! `UPDATE_GOLDEN=1 cargo test --test integration help` writes the files anew.

use crate::harness::{Workspace, names};
use std::fs;
use std::path::PathBuf;

/// Every command, and the file that has its help.
const COMMANDS: [(&[&str], &str); 18] = [
    (&[], "renewals.txt"),
    (&["run"], "run.txt"),
    (&["check"], "check.txt"),
    (&["explain"], "explain.txt"),
    (&["diff"], "diff.txt"),
    (&["generate"], "generate.txt"),
    (&["assumptions"], "assumptions.txt"),
    (&["backtest"], "backtest.txt"),
    (&["policy"], "policy.txt"),
    (&["policy", "list"], "policy-list.txt"),
    (&["policy", "show"], "policy-show.txt"),
    (&["profile"], "profile.txt"),
    (&["profile", "list"], "profile-list.txt"),
    (&["profile", "show"], "profile-show.txt"),
    (&["profile", "check"], "profile-check.txt"),
    (&["verify"], "verify.txt"),
    (&["completions"], "completions.txt"),
    (&["man"], "man.txt"),
];

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/help")
}

#[test]
fn the_help_of_every_command_is_its_golden_file() {
    let workspace = Workspace::new();
    for (command, name) in COMMANDS {
        let found = workspace.run(&[command, &["--help"]].concat()).expect(0).stdout;
        let path = golden().join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            fs::create_dir_all(golden()).expect("created");
            fs::write(&path, &found).expect("written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; UPDATE_GOLDEN=1 writes it", path.display());
        });
        let differing = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
        assert!(found == expected, "{name}: {differing:?}\nUPDATE_GOLDEN=1 writes it anew\n{found}");
    }
}

/// A command that is new has help too, and one that is gone leaves no file behind.
#[test]
fn every_command_that_the_help_lists_has_a_golden_file() {
    let workspace = Workspace::new();
    let mut listed = vec!["renewals.txt".to_owned()];
    let mut pending: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = pending.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let help = workspace.run(&arguments).expect(0).stdout;
        let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        for name in commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
            let command: Vec<String> = command.iter().cloned().chain([name.to_owned()]).collect();
            listed.push(format!("{}.txt", command.join("-")));
            pending.push(command);
        }
    }
    listed.sort();
    assert_eq!(listed, names(&golden()));
    let mut known: Vec<&str> = COMMANDS.iter().map(|(_, name)| *name).collect();
    known.sort_unstable();
    assert_eq!(listed, known);
}

#[test]
fn every_command_shows_examples_that_begin_with_its_name() {
    let workspace = Workspace::new();
    for (command, name) in COMMANDS {
        let help = workspace.run(&[command, &["--help"]].concat()).expect(0).stdout;
        let examples = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
        let own = format!("  renewals {}", command.join(" "));
        assert!(examples.clone().count() >= 1, "{name} has no example");
        assert!(examples.clone().any(|line| line.starts_with(&own)), "{name} has no example of its own");
    }
}

#[test]
fn no_line_of_help_is_wider_than_100_characters() {
    let workspace = Workspace::new();
    for (command, name) in COMMANDS {
        let help = workspace.run(&[command, &["--help"]].concat()).expect(0).stdout;
        let widest = help.lines().max_by_key(|line| line.chars().count()).expect("a line");
        assert!(widest.chars().count() <= 100, "{name}: {widest}");
    }
}
