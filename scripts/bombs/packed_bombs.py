"""Packed files that hold far more than their size: gzip, ZIP and workbooks."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path

from bomb import Bomb, FINE, REFUSED, REFUSED_OR_FINE

HEADER = b"partner_id,offer_type,purchase_date,note\n"
ROW = b"7,action_pack,2019-06-01,0000000000000000000000000000000000000000000000000000\n"
PIECE = 10 << 20
TEN_GIGABYTES = 10_000_000_000
EXPANSION = "more than 100 times its size"


def gz_of(piece: bytes, size: int = TEN_GIGABYTES):
    """A header and then a piece over and over, each in a gzip member of its own."""

    def make(path: Path) -> None:
        whole = piece * (PIECE // len(piece))
        path.write_bytes(gzip.compress(HEADER) + gzip.compress(whole, 9) * (size // len(whole)))

    return make


def zip_of(name: str, piece: bytes):
    """An archive with one member of half a gigabyte."""

    def make(path: Path) -> None:
        whole = piece * (PIECE // len(piece))
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(HEADER)
                for _ in range(TEN_GIGABYTES // 20 // len(whole)):
                    member.write(whole)

    return make


def many_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(60_000):
            archive.writestr(f"{number}.csv", HEADER)


CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def text_cell(column: str, row: int, text: str) -> str:
    return f'<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>'


def row_of(number: int, *texts: str) -> str:
    cells = "".join(text_cell(column, number, text) for column, text in zip("ABC", texts))
    return f'<row r="{number}">{cells}</row>'


HEAD = row_of(1, "partner_id", "offer_type", "purchase_date")
SOUND = row_of(2, "7", "action_pack", "2019-06-01")


def workbook(rest, shared=None):
    """A workbook of one sheet, with a header, a row and then pieces of XML; and shared texts."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            archive.writestr("[Content_Types].xml", CONTENT_TYPES)
            archive.writestr("_rels/.rels", relations("officeDocument", "xl/workbook.xml"))
            archive.writestr(
                "xl/workbook.xml",
                f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
            )
            archive.writestr("xl/_rels/workbook.xml.rels", relations("worksheet", "worksheets/sheet1.xml"))
            write_part(archive, "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{HEAD}{SOUND}', rest(), "</sheetData></worksheet>")
            if shared:
                write_part(archive, "xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">', shared(), "</sst>")

    return make


def relations(kind: str, target: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{RELATIONS}/{kind}" Target="{target}"/></Relationships>'


def write_part(archive: zipfile.ZipFile, name: str, head: str, pieces, end: str) -> None:
    with archive.open(name, "w", force_zip64=True) as part:
        part.write(head.encode())
        for piece in pieces:
            part.write(piece.encode())
        part.write(end.encode())


def column_name(number: int) -> str:
    name = ""
    while number >= 0:
        name = chr(ord("A") + number % 26) + name
        number = number // 26 - 1
    return name


def wide_rows():
    names = [column_name(column) for column in range(16_384)]
    for row in range(3, 40):
        yield f'<row r="{row}">{"".join(f"<c r={chr(34)}{name}{row}{chr(34)}><v>0</v></c>" for name in names)}</row>'


def empty_cells():
    """A gigabyte of cells without a value in one row."""
    piece = "<c/>" * (PIECE // 4)
    yield '<row r="3">'
    for _ in range(TEN_GIGABYTES // 10 // PIECE):
        yield piece
    yield "</row>"


def zero_rows():
    for first in range(3, 1_048_576, 1000):
        yield "".join(row_of(number, "0", "0", "0") for number in range(first, min(first + 1000, 1_048_577)))


def endless_text():
    yield '<row r="3"><c r="A3" t="inlineStr"><is><t>'
    for _ in range(100):
        yield "0" * PIECE
    yield "</t></is></c></row>"


def shared_texts():
    piece = f"<si><t>{'0' * 1000}</t></si>" * 1000
    for _ in range(2000):
        yield piece


BOMBS = [
    Bomb("gz: 10 GB of rows", "csv.gz", gz_of(ROW), REFUSED, EXPANSION),
    Bomb("gz: 10 GB of zeros", "csv.gz", gz_of(b"0"), REFUSED),
    Bomb("gz: 10 GB of NULs", "csv.gz", gz_of(b"\0"), REFUSED),
    Bomb("gz: 10 GB of empty lines", "csv.gz", gz_of(b"\n"), REFUSED, EXPANSION),
    Bomb("gz: 10 GB of quotes", "csv.gz", gz_of(b'"'), REFUSED),
    Bomb("gz: 10 GB of open quotes", "csv.gz", gz_of(b'"\n'), REFUSED),
    Bomb("gz: 10 GB of delimiters", "csv.gz", gz_of(b","), REFUSED),
    Bomb("gz: 1 GB of empty lines, as allowed", "csv.gz", gz_of(b"\n", 1_000_000_000), REFUSED_OR_FINE),
    Bomb("zip: 500 MB of rows", "zip", zip_of("x.csv", ROW), REFUSED, EXPANSION),
    Bomb("zip: 500 MB of zeros", "zip", zip_of("x.csv", b"0"), REFUSED),
    Bomb("zip: 500 MB of an archive's member that is none", "zip", zip_of("x.bin", b"0"), REFUSED),
    Bomb("zip: 60,000 members", "zip", many_members, REFUSED),
    Bomb("xlsx: rows of 16,384 cells", "xlsx", workbook(wide_rows), REFUSED_OR_FINE),
    Bomb("xlsx: 1 GB of empty cells in a row", "xlsx", workbook(empty_cells), REFUSED),
    Bomb("xlsx: all rows, of zeros", "xlsx", workbook(zero_rows), REFUSED_OR_FINE),
    Bomb("xlsx: a text of 1 GB", "xlsx", workbook(endless_text), REFUSED),
    Bomb("xlsx: 2 GB of shared texts", "xlsx", workbook(lambda: iter(()), shared_texts), REFUSED),
]
