"""Runs on files that hold or claim far more than they are: each must end in good order, in 512 MB and 10 s.

    python3 scripts/bombs/bombs.py

Each file is made, read by a run over an older run, and removed. The run either ends in 65 and names what is wrong, or
reads the file as what it is; then the directory verifies. Memory is what is held at most (`wait4`), and who holds
more than 512 MiB is killed. The 10 s are of the processors' time, so that other work on the machine does not count;
the time on the clock is told beside it.

Needs Python 3.11, Linux, and 2 GB of disk.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import packed_bombs
import parquet_bombs
import plain_bombs
from bomb import Bomb, judge, watch

ROOT = Path(__file__).resolve().parent.parent.parent
AS_OF = "2020-06-05"
BOMBS = [*parquet_bombs.BOMBS, *packed_bombs.BOMBS, *plain_bombs.BOMBS]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--only", default="", help="bombs whose name has this in it")
    parser.add_argument("--work", type=Path, help="directory to work in [the system's temporary one]")
    return parser.parse_args()


def run(binary: Path, *arguments: str) -> list[str]:
    return [str(binary), "run", "--as-of", AS_OF, "--out", "reports", *arguments]


def try_bomb(binary: Path, directory: Path, bomb: Bomb) -> bool:
    """Runs on a bomb and prints a line; whether all was in order."""
    path = directory / f"bomb.{bomb.suffix}"
    bomb.make(path)
    size = path.stat().st_size
    older = directory / "older.csv"
    older.write_text("partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n")
    subprocess.run(run(binary, "--quiet", older.name), cwd=directory, check=True)
    ending = watch(run(binary, "--quiet", *bomb.options, path.name), directory)
    wrong = judge(bomb, ending)
    if subprocess.run([binary, "verify", "reports"], cwd=directory, capture_output=True, check=False).returncode:
        wrong.append("the directory does not verify")
    path.unlink()
    litter = {entry.name for entry in directory.iterdir()} - {"older.csv", "reports"}
    if litter and ending.code >= 0:
        wrong.append(f"litter: {sorted(litter)}")
    figures = f"{ending.memory >> 20:>4} MiB {ending.cpu_seconds:>6.2f} s {ending.wall_seconds:>6.2f} s"
    said = ending.said.partition("\n")[0][:160]
    print(f"{bomb.name:<52} {size:>14,} {ending.code:>4} {figures}  {said}", flush=True)
    if wrong:
        print(f"    FAILED: {', '.join(wrong)}", flush=True)
    return not wrong


def main() -> None:
    arguments = parse()
    binary = arguments.binary.resolve()
    print(f"{'bomb':<52} {'bytes':>14} {'exit':>4} {'memory':>8} {'cpu':>8} {'clock':>8}")
    chosen = [bomb for bomb in BOMBS if arguments.only in bomb.name]
    failed = 0
    for bomb in chosen:
        with tempfile.TemporaryDirectory(prefix="renewals-bombs-", dir=arguments.work) as directory:
            failed += not try_bomb(binary, Path(directory), bomb)
    print(f"\n{len(chosen) - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
