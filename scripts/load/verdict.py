"""Whether time per row and memory are those of the smaller run, and the tables that say so."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import results

# How much more a row may take in the larger run, and how much more memory that run.
MORE_AT_MOST = 1.10
NOTES = """\
- Times are medians, of the whole process from its start to its exit, which includes syncing the reports to the disk.
  Memory is the highest peak of all runs (`ru_maxrss`). The page cache is not in it: no input is mapped.
- The output folder was removed and all writes were synced before each run. Runs were made in turns, those on many rows in
  the midst of the others.
- Wall time holds what the disk takes to be read and written, and what else the machine did; processor time does not wait.
"""


@dataclass(frozen=True)
class Pair:
    """A run, and one on more rows or more files that may take no more of each row."""

    small: object
    large: object


@dataclass(frozen=True)
class Taken:
    """What the runs of one case took."""

    rows: int
    runs: list

    @property
    def wall(self) -> float:
        return median(run.wall_seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        return median(run.cpu_seconds for run in self.runs)

    @property
    def peak(self) -> int:
        return max(run.peak_memory_bytes for run in self.runs)

    @property
    def others(self) -> float:
        return max(run.others_cpu_seconds / run.wall_seconds for run in self.runs)


def taken_by(case, figures: list) -> Taken:
    return Taken(case.rows, [figure.measurement for figure in figures if figure.tool == case.name])


def judged(ratio: float) -> str:
    return f"{ratio:.2f}{'' if ratio <= MORE_AT_MOST else ' **fails**'}"


def markdown(day, facts: dict, figures: list, pairs: list[Pair], checked: list[str]) -> tuple[str, bool]:
    """The whole summary, and whether everything in it is within its bounds."""
    cases = {case.name: case for pair in pairs for case in (pair.small, pair.large)}
    lines = [f"# Load, {day}", "", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items()), ""]
    lines += [
        "| run | runs | wall, s | fastest – slowest, s | CPU, s | wall, ns a row | CPU, ns a row | peak memory, MiB | most that others took of a core |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, case in cases.items():
        taken = taken_by(case, figures)
        walls = [run.wall_seconds for run in taken.runs]
        lines.append(
            f"| {name} | {len(walls)} | {taken.wall:.2f} | {min(walls):.2f} – {max(walls):.2f} | {taken.cpu:.2f} "
            f"| {1e9 * taken.wall / case.rows:.0f} | {1e9 * taken.cpu / case.rows:.0f} | {taken.peak / results.MIB:.1f} | {taken.others:.0%} |"
        )
    lines += ["", f"More than {MORE_AT_MOST:.2f} fails:", "", "| to | wall a row | CPU a row | peak memory |", "|---|---:|---:|---:|"]
    holds = True
    for pair in pairs:
        small, large = (taken_by(case, figures) for case in (pair.small, pair.large))
        per_row = small.rows / large.rows
        ratios = [large.wall / small.wall * per_row, large.cpu / small.cpu * per_row, large.peak / small.peak]
        holds = holds and max(ratios) <= MORE_AT_MOST
        lines.append(f"| {pair.large.name} from {pair.small.name} | {' | '.join(map(judged, ratios))} |")
    lines += ["", "What was published:", "", *(f"- {told}" for told in checked), ""]
    return "\n".join(lines) + "\n" + NOTES, holds
