"""Measures one run on 100 million rows and one on 2,000 files against runs on 10 million rows in one file.

    python3 scripts/load/load.py --work /var/tmp

Makes invented exports with spoiled rows, has the program publish the reports of each, in turns, and judges: time per row
and peak memory must be those of the smaller run within 10 %. What is published of 2,000 files must be what is published
of one, byte for byte, but for the names of the files; the reports of 100 million rows must verify. Figures are kept in
scripts/load/results. Needs Python 3.11 and, for 100 million rows, 32 GB of disk.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
sys.path.append(str(REPOSITORY / "scripts" / "bench"))

import machine
import measurement
import pieces
import results
import verdict

AS_OF = "2020-06-05"
# What a row takes as CSV, as Parquet and in the reports, with some room; the smaller exports come on top.
BYTES_PER_ROW = 260


@dataclass(frozen=True)
class Case:
    """One run of the program that is measured."""

    kind: str
    shape: str
    rows: int
    source: Path

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.rows:,} rows{', ' + self.shape if self.shape else ''}"

    def files(self) -> list[Path]:
        return sorted(self.source.iterdir()) if self.source.is_dir() else [self.source]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=REPOSITORY / "target" / "release" / "renewals")
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the smaller exports [%(default)s]")
    parser.add_argument("--rows-large", type=int, default=100_000_000, help="of the large ones; 0 leaves them out [%(default)s]")
    parser.add_argument("--files", type=int, default=2_000, help="of the export that is many files [%(default)s]")
    parser.add_argument("--kinds", default="csv,parquet", help="of the exports [%(default)s]")
    parser.add_argument("--runs", type=int, default=5, help="of each smaller export [%(default)s]")
    parser.add_argument("--runs-large", type=int, default=1, help="of each large export [%(default)s]")
    parser.add_argument("--dirty", default="0.001", help="share of rows to spoil [%(default)s]")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--input-cache", choices=["evicted", "as-it-is"], default="evicted", help="of the system, before each run [%(default)s]")
    parser.add_argument("--settle", type=float, default=15, metavar="SECONDS", help="before each run, for the host of a virtual machine to take back free memory [%(default)s]")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()), help="where data and reports go [%(default)s]")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def evict(path: Path) -> None:
    """Takes a file out of the page cache, so that a large input and a small one are both read from the disk."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Load:
    """The exports, and the figures so far."""

    def __init__(self, arguments: argparse.Namespace, work: Path):
        self.arguments, self.binary, self.work, self.out = arguments, arguments.binary.resolve(), work, work / "out"
        self.figures: list[results.Figure] = []
        self.loads: list[float] = []
        self.published: dict[str, dict[str, str]] = {}
        self.pieces: dict[str, pieces.Piece] = {}
        self.checked: list[str] = []

    def generate(self, kind: str, rows: int) -> Case:
        path = self.work / f"export-{rows}.{kind}"
        say(f"making {rows:,} rows as {kind}")
        options = ["--rows", rows, "--seed", self.arguments.seed, "--dirty", self.arguments.dirty, "--as-of", AS_OF]
        subprocess.run([self.binary, "generate", "--quiet", *map(str, options), "--out", path], check=True)
        return Case(kind, "", rows, path)

    def split(self, case: Case) -> Case:
        say(f"splitting them into {self.arguments.files:,} files")
        folder = self.work / "pieces"
        self.pieces = pieces.split(case.source, folder, self.arguments.files, case.rows)
        return Case(case.kind, f"{self.arguments.files:,} files", case.rows, folder)

    def run(self, case: Case, number: int) -> None:
        """One measured run, and a look at what it has published."""
        command = [str(word) for word in [self.binary, "run", "--as-of", AS_OF, "--quiet", "--out", self.out, case.source]]
        shutil.rmtree(self.out, ignore_errors=True)
        os.sync()
        if self.arguments.input_cache == "evicted":
            for path in case.files():
                evict(path)
        time.sleep(self.arguments.settle)
        busy = os.getloadavg()[0]
        taken = measurement.run(command, self.work / "log")
        say(f"{case.name}, run {number}: {taken.wall_seconds:.2f} s, {taken.cpu_seconds:.2f} s of CPU, {taken.peak_memory_bytes / results.MIB:.1f} MiB; load before it {busy:.2f}")
        shown = shlex.join(command).replace(str(self.binary), "renewals").replace(str(self.work), "$WORK")
        self.figures.append(results.Figure(case.kind, case.name, number, taken, shown))
        self.loads.append(busy)
        self.check(case)

    def check(self, case: Case) -> None:
        """The reports verify, hold all rows, and are the same in every run on the same rows."""
        verify = subprocess.run([self.binary, "verify", self.out], capture_output=True, text=True, check=False)
        if verify.returncode != 0:
            raise SystemExit(f"{case.name}: verify: {verify.stdout}{verify.stderr}")
        rows = json.loads((self.out / "summary.json").read_text(encoding="utf-8"))["rows"]
        if rows["read"] != case.rows or rows["evaluated"] + rows["rejected"] != case.rows:
            raise SystemExit(f"{case.name}: the summary has {rows}")
        content = pieces.content_of(self.out)
        if case.kind == "csv":
            content["rejects.csv, by their place in the one file"] = pieces.rejects_of(self.out, self.pieces)
        content["summary.json, but for the inputs"] = pieces.summary_of(self.out)
        expected = self.published.setdefault(f"{case.kind} {case.rows}", content)
        different = [name for name in {*content, *expected} if content.get(name) != expected.get(name)]
        if different:
            raise SystemExit(f"{case.name}: other than before: {', '.join(sorted(different))}")
        told = f"{case.name}: {verify.stdout.partition(',')[0]}, {len(content)} files the same in every run and shape, {rows['rejected']:,} rows rejected"
        if told not in self.checked:
            self.checked.append(told)


