"""Digests of the reports in a folder, so that two tools' rows can be compared.

    report_digest.py [--parquet] DIR

Prints one JSON object: for each report its rows, a digest that depends on their order, and one that
does not. Cells are compared as texts. Two things are evened out: quotes (each tool quotes what it
likes) and, in CSV, the apostrophe that keeps a spreadsheet from running a text, which the peers
don't write. Parquet cells are cast to text with all their decimal places; that needs pyarrow.
"""

import argparse
import csv
import functools
import hashlib
import json
import multiprocessing
from pathlib import Path

REPORTS = [
    "upcoming_renewals", "lapsed_competencies", "lapsed_action_packs", "reactivation_candidates",
    "reminders_due", "fee_forecast",
]
# Cannot be part of a cell of the invented exports.
CELL_SEPARATOR = "\x1f"
SPREADSHEET_TRIGGERS = tuple("=+-@\t\r")
DIGEST_BYTES = 16


def csv_rows(path):
    """The header's and the rows' cells, each row joined into one text."""
    with open(path, encoding="utf-8", newline="") as file:
        for cells in csv.reader(file, strict=True):
            joined = CELL_SEPARATOR.join(cells)
            # Few rows hold an apostrophe, so only those are looked at cell by cell.
            if "'" in joined:
                joined = CELL_SEPARATOR.join(map(without_guard, cells))
            yield joined


def without_guard(cell):
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(SPREADSHEET_TRIGGERS) else cell


def parquet_rows(path):
    """The column names and the rows' cells, each row joined into one text."""
    import pyarrow.compute as compute
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    yield CELL_SEPARATOR.join(file.schema_arrow.names)
    for batch in file.iter_batches():
        cells = [column.cast("string") for column in batch.columns]
        joined = compute.binary_join_element_wise(
            *cells, CELL_SEPARATOR, null_handling="replace", null_replacement=""
        )
        yield from joined.to_pylist()


def digest(rows):
    """Number of rows, and the digests that heed and do not heed their order."""
    in_order = hashlib.blake2b(digest_size=DIGEST_BYTES)
    any_order = 0
    count = -1
    for count, row in enumerate(rows):
        row_digest = hashlib.blake2b(row.encode(), digest_size=DIGEST_BYTES).digest()
        in_order.update(row_digest)
        # A sum, unlike an exclusive or, tells a row from the same row three times.
        any_order += int.from_bytes(row_digest, "little")
    any_order %= 1 << 8 * DIGEST_BYTES
    return {
        "rows": count,
        "in_order": in_order.hexdigest(),
        "any_order": any_order.to_bytes(DIGEST_BYTES, "little").hex(),
    }


def digest_of_file(read, path):
    return digest(read(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--parquet", action="store_true", help="read .parquet reports, not .csv")
    arguments = parser.parse_args()
    suffix, read = (".parquet", parquet_rows) if arguments.parquet else (".csv", csv_rows)
    paths = [arguments.folder / (name + suffix) for name in REPORTS]
    with multiprocessing.Pool() as pool:
        digests = pool.map(functools.partial(digest_of_file, read), paths, chunksize=1)
    print(json.dumps(dict(zip(REPORTS, digests, strict=True))))


if __name__ == "__main__":
    main()
