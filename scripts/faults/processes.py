"""Commands that are over, with all that they have started, before anybody looks at what they left."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """What loses its parent becomes this process's child, so that its end can be waited for."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no process can be adopted")


@contextmanager
def started(command: list[str], **more) -> Iterator[subprocess.Popen]:
    """A process in a group of its own, of which nothing is left afterwards.

    A tracer that is killed lets its program go on, which would then publish, or sweep what a run before it has left,
    while the directory is put back.
    """
    adopt_orphans()
    process = subprocess.Popen(command, start_new_session=True, **more)
    try:
        yield process
    finally:
        end_group(process)


def end_group(process: subprocess.Popen) -> None:
    """Kills what is left of a process's group and waits until it is gone."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    while True:
        try:
            os.waitpid(-process.pid, 0)
        except ChildProcessError:
            break
    if process.stdout:
        process.stdout.close()
