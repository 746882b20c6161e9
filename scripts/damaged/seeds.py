"""Sound Parquet files of many kinds, for damage.py to damage. Runs where pyarrow is.

    python seeds.py EXPORT.parquet FOLDER
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pyarrow
import pyarrow.compute as compute
import pyarrow.parquet as parquet

CODECS = ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]
DATES = ["purchase_date", "renewal_start_date", "last_renewal_date"]
TEXTS = ["partner_id", "partner_name", "country", "offer_type", "offer_name", "level", "portal", "currency"]


def as_text(table: pyarrow.Table) -> pyarrow.Table:
    """All columns as texts, as a careless export has them."""
    columns = [compute.cast(column, pyarrow.string()) for column in table.columns]
    return pyarrow.table(columns, table.column_names)


def with_types(table: pyarrow.Table, types: dict[str, pyarrow.DataType]) -> pyarrow.Table:
    fields = [field.with_type(types.get(field.name, field.type)) for field in table.schema]
    return table.cast(pyarrow.schema(fields), safe=False)


def tables(table: pyarrow.Table) -> dict[str, pyarrow.Table]:
    """The same rows in every type that a column may have."""
    dates = lambda unit: dict.fromkeys(DATES, pyarrow.timestamp(unit))
    return {
        "typed": table,
        "texts": as_text(table),
        "large": with_types(table, {**dict.fromkeys(TEXTS, pyarrow.large_string()), **dates("ms"), "fee": pyarrow.float64()}),
        "views": with_types(table, {**dict.fromkeys(TEXTS, pyarrow.string_view()), **dates("us"), "fee": pyarrow.decimal128(22, 4)}),
        "numbers": with_types(with_types(table, {"fee": pyarrow.float64()}), {"partner_id": pyarrow.int64(), "fee": pyarrow.int32(), **dates("ns")}),
    }


def options() -> dict[str, dict]:
    """Ways of writing a table, besides its codec."""
    deltas = {name: "DELTA_BYTE_ARRAY" for name in TEXTS}
    lengths = {name: "DELTA_LENGTH_BYTE_ARRAY" for name in TEXTS}
    return {
        "dictionary": {"use_dictionary": True, "write_page_index": True},
        "plain": {"use_dictionary": False, "write_page_checksum": True},
        "delta": {"use_dictionary": False, "column_encoding": deltas},
        "length": {"use_dictionary": False, "column_encoding": lengths, "write_statistics": False},
        "mixed": {"use_dictionary": ["country", "level"], "dictionary_pagesize_limit": 64, "store_schema": False},
    }


def main() -> None:
    export, folder = parquet.read_table(sys.argv[1]), Path(sys.argv[2])
    codecs = itertools.cycle(CODECS)
    versions = itertools.cycle(["1.0", "2.0", "2.0", "1.0", "1.0"])
    for (kind, table), (way, chosen) in itertools.product(tables(export).items(), options().items()):
        encodings = {name: how for name, how in chosen.get("column_encoding", {}).items() if can_be(table, name)}
        chosen = {**chosen, "column_encoding": encodings or None}
        for row_group_size in (len(table), 64):
            codec, version = next(codecs), next(versions)
            path = folder / f"{kind}-{way}-{codec}-pages{version[0]}-{row_group_size}.parquet"
            sizes = {"row_group_size": row_group_size, "data_page_size": 256}
            parquet.write_table(table, path, compression=codec, data_page_version=version, **sizes, **chosen)


def can_be(table: pyarrow.Table, name: str) -> bool:
    return not pyarrow.types.is_integer(table.schema.field(name).type)


if __name__ == "__main__":
    main()
