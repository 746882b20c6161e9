"""Compares every report of the specification with those of a second program in SQL, on many rows and days.

    python3 scripts/oracle/sql_oracle.py --binary target/release/renewals --rows 10000000

An invented export with spoiled rows is made as Parquet, the program publishes it for each of 20 as-of dates under one of
the shipped policies, and DuckDB works out the same reports by the queries of sql_rules.py. Of each report the number of
rows and a digest of every row with its place are compared; where they differ, the first rows that do are shown. Texts
that reports say as they are are digested once, when the export is read, so that all that is held and sorted for a day
is numbers.
DuckDB runs in an environment of its own, in the version of scripts/bench.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import sql_rules

ROOT = Path(__file__).resolve().parent.parent.parent
HORIZON, MONTHS = 90, 12
# Days inside, between and on the borders of the rounds, each under a policy of its time or of all times.
RUNS = [
    ("2018-09-04", "2018-09-04"),
    ("2019-10-16", "2020-06-05"),
    ("2019-12-31", "all-rounds"),
    ("2020-01-01", "2020-06-05"),
    ("2020-02-29", "all-rounds"),
    ("2020-03-31", "2020-06-05"),
    ("2020-05-31", "2018-09-04"),
    ("2020-06-05", "2020-06-05"),
    ("2020-06-30", "2020-06-05"),
    ("2020-07-01", "2020-06-05"),
    ("2020-07-30", "2020-08-13"),
    ("2020-08-13", "2020-08-13"),
    ("2020-12-31", "all-rounds"),
    ("2021-01-01", "2020-08-13"),
    ("2021-02-04", "2021-02-04"),
    ("2021-06-30", "all-rounds"),
    ("2021-08-03", "2021-08-03"),
    ("2021-12-31", "2021-08-03"),
    ("2022-01-30", "all-rounds"),
    ("2024-02-29", "all-rounds"),
]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dirty", default="0.01", help="share of rows to spoil [0.01]")
    parser.add_argument("--runs", type=int, default=len(RUNS), help="how many of the as-of dates")
    parser.add_argument("--memory", default="3GB", help="what DuckDB may take [3GB]")
    parser.add_argument("--work", type=Path, help="directory for the export and the reports [the temporary one]")
    parser.add_argument("--environment", type=Path, default=Path(__file__).parent / "environment")
    return parser.parse_args()


def inside_environment(folder: Path) -> None:
    """Goes on in the environment that has DuckDB, unless this is it."""
    try:
        import duckdb  # noqa: F401

        return
    except ImportError:
        pass
    sys.path.insert(0, str(ROOT / "scripts" / "bench"))
    import peers_environment

    python = peers_environment.set_up(folder)
    os.execv(python, [str(python), *sys.argv])


def published_cells(name: str) -> str:
    """The cells of a report that have one name in the queries, as texts."""
    return ", ".join(f'coalesce("{column}", \'\')' for column in sql_rules.TOGETHER.get(name, [name]))


def published_digest(name: str) -> str:
    """The one cell of that name, or the digest of them that the queries have."""
    cells = published_cells(name)
    return f"hash(concat_ws(chr(31), {cells}))" if name in sql_rules.TOGETHER else cells


def worked_out(name: str) -> str:
    """What a query has under a name: a digest, or a text as it is written."""
    return name if name in sql_rules.TOGETHER else sql_rules.as_written(name)


def listed(cell, columns: list[str]) -> str:
    return ", ".join(map(cell, columns))


class Comparison:
    """One export, and the two programs on it."""

    def __init__(self, arguments: argparse.Namespace, work: Path):
        import duckdb

        self.binary, self.work = arguments.binary.resolve(), work
        self.export = work / "export.parquet"
        self.connection = duckdb.connect(str(work / "oracle.duckdb"))
        self.connection.execute(f"SET memory_limit='{arguments.memory}'; SET temp_directory='{work}/spill'")
        generate = ["generate", "--rows", arguments.rows, "--seed", arguments.seed, "--dirty", arguments.dirty]
        subprocess.run([self.binary, *map(str, generate), "--quiet", "--out", self.export], check=True)
        started = time.monotonic()
        self.connection.execute(sql_rules.typed(str(self.export)))
        print(f"{arguments.rows:,} rows read in {time.monotonic() - started:.0f} s", flush=True)

    def policy(self, name: str) -> dict:
        text = subprocess.run([self.binary, "policy", "show", name], check=True, capture_output=True).stdout
        return tomllib.loads(text.decode())

    def compare(self, as_of: str, name: str) -> tuple[int, int]:
        """The reports compared, and the rows in them."""
        started = time.monotonic()
        out = self.work / "reports"
        run = ["run", "--as-of", as_of, "--policy", name, "--out", out, "--no-skip", "--quiet", "--on-duplicate", "ignore", self.export]
        done = subprocess.run([self.binary, *map(str, run)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{as_of} {name}: exit code {done.returncode}: {done.stderr}")
        by_program = time.monotonic() - started
        policy = self.policy(name)
        for statement in sql_rules.terms(policy, as_of).split(";"):
            self.connection.execute(statement)
        self.connection.execute(sql_rules.decided(policy, as_of))
        self.connection.execute("CREATE OR REPLACE VIEW fine AS SELECT * FROM decided WHERE row_fault IS NULL")
        rows = 0
        reports = sql_rules.reports(as_of, HORIZON, MONTHS, str(self.export))
        for report, (columns, query) in reports.items():
            rows += self.same(f"{as_of} {name} {report}", out / f"{report}.csv", columns, query)
        took = time.monotonic() - started
        print(f"{as_of} {name:<10} {len(reports)} reports, {rows:>10,} rows equal ({by_program:.0f} s + {took - by_program:.0f} s)", flush=True)
        return len(reports), rows

    def same(self, what: str, path: Path, columns: list[str], query: str) -> int:
        """Compares a report with a query; the rows that both have."""
        # Sorting digests rather than rows takes little memory.
        self.connection.execute(f"""
            CREATE OR REPLACE TEMP VIEW published AS SELECT row_number() OVER () AS place, digest, text
            FROM (SELECT hash({listed(published_digest, columns)}) AS digest, concat_ws(chr(31), {listed(published_cells, columns)}) AS text
                FROM read_csv('{path}', header=true, all_varchar=true, delim=',', quote='"', escape='"', auto_detect=false,
                    columns={self.columns_of(path)}, max_line_size=10000000, parallel=false, null_padding=false, nullstr=''))""")
        self.connection.execute(f"""
            CREATE OR REPLACE TEMP VIEW worked_out AS SELECT row_number() OVER (ORDER BY n) AS place, n, digest
            FROM (SELECT n, hash({listed(worked_out, columns)}) AS digest FROM ({query}))""")
        whole = "SELECT count(*), sum(hash(place, digest)::HUGEINT), bit_xor(hash(digest, place)) FROM "
        found = [self.connection.execute(whole + side).fetchone() for side in ("published", "worked_out")]
        if found[0] == found[1]:
            return found[0][0]
        print(f"DIFFERENT {what}: {found[0][0]:,} rows published, {found[1][0]:,} worked out; columns {', '.join(columns)}")
        self.show(columns, query)
        raise SystemExit(1)

    def show(self, columns: list[str], query: str) -> None:
        """The first rows that differ."""
        with_texts = query
        if set(columns) & set(sql_rules.TOGETHER):
            parts = ", ".join(f"texts.{name} AS {name}" for name in sql_rules.TOGETHER)
            texts = sql_rules.texts(str(self.export))
            with_texts = f"SELECT found.* REPLACE ({parts}) FROM ({query}) found JOIN ({texts}) texts USING (line)"
        shown = self.connection.execute(f"""
            WITH differing AS (
                SELECT place, n, text FROM published FULL JOIN worked_out USING (place)
                WHERE published.digest IS DISTINCT FROM worked_out.digest ORDER BY place LIMIT 5
            )
            SELECT place, differing.text, worked.text FROM differing
            LEFT JOIN (SELECT n, concat_ws(chr(31), {listed(worked_out, columns)}) AS text FROM ({with_texts})) worked USING (n)
            ORDER BY place""")
        for place, ours, theirs in shown.fetchall():
            print(f"  row {place}\n    published  {ours!r}\n    worked out {theirs!r}")

    @staticmethod
    def columns_of(path: Path) -> str:
        with path.open(encoding="utf-8") as file:
            names = file.readline().rstrip("\n").split(",")
        return "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in names) + "}"


def main() -> None:
    arguments = parse()
    inside_environment(arguments.environment)
    with tempfile.TemporaryDirectory(prefix="renewals-sql-oracle-", dir=arguments.work) as temporary:
        comparison = Comparison(arguments, Path(temporary))
        reports = rows = 0
        for as_of, name in RUNS[: arguments.runs]:
            more_reports, more_rows = comparison.compare(as_of, name)
            reports, rows = reports + more_reports, rows + more_rows
    print(f"{arguments.runs} as-of dates, {arguments.rows:,} rows each: {reports} reports, {rows:,} report rows, all equal")


if __name__ == "__main__":
    main()
