"""Starts one command, waits for it and prints what it took.

    python3 -I -S launch.py LOG COMMAND...

A new process counts as large as the one that started it, so whatever measures memory has to be small
itself. That is why this is a script of its own, without imports but those that Python makes anyway.

Prints the exit code, the wall, user and system seconds, the peak memory in KiB, and this process's
size in KiB, below which no peak can be told.
"""

import os
import sys
import time


def own_memory_kib():
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith("VmHWM"))


log, *command = sys.argv[1:]
output = [
    (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
    (os.POSIX_SPAWN_DUP2, 1, 2),
]
start = time.perf_counter()
process = os.posix_spawnp(command[0], command, os.environ, file_actions=output)
_, status, usage = os.wait4(process, 0)
wall = time.perf_counter() - start
print(os.waitstatus_to_exitcode(status), wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss, own_memory_kib())
