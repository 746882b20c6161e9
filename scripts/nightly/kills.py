"""Kills runs at random moments, and checks that the published directory holds one whole run at any time.

    python3 scripts/nightly/kills.py --kills 50

Runs publish over an older run, and are ended by SIGKILL and by SIGTERM, so many times each: half of them at moments that
are spread over the whole of a run, half within 20 ms of the moment when all is staged and names are exchanged. After each, the directory verifies and is the run before or the new one; after SIGTERM it is the
run before, the program has ended within 2 s with 143 and said so on the last line. The next run ends well and leaves
nothing else behind, and the metrics say no success that was none.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter

import program
from program import check

WATCH = ["--summary-json", "result.json", "--metrics", "renewals.prom", "--lineage", "lineage.jsonl"]
NAMES = {"reports", "old.csv", "new.csv", "result.json", "renewals.prom", "lineage.jsonl"}


def wait_for_swap(runs: program.Program, process: subprocess.Popen) -> None:
    """Waits until the whole of the run is staged, or the run has ended."""
    while process.poll() is None and not any(runs.work.glob(".reports.staging-*/manifest.json")):
        time.sleep(0.0001)


def kill_one(runs: program.Program, number: int, after: float, near_swap: bool) -> str:
    """Kills a run that publishes `new.csv` over `old.csv`; says what became of it."""
    runs.finish("--quiet", *WATCH, "old.csv")
    check(runs.names() == NAMES, f"litter after a good run: {runs.names() - NAMES}")
    before, inode = runs.manifest(), runs.out.stat().st_ino
    process = runs.start("--quiet", *WATCH, "new.csv")
    if near_swap:
        wait_for_swap(runs, process)
    time.sleep(after)
    process.send_signal(number)
    sent = time.monotonic()
    said, _ = process.communicate(timeout=60)
    took = time.monotonic() - sent
    runs.verify()
    is_old = runs.manifest() == before
    code = process.returncode
    if code == 0:
        check(not is_old and program.last_line(said)["outcome"] == "published", f"0, but {said}")
        return "finished first"
    if number == signal.SIGTERM and code != -signal.SIGTERM:
        check(code == 143 and took < 2, f"exit code {code} after {took:.2f} s: {said}")
        result = program.last_line(said)
        check((result["outcome"], result["exit_code"]) == ("interrupted", 143), f"143, but {result}")
        check(is_old and runs.out.stat().st_ino == inode, "143, but the directory has changed")
        check(runs.names() == NAMES, f"litter after SIGTERM: {runs.names() - NAMES}")
        return f"143, within {1000 * took:.0f} ms"
    # Before it listens, the program ends by the signal itself, as one that is killed does.
    check(code == -number, f"exit code {code}: {said}")
    return f"{signal.Signals(number).name}, {'before' if is_old else 'after'} the swap"


def main() -> None:
    arguments = program.arguments(
        __doc__, kills=(50, "kills by each signal"), rows=(400_000, "rows of the new run"), seed=(1, "of the moments")
    )
    moments = random.Random(arguments.seed)
    with program.workplace(arguments.binary) as runs:
        runs.generate("old.csv", 2_000, 1)
        runs.generate("new.csv", arguments.rows, 2)
        runs.finish("--quiet", *WATCH, "new.csv")
        started = time.monotonic()
        runs.finish("--quiet", "--no-skip", *WATCH, "new.csv")
        whole = time.monotonic() - started
        print(f"a run takes {whole:.2f} s", flush=True)
        for number in [signal.SIGKILL, signal.SIGTERM]:
            endings: Counter[str] = Counter()
            slowest = 0
            for turn in range(arguments.kills):
                near_swap = turn % 2 == 1
                after = moments.uniform(0, 0.02 if near_swap else whole)
                ending = kill_one(runs, number, after, near_swap)
                kind, _, tail = ending.partition(" within ")
                slowest = max(slowest, int(tail.split()[0]) if tail else 0)
                endings[kind.rstrip(",")] += 1
            runs.finish("--quiet", *WATCH, "new.csv")
            runs.verify()
            check(runs.names() == NAMES, f"litter at the end: {runs.names() - NAMES}")
            told = ", ".join(f"{count}× {ending}" for ending, count in sorted(endings.items()))
            late = f"; the slowest took {slowest} ms" if slowest else ""
            print(f"{arguments.kills} by {number.name}: {told}{late}", flush=True)
    print(f"{2 * arguments.kills} passed, 0 failed")


if __name__ == "__main__":
    main()
