#!/usr/bin/env python3
"""How often what is paid lies in the interval, on invented exports whose renewal rates are known.

    coverage.py --binary target/release/renewals --seeds 0:200 [--rows 20000] [--interval 80%]

For each seed: an export and the same offers 14 months later, each segment at a rate of its own, and a
backtest of the one by the other, single currencies and all of them in one reporting currency. Prints
the share of months inside, over all seeds and by month of the forecast, and ends with 1 unless both
shares lie within ten points of the interval.
"""

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

AS_OF, LATER = "2018-06-05", "2019-08-15"
CURRENCIES = "AED AUD BRL CAD CHF CNY CZK DKK GBP INR JPY MXN NOK NZD PLN SEK SGD TRY USD ZAR".split()


def rates(seed):
    """Rates of the segments, some alike and some far apart."""
    draw = random.Random(seed)
    around = draw.uniform(0.5, 0.95)
    segments = ["action_pack", "competency/none", "competency/gold", "competency/silver"]
    return ",".join(f"{name}={min(max(around + draw.uniform(-0.1, 0.1), 0.02), 0.99):.3f}" for name in segments)


def backtest(binary, seed, rows, interval):
    """For each month: currency, its place in the forecast, and whether what was paid is inside."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for name, day in (("old.csv", AS_OF), ("new.csv", LATER)):
            subprocess.run([binary, "generate", "--rows", str(rows), "--seed", str(seed), "--as-of", AS_OF, "--seen-on",
                            day, "--renewal-rates", rates(seed), "--out", folder / name, "-q"], check=True)
        (folder / "fx.csv").write_text("currency,rate\nEUR,1\n" + "".join(f"{code},0.25\n" for code in CURRENCIES))
        subprocess.run([binary, "backtest", "--as-of", AS_OF, folder / "old.csv", "--actuals-as-of", LATER,
                        folder / "new.csv", "--fx", folder / "fx.csv", "--interval", interval, "--out", folder / "out",
                        "-q"], check=True)
        unmatched = sum(json.loads((folder / "out/backtest.json").read_text())["unmatched"].values())
        with open(folder / "out/backtest.csv", encoding="utf-8", newline="") as file:
            months = list(csv.DictReader(file))
        first = min(month["month"] for month in months)
        place = lambda month: (int(month[:4]) - int(first[:4])) * 12 + int(month[5:]) - int(first[5:])
        told = [(row["currency"], place(row["month"]), row["inside"] == "true") for row in months if row["inside"]]
        return told, unmatched


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--seeds", default="0:200", metavar="FROM:TO")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--interval", default="80%")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split(":"))
    binary = arguments.binary.resolve()
    with ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(
            lambda seed: backtest(binary, seed, arguments.rows, arguments.interval), range(first, last)))
    counts = defaultdict(lambda: [0, 0])
    for told, _ in results:
        for currency, month, inside in told:
            kind = "all currencies" if currency == "all" else "single currencies"
            for key in ((kind, None), (kind, month)):
                counts[key][0] += inside
                counts[key][1] += 1
    nominal = float(arguments.interval.rstrip("%")) / 100
    is_good = True
    for kind in ("single currencies", "all currencies"):
        inside, months = counts[kind, None]
        is_good &= abs(inside / months - nominal) <= 0.1
        print(f"{kind}: {inside} of {months} months inside, {inside / months:.1%} (asked for {nominal:.0%})")
        by_month = [counts[kind, month] for month in sorted(m for k, m in counts if k == kind and m is not None)]
        print("  by month of the forecast:", " ".join(f"{part / total:.0%}" for part, total in by_month))
    print(f"{last - first} seeds, {sum(unmatched for _, unmatched in results)} offers not matched")
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
