"""Measures whether time grows with the rows and memory does not: 10 and 100 million rows, and 2,000 files in one run.

    python3 scripts/load/load.py --work DIR

One export of 10 million rows is the measure. The same rows in 2,000 files, and 100 million rows in one file, are run in
turns with it; the reports of the 2,000 files must be those of the one. DIR needs some 25 GB. Processor time is what is
compared, since wall time depends on what else the machine does; both are kept, in results/DATE.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import hashlib
import shutil
import statistics
import subprocess
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LAUNCH = ROOT / "scripts" / "bench" / "launch.py"
sys.path.insert(0, str(ROOT / "scripts" / "bench"))
import machine  # noqa: E402

AS_OF = "2020-06-05"


@dataclass
class Figure:
    """One run."""

    input: str
    rows: int
    files: int
    run: int
    wall: float
    user: float
    system: float
    peak_mib: float

    @property
    def processor(self) -> float:
        return self.user + self.system


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--work", type=Path, required=True, help="directory for exports and reports")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the measure; the large one has ten times as many")
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3, help="runs of each but the large one, which runs once less")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    return parser.parse_args()


def generate(binary: Path, path: Path, rows: int, seed: int) -> None:
    command = ["generate", "--rows", rows, "--seed", seed, "--dirty", "0.001", "--quiet", "--out", path]
    subprocess.run([binary, *map(str, command)], check=True)


def split(export: Path, folder: Path, count: int, rows: int) -> None:
    """The rows of an export in so many files, each with the header, at borders of records."""
    folder.mkdir()
    with export.open("rb") as source:
        header = source.readline()
        size = export.stat().st_size - len(header)
        for number in range(count):
            target = len(header) + size * (number + 1) // count
            with (folder / f"part-{number:05}.csv").open("wb") as part:
                part.write(header)
                part.write(source.read(max(0, target - source.tell())))
                # Lines of spoiled records are records of their own here as in the whole, unless a quote is open:
                # a part ends only before a line that begins like a row.
                while True:
                    place = source.tell()
                    line = source.readline()
                    if not line or begins_a_row(line) and number < count - 1:
                        source.seek(place)
                        break
                    part.write(line)


def begins_a_row(line: bytes) -> bool:
    """Whether a line is one whole sound record without quotes."""
    return line.count(b",") == 12 and b'"' not in line and line[:1].isdigit()


def run(binary: Path, name: str, inputs: Path, rows: int, files: int, number: int, work: Path) -> Figure:
    out = work / f"reports-{name}"
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run(["sync"], check=False)
    command = [binary, "run", "--as-of", AS_OF, "--out", out, "--quiet", inputs]
    launched = [sys.executable, "-I", "-S", LAUNCH, work / "log", *command]
    printed = subprocess.run(list(map(str, launched)), check=True, capture_output=True, text=True).stdout
    code, wall, user, system, peak, _ = printed.split()
    if code != "0":
        raise SystemExit(f"{name}: exit code {code}: {(work / 'log').read_text()}")
    figure = Figure(name, rows, files, number, float(wall), float(user), float(system), int(peak) / 1024)
    print(f"{name:<22} run {number}: {figure.wall:8.2f} s, processor {figure.processor:8.2f} s, {figure.peak_mib:6.1f} MiB", flush=True)
    return figure


def digests(out: Path) -> dict[str, str]:
    """The reports; rejects name files and lines, and what tells of the run tells of its inputs."""
    names = [path for path in sorted(out.glob("*.csv")) if path.name != "rejects.csv"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in names}


def summary(figures: list[Figure], facts: dict[str, str], rows: int) -> str:
    lines = [f"# Load, {datetime.date.today()}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in facts.items()]
    lines += ["", "| input | rows | files | wall, s | processor, s | ns a row | of the measure | peak memory, MiB |", "|---|--:|--:|--:|--:|--:|--:|--:|"]
    measure = None
    for name in dict.fromkeys(figure.input for figure in figures):
        these = [figure for figure in figures if figure.input == name]
        processor = statistics.median(figure.processor for figure in these)
        each = processor / these[0].rows
        measure = measure or each
        wall = statistics.median(figure.wall for figure in these)
        peak = max(figure.peak_mib for figure in these)
        lines.append(
            f"| {name} | {these[0].rows:,} | {these[0].files:,} | {wall:.2f} | {processor:.2f} | {1e9 * each:.0f} "
            f"| {each / measure:.3f} | {peak:.1f} |"
        )
    lines += ["", "Medians of wall and processor time, the greatest peak. Other work on the machine lengthens the wall time most.", ""]
    return "\n".join(lines)


def main() -> None:
    arguments = parse()
    binary, rows = arguments.binary.resolve(), arguments.rows
    work = arguments.work.resolve() / "renewals-load"
    work.mkdir(parents=True)
    figures: list[Figure] = []
    try:
        one, many, large = work / "one.csv", work / "many", work / "large.csv"
        generate(binary, one, rows, 1)
        split(one, many, arguments.files, rows)
        for number in range(1, arguments.runs + 1):
            figures.append(run(binary, "one file", one, rows, 1, number, work))
            figures.append(run(binary, "many files", many, rows, arguments.files, number, work))
        if digests(work / "reports-one file") != digests(work / "reports-many files"):
            raise SystemExit("the reports of the many files are not those of the one")
        shutil.rmtree(many)
        shutil.rmtree(work / "reports-many files")
        generate(binary, large, 10 * rows, 2)
        for number in range(1, arguments.runs):
            figures.append(run(binary, "ten times the rows", large, 10 * rows, 1, number, work))
            figures.append(run(binary, "one file", one, rows, 1, arguments.runs + number, work))
        facts = {
            "CPU": f"{machine.cpu_model()}",
            "memory": f"{machine.memory_gib():.0f} GiB",
            "files on": machine.file_system(work),
            "renewals": f"{machine.printed_by(binary, '--version').split()[-1]}, repository at {machine.git_commit(ROOT)}",
            "export": f"{one.stat().st_size / 1e6:,.0f} MB and {large.stat().st_size / 1e6:,.0f} MB of CSV, 0.1 % of the rows spoiled",
        }
    finally:
        shutil.rmtree(work, ignore_errors=True)
    folder = arguments.results / f"{datetime.date.today()}-{10 * rows}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "raw.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Figure)])
        writer.writerows([[f"{value:.3f}" if isinstance(value, float) else value for value in astuple(figure)] for figure in figures])
    text = summary(figures, facts, rows)
    (folder / "summary.md").write_text(text)
    print("\n" + text)


if __name__ == "__main__":
    main()
