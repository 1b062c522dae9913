r"""Orthonormal keys: no write touches another key, so nothing varies and $p = s^2$.

A stored key reads $x v$, $x$ a number that the printed writes determine: streams on the axes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Matrix, Rational, eye, symbols, zeros

from proofs_check.claim import Claim, Twin, plus, replaced, require_zero
from proofs_check.lemmas import SPHERE
from proofs_check.notation import Expr
from proofs_check.rules import delta_product, gated_delta, momentum
from proofs_check.rules.gated_delta import alpha, beta
from proofs_check.rules.momentum import mu
from proofs_check.standard import SCALES

ITEMS = 4
LOADS = (1, 2, ITEMS)
lam, gate = symbols("lam gate", positive=True)  # of a ridge memory
ASSUMED = "Orthonormal keys, any values; loads of 1, 2 and 4 pairs."
TWINS = (
    *SCALES,
    plus("wrong by a thousandth", Rational(1, 1000)),
    Twin("power not squared", lambda x: Matrix.hstack(x[:, 0], x[:, 0], x[:, 2])),
    Twin("ages reversed", lambda x: Matrix(x[::-1, :])),
)


def _rows(memory: Callable[[int], Expr]) -> Expr:
    """(s, p, own power), newest first, of memories (N, N) of N unit values on N axes."""
    rows = []
    for count in LOADS:
        S = memory(count)
        for t in reversed(range(count)):
            read = S.col(t)
            require_zero(read - read[t] * eye(count).col(t), "a key reads its own value alone")
            rows.append([read[t], read[t] ** 2, read[t] ** 2])
    return Matrix(rows)


@dataclass(frozen=True)
class Axes:
    """A rule's printed write, (state, k, v, index) -> state; a state is blocks side by side."""

    rule: str
    write: Callable[[Expr, Expr, Expr, int], Expr]
    parameters: tuple[Expr, ...]
    blocks: int = 1

    def memory(self, count: int) -> Expr:
        """Block 0 after unit values were written on the axes."""
        S, axes = zeros(count, self.blocks * count), eye(count)
        for t in range(count):
            S = self.write(S, axes.col(t), axes.col(t), t)
        return S[:, :count].expand()

    def claim(self) -> Claim:
        """The law engine's recall on orthonormal keys."""
        named = {str(x): x for x in self.parameters}
        size = ITEMS + 1
        return Claim(
            id=f"data/orthonormal/{self.rule}",
            statement=f"Signal, power and own power on orthonormal keys, {self.rule}: p = s^2.",
            derive=lambda: _rows(self.memory),
            ships=lambda catalogue: (
                catalogue(self.rule).engine_of(SPHERE, **named).orthonormal(LOADS, size).expand()
            ),
            twins=(
                *TWINS,
                replaced(f"{self.parameters[0]} halved", {self.parameters[0]: alpha / 2}),
            ),
            rules=(self.rule,),
            parameters=self.parameters,
            assumptions=ASSUMED,
            steps="Write unit values on the axes as printed; each key reads its own value alone, "
            "so signal and power are a number and its square.",
        )


def _momentum(S: Expr, k: Expr, v: Expr, index: int) -> Expr:
    half = S.cols // 2
    return Matrix.hstack(*momentum.printed((S[:, :half], S[:, half:]), k, v, index))


RULES = (
    Axes("gated_delta", lambda S, k, v, _: gated_delta.printed(S, k, v), (alpha, beta)),
    Axes("momentum", _momentum, (alpha, mu, beta), blocks=2),
    Axes(
        "delta_product",
        lambda S, k, v, t: delta_product.printed(S, k, v, t, 2),
        (alpha, beta),
    ),
)


def _ridge(count: int) -> Expr:
    """A (B + lam I)^-1 of weights gate^age on the axes, as Eq 18 prints it."""
    A, B = zeros(count, count), zeros(count, count)
    for t in range(count):
        k = eye(count).col(t)
        A, B = gate * A + k * k.T, gate * B + k * k.T
    return A * (B + lam * eye(count)).inv()


RIDGE = Claim(
    id="data/orthonormal/ridge",
    statement="Signal, power and own power of weighed ridge regression on orthonormal keys: "
    "s = D/(D + lam), D = gate^a.",
    derive=lambda: _rows(_ridge),
    ships=lambda catalogue: catalogue.orthonormal_ridge(lam, gate, LOADS),
    twins=(*TWINS, replaced("ridge halved", {lam: lam / 2})),
    rules=("mesa",),
    symbols=(lam, gate),
    assumptions=ASSUMED,
    steps="Write the moments of the axes as printed; both are diagonal, and so is the inverse.",
)

CLAIMS = (*(each.claim() for each in RULES), RIDGE)
