//! The commands of the README and the guide, run as they stand there: each ends well and says what is shown.
//!
//! A block of code is a dialogue if a line of it begins with `$ `, and a list of commands if it begins with one. Other
//! blocks show files or formulas. `...` stands for whatever is left out, and `cat FILE` makes a file that is not there
//! from what it shows.

use crate::harness::{Workspace, names};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Commands that are no matter of a test of the program.
const NOT_RUN: [&str; 1] = ["cargo test --locked"];
/// Commands that find something wrong with their input, which is what they are there to show.
const ENDS_IN_65: [&str; 2] = [
    "renewals profile check --profile membership-offers-zh offers.csv",
    "renewals check --as-of 2020-06-05 data/sample/export-with-faults.csv",
];
/// What the program is called where it is built first.
const CARGO_RUN: &str = "cargo run --release -- ";
/// The sentence of the README before the output of its first command.
const FIRST_OUTPUT: &str = "The first one prints this";

/// A command, and what is shown of its answer.
#[derive(Debug)]
struct Step {
    command: String,
    shown: Option<String>,
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and the pages of the guide.
fn pages() -> Vec<PathBuf> {
    let guide = project().join("data/guide");
    let pages = names(&guide).into_iter().map(|name| guide.join(name));
    std::iter::once(project().join("README.md")).chain(pages).collect()
}

/// The blocks of code of a page, each with the line of text before it.
fn blocks(text: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks = Vec::new();
    let mut before = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let block = lines.by_ref().take_while(|line| !line.starts_with("```")).map(str::to_owned).collect();
            blocks.push((before.clone(), block));
        } else if let Some(first) = line.strip_prefix("    ") {
            let mut block = vec![first.to_owned()];
            while let Some(next) = lines.next_if(|line| line.is_empty() || line.starts_with("    ")) {
                block.push(next.get(4..).unwrap_or_default().to_owned());
            }
            blocks.push((before.clone(), block));
        } else if !line.is_empty() {
            before = line.to_owned();
        }
    }
    blocks
}

/// The commands of a block, with what is shown of their answers.
fn steps(block: &[String]) -> Vec<Step> {
    let is_list = block.first().is_some_and(|line| line.starts_with("renewals ") || line.starts_with("cargo "));
    if is_list {
        let commands = block.iter().filter(|line| !line.is_empty());
        return commands.map(|line| Step { command: line.clone(), shown: None }).collect();
    }
    let mut steps: Vec<Step> = Vec::new();
    for line in block.iter().skip_while(|line| !line.starts_with("$ ")) {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step { command: command.to_owned(), shown: None }),
            (None, Some(step)) => {
                let shown = step.shown.get_or_insert_default();
                shown.push_str(line);
                shown.push('\n');
            }
            (None, None) => {}
        }
    }
    steps
}

fn page_steps(text: &str) -> Vec<Step> {
    let mut steps_of_page: Vec<Step> = Vec::new();
    let mut awaited = None;
    for (before, block) in blocks(text) {
        let mut of_block = steps(&block);
        if let (true, Some(step)) = (of_block.is_empty() && is_first_output(text, &before), awaited.take()) {
            let step: &mut Step = &mut steps_of_page[step];
            step.shown = Some(block.join("\n"));
            continue;
        }
        if let Some(place) = of_block.iter().position(|step| step.command.starts_with(CARGO_RUN)) {
            awaited = Some(steps_of_page.len() + place);
        }
        steps_of_page.append(&mut of_block);
    }
    steps_of_page
}

/// Whether a block comes right after the sentence that announces the output of the first command.
fn is_first_output(text: &str, before: &str) -> bool {
    let announced = text.split("\n\n").find(|paragraph| paragraph.contains(FIRST_OUTPUT));
    announced.is_some_and(|paragraph| paragraph.lines().any(|line| line == before))
}

/// Makes the files that the pages name.
fn prepare(workspace: &Workspace) {
    std::os::unix::fs::symlink(project().join("data"), workspace.path("data")).expect("linked");
    for (name, as_of, seen_on) in [
        ("monday.csv", "2020-06-04", "2020-06-04"),
        ("tuesday.csv", "2020-06-04", "2020-06-05"),
        ("june-2019.csv", "2019-06-05", "2019-06-05"),
        ("august-2020.csv", "2019-06-05", "2020-08-01"),
    ] {
        let arguments = ["generate", "--rows", "500", "--seed", "7", "--as-of", as_of, "--seen-on", seen_on];
        let rates = ["--renewal-rates", "all=0.8", "--quiet", "--out", name];
        let _ = workspace.run(&[&arguments[..], &rates[..]].concat()).expect(0);
    }
    workspace.write(
        "download.tsv",
        "CompetencyName\tCompetencyLevel\tCompetencyStatus\tCompetencyStartDate\tCompetencyEndDate\r\n\
         Data Analytics\tGold\tActive\t2/1/2019 0:00\t1/31/2020 23:59\r\n",
    );
    workspace.write(
        "offers.csv",
        "MPN ID,产品/服务类型,能力,级别,购买日期,费用,币种\n\
         4390934,能力,数据分析,金牌,2019/2/1,\"1,670.00\",CNY\n\
         4390935,能力,云平台,银牌,2019/2/30,￥100,CNY\n\
         4390936,行动包,,,2019/3/1,￥100,CNY\n",
    );
}

/// What is shown and what was said, in comparable form: words, with what differs from one run to the next made alike.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let is_id = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    words.iter_mut().filter(|word| is_id(word)).for_each(|word| "ID".clone_into(word));
    for index in 1..words.len().saturating_sub(1) {
        if words[index - 1] == "in" && words[index + 1].starts_with("s;") {
            "0.1".clone_into(&mut words[index]);
        }
    }
    words
}

