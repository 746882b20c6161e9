"""Reads the metrics of every kind of ending with Prometheus's own parser for Python.

    python3 -m venv /tmp/prometheus && /tmp/prometheus/bin/pip install prometheus-client
    /tmp/prometheus/bin/python scripts/nightly/check_metrics.py
"""

from __future__ import annotations

import shutil

from prometheus_client.parser import text_string_to_metric_families

import program
from program import check

SAMPLE = program.ROOT / "data" / "sample" / "export-with-faults.csv"
UNITS = ("_seconds", "_bytes", "_rows", "_files", "_info", "_code", "_outcome")


def families(runs: program.Program) -> dict:
    text = (runs.work / "renewals.prom").read_text()
    found = {family.name: family for family in text_string_to_metric_families(text)}
    check(len(found) == text.count("# TYPE "), "a family is there twice")
    for name, family in found.items():
        check(family.type == "gauge" and family.documentation != "" and name.endswith(UNITS), name)
        check(all(sample.timestamp is None for sample in family.samples), f"{name} has a timestamp")
        check(all(sample.labels["out"] == str(runs.out) for sample in family.samples), f"{name} has another `out`")
        keys = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        check(len(keys) == len(set(keys)), f"{name} has a sample twice")
    return found


def main() -> None:
    arguments = program.arguments(__doc__)
    with program.workplace(arguments.binary) as runs:
        runs.work = runs.work / 'odd "name" \\ with\nall {there} is'
        runs.work.mkdir()
        runs.out = runs.work / "reports"
        shutil.copy(SAMPLE, runs.work / "in.csv")
        kept = None
        endings = [
            (0, "published", ["in.csv"]),
            (99, "skipped", ["--skip-exit-code", "99", "in.csv"]),
            (65, "failed", ["--max-rejects", "50", "in.csv"]),
            (66, "failed", ["none.csv"]),
            (78, "failed", ["--policy", "none", "in.csv"]),
        ]
        for code, outcome, more in endings:
            process = runs.start("--quiet", "--metrics", "renewals.prom", *more)
            process.communicate()
            check(process.returncode == code, f"exit code {process.returncode}, not {code}")
            found = families(runs)
            told = {sample.labels["outcome"]: sample.value for sample in found["renewals_last_run_outcome"].samples}
            check(told == {name: float(name == outcome) for name in told}, f"{told}, not {outcome}")
            success = found["renewals_last_success_timestamp_seconds"].samples[0].value
            check(code in (0, 99) or success == kept, "a failure has moved the last success")
            kept = success
            print(f"{outcome} ({code}): {len(found)} families, {sum(len(f.samples) for f in found.values())} samples")
    print(f"{len(endings)} passed, 0 failed")


if __name__ == "__main__":
    main()
