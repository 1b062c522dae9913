"""Cells of the probe: small settings in which a law and a measurement could disagree.

A cell measures means with standard errors over independent streams, and asks the law for the same
numbers. Dimensions are small, where what is of order 1/d is large; parameters are generic, so that
no factor hides behind a 1.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from capacity.discover import parse_feature_map, rules, wrappers
from capacity.keys import Keys, parse_keys
from capacity.rebinding_law import rebinding_law
from capacity.recall import Recall, Status
from capacity.repeated_law import repeated_law
from capacity.rule import Dims, Rule
from capacity.taught import FutureError
from capacity.values import parse_values
from experiments.probes.future import future_probe
from experiments.probes.rebinding import rebinding_probe
from experiments.probes.recall import recall_probe
from experiments.probes.steps import steps_probe
from experiments.streams import streams

Array = NDArray[np.float64]
Numbers = dict[str, Array]
R, W = rules(), wrappers()
D, LONG, TRIALS, BLOCK = 4, 162, 2048, 512  # periods of 2 and 3 divide LONG
KEYS = ("sphere", "gaussian", "orthonormal", "signs:0.35,0.27,0.2,0.18", "spectrum:power=1")
TEACHERS = ("teacher:signal=0.7,drift=0.1", "teacher:signal=0.6,switch=3")
SLOW = ("mesa", "softmax", "normalised", "hopfield", "dense_am")  # their limit is far away
GATES, ROWS = (0.95, 0.8, 0.6, 0.4), ((0.9, 0.7, 0.5, 0.3), (0.8, 0.95, 0.6, 0.7))


@dataclass(frozen=True)
class Cell:
    """``measured()`` gives means and standard errors, ``expected()`` what the law says of them."""

    name: str
    measured: Callable[[], tuple[Numbers, Numbers]]
    expected: Callable[[], Numbers]


def cells() -> dict[str, Cell]:
    """All cells by name; those for which theory has no exact law are told by their caller."""
    found = [*_recalls(), *_closed(), *_endless(), *_taught(), *_written_twice(), *_steps()]
    return {cell.name: cell for cell in found}


def _rules() -> dict[str, Rule]:
    settings: list[tuple[str, dict[str, Any]]] = [
        ("hebbian", {}),
        ("decay", {"gamma": 0.8}),
        ("decay", {"gamma": 0.0}),
        ("gla", {"alpha": GATES}),
        ("gla", {"alpha": ROWS}),
        ("mlstm", {"input_gate": -3.0, "forget_gate": 0.8}),
        ("delta", {"beta": 0.3}),
        ("longhorn", {"penalty": 1.5}),
        ("gated_delta", {"alpha": 0.9, "beta": 0.3}),
        ("kda", {"alpha": 0.9, "beta": 0.3}),
        ("kda", {"alpha": GATES, "beta": 0.3}),
        ("rwkv7", {"w": 0.9, "a": 0.3, "eta": 0.6, "xi": 0.8}),
        ("rwkv7", {"w": GATES, "a": (0.2, 0.3, 0.4, 0.5), "eta": 0.7, "xi": (0.9, -0.5, 0.7, 1)}),
        ("delta_product", {"alpha": 0.9, "beta": 0.3, "n_h": 2}),
        ("momentum", {"alpha": 0.9, "mu": 0.4, "beta": 0.2}),
        ("ttt_linear", {"beta": 0.3, "chunk": 3, "alpha": 0.9}),
        ("omega", {"beta": 0.5, "window": 1}),
        ("omega", {"beta": 0.5, "window": 2, "weights": (1.0, 0.6)}),
        ("omega", {"beta": 0.3, "window": 3, "weights": (1.0, 0.6, 0.4)}),
        ("mesa", {"gamma": 1.0, "lam": 0.0}),
        ("mesa", {"gamma": 0.9, "lam": 0.3}),
        ("softmax", {"bandwidth": 0.8}),
        ("sliding_window", {"window": 3, "bandwidth": 0.8}),
        ("sliding_window", {"window": 3}),
        ("eviction", {"cache": 3, "bandwidth": 0.8}),
        ("eviction", {"cache": 3}),
        ("lola", {"window": 2, "cache": 0}),
        ("log_linear", {"gate": 0.7}),
        ("kernel_ridge", {"bandwidth": 0.8, "lam": 0.2}),
        ("dense_am", {"degree": 2}),
        ("hopfield", {}),
    ]
    found = {}
    for name, values in settings:
        arrays = {x: np.array(y) if isinstance(y, tuple) else y for x, y in values.items()}
        found[f"{name}({', '.join(f'{x}={y}' for x, y in values.items())})"] = R[name](**arrays)
    return found


def _wrapped() -> dict[str, Rule]:
    decay, delta, hebbian = R["decay"](gamma=0.8), R["delta"](beta=0.3), R["hebbian"]()
    maps = ("relu", "elu_plus_one", "identity", "quadratic", "taylor", "favor", "dpfp")
    found: dict[str, Rule] = {
        f"features {name}": W["features"](decay, parse_feature_map(name)) for name in maps
    }
    positive = W["features"](hebbian, parse_feature_map("taylor"))
    return found | {
        "heads hebbian": W["heads"](hebbian, heads=2),
        "heads delta": W["heads"](delta, heads=2),
        "normalised taylor": W["normalised"](positive),
        "rope": W["rope"](decay, base=3.0),
        "short convolution": W["short_convolution"](decay, taps=np.array([0.7, -0.5, 0.4])),
    }


def _recalls() -> Iterator[Cell]:
    for name, rule in (_rules() | _wrapped()).items():
        for label in KEYS:
            keys, seed = parse_keys(label), 0
            items = D if label == "orthonormal" else 6
            both = partial(_measured_recall, rule, keys, items, items, seed)
            law = partial(_recalled, rule, keys, items)
            yield Cell(f"recall {name} {label}", both, law)
    for label in ("sphere", "gaussian"):
        for name in ("hebbian", "decay", "momentum", "delta_product", "ttt_linear"):
            probed = partial(_probed_recall, R[name](), parse_keys(label), 6, 6)
            law = partial(_recalled, R[name](), parse_keys(label), 6, own=False)
            yield Cell(f"recall probe {name} {label}", probed, law)


def _closed() -> Iterator[Cell]:
    """What rules state in closed form, on isotropic keys."""
    for name, rule in _rules().items():
        for label in ("sphere", "gaussian"):
            asked = (rule, parse_keys(label))
            both = partial(_measured_recall, *asked, 6, 6, 7)
            yield Cell(f"closed form {name} {label}", both, partial(_stated, *asked))


def _endless() -> Iterator[Cell]:
    """The newest pairs of a stream that is long enough to be endless."""
    for name, rule in (_rules() | _wrapped()).items():
        for label in KEYS:
            if label != "orthonormal" and not name.startswith(SLOW):
                keys = parse_keys(label)
                both = partial(_measured_recall, rule, keys, LONG, 3, 1)
                yield Cell(f"endless {name} {label}", both, partial(_lifelong, rule, keys))


def _taught() -> Iterator[Cell]:
    for name, rule in _rules().items():
        for label in ("sphere", "gaussian"):
            for values in TEACHERS:
                asked = (rule, parse_keys(label), values)
                both = partial(_measured_future, *asked, (2, 6), 2)
                yield Cell(f"taught {name} {label} {values}", both, partial(_future, *asked))
            both = partial(_measured_future, *asked[:2], TEACHERS[0], (LONG,), 3)
            law = partial(_steady, *asked[:2], TEACHERS[0])
            if not name.startswith(SLOW):
                yield Cell(f"taught for ever {name} {label}", both, law)


def _written_twice() -> Iterator[Cell]:
    for name in ("decay", "gated_delta", "momentum", "delta_product"):
        rule = R[name]()
        for label in ("sphere", "gaussian"):
            keys = parse_keys(label)
            both = partial(_measured_rebinding, rule, keys)
            yield Cell(f"rebinding {name} {label}", both, partial(_rebound, rule, keys))


def _steps() -> Iterator[Cell]:
    for name in ("delta", "gated_delta", "momentum"):
        rule = R[name](beta=0.2)
        for label in ("sphere", "gaussian"):
            asked = (rule, parse_keys(label))
            both = partial(_measured_steps, *asked)
            yield Cell(f"steps {name} {label}", both, partial(_repeated, *asked))


def _over(samples: dict[str, Array]) -> tuple[Numbers, Numbers]:
    """Means and standard errors over the leading axis, streams."""
    count = len(next(iter(samples.values())))
    spread = {x: y.std(axis=0, ddof=1) / np.sqrt(count) for x, y in samples.items()}
    return {x: y.mean(axis=0) for x, y in samples.items()}, spread


def _measured_recall(
    rule: Rule, keys: Keys, items: int, ages: int, seed: int
) -> tuple[Numbers, Numbers]:
    """Signal, power and own power by age, of the newest ages; values enter by their moments."""
    if not _by_matrices(rule):
        return _probed_recall(rule, keys, items, ages)
    parts = []
    trials = TRIALS if items < LONG else TRIALS // 4
    for first in range(0, trials, BLOCK):
        seeds = range(seed * 2**32 + first, seed * 2**32 + first + BLOCK)
        parts.append(_matrices(rule, streams(keys, Dims(D, D), seeds, items)[0], ages))
    R = np.concatenate(parts)
    own = np.diagonal(R, axis1=1, axis2=2)
    return _over({"signal": own, "power": (R**2).sum(2), "own": own**2})


def _matrices(rule: Rule, keys: Tensor, ages: int) -> Array:
    """What the newest keys read of each value, (streams, ages, items), newest first."""
    batch, items, d = keys.shape
    states = rule.init(Dims(d, items, items), (batch,), dtype=keys.dtype)
    values = torch.eye(items, dtype=keys.dtype).expand(batch, -1, -1)
    found = rule.read_stream(rule.write_stream(states, keys, values), keys[:, items - ages :])
    return found.flip(1, 2).numpy()


def _by_matrices(rule: Rule) -> bool:
    """Whether unit values tell all: heads split values, and own power under a ridge is no law."""
    return (
        rule.linear_in_values and "heads" not in rule.values() and "cg_steps" not in rule.values()
    )


def _probed_recall(rule: Rule, keys: Keys, items: int, ages: int) -> tuple[Numbers, Numbers]:
    """Signal and power by age, as the probe that ships measures them."""
    found = recall_probe(rule, keys, Dims(D, D, items), (items,), trials=TRIALS, seed=4)[0].by_age
    names = ("signal", "power")
    means, spread = (
        {x: getattr(found[x], part)[:ages] for x in names} for part in ("mean", "stderr")
    )
    return means, spread


def _exact(law: Any, of: str) -> Any:
    """A law that exists and is exact; else there is nothing to compare."""
    assert law is not None, f"no law of {of}"
    assert set(law.statuses.values()) == {Status.EXACT}, f"no exact law of {of}"
    return law


def _numbers(recall: Recall, own: bool) -> Numbers:
    found = {"signal": recall.signal, "power": recall.power}
    return found | ({"own": recall.own_power} if own and recall.own_power is not None else {})


def _recalled(rule: Rule, keys: Keys, items: int, own: bool = True) -> Numbers:
    law = _exact(rule.law(keys, Dims(D, D, items)), rule.rule_id())
    return _numbers(law.recall(items), own and _by_matrices(rule))


def _stated(rule: Rule, keys: Keys) -> Numbers:
    """The closed form at the radial moments of the keys, where a rule has one of this kind."""
    stated = getattr(rule, "closed_form", None)
    assert stated is not None, "none is stated"
    assert {"where", "age"} & set(inspect.signature(stated).parameters), "none by age"
    m4 = 1.0 if keys.name == "sphere" else 1 + 2 / D
    m6 = 1.0 if keys.name == "sphere" else (1 + 2 / D) * (1 + 4 / D)
    assert m4 == 1 or rule.rule_id() not in ("longhorn", "mlstm"), "for unit keys alone"
    assert rule.rule_id() == "gla" or not any(map(np.ndim, rule.values().values())), "equal gates"
    assert getattr(rule, "period", 1) == 1, "gates that do not vary in time"
    where = {"d": D, "items": 6, "m4": m4, "m6": m6}
    rows = [stated(age=age, **where) for age in range(6)]
    return dict(zip(("signal", "power"), np.array(rows).T, strict=True))


def _lifelong(rule: Rule, keys: Keys) -> Numbers:
    recall = _exact(rule.law(keys, Dims(D, D, LONG)), rule.rule_id()).lifelong(3)
    assert recall is not None
    assert np.isfinite(recall.power).all()
    return _numbers(recall, _by_matrices(rule))


def _measured_future(
    rule: Rule, keys: Keys, values: str, checkpoints: tuple[int, ...], seed: int
) -> tuple[Numbers, Numbers]:
    taught, trials = parse_values(values), TRIALS // max(checkpoints) * 4
    found = future_probe(
        rule, keys, Dims(D, D), checkpoints, values=taught, trials=trials, seed=seed
    )
    names = ("error", "alignment", "power", "variance", "systematic")
    means = {x: np.array([float(at.moments[x].mean) for at in found]) for x in names}
    spread = {x: np.array([float(at.moments[x].stderr) for at in found]) for x in names}
    stored = found[-1].moments["stored_mse"]
    if len(checkpoints) == 1:
        return means, spread
    means["stored"] = np.array([float(stored.mean)])
    return means, spread | {"stored": np.array([float(stored.stderr)])}


def _parts(found: FutureError, at: Any) -> Numbers:
    systematic = found.bias + found.lag
    parts = {
        "error": found.error,
        "alignment": found.alignment,
        "power": found.power,
        "variance": found.variance,
        "systematic": systematic,
    }
    return {name: np.atleast_1d(np.asarray(x)[at]) for name, x in parts.items()}


def _future(rule: Rule, keys: Keys, values: str) -> Numbers:
    law = _exact(rule.taught(keys, Dims(D, D), parse_values(values)), rule.rule_id())
    stored = np.array([law.stored(6).mse.mean()])
    return _parts(law.future(6), [1, 5]) | {"stored": stored}


def _steady(rule: Rule, keys: Keys, values: str) -> Numbers:
    law = _exact(rule.taught(keys, Dims(D, D), parse_values(values)), rule.rule_id())
    steady = law.steady()
    assert steady is not None
    return _parts(steady, ...)


def _measured_rebinding(rule: Rule, keys: Keys) -> tuple[Numbers, Numbers]:
    found = rebinding_probe(rule, keys, Dims(D, D), 8, first=5, second=2, trials=2 * TRIALS, seed=5)
    names = ("first", "second", "power")
    return {x: found[x].mean for x in names}, {x: found[x].stderr for x in names}


def _rebound(rule: Rule, keys: Keys) -> Numbers:
    law = rebinding_law(rule, keys, D)  # type: ignore[arg-type]
    assert law is not None
    found = law.rebound(8, 5, 2)
    return {x: np.asarray(getattr(found, x)) for x in ("first", "second", "power")}


def _measured_steps(rule: Rule, keys: Keys) -> tuple[Numbers, Numbers]:
    values = parse_values(TEACHERS[0])
    found = steps_probe(
        rule, keys, Dims(D, D), 5, steps=3, earlier=2, values=values, trials=TRIALS, seed=6
    )
    names = ("newest", "stored", "unseen")
    return {x: found[x].mean for x in names}, {x: found[x].stderr for x in names}


def _repeated(rule: Rule, keys: Keys) -> Numbers:
    values = parse_values(TEACHERS[0])
    law = repeated_law(rule, keys, D, values, items=5, steps=3, earlier=2)
    assert law is not None
    mse = law.stored(5).mse
    unseen = law.future(5).error[-1]
    return {"newest": mse[0], "stored": mse[1:].mean(), "unseen": unseen}
