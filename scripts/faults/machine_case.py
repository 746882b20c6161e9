"""One fault of the machine: a run under it, what may become of that run, and what must hold afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scenarios import Ending, Fault, Scenario, Workplace

CSV = ["--quiet"]
ALL_FORMATS = ["--quiet", "--formats", "csv,parquet,html,xlsx", "--decisions"]


class Skipped(Exception):
    """This machine does not let the fault be made."""


class MachinePlace(Workplace):
    """An older run, and an input that lies elsewhere, so that the directory of the run can be small or closed."""

    def __init__(self, binary: Path, directory: Path, options: list[str], name: str, rows: int):
        self.rows, self.input, self.sound = rows, directory / "inputs" / name, directory / "sound" / name
        for path in (self.input, self.sound):
            path.parent.mkdir(parents=True)
        # As many threads as the tool takes on a small machine, so that some run beside what fails.
        super().__init__(binary, directory, Scenario(directory.name, options, [str(self.input)], ["old.csv"], threads=2))

    def make_inputs(self) -> None:
        self.generate("old.csv", 300, 1)
        self.generate(str(self.sound), self.rows, 2)
        self.put_input_back()

    def put_input_back(self) -> None:
        """The input as it was made, in a file of its own."""
        self.input.unlink(missing_ok=True)
        shutil.copyfile(self.sound, self.input)

    def told(self, ending: Ending) -> str:
        """The first line of what a run said, without the directories of this machine."""
        line = ending.said.partition("\n")[0]
        return line.replace(f"{self.work}/", "").replace(f"{self.input.parent}/", "")


@dataclass(frozen=True)
class Setting:
    """What all faults are made with."""

    binary: Path
    directory: Path
    # Rows of the inputs that must be of real size.
    rows: int

    def place(
        self, name: str, options: list[str], input_name: str = "new.csv", rows: int = 40_000, kind: type = MachinePlace
    ) -> MachinePlace:
        """A place of its own for faults of one kind."""
        directory = self.directory / name
        directory.mkdir()
        return kind(self.binary, directory, options, input_name, rows)


@dataclass(frozen=True)
class Case:
    """A fault of the machine under a run over an older run."""

    name: str
    place: MachinePlace
    run: Callable[[MachinePlace], Ending]
    codes: frozenset[int]
    # What a run that fails has to say.
    says: str = ""
    # Takes the fault away, before the next run.
    mend: Callable[[MachinePlace], None] = lambda place: None

    def outcome(self) -> str:
        """What became of the run, if all that is promised holds."""
        self.place.reset()
        try:
            ending = self.run(self.place)
        finally:
            self.mend(self.place)
        if ending.code not in self.codes:
            raise Fault(f"exit code {ending.code}, not one of {sorted(self.codes)}: {ending.said}")
        holds = self.place.check_whole(ending)
        # What is ended by a signal leaves the directory as a kill does.
        if ending.code >= 0 and holds != ("new" if ending.code == 0 else "old"):
            raise Fault(f"exit code {ending.code}, but the directory is {holds}: {ending.said}")
        if ending.code > 0 and self.says not in ending.said:
            raise Fault(f"it does not say `{self.says}`: {ending.said}")
        self.place.check_next()
        said = self.place.told(ending)
        return f"{ending.code}, {holds} run{': ' if said else ''}{said}"


Cases = Iterator[Case]
