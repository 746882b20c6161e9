#!/usr/bin/env python3
"""Makes the next night's export from one that `renewals generate` made as CSV.

    scripts/next_night.py --as-of 2020-06-06 export.csv next.csv

Some offers go, some come, some are paid, unblocked, blocked, changed in level, fee or name, all by a seed. It is for
trying and measuring `renewals diff`; every partner that it adds is invented.
"""

import argparse
import csv
import datetime
import random


def paid(row, as_of, chance):
    """Pays an offer that is in its window, as a portal shows it: half of them with the anniversary moved on."""
    if not row["renewal_start_date"] or chance > 0.04:
        return
    anniversary = datetime.date.fromisoformat(row["renewal_start_date"])
    if 1 <= (as_of - anniversary).days <= 30:
        row["last_renewal_date"] = as_of.isoformat()
        if chance < 0.02:
            row["renewal_start_date"] = (anniversary + datetime.timedelta(365)).isoformat()


def changed(row, as_of, draw):
    """The row as it is a night later; None if it is gone."""
    chance = draw()
    if chance < 0.002:
        return None
    if row["offer_type"] == "membership":
        return row
    paid(row, as_of, draw())
    if chance < 0.004 and row["fee"]:
        row["fee"] = row["fee"] + "1" if "." in row["fee"] and len(row["fee"].split(".")[1]) < 4 else "1" + row["fee"]
    elif chance < 0.008:
        row["portal"] = {"pmc": "partner_center"}.get(row["portal"], row["portal"])
    elif chance < 0.012:
        row["requirements_met"] = {"true": "false", "false": "true"}.get(row["requirements_met"], "")
    elif chance < 0.0125 and row["level"] == "silver":
        row["level"] = "gold"
    elif chance < 0.013:
        row["partner_name"] += " Group"
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, required=True, help="day of the next night")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("old")
    parser.add_argument("new")
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed).random
    with open(arguments.old, newline="", encoding="utf-8") as old, \
            open(arguments.new, "w", newline="", encoding="utf-8") as new:
        rows = csv.DictReader(old)
        writer = csv.DictWriter(new, rows.fieldnames, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            if draw() < 0.002:
                writer.writerow(dict(row, partner_id="9" + row["partner_id"]))
            row = changed(row, arguments.as_of, draw)
            if row is not None:
                writer.writerow(row)


if __name__ == "__main__":
    main()
