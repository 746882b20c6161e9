"""Counts the lines that a long run logs, as text and as JSON, and looks for carriage returns.

    python3 scripts/nightly/log_lines.py --rows 10000000

Both streams are one pipe, as in Airflow. Besides the ordinary heartbeat there is one of no time at all, the worst that
can be asked for, on small batches. On a terminal, for which `script` stands, there is a bar.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import time

import program
from program import check

LINES_MAXIMUM = 200


def log(runs: program.Program, *options: str) -> str:
    started = time.monotonic()
    process = runs.start("--no-skip", *options, "in.csv")
    said, _ = process.communicate(timeout=540)
    seconds = time.monotonic() - started
    check(process.returncode == 0, said)
    program.last_line(said)
    lines = said.splitlines()
    check(len(lines) < LINES_MAXIMUM, f"{len(lines)} lines")
    if "json" in options:
        check(all(isinstance(json.loads(line), dict) for line in lines), "a line that is no object")
    print(f"{' '.join(options):60} {len(lines):4} lines, {len(said):7,} bytes, {seconds:.1f} s", flush=True)
    return said


def bar(runs: program.Program) -> None:
    """On a terminal the bar moves by carriage returns; there and nowhere else."""
    if shutil.which("script") is None:
        print("no bar: there is no `script` here")
        return
    command = shlex.join(runs.run("--no-skip", "in.csv"))
    done = subprocess.run(["script", "-qec", command, "/dev/null"], cwd=runs.work, capture_output=True, check=True)
    returns = done.stdout.count(b"\r") - done.stdout.count(b"\r\n")
    check(returns > 0, "no bar on a terminal")
    piped = subprocess.run(["script", "-qec", f"{command} 2>&1 | cat", "/dev/null"], cwd=runs.work, capture_output=True, check=True)
    check(b"\r" not in piped.stdout.replace(b"\r\n", b"\n"), "a carriage return in a pipe")
    print(f"on a terminal: a bar, {returns} carriage returns; through a pipe on that terminal: none")


def main() -> None:
    arguments = program.arguments(__doc__, rows=(10_000_000, "rows of the input"))
    with program.workplace(arguments.binary) as runs:
        runs.generate("in.csv", arguments.rows, 7)
        for form in ["text", "json"]:
            log(runs, "--log-format", form)
            log(runs, "--log-format", form, "--progress", "plain", "--heartbeat", "0", "--batch-bytes", "16384")
        bar(runs)
    print("4 passed, 0 failed")


if __name__ == "__main__":
    main()
