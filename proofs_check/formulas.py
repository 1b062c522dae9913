r"""Expressions as displayed LaTeX of bounded length, matrices entry by entry.

Each entry is printed as it is or factored, or with names for common parts, whichever is shorter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sympy

from proofs_check.notation import Expr
from proofs_check.printer import Printer
from proofs_check.shorten import as_column, factored, named_sums, shared
from proofs_check.widths import LINE, width

MOST_LINES = 20  # of entries, and of common parts; what is left out is counted in words
LABELLED = LINE - 6  # room on a line with a label


def display(expression: Expr, names: Mapping[str, str]) -> str:
    """A formula as LaTeX to stand on lines of its own, in text mode."""
    printer, matrix = Printer(names), as_column(expression)
    if _is_short(printer, matrix):
        return _running([printer.tex(x) for x in matrix])
    head = matrix[:MOST_LINES, :].applyfunc(lambda x: named_sums(sympy.sympify(x)))
    plain, named = _listing(printer, head.applyfunc(factored)), shared(head)
    if named.parts:
        parts = [_Entry(f"{printer.tex(x)} =", printer.lines(y, LABELLED)) for x, y in named.parts]
        plain = min(_listing(printer, named.matrix, parts), plain, key=_length)
    return plain.tex(len(matrix))


@dataclass(frozen=True)
class _Entry:
    """One entry or row of what is compared, or a common part: its label and its lines.

    holds: how many entries of the matrix.
    """

    label: str
    lines: list[str]
    holds: int = 1


@dataclass(frozen=True)
class _Listing:
    """Common parts, and the first entries of a matrix."""

    parts: list[_Entry]
    shown: list[_Entry]

    def tex(self, entries: int) -> str:
        """LaTeX, and how many entries of so many are left out."""
        shown = sum(entry.holds for entry in self.shown)
        return _aligned([*self.parts, *self.shown]) + _more(entries - shown)


def _length(listing: _Listing) -> tuple[bool, int, int]:
    """What to keep small: too many names, entries left out, lines."""
    parts = _lines(listing.parts)
    shown = sum(entry.holds for entry in listing.shown)
    return parts > MOST_LINES, -shown, parts + _lines(listing.shown)


def _lines(entries: list[_Entry]) -> int:
    return sum(len(entry.lines) for entry in entries)


def _listing(printer: Printer, matrix: Expr, parts: list[_Entry] | None = None) -> _Listing:
    """As many entries as should be read, one at least."""
    shown: list[_Entry] = []
    for entry in _entries(printer, matrix):
        if shown and _lines([*shown, entry]) > MOST_LINES:
            break
        shown.append(entry)
    return _Listing(parts or [], shown)


def _entries(printer: Printer, matrix: Expr) -> Iterator[_Entry]:
    """A row as one entry where it fits a line, else its members one by one."""
    if matrix.shape == (1, 1):
        yield _Entry("", printer.lines(matrix[0]))
        return
    for i in range(matrix.rows):
        row = [printer.tex(x) for x in matrix.row(i)]
        if sum(map(width, row)) + 4 * len(row) <= LABELLED:
            yield _Entry(f"({i + 1})", [r",\quad ".join(row)], len(row))
            continue
        for j, x in enumerate(matrix.row(i)):
            place = f"{i + 1}" if matrix.cols == 1 else f"{i + 1},{j + 1}"
            yield _Entry(f"({place})", printer.lines(x, LABELLED))


def _aligned(entries: list[_Entry]) -> str:
    rows = []
    for entry in entries:
        kept, rest = entry.lines[:MOST_LINES], entry.lines[MOST_LINES:]
        if rest:
            kept = [*kept, rf"\cdots\quad\text{{({len(rest)} more lines)}}"]
        label = rf"{entry.label}\quad" if entry.label else ""
        rows.append(f"{label}& {kept[0]}")
        rows += [rf"&\qquad {_of_a_sum(line)}" for line in kept[1:]]
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}\n"


def _of_a_sum(line: str) -> str:
    """A sign that begins a later line is spaced as between two terms."""
    return "{}" + line if line.startswith(("+", "-")) else line


def _is_short(printer: Printer, matrix: Expr) -> bool:
    """Whether there are several entries, each of them narrow."""
    several = matrix.cols == 1 and matrix.rows > 1
    return several and all(width(printer.tex(x)) <= LINE / 5 for x in matrix)


def _running(entries: list[str]) -> str:
    """Short entries one after the other, as text."""
    most = int(MOST_LINES / 4 * LINE / (max(map(width, entries)) + 3))
    text = ", ".join(rf"$\displaystyle {x}$" for x in entries[:most])
    more = _more(len(entries) - len(entries[:most]))
    return f"\\begin{{entries}}\n{text}\n\\end{{entries}}\n{more}"


def _more(count: int) -> str:
    told = "1 more entry is" if count == 1 else f"{count} more entries are"
    return f"\\more{{{told} compared alike.}}\n" if count else ""
