"""The runs that faults are tried on, and what must hold after each fault."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from processes import started

AS_OF = "2020-06-05"
# A run takes a fraction of a second, but a busy machine may leave it waiting for minutes: beyond this it hangs.
TIME_LIMIT = 300


class Fault(Exception):
    """Something that was promised did not hold."""


@dataclass(frozen=True)
class Scenario:
    """A run over an older published run."""

    name: str
    arguments: list[str]
    inputs: list[str]
    old: list[str]
    standard_input: str | None = None
    code: int = 0
    # Files beside the directory that the run itself makes.
    beside: frozenset[str] = frozenset()
    # Whether the directory holds runs rather than being one.
    is_history: bool = False
    threads: int = 1


# A longer record is followed to its end by many small reads, each of which is to fail once.
RECORD_BYTES = 8192
WATCH = ["--json", "--metrics", "run.prom", "--lineage", "run.jsonl", "--summary-json", "run.json"]
SCENARIOS = [
    Scenario("csv", ["--quiet"], ["new.csv"], ["old.csv"]),
    Scenario(
        "formats",
        ["--formats", "csv,parquet,html,xlsx", "--decisions", *WATCH],
        ["new.csv.gz", "new.parquet"],
        ["old.csv"],
        beside=frozenset({"run.prom", "run.jsonl", "run.json"}),
    ),
    Scenario("history", ["--keep", "2"], ["new.csv"], ["old.csv"], is_history=True),
    Scenario("stdin", ["--compress", "zst"], ["-"], ["old.csv"], standard_input="new.csv"),
    Scenario(
        "rejects",
        ["--max-rejects", "0", "--max-record-bytes", str(RECORD_BYTES)],
        ["dirty.csv", "overlong.csv"],
        ["old.csv"],
        code=65,
        beside=frozenset({"reports.rejects.csv"}),
    ),
]


@dataclass
class Ending:
    """How one run ended."""

    code: int
    said: str
    # What the fault hit, in words; empty if it hit nothing.
    hit: list[str] = field(default_factory=list)


class Workplace:
    """A directory that holds the inputs and an older run, and can be put back to that."""

    def __init__(self, binary: Path, directory: Path, scenario: Scenario):
        self.binary, self.scenario = binary, scenario
        self.pristine, self.work = directory / "pristine", directory / "work"
        self.pristine.mkdir(parents=True)
        self.make_inputs()
        self.must_end(self.run_command(scenario.old, older=True), self.pristine, 0)
        self.inputs = self.names(self.pristine)
        self.old = self.tree(self.pristine)
        self.reset()
        self.must_end(self.command(), self.work, scenario.code)
        self.new = self.tree(self.work)
        if scenario.code == 0 and self.new == self.old:
            raise Fault("the new run is the old one")

    def make_inputs(self) -> None:
        for name, rows, seed in [("old.csv", 300, 1), ("new.csv", 400, 2), ("new.parquet", 200, 3)]:
            self.generate(name, rows, seed)
        self.generate("dirty.csv", 400, 8, "--dirty", "0.03")
        overlong = f"partner_id,offer_type,purchase_date\n7,{'x' * 5 * RECORD_BYTES},2019-06-01\n"
        (self.pristine / "overlong.csv").write_text(overlong)
        compressed = gzip.compress((self.pristine / "new.csv").read_bytes(), mtime=0)
        (self.pristine / "new.csv.gz").write_bytes(compressed)

    def generate(self, name: str, rows: int, seed: int, *more: str) -> None:
        command = ["generate", "--rows", str(rows), "--seed", str(seed), "--out", name, "--quiet", *more]
        subprocess.run([self.binary, *command], cwd=self.pristine, check=True)

    def run_command(self, inputs: list[str], older: bool = False) -> list[str]:
        # An older run of a history is of another day, or there would be one run only.
        day = "2020-06-04" if older else AS_OF
        options = self.scenario.arguments if not older else ["--quiet", *(["--keep", "2"] if self.scenario.is_history else [])]
        return [str(self.binary), "run", "--as-of", day, "--out", "reports", "--threads", str(self.scenario.threads), *options, *inputs]

    def command(self) -> list[str]:
        return self.run_command(self.scenario.inputs)

    def reset(self) -> None:
        if self.work.exists():
            shutil.rmtree(self.work)
        shutil.copytree(self.pristine, self.work, symlinks=True)

    def start(self, command: list[str], directory: Path | None = None, **more) -> Ending:
        """Runs to the end. Standard output and errors are one pipe, as schedulers have it."""
        directory = directory or self.work
        stream = None
        if self.scenario.standard_input:
            stream = (directory / self.scenario.standard_input).open("rb")
        streams = {"stdin": stream or subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        try:
            with started(command, cwd=directory, **streams, **more) as process:
                said, _ = process.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired as late:
            raise Fault(f"did not end within {TIME_LIMIT} s") from late
        finally:
            if stream:
                stream.close()
        return Ending(process.returncode, said.decode("utf-8", "replace"))

    def must_end(self, command: list[str], directory: Path, code: int) -> None:
        ending = self.start(command, directory)
        if ending.code != code:
            raise Fault(f"exit code {ending.code}, not {code}: {ending.said}")

    @staticmethod
    def names(directory: Path) -> set[str]:
        return {path.name for path in directory.iterdir()}

    @staticmethod
    def tree(directory: Path) -> dict[str, str]:
        """Every file under the output directory, by its content."""
        out = directory / "reports"
        entries = {}
        for path in sorted(out.rglob("*")):
            name = str(path.relative_to(out))
            if path.is_symlink():
                entries[name] = f"-> {path.readlink()}"
            elif path.is_file():
                entries[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return entries

    def runs(self) -> list[Path]:
        """The published directories."""
        out = self.work / "reports"
        if not self.scenario.is_history:
            return [out]
        return sorted(path for path in out.iterdir() if path.is_dir() and not path.name.startswith(".") and not path.is_symlink())

    def verify(self) -> None:
        for run in self.runs():
            done = subprocess.run([self.binary, "verify", run], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise Fault(f"verify: {done.stdout}{done.stderr}")

    def is_old(self) -> bool:
        return self.without_litter(self.tree(self.work)) == self.old

    def is_new(self) -> bool:
        return self.without_litter(self.tree(self.work)) == self.new

    def without_litter(self, tree: dict[str, str]) -> dict[str, str]:
        """In a history what a killed run leaves lies in the directory itself, under hidden names."""
        return {name: content for name, content in tree.items() if not name.startswith(".")}

    def check_whole(self, ending: Ending) -> str:
        """What the directory holds after a run that ended so: `old` or `new`, and whole."""
        # Where memory is refused, the standard library says how to see more of that, too.
        if "panicked" in ending.said or ("RUST_BACKTRACE" in ending.said and "memory allocation of" not in ending.said):
            raise Fault(f"a panic: {ending.said}")
        self.verify()
        if self.is_old():
            return "old"
        if self.is_new():
            return "new"
        if self.scenario.is_history and self.is_between():
            return "both"
        raise Fault("the directory is neither the old run nor the new one")

    def is_between(self) -> bool:
        """A history may hold the new run beside the old one before `latest` names it."""
        found = self.without_litter(self.tree(self.work))
        whole = {**self.old, **self.new}
        return all(whole.get(name) == content or self.old.get(name) == content for name, content in found.items())

    def check_next(self) -> None:
        """The next run ends well and leaves nothing but itself."""
        ending = self.start(self.command())
        if ending.code != self.scenario.code:
            raise Fault(f"the next run ended in {ending.code}: {ending.said}")
        self.verify()
        if not self.is_new():
            raise Fault("the next run is another one")
        litter = self.names(self.work) - self.inputs - self.scenario.beside
        inside = {name for name in self.tree(self.work) if name.startswith(".")}
        if litter or inside:
            raise Fault(f"litter after the next run: {sorted(litter | inside)}")


def last_object(said: str) -> dict:
    """The result that `--json` puts last, if the run said one."""
    line = said.rstrip("\n").rpartition("\n")[2]
    return json.loads(line) if line.startswith("{") else {}
