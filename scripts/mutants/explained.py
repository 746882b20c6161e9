"""What names a mutant whatever moves above it, and the mutants that no test can see, each with its reason."""

import collections
import pathlib
import re

EXPLAINED = pathlib.Path(__file__).with_name("explained.txt")


def keys(mutants, sources):
    """Each mutant's file, change, and line as it was, by its number; where several are alike, which of them it is."""
    counts, named = collections.Counter(), {}
    for number, mutant in enumerate(mutants, 1):
        text = sources[mutant["file"]].splitlines()[mutant["span"]["start"]["line"] - 1].strip()
        change = re.sub(r"^[^:]+:\d+:\d+: ", "", mutant["name"])
        key = f"{mutant['file']}: {change} | {text}"
        counts[key] += 1
        named[number] = key if counts[key] == 1 else f"{key} ({counts[key]})"
    return named


def explained():
    """Mutants that no test can see: each a line, with its reason indented under it."""
    found, without_reason = set(), None
    for line in [*EXPLAINED.read_text().splitlines(), "#"]:
        if line.startswith(" ") and line.strip():
            without_reason = None
        elif line.strip():
            if without_reason:
                raise SystemExit(f"{EXPLAINED.name}: no reason: {without_reason}")
            without_reason = None if line.startswith("#") else line
            found |= {without_reason} - {None}
    return found
