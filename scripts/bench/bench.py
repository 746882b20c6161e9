#!/usr/bin/env python3
"""Measures renewals against Polars, DuckDB and DataFusion on the same job, and checks that all write the same rows.

Makes an invented export, has every tool write the six reports from it in turns, and keeps the figures
in a folder of results. Needs Python 3.11 or later, and pip's index once for the peers.
"""

import argparse
import datetime
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import machine
import measurement
import peers_environment
import results
import scenarios
from scenarios import HERE, REPOSITORY

SHARED_MEMORY = Path("/dev/shm")
# What a row takes on disk in both formats and in the reports, with some room; and that with the halves of the CSV.
BYTES_PER_ROW = 260
BYTES_PER_ROW_WITH_HALVES = 400
COPY_BYTES = 2**20


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000, metavar="N")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="measured runs of each tool")
    parser.add_argument("--binary", type=Path, default=REPOSITORY / "target" / "release" / "renewals", metavar="PATH")
    parser.add_argument(
        "--work", type=Path, metavar="DIR",
        help="where data and reports go [default: in memory, under /dev/shm, where there is one]",
    )
    parser.add_argument(
        "--only", nargs="+", choices=scenarios.SCENARIO_KEYS, default=scenarios.SCENARIO_KEYS, metavar="SCENARIO",
        help=f"of {', '.join(scenarios.SCENARIO_KEYS)}",
    )
    parser.add_argument(
        "--tools", nargs="*", choices=scenarios.PEERS, default=scenarios.PEERS, metavar="PEER",
        help=f"of {', '.join(scenarios.PEERS)}",
    )
    parser.add_argument(
        "--rows-large", type=int, metavar="N", help="also measure the memory of renewals on so many rows",
    )
    parser.add_argument("--work-large", type=Path, metavar="DIR", help="where these go [default: as --work]")
    parser.add_argument("--seed", type=int, default=7, metavar="S", help="of the invented export")
    parser.add_argument("--as-of", default="2020-06-05", metavar="DATE", help="of the reports")
    parser.add_argument(
        "--export-as-of", metavar="DATE", help="day the invented export is made for [default: as --as-of]",
    )
    parser.add_argument("--check-only", action="store_true", help="compare the reports, measure nothing")
    parser.add_argument(
        "--venv", type=Path, default=HERE / ".venv", metavar="DIR", help="virtual environment of the peers",
    )
    parser.add_argument("--results", type=Path, default=HERE / "results", metavar="DIR")
    arguments = parser.parse_args()
    # Absolute, so that the commands that are kept can be shown without this machine's folders.
    for name in ("binary", "venv", "results", "work_large"):
        path = getattr(arguments, name)
        setattr(arguments, name, path and path.absolute())
    if not arguments.binary.exists():
        parser.error(f"{arguments.binary} is not there: cargo build --release")
    return arguments


def say(text):
    print(text, file=sys.stderr, flush=True)


