"""What cells measure: means with standard errors over independent streams, seeds fixed."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from capacity.keys import Keys
from capacity.rule import Dims, Rule
from capacity.values import parse_values
from experiments.probes.future import future_probe
from experiments.probes.rebinding import rebinding_probe
from experiments.probes.recall import recall_probe
from experiments.probes.steps import steps_probe
from experiments.streams import streams

Array = NDArray[np.float64]
Numbers = dict[str, Array]
Measured = tuple[Numbers, Numbers]  # means, standard errors
TRIALS, BLOCK = 2048, 512
LONG = 100  # items from which fewer streams do
FUTURE = ("error", "alignment", "power", "variance", "systematic")


def without_error(known: Callable[[], Numbers]) -> Measured:
    """Numbers that are known rather than measured."""
    found = known()
    return found, {name: np.zeros_like(x) for name, x in found.items()}


def recall(rule: Rule, keys: Keys, d: int, items: int, ages: int, seed: int = 0) -> Measured:
    """Signal, power and own power by age, of the newest ages; values enter by their moments."""
    if not by_matrices(rule):
        return probed(rule, keys, d, items, ages)
    parts = []
    for first in range(0, TRIALS // 4 if items > LONG else TRIALS, BLOCK):
        seeds = range(seed * 2**32 + first, seed * 2**32 + first + BLOCK)
        parts.append(_matrices(rule, streams(keys, Dims(d, d), seeds, items)[0], ages))
    R = np.concatenate(parts)
    own = np.diagonal(R, axis1=1, axis2=2)
    return _over({"signal": own, "power": (R**2).sum(2), "own": own**2})


def by_matrices(rule: Rule) -> bool:
    """Whether unit values tell all: heads split values, and own power under a ridge is no law."""
    return rule.linear_in_values and not {"heads", "cg_steps"} & rule.values().keys()


def _matrices(rule: Rule, keys: Tensor, ages: int) -> Array:
    """What the newest keys read of each value, (streams, ages, items), newest first."""
    batch, items, d = keys.shape
    states = rule.init(Dims(d, items, items), (batch,), dtype=keys.dtype)
    values = torch.eye(items, dtype=keys.dtype).expand(batch, -1, -1)
    found = rule.read_stream(rule.write_stream(states, keys, values), keys[:, items - ages :])
    return found.flip(1, 2).numpy()


def _over(samples: dict[str, Array]) -> Measured:
    """Means and standard errors over the leading axis, streams."""
    count = len(next(iter(samples.values())))
    spread = {x: y.std(axis=0, ddof=1) / np.sqrt(count) for x, y in samples.items()}
    return {x: y.mean(axis=0) for x, y in samples.items()}, spread


def probed(rule: Rule, keys: Keys, d: int, items: int, ages: int, trials: int = TRIALS) -> Measured:
    """Signal and power by age, as the probe that ships measures them."""
    found = recall_probe(rule, keys, Dims(d, d, items), (items,), trials=trials, seed=4)[0].by_age
    means, errors = (
        {x: getattr(found[x], part)[:ages] for x in ("signal", "power")}
        for part in ("mean", "stderr")
    )
    return means, errors


def future(
    rule: Rule, keys: Keys, d: int, values: str, checkpoints: tuple[int, ...], trials: int
) -> Measured:
    """Errors on unseen pairs at each checkpoint and, of several, on stored ones at the last."""
    found = future_probe(
        rule, keys, Dims(d, d), checkpoints, values=parse_values(values), trials=trials, seed=2
    )
    moments = {x: [at.moments[x] for at in found] for x in FUTURE}
    if len(checkpoints) > 1:
        moments["stored"] = [found[-1].moments["stored_mse"]]
    means, errors = (
        {x: np.array([float(getattr(each, part)) for each in y]) for x, y in moments.items()}
        for part in ("mean", "stderr")
    )
    return means, errors


def rebinding(rule: Rule, keys: Keys, d: int, items: int, first: int, second: int) -> Measured:
    """Both signals and the power of a key that was written twice."""
    found = rebinding_probe(
        rule, keys, Dims(d, d), items, first=first, second=second, trials=2 * TRIALS, seed=5
    )
    names = ("first", "second", "power")
    return {x: found[x].mean for x in names}, {x: found[x].stderr for x in names}


def steps(
    rule: Rule, keys: Keys, d: int, values: str, items: int, last: int, each: int
) -> Measured:
    """Losses after ``last`` steps at the newest pair and ``each`` at every pair before it."""
    found = steps_probe(
        rule,
        keys,
        Dims(d, d),
        items,
        steps=last,
        earlier=each,
        values=parse_values(values),
        trials=TRIALS,
        seed=6,
    )
    names = ("newest", "stored", "unseen")
    return {x: found[x].mean for x in names}, {x: found[x].stderr for x in names}
