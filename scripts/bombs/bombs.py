"""Tries inputs that hold or claim enormous ones, and thousands of damaged Parquet files, in bounded memory and time.

    python3 scripts/bombs/bombs.py

Each run has 512 MB of address space and 10 s, and must end in a documented code without a panic: a signal, such as that of
an abort, is a failure. Sizes are those of the real thing: 10 GB in compressed data, a field of 1 GB, a million columns.
Damaged files are made from files of the program's own by flipping bits, cutting, exchanging and repeating pieces, most of
them in the footer and the page headers; with pyarrow, from files of another writer too.
"""

from __future__ import annotations

import argparse
import gzip
import random
import resource
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS = ROOT / "tests" / "vectors" / "parquet-bad"
ADDRESS_SPACE = 512 << 20
TIME_LIMIT = 10
CODES = {0, 65}
HEADER = b"partner_id,offer_type,purchase_date\n"
ROW = b"7,action_pack,2019-06-01\n"


class Trial:
    """Runs of the program, and what came of them."""

    def __init__(self, binary: Path, work: Path):
        self.binary, self.work = binary, work
        self.endings: dict[str, Counter[str]] = {}
        self.slowest: dict[str, float] = {}
        self.peak: dict[str, int] = {}
        self.failures: list[str] = []

    def run(self, kind: str, path: Path, *more: str) -> None:
        out = self.work / "reports"
        shutil.rmtree(out, ignore_errors=True)
        command = [self.binary, "run", "--as-of", "2020-06-05", "--threads", "2", "--quiet", "--out", out, *more, path]
        started = time.monotonic()
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE)),
        )
        said, late = "", False
        try:
            said = process.communicate(timeout=TIME_LIMIT)[1].decode(errors="replace")
        except subprocess.TimeoutExpired:
            late = True
            process.kill()
            process.communicate()
        took = time.monotonic() - started
        code = process.returncode
        self.endings.setdefault(kind, Counter())["late" if late else str(code)] += 1
        self.slowest[kind] = max(self.slowest.get(kind, 0), took)
        litter = {entry.name for entry in self.work.iterdir() if entry.name.startswith(".")}
        if late or code not in CODES or "panicked" in said or litter:
            kept = Path(tempfile.gettempdir()) / f"renewals-bomb-{len(self.failures)}-{path.name}"
            if path.stat().st_size < 10 << 20:
                shutil.copy(path, kept)
            self.failures.append(kind)
            print(f"FAILED {kind}: {'late' if late else code} {litter or ''} {said.strip()[:500]} (kept as {kept})", flush=True)

    def print(self) -> None:
        print(f"\n{'input':<44} {'runs':>6} {'slowest':>9}  endings")
        for kind, endings in self.endings.items():
            told = ", ".join(f"{count}× {code}" for code, count in sorted(endings.items()))
            print(f"{kind:<44} {endings.total():>6} {self.slowest[kind]:>7.2f} s  {told}")


def compressed(trial: Trial) -> None:
    """10 GB in a few megabytes, in each form."""
    work = trial.work
    part = ROW * 400_000
    members, path = 1000, work / "bomb.csv.gz"
    member = gzip.compress(part, 9)
    path.write_bytes(gzip.compress(HEADER) + member * members)
    trial.run("gzip, 10 GB in 1,000 members", path)
    trial.run("gzip, 10 GB, from far on", path, "--max-expansion", "300")
    with gzip.open(path, "wb", 1) as file:
        file.write(HEADER)
        for _ in range(members):
            file.write(part)
    trial.run("gzip, 10 GB in one member", path)
    inner = path.read_bytes()
    path.write_bytes(gzip.compress(inner))
    trial.run("gzip in gzip", path)
    path = work / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open("bomb.csv", "w", force_zip64=True) as file:
        file.write(HEADER)
        for _ in range(members):
            file.write(part)
    trial.run("ZIP, 10 GB", path)
    if shutil.which("zstd"):
        path = work / "bomb.csv.zst"
        for level in ("3", "19"):
            process = subprocess.Popen(["zstd", "-q", "-f", f"-{level}", "--long=27", "-o", path], stdin=subprocess.PIPE)
            process.stdin.write(HEADER)
            for _ in range(members if level == "3" else 100):
                process.stdin.write(part)
            process.stdin.close()
            process.wait()
            trial.run(f"Zstandard, level {level}", path)
    else:
        print("skipped: zstd is missing, so no Zstandard bomb", flush=True)


def enormous(trial: Trial) -> None:
    """Fields, lines and headers that are larger than anything real."""
    path = trial.work / "field.csv"
    for name, start in [("a field of 1 GB", b"7,"), ("a quoted field of 1 GB", b'7,"'), ("a line of 1 GB in the header", None)]:
        with path.open("wb") as file:
            file.write(HEADER.rstrip() + b"," if start is None else HEADER + ROW + start)
            file.truncate(1 << 30)
        trial.run(name, path)
    path.write_bytes(b"partner_id,offer_type,purchase_date" + b"".join(b",c%d" % n for n in range(1_000_000)) + b"\n" + ROW)
    trial.run("a header of a million columns", path)
    trial.run("the same, with records as long", path, "--max-record-bytes", str(1 << 30))
    path.write_bytes(HEADER + (ROW.rstrip() + b"," * 1_000_000 + b"\n") * 20)
    trial.run("rows of a million columns", path, "--max-record-bytes", str(1 << 30))
    path.write_bytes(HEADER + b'"' * (64 << 20))
    trial.run("64 MB of quotes", path)
    path.write_bytes(HEADER + b"\n" * (64 << 20))
    trial.run("64 million empty lines", path)
    path.write_bytes(HEADER + b"x\n" * 2_000_000)
    trial.run("two million rejects", path)