def refuse_small_disk(folder, needed):
    """Stops before a long benchmark ends in a full disk."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        sys.exit(f"{folder}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free")


class Bench:
    """One benchmark: its setting, and the figures so far."""

    def __init__(self, setting, seed, export_as_of, shown_paths):
        self.setting = setting
        self.export_options = ["--seed", str(seed), "--as-of", export_as_of]
        self.shown_paths = shown_paths
        self.figures = []
        self.comparisons = {}
        self.known_digests = {}

    def shown(self, command):
        """The command without the paths of this machine."""
        text = shlex.join(command)
        for path, name in self.shown_paths.items():
            text = text.replace(str(path), name)
        return text

    def make_data(self, setting, rows, suffix):
        path = setting.data(rows, suffix)
        say(f"making {rows:,} rows as {suffix}")
        command = [setting.binary, "generate", "--quiet", "--rows", str(rows), *self.export_options, "--out", path]
        subprocess.run(command, check=True)

    def make_halves(self):
        """Splits the CSV export for the floor, at any byte: only line ends are counted there."""
        source, _ = self.setting.inputs()
        size = source.stat().st_size
        with open(source, "rb") as whole:
            for path, end in zip(self.setting.halves(), (size // 2, size), strict=True):
                with open(path, "wb") as half:
                    while whole.tell() < end:
                        half.write(whole.read(min(COPY_BYTES, end - whole.tell())))

    def start_fresh(self, task):
        """No run pays for the files of the one before."""
        shutil.rmtree(task.out, ignore_errors=True)
        os.sync()

    def run(self, setting, task):
        self.start_fresh(task)
        return measurement.run(task.command, setting.work / "log")

    def digests(self, task):
        """What report_digest.py says of a task's reports.

        Most runs write the same bytes as one before them, and telling that takes a fraction of the time.
        """
        content = hashlib.blake2b()
        for path in sorted(task.out.glob(f"*.{task.report_format}")):
            with open(path, "rb") as file:
                content.update(hashlib.file_digest(file, "blake2b").digest())
        key = content.digest()
        if key not in self.known_digests:
            command = [self.setting.peers_python, HERE / "report_digest.py", task.out]
            if task.report_format == "parquet":
                command.append("--parquet")
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            self.known_digests[key] = json.loads(printed)
        return self.known_digests[key]

    def compare(self, scenario):
        """Runs each task once and compares its reports with those of renewals. Returns whether all are the same."""
        expected = None
        for task in scenario.tasks:
            self.run(self.setting, task)
            if not task.report_format:
                continue
            found = self.digests(task)
            expected = expected or found
            same_rows = {
                name: (found[name]["rows"], found[name]["any_order"]) == (wanted["rows"], wanted["any_order"])
                for name, wanted in expected.items()
            }
            comparison = results.Comparison(all(same_rows.values()), found == expected)
            self.comparisons[scenario.key, task.tool] = comparison
            counts = ", ".join(f"{name} {report['rows']:,}" for name, report in found.items())
            say(f"{scenario.title}, {task.tool}: same rows: {comparison.words()} ({counts})")
            for name, same in same_rows.items():
                if not same:
                    say(f"  {name} differs: {found[name]} is not {expected[name]}")
        return all(self.comparisons[scenario.key, task.tool].same_rows for task in scenario.tasks if task.report_format)

    def measure(self, setting, scenario, number):
        """One round: every task once, each round beginning with another one."""
        first = number % len(scenario.tasks)
        for task in scenario.tasks[first:] + scenario.tasks[:first]:
            taken = self.run(setting, task)
            say(f"run {number + 1}, {scenario.title}, {task.tool}: {taken.wall_seconds:.3f} s")
            self.figures.append(
                results.Figure(scenario.key, task.tool, number + 1, taken, self.shown(task.command))
            )

    def report_bytes(self):
        """What the six reports of renewals take as CSV."""
        source, _ = self.setting.inputs()
        task = self.setting.renewals(source)
        self.run(self.setting, task)
        reports = (path for path in task.out.glob("*.csv") if path.stem != "rejects")
        return sum(path.stat().st_size for path in reports)


def add_floor(scenario, setting, report_bytes):
    if scenario.key != "csv":
        return scenario
    return replace(scenario, tasks=[*scenario.tasks, setting.floor(report_bytes)])


def measure_large(bench, rows_large, work):
    """The program's memory on a large export and on the usual one beside it, made and removed here."""
    row_counts = [bench.setting.rows, rows_large]
    refuse_small_disk(work, sum(row_counts) * BYTES_PER_ROW)
    with tempfile.TemporaryDirectory(prefix="renewals-bench-large-", dir=work) as folder:
        setting = replace(bench.setting, work=Path(folder))
        bench.shown_paths[setting.work] = "$WORK_LARGE"
        for rows in row_counts:
            for suffix in ("csv", "parquet"):
                bench.make_data(setting, rows, suffix)
        scenario = setting.memory_scenario(row_counts)
        bench.measure(setting, scenario, 0)
    return scenario


def run_in(work, arguments):
    """The whole benchmark in a working folder. Returns the exit code."""
    python = peers_environment.set_up(arguments.venv)
    setting = scenarios.Setting(arguments.binary, python, work, arguments.as_of, arguments.rows, arguments.tools)
    shown_paths = {arguments.venv: "$VENV", work: "$WORK", f"{REPOSITORY}/": "", arguments.binary: "renewals"}
    bench = Bench(setting, arguments.seed, arguments.export_as_of or arguments.as_of, shown_paths)
    for suffix in ("csv", "parquet"):
        bench.make_data(setting, arguments.rows, suffix)
    bench.make_data(setting, scenarios.SMALL_ROWS, "csv")
    bench.make_halves()

    report_bytes = bench.report_bytes()
    chosen = [add_floor(scenario, setting, report_bytes) for scenario in setting.scenarios(arguments.only)]
    if not all([bench.compare(scenario) for scenario in chosen]):
        say("the tools do not agree; nothing is measured")
        return 1
    if arguments.check_only:
        return 0

    started = datetime.date.today()
    for number in range(arguments.runs):
        for scenario in chosen:
            bench.measure(setting, scenario, number)
    input_bytes = {path.suffix[1:]: path.stat().st_size for path in setting.inputs()}
    facts = machine.facts_with_peers(REPOSITORY, arguments.binary, python, work)
    if arguments.rows_large:
        work_large = arguments.work_large or work
        facts["large files on"] = machine.file_system(work_large)
        chosen.append(measure_large(bench, arguments.rows_large, work_large))

    heading = f"{arguments.rows:,} rows, as of {arguments.as_of}, {arguments.runs} runs each, {started}"
    summary = results.Summary(bench.figures, bench.comparisons, len(os.sched_getaffinity(0)))
    text = summary.markdown(heading, facts, chosen, input_bytes, report_bytes)
    folder = arguments.results / f"{started}-{arguments.rows}"
    folder.mkdir(parents=True, exist_ok=True)
    results.write_raw(folder / "raw.csv", bench.figures)
    (folder / "summary.md").write_text(text, encoding="utf-8")
    print(text)
    say(f"kept in {folder}")
    return 0


def main():
    # Ending by an exception removes the working folder, which holds gigabytes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    arguments = parse_arguments()
    parent = arguments.work or (SHARED_MEMORY if SHARED_MEMORY.is_dir() else Path(tempfile.gettempdir()))
    parent = parent.absolute()
    parent.mkdir(parents=True, exist_ok=True)
    refuse_small_disk(parent, arguments.rows * BYTES_PER_ROW_WITH_HALVES)
    say(f"working in {parent} ({machine.file_system(parent)})")
    with tempfile.TemporaryDirectory(prefix="renewals-bench-", dir=parent) as work:
        return run_in(Path(work), arguments)


if __name__ == "__main__":
    sys.exit(main())
