"""Mutation testing of the rules and of everything that reads, adds and writes money and dates.

    python3 scripts/mutants/mutants.py
    python3 scripts/mutants/mutants.py --files 'src/rules/date.rs'

The modules are copied into a crate of their own under target/mutants, with their tests: they are pure, so that one
mutant takes seconds and not minutes. cargo-mutants changes them one place at a time, and every change must make a test
fail, or be one that no test can see: those are in explained.txt, each with the reason. Ends with 1 if any is not.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = PROJECT / "target" / "mutants"
EXPLAINED = pathlib.Path(__file__).with_name("explained.txt")

# What is copied: a path of `src`, and the text that stands for a `mod.rs` which would declare more than is there.
COPIED = ["rules", "configuration", "ingest/mapping", "finance/due.rs", "finance/exchange.rs", "finance/fee_sum.rs",
          "finance/segment.rs", "ingest/column.rs", "ingest/date_format.rs", "ingest/reject.rs", "ingest/row.rs",
          "reports/currency.rs", "formats/date_texts.rs", "formats/money.rs", "cli/arguments/day.rs"]
DECLARED = {
    "lib.rs": """#![allow(dead_code, unused_imports, missing_docs)]
pub mod cli; pub mod configuration; pub mod finance; pub mod formats; pub mod ingest; pub mod reports; pub mod rules;
""",
    "cli/mod.rs": "pub mod arguments { pub mod day; }\n",
    "finance/mod.rs": """mod due; mod exchange; mod fee_sum; mod segment;
pub use due::*; pub use exchange::*; pub use fee_sum::*; pub use segment::*;
""",
    "formats/mod.rs": "pub mod date_texts;\npub mod money;\n",
    "ingest/mod.rs": """mod column; mod date_format; mod mapping; mod reject; mod row;
pub use column::*; pub use date_format::*; pub use mapping::*; pub use reject::*; pub use row::*;
""",
    "reports/mod.rs": "mod currency;\npub use currency::*;\n",
}
# What is changed: the rest of what is copied is only there to be built with.
MUTATED = ["src/rules/*.rs", "src/finance/exchange.rs", "src/finance/fee_sum.rs", "src/ingest/date_format.rs",
           "src/ingest/mapping/date_forms.rs", "src/ingest/mapping/fee_form.rs", "src/reports/currency.rs",
           "src/formats/date_texts.rs", "src/formats/money.rs", "src/cli/arguments/day.rs"]
DEPENDENCIES = ["chrono", "clap", "iso_currency", "jiff", "strsim", "thiserror", "toml"]
SECONDS_MAX = 300


def dependency_lines():
    """The lines of the program's own manifest, so that the versions are the same."""
    manifest = (PROJECT / "Cargo.toml").read_text()
    lines = [re.search(rf"^{name} = .*$", manifest, re.MULTILINE).group() for name in DEPENDENCIES]
    proptest = re.search(r"^proptest = .*$", manifest, re.MULTILINE).group()
    return "\n".join(lines) + "\n\n[dev-dependencies]\n" + proptest + "\n"


def make_crate(crate):
    shutil.rmtree(crate / "src", ignore_errors=True)
    for copied in COPIED:
        source, target = PROJECT / "src" / copied, crate / "src" / copied
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    # Relations between decisions take long, and tables and references must tell the right answers without them.
    rules = crate / "src" / "rules" / "mod.rs"
    rules.write_text(rules.read_text().replace("#[cfg(test)]\nmod relations;\n", ""))
    for name, text in DECLARED.items():
        (crate / "src" / name).write_text(text)
    (crate / "Cargo.toml").write_text(
        '[package]\nname = "pure"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n'
        # What changes from mutant to mutant is built fast, the rest runs fast.
        '[profile.dev]\ndebug = false\n\n[profile.dev.package."*"]\nopt-level = 2\n\n'
        f"[dependencies]\n{dependency_lines()}"
    )
    shutil.copyfile(PROJECT / "Cargo.lock", crate / "Cargo.lock")


def key(mutant, crate):
    """What tells a mutant whatever moves above it: its file, the change, and the line as it was."""
    line = mutant["span"]["start"]["line"]
    text = (crate / mutant["file"]).read_text().splitlines()[line - 1].strip()
    change = re.sub(r"^[^:]+:\d+:\d+: ", "", mutant["name"])
    return f"{mutant['file']}: {change} | {text}"


def explained():
    """Mutants that no test can see: each a line, with its reasons indented under it."""
    if not EXPLAINED.exists():
        return set()
    lines = EXPLAINED.read_text().splitlines()
    return {line for line in lines if line and not line.startswith((" ", "#"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", action="append", help="only these files; may be repeated")
    parser.add_argument("--in-diff", help="only what a diff changes")
    arguments = parser.parse_args()

    crate = SCRATCH / "crate"
    make_crate(crate)
    tool = ["--test-tool", "nextest"] if shutil.which("cargo-nextest") else []
    command = ["cargo", "mutants", "--dir", str(crate), "--output", str(SCRATCH), "--in-place",
               "--timeout", str(SECONDS_MAX), "--baseline", "skip", "--no-shuffle", "--colors", "never", *tool]
    for files in arguments.files or MUTATED:
        command += ["--file", files]
    if arguments.in_diff:
        command += ["--in-diff", arguments.in_diff]
    status = subprocess.run(command, cwd=PROJECT).returncode
    outcomes = json.loads((SCRATCH / "mutants.out" / "outcomes.json").read_text())["outcomes"]
    mutants = [outcome for outcome in outcomes if outcome["scenario"] != "Baseline"]
    if not mutants or status not in (0, 2, 3):
        raise SystemExit(f"cargo mutants ended with {status}")
    counts = {}
    for outcome in mutants:
        counts[outcome["summary"]] = counts.get(outcome["summary"], 0) + 1
    missed = [key(outcome["scenario"]["Mutant"], crate) for outcome in mutants if outcome["summary"] == "MissedMutant"]
    known = explained()
    unexplained = sorted(set(missed) - known)
    for line in unexplained:
        print(f"not caught: {line}")
    if not arguments.files and not arguments.in_diff:
        for line in sorted(known - set(missed)):
            print(f"explained, but caught or gone: {line}")
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())), f"- {len(missed)} missed,"
          f" {len(missed) - len(unexplained)} of them explained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
