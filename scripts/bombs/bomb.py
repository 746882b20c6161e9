"""What a bomb is, and how a run on it is watched."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REFUSED = frozenset({65})
REFUSED_OR_FINE = frozenset({0, 65})
FINE = frozenset({0})
MEMORY_MOST = 512 << 20
SECONDS_MOST = 10
# A machine with other work may give a run a small part of its time.
WALL_SECONDS_MOST = 120


@dataclass(frozen=True)
class Bomb:
    """A file that is small, or large for nothing, and how a run on it may end."""

    name: str
    suffix: str
    make: Callable[[Path], object]
    codes: frozenset[int]
    says: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ending:
    """How a run ended and what it took."""

    code: int
    said: str
    cpu_seconds: float
    wall_seconds: float
    memory: int


def watch(command: list[str], directory: Path) -> Ending:
    """Runs to the end, and ends what takes too much: memory that is held, and time of all processors."""
    log = directory / "said"
    with log.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            if takes_too_much(process.pid, time.monotonic() - started):
                process.kill()
            time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(status)
    said = log.read_text(errors="replace")
    log.unlink()
    cpu = usage.ru_utime + usage.ru_stime
    return Ending(process.returncode, said, cpu, time.monotonic() - started, usage.ru_maxrss << 10)


def takes_too_much(process: int, wall_seconds: float) -> bool:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    cpu_seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    resident = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return resident > MEMORY_MOST or cpu_seconds > 3 * SECONDS_MOST or wall_seconds > WALL_SECONDS_MOST


def judge(bomb: Bomb, ending: Ending) -> list[str]:
    """What is wrong with how a run ended."""
    wrong = []
    if ending.memory > MEMORY_MOST:
        wrong.append("too much memory")
    if ending.cpu_seconds > SECONDS_MOST:
        wrong.append("too long")
    if ending.code not in bomb.codes:
        wrong.append(f"exit code {ending.code}")
    elif ending.code and bomb.says not in ending.said:
        wrong.append(f"it does not say `{bomb.says}`")
    if ending.code and not ending.said.startswith("error: "):
        wrong.append("no error is named")
    if "panicked" in ending.said:
        wrong.append("a panic")
    return wrong
