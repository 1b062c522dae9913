r"""Recall after an endless past where no declared closed form says it, by brute force in the plane.

Rules with two blocks, several pairs a token, chunks, and gates per channel: the fixed point of the
printed steps, the stored write, and the writes that follow, entry by entry. Windows of two pairs
need the newest key: with X = tr E S^T S, f = E|S k|^2 and E v.S k = b0 for the newest key k,

    X' = X + (b0^2 - 2 b0) X/d + (b1^2 - 2 b1 + 2 b0 b1/d) f
         + b0^2 + b1^2 + 2 b0 b1 (1 - b0/d - b1),
    f' = (1 - b0)^2 X/d + [b1^2 - 2 (1 - b0) b1] f/d + b0^2 + b1^2/d + 2 b0 b1 (1 - b0 - b1)/d,

and a stored key reads power f at age 0; at age 1 one more write is expanded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy
from sympy import Matrix, Rational, eye

from proofs_check.claim import Claim, Twin, plus, replaced
from proofs_check.endless import Endless, Update
from proofs_check.kernels import SCALES
from proofs_check.lemmas import GAUSSIAN, SPHERE, Ensemble
from proofs_check.notation import Expr, d, parameter
from proofs_check.rules import delta_product, kda, momentum, rwkv7, ttt_linear
from proofs_check.standard import recall_assumptions

alpha, beta, mu, eta = (parameter(name) for name in ("alpha", "beta", "mu", "eta"))
b0, b1 = sympy.symbols("b0 b1", positive=True)  # rates of a window
FIRST = eye(4)[:, :2]  # the first of two blocks is read


def _blocks(S: Expr) -> tuple[Expr, Expr]:
    return S[:, :2], S[:, 2:]


def _titans(S: Expr, k: Expr, v: Expr) -> Expr:
    return Matrix.hstack(*momentum.printed(_blocks(S), k, v, 0))


def _chunk(index: int, chunk: int, S: Expr, k: Expr, v: Expr) -> Expr:
    return Matrix.hstack(*ttt_linear.printed(_blocks(S), k, v, index, chunk))


def _token(index: int, n_h: int, S: Expr, k: Expr, v: Expr) -> Expr:
    return delta_product.printed(S, k, v, index, n_h)


def _channels(printed: Callable[..., Expr], S: Expr, k: Expr, v: Expr) -> Expr:
    found: Expr = printed(S, k, v, 0)
    return found


@dataclass(frozen=True)
class Past:
    """A rule's printed steps of one period, its read-out, and how its law is asked."""

    rule: str
    label: str
    updates: tuple[Update, ...]
    read: Expr
    parameters: tuple[Expr, ...]
    ages: int
    ships: Callable[[Any, Ensemble, int], Expr]

    def claim(self, keys: Ensemble) -> Claim:
        """Signal and power of the newest ages."""
        symbol = self.parameters[0]
        return Claim(
            id=f"answers/lifelong/{self.rule}/{self.label.replace(' ', '-')}/{keys.name}",
            statement=f"Signal and power of the {self.ages} newest pairs after an endless past: "
            f"{self.rule}, {self.label}, {keys.name} keys in the plane.",
            derive=lambda: Endless(self.updates, self.read, keys, self.parameters).recall(
                self.ages
            ),
            ships=lambda catalogue: self.ships(catalogue, keys, self.ages),
            twins=(
                *SCALES,
                replaced(f"{symbol} halved", {symbol: symbol / 2}),
                plus("off by a thousandth", Rational(1, 1000)),
                Twin("ages shifted", lambda x: Matrix.vstack(x[1:, :], x[:1, :])),
            ),
            rules=(self.rule,),
            parameters=self.parameters,
            assumptions=recall_assumptions(keys) + " Endlessly many pairs, whole periods; stable.",
            steps="Average each printed step over a fresh key, entry by entry; solve for the fixed "
            "point; write the stored pair; follow its query back through later writes.",
        )


def _engine(rule: str, **parameters: Expr) -> Callable[[Any, Ensemble, int], Expr]:
    return lambda catalogue, keys, ages: (
        catalogue(rule).engine_of(keys, **parameters).lifelong(ages).subs(d, 2)
    )


