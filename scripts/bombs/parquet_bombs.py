"""Parquet files of a few kilobytes that hold or claim what no machine has."""

from __future__ import annotations

from bomb import Bomb, REFUSED, REFUSED_OR_FINE
from parquet_writer import BYTE_ARRAY, REQUIRED, UTF8, Claims, File
from thrift import BINARY, I32, I64, LIST, STRUCT, list_head, struct, structs

NEEDED = {"partner_id": b"7", "offer_type": b"action_pack", "purchase_date": b"2019-06-01"}
EXPANSION = "more than 100 times its size"


def file_of(rows: int, claims: dict[str, Claims] | None = None, name: int = 0) -> File:
    """A file with as many equal rows, and a name of as many letters."""
    file = File()
    for column, value in NEEDED.items():
        file.column(column, value, rows, (claims or {}).get(column, Claims()))
    if name:
        file.column("partner_name", b"N", rows, (claims or {}).get("partner_name", Claims()), name)
    return file


def petabytes() -> bytes:
    rows = 1 << 31
    file = file_of(rows, {name: Claims(chunk_bytes=1 << 50) for name in NEEDED})
    return file.finish(200 * rows, [file.group(rows)] * 200)


def billions_of_rows() -> bytes:
    rows = 10_000_000_000
    return file_of(1000, {name: Claims(values=rows) for name in NEEDED}).finish(rows)


def billions_in_one_run() -> bytes:
    rows = (1 << 31) - 1
    return file_of(rows).finish(rows)


def as_many_rows_as_allowed() -> bytes:
    rows = (64 << 20) // len(NEEDED)
    return file_of(rows).finish(rows)


def groups_on_the_same_pages() -> bytes:
    rows, groups = 100, 100_000
    file = file_of(rows)
    return file.finish(rows * groups, [file.group(rows)] * groups)


def empty_groups() -> bytes:
    file = file_of(1)
    return file.finish(1, [file.group(1), *[file.group(0)] * 300_000])


def page_header_of_gigabytes() -> bytes:
    return file_of(1000, {"partner_id": Claims(page_bytes=(1 << 31) - 1)}).finish(1000)


def dictionary_of_billions() -> bytes:
    return file_of(1000, {"partner_id": Claims(page_values=(1 << 31) - 1)}).finish(1000)


def page_of(mebibytes: int, claims: Claims = Claims()):
    return lambda: file_of(1, {"partner_name": claims}, mebibytes << 20).finish(1)


def one_long_name_of_all_rows(length: int, rows: int):
    return lambda: file_of(rows, name=length).finish(rows)


def million_columns() -> bytes:
    file = file_of(1)
    for number in range(1_000_000):
        file.elements.append(element(b"c%d" % number))
    return file.finish(1)


def element(name: bytes) -> bytes:
    return struct((1, I32, BYTE_ARRAY), (3, I32, REQUIRED), (4, BINARY, name), (6, I32, UTF8))


def nested_schema() -> bytes:
    file = file_of(1)
    group = struct((3, I32, REQUIRED), (4, BINARY, b"g"), (5, I32, 1))
    file.elements += [group] * 200_000
    file.elements.append(element(b"leaf"))
    root = struct((4, BINARY, b"schema"), (5, I32, len(NEEDED) + 1))
    return file.with_footer(struct(
        (1, I32, 1), (2, LIST, structs([root, *file.elements])), (3, I64, 1), (4, LIST, structs([file.group(1)]))
    ))


def nested_footer() -> bytes:
    """Structures in structures that no reader knows, to be skipped."""
    return file_of(1).with_footer(b"\xfc" * 1_000_000 + b"\0" * 1_000_001)


def list_of_billions() -> bytes:
    footer = struct((1, I32, 1), (2, LIST, list_head(STRUCT, (1 << 31) - 1)))
    return file_of(1).with_footer(footer)


def groups_of_billions() -> bytes:
    file = file_of(1)
    root = struct((4, BINARY, b"schema"), (5, I32, len(NEEDED)))
    return file.with_footer(struct(
        (1, I32, 1), (2, LIST, structs([root, *file.elements])), (3, I64, 1), (4, LIST, list_head(STRUCT, (1 << 31) - 1))
    ))


BOMBS = [
    Bomb("petabytes claimed by the footer", "parquet", petabytes, REFUSED, EXPANSION),
    Bomb("ten billion rows claimed by the footer", "parquet", billions_of_rows, REFUSED, EXPANSION),
    Bomb("two billion rows in one run", "parquet", billions_in_one_run, REFUSED, EXPANSION),
    Bomb("22 million rows in a run, as allowed", "parquet", as_many_rows_as_allowed, REFUSED_OR_FINE),
    Bomb("100,000 row groups on the same pages", "parquet", groups_on_the_same_pages, REFUSED_OR_FINE),
    Bomb("300,000 empty row groups", "parquet", empty_groups, REFUSED_OR_FINE),
    Bomb("2 GB claimed by a page header", "parquet", page_header_of_gigabytes, REFUSED),
    Bomb("a dictionary of two billion values claimed", "parquet", dictionary_of_billions, REFUSED),
    Bomb("a page of 60 MiB", "parquet", page_of(60), REFUSED_OR_FINE),
    Bomb("a page of 1.9 GiB", "parquet", page_of(1900), REFUSED, EXPANSION),
    Bomb("a page of 1.9 GiB of which the footer knows nothing", "parquet", page_of(1900, Claims(chunk_bytes=100)), REFUSED),
    Bomb("a name of 1 MiB in 100,000 rows", "parquet", one_long_name_of_all_rows(1 << 20, 100_000), REFUSED),
    Bomb("a name of 60 MiB in a million rows", "parquet", one_long_name_of_all_rows(60 << 20, 1_000_000), REFUSED),
    Bomb("a million columns", "parquet", million_columns, REFUSED_OR_FINE),
    Bomb("200,000 groups in groups in the schema", "parquet", nested_schema, REFUSED),
    Bomb("a million structures in structures in the footer", "parquet", nested_footer, REFUSED),
    Bomb("a list of two billion columns claimed", "parquet", list_of_billions, REFUSED),
    Bomb("a list of two billion row groups claimed", "parquet", groups_of_billions, REFUSED),
]
