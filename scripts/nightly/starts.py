"""Starts many runs on one directory at once, and checks that one is at work at a time.

    python3 scripts/nightly/starts.py --starts 20 --rounds 5

Each round starts runs of different days, some of which wait for the lock. While they go on, no two of them stage a run.
Each ends in a documented code with its result on the last line; the directory holds the run of one that was published.
"""

from __future__ import annotations

import time
from collections import Counter

import program
from program import check


def one_round(runs: program.Program, starts: int) -> Counter[str]:
    options = [["--horizon", str(number)] + (["--lock-wait", "60"] if number % 2 else []) for number in range(starts)]
    processes = [runs.start("--quiet", "--no-skip", *more, "in.csv") for more in options]
    most = 0
    while any(process.poll() is None for process in processes):
        most = max(most, len(list(runs.work.glob(".reports.staging-*"))))
        time.sleep(0.0005)
    check(most <= 1, f"{most} runs were at work at once")
    endings: Counter[str] = Counter()
    published = set()
    for process, more in zip(processes, options, strict=True):
        said = process.communicate()[0]
        result = program.last_line(said)
        check(process.returncode == result["exit_code"] and process.returncode in program.CODES, said)
        check(process.returncode == 0 or "--lock-wait" not in more, f"a run that waits ended otherwise: {said}")
        endings[f"{result['outcome']} ({process.returncode})"] += 1
        if result["outcome"] == "published":
            published.add(result["run_id"])
    runs.verify()
    check(any(run_id.encode() in runs.manifest() for run_id in published), "the directory holds another run")
    check(runs.names() == {"in.csv", "reports"}, f"litter: {runs.names()}")
    return endings


def main() -> None:
    arguments = program.arguments(
        __doc__, starts=(20, "runs at once"), rounds=(5, "rounds"), rows=(20_000, "rows of the input")
    )
    with program.workplace(arguments.binary) as runs:
        runs.generate("in.csv", arguments.rows, 1)
        for number in range(arguments.rounds):
            started = time.monotonic()
            endings = one_round(runs, arguments.starts)
            told = ", ".join(f"{count}× {ending}" for ending, count in sorted(endings.items()))
            print(f"round {number + 1}: {told}, {time.monotonic() - started:.1f} s", flush=True)
    print(f"{arguments.rounds} passed, 0 failed")


if __name__ == "__main__":
    main()
