"""Identities that parts of laws satisfy exactly, known from elsewhere: no streams, no errors.

They see slips that cost less than a probe resolves: nodes of a quadrature, ends of a sum, an
exponent that is off by one among several pairs.
"""

import numpy as np
import torch
from torch import Tensor

from capacity import (
    additive,
    omega_law,
    radial,
    ratio_law,
    recall,
    ridge_law,
    schedule,
    taught_ridge,
)
from capacity.affine import AffineState, Step
from capacity.discover import rules
from capacity.keys import Gaussian, Sphere
from capacity.rule import Dims, Token
from capacity.rules.delta_product import DeltaProduct
from capacity.schedule import at_token
from capacity.values import Values
from tests.mutations.identity import Identity
from tests.mutations.kernels import KERNELS, D
from tests.mutations.measured import Array, Numbers

R = rules()


def _recalled(found: recall.Recall | None) -> Numbers:
    assert found is not None
    return {"signal": found.signal, "power": found.power}


def _delta() -> Numbers:
    """The delta rule's own law on Gaussian keys."""
    law = R["delta"](beta=0.5).law(Gaussian(), Dims(D, D))
    assert law is not None
    return _recalled(law.recall(6))


def _window_of_one() -> Numbers:
    law = omega_law.omega_law((0.5,), Gaussian(), D)
    assert law is not None
    return _recalled(law.recall(6))


def _ratio(factor: float) -> Numbers:
    """A normalised read does not see a factor of its kernel."""
    law = ratio_law.ratio_law(lambda x: factor * x**2, Sphere(), D)
    return _recalled(law.recall(6) if law else None)


RATE, LOG_M = 0.1, 60.0  # a nearly interpolating ridge: ages count up to log m/rate and beyond


def _fading() -> Numbers:
    f = 1 / (1 + np.exp(RATE * np.arange(4000) - LOG_M))
    return {"sum": f.sum(), "squares": (f**2).sum()}


def _fading_by_law() -> Numbers:
    found = ridge_law.decayed_sums(float(np.exp(-RATE)), np.inf, LOG_M)
    return dict(zip(("sum", "squares"), found, strict=True))


DRIFT = Values(0.7, 0.1)


def _ridge() -> taught_ridge.TaughtRidgeLaw:
    return taught_ridge.TaughtRidgeLaw(0.3, 0.9, D, DRIFT)


def _lags(n: int) -> Array:
    """theta^|i - j|."""
    return DRIFT.theta ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))


def _paths() -> Numbers:
    """Sums over pairs of ages, pair by pair; the error at a stored key by leaving it out."""
    law = _ridge()
    f, _ = law._weights(6, 6)
    others = (_lags(6) - np.eye(6)) @ f
    future, rho2 = law.future(6), DRIFT.signal
    unseen = 1 - 2 * rho2 / D * others + future.power[5]
    path = rho2 / D**2 * (f @ _lags(6) @ f)
    return {"sums": others, "path": path, "stored": (1 - f) ** 2 * unseen, "count": 6}


def _paths_by_law() -> Numbers:
    law = _ridge()
    sums, future = taught_ridge.correlated_sums(DRIFT.theta, law._weights(6, 6)[0]), law.future(6)
    found = {"sums": sums, "path": future.mean_power[5], "stored": law.stored(6).mse}
    return {**found, "count": len(future.power)}


def _late() -> Numbers:
    """What an endless stream comes to, after 400 pairs."""
    found = _ridge().future(400)
    return {name: getattr(found, name)[-1] for name in ("alignment", "power", "mean_power")}


def _endless_ridge() -> Numbers:
    found = _ridge().steady()
    assert found is not None
    return {name: getattr(found, name) for name in ("alignment", "power", "mean_power")}


def _own_of_all() -> Numbers:
    """All pairs of a ridge without decay are alike."""
    found = ridge_law.RidgeLaw(0.3, 1.0, np.full(D, 1 / D)).one(6).own_power
    assert found is not None
    return {"own": np.full(6, found)}


def _own_of_all_by_law() -> Numbers:
    found = ridge_law.RidgeLaw(0.3, 1.0, np.full(D, 1 / D)).recall(6).own_power
    assert found is not None
    return {"own": found}


def _on_the_line() -> Numbers:
    """The delta rule's factor at a key of one dimension."""
    return {"along": 0.7, "write": 0.3}


def _on_the_line_by_reading() -> Numbers:
    cycle = radial.radial_cycle(R["delta"](beta=0.3), Sphere(), 1)
    assert cycle is not None
    (step,) = cycle.steps
    return {"along": step.along.item(), "write": step.write.item()}


def _additive() -> additive.AdditiveLaw:
    weights = schedule.Weights.of(0.5, 1.0)
    return additive.AdditiveLaw(weights, additive.Moments(1.0, 1.5, 0.25), Sphere(), D)


