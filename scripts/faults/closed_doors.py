"""Directories that may not be written to: by their modes, by who owns them, by how they are mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from machine_case import CSV, Case, Cases, MachinePlace, Setting, Skipped
from scenarios import Ending

NOBODY = 65534
REFUSED = frozenset({73})


def become_nobody() -> None:
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def give_away(path: Path) -> None:
    """Root may write anywhere, so that the run is another user's; everybody else runs as who they are."""
    if os.geteuid() == 0:
        for entry in [path, *path.rglob("*")]:
            shutil.chown(entry, NOBODY, NOBODY)


def closed(close: Callable[[MachinePlace], None]):
    def run(place: MachinePlace) -> Ending:
        give_away(place.work)
        close(place)
        return place.start(place.command(), preexec_fn=become_nobody)

    return run


def open_again(place: MachinePlace) -> None:
    for path in [place.work, place.work / "reports"]:
        path.chmod(0o755)


def modes(setting: Setting) -> Cases:
    place = setting.place("modes", CSV)
    for name, close in [
        ("parent that is read-only", lambda place: place.work.chmod(0o555)),
        ("parent that may be written but not listed", lambda place: place.work.chmod(0o300)),
        ("directory that is read-only", lambda place: (place.work / "reports").chmod(0o555)),
        ("directory that may not be read", lambda place: (place.work / "reports").chmod(0o000)),
    ]:
        yield Case(name, place, closed(close), REFUSED, "", open_again)
    if os.geteuid() == 0:
        for name, path in [("parent", "."), ("directory", "reports")]:
            close = lambda place, path=path: os.chown(place.work / path, 0, 0)
            yield Case(f"{name} of another user", place, closed(close), REFUSED, "")


def read_only_mount(setting: Setting) -> Cases:
    place = setting.place("mount", CSV)

    def run(place: MachinePlace) -> Ending:
        work = str(place.work)
        for command in (["mount", "--bind", work, work], ["mount", "-o", "remount,bind,ro", work]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise Skipped(f"nothing can be mounted here ({done.stderr.strip()})")
        return place.start(place.command())

    def mend(place: MachinePlace) -> None:
        subprocess.run(["umount", str(place.work)], capture_output=True, check=False)

    yield Case("parent that is mounted read-only", place, run, REFUSED, "Read-only file system", mend)


def cases(setting: Setting) -> Cases:
    yield from modes(setting)
    yield from read_only_mount(setting)
