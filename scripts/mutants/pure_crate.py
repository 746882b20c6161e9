"""The crate of the modules that are mutated: they are pure, so that it builds and tests in seconds."""

import pathlib
import re
import shutil

PROJECT = pathlib.Path(__file__).resolve().parents[2]

# What is copied: a path of `src`, and the text that stands for a `mod.rs` which would declare more than is there.
COPIED = ["rules", "configuration", "ingest/mapping", "finance/due.rs", "finance/exchange.rs", "finance/fee_sum.rs",
          "finance/segment.rs", "ingest/column.rs", "ingest/date_format.rs", "ingest/reject.rs", "ingest/row.rs",
          "reports/currency.rs", "formats/date_texts.rs", "formats/money.rs", "cli/arguments/day.rs"]
DECLARED = {
    "lib.rs": """#![allow(warnings)]
pub mod cli; pub mod configuration; pub mod finance; pub mod formats; pub mod ingest; pub mod reports; pub mod rules;
""",
    "cli/mod.rs": "pub mod arguments { pub mod day; }\n",
    "finance/mod.rs": """mod due; mod exchange; mod fee_sum; mod segment;
pub use due::*; pub use exchange::*; pub use fee_sum::*; pub use segment::*;
""",
    "formats/mod.rs": "pub mod date_texts;\npub mod money;\n",
    "ingest/mod.rs": """mod column; mod date_format; mod mapping; mod reject; mod row;
pub use column::*; pub use date_format::*; pub use mapping::*; pub use reject::*; pub use row::*;
""",
    "reports/mod.rs": "mod currency;\npub use currency::*;\n",
}
DEPENDENCIES = ["chrono", "clap", "iso_currency", "jiff", "rustix", "strsim", "thiserror", "toml"]
# Arithmetic overflow is a panic, as in the tests of the program, whatever the optimization. What changes from build to
# build is the crate alone.
PROFILE = """[profile.dev]
debug = false
opt-level = 1
incremental = false

[profile.dev.package."*"]
opt-level = 2
debug-assertions = false
"""


def dependency_lines():
    """The lines of the program's own manifest, so that the versions are the same."""
    manifest = (PROJECT / "Cargo.toml").read_text()
    lines = [re.search(rf"^{name} = .*$", manifest, re.MULTILINE).group() for name in DEPENDENCIES]
    proptest = re.search(r"^proptest = .*$", manifest, re.MULTILINE).group()
    return "\n".join(lines) + "\n\n[dev-dependencies]\n" + proptest + "\n"


def make_crate(crate):
    """Copies the modules as they are, and returns the text of each file by its path in the crate."""
    shutil.rmtree(crate / "src", ignore_errors=True)
    for copied in COPIED:
        source, target = PROJECT / "src" / copied, crate / "src" / copied
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    # Relations between decisions take long, and tables and references must tell the right answers without them.
    rules = crate / "src" / "rules" / "mod.rs"
    rules.write_text(rules.read_text().replace("#[cfg(test)]\nmod relations;\n", ""))
    for name, text in DECLARED.items():
        (crate / "src" / name).write_text(text)
    (crate / "Cargo.toml").write_text(
        '[package]\nname = "pure"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n'
        f"{PROFILE}\n[dependencies]\n{dependency_lines()}"
    )
    shutil.copyfile(PROJECT / "Cargo.lock", crate / "Cargo.lock")
    return {str(path.relative_to(crate)): path.read_text() for path in sorted((crate / "src").rglob("*.rs"))}


def write_sources(crate, sources):
    """Makes the sources of the crate these, and leaves alone what is so already."""
    for name, text in sources.items():
        path = crate / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
