"""Levers: recall by age of memories with a lever that should lengthen it, at several steps.

Levers: a window, plain or orthogonalised, a chunk, a cache, momentum, the gate of a second moment;
beside them the delta rule at three widths, and pairs kept as they came. Steps are declared by the
share e to which all gradient steps that a pair takes part in correct it: 1 - (1 - beta)^c = e for
c of them, beta/(1 - mu) = e under momentum; the laws are best near e = 0.6 at a squared cosine of
1/2, and near 0.35 at 1/4.
"""

from collections.abc import Mapping
from pathlib import Path

from experiments.sweep import Grid, Settings, Sweep

LENGTH = 6  # pairs over d: power is within e^(-3) of its limit at the smallest share, e^(-5) at 0.6
FEW, MORE = (0.35, 0.6), (0.35, 0.5, 0.6, 0.75)  # shares
MOMENTA = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97)  # memories up to two thirds of d
MEMORIES = (0.25, 0.5, 1.0, 2.0)  # 1/(1 - gamma) over d
RIDGES = (0.001, 0.03)
Rules = Mapping[str, tuple[Settings, ...]]


def _beta(share: float, steps: int) -> float:
    kept: float = (1 - share) ** (1 / steps)
    return round(1 - kept, 6)


def _levers(d: int, sizes: tuple[int, ...], shares: tuple[float, ...]) -> Rules:
    """With a replayed pair its new one takes a step, so that a cache of n makes n + 1."""
    windows = [(n, e) for n in sizes for e in shares]
    return {
        "omega": tuple({"window": n, "beta": _beta(e, n)} for n, e in windows),
        "replay": tuple({"cache": n, "beta": _beta(e, n + 1)} for n, e in windows),
        "ttt_linear": tuple({"chunk": n, "beta": e} for n, e in windows),
        "momentum": tuple(
            {"alpha": 1.0, "mu": mu, "beta": round(e * (1 - mu), 6)}
            for mu in MOMENTA
            for e in shares
            if d * (1 - mu) >= 1.5
        ),
        "mesa": tuple(
            {"gamma": 1 - 1 / (memory * d), "lam": lam} for memory in MEMORIES for lam in RIDGES
        ),
    }


def _kept(sizes: tuple[int, ...]) -> Rules:
    """Nothing to tune: the newest pairs, or one of them and the worst-recalled ones."""
    return {
        "sliding_window": tuple({"window": n, "bandwidth": 0.0} for n in sizes),
        "lola": tuple({"window": 1, "cache": n} for n in sizes),
    }


def _orthogonalised(sizes: tuple[int, ...], steps: tuple[float, ...]) -> Rules:
    """The gradient of a window, orthogonalised, without momentum: no step is known to be best."""
    return {"atlas": tuple({"window": n, "mu": 0.0, "beta": beta} for n in sizes for beta in steps)}


def _grid(rules: Rules, d: int, trials: int) -> Grid:
    """Read at lengths 5 pairs apart, hence at many places within a chunk."""
    loads = tuple(LENGTH - 5 * j / d for j in range(8))
    return Grid(loads, trials, rules, dims=((d, d),), probe="cos2_ages")


def _grids(
    d: int,
    sizes: tuple[int, ...],
    shares: tuple[float, ...],
    steps: tuple[float, ...],
    *,
    trials: int,
    fewer: int,
) -> tuple[Grid, ...]:
    widths: Rules = {"delta": tuple({"beta": e} for e in shares)}
    return (
        *(_grid(widths, width, trials) for width in (d // 2, d, 2 * d)),
        _grid(_levers(d, sizes, shares), d, trials),
        _grid(_kept(sizes), d, fewer),
        _grid(_orthogonalised(sizes, steps), d, fewer),
    )


SWEEP = Sweep(
    "levers",
    "Recall by age of memories that should recall for longer",
    {
        "quick": _grids(16, (2, 4, 8), FEW, (0.1, 0.2, 0.4), trials=160, fewer=40),
        "paper": _grids(
            64, (2, 4, 8, 16, 32), MORE, (0.03, 0.06, 0.12, 0.24, 0.48), trials=64, fewer=16
        ),
    },
    rule_file=Path(__file__).parents[1] / "candidates" / "replay.py",
)