def _by_channel(rule: str, **parameters: Any) -> Callable[[Any, Ensemble, int], Expr]:
    return lambda catalogue, keys, ages: catalogue(rule).channels_lifelong(
        keys,
        2,
        ages,
        **{
            name: catalogue.array(*x) if isinstance(x, tuple) else x
            for name, x in parameters.items()
        },
    )


PASTS = (
    Past(
        "momentum",
        "two blocks",
        (_titans,),
        FIRST,
        (beta, alpha, mu),
        2,
        _engine("momentum", alpha=alpha, mu=mu, beta=beta),
    ),
    Past(
        "ttt_linear",
        "chunks of 2",
        tuple(partial(_chunk, index, 2) for index in range(2)),
        Matrix.vstack(eye(2), eye(2)),
        (beta, alpha),
        4,
        _engine("ttt_linear", alpha=alpha, beta=beta, chunk=2),
    ),
    Past(
        "delta_product",
        "2 pairs a token",
        tuple(partial(_token, index, 2) for index in range(2)),
        eye(2),
        (beta, alpha),
        4,
        _engine("delta_product", alpha=alpha, beta=beta, n_h=2),
    ),
    Past(
        "kda",
        "gates per channel",
        (partial(_channels, kda.by_channel),),
        eye(2),
        (beta,),
        3,
        _by_channel("kda", alpha=kda.GATES[:2], beta=beta),
    ),
    Past(
        "rwkv7",
        "gates per channel",
        (partial(_channels, rwkv7.by_channel),),
        eye(2),
        (eta,),
        3,
        _by_channel("rwkv7", w=rwkv7.DECAYS[:2], a=rwkv7.REMOVALS[:2], xi=rwkv7.KEYS[:2], eta=eta),
    ),
)


def _window() -> Expr:
    """(s, p) at ages 0 and 1; g = E v.S k = b0 for the newest pair."""
    X, f = sympy.symbols("X f")
    g = b0
    trace = X + (b0**2 - 2 * b0) * X / d + (b1**2 - 2 * b1 + 2 * b0 * b1 / d) * f
    trace += b0**2 + b1**2 + 2 * b1 * (1 - b0 / d - b1) * g
    along = (1 - b0) ** 2 * X / d + (b1**2 - 2 * (1 - b0) * b1) * f / d
    along += b0**2 + b1**2 / d + 2 * b1 * (1 - b0 - b1) * g / d
    steady = sympy.solve([trace - X, along - f], [X, f], dict=True)[0]
    # S'k = S (k - b0 k'(k'.k) - b1 k) + b0 v'(k'.k) + b1 v, |k| = 1; E (k'.k)^2 k'k'^T is known
    spread = (X + 2 * f) / (d * (d + 2))  # E (k'.k)^2 |S k'|^2
    kept = (1 - b1) ** 2 * f - 2 * (1 - b1) * b0 * f / d + b0**2 * spread
    power = kept + b0**2 / d + b1**2 + 2 * b1 * (1 - b1) * g - 2 * b1 * b0 * g / d
    signal = (1 - b1 - b0 / d) * g + b1
    return Matrix([[b0, f], [signal, power]]).subs(steady)


WINDOW = Claim(
    id="answers/lifelong/omega/window-of-2",
    statement="Signal and power of the two newest pairs after an endless past, window of two "
    "pairs of any two rates, sphere, any d.",
    derive=_window,
    ships=lambda catalogue: catalogue.window_lifelong(b0, b1, 2),
    twins=(
        *SCALES,
        replaced("rates swapped", {b0: b1, b1: b0}),
        replaced("d off by one", {d: d + 1}),
        plus("off by a thousandth", Rational(1, 1000)),
    ),
    rules=("omega",),
    symbols=(b0, b1),
    assumptions=recall_assumptions(SPHERE) + " Endlessly many pairs; stable.",
    steps=r"$S' = S(I - b_0 k'k'^T - b_1 kk^T) + b_0 v'k'^T + b_1 vk^T$: expand $|S'|^2$ and "
    r"$|S'k'|^2$, average over $k'$ and $v'$, solve for the steady state; expand one more write.",
)

CLAIMS = (
    *(past.claim(keys) for past in PASTS for keys in (SPHERE, GAUSSIAN)),
    WINDOW,
)
