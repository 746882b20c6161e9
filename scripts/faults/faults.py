"""Lets the machine fail under a run in every way it can, once at each moment, and checks what is promised.

    python3 scripts/faults/faults.py

Each run publishes over an older run. Each of its system calls on files fails once in turn (the Nth call, for every N),
by each of several errors; the process is killed at each of them; reads and writes are cut short. After each fault: the
directory is one whole run that verifies, the old one unless the run ended well; the exit code is a documented one that
fits; no panic; the next run ends well and leaves nothing but its reports.

Needs Python 3.11, strace (installed if it can be) and a C compiler for the short calls.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import injection
from scenarios import SCENARIOS, Fault, Workplace

ROOT = Path(__file__).resolve().parent.parent.parent


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--scenarios", default=",".join(scenario.name for scenario in SCENARIOS))
    parser.add_argument("--every", type=int, default=1, help="only each so manieth fault, to be short [1]")
    parser.add_argument("--no-install", action="store_true", help="do without strace where it is missing")
    parser.add_argument("--work", type=Path, help="directory to work in [the system's temporary one]")
    return parser.parse_args()


class Tally:
    """Faults by what failed and how, and what became of them."""

    def __init__(self, every: int):
        self.every, self.planned = every, 0
        self.outcomes: dict[tuple[str, str], Counter[str]] = {}
        self.failures: list[str] = []

    def is_due(self) -> bool:
        """Whether the next fault is one that is tried."""
        self.planned += 1
        return (self.planned - 1) % self.every == 0

    def note(self, call: str, error: str, outcome: str) -> None:
        self.outcomes.setdefault((call, error), Counter())[outcome] += 1

    def fail(self, what: str, reason: str) -> None:
        self.failures.append(f"{what}: {reason}")
        print(f"FAILED {what}: {reason}", flush=True)

    def print(self) -> None:
        print(f"\n{'call':<16} {'fault':<8} {'tried':>6}  outcomes")
        for (call, error), outcomes in self.outcomes.items():
            told = ", ".join(f"{count}× {outcome}" for outcome, count in sorted(outcomes.items()))
            print(f"{call:<16} {error:<8} {outcomes.total():>6}  {told}")


def system_calls(place: Workplace, tally: Tally) -> None:
    counts = injection.calls_of(place)
    for calls, errors in injection.PLAN:
        for call in calls:
            for error in errors:
                for number in range(1, counts[call] + 1):
                    if tally.is_due():
                        one_call(place, tally, call, error, number)


def one_call(place: Workplace, tally: Tally, call: str, error: str, number: int) -> None:
    what = f"{place.scenario.name}: {call} {number} {error}"
    ending = None
    try:
        ending = injection.inject(place, call, error, number)
        if ending.hit:
            tally.note(call, error, injection.judge(place, error, ending))
    except Fault as fault:
        hit = " ".join(ending.hit) if ending else ""
        tally.fail(what, f"{fault}\n    {hit}\n    {ending.said.strip() if ending else ''}")
        tally.note(call, error, "FAILED")


def short_calls(place: Workplace, tally: Tally, library: Path) -> None:
    for call in injection.SHORT:
        number = 0
        while True:
            if number == 0 or tally.is_due():
                ending = injection.short(place, library, call, number)
                if not ending.hit:
                    break
                try:
                    tally.note(call, "short", injection.judge(place, "short", ending))
                except Fault as fault:
                    tally.fail(f"{place.scenario.name}: short {call} {number}", f"{fault}\n    {ending.said}")
                    tally.note(call, "short", "FAILED")
            number += 1


def main() -> None:
    arguments = parse()
    binary = arguments.binary.resolve()
    tally = Tally(arguments.every)
    with tempfile.TemporaryDirectory(prefix="renewals-faults-", dir=arguments.work) as temporary:
        directory = Path(temporary)
        library = injection.compile_shim(directory)
        if not (injection.has_strace() if arguments.no_install else injection.install_strace()):
            print("skipped: strace is missing or may not trace here, so no system call fails", flush=True)
        for scenario in SCENARIOS:
            if scenario.name not in arguments.scenarios.split(","):
                continue
            place = Workplace(binary, directory / scenario.name, scenario)
            if injection.has_strace():
                system_calls(place, tally)
            if library:
                short_calls(place, tally, library)
            print(f"{scenario.name}: {sum(c.total() for c in tally.outcomes.values())} faults so far", flush=True)
    tally.print()
    tried = sum(outcomes.total() for outcomes in tally.outcomes.values())
    print(f"\n{tried - len(tally.failures)} passed, {len(tally.failures)} failed")
    raise SystemExit(1 if tally.failures else 0)


if __name__ == "__main__":
    main()
