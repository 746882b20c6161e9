"""Parquet files of a few kilobytes that hold or claim what no machine has."""

from __future__ import annotations

from collections.abc import Callable

from bomb import Bomb, REFUSED, REFUSED_OR_FINE
from parquet_writer import REQUIRED, Claims, File, element
from thrift import BINARY, I32, I64, LIST, STRUCT, list_head, struct

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


def nested_schema() -> bytes:
    file = file_of(1)
    group = struct((3, I32, REQUIRED), (4, BINARY, b"g"), (5, I32, 1))
    file.elements += [group] * 200_000
    file.elements.append(element(b"leaf"))
    return file.finish(1, children=len(NEEDED) + 1)


def nested_footer() -> bytes:
    """Structures in structures that no reader knows, to be skipped."""
    return file_of(1).with_footer(b"\xfc" * 1_000_000 + b"\0" * 1_000_001)


def list_of_billions() -> bytes:
    footer = struct((1, I32, 1), (2, LIST, list_head(STRUCT, (1 << 31) - 1)))
    return file_of(1).with_footer(footer)


def groups_of_billions() -> bytes:
    file = file_of(1)
    return file.with_footer(struct(
        (1, I32, 1), (2, LIST, file.schema()), (3, I64, 1), (4, LIST, list_head(STRUCT, (1 << 31) - 1))
    ))


def bomb(name: str, make: Callable[[], bytes], codes: frozenset[int], says: str = "") -> Bomb:
    return Bomb(name, "parquet", lambda path: path.write_bytes(make()), codes, says)


BOMBS = [
    bomb("petabytes claimed by the footer", petabytes, REFUSED, EXPANSION),
    bomb("ten billion rows claimed by the footer", billions_of_rows, REFUSED, EXPANSION),
    bomb("two billion rows in one run", billions_in_one_run, REFUSED, EXPANSION),
    bomb("22 million rows in a run, as allowed", as_many_rows_as_allowed, REFUSED_OR_FINE),
    bomb("100,000 row groups on the same pages", groups_on_the_same_pages, REFUSED, "where row group 0 has one already"),
    bomb("300,000 empty row groups", empty_groups, REFUSED_OR_FINE),
    bomb("2 GB claimed by a page header", page_header_of_gigabytes, REFUSED),
    bomb("a dictionary of two billion values claimed", dictionary_of_billions, REFUSED, "claims 2147483647 values"),
    bomb("a page of 60 MiB", page_of(60), REFUSED_OR_FINE),
    bomb("a page of 1.9 GiB", page_of(1900), REFUSED, EXPANSION),
    bomb("a page of 1.9 GiB of which the footer knows nothing", page_of(1900, Claims(chunk_bytes=100)), REFUSED),
    bomb("a name of 1 MiB in 100,000 rows", one_long_name_of_all_rows(1 << 20, 100_000), REFUSED),
    bomb("a name of 60 MiB in a million rows", one_long_name_of_all_rows(60 << 20, 1_000_000), REFUSED),
    bomb("a million columns", million_columns, REFUSED_OR_FINE),
    bomb("200,000 groups in groups in the schema", nested_schema, REFUSED),
    bomb("a million structures in structures in the footer", nested_footer, REFUSED),
    bomb("a list of two billion columns claimed", list_of_billions, REFUSED),
    bomb("a list of two billion row groups claimed", groups_of_billions, REFUSED),
]
