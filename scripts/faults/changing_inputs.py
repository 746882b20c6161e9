"""Inputs that somebody else changes while a run reads them.

The run is stopped in the midst of reading, the file is changed, and the run goes on.
"""

from __future__ import annotations

import gzip
import os
import shutil
import time
import zipfile
from pathlib import Path

from machine_case import CSV, Case, Cases, MachinePlace, Setting
from scenarios import Ending
from stopping import bytes_read, run_with_change

CHANGED = frozenset({74})
# Whoever holds a file open goes on reading the one that it was.
CHANGED_OR_OLD = CHANGED | {0, 66}
SAYS = "changed while it was read"
SHARES = [0.1, 0.5, 0.9]


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


def grow(path: Path) -> None:
    with path.open("r+b") as file:
        line = file.read(4096)
        file.seek(0, os.SEEK_END)
        file.write(line)


def rewrite(path: Path) -> None:
    """Other bytes in the same file, as many as before: its second half is now its first."""
    content = path.read_bytes()
    half = len(content) // 2
    with path.open("r+b") as file:
        file.write(content[half:] + content[:half])


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes()[::-1])
    other.replace(path)


def remove(path: Path) -> None:
    path.unlink()


CHANGES = [
    ("cut short", cut, CHANGED),
    ("cut to nothing", cut_to_nothing, CHANGED),
    ("grown", grow, CHANGED),
    ("rewritten in place", rewrite, CHANGED),
    ("replaced", replace, CHANGED_OR_OLD),
    ("removed", remove, CHANGED_OR_OLD),
]


class PackedPlace(MachinePlace):
    """A place whose input is packed CSV."""

    def make_inputs(self) -> None:
        self.generate("old.csv", 300, 1)
        plain = self.sound.with_name("plain.csv")
        self.generate(str(plain), self.rows, 2)
        if self.sound.suffix == ".zip":
            with zipfile.ZipFile(self.sound, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.write(plain, "new.csv")
        else:
            with plain.open("rb") as source, gzip.open(self.sound, "wb", compresslevel=1) as target:
                shutil.copyfileobj(source, target)
        plain.unlink()
        self.put_input_back()


def changed(change, share: float):
    """A run whose input changes when that share of it has been read."""

    def run(place: MachinePlace) -> Ending:
        place.put_input_back()
        # A change within the clock's tick of the file's making could not be told from none.
        time.sleep(0.02)
        size = place.input.stat().st_size
        is_due = lambda process: bytes_read(process) >= size * share
        is_in_time = lambda process: bytes_read(process) < size
        return run_with_change(place, is_due, is_in_time, lambda: change(place.input))

    return run


def cases(setting: Setting) -> Cases:
    kinds = {"new.csv": MachinePlace, "new.parquet": MachinePlace, "new.csv.gz": PackedPlace, "new.zip": PackedPlace}
    for name, kind in kinds.items():
        place = setting.place(f"changing {name}", CSV, name, setting.rows, kind)
        for how, change, codes in CHANGES:
            for share in SHARES:
                told = f"{name} {how} when {share:.0%} was read"
                yield Case(told, place, changed(change, share), codes, SAYS, MachinePlace.put_input_back)
