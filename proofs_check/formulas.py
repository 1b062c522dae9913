r"""Expressions as displayed LaTeX, broken into lines that fit the page.

sympy prints every piece; this module only decides where a line may break: between the terms of a
sum, between factors, inside parentheses, and between the entries of a matrix. A piece that is still
too wide is scaled down by the macro ``\fit``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy

from proofs_check.notation import Expr
from proofs_check.shorten import as_column, factored, named_sums, shared
from proofs_check.widths import LINE, width

MOST_LINES = 20  # of one formula; what is left out is counted in words
SHARED_NAMES = {"age": "a", "before": "b", "lam": r"\lambda"}
SPELT_OUT = {"age": r"\mathrm{age}", "before": r"\mathrm{before}"}  # where a letter is taken


def symbol_names(symbols: Iterable[Expr], declared: Mapping[str, str]) -> dict[str, str]:
    """LaTeX of each symbol: as its rule declares it, else as the shared notation has it.

    Age and the number of pairs before give way where a rule's parameter has their letter.
    """
    names = {}
    for name in sorted(map(str, symbols)):
        plain = sympy.latex(sympy.Symbol(name))
        spelt = rf"\mathrm{{{name}}}" if plain == name and len(name) > 1 else plain
        names[name] = declared.get(name) or SHARED_NAMES.get(name) or spelt
    for name, long in SPELT_OUT.items():
        if name in names and list(names.values()).count(names[name]) > 1:
            names[name] = long
    return names


def display(expression: Expr, names: Mapping[str, str]) -> str:
    """A formula as LaTeX to stand on lines of its own, in text mode; matrices entry by entry."""
    printer = _Printer(names)
    plain = as_column(expression).applyfunc(lambda x: named_sums(sympy.sympify(x)))
    short = plain.applyfunc(factored)
    texts = [printer.tex(x) for x in short]
    if len(texts) > 1 and short.cols == 1 and max(map(width, texts)) <= LINE / 5:
        return _running(texts)
    found, named = _entries(printer, short), shared(plain)
    parts = [_Entry(f"{printer.tex(x)} =", printer.lines(y, NARROW)) for x, y in named.parts]
    rest = _entries(printer, named.matrix)
    if parts and _lines(parts) <= MOST_LINES and _lines(parts) + _lines(rest) <= _lines(found):
        return _listed(rest, parts)
    return _listed(found)


@dataclass(frozen=True)
class _Printer:
    """sympy's LaTeX under given names, whole or in pieces."""

    names: Mapping[str, str]
    printed: dict[Expr, str] = field(default_factory=dict)

    def tex(self, expression: Expr) -> str:
        if expression not in self.printed:
            self.printed[expression] = self._tex(expression)
        return self.printed[expression]

    def _tex(self, expression: Expr) -> str:
        named = {x: self.names[str(x)] for x in expression.free_symbols if str(x) in self.names}
        return str(sympy.latex(expression, symbol_names=named))

    def lines(self, expression: Expr, room: float = LINE) -> list[str]:
        """Pieces gathered to lines as wide as the room allows, later ones indented."""
        lines, free = [""], room
        for piece in self.pieces(expression, room):
            if lines[-1] and width(piece) > free:
                lines.append("")
                free = room - 4
            lines[-1] += (" " if lines[-1] else "") + piece
            free -= width(piece)
        return [_fitted(line, room) for line in lines]

    def pieces(self, expression: Expr, room: float) -> list[str]:
        """LaTeX in pieces between which a line may break."""
        whole = self.tex(expression)
        if width(whole) <= room:
            return [whole]
        if expression.is_Add:
            return self._sum(expression, room)
        if expression.is_Mul:
            return self._product(expression, room)
        if expression.is_Pow and expression.base.is_Add and expression.exp.is_Integer:
            return self._power(expression, room)
        return [whole]

    def _sum(self, expression: Expr, room: float) -> list[str]:
        found: list[str] = []
        for term in expression.as_ordered_terms():
            first, *others = self.pieces(term, room)
            sign = "" if first.startswith("-") or not found else "+ "
            found += [sign + first, *others]
        return found

    def _product(self, expression: Expr, room: float) -> list[str]:
        top, bottom = sympy.fraction(expression)
        number, _ = top.as_coeff_Mul()
        factors = [x for x in top.as_ordered_factors() if not x.is_Number]
        before, after = self._quotient(number, bottom, room)
        found = [piece for x in factors for piece in self._factor(x, room)]
        return [x for x in (before, *found) if x] + after

    def _quotient(self, number: Expr, bottom: Expr, room: float) -> tuple[str, list[str]]:
        """What stands before and after the factors on top for a number and a denominator."""
        lead = number / bottom if width(self.tex(bottom)) <= room / 2 else number
        after = [] if lead != number or bottom == 1 else self._power(1 / bottom, room)
        return {1: "", -1: "-"}.get(lead, self.tex(lead)), after

    def _factor(self, factor: Expr, room: float) -> list[str]:
        return self._enclosed(factor, room) if factor.is_Add else self.pieces(factor, room)

    def _power(self, power: Expr, room: float) -> list[str]:
        base, exponent = power.as_base_exp()
        return self._enclosed(base, room, "" if exponent == 1 else f"^{{{self.tex(exponent)}}}")

    def _enclosed(self, expression: Expr, room: float, exponent: str = "") -> list[str]:
        """In parentheses of fixed size, which may stand on different lines."""
        found = self.pieces(expression, room - 2)
        size = "bigg" if any(r"\frac" in x for x in found) else "big"
        found[0] = rf"\{size}l({found[0]}"
        found[-1] += rf"\{size}r){exponent}"
        return found


