"""Ways to damage a Parquet file: each takes its bytes and gives others."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from thrift_numbers import Malformed, Numbers, page_headers, written

MAGIC = b"PAR1"
TAIL = 8
# Numbers that readers stumble over: none, the borders of their types, and sizes that nothing has.
BORDERS = [0, 1, -1, 2, 3, 7, 8, 127, 128, 255, 256, 65_535, 65_536, 2**20, 2**30, 2**31 - 1, -(2**31), 2**31, 2**32 - 1, 2**32, 2**40, 2**62, 2**63 - 1, -(2**63)]

Mutation = Callable[[Random, bytes, bytes], bytes]


def footer_of(content: bytes) -> tuple[int, int]:
    """Where the footer begins and ends, as the file's tail says."""
    length = int.from_bytes(content[-TAIL:-4], "little")
    end = len(content) - TAIL
    return max(4, end - length), end


def with_footer(body: bytes, footer: bytes) -> bytes:
    return body + footer + len(footer).to_bytes(4, "little") + MAGIC


def flip(random: Random, content: bytes, _: bytes) -> bytes:
    out = bytearray(content)
    for _ in range(random.choice([1, 1, 1, 2, 8])):
        out[random.randrange(len(out))] ^= 1 << random.randrange(8)
    return bytes(out)


def flip_footer(random: Random, content: bytes, _: bytes) -> bytes:
    begin, end = footer_of(content)
    out = bytearray(content)
    if begin < end:
        out[random.randrange(begin, end)] ^= random.randrange(1, 256)
    return bytes(out)


def overwrite(random: Random, content: bytes, _: bytes) -> bytes:
    at, length = random.randrange(len(content)), random.choice([1, 2, 4, 8, 64])
    filling = random.choice([bytes(length), b"\xff" * length, random.randbytes(length)])
    return content[:at] + filling + content[at + length :]


def cut(random: Random, content: bytes, _: bytes) -> bytes:
    return content[: random.randrange(len(content))]


def cut_out(random: Random, content: bytes, _: bytes) -> bytes:
    """Bytes are missing before the footer, which says where they were."""
    begin, _ = footer_of(content)
    at = random.randrange(max(1, begin))
    return content[:at] + content[min(begin, at + random.choice([1, 4, 100, begin])) :]


def repeat(random: Random, content: bytes, _: bytes) -> bytes:
    """A stretch of bytes is there twice, somewhere."""
    start, length, at = random.randrange(len(content)), random.randrange(1, 200), random.randrange(len(content))
    return content[:at] + content[start : start + length] + content[at:]


def spliced_footer(_: Random, content: bytes, other: bytes) -> bytes:
    """The body of one file under the footer of another."""
    begin, end = footer_of(other)
    return with_footer(content[: footer_of(content)[0]], other[begin:end])


def spliced_body(random: Random, content: bytes, other: bytes) -> bytes:
    """The first bytes are another file's."""
    at = random.randrange(min(len(content), len(other)))
    return other[:at] + content[at:]


def footer_length(random: Random, content: bytes, _: bytes) -> bytes:
    length = random.choice([0, 1, len(content), 2**31 - 1, 2**31, 2**32 - 1, random.randrange(len(content))])
    return content[:-TAIL] + length.to_bytes(4, "little") + content[-4:]


def footer_numbers(random: Random, content: bytes, _: bytes) -> bytes:
    """Other numbers in the footer: types, counts, offsets, sizes, and lengths of texts and lists."""
    begin, end = footer_of(content)
    footer = content[begin:end]
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        try:
            sites = Numbers(footer).sites
        except Malformed:
            sites = []
        if not sites:
            break
        site = random.choice(sites)
        if random.random() < 0.2:
            other = random.choice(sites)
            number = footer[other.start : other.end]
        else:
            number = written(chosen(random, footer[site.start : site.end], len(content)), site.is_zigzag)
        footer = footer[: site.start] + number + footer[site.end :]
    return with_footer(content[:begin], footer)


def page_numbers(random: Random, content: bytes, _: bytes) -> bytes:
    """Other numbers in the header of a page, in as many bytes, so that all else is where it was."""
    headers = list(page_headers(content[: footer_of(content)[0]]))
    if not headers:
        return flip(random, content, b"")
    for _ in range(random.choice([1, 1, 2])):
        site = random.choice(random.choice(headers).sites)
        width = site.end - site.start
        number = written(chosen(random, content[site.start : site.end], len(content)), site.is_zigzag, width)
        if len(number) == width:
            content = content[: site.start] + number + content[site.end :]
        else:
            content = content[: site.start] + random.randbytes(width - 1) + b"\x7f" + content[site.end :]
    return content


def page_start(random: Random, content: bytes, _: bytes) -> bytes:
    """Another byte right after the header of a page, where lengths of levels, widths of bits and first values are."""
    headers = list(page_headers(content[: footer_of(content)[0]]))
    if not headers:
        return flip(random, content, b"")
    at = min(len(content) - 1, random.choice(headers).at + random.randrange(16))
    return content[:at] + bytes([random.choice([0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)])]) + content[at + 1 :]


def chosen(random: Random, bytes_before: bytes, length: int) -> int:
    """A number on a border, near the old one, a file's size, or any."""
    before = 0
    for place, byte in enumerate(bytes_before):
        before |= (byte & 0x7F) << 7 * place
    before >>= 1
    near = [before + 1, before - 1, 2 * before, before // 2, -before]
    return random.choice([random.choice(BORDERS), random.choice(BORDERS), random.choice(near), length, random.getrandbits(random.choice([4, 8, 31, 63]))])


MUTATIONS: dict[str, Mutation] = {
    function.__name__: function
    for function in [
        flip, flip_footer, overwrite, cut, cut_out, repeat, spliced_footer, spliced_body, footer_length, footer_numbers, page_numbers, page_start,
    ]
}
# Numbers are what a reader trusts most; a file that is merely cut is soon told from a sound one.
WEIGHTS = {"footer_numbers": 8, "page_numbers": 6, "page_start": 6, "flip": 4, "flip_footer": 3, "cut": 1, "footer_length": 1}


def damaged(random: Random, content: bytes, other: bytes) -> tuple[bytes, list[str]]:
    """A file with one damage or some, and their names."""
    names = random.choices(list(MUTATIONS), [WEIGHTS.get(name, 2) for name in MUTATIONS], k=random.choice([1, 1, 1, 2, 3]))
    for name in names:
        if len(content) > 2 * TAIL:
            content = MUTATIONS[name](random, content, other)
    return content, names
