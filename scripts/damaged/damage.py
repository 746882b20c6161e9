"""Runs the program on thousands of damaged Parquet files: each run must end in good order, in 512 MiB and 10 s.

    python3 scripts/damaged/damage.py --files 20000

Sound files of many kinds, by the program and by pyarrow (codecs, encodings, dictionaries, versions of pages, types), are
damaged by mutations.py: flipped bytes, cuts, other numbers in the footer and in the headers of pages, footers of other
files. A run on each reads it (0) or refuses it by a message (65), within 512 MiB of addresses and 10 s of processor time;
what is published accounts for every row, and nothing is left beside it. The Nth file of a seed is always the same.

Needs Python 3.11, Linux, and pip's index once for pyarrow.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import mutations

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.append(str(ROOT / "scripts" / "bench"))

import peers_environment

AS_OF = "2020-06-05"
ADDRESSES = 512 << 20
CPU_SECONDS = 10
# A busy machine may give a run a small part of its time.
WALL_SECONDS = 300
SHARED_MEMORY = Path("/dev/shm")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--files", type=int, default=20_000, help="damaged files [%(default)s]")
    parser.add_argument("--first", type=int, default=0, help="number of the first of them [%(default)s]")
    parser.add_argument("--seed", type=int, default=1, help="of all damages [%(default)s]")
    parser.add_argument("--rows", type=int, default=400, help="of each sound file [%(default)s]")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="runs at a time [%(default)s]")
    parser.add_argument("--keep", type=Path, default=ROOT / "target" / "damaged", help="where files go whose run failed [target/damaged]")
    parser.add_argument("--environment", type=Path, default=ROOT / "scripts" / "bench" / ".venv", help="with pyarrow")
    parser.add_argument("--work", type=Path, default=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None)
    return parser.parse_args()


@dataclass(frozen=True)
class Ending:
    """How a run on a damaged file ended."""

    code: int
    said: str
    cpu_seconds: float
    memory: int
    wrong: list[str]


class Damage:
    """The sound files, and the runs on what becomes of them."""

    def __init__(self, arguments: argparse.Namespace, work: Path):
        self.binary, self.seed, self.work = arguments.binary.resolve(), arguments.seed, work
        python = peers_environment.set_up(arguments.environment)
        folder = work / "sound"
        folder.mkdir()
        for name, dirty in [("clean", "0"), ("spoiled", "0.2")]:
            options = ["--rows", str(arguments.rows), "--seed", "3", "--dirty", dirty, "--out", folder / f"{name}.parquet"]
            subprocess.run([self.binary, "generate", "--quiet", *options], check=True)
        subprocess.run([python, HERE / "seeds.py", folder / "clean.parquet", folder], check=True)
        self.sound = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        for name, content in self.sound.items():
            ending = self.run(content)
            if ending.code != 0 or ending.wrong:
                raise SystemExit(f"{name} is sound, but: {ending.code} {ending.said} {ending.wrong}")

    def made(self, number: int) -> tuple[bytes, str]:
        """The damaged file of a number, and what it is."""
        random = Random(f"{self.seed} {number}")
        name, other = random.choices(list(self.sound), k=2)
        content, names = mutations.damaged(random, self.sound[name], self.sound[other])
        return content, f"{name}: {', '.join(names)}{f' with {other}' if any('spliced' in done for done in names) else ''}"

    def run(self, content: bytes) -> Ending:
        """A run on a file with this content, in a directory of its own."""
        with tempfile.TemporaryDirectory(dir=self.work) as temporary:
            directory = Path(temporary)
            (directory / "damaged.parquet").write_bytes(content)
            limits = ["prlimit", f"--as={ADDRESSES}", f"--cpu={CPU_SECONDS}", "--core=0"]
            command = [*limits, str(self.binary), "run", "--quiet", "--as-of", AS_OF, "--out", "reports", "damaged.parquet"]
            with (directory / "said").open("wb") as log:
                process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
                watch = threading.Timer(WALL_SECONDS, process.kill)
                watch.start()
                _, status, usage = os.wait4(process.pid, 0)
                watch.cancel()
            process.returncode = code = os.waitstatus_to_exitcode(status)
            said = (directory / "said").read_text(errors="replace")
            (directory / "said").unlink()
            wrong = self.wrong(code, said, directory)
            return Ending(code, said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10, wrong)

    @staticmethod
    def wrong(code: int, said: str, directory: Path) -> list[str]:
        """What is wrong with how a run ended."""
        wrong = []
        if code not in (0, 65):
            wrong.append(f"exit code {code}")
        if "panicked" in said:
            wrong.append("a panic")
        # A name that was damaged may look like one that was misspelt, which is warned of first.
        said_of_file = any(line.startswith("error: damaged.parquet") for line in said.splitlines())
        if code == 65 and not said_of_file:
            wrong.append("no error of the file")
        expected = {"damaged.parquet", *(["reports"] if code == 0 else [])}
        found = {path.name for path in directory.iterdir()}
        if found != expected:
            wrong.append(f"there are {sorted(found)}")
        elif code == 0:
            rows = json.loads((directory / "reports" / "summary.json").read_text())["rows"]
            if rows["read"] != rows["evaluated"] + rows["rejected"]:
                wrong.append(f"rows do not add up: {rows}")
        return wrong


def main() -> None:
    arguments = parse()
    endings: Counter[int] = Counter()
    failed, memory, slowest = 0, 0, 0.0
    with tempfile.TemporaryDirectory(prefix="renewals-damaged-", dir=arguments.work) as temporary:
        damage = Damage(arguments, Path(temporary))
        print(f"{len(damage.sound)} sound files", flush=True)
        numbers = range(arguments.first, arguments.first + arguments.files)
        with ThreadPoolExecutor(arguments.jobs) as pool:
            for number, ending in zip(numbers, pool.map(lambda number: damage.run(damage.made(number)[0]), numbers)):
                endings[ending.code] += 1
                memory, slowest = max(memory, ending.memory), max(slowest, ending.cpu_seconds)
                if ending.wrong:
                    failed += 1
                    content, what = damage.made(number)
                    arguments.keep.mkdir(parents=True, exist_ok=True)
                    (arguments.keep / f"{arguments.seed}-{number}.parquet").write_bytes(content)
                    print(f"FAILED {number}, {what}: {', '.join(ending.wrong)}: {ending.said.strip()[:400]}", flush=True)
    told = ", ".join(f"{count:,} ended in {code}" for code, count in sorted(endings.items()))
    print(f"{arguments.files:,} files: {told}; at most {memory >> 20} MiB and {slowest:.2f} s of processor time")
    print(f"{arguments.files - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
