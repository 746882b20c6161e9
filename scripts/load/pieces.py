"""One export as many files, and what each row's place in them is in the one."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

# They name the files of a run and its id, which are others, and digests of what does.
NAMING_INPUTS = {"rejects.csv", "summary.json", "manifest.json", "SHA256SUMS"}
# What of a summary is of the inputs' names and bytes rather than of their rows.
OF_INPUTS = {"run_id", "inputs"}


@dataclass(frozen=True)
class Piece:
    """Where the rows of a file are in the whole: how many lines and bytes lie between its header and them."""

    lines_before: int
    bytes_before: int


def split(whole: Path, folder: Path, count: int, rows: int) -> dict[str, Piece]:
    """Writes an export as so many files of as many lines, each under the whole's header.

    In a generated export every record is a line, the spoiled ones too, and a quote that is not closed is in the last.
    """
    folder.mkdir()
    pieces = {}
    per_file, more = divmod(rows, count)
    with whole.open("rb", buffering=1 << 20) as source:
        header = source.readline()
        lines, offset = 0, 0
        for number in range(count):
            path = folder / f"{number:06}.csv"
            pieces[str(path)] = Piece(lines, offset)
            with path.open("wb", buffering=1 << 20) as piece:
                piece.write(header)
                for _ in range(per_file + (number < more)):
                    line = source.readline()
                    piece.write(line)
                    lines, offset = lines + 1, offset + len(line)
        if source.readline():
            raise SystemExit(f"{whole} has more than {rows:,} lines of rows")
    return pieces


def content_of(out: Path) -> dict[str, str]:
    """Each published file that names no input, by its content."""
    digests = {}
    for path in sorted(out.iterdir()):
        if path.name not in NAMING_INPUTS:
            with path.open("rb") as file:
                digests[path.name] = hashlib.file_digest(file, "blake2b").hexdigest()
    return digests


def rejects_of(out: Path, pieces: dict[str, Piece]) -> list[list[str]]:
    """The rows of rejects.csv with their places in the whole; without the file's name."""
    with (out / "rejects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    nowhere = Piece(0, 0)
    return [
        [str(int(line) + pieces.get(name, nowhere).lines_before), str(int(offset) + pieces.get(name, nowhere).bytes_before), *rest]
        for name, line, offset, *rest in rows
    ]


def summary_of(out: Path) -> dict:
    """What the summary says of the rows."""
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return {key: value for key, value in summary.items() if key not in OF_INPUTS}
