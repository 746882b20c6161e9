#!/usr/bin/env python3
"""Runs the program and the oracle on the same invented exports and compares their reports.

Each seed makes an export (see boundary.py), some as-of dates and options. The program runs with
several thread counts and batch sizes. All reports must be the same bytes; the rejects report the
same in every column but its free-text message. The first difference of each run is shown with
the record that it comes from, and its files are kept. Parquet needs pyarrow.
"""

import argparse
import datetime
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

import boundary
import oracle

BINARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "target", "release", "renewals")
# Options that say how the work is split. No byte of a report may depend on them.
WORK_SPLITS = [
    [],
    ["--threads", "1"],
    ["--threads", "1", "--batch-bytes", "1024"],
    ["--threads", "2", "--batch-bytes", "1024"],
    ["--threads", "3", "--batch-bytes", "2048"],
    ["--threads", "4", "--batch-bytes", "8192"],
    ["--threads", "8", "--batch-bytes", "65536"],
]
REJECTS_COMPARED = ["file", "line", "byte_offset", "column", "code", "value"]

POLICY_VARIANTS = {
    # The page's later rounds as well, the last of them with a competency left out.
    "rounds": """schema = 1
id = "invented-rounds"
title = "Invented: four rounds"
source = "invented for tests"
[term]
length_days = 365
source = "invented"
[window]
opens_after_days = 1
closes_after_days = 30
source = "invented"
[reminders]
first_offset_days = -15
second_offset_days = 23
source = "invented"
[[exemption]]
name = "Invented round 1"
offer_type = "competency"
anniversary_from = 2020-01-01
anniversary_to = 2020-06-30
extended_to_year = 2021
reactivation_deadline = 2020-06-30
excluded_competencies = []
source = "invented"
[[exemption]]
name = "Invented round 2"
offer_type = "competency"
anniversary_from = 2020-07-01
anniversary_to = 2020-12-31
extended_to_year = 2021
reactivation_deadline = 2020-12-31
excluded_competencies = []
source = "invented"
[[exemption]]
name = "Invented round 3"
offer_type = "competency"
anniversary_from = 2021-01-01
anniversary_to = 2021-06-30
extended_to_year = 2022
excluded_competencies = ["Cloud Business Applications", "devops"]
source = "invented"
""",
    # Every number another one, so that none of them can be written in the code.
    "numbers": """schema = 1
id = "invented-numbers"
title = "Invented: other numbers"
source = "invented for tests"
[term]
length_days = 360
source = "invented"
[window]
opens_after_days = 1
closes_after_days = 20
source = "invented"
[reminders]
first_offset_days = -10
second_offset_days = 12
source = "invented"
[[exemption]]
name = "Invented round"
offer_type = "competency"
anniversary_from = 2020-02-01
anniversary_to = 2020-05-15
extended_to_year = 2021
reactivation_deadline = 2020-07-31
excluded_competencies = ["security"]
source = "invented"
[[exemption]]
name = "Invented round of Action Packs"
offer_type = "action_pack"
anniversary_from = 2020-01-01
anniversary_to = 2020-01-31
extended_to_year = 2021
reactivation_deadline = 2020-03-31
excluded_competencies = []
source = "invented"
""",
    # No exemption at all.
    "plain": """schema = 1
id = "invented-plain"
title = "Invented: no exemption"
source = "invented for tests"
[term]
length_days = 365
source = "invented"
[window]
opens_after_days = 1
closes_after_days = 30
source = "invented"
[reminders]
first_offset_days = -15
second_offset_days = 23
source = "invented"
""",
}


@dataclass
class Export:
    """What one seed makes: input files, and the options that belong to them."""

    inputs: list
    as_of_dates: list
    policy_path: str | None = None
    date_format: str | None = None
    record_bytes_max: int | None = None
    rows: list = field(default_factory=list)

    def policy(self):
        return oracle.load_policy(self.policy_path or oracle.DEFAULT_POLICY)

    def arguments(self):
        arguments = []
        if self.policy_path is not None:
            arguments += ["--policy", self.policy_path]
        if self.date_format is not None:
            arguments += ["--date-format", self.date_format]
        if self.record_bytes_max is not None:
            arguments += ["--max-record-bytes", str(self.record_bytes_max)]
        return arguments


def have_pyarrow():
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True


