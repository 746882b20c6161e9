"""Builds a wheel of the program, installs it into a clean environment, and runs the sample with it.

    python3 scripts/wheel/try_wheel.py

maturin comes from PyPI into an environment of its own. The wheel is built from the work tree (`--from-source` instead
lets pip build it from the directory, as `pip install .` does), installed without the network, and must bring the
program onto the path of its environment: version, the main job on the sample, its check, completions and manual page.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MATURIN = "maturin==1.16.0"


def run(*command: object) -> str:
    """What a command prints on standard output."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def environment(path: Path) -> Path:
    venv.create(path, with_pip=True)
    return path / "bin"


def build(work: Path) -> Path:
    tools = environment(work / "tools")
    run(tools / "pip", "install", "--quiet", "--disable-pip-version-check", MATURIN)
    run(tools / "maturin", "build", "--release", "--quiet", "--out", work / "wheels")
    wheels = list((work / "wheels").glob("*.whl"))
    if len(wheels) != 1:
        raise SystemExit(f"one wheel should have been built, not {wheels}")
    return wheels[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from-source", action="store_true", help="let pip build it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renewals-wheel-") as temporary:
        work = Path(temporary)
        started = time.monotonic()
        what = [ROOT] if arguments.from_source else ["--no-index", build(work)]
        clean = environment(work / "clean")
        run(clean / "pip", "install", "--quiet", "--disable-pip-version-check", *what)
        said = what[-1].name if not arguments.from_source else "from source"
        size = (clean / "renewals").stat().st_size
        print(f"installed {said}, {size:,} bytes, in {time.monotonic() - started:.1f} s")

        program = clean / "renewals"
        version = run(program, "--version").strip()
        listed = run(clean / "pip", "list", "--disable-pip-version-check", "--format", "json")
        installed = {package["name"]: package["version"] for package in json.loads(listed)}
        if version != f"renewals {installed['renewals']}":
            raise SystemExit(f"{version!r} is not the version of the package, {installed['renewals']}")
        out = work / "reports"
        sample = ROOT / "data" / "sample" / "export.csv"
        result = json.loads(run(program, "run", "--as-of", "2020-06-05", "--out", out, "--json", "-q", sample))
        if (result["outcome"], result["rows"]["read"]) != ("published", 20_000):
            raise SystemExit(f"the sample came out wrong: {result}")
        print(run(program, "verify", out).strip())
        if "_renewals" not in run(program, "completions", "bash") or ".TH" not in run(program, "man", "run"):
            raise SystemExit("completions or manual page are missing")
        run(clean / "pip", "uninstall", "--quiet", "--yes", "renewals")
        if program.exists():
            raise SystemExit("pip has not removed the program")
        print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
