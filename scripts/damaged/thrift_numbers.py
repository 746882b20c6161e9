"""Where the integers of a structure in Thrift's compact protocol lie, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
INTEGERS = {I16, I32, I64}


@dataclass(frozen=True)
class Site:
    """The bytes of an integer, or of the length of a text or a list."""

    start: int
    end: int
    is_zigzag: bool


class Malformed(Exception):
    """The bytes are no structure."""


class Numbers:
    """Reads one structure and remembers its numbers."""

    def __init__(self, content: bytes, start: int = 0):
        self.content, self.at = content, start
        self.sites: list[Site] = []
        self.structure()

    def byte(self) -> int:
        if self.at >= len(self.content):
            raise Malformed
        self.at += 1
        return self.content[self.at - 1]

    def varint(self, is_zigzag: bool) -> int:
        start, number, shift = self.at, 0, 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        self.sites.append(Site(start, self.at, is_zigzag))
        return number

    def structure(self) -> None:
        while head := self.byte():
            if head >> 4 == 0:
                self.varint(True)
            self.value(head & 0x0F)

    def value(self, kind: int) -> None:
        if kind in INTEGERS:
            self.varint(True)
        elif kind == BINARY:
            self.at += self.varint(False)
        elif kind == STRUCT:
            self.structure()
        elif kind in (LIST, SET):
            head = self.byte()
            count = self.varint(False) if head >> 4 == 15 else head >> 4
            for _ in range(count):
                self.value(head & 0x0F)
        elif kind == BYTE:
            self.at += 1
        elif kind == DOUBLE:
            self.at += 8
        elif kind not in (TRUE, FALSE):
            raise Malformed


def written(number: int, is_zigzag: bool, width: int = 0) -> bytes:
    """A number as a varint, of at least so many bytes: a longer one than is needed is read as well."""
    value = ((number << 1) ^ (number >> 63) if is_zigzag else number) & 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while value > 0x7F or len(out) + 1 < width:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def page_headers(content: bytes) -> Iterator[Numbers]:
    """Whatever in the body of a file reads as a page's header with its type first: found without the footer's help."""
    at = 4
    while at < len(content) - 8:
        if content[at] == 0x15:
            try:
                numbers = Numbers(content, at)
            except Malformed:
                numbers = None
            if numbers and len(numbers.sites) >= 6 and numbers.at - at >= 12:
                yield numbers
                at = numbers.at
                continue
        at += 1
