"""Kills runs at random moments, and checks that the published directory holds one whole run at any time.

    python3 scripts/nightly/kills.py --kills 50

Runs publish over an older run, and are ended by SIGKILL and by SIGTERM, so many times each: half of them at moments that
are spread over the time that runs take, half between the moment when all is staged and the end, where names are
exchanged; both times are measured anew before each of them, and the input has rows enough for a run to last. A run that
was through before its signal came is no kill, and is done again with an earlier signal. After each, the directory
verifies and is the run before or the new one; after SIGTERM it is the run before, the program has ended within 2 s with
143 and said so on the last line. The next run ends well and leaves nothing else behind, and the metrics say no success
that was none.
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
FINISHED = "finished first"
SHORTEST_RUN_SECONDS = 0.4
# Looking for the manifest more often than this takes so much of a small machine that the run itself becomes slower.
LOOK_SECONDS = 0.001
# A signal that came too late is sent by so much earlier the next time, as the machine may have become faster meanwhile.
EARLIER = 0.85
NAMES = {"reports", "old.csv", "new.csv", "result.json", "renewals.prom", "lineage.jsonl"}


def wait_for_swap(runs: program.Program, process: subprocess.Popen) -> None:
    """Waits until the whole of the run is staged, or the run has ended."""
    while process.poll() is None and not any(runs.work.glob(".reports.staging-*/manifest.json")):
        time.sleep(LOOK_SECONDS)


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
        return FINISHED
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


def measure(runs: program.Program) -> tuple[float, float]:
    """Seconds that a run takes from its start to its end, and those of them after all is staged."""
    started = time.monotonic()
    process = runs.start("--quiet", "--no-skip", *WATCH, "new.csv")
    wait_for_swap(runs, process)
    staged = time.monotonic()
    said, _ = process.communicate(timeout=60)
    ended = time.monotonic()
    check(process.returncode == 0, f"exit code {process.returncode}: {said}")
    return ended - started, ended - staged


def near(moments: random.Random, number: int, is_near: bool, whole: float, tail: float) -> float:
    """Seconds to wait before a kill. What is staged is published in spite of SIGTERM, so that comes a little earlier."""
    if is_near and number == signal.SIGKILL:
        return moments.uniform(0, tail)
    return moments.uniform(0.8 if is_near else 0, 0.95) * (whole - tail)


def kill_many(runs: program.Program, number: int, kills: int, moments: random.Random) -> None:
    """Kills so many runs, and tells what became of them."""
    endings: Counter[str] = Counter()
    slowest = late = 0
    share = 1.0
    while endings.total() < kills:
        is_near = endings.total() % 2 == 1
        after = share * near(moments, number, is_near, *measure(runs))
        ending = kill_one(runs, number, after, is_near and number == signal.SIGKILL)
        if ending == FINISHED:
            late += 1
            share *= EARLIER
            check(late <= 4 * kills, "the runs are through before they can be killed; give more --rows")
            continue
        share = 1.0
        kind, _, tail = ending.partition(" within ")
        slowest = max(slowest, int(tail.split()[0]) if tail else 0)
        endings[kind.rstrip(",")] += 1
    runs.finish("--quiet", *WATCH, "new.csv")
    runs.verify()
    check(runs.names() == NAMES, f"litter at the end: {runs.names() - NAMES}")
    told = ", ".join(f"{count}× {ending}" for ending, count in sorted(endings.items()))
    slow = f"; the slowest took {slowest} ms" if slowest else ""
    again = f"; {late} more were through before the signal" if late else ""
    print(f"{kills} by {signal.Signals(number).name}: {told}{slow}{again}", flush=True)


def main() -> None:
    arguments = program.arguments(
        __doc__, kills=(50, "kills by each signal"), rows=(400_000, "least rows of the new run"), seed=(1, "of the moments")
    )
    moments = random.Random(arguments.seed)
    with program.workplace(arguments.binary) as runs:
        runs.generate("old.csv", 2_000, 1)
        rows, whole = arguments.rows, 0.0
        while whole < SHORTEST_RUN_SECONDS:
            runs.generate("new.csv", rows, 2)
            runs.finish("--quiet", *WATCH, "new.csv")
            whole, tail = measure(runs)
            rows *= 2
        print(f"a run of {rows // 2:,} rows takes {whole:.2f} s, {1000 * tail:.0f} ms of it after all is staged", flush=True)
        for number in [signal.SIGKILL, signal.SIGTERM]:
            kill_many(runs, number, arguments.kills, moments)
    print(f"{2 * arguments.kills} passed, 0 failed")


if __name__ == "__main__":
    main()