def make_export(seed, row_count, folder):
    """Writes the seed's input files into the folder."""
    chance = random.Random(seed)
    export = Export([], [])
    export.as_of_dates = [
        datetime.date.fromisoformat(text) for text in chance.sample(boundary.AS_OF_DATES, 3)
    ]
    if chance.random() < 0.25:
        name = chance.choice(list(POLICY_VARIANTS))
        export.policy_path = os.path.join(folder, f"policy-{name}.toml")
        with open(export.policy_path, "w", encoding="utf-8") as file:
            file.write(POLICY_VARIANTS[name])
    if chance.random() < 0.15:
        export.date_format = chance.choice(["%d/%m/%Y", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y"])
    if chance.random() < 0.6:
        export.record_bytes_max = chance.choice([512, 700, 1000, 1500, 4096])
    policy = export.policy()

    def rows(count):
        return boundary.make_rows(chance, count, export.as_of_dates, policy, export.date_format)

    def csv_file(path, count):
        with open(path, "wb") as file:
            file.write(boundary.csv_bytes(
                chance, rows(count), export.record_bytes_max, chance.random() < 0.8
            ))

    def parquet_file(path, count):
        boundary.write_parquet(chance, rows(count), path, export.date_format)

    kinds = ["csv", "csv", "csv", "two csv", "folder"]
    if have_pyarrow():
        kinds += ["parquet", "parquet", "parquet", "mixed", "mixed folder"]
    kind = chance.choice(kinds)
    if "folder" in kind:
        root = os.path.join(folder, "in")
        os.makedirs(os.path.join(root, "b"))
        os.makedirs(os.path.join(root, "_not read"))
        # As path bytes, "a-1.csv" and "b.csv" come before "b/c.csv".
        for name in ["b.csv", "b/c.csv", "b-1.csv", "Z.csv", "é.csv"]:
            csv_file(os.path.join(root, name), row_count // 5)
        for name in [".hidden.csv", "_not read/x.csv"]:
            csv_file(os.path.join(root, name), 3)
        if kind == "mixed folder":
            parquet_file(os.path.join(root, "b", "d.parquet"), row_count // 5)
        export.inputs = [root]
    elif kind in ("mixed", "two csv"):
        first, second = os.path.join(folder, "z.csv"), os.path.join(folder, "y.csv")
        csv_file(first, row_count // 2)
        if kind == "mixed":
            second = os.path.join(folder, "x.parquet")
            parquet_file(second, row_count // 2)
        else:
            csv_file(second, row_count // 2)
        export.inputs = [first, second]
    elif kind == "parquet":
        export.inputs = [os.path.join(folder, "x.parquet")]
        parquet_file(export.inputs[0], row_count)
    else:
        export.inputs = [os.path.join(folder, "x.csv")]
        csv_file(export.inputs[0], row_count)

    limit = export.record_bytes_max or oracle.DEFAULT_RECORD_BYTES_MAX
    export.rows = oracle.read_inputs(export.inputs, limit)
    return export


def draw_report_options(chance, as_of):
    """Options that change a report's rows; as the oracle's arguments and the command line's."""
    horizon = chance.choice([None, None, 0, 1, 15, 30, 90, 365, 400])
    months = chance.choice([None, None, 1, 2, 12, 13, 25])
    days_back = chance.choice([None, 0, 1, 7, 38, 60])
    raw_text = chance.random() < 0.25
    keywords, arguments = {}, []
    if horizon is not None:
        keywords["horizon"] = horizon
        arguments += ["--horizon", str(horizon)]
    if months is not None:
        keywords["forecast_months"] = months
        arguments += ["--forecast-months", str(months)]
    if days_back is not None:
        keywords["reminders_from"] = as_of - oracle.days(days_back)
        arguments += ["--reminders-from", keywords["reminders_from"].isoformat()]
    if raw_text:
        arguments.append("--raw-text")
    return keywords, raw_text, arguments


def split_csv(data):
    """The rows of a report as lists of texts."""
    return [
        [cell.decode("utf-8", "surrogateescape") for cell in record.fields]
        for record in oracle.frame_all(data, ord(","), len(data) + 1)
    ]


def without_message(rows):
    """The compared columns of the rejects report, found by name."""
    header = rows[0] if rows else []
    if any(name not in header for name in REJECTS_COMPARED):
        return rows
    indexes = [header.index(name) for name in REJECTS_COMPARED]
    return [[row[i] if i < len(row) else None for i in indexes] for row in rows]


def show_source(name, row, export):
    """Prints the input records that a report's row comes from."""
    if row is None:
        return
    for source in export.rows:
        if name == "rejects":
            same_file = row[0].lstrip("'") == source.file.lstrip("'")
            here = same_file and row[1] == str(source.line)
        else:
            here = source.cells.get("partner_id", "").strip("'") == row[0].strip("'") != ""
        if here:
            content = source.raw or {key: text for key, text in source.cells.items() if text}
            print(f"    source: {source.file} line {source.line}: {content!r:.2000}")


def first_difference(name, expected_rows, actual_rows, export):
    for index in range(max(len(expected_rows), len(actual_rows))):
        expected = expected_rows[index] if index < len(expected_rows) else None
        actual = actual_rows[index] if index < len(actual_rows) else None
        if expected != actual:
            print(f"  {name}, row {index} (0 = the header):")
            print(f"    oracle:  {expected}")
            print(f"    program: {actual}")
            show_source(name, expected, export)
            if actual is not None and (expected is None or actual[:2] != expected[:2]):
                show_source(name, actual, export)
            return
    print(f"  {name}: same rows, other bytes (quoting, guarding or line endings)")


def compare_reports(expected, out, export):
    """Returns whether all reports are the same; prints the first difference of each."""
    same = True
    for name, data in expected.items():
        path = os.path.join(out, name + ".csv")
        if not os.path.exists(path):
            print(f"  {name}.csv is missing")
            same = False
            continue
        with open(path, "rb") as file:
            actual = file.read()
        if actual == data:
            continue
        expected_rows, actual_rows = split_csv(data), split_csv(actual)
        if name == "rejects":
            expected_rows = without_message(expected_rows)
            actual_rows = without_message(actual_rows)
            if expected_rows == actual_rows:
                continue
        same = False
        first_difference(name, expected_rows, actual_rows, export)
    return same


def run_program(binary, arguments):
    """Returns what went wrong, or None."""
    try:
        run = subprocess.run([binary, *arguments], capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return "no end after 120 s"
    if run.returncode != 0:
        stderr = run.stderr.decode("utf-8", "replace")[-1500:]
        return f"exit {run.returncode}: {stderr}"
    return None


def compare_seed(binary, seed, row_count, folder):
    """Returns the counts of runs that passed and failed."""
    export = make_export(seed, row_count, folder)
    policy = export.policy()
    chance = random.Random(f"options {seed}")
    passed = failed = 0
    for number, as_of in enumerate(export.as_of_dates):
        keywords, raw_text, report_arguments = draw_report_options(chance, as_of)
        decisions, rejects = oracle.evaluate(export.rows, as_of, policy, export.date_format)
        reports = oracle.build_reports(decisions, rejects, as_of, **keywords)
        expected = {
            name: oracle.report_bytes(name, rows, raw_text) for name, rows in reports.items()
        }
        for split_number, split in enumerate(chance.sample(WORK_SPLITS, 3)):
            out = os.path.join(folder, f"out-{number}-{split_number}")
            arguments = ["run", "-q", "--as-of", as_of.isoformat(), "--out", out]
            arguments += ["--formats", "csv"]
            arguments += export.arguments() + report_arguments + split + export.inputs
            problem = run_program(binary, arguments)
            if problem is None and compare_reports(expected, out, export):
                passed += 1
                shutil.rmtree(out)
                continue
            if problem is not None:
                print(f"  {problem}")
            failed += 1
            print(f"FAILED seed {seed}: {binary} {' '.join(arguments)}", flush=True)
            wanted = os.path.join(folder, f"oracle-{number}")
            os.makedirs(wanted, exist_ok=True)
            for name, data in expected.items():
                with open(os.path.join(wanted, name + ".csv"), "wb") as file:
                    file.write(data)
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=BINARY, metavar="PATH", help="the program to test")
    parser.add_argument("--seeds", default="0:20", metavar="A:B", help="from A up to, not with, B")
    parser.add_argument("--rows", type=int, default=400, metavar="N")
    parser.add_argument("--keep", metavar="DIR", help="where the files of failed seeds are kept")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    first, last = (int(part) for part in options.seeds.split(":"))
    if not have_pyarrow():
        print("pyarrow is not installed: CSV only", file=sys.stderr)

    keep = os.path.abspath(options.keep) if options.keep else tempfile.mkdtemp(prefix="oracle-")
    os.makedirs(keep, exist_ok=True)
    passed = failed = 0
    for seed in range(first, last):
        folder = os.path.join(keep, f"seed-{seed}")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        seed_passed, seed_failed = compare_seed(binary, seed, options.rows, folder)
        passed += seed_passed
        failed += seed_failed
        if seed_failed == 0:
            shutil.rmtree(folder)
    if failed:
        print(f"files kept in {keep}")
    elif not options.keep:
        os.rmdir(keep)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
