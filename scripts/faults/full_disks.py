"""Disks that are full before a run begins, or become so while it stages."""

from __future__ import annotations

import subprocess

from machine_case import ALL_FORMATS, CSV, Case, Cases, MachinePlace, Setting, Skipped
from scenarios import Ending
from stopping import run_with_change

# Left of two megabytes when the run begins, in KiB: nothing, less than a report, some reports, all of it.
LEFT = [0, 4, 64, 256, 1024, None]
FULL = frozenset({73, 74})
NO_ROOM = "No space left"


class SmallDisk:
    """A file system in memory, in which a place works from its mounting to its end."""

    def __init__(self, place: MachinePlace, options: str):
        self.place, self.place_work, self.root = place, place.work, place.pristine.parent / "disk"
        self.filler = self.root / "filler"
        self.root.mkdir(exist_ok=True)
        self.options = options

    def __enter__(self) -> SmallDisk:
        command = ["mount", "-t", "tmpfs", "-o", self.options, "renewals-faults", str(self.root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Skipped(f"no file system can be mounted here ({done.stderr.strip()})")
        self.place.work = self.root / "work"
        return self

    def __exit__(self, *_) -> None:
        self.place.work = self.place_work
        subprocess.run(["umount", str(self.root)], check=True)

    def fill(self, left: int) -> None:
        """Takes all room but so many bytes."""
        with self.filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                file.truncate(max(0, file.tell() - left))

    def grow(self, *_) -> None:
        """Makes room enough for the next run."""
        self.filler.unlink(missing_ok=True)
        subprocess.run(["mount", "-o", "remount,size=512m,nr_inodes=100k", str(self.root)], check=True)

    def shrink(self) -> None:
        subprocess.run(["mount", "-o", f"remount,{self.options}", str(self.root)], check=True)

    def full_before(self, left_kib: int | None):
        def run(place: MachinePlace) -> Ending:
            self.shrink()
            if left_kib is not None:
                self.fill(left_kib * 1024)
            return place.start(place.command())

        return run

    def full_underway(self, place: MachinePlace) -> Ending:
        """Somebody else takes the room when the run stages."""
        self.shrink()
        stages = lambda _: any(place.work.glob(".reports.staging-*/upcoming_renewals.csv"))
        return run_with_change(place, stages, stages, lambda: self.fill(0))


def cases(setting: Setting) -> Cases:
    for options, name in [(CSV, "csv"), (ALL_FORMATS, "all formats")]:
        place = setting.place(f"full disk, {name}", options, rows=100_000)
        with SmallDisk(place, "size=2m,nr_inodes=1k") as disk:
            for left in LEFT:
                told = "2 MB" if left is None else f"{left} KiB"
                yield Case(f"disk with {told} left, {name}", place, disk.full_before(left), FULL, NO_ROOM, disk.grow)
        with SmallDisk(place, "size=64m,nr_inodes=1k") as disk:
            yield Case(f"disk filled while staging, {name}", place, disk.full_underway, FULL, NO_ROOM, disk.grow)
        for names in [0, 1, 4, 12]:
            with SmallDisk(place, f"size=64m,nr_inodes={entries(place) + names}") as disk:
                told = f"disk with {names} names left, {name}"
                yield Case(told, place, disk.full_before(None), FULL, NO_ROOM, disk.grow)


def entries(place: MachinePlace) -> int:
    """Names that a file system must have for the older run alone: its files, their directories, the root."""
    return len(list(place.pristine.rglob("*"))) + 2
