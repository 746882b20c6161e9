"""Reads one file by Polars or DuckDB and prints what came of it as JSON; run by score.py in the peers' environment.

    python peers.py polars|polars-on|duckdb|duckdb-on|rows FILE
"""

import json
import sys

CELLS = "partner_id,partner_name,country,offer_type,offer_name,level,purchase_date,renewal_start_date,fee,currency".split(",")
OFFER_TYPES = ["membership", "action_pack", "competency"]
LEVELS = ["silver", "gold"]


def answer(rows=(), named=(), refused=""):
    cells = [[None if cell is None else str(cell) for cell in row] for row in rows]
    print(json.dumps({"rows": cells, "named": sorted(named), "refused": refused}))


def by_polars(path, goes_on):
    import polars as pl

    types = {name: pl.String for name in CELLS}
    types |= {"purchase_date": pl.Date, "renewal_start_date": pl.Date, "fee": pl.Decimal(22, 4)}
    types |= {"offer_type": pl.Enum(OFFER_TYPES), "level": pl.Enum(LEVELS)}
    options = {"ignore_errors": True, "truncate_ragged_lines": True} if goes_on else {}
    frame = pl.read_csv(path, schema_overrides=types, **options)
    for name in CELLS:
        if name not in frame.columns:
            frame = frame.with_columns(pl.lit(None).alias(name))
    answer(frame.select(CELLS).rows())


def by_duckdb(path, goes_on):
    import duckdb

    types = {name: "VARCHAR" for name in CELLS}
    types |= {"purchase_date": "DATE", "renewal_start_date": "DATE", "fee": "DECIMAL(22,4)"}
    types |= {"offer_type": f"ENUM{tuple(OFFER_TYPES)}", "level": f"ENUM{tuple(LEVELS)}"}
    with open(path, "rb") as file:
        header = file.readline().decode("utf-8-sig", "replace").strip().split(",")
    known = {name: kind for name, kind in types.items() if name in header}
    given = ", ".join(f"'{name}': '{kind.replace(chr(39), chr(39) * 2)}'" for name, kind in known.items())
    options = "header=true, dateformat='%Y-%m-%d'"
    options += ", ignore_errors=true, store_rejects=true" if goes_on else ""
    connection = duckdb.connect()
    query = f"SELECT * FROM read_csv(?, types={{{given}}}, {options})"
    found = connection.execute(query, [path])
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    named = []
    if goes_on:
        named = [line for (line,) in connection.execute("SELECT DISTINCT line FROM reject_errors").fetchall()]
    answer([[row[names.index(name)] if name in names else None for name in CELLS] for row in rows], named)


def rows_of(path):
    import polars as pl

    answer(pl.read_parquet(path).select(CELLS).rows())


def main():
    mode, path = sys.argv[1:]
    try:
        if mode == "rows":
            rows_of(path)
        elif mode.startswith("polars"):
            by_polars(path, mode.endswith("on"))
        else:
            by_duckdb(path, mode.endswith("on"))
    except BaseException as error:  # noqa: BLE001: whatever a reader raises is that it refuses the file.
        answer(refused=f"{type(error).__name__}: {error}"[:500] or "refused")


if __name__ == "__main__":
    main()
