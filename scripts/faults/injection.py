"""Faults of system calls: strace lets the Nth call fail or ends the process there, a shim cuts reads and writes short."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from scenarios import Ending, Fault, Workplace

# What may stand between the program and its files, by what can be said of it.
READS = ["read", "pread64", "readv", "preadv", "copy_file_range"]
WRITES = ["write", "pwrite64", "writev", "pwritev", "ftruncate", "fallocate"]
SYNCS = ["fsync", "fdatasync", "syncfs", "sync_file_range"]
OPENS = ["openat", "open", "creat"]
NAMES = ["rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "rmdir"]
DIRECTORIES = ["mkdir", "mkdirat", "chmod", "fchmod", "fchmodat", "getdents64"]
LOOKS = ["statx", "newfstatat", "fstat", "stat", "lstat", "readlink", "getcwd", "lseek"]
LOCKS = ["flock"]
THREADS = ["clone3"]
ERRORS = ["ENOSPC", "EIO", "EINTR", "EACCES"]
PLAN: list[tuple[list[str], list[str]]] = [
    (READS + WRITES + SYNCS + OPENS + NAMES + DIRECTORIES + LOCKS, [*ERRORS, "SIGKILL"]),
    (OPENS, ["EMFILE"]),
    (LOOKS, ["EIO", "EACCES"]),
    (THREADS, ["EAGAIN"]),
]
SHORT = ["read", "pread64", "write", "pwrite64"]
# strace knows calls that this machine's kind of processor does not have; a question mark forgives that.
LOADED = re.compile(r"/etc/ld\.so|/lib/|/lib64/|/usr/lib/|/proc/self/maps")
# Exit codes that fit a fault of the machine. 65, 64 and 78 would blame the data or the command.
FITTING = {66, 73, 74}
LOADER_CODE = 127


def has_strace() -> bool:
    """Whether strace is here and may trace."""
    if not shutil.which("strace"):
        return False
    done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return done.returncode == 0


def install_strace() -> bool:
    """Installs strace where that can be done without asking."""
    if not has_strace() and shutil.which("apt-get") and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "strace"]):
            subprocess.run(["apt-get", "-qq", *command], env=environment, capture_output=True, check=False)
    return has_strace()


def calls_of(place: Workplace) -> dict[str, int]:
    """How often the run makes each of the calls, in the thread that makes most of them."""
    names = sorted({name for names, _ in PLAN for name in names})
    place.reset()
    log = place.work.parent / "trace"
    traced = ",".join(f"?{name}" for name in names)
    place.start(["strace", "-f", "-qq", "-o", str(log), "-e", f"trace={traced}", *place.command()])
    counts: dict[tuple[str, str], int] = {}
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"(\d+) +(\w+)\(", line)
        if found:
            key = (found[1], found[2])
            counts[key] = counts.get(key, 0) + 1
    return {name: max((count for (_, call), count in counts.items() if call == name), default=0) for name in names}


def inject(place: Workplace, call: str, error: str, number: int) -> Ending:
    """The run whose Nth call of a kind ends so."""
    place.reset()
    log = place.work.parent / "trace"
    what = f"signal={error}" if error.startswith("SIG") else f"error={error}"
    # Threads count apart: the Nth call of each of them fails, which with one working thread is seldom more than one.
    options = ["-f", "-qq", "-y", "-s", "0", "-o", str(log), "-e", f"trace={call}", "-e", f"inject={call}:{what}:when={number}"]
    if not error.startswith("SIG"):
        options.insert(0, "--seccomp-bpf")
    ending = place.start(["strace", *options, *place.command()])
    lines = log.read_text(errors="replace").splitlines()
    if error.startswith("SIG"):
        ending.hit = [line for line in lines if "unfinished" in line or line.endswith("= ?")][-1:] if ending.code != 0 else []
    else:
        ending.hit = [line for line in lines if "(INJECTED)" in line]
    return ending


def short(place: Workplace, library: Path, call: str, number: int) -> Ending:
    """The run whose Nth read or write takes one byte only; all of them a third with number 0."""
    place.reset()
    log = place.work.parent / "short"
    log.unlink(missing_ok=True)
    environment = {**os.environ, "LD_PRELOAD": str(library), "SHORT_CALL": call, "SHORT_WHEN": str(number), "SHORT_LOG": str(log)}
    ending = place.start(place.command(), env=environment)
    ending.hit = ["x"] * (log.stat().st_size if log.exists() else 0)
    return ending


def compile_shim(directory: Path) -> Path | None:
    """The shim as a library, if there is a compiler."""
    compiler = shutil.which("cc")
    if not compiler:
        return None
    source, library = Path(__file__).with_name("short_calls.c"), directory / "short_calls.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def judge(place: Workplace, error: str, ending: Ending) -> str:
    """What became of a run with a fault, if all that is promised holds."""
    code = -9 if ending.code == 128 + 9 else ending.code
    if code == LOADER_CODE and all(LOADED.search(hit) for hit in ending.hit):
        place.check_next()
        return "not started"
    holds = place.check_whole(ending)
    expected = place.scenario.code
    if error == "SIGKILL":
        if code not in (-9, expected):
            raise Fault(f"exit code {code}")
        place.check_next()
        return f"killed, {holds}"
    if error == "short" and code != expected:
        raise Fault(f"exit code {code} after a short call")
    if code == expected:
        if holds != ("new" if code == 0 else "old"):
            raise Fault(f"exit code {code}, but the directory is {holds}")
        outcome = "done"
    elif code in FITTING:
        # What comes after publishing: telling of it, and naming it the newest of a history.
        late = ["result of the run", "standard output", "cannot name the newest run", "/manifest.json`", "/reports`"]
        is_told_after = any(words in ending.said for words in late)
        if holds != "old" and not is_told_after:
            raise Fault(f"exit code {code}, but the directory is {holds}")
        outcome = str(code) if holds == "old" else f"{code}, told late"
    else:
        raise Fault(f"exit code {code} does not fit")
    place.check_next()
    return outcome