GAINS, DECAYS = (0.9, 0.8, 0.7), (0.5, 0.6, 0.9)  # of a period of three


def _left() -> Numbers:
    """Gains times the decays that came later, pair by pair: of five pairs, of whole periods."""

    def left(last: int, ages: int) -> Array:
        writers = [last - 1 - age for age in range(ages)]
        later = [[t % 3 for t in range(i + 1, last)] for i in writers]
        return np.array(
            [
                GAINS[i % 3] * np.prod([DECAYS[t] for t in ts])
                for i, ts in zip(writers, later, strict=True)
            ]
        )

    return {"five": left(5, 5), "endless": left(300, 5)}


def _left_by_law() -> Numbers:
    weights = schedule.Weights.of(GAINS, DECAYS)
    return {"five": weights.by_age(5), "endless": weights.lifelong(5)}


class Turning(DeltaProduct):
    """Two pairs a token and gates of period three."""

    period = 3

    def coefficients(self, token: Token) -> Step | tuple[Step, ...]:
        """The first factor's gate goes with the token."""
        first, *rest = super().coefficients(token)  # type: ignore[misc]
        gate = at_token((0.9, 0.5, 0.7), token)
        return (first._replace(decay=gate * first.decay), *rest)


class Abreast(DeltaProduct):
    """Two pairs a token, written in one step."""

    def coefficients(self, token: Token) -> Step:
        """Both corrected at once."""
        write = self.beta * token.k
        return Step(decay=self.alpha, left=self.alpha * write, right=token.k, write=write)


def _stream(items: int) -> tuple[Tensor, Tensor]:
    x = torch.arange(1.0, 1 + 2 * items * D, dtype=torch.float64).cos().view(2, 1, items, D)
    return x[0], x[1]


def _in_parts() -> Numbers:
    """Three pairs, two of them a token: token by token, and what each checkpoint holds."""
    rule, (k, v) = Turning(alpha=0.9, beta=0.3, n_h=2), _stream(3)
    first = rule.write_stream(_empty(rule, k), k[:, :2], v[:, :2])
    both = rule.write_stream(first, k[:, 2:], v[:, 2:], start=2)
    found, (k, v) = {"whole": both.S.numpy()}, _stream(6)
    for name, each in CHECKED.items():
        for n in (2, 6):
            at = each.write_stream(_empty(each, k), k[:, :n], v[:, :n])
            found[f"{name} {n}"] = at.S.numpy()
    return found


def _at_once() -> Numbers:
    rule, (k, v) = Turning(alpha=0.9, beta=0.3, n_h=2), _stream(3)
    whole = rule.write_stream(_empty(rule, k), k, v)
    found, (k, v) = {"whole": whole.S.numpy()}, _stream(6)
    for name, each in CHECKED.items():
        reached = each.write_through(_empty(each, k), k, v, (2, 6))
        found |= {f"{name} {n}": at.S.numpy() for n, at in zip((2, 6), reached, strict=True)}
    return found


CHECKED = {
    "one by one": DeltaProduct(alpha=0.9, beta=0.3, n_h=2),
    "abreast": Abreast(alpha=0.9, beta=0.3, n_h=2),
}


def _empty(rule: DeltaProduct, keys: Tensor) -> AffineState:
    state: AffineState = rule.init(Dims(D, D, keys.shape[1]), (1,), dtype=keys.dtype)
    return state


S, P = np.array([0.8, 0.5]), np.array([1.1, 0.9])


def _accuracy(own: Array | None) -> Numbers:
    """Where an own power is not known, the own signal is taken not to vary."""
    return {"accuracy": recall.Recall(S, P, own_power=own).accuracy(8, 16)}


IDENTITIES = (
    *KERNELS,
    Identity("window of one", _delta, _window_of_one),
    Identity("factor of a kernel", lambda: _ratio(1.0), lambda: _ratio(0.5)),
    Identity("fading sums", _fading, _fading_by_law),
    Identity("sums over pairs of ages", _paths, _paths_by_law),
    Identity("endless ridge", _late, _endless_ridge),
    Identity("own power of a ridge", _own_of_all, _own_of_all_by_law),
    Identity("reading on the line", _on_the_line, _on_the_line_by_reading),
    Identity(
        "one of many alike",
        lambda: {x: y[:1] for x, y in _recalled(_additive().recall(6)).items()},
        lambda: _recalled(_additive().one(6)),
    ),
    Identity("weights of three gates", _left, _left_by_law),
    Identity("a stream in parts", _in_parts, _at_once),
    Identity("accuracy without own power", lambda: _accuracy(S**2), lambda: _accuracy(None)),
)
