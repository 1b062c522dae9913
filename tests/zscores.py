"""How exact laws are confronted with probes: one number per independent stream, no chosen slack."""

import numpy as np

from capacity.given_keys import recall_matrices, signal_and_power
from capacity.keys import Keys
from capacity.recall import Recall
from capacity.rule import Dims, Rule
from experiments.probes.recall import QUANTITIES, Measured, recall_probe
from experiments.streams import streams


def law_of(rule: Rule, keys: Keys, dims: Dims, items: int) -> Recall:
    """The law's recall, which must exist."""
    law = rule.law(keys, dims)
    assert law is not None, f"{rule} has no law on {keys.label} keys"
    return law.recall(items)


def z_scores(measured: Measured, recall: Recall, scale: float = 1.0) -> dict[str, float]:
    """z of the stream means (over ages) of signal, power and mse; ``scale`` perturbs the law."""
    law = {"signal": recall.signal.mean(), "power": recall.power.mean(), "mse": recall.mse.mean()}
    found = {}
    for name in QUANTITIES:
        at = measured.over_ages[name]
        found[name] = float((at.mean - scale * law[name]) / at.stderr)
    return found


def probe_z(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    items: int,
    *,
    trials: int = 1000,
    seed: int = 0,
    scale: float = 1.0,
) -> dict[str, float]:
    """z of signal, power and mse of one cell; give each cell its own seed."""
    measured = recall_probe(rule, keys, dims, (items,), trials=trials, seed=seed)[0]
    return z_scores(measured, law_of(rule, keys, dims, items), scale)


def worst_age_z(measured: Measured, recall: Recall) -> float:
    """Largest |z| of signal and power over single ages (for deterministic cells use allclose)."""
    worst = 0.0
    for name, law in (("signal", recall.signal), ("power", recall.power)):
        at = measured.by_age[name]
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(at.stderr > 0, (at.mean - law) / at.stderr, 0.0)
        worst = max(worst, float(np.abs(z).max()))
    return worst


def moment_z(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    items: int,
    *,
    trials: int = 1000,
    seed: int = 0,
    slip: float = 1.02,
) -> tuple[float, float]:
    """Largest |z| of signal and power over key streams, values through their exact moments.

    For rules linear in the values: of the law, and of the law times ``slip``, which must fail. A
    mean that does not vary by stream is held to rounding, 1e-13.
    """
    seeds = range(seed * 2**32, seed * 2**32 + trials)
    drawn = streams(keys, dims, seeds, items)[0]
    measured = signal_and_power(recall_matrices(rule, drawn))
    law, right, wrong = law_of(rule, keys, dims, items), [], []
    for name, by_stream in zip(("signal", "power"), measured, strict=True):
        each = by_stream.mean(dim=1).numpy()
        stderr = each.std(ddof=1) / np.sqrt(trials)
        expected = getattr(law, name).mean()
        right.append(abs(each.mean() - expected) / max(stderr, 1e-13))
        wrong.append(abs(each.mean() - slip * expected) / max(stderr, 1e-13))
    return float(max(right)), float(max(wrong))
