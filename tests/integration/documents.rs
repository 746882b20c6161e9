//! Completions and manual pages: the shells and `groff` themselves say whether they are good.

use crate::harness::{Workspace, names};
use std::fs;
use std::process::Command;

/// What a program of the system answers; `None` where the system does not have it.
fn system(command: &mut Command) -> Option<(bool, String)> {
    let output = command.output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

#[test]
fn each_shell_reads_its_completions() {
    let workspace = Workspace::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = workspace.run(&["completions", shell]).expect(0).stdout;
        for word in ["skip-exit-code", "max-rejects", "policy", "verify", "completions"] {
            assert!(script.contains(word), "{shell} does not complete {word}");
        }
        workspace.write(shell, script);
        if ["bash", "zsh", "fish"].contains(&shell)
            && let Some((is_good, said)) = system(Command::new(shell).arg("-n").arg(workspace.path(shell)))
        {
            assert!(is_good && said.is_empty(), "{shell}: {said}");
        }
    }
    let _ = workspace.run(&["completions", "csh"]).expect(64);
}

#[test]
fn bash_completes_commands_options_and_values() {
    let workspace = Workspace::new();
    workspace.write("completions", workspace.run(&["completions", "bash"]).expect(0).stdout);
    workspace.write("own.toml", "");
    for (words, expected) in [
        ("renewals ver", "verify"),
        ("renewals run --as-", "--as-of"),
        ("renewals run --progress pl", "plain"),
        ("renewals policy sh", "show"),
        ("renewals run --log-format j", "json"),
        ("renewals run --policy 2021", "2021-02-04 2021-08-03"),
        ("renewals explain --policy all", "all-rounds"),
        ("renewals check --policy ow", "own.toml"),
        ("renewals run --profile competency-", "competency-api competency-download"),
        ("renewals run --profile au", "auto"),
        ("renewals run --profile ow", "own.toml"),
        ("renewals check --encoding g", "gb18030"),
        ("renewals explain --level s", "silver"),
        ("renewals policy show 2021", "2021-02-04 2021-08-03"),
        ("renewals profile show membership-offers-", "membership-offers-de membership-offers-zh"),
    ] {
        let ask = format!(
            "source completions; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _renewals renewals \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let mut bash = Command::new("bash");
        let asked = system(bash.args(["--norc", "-c", &ask]).current_dir(workspace.path("")));
        if let Some((_, said)) = asked {
            assert_eq!(said.trim(), expected, "{words}");
        }
    }
}

#[test]
fn fish_completes_policies_and_profiles_and_files() {
    let workspace = Workspace::new();
    workspace.write("completions", workspace.run(&["completions", "fish"]).expect(0).stdout);
    workspace.write("2021-own.toml", "");
    for (words, expected) in [
        ("renewals run --policy 2021", "2021-02-04 2021-08-03 2021-own.toml"),
        ("renewals run --profile competency-", "competency-api competency-download"),
        ("renewals check --profile au", "auto"),
        ("renewals policy show 2021", "2021-02-04 2021-08-03 2021-own.toml"),
        ("renewals profile show membership-offers-", "membership-offers-de membership-offers-zh"),
    ] {
        let ask = format!("source completions; complete -C '{words}'");
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", &ask]).current_dir(workspace.path("")).env("HOME", workspace.path(""));
        if let Some((_, said)) = system(&mut fish) {
            let said: Vec<&str> = said.lines().filter_map(|line| line.split('\t').next()).collect();
            assert_eq!(said.join(" "), expected, "{words}");
        }
    }
}

/// What zsh would do with the answer is left out: `_arguments` is a function of its interactive completion.
#[test]
fn zsh_offers_policies_and_profiles_and_files() {
    let workspace = Workspace::new();
    workspace.write("completions", workspace.run(&["completions", "zsh"]).expect(0).stdout);
    for (option, expected) in [
        ("policy", "-- 2018-09-04 2020-06-05 2020-08-13 2021-02-04 2021-08-03 all-rounds\nfiles\n"),
        (
            "profile",
            "-- auto competency-api competency-download membership-offers membership-offers-de membership-offers-zh\nfiles\n",
        ),
    ] {
        let ask = format!(
            "compdef() {{ : }}; _files() {{ print files }}; compadd() {{ print -- -- \"${{@[2,-1]}}\" }}
             _arguments() {{
               state=renewals; line=(run)
               for argument; do
                 action=${{argument##*:}}
                 [[ $argument == --{option}=* && $action == \\{{*\\}} ]] && eval ${{action[2,-2]}}
               done
               return 0
             }}
             words=(renewals); CURRENT=1; source ./completions; _renewals"
        );
        let mut zsh = Command::new("zsh");
        if let Some((_, said)) = system(zsh.args(["-f", "-c", &ask]).current_dir(workspace.path(""))) {
            assert_eq!(said, expected, "{option}");
        }
    }
}

#[test]
fn there_is_a_manual_page_of_every_command_and_groff_has_nothing_against_it() {
    let workspace = Workspace::new();
    let _ = workspace.run(&["man", "--out", "share/man1"]).expect(0);
    let pages = names(&workspace.path("share/man1"));
    let commands =
        ["", "-completions", "-generate", "-man", "-policy", "-policy-list", "-policy-show", "-run", "-verify"];
    assert!(commands.iter().all(|command| pages.contains(&format!("renewals{command}.1"))), "{pages:?}");
    for page in &pages {
        let path = workspace.path("share/man1").join(page);
        let text = fs::read_to_string(&path).expect("read");
        let command = page.trim_end_matches(".1").replace('-', " ");
        let arguments: Vec<&str> = ["man"].into_iter().chain(command.split(' ').skip(1)).collect();
        assert_eq!(workspace.run(&arguments).expect(0).stdout, text, "{page}");
        let rendered = system(Command::new("groff").args(["-man", "-Tutf8", "-ww", "-P-cbou"]).arg(&path));
        if let Some((is_good, said)) = rendered {
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(is_good && !said.contains("warning:") && !said.contains("error:"), "{page}: {said}");
            assert!(said.contains("NAME") && said.contains(&command), "{page}: {said}");
            if page == "renewals-run.1" {
                for part in ["--as-of", "--lock-wait", "--metrics", "130 and 143 interrupted"] {
                    assert!(said.contains(part), "{page} does not have {part}: {said}");
                }
            }
        }
    }
    let _ = workspace.run(&["man", "nothing"]).expect_error(64, "there is no command `nothing`");
    let _ = workspace.run(&["man", "run", "--out", "x"]).expect(64);
    workspace.write("file", "");
    let _ = workspace.run(&["man", "--out", "file"]).expect_error(73, "file: cannot be written");
}
