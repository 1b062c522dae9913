"""A claim: what is derived from assumptions equals what ships, and near misses are refused.

``derive`` starts from the printed update and from integrals and refers to nothing of the shipping
code; ``ships`` asks the catalogue of shipping objects, which the runner supplies. A claim holds
only if the difference is exactly zero (see :mod:`proofs_check.decide`) and each of at least three
perturbed twins is refused by a point with rational coordinates. No random numbers, no tolerance:
whatever is undecided, unevaluated or late has failed.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

import sympy

from proofs_check.decide import counterexample, is_zero
from proofs_check.formulas import display
from proofs_check.notation import SHARED, Expr
from proofs_check.printer import symbol_names

LEAST_TWINS = 3
SECONDS = 120.0  # longest a claim may take before it counts as failed
UNEVALUATED = (
    sympy.Integral,
    sympy.Sum,
    sympy.Product,
    sympy.Limit,
    sympy.Derivative,
    sympy.Subs,
)


class ProofError(Exception):
    """A step of a derivation that does not follow, or a claim that is not well formed."""


class Kind(StrEnum):
    """How much of a claim is proved here."""

    PROVED = "proved"
    LEMMA = "lemma + checked consequence"  # the statement names the lemma that is cited


@dataclass(frozen=True)
class Twin:
    """A near miss of what ships: its name and how it distorts the shipping expression."""

    name: str
    distort: Callable[[Expr], Expr]


@dataclass(frozen=True)
class Claim:
    """``derive()`` equals ``ships(catalogue)``, scalars or matrices of equal shape.

    assumptions, steps: what is assumed and how it follows, in words, for a reader of the appendix
    (formulas between dollar signs, in LaTeX); rules: the rules, wrappers and feature maps it
    speaks of; parameters: their symbols that may occur (beside the shared ones of
    :mod:`proofs_check.notation`); symbols: those that belong to none, such as a radius.
    """

    id: str
    statement: str
    derive: Callable[[], Expr]
    ships: Callable[[Any], Expr]
    twins: tuple[Twin, ...]
    rules: tuple[str, ...] = ()
    parameters: tuple[Expr, ...] = ()
    symbols: tuple[Expr, ...] = ()
    assumptions: str = ""
    steps: str = ""
    kind: Kind = Kind.PROVED
    file: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome for one claim; ``reason`` says why it failed, ``twins`` how each was refused.

    formula: what ships, as lines of LaTeX in which ``symbols`` gives the names.
    """

    id: str
    file: str
    statement: str
    kind: str
    holds: bool
    reason: str = ""
    formula: str = ""
    symbols: dict[str, str] = field(default_factory=dict)
    assumptions: str = ""
    steps: str = ""
    seconds: float = 0.0
    twins: dict[str, str] = field(default_factory=dict)
    twins_refused: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data, for ``build/claims.json``."""
        return asdict(self)


def stated(formula: Expr) -> Callable[[Any], Expr]:
    """What a claim says where no code ships it: an equation as a source prints it, or a lemma."""
    return lambda catalogue: formula


def replaced(name: str, changes: dict[Expr, Expr]) -> Twin:
    """A twin with symbols exchanged, all at once: off by one, halved, swapped."""
    return Twin(name, lambda shipped: shipped.subs(changes, simultaneous=True))


def times(name: str, factor: Expr) -> Twin:
    """A twin that is wrong by a factor or a sign."""
    return Twin(name, lambda shipped: shipped * factor)


def plus(name: str, amount: Expr) -> Twin:
    """A twin with a term too many in every entry."""

    def distort(shipped: Expr) -> Expr:
        return shipped.applyfunc(lambda x: x + amount) if _is_matrix(shipped) else shipped + amount

    return Twin(name, distort)


def instead(name: str, other: Callable[[], Expr]) -> Twin:
    """A twin that is another formula altogether, such as an equation as it is misprinted."""
    return Twin(name, lambda shipped: other())


def require_zero(difference: Expr, step: str) -> None:
    """A step of a derivation: raise :class:`ProofError` unless the difference is exactly zero."""
    if not is_zero(difference):
        raise ProofError(f"the step '{step}' does not follow.")


def check(claim: Claim, catalogue: Any, seconds: float = SECONDS) -> Verdict:
    """Decide a claim; whatever goes wrong is a failure with its reason, never an exception."""
    start = time.perf_counter()
    verdict = Verdict(
        claim.id,
        claim.file,
        claim.statement,
        claim.kind,
        holds=False,
        assumptions=claim.assumptions,
        steps=claim.steps,
    )
    changes: dict[str, Any] = {}
    try:
        with _limit(seconds):
            changes = _decide(claim, catalogue)
    except Exception as problem:
        kind = "" if isinstance(problem, ProofError) else f"{type(problem).__name__}: "
        changes["reason"] = f"{kind}{problem}"
    return replace(verdict, **changes, seconds=time.perf_counter() - start)


def _decide(claim: Claim, catalogue: Any) -> dict[str, Any]:
    if len(claim.twins) < LEAST_TWINS:
        raise ProofError(f"needs at least {LEAST_TWINS} twins, has {len(claim.twins)}.")
    _require_words(claim, catalogue)
    catalogue.require_parameters(claim.rules, claim.parameters)
    derived, shipped = claim.derive(), claim.ships(catalogue)
    _require_exact(claim, derived, shipped)
    if not _agree_in_shape(derived, shipped):
        raise ProofError("what is derived and what ships differ in shape.")
    names = symbol_names(
        derived.free_symbols | shipped.free_symbols, catalogue.symbols(claim.rules)
    )
    found: dict[str, Any] = {"formula": display(shipped, names), "symbols": names}
    if not is_zero(shipped - derived):
        point = counterexample(shipped - derived)
        found["reason"] = f"refuted at {point}." if point else "undecided: no proof, no refutation."
        return found
    refusals = {twin.name: counterexample(twin.distort(shipped) - derived) for twin in claim.twins}
    accepted = [name for name, point in refusals.items() if point is None]
    found["twins"] = {name: str(point) if point else "" for name, point in refusals.items()}
    found["twins_refused"] = len(refusals) - len(accepted)
    found["holds"] = not accepted and len(refusals) == len(claim.twins)
    if not found["holds"]:
        found["reason"] = f"twins not refused: {', '.join(accepted) or 'two share a name'}."
    return found


def _require_words(claim: Claim, catalogue: Any) -> None:
    if not (claim.assumptions and claim.steps):
        raise ProofError("needs its assumptions and its main steps in words.")
    if not (catalogue.well_formed(claim.assumptions) and catalogue.well_formed(claim.steps)):
        raise ProofError("a formula in its words is not closed: a dollar sign or a brace.")


def _require_exact(claim: Claim, *expressions: Expr) -> None:
    allowed = SHARED | set(claim.parameters) | set(claim.symbols)
    for expression in expressions:
        strange = sorted(map(str, expression.free_symbols - allowed))
        if strange:
            raise ProofError(f"names undeclared symbols: {', '.join(strange)}.")
        open_ends = sorted({type(x).__name__ for x in expression.atoms(*UNEVALUATED)})
        if open_ends:
            raise ProofError(f"holds an unevaluated {', '.join(open_ends)}: nothing is decided.")
        if expression.has(sympy.Float):
            raise ProofError("holds a floating-point number: only exact numbers are compared.")


def _is_matrix(expression: Expr) -> bool:
    return isinstance(expression, sympy.MatrixBase)


def _agree_in_shape(one: Expr, other: Expr) -> bool:
    return bool(getattr(one, "shape", ()) == getattr(other, "shape", ()))


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the main thread after so many seconds."""
    if threading.current_thread() is not threading.main_thread() or seconds <= 0:
        raise ProofError("claims are decided in a main thread, within a positive time.")

    def late(*_: Any) -> None:
        raise TimeoutError(f"undecided after {seconds:g} s.")

    previous = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
