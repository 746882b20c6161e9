#!/usr/bin/env python3
"""Compares the estimates that a run published with those of recompute.py, to 1e-9 of each value.

    check.py --binary target/release/renewals [--as-of 2020-06-05] [EXPORT...]

Runs the program on each export (the sample, if none is named), with default options and with others,
and recomputes every row of expected_fees, expected_totals, renewal_rates and payment_timing. Ends
with 1 if any value differs. Needs scipy: python3 -m venv scripts/estimates/venv, then its pip
install -r scripts/estimates/requirements.txt.
"""

import argparse
import csv
import datetime
import subprocess
import sys
import tempfile
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import recompute

RELATIVE = 1e-9
# A value below this is nothing: shares under a trillionth of a sum are published as 0.
NOTHING = 1e-6
SAMPLE = Path(__file__).parents[2] / "data/sample/export.csv"
OPTIONS = [
    {},
    {"interval": "95%", "history": 730, "months": 3},
    {"interval": "50%", "history": 90, "months": 24},
]


class Comparison:
    def __init__(self):
        self.values, self.worst, self.wrong = 0, 0.0, []

    def check(self, where, text, expected):
        self.values += 1
        if expected is None or text == "":
            if not (expected is None and text == ""):
                self.wrong.append(f"{where}: {text!r}, but {expected}")
            return
        difference = abs(float(text) - float(expected))
        if difference <= NOTHING * RELATIVE or difference == 0:
            return
        relative = difference / max(abs(float(expected)), NOTHING)
        self.worst = max(self.worst, relative)
        if relative > RELATIVE:
            self.wrong.append(f"{where}: {text}, but {expected!r} ({relative:.2e})")


