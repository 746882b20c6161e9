"""Limits that the system sets for a process: bytes of a file, memory, open files, threads."""

from __future__ import annotations

import os
import resource

from closed_doors import become_nobody, give_away
from machine_case import ALL_FORMATS, CSV, Case, Cases, MachinePlace, Setting, Skipped
from scenarios import Ending

MIB = 1 << 20
FAILED = frozenset({73, 74})
# Memory that the system refuses ends a program at any place, which the directory must bear as it bears a kill.
ENDED = FAILED | {0, -6}
# The loader's own, before the program begins.
NOT_LOADED = 127


def limited(which: int, limit: int):
    def run(place: MachinePlace) -> Ending:
        def set_limit() -> None:
            resource.setrlimit(which, (limit, limit))

        return place.start(place.command(), preexec_fn=set_limit)

    return run


def few_threads(count: int):
    """Only a user without privileges is refused threads."""

    def run(place: MachinePlace) -> Ending:
        def set_limit() -> None:
            become_nobody()
            resource.setrlimit(resource.RLIMIT_NPROC, (count, count))

        give_away(place.work)
        return place.start(place.command(), preexec_fn=set_limit)

    return run


def cases(setting: Setting) -> Cases:
    place = setting.place("limits", CSV)
    for size in [0, 1, 4096, 100_000, MIB]:
        run = limited(resource.RLIMIT_FSIZE, size)
        yield Case(f"files of at most {size:,} bytes", place, run, FAILED | {0}, "File too large")
    many = setting.place("open files", ALL_FORMATS)
    for count in [3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 48, 64]:
        run = limited(resource.RLIMIT_NOFILE, count)
        yield Case(f"{count} open files", many, run, FAILED | {0, NOT_LOADED}, "rror 24)" if count > 3 else "Error 24")
    yield from memory(setting)
    if os.geteuid() != 0:
        raise Skipped("threads are limited for another user, which only root can become")
    for count in [1, 2, 3, 4, 8]:
        run = few_threads(count)
        yield Case(f"{count} threads of a user", place, run, FAILED | {0}, "Resource temporarily unavailable")


def memory(setting: Setting) -> Cases:
    """Of input of real size, with all threads that there are."""
    for name, options in [("csv", CSV), ("all formats", ALL_FORMATS)]:
        for input_name in ["new.csv", "new.parquet"]:
            place = setting.place(f"memory, {name}, {input_name}", options, input_name, setting.rows)
            for mib, codes in [(512, frozenset({0})), (128, ENDED), (96, ENDED), (64, ENDED)]:
                run = limited(resource.RLIMIT_AS, mib * MIB)
                yield Case(f"{mib} MiB of addresses, {input_name}, {name}", place, run, codes)
