"""What is measured: for each scenario the commands, each with a tool's name."""

import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent
SMALL_ROWS = 1_000

RENEWALS = "renewals"
FLOOR = "floor"
LARGE = "large"
SCENARIO_KEYS = ["csv", "parquet", "parquet-parquet", "threads", "small"]
PEERS = ["polars", "duckdb", "datafusion"]


@dataclass(frozen=True)
class Scenario:
    """Commands that are measured against each other."""

    key: str
    title: str
    tasks: list


@dataclass(frozen=True)
class Task:
    """One command. It writes into `out`, which is not there when it starts."""

    tool: str
    command: list
    out: Path
    report_format: str = "csv"
    """Empty for a task that writes no reports."""


@dataclass(frozen=True)
class Setting:
    """The files and the options that the scenarios are made from."""

    binary: Path
    peers_python: Path
    work: Path
    as_of: str
    rows: int
    tools: list

    def data(self, rows, suffix):
        """The invented export of so many rows."""
        return self.work / f"export-{rows}.{suffix}"

    def inputs(self):
        """The export as CSV and as Parquet."""
        return [self.data(self.rows, suffix) for suffix in ("csv", "parquet")]

    def halves(self):
        """The CSV export in two files, for the floor."""
        return [self.work / f"export-{self.rows}.half-{number}" for number in (1, 2)]

    def renewals(self, source, report_format="csv", tool=RENEWALS, options=()):
        """A run of the program as a user would start it, everything that it checks included."""
        out = self.work / "out"
        command = [self.binary, "run", "--as-of", self.as_of, "--formats", report_format, *options]
        return Task(tool, [str(word) for word in [*command, "--out", out, source]], out, report_format)

    def peer(self, tool, source, report_format="csv"):
        out = self.work / "out"
        script = HERE / f"peer_{tool}.py"
        command = [self.peers_python, script, "--as-of", self.as_of, "--formats", report_format]
        return Task(tool, [str(word) for word in [*command, "--out", out, source]], out, report_format)

    def floor(self, report_bytes):
        out = self.work / "out"
        command = [HERE / "floor.sh", *self.halves(), report_bytes, out]
        return Task(FLOOR, [str(word) for word in command], out, "")

    def contest(self, key, title, source, report_format, peers):
        """The program against its peers on one input."""
        tasks = [self.renewals(source, report_format)]
        tasks += [self.peer(tool, source, report_format) for tool in peers if tool in self.tools]
        return Scenario(key, title, tasks)

    def scenarios(self, keys):
        """The scenarios asked for, in the order in which they are measured."""
        csv, parquet = self.inputs()
        cores = len(os.sched_getaffinity(0))
        threads = [
            self.renewals(source, tool=f"{source.suffix[1:]}, threads: {count}", options=["--threads", count])
            for source in (csv, parquet)
            for count in (1, cores)
        ]
        every = [
            self.contest("csv", "CSV to CSV", csv, "csv", PEERS),
            self.contest("parquet", "Parquet to CSV", parquet, "csv", PEERS),
            # DataFusion's script writes CSV only: it is not the fastest peer on either input.
            self.contest("parquet-parquet", "Parquet to Parquet", parquet, "parquet", ["polars", "duckdb"]),
            Scenario("threads", "Threads of renewals", threads),
            self.contest(
                "small", f"{SMALL_ROWS:,} rows of CSV, start to exit", self.data(SMALL_ROWS, "csv"), "csv", PEERS
            ),
        ]
        return [scenario for scenario in every if scenario.key in keys]

    def memory_scenario(self, row_counts):
        """The program alone, for its peak memory on exports of several sizes, all on the same disk."""
        tasks = [
            self.renewals(self.data(rows, suffix), tool=f"{suffix}, {rows:,} rows")
            for suffix in ("csv", "parquet")
            for rows in row_counts
        ]
        return Scenario(LARGE, "Memory of renewals by rows, to CSV", tasks)
