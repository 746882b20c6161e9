"""Starting the program and looking at what it leaves, for the scripts of this directory."""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
AS_OF = "2020-06-05"
CODES = {0, 64, 65, 66, 73, 74, 75, 78, 130, 143}


def arguments(description: str | None, **numbers: tuple[int, str]) -> argparse.Namespace:
    """The options that every script has, and numbers of its own with default and help."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    for name, (default, text) in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{text} [{default}]")
    parsed = parser.parse_args()
    parsed.binary = parsed.binary.resolve()
    return parsed


@contextmanager
def workplace(binary: Path):
    """A directory to work in, and the program in it."""
    with tempfile.TemporaryDirectory(prefix="renewals-nightly-") as temporary:
        yield Program(binary, Path(temporary))


class Program:
    """The program in one directory, publishing into `reports` there."""

    def __init__(self, binary: Path, work: Path):
        self.binary, self.work, self.out = binary, work, work / "reports"

    def generate(self, name: str, rows: int, seed: int) -> None:
        command = ["generate", "--rows", rows, "--seed", seed, "--out", name, "--quiet"]
        subprocess.run([self.binary, *map(str, command)], cwd=self.work, check=True)

    def run(self, *more: str) -> list[str]:
        return [str(self.binary), "run", "--as-of", AS_OF, "--out", "reports", *more]

    def start(self, *more: str) -> subprocess.Popen:
        """Starts a run whose two streams are one pipe, as Airflow does."""
        command = self.run("--json", *more)
        return subprocess.Popen(command, cwd=self.work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self, *more: str) -> dict:
        """A run that must end well, and its result."""
        process = self.start(*more)
        said, _ = process.communicate(timeout=300)
        check(process.returncode == 0, f"exit code {process.returncode}: {said}")
        return last_line(said)

    def manifest(self) -> bytes:
        return (self.out / "manifest.json").read_bytes()

    def verify(self) -> None:
        done = subprocess.run([self.binary, "verify", self.out], capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"verify: {done.stdout}{done.stderr}")

    def names(self) -> set[str]:
        return {path.name for path in self.work.iterdir()}


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(otherwise)


def last_line(said: str) -> dict:
    """The result on the last line of what a run said; nothing may follow it, and no carriage return stands before."""
    check(said.endswith("}\n") and "\r" not in said, f"no result at the end: {said!r}")
    result = json.loads(said.rstrip("\n").rpartition("\n")[2])
    check(result["schema"] == "renewals.result", f"another object: {result}")
    return result
