r"""sympy's LaTeX under chosen names, whole or in pieces between which a line may break.

A line may break between the terms of a sum, between factors and inside parentheses. A piece that is
still too wide is scaled down by the macro ``\fit``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy

from proofs_check.notation import Expr
from proofs_check.widths import LINE, width

INDENT = 4.0  # of later lines
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


@dataclass(frozen=True)
class Printer:
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
        whole = self.tex(expression)
        pieces = [whole] if width(whole) <= room else self.pieces(expression, room - 2 * INDENT)
        lines, free = [""], room
        for piece in pieces:
            if lines[-1] and width(piece) > free:
                lines.append("")
                free = room - INDENT
            lines[-1] += (" " if lines[-1] else "") + piece
            free -= width(piece)
        return [rf"\fit{{{line}}}" if width(line) > room else line for line in lines]

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
            return self._enclosed(expression.base, room, self.tex(expression.exp))
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
        after = [] if lead != number or bottom == 1 else self._enclosed(bottom, room, "-1")
        return {1: "", -1: "-"}.get(lead, self.tex(lead)), after

    def _factor(self, factor: Expr, room: float) -> list[str]:
        return self._enclosed(factor, room) if factor.is_Add else self.pieces(factor, room)

    def _enclosed(self, expression: Expr, room: float, exponent: str = "") -> list[str]:
        """In parentheses of fixed size, which may stand on different lines."""
        found = self.pieces(expression, max(room - 2, LINE / 2))
        size = "bigg" if any(r"\frac" in x for x in found) else "big"
        found[0] = rf"\{size}l({found[0]}"
        found[-1] += rf"\{size}r)" + (f"^{{{exponent}}}" if exponent else "")
        return found
