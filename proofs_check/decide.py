r"""Deciding exactly whether an expression is zero: a proof, a rational counterexample, or neither.

Expressions are rational functions of symbols and of powers x^n with symbolic integers n >= 0,
with cases at degenerate geometric ratios. Every power is broken into powers of irreducible
factors, each then a fresh symbol; a difference that vanishes for free symbols vanishes for all
values (this covers 0^0 = 1 and closed edges too). The converse does not hold, so a difference
that does not vanish is refuted only by a point with rational coordinates at which it is not 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy import Eq, Integer, Piecewise, Pow, Rational

from proofs_check.notation import Expr


@dataclass(frozen=True)
class Counterexample:
    """Rational values of all symbols and the nonzero rational value of the difference there."""

    point: dict[str, str]
    value: str

    def __str__(self) -> str:
        where = ", ".join(f"{name}={value}" for name, value in self.point.items())
        return f"{where or 'constant'}: off by {self.value}"


def is_zero(difference: Expr) -> bool:
    """Whether the difference is exactly zero in the generic and in every degenerate case."""
    entries = list(difference) if hasattr(difference, "shape") else [difference]
    return all(_is_zero(sympy.sympify(entry)) for entry in entries)


def _is_zero(expr: Expr) -> bool:
    if not expr.has(Piecewise):
        return bool(_rational_form(expr) == 0)
    ratio = _degenerate_ratio(expr)
    generic = _take(expr, one=False)
    return _is_zero(generic) and _vanishes_where_one(_take(expr, one=True), ratio)


def _degenerate_ratio(expr: Expr) -> Expr:
    """The one ratio whose value 1 is a case of its own; several would need their intersections."""
    first, *others = (_ratio(piecewise) for piecewise in expr.atoms(Piecewise))
    if not all(_same_case(first, other) for other in others):
        raise TypeError("Geometric sums of different ratios meet in one claim: split it.")
    return first


def _same_case(ratio: Expr, other: Expr) -> bool:
    """Whether ratio - 1 and other - 1 are proportional by a number, so vanish together."""
    if _rational_form(other - 1) == 0:
        return bool(_rational_form(ratio - 1) == 0)
    return bool(sympy.cancel((ratio - 1) / (other - 1)).is_number)


def _ratio(piecewise: Expr) -> Expr:
    """What is 1 in the first branch; sympy may have moved terms across the equality sign."""
    condition = piecewise.args[0].cond
    if not isinstance(condition, Eq) or len(piecewise.args) != 2:
        raise TypeError(f"Only the two cases of 'ratio = 1' are understood, got {piecewise}.")
    return 1 + condition.lhs - condition.rhs


def _take(expr: Expr, *, one: bool) -> Expr:
    """The branches for a ratio that is 1, or is not."""
    return expr.xreplace({p: p.args[0 if one else 1].expr for p in expr.atoms(Piecewise)})


def _vanishes_where_one(expr: Expr, ratio: Expr) -> bool:
    """Whether the expression is zero on the set where the ratio, and so 2 - ratio, is 1."""
    numerator = sympy.numer(sympy.cancel(ratio - 1))
    components = [factor for factor, _ in sympy.factor_list(numerator)[1]]
    return all(
        _vanishes_modulo(expr, ratio, component) or _vanishes_modulo(expr, 2 - ratio, component)
        for component in components
    )


def _vanishes_modulo(expr: Expr, unit: Expr, component: Expr) -> bool:
    """Zero where the component is zero: solved where linear in a parameter, else by division."""
    symbols = sorted(component.free_symbols, key=str)
    for x in symbols:
        if not x.is_integer and sympy.degree(component, x) == 1:
            (root,) = sympy.roots(component, x)
            return bool(_rational_form(expr.subs(x, root)) == 0)
    remainder = sympy.rem(sympy.numer(_rational_form(expr, unit)), component, *symbols)
    return bool(sympy.expand(remainder) == 0)


def _rational_form(expr: Expr, unit: Expr = 1) -> Expr:
    """A quotient of expanded polynomials in symbols and powers; ``unit`` is known to equal 1."""
    known: dict[Expr, Expr] = {}
    replaced = expr.replace(_symbolic_power, lambda power: _split(power, known))
    if unit != 1:
        replaced = _with_unit(replaced, unit, known)
    return sympy.cancel(sympy.together(replaced))


def _symbolic_power(expr: Expr) -> bool:
    return isinstance(expr, Pow) and bool(expr.exp.free_symbols)


def _split(power: Expr, known: dict[Expr, Expr]) -> Expr:
    """x^(c + sum n_j s_j) as a product of symbols, one for each irreducible factor and s_j."""
    constant, rest = sympy.expand(power.exp).as_coeff_Add()
    result = power.base**constant
    for term in sympy.Add.make_args(rest):
        count, symbol = term.as_coeff_Mul()
        for factor, multiplicity in _factors(power.base):
            atom = known.setdefault((factor, symbol), sympy.Dummy(f"({factor})^{symbol}"))
            result *= atom ** (multiplicity * count)
    return result


def _factors(base: Expr) -> list[tuple[Expr, int]]:
    """Irreducible factors of a rational function with multiplicities, numbers as primes."""
    top, bottom = sympy.fraction(sympy.cancel(sympy.together(base)))
    found: list[tuple[Expr, int]] = []
    for part, sign in ((top, 1), (bottom, -1)):
        number, factors = sympy.factor_list(part)
        if number == 0:
            return [(Integer(0), 1)]
        found += [(Integer(p), sign * m) for p, m in sympy.factorrat(number).items()]
        found += [(factor, sign * m) for factor, m in factors]
    return found


def _with_unit(expr: Expr, unit: Expr, known: dict[Expr, Expr]) -> Expr:
    """Eliminate the powers of one simple factor of the unit: unit^s = 1 for every exponent s."""
    factors = _factors(unit)
    simple = [factor for factor, m in factors if m == 1 and factor.free_symbols]
    for factor, symbol in [key for key in known if key[0] in simple[:1]]:
        others = [
            known.setdefault((f, symbol), sympy.Dummy(f"({f})^{symbol}")) ** -m
            for f, m in factors
            if f != factor
        ]
        expr = expr.xreplace({known[factor, symbol]: sympy.Mul(*others)})
    return expr


def counterexample(difference: Expr, tries: int = 60) -> Counterexample | None:
    """The first of a fixed list of rational points at which the difference is not zero."""
    entries = list(difference) if hasattr(difference, "shape") else [difference]
    for entry in map(sympy.sympify, entries):
        symbols = sorted(entry.free_symbols, key=str)
        for point in _points(symbols, tries):
            value = entry.subs(point)
            if value.is_Rational and value != 0:
                return Counterexample({str(x): str(point[x]) for x in symbols}, str(value))
    return None


def _points(symbols: list[Expr], tries: int) -> Iterator[dict[Expr, Expr]]:
    """Small integers for integer symbols, proper fractions for the others."""
    fractions = sorted({Rational(p, q) for q in range(2, 8) for p in range(1, q)}, key=_size)
    for i in range(tries):
        yield {
            x: Integer((i + 2 * j + i // 5) % 5 + (1 if x.is_positive else 0))
            if x.is_integer
            else fractions[(i + 5 * j) % len(fractions)]
            for j, x in enumerate(symbols)
        }


def _size(number: Expr) -> tuple[int, int]:
    return number.q, number.p
