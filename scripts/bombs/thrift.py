"""The compact protocol of Thrift, in which Parquet's footers and page headers are written."""

from __future__ import annotations

TRUE, FALSE, I16, I32, I64, BINARY, LIST, STRUCT = 1, 2, 4, 5, 6, 8, 9, 12


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number: int) -> bytes:
    return varint((number << 1) ^ (number >> 63) if number < 0 else number << 1)


def list_head(kind: int, length: int) -> bytes:
    return bytes([length << 4 | kind]) if length < 15 else bytes([0xF0 | kind]) + varint(length)


def struct(*fields: tuple[int, int, object]) -> bytes:
    """A structure of fields: number, type and value. What is bytes already, but no text, goes in as it is."""
    out, last = bytearray(), 0
    for number, kind, value in fields:
        out.append((number - last) << 4 | kind)
        last = number
        if kind in (I16, I32, I64):
            out += zigzag(value)
        elif kind == BINARY:
            out += varint(len(value)) + value
        elif kind in (LIST, STRUCT):
            out += value
    return bytes(out) + b"\0"


def structs(items: list[bytes]) -> bytes:
    return list_head(STRUCT, len(items)) + b"".join(items)


def texts(items: list[bytes]) -> bytes:
    return list_head(BINARY, len(items)) + b"".join(varint(len(item)) + item for item in items)


def numbers(items: list[int]) -> bytes:
    return list_head(I32, len(items)) + b"".join(zigzag(item) for item in items)