def _fitted(line: str, room: float) -> str:
    return rf"\fit{{{line}}}" if width(line) > room else line


@dataclass(frozen=True)
class _Entry:
    """One entry or row of what is compared, or a common part: its label and its lines.

    holds: how many entries of the matrix.
    """

    label: str
    lines: list[str]
    holds: int = 1


NARROW = LINE - 6  # a line with a label


def _lines(entries: list[_Entry]) -> int:
    return sum(len(entry.lines) for entry in entries)


def _entries(printer: _Printer, matrix: Expr) -> list[_Entry]:
    """A row as one entry where it fits a line, else its members one by one."""
    if matrix.shape == (1, 1):
        return [_Entry("", printer.lines(matrix[0]))]
    found = []
    for i in range(matrix.rows):
        row = [printer.tex(x) for x in matrix.row(i)]
        if sum(map(width, row)) + 4 * len(row) <= NARROW:
            found.append(_Entry(f"({i + 1})", [r",\quad ".join(row)], len(row)))
            continue
        for j, x in enumerate(matrix.row(i)):
            place = f"{i + 1}" if matrix.cols == 1 else f"{i + 1},{j + 1}"
            found.append(_Entry(f"({place})", printer.lines(x, NARROW)))
    return found


def _listed(entries: list[_Entry], parts: Iterable[_Entry] = ()) -> str:
    """Common parts, then as many entries as should be read, and how many more there are."""
    shown: list[_Entry] = []
    for entry in entries:
        if shown and _lines([*shown, entry]) > MOST_LINES:
            break
        shown.append(entry)
    return _aligned([*parts, *shown]) + _more(sum(x.holds for x in entries[len(shown) :]))


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


def _running(entries: list[str]) -> str:
    """Short entries one after the other, as text."""
    most = int(MOST_LINES / 4 * LINE / (max(map(width, entries)) + 3))
    text = ", ".join(f"${x}$" for x in entries[:most])
    more = _more(len(entries) - len(entries[:most]))
    return f"\\begin{{entries}}\n{text}\n\\end{{entries}}\n{more}"


def _more(count: int) -> str:
    told = "1 more entry is" if count == 1 else f"{count} more entries are"
    return f"\\more{{{told} compared alike.}}\n" if count else ""
