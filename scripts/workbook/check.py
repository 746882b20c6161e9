#!/usr/bin/env python3
"""Opens a published workbook with openpyxl and with LibreOffice, and compares every total with the CSV beside it.

    python3 -m venv venv && venv/bin/pip install -r scripts/workbook/requirements.txt
    renewals run --as-of 2020-06-05 --out reports --formats csv,xlsx export.csv
    venv/bin/python scripts/workbook/check.py reports

Compared are the rows of each report and, by currency, the exact sum of each column of amounts and estimates, and the
sum of each column of counts. LibreOffice (`soffice`, Debian's libreoffice-calc) opens the workbook without a screen and
writes every sheet as CSV; with --pictures DIR it also prints the workbook to PDF there, to be looked at.

Ends with 0 if all is equal, and names what is not.
"""

import argparse
import csv
import glob
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from decimal import Decimal

import openpyxl

WORKBOOK = "renewals.xlsx"
NUMBER = re.compile(r"(-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?)(%?)")
# Columns that hold texts though they look like numbers, and dates.
NOT_SUMMED = {"partner_id", "partner_name", "country", "offer_name", "file", "value", "message", "month"}


def is_summed(column):
    """Whether a column holds amounts, estimates or counts."""
    return column not in NOT_SUMMED and not column.endswith(("_date", "_on", "_by", "_reminder", "_anniversary")) \
        and not column.startswith("window_")


class Totals:
    """Rows of a report, and its sums by column and currency."""

    def __init__(self):
        self.rows = 0
        self.sums = defaultdict(Decimal)

    def add(self, header, row):
        """Adds a row of texts."""
        self.rows += 1
        currency = row[header.index("currency")] if "currency" in header else ""
        for column, text in zip(header, row):
            number = NUMBER.fullmatch(text) if is_summed(column) else None
            if number:
                # LibreOffice writes a rate as a percentage, with all its digits.
                self.sums[column, currency] += Decimal(number[1]) / (100 if number[4] else 1)


def text_of(value):
    """A cell of openpyxl as text: a float as the shortest decimal that is the same float."""
    if value is None:
        return ""
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def of_rows(rows, totals):
    """Adds rows, the first of which is the header, to totals."""
    rows = iter(rows)
    header = next(rows)
    for row in rows:
        totals.add(header, row)


def of_csv(path):
    """The totals of a CSV report."""
    totals = Totals()
    with open(path, newline="", encoding="utf-8") as file:
        of_rows(csv.reader(file), totals)
    return totals


def sheets_of(names, report):
    """The sheets that a report has among those of a workbook."""
    return [name for name in names if re.fullmatch(re.escape(report) + r"( \([0-9]+\))?", name)]


def by_openpyxl(directory, reports):
    """The totals of each report as openpyxl reads the workbook."""
    book = openpyxl.load_workbook(os.path.join(directory, WORKBOOK), read_only=True)
    found = {}
    for report in reports:
        found[report] = Totals()
        for name in sheets_of(book.sheetnames, report):
            of_rows(([text_of(value) for value in row] for row in book[name].iter_rows(values_only=True)), found[report])
    return found


def convert(directory, kind, out):
    """Lets LibreOffice write the workbook in another format."""
    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", "-env:UserInstallation=file://" + profile, "--headless", "--convert-to", kind,
                   "--outdir", out, os.path.join(directory, WORKBOOK)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=1800)


def by_libreoffice(directory, reports):
    """The totals of each report as LibreOffice reads the workbook."""
    found = {}
    with tempfile.TemporaryDirectory() as out:
        # Comma, quotes, UTF-8, from line 1, values and not what is shown of them, and every sheet in a file of its own.
        convert(directory, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1", out)
        stem = os.path.join(out, os.path.splitext(WORKBOOK)[0] + "-")
        names = [path[len(stem):-len(".csv")] for path in glob.glob(glob.escape(stem) + "*.csv")]
        for report in reports:
            found[report] = Totals()
            for name in sheets_of(names, report):
                with open(f"{stem}{name}.csv", newline="", encoding="utf-8") as file:
                    of_rows(csv.reader(file), found[report])
    return found


def compare(reader, found, expected):
    """Prints what differs, and returns the number of differences."""
    differences = 0
    totals = 0
    for report, right in expected.items():
        left = found[report]
        for key in [("rows", "")] + sorted(set(left.sums) | set(right.sums)):
            pair = (left.rows, right.rows) if key[0] == "rows" else (left.sums.get(key), right.sums.get(key))
            totals += 1
            if pair[0] != pair[1]:
                differences += 1
                if differences <= 20:
                    print(f"{reader}: {report}.{key[0]} {key[1]}: {pair[0]} in the workbook, {pair[1]} in CSV")
    rows = sum(right.rows for right in expected.values())
    print(f"{reader}: {len(expected)} reports, {rows} rows, {totals} totals compared, {differences} differ")
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", help="a directory published with --formats csv,xlsx")
    parser.add_argument("--pictures", metavar="DIR", help="print the workbook to PDF in this directory")
    arguments = parser.parse_args()
    paths = sorted(glob.glob(os.path.join(glob.escape(arguments.directory), "*.csv")))
    expected = {os.path.basename(path)[:-len(".csv")]: of_csv(path) for path in paths}
    if not expected:
        sys.exit("no CSV beside the workbook to compare it with")
    differences = compare("openpyxl", by_openpyxl(arguments.directory, expected), expected)
    differences += compare("LibreOffice", by_libreoffice(arguments.directory, expected), expected)
    if arguments.pictures:
        os.makedirs(arguments.pictures, exist_ok=True)
        convert(arguments.directory, "pdf", os.path.abspath(arguments.pictures))
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
