"""The virtual environment that the peers run in, with pinned versions."""

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements.txt"

# Prints the installed version of each package named, or nothing for one that is missing.
PRINT_VERSIONS = """
import importlib.metadata, sys
for name in sys.argv[1:]:
    try:
        print(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        print()
"""


def pinned_versions():
    """Package names and the versions that the requirements pin them to."""
    lines = REQUIREMENTS.read_text(encoding="ascii").split()
    return dict(line.split("==") for line in lines)


def installed_versions(python):
    """The versions of the pinned packages that this interpreter sees."""
    names = list(pinned_versions())
    command = [python, "-c", PRINT_VERSIONS, *names]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(zip(names, printed.split("\n"), strict=False))


def set_up(folder):
    """Makes the environment unless it is there with the right versions; returns its interpreter."""
    python = folder / "bin" / "python"
    if python.exists() and installed_versions(python) == pinned_versions():
        return python
    print(f"setting up the peers in {folder}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]
    subprocess.run([python, *install], check=True)
    return python
