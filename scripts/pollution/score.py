"""Reads the files of tests/pollution by the program, Polars and DuckDB, and counts what became of each row.

    python3 scripts/pollution/score.py

Beside each file lies the truth: the rows as whoever exported them meant them. A row that comes out as meant is right; one
that a reader rejects and can name is named; one that is gone without a word is lost; one that comes out as no row of the
truth is wrong in silence. The peers get the contract's types (dates, decimals, enumerations), strict as they come and once
more told to go on after errors. They run in an environment of their own, in the versions of scripts/bench.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "tests" / "pollution"
CELLS = "partner_id,partner_name,country,offer_type,offer_name,level,purchase_date,renewal_start_date,fee,currency".split(",")
AS_OF = "2020-06-05"
OUTCOMES = ["right", "named", "file refused", "pointed at", "lost", "wrong in silence"]


@dataclass
class Reading:
    """What a reader made of a file: rows, and the lines that it named as bad; or nothing, and why."""

    rows: list[tuple] = field(default_factory=list)
    named: set[int] = field(default_factory=set)
    pointed: set[int] = field(default_factory=set)
    refused: str = ""


def normal(cell: object, name: str) -> str:
    """A cell as text, the same whatever type it came in."""
    text = "" if cell is None else str(cell)
    if name == "fee" and text:
        return str(Decimal(text).normalize())
    return text


def truth_of(path: Path) -> list[tuple[int, str, tuple]]:
    """Line, what the program is expected to make of it, and the cells, of each row that somebody meant."""
    with path.with_name(path.name + ".truth").open(newline="") as file:
        rows = list(csv.DictReader(file))
    meant = [(int(row["line"]), row["expected"], tuple(normal(row[name], name) for name in CELLS)) for row in rows]
    return [row for row in meant if any(row[2])]


def judge(path: Path, reading: Reading) -> Counter[str]:
    """What became of each row of a file."""
    outcomes: Counter[str] = Counter()
    left = Counter(reading.rows)
    for line, _, cells in truth_of(path):
        if reading.refused:
            outcomes["file refused"] += 1
        elif left[cells] > 0:
            left[cells] -= 1
            outcomes["right"] += 1
        elif line in reading.named:
            outcomes["named"] += 1
        elif line in reading.pointed:
            outcomes["pointed at"] += 1
        else:
            outcomes["lost"] += 1
    wrong = left.total() - outcomes["pointed at"]
    # A row that came out otherwise is wrong, not lost.
    outcomes["lost"] = max(0, outcomes["lost"] - max(0, wrong))
    outcomes["wrong in silence"] += max(0, wrong)
    return outcomes


def by_program(binary: Path, python: Path, path: Path) -> Reading:
    """The decision table has every row that was read, as it was read."""
    import json

    with tempfile.TemporaryDirectory(prefix="renewals-pollution-") as temporary:
        out = Path(temporary) / "reports"
        run = [binary, "run", "--as-of", AS_OF, "--out", out, "--decisions", "--raw-text", "--quiet", path]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return Reading(refused=done.stderr)
        shown = subprocess.run([python, Path(__file__).with_name("peers.py"), "rows", out / "decisions.parquet"], capture_output=True, check=True)
        rows = [tuple(normal(cell, name) for cell, name in zip(row, CELLS)) for row in json.loads(shown.stdout)["rows"]]
        with (out / "rejects.csv").open(newline="") as file:
            named = {int(row["line"]) for row in csv.DictReader(file)}
    check = [binary, "check", "--json", "--examples", "1000", "--as-of", AS_OF, path]
    found = json.loads(subprocess.run(check, capture_output=True, check=False).stdout)
    pointed = {example["line"] for told in found["suspicions"] for example in told["examples"]}
    return Reading(rows, named, pointed)


def by_peer(python: Path, mode: str, path: Path) -> Reading:
    import json

    done = subprocess.run([python, Path(__file__).with_name("peers.py"), mode, path], capture_output=True, check=False)
    if done.returncode != 0:
        return Reading(refused=done.stderr.decode(errors="replace") or f"exit code {done.returncode}")
    told = json.loads(done.stdout)
    if told["refused"]:
        return Reading(refused=told["refused"])
    rows = [tuple(normal(cell, name) for cell, name in zip(row, CELLS)) for row in told["rows"]]
    return Reading(rows, set(told["named"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--environment", type=Path, default=Path(__file__).parent / "environment")
    parser.add_argument("--details", action="store_true", help="say of each file what each reader made of it")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "scripts" / "bench"))
    import peers_environment

    python = Path(peers_environment.set_up(arguments.environment))
    readers = {
        "renewals": lambda path: by_program(arguments.binary.resolve(), python, path),
        "Polars": lambda path: by_peer(python, "polars", path),
        "Polars, going on": lambda path: by_peer(python, "polars-on", path),
        "DuckDB": lambda path: by_peer(python, "duckdb", path),
        "DuckDB, going on": lambda path: by_peer(python, "duckdb-on", path),
    }
    files = sorted(CORPUS.glob("*.csv"))
    totals = {name: Counter() for name in readers}
    for path in files:
        for name, read in readers.items():
            outcomes = judge(path, read(path))
            totals[name] += outcomes
            if arguments.details:
                told = ", ".join(f"{outcomes[what]} {what}" for what in OUTCOMES if outcomes[what])
                print(f"{path.stem:<48} {name:<18} {told}", flush=True)
    print(f"{len(files)} files, {totals['renewals'].total()} rows\n")
    print(f"| {'reader':<18} | " + " | ".join(OUTCOMES) + " |")
    print("|" + "---|" * (len(OUTCOMES) + 1))
    for name, outcomes in totals.items():
        print(f"| {name:<18} | " + " | ".join(str(outcomes[what]) for what in OUTCOMES) + " |")
    silent = totals["renewals"]["lost"] + totals["renewals"]["wrong in silence"]
    raise SystemExit(1 if silent else 0)


if __name__ == "__main__":
    main()
