"""Faults that the system makes itself: full disks, limits, missing rights, and inputs that change while they are read."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import injection
from scenarios import SCENARIOS, Ending, Fault, Scenario, Workplace

NOBODY = 65534
DISK_BYTES = 2 << 20
FITTING = {66, 73, 74}
ADDRESS_SPACE = 512 << 20


def all_faults(binary: Path, directory: Path, tally) -> None:
    place = Workplace(binary, directory, SCENARIOS[0])
    place.generate("big.csv", 60_000, 5)
    full_disks(place, tally)
    limits(place, tally)
    rights(place, tally)
    if injection.has_strace():
        changing_inputs(place, tally)


def attempt(place: Workplace, tally, kind: str, detail: str, allowed: set[int], **more) -> None:
    """A run with something against it: it ends in one of these codes, and the directory is what the code says."""
    if not tally.is_due():
        return
    place.reset()
    one(place, tally, kind, detail, allowed, lambda: place.start(place.command(), **more))


def one(place: Workplace, tally, kind: str, detail: str, allowed: set[int], run) -> None:
    ending = None
    try:
        ending = run()
        holds = place.check_whole(ending)
        if ending.code not in allowed:
            raise Fault(f"exit code {ending.code}, not one of {sorted(allowed)}")
        if holds != ("new" if ending.code == 0 else "old"):
            raise Fault(f"exit code {ending.code}, but the directory is {holds}")
        place.check_next()
        tally.note(kind, detail.split()[0], "done" if ending.code == 0 else str(ending.code))
    except Fault as fault:
        tally.fail(f"{kind} {detail}", f"{fault}\n    {ending.said.strip() if ending else ''}")
        tally.note(kind, detail.split()[0], "FAILED")


def full_disks(place: Workplace, tally) -> None:
    """A disk of 2 MB that has less and less room; what does not fit must not be begun by halves."""
    mount = place.work.parent / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(mount)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        print("skipped: no file system may be mounted here, so no disk is full", flush=True)
        return
    # The whole workplace lies on the small disk.
    elsewhere, place.work = place.work, mount / "work"
    try:
        room = range(0, 160 << 10, 8 << 10)
        for left in room:
            if not tally.is_due():
                continue
            reset_on(mount, place)
            one(place, tally, "full disk", "2MB", {0, *FITTING}, lambda left=left: filled(place, mount, left))
        reset_on(mount, place)
        one(place, tally, "full disk", "2MB", {74}, lambda: place.start(place.run_command([str(place.pristine / "big.csv")])))
    finally:
        place.work = elsewhere
        subprocess.run(["umount", str(mount)], check=True)


def reset_on(mount: Path, place: Workplace) -> None:
    (mount / "filler").unlink(missing_ok=True)
    if place.work.exists():
        shutil.rmtree(place.work)
    place.work.mkdir()
    shutil.copytree(place.pristine / "reports", place.work / "reports")
    for name in place.inputs - {"reports", "big.csv"}:
        shutil.copy2(place.pristine / name, place.work / name)


def filled(place: Workplace, mount: Path, left: int) -> Ending:
    """The run with so many bytes left on the disk, which has room again afterwards."""
    filler = mount / "filler"
    state = os.statvfs(mount)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, state.f_bavail * state.f_frsize - left))
    ending = place.start(place.command())
    filler.unlink()
    return ending


def limits(place: Workplace, tally) -> None:
    """Limits of the process: sizes of files, address space, open files, threads."""
    largest = max(path.stat().st_size for path in place.work.rglob("*") if path.is_file())
    for bytes_ in [*range(0, largest + 4096, 2048), 10 * largest]:
        attempt(place, tally, "RLIMIT_FSIZE", "reached", {0, 74}, preexec_fn=limiter(resource.RLIMIT_FSIZE, bytes_))
    for number in range(3, 40):
        codes = {0, *FITTING, injection.LOADER_CODE} if number < 6 else {0, *FITTING}
        attempt(place, tally, "RLIMIT_NOFILE", "reached", codes, preexec_fn=limiter(resource.RLIMIT_NOFILE, number))
    small_address_space(place, tally)


def small_address_space(place: Workplace, tally) -> None:
    """512 MB are enough for every format, on a run that is larger than that would be in memory ten times over."""
    formats = Scenario("all", ["--formats", "csv,parquet,html,xlsx", "--decisions", "--quiet"], ["big.csv"], ["old.csv"])
    for options in (formats, Scenario("csv", ["--quiet"], ["big.csv"], ["old.csv"])):
        directory = place.work.parent / f"space-{options.name}"
        other = Workplace.__new__(Workplace)
        other.__dict__.update(place.__dict__)
        other.scenario, other.work = options, directory
        other.reset()
        other.must_end(other.command(), other.work, 0)
        other.new = other.tree(other.work)
        attempt(other, tally, "RLIMIT_AS", "512MB", {0}, preexec_fn=limiter(resource.RLIMIT_AS, ADDRESS_SPACE))
        # With less, memory may be refused at any moment: the program is ended as by a kill, or says 73 or 74.
        for mebibytes in range(16, 512, 16):
            codes = {0, *FITTING, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, injection.LOADER_CODE}
            limit = limiter(resource.RLIMIT_AS, mebibytes << 20)
            attempt(other, tally, "RLIMIT_AS", "less", codes, preexec_fn=limit)


def limiter(what: int, value: int):
    return lambda: resource.setrlimit(what, (value, value))


def rights(place: Workplace, tally) -> None:
    """A parent or a directory that may not be written, for a user whom rights bind."""
    if os.geteuid() != 0:
        print("skipped: only root can become another user", flush=True)
        return
    shutil.copy2(place.binary, place.work.parent / "program")
    root_binary, place.binary = place.binary, place.work.parent / "program"
    for above in place.work.parents:
        if above.stat().st_mode & 0o011 == 0:
            above.chmod(above.stat().st_mode | 0o055)
    cases = [
        ("parent", lambda: place.work.chmod(0o555), {73}),
        ("directory", lambda: (place.work / "reports").chmod(0o555), {0, 73}),
        ("unseen", lambda: (place.work / "reports").chmod(0o000), {73}),
        ("input", lambda: (place.work / "new.csv").chmod(0o000), {66}),
        ("file", lambda: (place.work / "reports" / "manifest.json").chmod(0o000), {73}),
    ]
    for name, spoil, codes in cases:
        place.reset()
        for path in [place.work, *place.work.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        spoil()
        one(place, tally, "no rights", name, codes, lambda: restored(place))
    threads = {"preexec_fn": as_nobody((resource.RLIMIT_NPROC, 0))}
    place.reset()
    for path in [place.work, *place.work.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    one(place, tally, "RLIMIT_NPROC", "reached", {0, 74}, lambda: place.start(place.command(), **threads))
    place.binary = root_binary


def restored(place: Workplace) -> Ending:
    """The run by a user without rights; what was taken is given back afterwards."""
    ending = place.start(place.command(), preexec_fn=as_nobody())
    for path in [place.work, place.work / "reports"]:
        path.chmod(0o755)
    for path in [*place.work.rglob("*")]:
        if path.is_file():
            path.chmod(0o644)
    return ending


def as_nobody(limit: tuple[int, int] | None = None):
    def become():
        if limit:
            resource.setrlimit(limit[0], (limit[1], limit[1]))
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    return become


def changing_inputs(place: Workplace, tally) -> None:
    """The program is stopped at each of its reads of an input, and the input is changed under it."""
    changes = {
        "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
        "emptied": lambda path: os.truncate(path, 0),
        "grown": lambda path: path.open("ab").write(b"0000001,Nonesuch Ltd,GB,membership,,,2019-01-01,,,,,,\n"),
        "rewritten": lambda path: path.open("r+b").write(b"x"),
        "replaced": lambda path: os.replace(shutil.copy2(path.with_name("old.csv"), path.with_name("other")), path),
    }
    for name in ["new.csv", "new.parquet", "new.csv.gz"]:
        scenario = Scenario(name, ["--quiet"], [name], ["old.csv"])
        other = Workplace.__new__(Workplace)
        other.__dict__.update(place.__dict__)
        other.scenario = scenario
        other.reset()
        other.must_end(other.command(), other.work, 0)
        other.new = other.tree(other.work)
        reads = reads_of(other, name)
        for kind, change in changes.items():
            for number in reads:
                if tally.is_due():
                    other.reset()
                    run = lambda number=number, change=change: stopped(other, number, lambda: change(other.work / name))
                    one_change(other, tally, kind, name, run)


def one_change(place: Workplace, tally, kind: str, name: str, run) -> None:
    """A changed input ends the run in 74; with the input as it was, the next run ends well."""

    def restored_afterwards() -> Ending:
        ending = run()
        shutil.copy2(place.pristine / name, place.work / name)
        (place.work / "other").unlink(missing_ok=True)
        return ending

    one(place, tally, f"input {kind}", name, {74}, restored_afterwards)


def trace_command(place: Workplace, log: Path, *more: str) -> list[str]:
    return ["strace", "-f", "-qq", "-y", "-s", "0", "-o", str(log), "-e", "trace=read,pread64", *more, *place.command()]


def reads_of(place: Workplace, name: str) -> list[int]:
    """Which of the reads of its thread are of an input, counted as strace does."""
    place.reset()
    log = place.work.parent / "trace"
    place.start(trace_command(place, log))
    numbers, counts = set(), {}
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"(\d+) +(read|pread64)\(\d+<([^>]*)>", line)
        if found and found[2] == "pread64":
            counts[found[1]] = counts.get(found[1], 0) + 1
            if found[3].endswith("/" + name):
                numbers.add(counts[found[1]])
    return sorted(numbers)


def stopped(place: Workplace, number: int, change) -> Ending:
    """The run that is stopped before its Nth read by position while something is changed."""
    log = place.work.parent / "trace"
    command = trace_command(place, log, "-e", f"inject=pread64:signal=SIGSTOP:when={number}")
    process = subprocess.Popen(command, cwd=place.work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    changed = False
    try:
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            child = stopped_child(process.pid)
            if child:
                if not changed:
                    change()
                    changed = True
                os.kill(child, signal.SIGCONT)
            time.sleep(0.005)
        said = process.communicate(timeout=30)[0].decode("utf-8", "replace")
    finally:
        process.kill()
    if not changed:
        raise Fault("was never stopped")
    return Ending(process.returncode, said)


def stopped_child(parent: int) -> int | None:
    """The traced program, if it is stopped by a signal and not by its tracer for a moment."""
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for child in children:
            status = Path(f"/proc/{child}/status").read_text()
            # A stop by a signal lasts; the tracer's own last microseconds.
            if re.search(r"^State:\s+[tT]", status, re.M) and stays_stopped(child):
                return int(child)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None


def stays_stopped(child: str) -> bool:
    for _ in range(10):
        time.sleep(0.002)
        for task in Path(f"/proc/{child}/task").iterdir():
            if not re.search(r"^State:\s+[tT]", (task / "status").read_text(), re.M):
                return False
    return True