def rows(directory, report):
    with open(directory / f"{report}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_rates(comparison, rates, coverage, published):
    below = (1 - coverage) / 2
    for row in published:
        segment, where = row["segment"], f"renewal_rates {row['scenario']} {row['segment']}"
        counts, (alpha, beta) = rates.counts[segment], rates.posterior[segment]
        for column, count in [
            ("windows_closed", rates.closed(segment)), ("paid", rates.paid(segment)),
            ("paid_undated", counts["undated"]), ("unpaid", rates.unpaid(segment)),
            ("reactivated", counts["reactivated"]), ("undetermined", counts["undetermined"]),
        ]:
            comparison.check(f"{where} {column}", row[column], count)
        prior = rates.prior[segment]
        closed = rates.closed(segment)
        comparison.check(f"{where} observed", row["observed_rate"], rates.paid(segment) / closed if closed else None)
        comparison.check(f"{where} prior_rate", row["prior_rate"], prior[0] / sum(prior))
        comparison.check(f"{where} prior_strength", row["prior_strength"], sum(prior))
        comparison.check(f"{where} alpha", row["alpha"], alpha)
        comparison.check(f"{where} beta", row["beta"], beta)
        rate, variance = rates.of_scenario(row["scenario"])[segment]
        comparison.check(f"{where} rate", row["renewal_rate"], rate)
        for column, probability in [("rate_low", below), ("rate_high", 1 - below)]:
            bound = recompute.beta_quantile(alpha, beta, probability) if variance else rate
            comparison.check(f"{where} {column}", row[column], bound)


def check_estimate(comparison, where, row, columns, estimate):
    for column, value in zip(columns, estimate or (None, None, None), strict=True):
        comparison.check(f"{where} {column}", row[column], value)


MONEY = ["fees_expected", "fees_low", "fees_high"]


def check_sums(comparison, where, row, fees):
    known = [fee.offer.fee for fee in fees if fee.offer.fee is not None]
    comparison.check(f"{where} offers", row["offers"], len(fees))
    comparison.check(f"{where} offers_without_fee", row["offers_without_fee"], len(fees) - len(known))
    if (Fraction(row["fees_due"]) if row["fees_due"] else None) != (sum(known) if known else None):
        comparison.wrong.append(f"{where} fees_due: {row['fees_due']}")


def check_run(comparison, binary, export, as_of, options):
    coverage = float(options.get("interval", "80%").rstrip("%")) / 100
    months, history = options.get("months", 12), options.get("history", 365)
    offers = list(recompute.read_offers(export))
    rates = recompute.Rates(offers, as_of, history)
    due = list(recompute.due_fees(offers, as_of, months))
    exchange = {code: Fraction(1) if code == "EUR" else Fraction(n + 3, 7919)
                for n, code in enumerate(sorted({fee.offer.currency for fee in due} - {""} | {"EUR"}))}
    # The program takes decimals.
    exchange = {code: Fraction(round(rate * 10**12), 10**12) for code, rate in exchange.items()}
    with tempfile.TemporaryDirectory() as folder:
        fx = Path(folder, "fx.csv")
        lines = [f"{code},{rate.numerator * 10**12 // rate.denominator:013d}" for code, rate in exchange.items()]
        fx.write_text("currency,rate\n" + "".join(f"{line[:-12]}.{line[-12:]}\n" for line in lines))
        directory = Path(folder, "out")
        command = [binary, "run", "--as-of", str(as_of), "--out", directory, "--history-days", str(history),
                   "--forecast-months", str(months), "--interval", f"{coverage * 100:g}%", "--fx", fx, "-q", export]
        subprocess.run(command, check=True)
        check_rates(comparison, rates, coverage, rows(directory, "renewal_rates"))
        for row in rows(directory, "payment_timing"):
            day = int(row["day"]) - 1
            comparison.check(f"payment_timing {day}", row["payments"], rates.payments[day])
            comparison.check(f"payment_timing {day} share", row["share_after"], rates.share_after(day))
        check_groups(comparison, rates, due, coverage, exchange, rows(directory, "expected_fees"))
        check_totals(comparison, rates, due, coverage, exchange, rows(directory, "expected_totals"))


def check_groups(comparison, rates, due, coverage, exchange, published):
    groups = defaultdict(list)
    for fee in due:
        offer = fee.offer
        groups[fee.month, offer.currency, offer.offer_type, offer.level].append(fee)
    keys = [(row["month"], row["currency"], row["offer_type"], row["level"]) for row in published]
    if keys != sorted(groups):
        comparison.wrong.append("expected_fees: other groups or another order")
        return
    for key, row in zip(keys, published, strict=True):
        where, fees = f"expected_fees {key}", groups[key]
        check_sums(comparison, where, row, fees)
        estimate = recompute.estimate(fees, rates, "base", coverage)
        check_estimate(comparison, where, row, MONEY, estimate)
        rate = rates.of_scenario("base")[fees[0].offer.leaf][0]
        comparison.check(f"{where} renewal_rate", row["renewal_rate"], rate)
        converted = estimate[0] * float(exchange[key[1]]) if estimate else None
        comparison.check(f"{where} reporting", row["fees_expected_reporting"], converted)


def check_totals(comparison, rates, due, coverage, exchange, published):
    for row in published:
        where = f"expected_totals {row['scenario']} {row['month']} {row['currency']}"
        fees = [fee for fee in due
                if row["month"] in ("all", fee.month) and row["currency"] in ("all", fee.offer.currency)]
        if row["currency"] == "all":
            estimate = None
        else:
            check_sums(comparison, where, row, fees)
            estimate = recompute.estimate(fees, rates, row["scenario"], coverage)
        check_estimate(comparison, where, row, MONEY, estimate)
        converted = recompute.estimate(fees, rates, row["scenario"], coverage, exchange)
        check_estimate(comparison, where, row, [f"{column}_reporting" for column in MONEY], converted)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, default=datetime.date(2020, 6, 5))
    parser.add_argument("exports", nargs="*", type=Path, default=[SAMPLE], metavar="EXPORT")
    arguments = parser.parse_args()
    comparison = Comparison()
    for export in arguments.exports:
        for options in OPTIONS:
            check_run(comparison, arguments.binary.resolve(), export, arguments.as_of, options)
    for line in comparison.wrong[:20]:
        print(line)
    print(f"{comparison.values} values compared, {len(comparison.wrong)} differ; "
          f"largest relative difference {comparison.worst:.1e}")
    sys.exit(1 if comparison.wrong else 0)


if __name__ == "__main__":
    main()
