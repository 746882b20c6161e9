"""Lets the machine be bad to a run as a whole, and checks what is promised.

    python3 scripts/faults/machine.py

Each run publishes over an older run: on a disk that is full or becomes so, into directories that may not be written to,
under limits of file size, memory, open files and threads, and from inputs that somebody changes meanwhile. After each
fault: the directory is one whole run that verifies, the old one unless the run ended well; the exit code is a documented
one that fits; no panic; the next run ends well and leaves nothing but its reports.

Needs Python 3.11 and Linux. Mounts and other users need root; what is not allowed is skipped, with a line.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import changing_inputs
import closed_doors
import full_disks
import limits
from machine_case import Setting, Skipped
from scenarios import Fault

ROOT = Path(__file__).resolve().parent.parent.parent
GROUPS = {
    "disks": full_disks.cases,
    "doors": closed_doors.cases,
    "limits": limits.cases,
    "inputs": changing_inputs.cases,
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--groups", default=",".join(GROUPS), help="of %(default)s")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of inputs of real size [%(default)s]")
    parser.add_argument("--every", type=int, default=1, help="only each so manieth fault, to be short [1]")
    parser.add_argument("--work", type=Path, help="directory to work in [the system's temporary one]")
    return parser.parse_args()


class Table:
    """What became of each fault."""

    def __init__(self, every: int):
        self.every = every
        self.planned = self.passed = self.failed = 0

    def try_group(self, cases) -> None:
        try:
            for case in cases:
                self.planned += 1
                if (self.planned - 1) % self.every == 0:
                    self.try_case(case)
        except Skipped as reason:
            print(f"skipped: {reason}", flush=True)

    def try_case(self, case) -> None:
        try:
            outcome = case.outcome()
            self.passed += 1
        except Fault as fault:
            outcome = f"FAILED: {fault}"
            self.failed += 1
        print(f"{case.name:<52} {outcome}", flush=True)


def main() -> None:
    arguments = parse()
    table = Table(arguments.every)
    with tempfile.TemporaryDirectory(prefix="renewals-machine-", dir=arguments.work) as temporary:
        directory = Path(temporary)
        # Another user has to reach the program and what it reads.
        directory.chmod(0o755)
        binary = directory / "renewals"
        shutil.copy(arguments.binary, binary)
        for name in arguments.groups.split(","):
            print(f"\n{name}", flush=True)
            table.try_group(GROUPS[name](Setting(binary, directory, arguments.rows)))
    print(f"\n{table.passed} passed, {table.failed} failed")
    raise SystemExit(1 if table.failed else 0)


if __name__ == "__main__":
    main()
