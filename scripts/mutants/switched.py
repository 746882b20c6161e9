"""All mutants in one program: each function chooses among its own body and the changed ones by a number in the environment.

A mutant then costs a run of the tests, and no build. Some cannot be chosen while the program runs, and are left to be built
one by one: what the compiler evaluates, what is outside of any function, and functions that return `impl`.
"""

import re

SWITCH = """
pub(crate) mod switch {
    static CHOSEN: std::sync::LazyLock<u32> =
        std::sync::LazyLock::new(|| std::env::var("MUTANT").map_or(0, |number| number.parse().unwrap()));

    #[inline]
    pub(crate) fn chosen() -> u32 {
        *CHOSEN
    }
}
"""
NOT_CODE = re.compile(r"""//[^\n]*|/\*.*?\*/|b?r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?'(?:\\.[^']*|[^'\\\n])'""", re.DOTALL)


class Source:
    """A file's text, with places given as cargo-mutants gives them."""

    def __init__(self, text):
        self.text = text
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        # Comments and literals blanked out, so that a brace is a brace.
        self.code = NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)

    def place(self, position):
        return self.starts[position["line"] - 1] + position["column"] - 1

    def span(self, span):
        return self.place(span["start"]), self.place(span["end"])

    def body(self, span):
        """From the brace that opens a function's body to behind the one that closes it."""
        start, end = self.span(span)
        start = re.compile(r"\bfn\s+\w+").search(self.code, start, end).end()
        depth = 0
        for place in range(start, end):
            character = self.code[place]
            if character == "{" and depth == 0:
                return place, end
            depth += (character in "([") - (character in ")]")
        raise ValueError(f"no body in {self.text[start:end]!r}")


def changed(source, mutant, start=0, end=None):
    """The text from start to end with the change of the mutant in it."""
    first, last = source.span(mutant["span"])
    end = len(source.text) if end is None else end
    return source.text[start:first] + mutant["replacement"] + source.text[last:end]


def outermost(source, mutants):
    """The mutants of each function that lies in no other, by the span of its body."""
    bodies = sorted({source.body(mutant["function"]["span"]) for _, mutant in mutants})
    groups = {}
    for number, mutant in mutants:
        body = source.body(mutant["function"]["span"])
        outer = next(other for other in bodies if other[0] <= body[0] and body[1] <= other[1])
        groups.setdefault(outer, []).append((number, mutant))
    return groups


def switched_file(text, mutants):
    """A file with all of these mutants in it, and the lines of each."""
    source = Source(text)
    written, lines, behind = "", {}, 0
    for (start, end), group in sorted(outermost(source, mutants).items()):
        written += source.text[behind:start] + "{ match crate::switch::chosen() {\n"
        for number, mutant in group:
            first = written.count("\n") + 1
            written += f"{number}u32 => {changed(source, mutant, start, end)}\n"
            lines |= dict.fromkeys(range(first, written.count("\n") + 1), number)
        written += f"_ => {source.text[start:end]}\n}} }}"
        behind = end
    return written + source.text[behind:], lines


def without_const(text, evaluated):
    """Takes `const` from functions, as constant ones cannot look at the environment, but where the compiler needs it."""
    return re.sub(r"\bconst fn (\w+)", lambda found: found.group() if found.group(1) in evaluated
                  else "fn " + found.group(1), text)


def is_built_alone(source, mutant, evaluated):
    """Whether the compiler may evaluate what the mutant changes, or takes the type of what is returned from it."""
    if not mutant["function"]:
        return True
    start, _ = source.span(mutant["function"]["span"])
    opening, _ = source.body(mutant["function"]["span"])
    signature = source.code[start:opening]
    constant = re.search(r"\bconst fn (\w+)", signature)
    return "-> impl " in signature or (constant is not None and constant.group(1) in evaluated)


def switched_sources(sources, numbered, evaluated):
    """The sources with every mutant in them that can be switched, and the mutant of each file and line."""
    switched, places = {}, {}
    for name, text in sources.items():
        source = Source(text)
        mutants = [(number, mutant) for number, mutant in numbered
                   if mutant["file"] == name and not is_built_alone(source, mutant, evaluated)]
        text, lines = switched_file(text, mutants)
        switched[name] = without_const(text, evaluated)
        places |= {(name, line): number for line, number in lines.items()}
    switched["src/lib.rs"] += SWITCH
    return switched, places
