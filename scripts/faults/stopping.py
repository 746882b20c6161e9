"""Stopping a run at a moment, doing something to its world, and letting it go on."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

from machine_case import MachinePlace
from processes import started
from scenarios import TIME_LIMIT, Ending, Fault

TRIES = 50


def bytes_read(process: subprocess.Popen) -> int:
    """What a process has read so far, of whatever file."""
    with open(f"/proc/{process.pid}/io", encoding="ascii") as counts:
        return int(counts.readline().split()[1])


def run_with_change(
    place: MachinePlace,
    is_due: Callable[[subprocess.Popen], bool],
    is_in_time: Callable[[subprocess.Popen], bool],
    change: Callable[[], None],
) -> Ending:
    """A run that is stopped when it is due and changed if that is in time; another one if it is not."""
    for _ in range(TRIES):
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with started(place.command(), cwd=place.work, **streams) as process:
            while process.poll() is None and not is_due(process):
                pass
            process.send_signal(signal.SIGSTOP)
            is_changed = process.poll() is None and is_in_time(process)
            if is_changed:
                change()
            process.send_signal(signal.SIGCONT)
            try:
                said, _ = process.communicate(timeout=TIME_LIMIT)
            except subprocess.TimeoutExpired as late:
                raise Fault(f"did not end within {TIME_LIMIT} s") from late
        if is_changed:
            return Ending(process.returncode, said.decode("utf-8", "replace"))
        place.reset()
    raise Fault(f"{TRIES} runs were through before anything could be changed")
