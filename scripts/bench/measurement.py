"""Running one command and measuring what it took, as the kernel counts it."""

import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LAUNCH = Path(__file__).parent / "launch.py"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
KIB = 1024


class CommandFailed(Exception):
    """A measured command did not exit with 0."""


@dataclass(frozen=True)
class Measurement:
    """What a command took from its start to its exit, its child processes included."""

    wall_seconds: float
    user_seconds: float
    system_seconds: float
    peak_memory_bytes: int
    least_peak_bytes: int
    """No smaller peak could have been told."""
    others_cpu_seconds: float
    """CPU time that the rest of the machine used meanwhile, to a few hundredths: how far the figure was disturbed."""

    @property
    def cpu_seconds(self):
        return self.user_seconds + self.system_seconds


def others_busy_seconds():
    """CPU time that the machine has spent, but for that of our child processes, the launcher included."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _idle, _iowait, irq, softirq, *_ = map(int, file.readline().split()[1:])
    return (user + nice + system + irq + softirq) / CLOCK_TICKS - children.ru_utime - children.ru_stime


def run(command, log_path):
    """Runs a command and measures it; what it prints goes to the log.

    Raises CommandFailed if it exits with anything but 0.
    """
    launch = [sys.executable, "-I", "-S", LAUNCH, log_path, *command]
    others_before = others_busy_seconds()
    taken = subprocess.run(launch, check=True, capture_output=True, text=True).stdout.split()
    others = max(0.0, others_busy_seconds() - others_before)
    exit_code, wall, user, system, peak_kib, least_kib = map(float, taken)
    if exit_code != 0:
        log = Path(log_path).read_text(encoding="utf-8", errors="replace")
        raise CommandFailed(f"exit {exit_code:.0f} of {' '.join(command)}\n{log[-4000:]}")
    return Measurement(wall, user, system, int(peak_kib) * KIB, int(least_kib) * KIB, others)