def measure(load: Load) -> list[verdict.Pair]:
    """Makes the exports, runs on them in turns, the large ones in the midst, and says what is to be compared."""
    arguments = load.arguments
    small, large, pairs = [], [], []
    for kind in arguments.kinds.split(","):
        one = load.generate(kind, arguments.rows)
        small.append(one)
        if kind == "csv":
            many = load.split(one)
            small.append(many)
            pairs.append(verdict.Pair(one, many))
        if arguments.rows_large:
            large.append(load.generate(kind, arguments.rows_large))
            pairs.append(verdict.Pair(one, large[-1]))
    for number in range(arguments.runs):
        first = number % len(small)
        for case in small[first:] + small[:first]:
            load.run(case, number + 1)
        if number == arguments.runs // 2:
            for number_large in range(arguments.runs_large):
                for case in large:
                    load.run(case, number_large + 1)
    return pairs


def run_in(work: Path, arguments: argparse.Namespace) -> int:
    load = Load(arguments, work)
    started = datetime.date.today()
    pairs = measure(load)
    facts = {
        **machine.facts(REPOSITORY, load.binary, work),
        "inputs": "taken out of the page cache before each run" if arguments.input_cache == "evicted" else "in the page cache as far as they fit",
        "waited before each run": f"{arguments.settle:g} s",
        "load average before a run": f"{min(load.loads):.2f} to {max(load.loads):.2f}",
    }
    text, holds = verdict.markdown(started, facts, load.figures, pairs, load.checked)
    folder = arguments.results / f"{started}-{max(arguments.rows, arguments.rows_large)}-{arguments.kinds.replace(',', '-')}"
    folder.mkdir(parents=True, exist_ok=True)
    results.write_raw(folder / "raw.csv", load.figures)
    (folder / "summary.md").write_text(text, encoding="utf-8")
    print(text)
    say(f"kept in {folder}")
    return 0 if holds else 1


def main() -> None:
    # Ending by an exception removes the working folder, which holds gigabytes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    arguments = parse()
    needed = BYTES_PER_ROW * (arguments.rows_large + 2 * arguments.rows)
    free = shutil.disk_usage(arguments.work).free
    if free < needed:
        raise SystemExit(f"{arguments.work}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")
    with tempfile.TemporaryDirectory(prefix="renewals-load-", dir=arguments.work) as work:
        raise SystemExit(run_in(Path(work), arguments))


if __name__ == "__main__":
    main()
