"""Parquet files written byte by byte, so that each of their numbers can be another than is true."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

from thrift import BINARY, I32, I64, LIST, STRUCT, numbers, struct, structs, texts, varint

MAGIC = b"PAR1"
BYTE_ARRAY, UTF8, REQUIRED, GZIP = 6, 0, 0, 2
DATA_PAGE, DICTIONARY_PAGE = 0, 2
PLAIN, RLE, RLE_DICTIONARY = 0, 3, 8
# Unpacked text that is made and packed at a time.
PIECE = 1 << 20


@dataclass
class Claims:
    """What the file says of a column in other words than is true; `None` is the truth."""

    page_bytes: int | None = None
    page_values: int | None = None
    chunk_bytes: int | None = None
    values: int | None = None


def packed(text: bytes, times: int = 1) -> bytes:
    """A text so many times, packed, without ever holding all of it."""
    whole, rest = divmod(times, max(1, PIECE // max(1, len(text))))
    piece = gzip.compress(text * max(1, PIECE // max(1, len(text))), 6, mtime=0)
    return piece * whole + (gzip.compress(text * rest, 6, mtime=0) if rest else b"")


def plain(value: bytes) -> bytes:
    return len(value).to_bytes(4, "little") + value


def element(name: bytes) -> bytes:
    """A text column in the schema."""
    return struct((1, I32, BYTE_ARRAY), (3, I32, REQUIRED), (4, BINARY, name), (6, I32, UTF8))


class File:
    """A file of text columns of one value each, which all rows have, in one dictionary page and one run."""

    def __init__(self):
        self.bytes = bytearray(MAGIC)
        self.elements: list[bytes] = []
        self.columns: list[bytes] = []

    def column(self, name: str, value: bytes, rows: int, claims: Claims = Claims(), repeated: int = 0) -> None:
        """Adds a column; `repeated` makes the value that many times itself in a text of one letter."""
        length = len(value) + repeated
        head = length.to_bytes(4, "little") + value
        dictionary = packed(head) + (packed(b"a", repeated) if repeated else b"")
        # A run of the one index, of no bits.
        data = packed(b"\0" + varint(rows << 1))
        start = len(self.bytes)
        self.page(DICTIONARY_PAGE, dictionary, 4 + length, 1, claims)
        data_start = len(self.bytes)
        self.page(DATA_PAGE, data, len(b"\0" + varint(rows << 1)), rows, Claims())
        size = len(self.bytes) - start
        unpacked = 4 + length + 64 if claims.chunk_bytes is None else claims.chunk_bytes
        self.add(name, start, data_start, size, unpacked, rows if claims.values is None else claims.values)

    def page(self, kind: int, body: bytes, unpacked: int, values: int, claims: Claims) -> None:
        values = values if claims.page_values is None else claims.page_values
        unpacked = unpacked if claims.page_bytes is None else claims.page_bytes
        if kind == DICTIONARY_PAGE:
            special = (7, STRUCT, struct((1, I32, values), (2, I32, PLAIN)))
        else:
            special = (5, STRUCT, struct((1, I32, values), (2, I32, RLE_DICTIONARY), (3, I32, RLE), (4, I32, RLE)))
        self.bytes += struct((1, I32, kind), (2, I32, unpacked), (3, I32, len(body)), special) + body

    def add(self, name: str, start: int, data_start: int, size: int, unpacked: int, values: int) -> None:
        encoded = name.encode()
        statistics = structs([struct((1, I32, DATA_PAGE), (2, I32, RLE_DICTIONARY), (3, I32, 1))])
        metadata = struct(
            (1, I32, BYTE_ARRAY), (2, LIST, numbers([PLAIN, RLE, RLE_DICTIONARY])), (3, LIST, texts([encoded])),
            (4, I32, GZIP), (5, I64, values), (6, I64, unpacked), (7, I64, size), (9, I64, data_start),
            (11, I64, start), (13, LIST, statistics),
        )
        self.columns.append(struct((2, I64, start), (3, STRUCT, metadata)))
        self.elements.append(element(encoded))

    def group(self, rows: int) -> bytes:
        return struct((1, LIST, structs(self.columns)), (2, I64, 1000), (3, I64, rows))

    def schema(self, children: int | None = None) -> bytes:
        """The root, which has so many children or all elements, and the elements."""
        root = struct((4, BINARY, b"schema"), (5, I32, len(self.elements) if children is None else children))
        return structs([root, *self.elements])

    def finish(self, rows: int, groups: list[bytes] | None = None, children: int | None = None) -> bytes:
        """The whole file, with these row groups, or the one that it has."""
        groups = [self.group(rows)] if groups is None else groups
        return self.with_footer(struct(
            (1, I32, 1), (2, LIST, self.schema(children)), (3, I64, rows), (4, LIST, structs(groups)),
        ))

    def with_footer(self, footer: bytes) -> bytes:
        return bytes(self.bytes) + footer + len(footer).to_bytes(4, "little") + MAGIC
