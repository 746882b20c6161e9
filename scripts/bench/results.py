"""The raw figures of a benchmark and the summary that is made from them."""

import csv
from dataclasses import asdict, dataclass, fields
from statistics import median

import scenarios
from measurement import Measurement

MIB = 2**20
# Above this share of a run's CPU capacity, other work on the machine makes its figures doubtful.
DISTURBED_SHARE = 0.05
# Less than this cannot be told: the kernel counts the machine's time in hundredths of a second for each core.
DISTURBED_SECONDS_MIN = 0.05
NOTES = """\
- Wall time and peak memory (`ru_maxrss`) are of the whole process, from its start to its exit, start-up of
  Python included. Memory counts the mapped pages of files.
- Every tool ran the same number of times, in turns, after one run that was not counted and whose reports were
  compared. The output folder was removed, and all writes synced, before each run.
- `renewals` does more than its peers here: it finds rejected rows and says where they are, checks that no row is
  lost, reads the rules from a policy, hashes its input and every report, guards spreadsheet formulas, writes the
  summary and the manifest, syncs what it wrote and swaps it in atomically. Nothing of that is switched off.
"""


@dataclass(frozen=True)
class Figure:
    """One measured run."""

    scenario: str
    tool: str
    run: int
    measurement: Measurement
    command: str


@dataclass(frozen=True)
class Comparison:
    """What the reports of one tool were found to be like those of renewals."""

    same_rows: bool
    same_order: bool

    def words(self):
        if not self.same_rows:
            return "NO"
        return "yes" if self.same_order else "yes, in another order"


def write_raw(path, figures):
    """Writes one row a measured run."""
    measured = [field.name for field in fields(Measurement)]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["scenario", "tool", "run", *measured, "command"])
        for figure in figures:
            values = asdict(figure.measurement).values()
            rounded = [f"{value:.4f}" if isinstance(value, float) else value for value in values]
            writer.writerow([figure.scenario, figure.tool, figure.run, *rounded, figure.command])


def seconds(value):
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"


def memory(runs):
    """The highest peak of all runs in MiB: memory has to be there every time.

    One that is lost in the size of the starting process is told as a bound.
    """
    peak = max(run.peak_memory_bytes for run in runs)
    sign = "< " if peak <= max(run.least_peak_bytes for run in runs) else ""
    return f"{sign}{peak / MIB:.1f}" if peak < 100 * MIB else f"{peak / MIB:.0f}"


class Summary:
    """The tables of a benchmark as Markdown."""

    def __init__(self, figures, comparisons, cores):
        self.figures = figures
        self.comparisons = comparisons
        self.cores = cores

    def of(self, scenario, tool):
        """The measurements of one tool in one scenario."""
        return [
            figure.measurement
            for figure in self.figures
            if (figure.scenario, figure.tool) == (scenario.key, tool)
        ]

    def wall(self, scenario, tool):
        """The median wall time."""
        return median(run.wall_seconds for run in self.of(scenario, tool))

    def table(self, scenario):
        """One row a tool; the ratios are those of the median wall times."""
        baseline = scenario.tasks[0].tool
        lines = [
            f"### {scenario.title}",
            "",
            f"| | median, s | fastest – slowest, s | × {baseline} | CPU, s | peak memory, MiB | same rows |",
            "|---|---:|---:|---:|---:|---:|---|",
        ]
        for task in scenario.tasks:
            runs = self.of(scenario, task.tool)
            walls = [run.wall_seconds for run in runs]
            comparison = self.comparisons.get((scenario.key, task.tool))
            lines.append(" | ".join([
                f"| {task.tool}",
                seconds(median(walls)),
                f"{seconds(min(walls))} – {seconds(max(walls))}",
                f"{median(walls) / self.wall(scenario, baseline):.2f}",
                seconds(median(run.cpu_seconds for run in runs)),
                memory(runs),
                (comparison.words() if comparison else "") + " |",
            ]))
        return [*lines, ""]

    def thread_gains(self, scenario):
        """How much faster all threads are than one."""
        tools = [task.tool for task in scenario.tasks]
        gains = (
            f"{one.partition(',')[0]} {self.wall(scenario, one) / self.wall(scenario, every):.2f}×"
            for one, every in zip(tools[::2], tools[1::2], strict=True)
        )
        return [f"{self.cores} threads against 1: {', '.join(gains)}.", ""]

    def disturbed(self):
        """Says how many runs had to share the machine, if any had."""
        shares = [
            run.others_cpu_seconds / (run.wall_seconds * self.cores)
            if run.others_cpu_seconds > DISTURBED_SECONDS_MIN else 0.0
            for run in (figure.measurement for figure in self.figures)
        ]
        count = sum(share > DISTURBED_SHARE for share in shares)
        if count == 0:
            return []
        return [
            f"**Disturbed**: in {count} of {len(shares)} runs other work took more than {DISTURBED_SHARE:.0%} "
            f"of the machine (the most: {max(shares):.0%}). Read the ratios, not the seconds.",
            "",
        ]

    def markdown(self, heading, facts, measured, input_bytes, report_bytes):
        """The whole summary."""
        sizes = ", ".join(f"{size / 1e6:,.0f} MB {name}" for name, size in input_bytes.items())
        lines = [f"# {heading}", "", "| | |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in facts.items()]
        lines += ["", f"Input: {sizes}. The six CSV reports: {report_bytes / 1e6:,.0f} MB.", ""]
        lines += self.disturbed()
        for scenario in measured:
            lines += self.table(scenario)
            if scenario.key == "threads":
                lines += self.thread_gains(scenario)
        if any(task.tool == scenarios.FLOOR for scenario in measured for task in scenario.tasks):
            lines += [
                "The floor is `wc -l` on the two halves of the input and `dd` of as many bytes as the reports have, "
                "on two processes at once (`floor.sh`).",
                "",
            ]
        return "\n".join(lines) + "\n" + NOTES
