"""Reads polluted files by Polars and DuckDB, strictly and tolerantly; prints what came out as JSON.

    python read_with.py FILE...             # {file: {reader: {"rows": [...], "named": [lines], "refused": words}}}
    python read_with.py --parquet FILE      # the rows of a Parquet file

Each has what a good user gives it: the types of the columns, and the words that enumerations have.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from truth_cells import CELLS

OFFER_TYPES, LEVELS = ["membership", "action_pack", "competency"], ["silver", "gold"]
DATES = ["purchase_date", "renewal_start_date", "last_renewal_date"]
POLARS_TYPES = {
    **{name: pl.String for name in CELLS},
    **{name: pl.Date for name in DATES},
    "offer_type": pl.Enum(OFFER_TYPES),
    "level": pl.Enum(LEVELS),
    "fee": pl.Decimal(22, 4),
}


def text(value: object) -> str:
    if value is None:
        return ""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def cells(rows: list[dict]) -> list[list[str]]:
    return [[text(row.get(name)) for name in CELLS] for row in rows]


def polars(path: str, **more) -> dict:
    return {"rows": cells(pl.read_csv(path, schema_overrides=POLARS_TYPES, **more).to_dicts()), "named": []}


def duckdb_types(connection: duckdb.DuckDBPyConnection, path: str) -> dict[str, str]:
    """Types for the columns that DuckDB finds; it refuses those of others."""
    types = {name: "VARCHAR" for name in CELLS}
    types |= {name: "DATE" for name in DATES}
    types |= {
        "offer_type": f"ENUM({', '.join(map(repr, OFFER_TYPES))})",
        "level": f"ENUM({', '.join(map(repr, LEVELS))})",
        "fee": "DECIMAL(22,4)",
    }
    columns = connection.sql(f"FROM sniff_csv('{path}')").fetchall()[0]
    names = {column["name"] for field in columns if isinstance(field, list) for column in field if isinstance(column, dict)}
    return {name: kind for name, kind in types.items() if name in names}


def read_duckdb(path: str, **more) -> dict:
    with duckdb.connect() as connection:
        types = duckdb_types(connection, path)
        options = "".join(f", {name}={value}" for name, value in more.items())
        found = connection.sql(f"FROM read_csv('{path}', types={types!r}{options})")
        names = found.columns
        rows = [dict(zip(names, row)) for row in found.fetchall()]
        named = []
        if "store_rejects" in more:
            named = [line for (line,) in connection.sql("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchall()]
        return {"rows": cells(rows), "named": named}


READERS = {
    "Polars": polars,
    "Polars, tolerant": lambda path: polars(path, ignore_errors=True, truncate_ragged_lines=True, encoding="utf8-lossy"),
    "DuckDB": read_duckdb,
    "DuckDB, tolerant": lambda path: read_duckdb(path, ignore_errors="true", store_rejects="true", strict_mode="false"),
}


def read(reader, path: str) -> dict:
    try:
        return reader(path)
    except Exception as error:  # noqa: BLE001, whatever a reader says is its answer
        return {"refused": str(error).strip().partition("\n")[0]}


def main() -> None:
    if sys.argv[1] == "--parquet":
        print(json.dumps(cells(pl.read_parquet(sys.argv[2]).to_dicts())))
        return
    files = {Path(path).name: {name: read(reader, path) for name, reader in READERS.items()} for path in sys.argv[1:]}
    print(json.dumps(files))


if __name__ == "__main__":
    main()
