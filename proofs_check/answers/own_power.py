r"""Own power E x^2, where a stored key reads o = x v + what the other pairs left.

For one block, what the stored write alone leaves is x I + y w w^T with x = 0 at first; its trace
and y grow by rho and tau a write, so on the sphere E x^2 = b^2 [(1 - 1/d) tau^a + rho^a/d]. Rules
with two blocks or several pairs a token are averaged entry by entry on short streams.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from sympy import Matrix, Rational, zeros

from proofs_check import affine
from proofs_check.claim import Claim, Twin, plus, replaced
from proofs_check.kernels import SCALES
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble
from proofs_check.notation import Expr, age, d
from proofs_check.rules import (
    decay,
    delta,
    delta_product,
    gated_delta,
    hebbian,
    kda,
    log_linear,
    momentum,
    rwkv7,
    ttt_linear,
)
from proofs_check.short import Stream
from proofs_check.standard import Theorem, recall_assumptions
from proofs_check.streams import averaged

AGES = 4
THEOREMS = tuple(x.THEOREM for x in (hebbian, decay, delta, gated_delta, kda, rwkv7))
NEXT = Twin("ages shifted", lambda x: Matrix.vstack(x[1:, :], x[:1, :]))
THOUSANDTH = plus("off by a thousandth", Rational(1, 1000))


def one_block(theorem: Theorem, keys: Ensemble) -> Claim:
    """The engine's own power at the newest ages."""

    def derive() -> Expr:
        found = affine.own_power(theorem.update, keys)
        return Matrix([found.subs(age, a) for a in range(AGES)])

    halved = [replaced(f"{x} halved", {x: x / 2}) for x in theorem.parameters]
    d_off = [] if theorem.rule in ("hebbian", "decay") else [replaced("d off", {d: d + 1})]
    return Claim(
        id=f"answers/own_power/{theorem.rule}/{keys.name}",
        statement=f"Own power of the {AGES} newest pairs, {theorem.rule}, {keys.name} keys, any d.",
        derive=derive,
        ships=lambda catalogue: (
            catalogue(theorem.rule).engine_of(keys, **theorem.symbols).own((AGES,))
        ),
        twins=(*SCALES, THOUSANDTH, *d_off, *halved),
        rules=(theorem.rule,),
        parameters=theorem.parameters,
        assumptions=recall_assumptions(keys),
        steps=r"Start $E S^T S$ from the stored write alone, $b^2 ww^T$; follow it through later "
        r"writes without what they add: the trace by $\rho$, the rest by $\tau$.",
    )


def by_stream(stream: Stream, items: int, keys: Ensemble = SPHERE) -> Claim:
    """Own power on a short stream in the plane; ``stream.ships`` gives it."""

    def outs(pairs: list[Expr], values: list[Expr]) -> list[Expr]:
        state = stream.start(2)
        for t, (k, v) in enumerate(zip(pairs, values, strict=True)):
            state = stream.write(state, k, Matrix([[v]]), t)
        return [(stream.read(state) * k)[0] for k in pairs]

    x = stream.parameters[0]
    return Claim(
        id=f"answers/own_power/{stream.rule}/{stream.label.replace(' ', '-')}/{keys.name}",
        statement=f"Own power of each of {items} pairs, {stream.rule}, {stream.label}, "
        f"{keys.name} keys in the plane.",
        derive=lambda: averaged(outs, keys, 2, items, own=True)[:, 2],
        ships=lambda catalogue: stream.ships(catalogue, keys, 2, items).subs(d, 2),
        twins=(*SCALES, THOUSANDTH, NEXT, replaced(f"{x} halved", {x: x / 2})),
        rules=(stream.rule,),
        parameters=stream.parameters,
        assumptions=recall_assumptions(keys),
        steps="Write every pair as printed; average the square of the stored value's coefficient.",
    )


def _engine(rule: str, **parameters: Any) -> Callable[[Any, Ensemble, int, int], Expr]:
    return lambda catalogue, keys, size, items: (
        catalogue(rule).engine_of(keys, **parameters).own((items,))
    )


def _by_channel(rule: str, **parameters: Any) -> Callable[[Any, Ensemble, int, int], Expr]:
    return lambda catalogue, keys, size, items: catalogue(rule).channels_own(
        keys,
        size,
        items,
        **{
            name: catalogue.array(*x) if isinstance(x, tuple) else x
            for name, x in parameters.items()
        },
    )


STREAMS = (
    (replace(momentum.STREAM, ships=_engine("momentum", **momentum.SYMBOLS)), 3),
    (
        Stream(
            "ttt_linear",
            "chunks of 2",
            start=lambda size: (zeros(1, size), zeros(1, size)),
            write=partial(ttt_linear.printed, chunk=2),
            read=lambda parts: parts[0] + parts[1],
            parameters=(ttt_linear.alpha, ttt_linear.beta),
            ships=_engine("ttt_linear", alpha=ttt_linear.alpha, beta=ttt_linear.beta, chunk=2),
        ),
        4,
    ),
    (
        Stream(
            "delta_product",
            "2 pairs a token",
            start=lambda size: zeros(1, size),
            write=partial(delta_product.printed, n_h=2),
            read=lambda S: S,
            parameters=(delta_product.alpha, delta_product.beta),
            ships=_engine(
                "delta_product", alpha=delta_product.alpha, beta=delta_product.beta, n_h=2
            ),
        ),
        3,
    ),
    (replace(kda.STREAM, ships=_by_channel("kda", alpha=kda.GATES[:2], beta=kda.beta)), 3),
    (
        replace(
            rwkv7.STREAM,
            ships=_by_channel(
                "rwkv7", w=rwkv7.DECAYS[:2], a=rwkv7.REMOVALS[:2], xi=rwkv7.KEYS[:2], eta=rwkv7.eta
            ),
        ),
        3,
    ),
)


def _levels(keys: Ensemble) -> Expr:
    """G^2 E r^4 by level, all loads."""
    found = [
        log_linear.gate ** (2 * level)
        for items in log_linear.LOADS
        for level in log_linear.levels(items)
    ]
    return keys.radial(4) * Matrix(found)


def _shipped_levels(catalogue: Any, keys: Ensemble) -> Expr:
    rule = catalogue("log_linear").rule.symbolic(gate=log_linear.gate)
    found = [
        own
        for items in log_linear.LOADS
        for own in rule.closed_form(*rule.gains(items), keys.radial(4), 1 / d)[2]
    ]
    return Matrix(found)


def by_level(keys: Ensemble) -> Claim:
    """Log-linear attention at several loads."""
    return Claim(
        id=f"answers/own_power/log_linear/{keys.name}",
        statement=f"Own power by age with gates gate^level, {keys.name} keys.",
        derive=lambda: _levels(keys),
        ships=lambda catalogue: _shipped_levels(catalogue, keys),
        twins=(*SCALES, THOUSANDTH, NEXT),
        rules=("log_linear",),
        parameters=(log_linear.gate,),
        assumptions=recall_assumptions(keys),
        steps=r"The pair itself contributes $G r^2 v$ with $G$ the gate to the power of its level.",
    )


CLAIMS = (
    *(one_block(theorem, keys) for theorem in THEOREMS for keys in ENSEMBLES),
    *(by_stream(stream, items) for stream, items in STREAMS),
    *map(by_level, ENSEMBLES),
)
