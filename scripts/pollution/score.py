"""The polluted files of the tests through renewals, Polars and DuckDB: what becomes of each row.

    python3 scripts/pollution/score.py

Every line of `tests/pollution` has its truth beside it: the row as it was meant, or none where the line is no row. With
each tool a line is *right* (the row comes out as meant, or none does), *named* (the tool says that it is wrong, with its
line), *pointed at* (only `renewals check` says that it is likely wrong, and a run reads it), *refused* with its whole
file, or *silent*: it comes out as something else, or not at all, and nothing says so.

Ends with 1 if a line is silent with renewals. Needs Python 3.11 and, the first time, pip's index for the other two.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CORPUS = ROOT / "tests" / "pollution"
AS_OF = "2020-06-05"
OUTCOMES = ["right", "named", "pointed at", "refused", "silent"]

sys.path.insert(0, str(HERE.parent / "bench"))
import peers_environment  # noqa: E402
from truth_cells import CELLS  # noqa: E402


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--venv", type=Path, default=HERE.parent / "bench" / ".venv", help="virtual environment of the other tools")
    parser.add_argument("--files", action="store_true", help="also each file's lines that are silent with a tool")
    return parser.parse_args()


def canonical(cells: list[str]) -> tuple[str, ...]:
    """Cells in which a fee has one spelling."""
    fee = cells[CELLS.index("fee")]
    try:
        fee = format(Decimal(fee).normalize(), "f") if fee else ""
    except InvalidOperation:
        pass
    return tuple(fee if name == "fee" else cell for name, cell in zip(CELLS, cells))


def truth_of(path: Path) -> list[dict]:
    with path.with_name(path.name + ".truth").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_by_renewals(binary: Path, python: Path, path: Path, work: Path) -> dict:
    out = work / "reports"
    options = ["--decisions", "--raw-text", "--on-duplicate", "ignore", "--quiet", "--no-skip"]
    command = [binary, "run", "--as-of", AS_OF, "--out", out, *options, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 65:
        return {"refused": done.stderr.partition("\n")[0]}
    if done.returncode != 0:
        raise SystemExit(f"{path.name}: exit code {done.returncode}: {done.stderr}")
    printed = subprocess.run(
        [python, HERE / "read_with.py", "--parquet", out / "decisions.parquet"], capture_output=True, text=True, check=True
    ).stdout
    with (out / "rejects.csv").open(newline="", encoding="utf-8") as file:
        named = [int(row["line"]) for row in csv.DictReader(file)]
    command = [binary, "check", "--json", "--examples", "1000", "--as-of", AS_OF, path]
    checked = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    pointed = [example["line"] for told in checked["suspicions"] for example in told["examples"] if "line" in example]
    return {"rows": json.loads(printed), "named": named, "pointed": pointed}


def outcomes(truth: list[dict], found: dict) -> list[str]:
    """What became of each line of the truth."""
    if "refused" in found:
        return ["refused"] * len(truth)
    rows = Counter(canonical(row) for row in found["rows"])
    meant = [canonical([line[name] for name in CELLS]) for line in truth]
    told = []
    for row in meant:
        is_right = any(row) and rows[row] > 0
        rows[row] -= is_right
        told.append("right" if is_right else "")
    others = rows.total()
    for index, (line, row) in enumerate(zip(truth, meant)):
        number = int(line["line"])
        if told[index]:
            continue
        if number in found["named"]:
            told[index] = "named"
        elif number in found.get("pointed", []):
            told[index], others = "pointed at", others - 1
        elif any(row) or others > 0:
            told[index], others = "silent", others - 1
        else:
            told[index] = "right"
    # Rows that no line of the file is.
    return told + ["silent"] * max(0, others)


def main() -> None:
    arguments = parse()
    python = peers_environment.set_up(arguments.venv.absolute())
    paths = sorted(CORPUS.glob("*.csv"))
    printed = subprocess.run([python, HERE / "read_with.py", *paths], capture_output=True, text=True, check=True).stdout
    by_file = json.loads(printed)
    score: dict[str, Counter[str]] = {}
    silent_files: dict[str, list[str]] = {}
    for path in paths:
        with tempfile.TemporaryDirectory(prefix="renewals-pollution-") as work:
            ours = read_by_renewals(arguments.binary.resolve(), python, path, Path(work))
        for tool, found in {"renewals": ours, **by_file[path.name]}.items():
            told = outcomes(truth_of(path), found)
            score.setdefault(tool, Counter()).update(told)
            if "silent" in told:
                silent_files.setdefault(tool, []).append(f"{path.stem} ({told.count('silent')})")
            if "pointed at" in told:
                print(f"pointed at by `renewals check` only: {path.stem} ({told.count('pointed at')} of {len(told)} lines)")
    print(f"\n{len(paths)} files, {sum(len(truth_of(path)) for path in paths)} lines\n")
    print("| tool | " + " | ".join(OUTCOMES) + " | files with silent lines |")
    print("|---|" + "---:|" * (len(OUTCOMES) + 1))
    for tool, counts in score.items():
        figures = [counts[outcome] for outcome in OUTCOMES] + [len(silent_files.get(tool, []))]
        print(f"| {tool} | " + " | ".join(map(str, figures)) + " |")
    if arguments.files:
        for tool, files in silent_files.items():
            print(f"\n{tool}: {', '.join(files)}")
    raise SystemExit(1 if score["renewals"]["silent"] else 0)


if __name__ == "__main__":
    main()
