r"""Declared factors read as functions of the radius: A = a(r) I + c(r) u u^T, the write along u.

Isotropic laws need a factor's action along and across the direction u of its key k = r u, at the
nodes of the law of r. They are read off the declared coefficients at r e_1.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from capacity.affine import AffineRule
from capacity.keys import Keys
from capacity.rule import Token

Array = NDArray[Any]  # floats, or objects when a proof evaluates the maps on symbols


class RadialStep(NamedTuple):
    """One factor for keys of radius r in the direction u: across u, along u, and the write along u.

    Arrays carry a leading axis over the nodes of the law of r.
    """

    across: Array  # (nodes, blocks, blocks)
    along: Array  # (nodes, blocks, blocks)
    write: Array  # (nodes, blocks)


def read_steps(rule: AffineRule, d: int, radius: float) -> list[RadialStep]:
    """The declared factors of one period at keys ``radius * e_1``, without a node axis."""
    keys = torch.zeros(rule.pairs, d, dtype=torch.float64)
    keys[:, 0] = radius
    return [_radial(A, B, rule.blocks) for A, B in _dense_steps(rule, keys)]


def _dense_steps(rule: AffineRule, keys: torch.Tensor) -> list[tuple[Array, Array]]:
    """(A, B) of each factor of one period, all its tokens carrying ``keys``."""
    none = keys.new_zeros(len(keys), 0)
    eye = torch.eye(keys.shape[1], dtype=keys.dtype)
    found = []
    for index in range(rule.period):
        for step in rule.steps(Token(keys, none, torch.tensor(index))):
            gate = step.decay
            gates = torch.kron(gate, eye) if gate.ndim == 2 else eye * gate
            found.append(((gates - step.left @ step.right.T).numpy(), step.write.numpy()))
    return found


def _radial(A: Array, B: Array, blocks: int) -> RadialStep:
    """Entries along and across the first axis, block by block."""
    d = len(A) // blocks
    other = min(1, d - 1)  # in one dimension there is no direction across the key
    by_block = A.reshape(blocks, d, blocks, d)
    return RadialStep(by_block[:, other, :, other], by_block[:, 0, :, 0], B[::d, 0])


def is_isotropic(rule: AffineRule, d: int) -> bool:
    """Whether each factor is a(r) I + c(r) u u^T with one write along u, whatever the direction."""
    size = int(d)  # a proof's d is exact
    generic = torch.arange(1.0, 1 + rule.pairs * size, dtype=torch.float64).cos()
    keys = generic.reshape(rule.pairs, size)  # in general position, with no random number
    steps = _dense_steps(rule, keys)
    along_axis = [read_steps(rule, d, float(torch.linalg.norm(key))) for key in keys]
    for i, (A, B) in enumerate(steps):
        if B.shape[1] != 1:
            return False
        key = keys[i % rule.pairs].numpy()
        r = float(np.linalg.norm(key))
        u = key / r
        across, along, write = along_axis[i % rule.pairs][i]
        expected = np.kron(across, np.eye(d)) + np.kron(along - across, np.outer(u, u))
        if not np.allclose(A, expected, rtol=0, atol=1e-12 * max(1.0, r**4)):
            return False
        if not np.allclose(B[:, 0], np.kron(write, u), rtol=0, atol=1e-12 * max(1.0, r**4)):
            return False
    return True


def _reading_dimension(rule: AffineRule, d: int, enough: int = 8) -> int:
    """Where coefficients are read: in d dimensions if they hold arrays, else in as few as do."""
    return d if any(np.ndim(x) for x in rule.values().values()) else min(d, enough)


class Cycle(NamedTuple):
    """The factors of one period at the nodes of the law of r = |k|, and the nodes' weights."""

    steps: list[RadialStep]
    nodes: Array
    weights: Array

    def mean(self, x: Array) -> Array:
        """Average over the radius: the leading axis is reduced."""
        return np.tensordot(self.weights, x, (0, 0))


def radial_cycle(rule: AffineRule, keys: Keys, d: int) -> Cycle | None:
    """The declared factors on isotropic iid keys; None where the rule or the keys are not."""
    radii = keys.radii(d)
    size = _reading_dimension(rule, d)
    if radii is None or not is_isotropic(rule, size):
        return None
    cycle = Cycle(_steps_at(rule, size, radii[0]), *radii)
    if all(_is_polynomial(step, cycle.nodes) for step in cycle.steps):
        return cycle
    nodes, weights = keys.fine_radii(d) or radii
    return Cycle(_steps_at(rule, size, nodes), nodes, weights)


def _steps_at(rule: AffineRule, d: int, nodes: Array) -> list[RadialStep]:
    """The factors of one period, each with a leading axis over the radii."""
    at_nodes = [read_steps(rule, d, float(r)) for r in nodes]
    return [
        RadialStep(*(np.stack(parts) for parts in zip(*steps, strict=True)))
        for steps in zip(*at_nodes, strict=True)
    ]


def _is_polynomial(step: RadialStep, nodes: Array, degree: int = 4) -> bool:
    """Whether a factor is a polynomial in r, for which few nodes are exact."""
    columns = np.concatenate([part.reshape(len(nodes), -1) for part in step], axis=1)
    powers = np.vander(nodes / nodes.max(), degree + 1)
    fitted = powers @ np.linalg.lstsq(powers, columns, rcond=None)[0]
    return bool(np.abs(fitted - columns).max() <= 1e-10 * max(1.0, np.abs(columns).max()))
