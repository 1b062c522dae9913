"""Cells of the probe: small settings in which a law and a measurement could disagree.

Dimensions are small, where what is of order 1/d is large; parameters are generic, so that no factor
hides behind a 1. Laws that are asymptotic in d are asked in some more dimensions, and allowed the
error that they declare.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from capacity.discover import parse_feature_map, rules, wrappers
from capacity.head_keys import head_keys
from capacity.keys import parse_keys
from capacity.rule import Rule
from tests.mutations import asked, measured
from tests.mutations.identities import IDENTITIES
from tests.mutations.measured import Measured, Numbers

R, W = rules(), wrappers()
D, ITEMS, LONG = 4, 6, 162  # periods of 3 divide LONG
KEYS = ("sphere", "gaussian", "orthonormal", "signs:0.35,0.27,0.2,0.18", "spectrum:power=1")
ISOTROPIC = KEYS[:2]
TEACHERS = ("teacher:signal=0.7,drift=0.1", "teacher:signal=0.6,switch=3")
SLOW = ("mesa", "softmax", "normalised", "hopfield", "dense_am")  # their limit is far away
GATES = (0.95, 0.8, 0.6, 0.4)
ROWS = ((0.9, 0.7, 0.5, 0.3), (0.8, 0.95, 0.6, 0.7), (0.6, 0.8, 0.9, 0.5))
TURNS = tuple((gate,) * D for gate in (0.95, 0.5, 0.8))  # alike over channels, not over tokens
MAPS = ("relu", "elu_plus_one", "identity", "quadratic", "taylor", "favor", "dpfp")
SETTINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("hebbian", {}),
    ("decay", {"gamma": 0.8}),
    ("decay", {"gamma": 0.0}),
    ("gla", {"alpha": GATES}),
    ("gla", {"alpha": ROWS}),
    ("gla", {"alpha": TURNS}),
    ("mlstm", {"input_gate": -3.0, "forget_gate": 0.8}),
    ("delta", {"beta": 0.3}),
    ("longhorn", {"penalty": 1.5}),
    ("gated_delta", {"alpha": 0.9, "beta": 0.3}),
    ("kda", {"alpha": 0.9, "beta": 0.3}),
    ("kda", {"alpha": GATES, "beta": 0.3}),
    ("rwkv7", {"w": 0.9, "a": 0.3, "eta": 0.6, "xi": 0.8}),
    ("rwkv7", {"w": GATES, "a": (0.2, 0.3, 0.4, 0.5), "eta": 0.7, "xi": (0.9, -0.5, 0.7, 1)}),
    ("delta_product", {"alpha": 0.9, "beta": 0.3, "n_h": 2}),
    ("delta_product", {"alpha": 0.8, "beta": 0.5, "n_h": 3}),
    ("momentum", {"alpha": 0.9, "mu": 0.4, "beta": 0.2}),
    ("titans_mlp", {"alpha": 0.9, "mu": 0.4, "beta": 0.2, "depth": 1}),
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
)
LARGE: tuple[tuple[str, dict[str, Any], int, int], ...] = (  # asymptotic: with d and items
    ("mesa", {"gamma": 1.0, "lam": 0.3}, 32, 48),
    ("mesa", {"gamma": 0.97, "lam": 0.3}, 32, 64),
    ("mesa", {"gamma": 0.97, "lam": 0.0}, 32, 64),
    ("omega", {"beta": 0.3, "window": 3, "weights": (1.0, 0.6, 0.4)}, 32, 48),
)
SHARE = 2.0  # of 1/d: how far the error term of an asymptotic law may reach


@dataclass(frozen=True)
class Cell:
    """``measured()`` gives means and standard errors, ``expected()`` what the law says of them.

    slack: the error that an asymptotic law declares.
    """

    name: str
    measured: Callable[[], Measured]
    expected: Callable[[], Numbers]
    slack: float = 0.0


def cells() -> dict[str, Cell]:
    """All cells by name; those of which theory is silent are told by their caller."""
    groups = (
        *(_known, _recalls, _slices, _closed, _endless),
        *(_line, _large, _taught, _written_twice, _steps),
    )
    return {cell.name: cell for group in groups for cell in group()}


def _rule(name: str, values: dict[str, Any]) -> tuple[str, Rule]:
    arrays = {x: np.array(y) if isinstance(y, tuple) else y for x, y in values.items()}
    return f"{name}({', '.join(f'{x}={y}' for x, y in values.items())})", R[name](**arrays)


def _rules() -> dict[str, Rule]:
    return dict(_rule(*setting) for setting in SETTINGS)


def _wrapped() -> dict[str, Rule]:
    decay, delta, hebbian = R["decay"](gamma=0.8), R["delta"](beta=0.3), R["hebbian"]()
    mapped = {f"features {x}": W["features"](decay, parse_feature_map(x)) for x in MAPS}
    taylor = W["features"](hebbian, parse_feature_map("taylor"))
    return mapped | {
        "heads hebbian": W["heads"](hebbian, heads=2),
        "heads delta": W["heads"](delta, heads=2),
        "normalised taylor": W["normalised"](taylor),
        "rope": W["rope"](decay, base=3.0),
        "short convolution": W["short_convolution"](decay, taps=np.array([0.7, -0.5, 0.4])),
    }


def _known() -> Iterator[Cell]:
    for each in IDENTITIES:
        yield Cell(f"identity {each.name}", partial(measured.without_error, each.known), each.asked)


def _slices() -> Iterator[Cell]:
    """Keys that a head sees: slices of whole keys."""
    (keys,) = head_keys(parse_keys("gaussian"), 2, D) or ()
    here = (R["delta"](beta=0.3), keys, D // 2)
    both = partial(measured.recall, *here, ITEMS, ITEMS)
    yield Cell("recall delta of a slice", both, partial(asked.recall, *here, ITEMS))


def _recalls() -> Iterator[Cell]:
    for name, rule in (_rules() | _wrapped()).items():
        for label in KEYS:
            here, items = (rule, parse_keys(label), D), D if label == "orthonormal" else ITEMS
            both = partial(measured.recall, *here, items, items)
            yield Cell(f"recall {name} {label}", both, partial(asked.recall, *here, items))
    for label in ISOTROPIC:
        for name in ("hebbian", "decay", "momentum", "delta_product", "ttt_linear"):
            here = (R[name](), parse_keys(label), D)
            both = partial(measured.probed, *here, ITEMS, ITEMS)
            law = partial(asked.recall, *here, ITEMS, own=False)
            yield Cell(f"recall probe {name} {label}", both, law)


def _closed() -> Iterator[Cell]:
    for name, rule in _rules().items():
        for label in ISOTROPIC:
            here = (rule, parse_keys(label), D)
            both = partial(measured.recall, *here, ITEMS, ITEMS, 7)
            yield Cell(
                f"closed form {name} {label}", both, partial(asked.closed_form, *here, ITEMS)
            )


def _endless() -> Iterator[Cell]:
    """The newest pairs of a stream that is long enough to be endless."""
    for name, rule in (_rules() | _wrapped()).items():
        for label in KEYS:
            if label != "orthonormal" and not name.startswith(SLOW):
                here = (rule, parse_keys(label), D)
                both = partial(measured.recall, *here, LONG, 3, 1)
                yield Cell(f"endless {name} {label}", both, partial(asked.lifelong, *here, 3))


def _line() -> Iterator[Cell]:
    """One dimension, where nothing lies across a key."""
    for name in ("decay", "delta", "softmax"):
        here = (R[name](), parse_keys("sphere"), 1)
        both = partial(measured.recall, *here, ITEMS, ITEMS)
        yield Cell(f"line {name}", both, partial(asked.recall, *here, ITEMS))


def _large() -> Iterator[Cell]:
    for name, values, d, items in LARGE:
        label, rule = _rule(name, values)
        here = (rule, parse_keys("sphere"), d)
        both = partial(measured.probed, *here, items, items, 512)
        law = partial(asked.recall, *here, items, own=False, exact=False)
        yield Cell(f"large {label} {d}", both, law, SHARE / d)
        if values.get("lam"):  # without a ridge the error diverges at N = d
            lesson = (*here, TEACHERS[0], (items // 2, items))
            both = partial(measured.future, *lesson, 512)
            law = partial(asked.future, *lesson, exact=False)
            yield Cell(f"large taught {label} {d}", both, law, SHARE / d)


def _taught() -> Iterator[Cell]:
    for name, rule in _rules().items():
        for label in ISOTROPIC:
            here = (rule, parse_keys(label), D)
            for values in TEACHERS:
                first = max(2, getattr(rule, "pairs", 1))  # whole tokens
                lesson = (*here, values, (first, ITEMS))
                both = partial(measured.future, *lesson, 1360)
                yield Cell(f"taught {name} {label} {values}", both, partial(asked.future, *lesson))
            if not name.startswith(SLOW):
                both = partial(measured.future, *here, TEACHERS[0], (LONG,), 1024)  # heavy tails
                law = partial(asked.steady, *here, TEACHERS[0])
                yield Cell(f"taught for ever {name} {label}", both, law)


def _written_twice() -> Iterator[Cell]:
    for name in ("decay", "gated_delta", "momentum", "delta_product"):
        for label in ISOTROPIC:
            here = (R[name](), parse_keys(label), D, 8, 5, 2)
            both = partial(measured.rebinding, *here)
            yield Cell(f"rebinding {name} {label}", both, partial(asked.rebound, *here))


def _steps() -> Iterator[Cell]:
    for name in ("delta", "gated_delta", "momentum"):
        for label in ISOTROPIC:
            here = (R[name](beta=0.2), parse_keys(label), D, TEACHERS[0], 5, 3, 2)
            both = partial(measured.steps, *here)
            yield Cell(f"steps {name} {label}", both, partial(asked.steps, *here))