def parquets(trial: Trial) -> None:
    """Files of another writer, if pyarrow is here."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        print("skipped: pyarrow is missing, so no Parquet bombs of another writer", flush=True)
        return
    path = trial.work / "bomb.parquet"
    base = {"partner_id": ["7"], "offer_type": ["action_pack"], "purchase_date": ["2019-06-01"]}
    wide = pa.table({**base, **{f"c{number}": pa.array([None], pa.null()) for number in range(100_000)}})
    pq.write_table(wide, path)
    trial.run("Parquet of 100,000 columns", path)
    for compression in ("zstd", "gzip", "brotli", "snappy", "lz4"):
        large = pa.table({**base, "partner_name": ["a" * (500 << 20)]})
        pq.write_table(large, path, compression=compression, use_dictionary=False)
        trial.run(f"Parquet, a cell of 500 MB, {compression}", path)
    rows = 20_000_000
    column = lambda text: pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int8()), [text])
    pq.write_table(pa.table({name: column(cells[0]) for name, cells in base.items()}), path, row_group_size=rows)
    trial.run("Parquet, 20 million equal rows in a row group", path)


def damaged(trial: Trial, cases: int, seed: int) -> None:
    """Mutations of sound files, and the bad files of the Parquet project."""
    for vector in sorted(VECTORS.glob("*.parquet")):
        trial.run("bad files of the Parquet project", vector)
    sound = trial.work / "sound.parquet"
    moments = random.Random(seed)
    for dirty in ("0", "0.05"):
        generate = ["generate", "--rows", "400", "--seed", "3", "--dirty", dirty, "--quiet", "--out", sound]
        subprocess.run([trial.binary, *map(str, generate)], check=True)
        whole = sound.read_bytes()
        for _ in range(cases // 2):
            name, changed = mutated(whole, moments)
            path = trial.work / "damaged.parquet"
            path.write_bytes(changed)
            trial.run(f"damaged Parquet, {name}", path)


def mutated(whole: bytes, moments: random.Random) -> tuple[str, bytes]:
    """A file with something changed in it."""
    changed = bytearray(whole)
    footer = int.from_bytes(whole[-8:-4], "little")
    anywhere = lambda: moments.randrange(len(changed))
    in_footer = lambda: moments.randrange(max(0, len(changed) - footer - 8), len(changed))
    kind = moments.choice(["bits", "footer bits", "footer bytes", "cut", "piece exchanged", "piece repeated", "zeros", "lengths"])
    if kind == "bits":
        for _ in range(moments.choice([1, 2, 8, 64])):
            changed[anywhere()] ^= 1 << moments.randrange(8)
    elif kind == "footer bits":
        for _ in range(moments.choice([1, 1, 2, 4])):
            changed[in_footer()] ^= 1 << moments.randrange(8)
    elif kind == "footer bytes":
        for _ in range(moments.choice([1, 1, 2, 4])):
            changed[in_footer()] = moments.choice([0, 1, 0x7F, 0x80, 0xFF, moments.randrange(256)])
    elif kind == "cut":
        changed = changed[: anywhere()] + (changed[-footer - 8 :] if moments.random() < 0.5 else b"")
    elif kind == "piece exchanged":
        length, first, second = moments.choice([4, 32, 256]), anywhere(), anywhere()
        changed[first : first + length], changed[second : second + length] = (
            changed[second : second + length],
            changed[first : first + length],
        )
    elif kind == "piece repeated":
        place, length = anywhere(), moments.choice([4, 64, 1024])
        changed[place:place] = changed[place : place + length]
    elif kind == "zeros":
        place, length = anywhere(), moments.choice([4, 64, 1024])
        changed[place : place + length] = bytes(len(changed[place : place + length]))
    else:
        # Long variable-length numbers, where sizes and counts are.
        place = in_footer() if moments.random() < 0.7 else anywhere()
        long = moments.choice([b"\xff\xff\xff\xff\x0f", b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", b"\xfe\xff\xff\xff\x07"])
        changed[place : place + len(long)] = long
    return kind, bytes(changed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--cases", type=int, default=5_000, help="damaged Parquet files [5000]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help="directory for the inputs, which need 2 GB [the temporary one]")
    parser.add_argument("--only", default="compressed,enormous,parquets,damaged", help="which kinds of inputs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renewals-bombs-", dir=arguments.work) as temporary:
        trial = Trial(arguments.binary.resolve(), Path(temporary))
        kinds = arguments.only.split(",")
        for kind, tried in [("compressed", compressed), ("enormous", enormous), ("parquets", parquets)]:
            if kind in kinds:
                tried(trial)
        if "damaged" in kinds:
            damaged(trial, arguments.cases, arguments.seed)
    trial.print()
    runs = sum(endings.total() for endings in trial.endings.values())
    print(f"\n{runs - len(trial.failures)} passed, {len(trial.failures)} failed")
    raise SystemExit(1 if trial.failures else 0)


if __name__ == "__main__":
    main()