/// Whether the words were said, `...` standing for any number of them.
fn is_said(shown: &[String], said: &[String]) -> bool {
    match shown.split_first() {
        None => said.is_empty(),
        Some((first, rest)) if first == "..." => (0..=said.len()).any(|skipped| is_said(rest, &said[skipped..])),
        Some((first, rest)) => said.first() == Some(first) && is_said(rest, &said[1..]),
    }
}

fn run(workspace: &Workspace, page: &str, step: &Step) {
    let command = step.command.replace(CARGO_RUN, "renewals ");
    if let Some(file) = command.strip_prefix("cat ")
        && !workspace.path(file).exists()
    {
        workspace.write(file, step.shown.as_deref().unwrap_or_default());
    }
    let directory = Path::new(env!("CARGO_BIN_EXE_renewals")).parent().expect("a directory");
    let path = format!("{}:{}", directory.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", &command])
        .current_dir(workspace.path(""))
        .env("PATH", path)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let expected = if ENDS_IN_65.contains(&command.as_str()) { 65 } else { 0 };
    assert_eq!(output.status.code(), Some(expected), "{page}: `{command}`\n{said}");
    let Some(shown) = step.shown.as_ref().filter(|shown| !shown.trim().is_empty()) else { return };
    let root = fs::canonicalize(workspace.path("")).expect("a directory");
    let said = said.replace(&root.to_string_lossy().into_owned(), "/srv/renewals");
    let (mut shown_words, mut said_words) = (words(shown), words(&said));
    if command.starts_with("ls ") {
        // On a terminal, names stand in columns.
        shown_words.sort();
        said_words.sort();
    }
    let is_beginning = shown_words.last().is_some_and(|word| word == "...") || expected != 0;
    if is_beginning {
        shown_words.push("...".to_owned());
    }
    assert!(is_said(&shown_words, &said_words), "{page}: `{command}` shows\n{shown}\nbut says\n{said}");
}

#[test]
fn every_command_of_the_guide_does_what_is_shown() {
    let mut count = 0;
    for page in pages() {
        let workspace = Workspace::new();
        prepare(&workspace);
        let text = fs::read_to_string(&page).expect("read");
        let name = page.strip_prefix(project()).expect("in the project").display().to_string();
        for step in page_steps(&text).iter().filter(|step| !NOT_RUN.contains(&step.command.as_str())) {
            run(&workspace, &name, step);
            count += 1;
        }
    }
    // Those of README, and of each page that has any; fewer would mean that they are not found any more.
    assert!(count >= 14, "only {count} commands were found");
}

/// The code spans of a page.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn every_command_and_option_that_the_guide_names_exists() {
    let workspace = Workspace::new();
    let mut help = String::new();
    let mut commands = BTreeSet::new();
    let mut pending: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = pending.pop() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let text = workspace.run(&arguments).expect(0).stdout;
        let listed = text.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        for name in listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
            pending.push(command.iter().cloned().chain([name.to_owned()]).collect());
        }
        commands.insert(command.join(" "));
        help.push_str(&text);
    }
    let is_option_end = |character: char| !character.is_ascii_alphanumeric() && character != '-';
    let known: BTreeSet<&str> = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"))
        .map(|word| word.trim_end_matches(is_option_end))
        .collect();
    for page in pages() {
        let text = fs::read_to_string(&page).expect("read");
        for span in spans(&text) {
            let mut words = span.split_whitespace();
            let is_own = span.starts_with("renewals ") || span.starts_with("--");
            for option in span.split_whitespace().filter(|word| is_own && word.starts_with("--")) {
                let option = option.split(['=', ',']).next().unwrap_or_default();
                assert!(known.contains(option), "{}: `{span}` has no option {option}", page.display());
            }
            if let (Some("renewals"), Some(command)) = (words.next(), words.next())
                && command.starts_with(|first: char| first.is_ascii_lowercase())
                && command != "help"
            {
                assert!(commands.contains(command), "{}: there is no `{span}`", page.display());
            }
        }
    }
}

#[test]
fn the_profile_that_the_guide_shows_reads_such_a_file() {
    let text = fs::read_to_string(project().join("data/guide/exports.md")).expect("read");
    let profile = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a profile");
    let workspace = Workspace::new();
    workspace.write("own.toml", profile);
    workspace.write("list.csv", "Codice;Tipo;Acquisto\n4390934;competenza;31/12/2019\n");
    let said = workspace.run(&["profile", "check", "--profile", "own.toml", "list.csv"]).expect(0).stdout;
    for part in ["competenza → competency", "31/12/2019 → 2019-12-31"] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn blocks_and_steps_are_told_apart() {
    let text =
        "Do this\n\n    renewals run a\n    renewals run b\n\nor\n\n```text\n$ ls x\ny\n\n$ z\n```\n\n    S = 1\n";
    let found = blocks(text);
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].0, "Do this");
    let commands: Vec<(String, Option<String>)> =
        page_steps(text).into_iter().map(|step| (step.command, step.shown)).collect();
    let expected = [("renewals run a", None), ("renewals run b", None), ("ls x", Some("y\n\n")), ("z", None)];
    assert_eq!(commands, expected.map(|(command, shown)| (command.to_owned(), shown.map(str::to_owned))));
    let words = |text: &str| words(text);
    assert!(is_said(&words("a ... d"), &words("a b c d")));
    assert!(is_said(&words("a ..."), &words("a")));
    assert!(!is_said(&words("a ... d"), &words("a b c")));
    assert!(!is_said(&words("a b"), &words("a b c")));
}
