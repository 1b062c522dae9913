"""Wrappers and feature maps as they ship, their code run on symbols, as it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import sympy
import torch
from sympy import Matrix
from torch.utils._pytree import tree_map

from capacity import ratio_law
from capacity.additive import Moments, key_moments
from capacity.feature_map import FeatureMap
from capacity.head_keys import head_keys
from capacity.heads_law import HeadsLaw
from capacity.kernel_law import Queries
from capacity.keys import Gaussian, Keys, parse_keys
from capacity.law import Law
from capacity.recall import Recall, Status
from capacity.rule import Dims, Rule, Token
from capacity.schedule import Weights
from capacity.wrapper import Wrapper
from capacity.wrappers import rope
from proofs_check import functions
from proofs_check.exact_code import (
    NOTHING,
    Array,
    Average,
    ExactKeys,
    ExactNumpy,
    Mean,
    angles,
    coordinate,
    exact,
    exact_code,
    exact_keys,
)
from proofs_check.lemmas import GAUSSIAN, SPHERE, Ensemble
from proofs_check.notation import Expr, d
from proofs_check.one_sided import above, quadrant_moment, y, z
from proofs_check.tensors import Exact


class ShippedMap:
    """One feature map, its parameters given as symbols or exact numbers."""

    def __init__(self, feature_map: type[FeatureMap]) -> None:
        self.type = feature_map

    def features(self, k: Expr, swaps: Mapping[str, Any] = NOTHING, **parameters: Expr) -> Expr:
        """phi(k), a column, of a column whose entries have known signs."""
        with exact_code(self.type, **swaps):
            found = self.type.symbolic(**parameters)(Exact(k.T))
        return Matrix(found.entries).T

    def function(self, x: Expr, **parameters: Expr) -> Expr:
        """The scalar function of an elementwise map."""
        with exact_code(self.type):
            return exact(self.type.symbolic(**parameters).function(Exact([x])).entries[0])

    def mean_square(self, **parameters: Expr) -> Expr:
        """E f(z)^2 as an elementwise map declares it."""
        with exact_code(self.type):
            return exact(self.type.symbolic(**parameters).mean_square())

    def kernel(self, overlap: Expr, size: Expr = d, **parameters: Expr) -> Expr:
        """kappa as a function of k . q."""
        with exact_code(self.type):
            kernel = self.type.symbolic(**parameters).kernel(size)
            return exact(kernel(np.array([overlap], dtype=object))[0])

    def kernel_moments(self, keys: Ensemble, **parameters: Expr) -> Expr:
        """E kappa(k, k), E kappa(k, k)^2 and E kappa(k, k')^2 of a map that has a kernel."""
        with exact_code(self.type, sphere_coordinate=coordinate):
            return self._moments(ExactKeys(keys), d, parameters)

    def entry_moments(self, keys: Ensemble, **parameters: Expr) -> Expr:
        """The same of an elementwise map: its means over an entry, or two, are exact."""

        def pair_mean(size: Expr, f: Callable[[Array], Array]) -> Expr:
            one, other = (f(np.array([-x, x])) for x in (z, y))
            return sympy.Add(*(_over_quadrant(x * y) for x in one for y in other))

        swaps = {
            "normal_coordinate": lambda: (np.array([-z, z]), _both_sides(above)),
            "sphere_coordinate": lambda d: (np.array([-z, z]), _both_sides(_over_quadrant)),
            "pair_mean": pair_mean,
        }
        below = sympy.Symbol(
            "below", integer=True, positive=True
        )  # d - 1, in two dimensions or more
        with exact_code(self.type, **swaps):
            found = self._moments(parse_keys(keys.name), 1 + below, parameters)
        return found.subs(below, d - 1)

    def at(self, keys: str, size: Expr, variances: Sequence[Expr] = (), **values: Expr) -> Expr:
        """The same in a dimension that is a number."""
        with exact_code(self.type):
            return self._moments(exact_keys(keys, variances), size, values).subs(d, size)

    def counted_moments(self, keys: Ensemble, size: Expr, **parameters: Expr) -> Expr:
        """The same of a map that counts products of entries, in a dimension that is a number."""
        with exact_code(self.type):
            return self._moments(parse_keys(keys.name), size, parameters)

    def drawn(self, directions: Expr) -> dict[str, Any]:
        """What makes a map of random directions take these, one a row."""
        return {"directions": lambda *_: Exact(directions)}

    def drawn_moments(
        self, size: Expr, directions: Expr, mean: Callable[[Expr, Expr], Expr], **parameters: Expr
    ) -> Expr:
        """The three moments on the sphere; mean(t^2, c) is E e^(t u - c) for one coordinate u."""

        def exponential_mean(_: Expr, t: Array, offset: Expr) -> Array:
            return np.array([mean(exact(sympy.expand(x**2)), exact(offset)) for x in t])

        swaps = self.drawn(directions) | {"np": ExactNumpy(), "exponential_mean": exponential_mean}
        with exact_code(self.type, **swaps):
            return self._moments(parse_keys("sphere"), size, parameters)

    def network(self, first: Expr, second: Expr) -> dict[str, Any]:
        """What makes a map of a random network take these weights."""
        return {"weights": lambda *_: (Exact(first), Exact(second))}

    def network_moments(
        self, keys: str, size: Expr, first: Expr, second: Expr, means: Expr | None = None
    ) -> Expr:
        """The three moments under these weights; ``means`` stands for E relu(a.k) relu(b.k)."""
        swaps = self.network(first, second) | {"np": functions.ExactNumpy()}
        if means is not None:
            swaps["rectified_means"] = lambda *_: np.array(means.tolist(), dtype=object)
        with exact_code(self.type, **swaps):
            sizes = {"features": second.rows, "hidden": second.cols, "seed": 0}
            return self._moments(parse_keys(keys), size, sizes)

    def effective_dimension(self, found: Expr) -> Expr:
        """d_eff as the moments in a column declare it."""
        return Moments(*found).effective_dimension

    def _moments(self, keys: Keys, size: Expr, values: dict[str, Expr]) -> Expr:
        found = self.type.symbolic(**values).moments(keys, size)
        return Matrix([exact(x) for x in found or ()])


def _both_sides(half: Average) -> Mean:
    """The mean over nodes -z and z of what ``half`` averages over z > 0."""
    return Mean(*2 * (lambda at: half(exact(at[0] + at[-1])),))


def _over_quadrant(polynomial: Expr) -> Expr:
    """E over u_1, u_2 > 0 of a polynomial in z = u_1 and y = u_2 with terms of even degree."""
    terms = sympy.Poly(exact(polynomial), z, y).terms()
    return sympy.Add(*(c * quadrant_moment(i, j) for (i, j), c in terms))


class ShippedWrapper:
    """One wrapper around one rule, parameters of both given as symbols or exact numbers."""

    def __init__(self, wrapper: type[Wrapper], inner: Rule, **values: Any) -> None:
        self.type = wrapper
        self.rule = wrapper.symbolic(**values)
        for name in wrapper.__dataclass_fields__.keys() & {"inner", "feature_map"}:
            object.__setattr__(self.rule, name, inner if name == "inner" else values[name])

    @property
    def _types(self) -> list[type]:
        """Of all layers and their feature maps."""
        maps = (getattr(layer, "feature_map", None) for layer in self.rule.layers)
        return [type(x) for x in (*self.rule.layers, *maps) if x is not None]

    def reads(
        self, keys: Expr, values: Expr, queries: Expr, swaps: Mapping[str, Any] = NOTHING
    ) -> Expr:
        """Read-outs (columns) of queries after the pairs (columns) were written one by one."""
        with exact_code(*self._types, **swaps):
            state = self.rule.init(Dims(keys.rows, values.rows, keys.cols))
            state = tree_map(lambda x: Exact(x) if x.is_floating_point() else x, state)
            for t in range(keys.cols):
                pair = Exact(keys[:, t].T), Exact(values[:, t].T)
                state = self.rule.write(state, Token(*pair, torch.tensor(t)))
            state = self.rule.flush(state)
            found = [self.rule.read(state, Exact(queries[:, j].T)[0]) for j in range(queries.cols)]
        return Matrix([x.entries for x in found]).T

    def rotated(self, x: Expr, position: Expr, angle: Expr) -> Expr:
        """A column turned to a position, its plane by ``angle`` each."""
        with exact_code(*self._types, **angles(angle)):
            return Matrix(self.rule.rotate(Exact(x.T), Exact([position])).entries).T

    def law(
        self, keys: str, size: int, weights: tuple[Any, Any], swaps: Mapping[str, Any] = NOTHING
    ) -> Law:
        """The law on an ensemble, inside a memory of these (gains, decays); means are exact."""
        ensemble = exact_keys(keys)
        stand_ins = {
            "pair_weights": lambda rule, dims: Weights.of(*weights),
            "sphere_coordinate": coordinate,
        }
        with exact_code(*self._types, **(stand_ins | dict(swaps))):
            found: Law = self.rule.law(ensemble, Dims(sympy.Integer(size), sympy.Integer(size)))
        return found

    def float_law(self, keys: str, size: int) -> Law:
        """The law as a user gets it."""
        found: Law = self.rule.law(parse_keys(keys), Dims(size, size))
        return found

    def law_of_radii(self, radii: tuple[tuple[float, ...], tuple[float, ...]], size: int) -> Law:
        """The same on isotropic keys of these norms and chances."""

        class Norms(ExactKeys):
            def radii(self, d_k: int) -> tuple[Array, Array]:
                return np.array(radii[0]), np.array(radii[1])

        found: Law = self.rule.law(Norms(SPHERE), Dims(size, size))
        return found

    def weights(self, overlaps: Sequence[Expr], size: int) -> list[Expr]:
        """Weights of pairs at these overlaps, relative to the stored one, in a normalised read."""
        kinds: list[Queries] = []
        nodes = np.array(overlaps, dtype=object)
        stand_ins: dict[str, Any] = {
            "sphere_coordinate": lambda d: (nodes, np.ones(len(nodes), int)),
            "KernelLaw": lambda keys, d, b, found: kinds.extend(found),
            "np": ExactNumpy(),
        }
        with exact_code(*self._types), patch.multiple(ratio_law, **stand_ins):
            self.rule.law(parse_keys("sphere"), Dims(sympy.Integer(size), sympy.Integer(size)))
        return [exact(sympy.exp(x)) for x in kinds[0].log_weight]

    @staticmethod
    def recalled(recall: Recall, *, own: bool = True) -> Expr:
        """Rows (signal, power[, own power]), newest first."""
        columns = [recall.signal, recall.power, *([recall.own_power] if own else [])]
        rows = np.stack([np.array(x, dtype=object) for x in columns], axis=1)
        return Matrix(rows).applyfunc(exact)


def mean_over_heads(moments: Sequence[tuple[Expr, ...]], heads: Expr) -> Expr:
    """Signal, power and own power of independent heads; given one, all are like it."""

    class Known(Law):
        def __init__(self, *found: Expr) -> None:
            self.columns = [np.array([x], dtype=object) for x in found]
            self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}

        def recall(self, items: int) -> Recall:
            signal, power, own = self.columns
            return Recall(signal, power, self.statuses, own)

        def lifelong(self, ages: int) -> None:
            return None

    law = HeadsLaw([Known(*each) for each in moments], heads, independent=True)
    return ShippedWrapper.recalled(law.recall(1))


def head_moments(keys: str, heads: int, size: int) -> Expr:
    """E|k|^2, E|k|^4 and E(k.k')^2 of the keys of one of so many heads that are alike."""
    with patch.object(Gaussian, "radii", lambda _, d_k: ExactKeys(GAUSSIAN).radii(d_k)):
        ensembles = head_keys(parse_keys(keys), heads, size) or ()
        found = [key_moments(each, sympy.Integer(size // heads)) or () for each in ensembles]
    return Matrix([exact(x) for each in found for x in each])


def frequencies(base: Expr, size: int) -> list[Expr]:
    """Angles per position as a rotation declares them."""
    return [exact(x) for x in rope.frequencies(base, size)]
