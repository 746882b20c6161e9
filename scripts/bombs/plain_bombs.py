"""Plain CSV that is large for nothing: holes of the file system cost no disk and are read as NUL bytes."""

from __future__ import annotations

from pathlib import Path

from bomb import Bomb, FINE, REFUSED

HEADER = b"partner_id,offer_type,purchase_date\n"
ROW = b"7,action_pack,2019-06-01\n"
GIGABYTE = 1_000_000_000


def hole(head: bytes, tail: bytes = b"", size: int = GIGABYTE):
    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.write(head)
            file.seek(size, 1)
            file.write(tail or b"\0")

    return make


def repeated(piece: bytes, size: int, head: bytes = HEADER + ROW):
    def make(path: Path) -> None:
        whole = piece * ((8 << 20) // len(piece))
        with path.open("wb") as file:
            file.write(head)
            for _ in range(size // len(whole)):
                file.write(whole)

    return make


def columns(count: int):
    names = b"".join(b",c%d" % number for number in range(count))
    return lambda path: path.write_bytes(HEADER.rstrip() + names + b"\n" + ROW)


BOMBS = [
    Bomb("csv: a field of 1 GB", "csv", hole(HEADER + ROW + b"8,", b"\n" + ROW), FINE),
    Bomb("csv: a quoted field of 1 GB", "csv", hole(HEADER + ROW + b'8,"', b'"\n' + ROW), FINE),
    Bomb("csv: a quoted field of 1 GB that is not closed", "csv", hole(HEADER + ROW + b'8,"'), FINE),
    Bomb("csv: an endless line of 10 GB", "csv", hole(HEADER + ROW + b"8,", b"\n" + ROW, 10 * GIGABYTE), FINE),
    Bomb("csv: a header of 1 GB", "csv", hole(b"partner_id,", b"\n" + ROW), REFUSED),
    Bomb("csv: a header of 1 GB in quotes", "csv", hole(b'"partner_id', b'"\n' + ROW), REFUSED),
    Bomb("csv: nothing but 10 GB of NULs", "csv", hole(b"", size=10 * GIGABYTE), REFUSED),
    Bomb("csv: a million columns", "csv", columns(1_000_000), REFUSED),
    Bomb("csv: 100,000 columns, as allowed", "csv", columns(100_000), FINE),
    Bomb("csv: 1 GB of empty lines", "csv", repeated(b"\n", GIGABYTE), FINE),
    Bomb("csv: 1 GB of empty lines of Windows", "csv", repeated(b"\r\n", GIGABYTE), FINE),
    Bomb("csv: 100 MB of lines of one quote", "csv", repeated(b'"\n', GIGABYTE // 10), FINE),
    Bomb("csv: 100 MB of lines of a quote that never ends", "csv", repeated(b'a","b\n', GIGABYTE // 10), FINE),
    Bomb("csv: 100 MB of lines that open a quote", "csv", repeated(b'8,"x""\n', GIGABYTE // 10), FINE),
]
