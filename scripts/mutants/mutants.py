"""Mutation testing of the rules and of everything that reads, adds and writes money and dates.

    python3 scripts/mutants/mutants.py
    python3 scripts/mutants/mutants.py --files 'src/rules/date.rs' --name 'in Date::from_lanes'

The modules are copied into a crate of their own under target/mutants, with their tests. cargo-mutants names the changes,
one place at a time, and every change must make a test fail, or be one that no test can see: those are in
explained.txt, each with the reason. Ends with 1 if any is not.

Told of each file: caught, a test failed; timeout, the tests took more than half a minute of processor time, which is no
miss; unviable, the compiler refuses the change; explained; missed.
"""

import argparse
import collections
import json
import re
import subprocess
import sys

from pure_crate import PROJECT, make_crate, write_sources
from explained import explained, keys
from switched import Source, changed, switched_sources
from trial import build, build_errors, try_tests

SCRATCH = PROJECT / "target" / "mutants"
# What is changed: the rest of what is copied is only there to be built with.
MUTATED = ["src/rules/*.rs", "src/finance/exchange.rs", "src/finance/fee_sum.rs", "src/ingest/date_format.rs",
           "src/ingest/mapping/date_forms.rs", "src/ingest/mapping/fee_form.rs", "src/reports/currency.rs",
           "src/formats/date_texts.rs", "src/formats/money.rs", "src/cli/arguments/day.rs"]


def list_mutants(crate, files, *options):
    command = ["cargo", "mutants", "--dir", str(crate), "--list", "--json", "--colors", "never", *options]
    for names in files or MUTATED:
        command += ["--file", names]
    return json.loads(subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE).stdout)


def switched_build(crate, sources, numbered):
    """Builds one program of all mutants that can be switched; which are in it, and which no compiler takes."""
    unviable, evaluated = set(), set()
    while True:
        remaining = [(number, mutant) for number, mutant in numbered if number not in unviable]
        switched, places = switched_sources(sources, remaining, evaluated)
        write_sources(crate, switched)
        program, messages = build(crate)
        if program:
            return program, set(places.values()), unviable, evaluated
        at_fault, constant, other = build_errors(messages, places)
        if not at_fault - unviable and not constant - evaluated:
            raise SystemExit("the crate of all mutants does not build:\n" + "\n".join(other))
        # Where the compiler evaluates a function, its mutants are out of place and not wrong.
        unviable |= set() if constant - evaluated else at_fault
        evaluated |= constant


def outcomes(crate, sources, numbered):
    """Each mutant's number and what became of it, as they come."""
    program, switchable, unviable, evaluated = switched_build(crate, sources, numbered)
    module = {number: mutant["file"].removeprefix("src/").removesuffix(".rs").replace("/", "::")
              for number, mutant in numbered}
    if try_tests(program, 0, "") != "missed":
        raise SystemExit("the tests fail without any change")
    print(f"{len(numbered)} mutants: {len(switchable)} in one program, {len(unviable)} that do not compile, "
          f"{len(numbered) - len(switchable) - len(unviable)} to be built one by one", flush=True)
    for number, _ in numbered:
        if number in unviable:
            yield number, "unviable"
        elif number in switchable:
            yield number, try_tests(program, number, module[number])
    for number, mutant in numbered:
        if number in unviable or number in switchable:
            continue
        name = mutant["file"]
        write_sources(crate, sources | {name: changed(Source(sources[name]), mutant)})
        # Built for a single run of the tests, so that the build counts for more than the run.
        program, _ = build(crate, opt_level="0", incremental="true")
        yield number, try_tests(program, 0, module[number]) if program else "unviable"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", action="append", help="only these files; may be repeated")
    parser.add_argument("--name", default="", help="only mutants whose name has this regular expression")
    parser.add_argument("--in-diff", help="only what a diff changes")
    arguments = parser.parse_args()

    crate = SCRATCH / "crate"
    sources = make_crate(crate)
    listed = list_mutants(crate, arguments.files)
    key_of, known = keys(listed, sources), explained()
    numbered = [(number, mutant) for number, mutant in enumerate(listed, 1)
                if re.search(arguments.name, mutant["name"])]
    if arguments.in_diff:
        changed_by = {mutant["name"] for mutant in list_mutants(crate, arguments.files, "--in-diff", arguments.in_diff)}
        numbered = [(number, mutant) for number, mutant in numbered if mutant["name"] in changed_by]
    if not numbered:
        raise SystemExit("there is no such mutant")

    counts, missed = collections.defaultdict(collections.Counter), set()
    for number, outcome in outcomes(crate, sources, numbered):
        if outcome == "missed":
            missed.add(key_of[number])
            outcome = "explained" if key_of[number] in known else "missed"
        counts[listed[number - 1]["file"]][outcome] += 1
        if outcome not in ("caught", "explained"):
            print(f"{outcome}: {key_of[number]}", flush=True)
    is_all = not (arguments.files or arguments.name or arguments.in_diff)
    gone = (known if is_all else known & {key_of[number] for number, _ in numbered}) - missed
    for line in sorted(gone):
        print(f"explained, but caught or gone: {line}")
    for file, outcome in sorted(counts.items()):
        print(f"{file}: {words(outcome)}")
    total = sum(counts.values(), collections.Counter())
    print(f"all {total.total()}: {words(total)}")
    return 1 if total["missed"] or gone else 0


def words(counts):
    return ", ".join(f"{outcome} {count}" for outcome, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
