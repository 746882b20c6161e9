"""What a result has to say of the machine and the versions it was measured with."""

import os
import platform
import subprocess

import peers_environment


def printed_by(*command, cwd=None):
    """What a command prints, or "unknown" where it is missing or fails."""
    try:
        run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return run.stdout.strip()


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return models[0] if models else platform.machine()


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def file_system(folder):
    """The kind of file system that a folder lies on."""
    return printed_by("stat", "--file-system", "--format=%T", folder)


def git_commit(repository):
    """The commit, marked where tracked files differ from it."""
    return printed_by("git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*", cwd=repository)


def facts(repository, binary, work):
    """Names and values, in the order in which a summary lists them."""
    return {
        "CPU": f"{cpu_model()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{memory_gib():.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "files on": file_system(work),
        "renewals": f"{printed_by(binary, '--version').split()[-1]}, repository at {git_commit(repository)}",
        "rustc": printed_by("rustc", "--version", cwd=repository),
    }


def facts_with_peers(repository, binary, peers_python, work):
    """The facts, and the versions of the peers."""
    return {
        **facts(repository, binary, work),
        "python": printed_by(peers_python, "--version").removeprefix("Python "),
        **peers_environment.installed_versions(peers_python),
    }
