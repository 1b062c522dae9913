"""Made-up worlds, two for each hypothesis: one in which it is supported and one in which it is not.

A world says what a pass would measure; the hypothesis' own grids and statistic do the rest.
"""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from capacity.bounds import rank_bound
from capacity.discover import rules
from capacity.rule import Dims
from experiments.hypotheses.drift_gate import best_rate
from experiments.hypothesis import Hypothesis
from experiments.passes import Pass

World = Callable[[Pass, int], dict[str, Any]]
DESCRIBED = ("rule", "parameters", "wrappers", "keys", "values", "d_k", "d_v", "seed")


def measured(hypothesis: Hypothesis, world: World, preset: str = "quick") -> pd.DataFrame:
    """The rows of one replicate in a world: means over ages, or by age where it has ages."""
    works = next(iter(hypothesis.plan(preset).values()))
    frames = []
    for work in works:
        for items in work.checkpoints:
            found = {"age": np.nan} | world(work, items) | {"items": items}
            scalar = all(np.ndim(x) == 0 for x in found.values())
            frame = pd.DataFrame(found, index=[0] if scalar else None)
            frames.append(frame.assign(**{name: getattr(work, name) for name in DESCRIBED}))
    return pd.concat(frames, ignore_index=True)


def of(work: Pass, name: str) -> Any:
    """A parameter of a pass' rule."""
    return json.loads(work.parameters)[name]


def error_at_gain(error: float) -> dict[str, float]:
    """Signal, power and error of a memory with this error, which no gain improves."""
    return {"signal": 1 - error, "power": 1 - error, "mse": error}


def passing(items: int, capacity: float, level: float) -> dict[str, float]:
    """An error that grows with the load and is ``level`` at ``capacity``."""
    return error_at_gain(min(0.99, level * (items / capacity) ** 0.4))


def delta_capacity(shares: dict[int, float]) -> World:
    return lambda work, n: {"mse": 0.1 * n / (shares[work.d_k] * work.d_k)}


def around(best: float, rate: float, height: float) -> float:
    """A hill over a rate, on a log scale."""
    return height * (1 - 0.2 * np.log(rate / best) ** 2)


def decay_horizon(scale: float) -> World:
    def world(work: Pass, n: int) -> dict[str, Any]:
        e_theta_over_d = np.e / work.d_k
        horizon = around(e_theta_over_d, 1 - of(work, "gamma") ** 2, scale / e_theta_over_d)
        ages = np.arange(n)
        return {"age": ages, "signal": 1.0, "power": 1 + 2 ** ((ages - horizon) / horizon)}

    return world


def delta_horizon(gain: float, level: float) -> World:
    def world(work: Pass, n: int) -> dict[str, Any]:
        name = "beta" if work.rule == "delta" else "gamma"
        rate = of(work, name) if name == "beta" else 1 - of(work, name)
        height = 12 * (1 + gain) if name == "beta" else 12.0
        horizon = around({"beta": 0.55, "gamma": 0.035}[name], rate, height)
        ages = np.arange(n)
        return {"age": ages, "signal": (level * 2 ** (1 - ages / horizon)) ** 0.5, "power": 1.0}

    return world


def drift_gate(exponent: float) -> World:
    def world(work: Pass, n: int) -> dict[str, Any]:
        drift = float(work.values.rpartition("=")[2])
        best = best_rate(work.d_k, 0.016) * (drift / 0.016) ** exponent
        return {"alignment": around(best, 1 - of(work, "gamma"), 0.25) ** 0.5, "power": 1.0}

    return world


def heads(gain: float) -> World:
    def world(work: Pass, n: int) -> dict[str, Any]:
        error = 0.5 if work.wrappers == "{}" else 0.5 - gain
        return {"error": error, "alignment": (1 - error) ** 0.5, "power": 1.0}

    return world


def online_loss(future: float) -> World:
    return lambda work, n: {
        "stored_mse": of(work, "lam") + 0.1,
        "error": 0.5 if of(work, "lam") > 0 else future,
    }


def orthogonal(cosine: float) -> World:
    def world(work: Pass, n: int) -> dict[str, Any]:
        height = cosine if work.rule == "atlas" else 0.3
        best = around(0.1, of(work, "beta"), height)
        return {"age": np.arange(n), "signal": best**0.5, "power": 1.0}

    return world


def outer_product(exponent: float) -> World:
    def world(work: Pass, n: int) -> dict[str, Any]:
        size = 0.6 * 32**2 * (work.d_k / 32) ** exponent  # N* log N*
        return {"accuracy": 1 / (1 + n * np.log(n) / size)}

    return world


def rank(excess: float) -> World:
    return lambda work, n: error_at_gain(rank_bound(work.d_k, n) * (1 + excess))


def buffered(rule: str, error: float) -> World:
    return lambda work, n: {"mse": error if work.rule == rule else 0.7}


def cached(error: float) -> World:
    return lambda work, n: {"mse": error if of(work, "cache") else 0.5}


def net(capacity: float) -> World:
    return lambda work, n: passing(n, capacity if work.rule == "ttt_mlp" else 50.0, 0.6)


def quadratic(capacity: float) -> World:
    return lambda work, n: passing(n, capacity if "quadratic" in work.wrappers else 14.0, 0.5)


def by_size(sign: float) -> World:
    def world(work: Pass, n: int) -> dict[str, Any]:
        size = rules()[work.rule]().state_scalars(Dims(work.d_k, work.d_v), n)
        return error_at_gain(0.5 + sign * 0.4 * size / 10_000)

    return world


WORLDS: dict[str, tuple[World, World]] = {  # supported, refuted
    "caching": (cached(0.3), cached(0.6)),
    "decay_horizon": (decay_horizon(1.0), decay_horizon(1.3)),
    "delta_capacity": (
        delta_capacity({24: 0.2, 48: 0.2, 96: 0.2}),
        delta_capacity({24: 0.24, 48: 0.16, 96: 0.2}),
    ),
    "delta_horizon": (delta_horizon(0.2, 0.5), delta_horizon(0.6, 0.5)),
    "delta_horizon_correlated": (delta_horizon(0.2, 0.25), delta_horizon(0.6, 0.25)),
    "drift_gate": (drift_gate(0.5), drift_gate(0.75)),
    "heads_future": (heads(0.1), heads(-0.1)),
    "heads_near_interpolation": (heads(0.1), heads(-0.1)),
    "mlp_memory": (net(100.0), net(30.0)),
    "nonlinear_keys": (quadratic(14 * 6.5), quadratic(14 * 3.0)),
    "online_loss": (online_loss(0.6), online_loss(0.4)),
    "orthogonalisation": (orthogonal(0.35), orthogonal(0.25)),
    "orthogonalisation_common_mode": (orthogonal(0.35), orthogonal(0.25)),
    "outer_product_capacity": (outer_product(2.0), outer_product(2.4)),
    "rank_bound": (rank(0.1), rank(-0.1)),
    "replay": (buffered("replay", 0.6), buffered("replay", 0.8)),
    "state_size": (by_size(1.0), by_size(-1.0)),
}
