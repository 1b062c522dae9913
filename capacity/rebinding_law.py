r"""A key written twice: what is left of its first value, of its second, and of all others.

The pair of age ``first`` has value v1; the pair of age ``second`` < ``first`` has the same key and
a value v2 of its own; all other keys are independent. Read at that key at the end,

    o = x1 v1 + x2 v2 + rest,   s1 = E x1,  s2 = E x2,  p = E|o|^2.

By isotropy E[S^T S | k] = x I + y w w^T along the key k = r w. Fresh writes act on (x, y) and on
the mean of S^T v as in :mod:`capacity.taught_affine`; the two writes of the key itself act along
w, with one radius for both. Status: exact for affine rules on isotropic keys, any N, d and ages.
"""

from dataclasses import dataclass

import numpy as np

from capacity.affine import AffineRule
from capacity.errors import InputError
from capacity.isotropic import kron
from capacity.keys import Keys
from capacity.radial import Array, Cycle, RadialStep, radial_cycle
from capacity.taught_affine import TaughtMaps, taught_maps


@dataclass(frozen=True)
class Rebound:
    """Signals s1 and s2 of the first and the second value, and the power p of the read-out."""

    first: float
    second: float
    power: float


class RebindingLaw:
    """Recall of a key that was written twice, for an affine rule on isotropic keys."""

    def __init__(self, cycle: Cycle, d: int) -> None:
        self.cycle, self.d = cycle, d
        self.maps = [taught_maps(step, cycle, d, signal=0) for step in cycle.steps]
        self.blocks = len(self.maps[0].write)

    def rebound(self, items: int, first: int, second: int) -> Rebound:
        """After ``items`` pairs, the key being that of ages ``first`` > ``second`` >= 0."""
        if not 0 <= second < first < items:
            raise InputError(
                f"Rebinding needs 0 <= second < first < items = {items}, got first = {first}, "
                f"second = {second}."
            )
        period, B = len(self.maps), self.blocks
        nodes, dtype = len(self.cycle.nodes), self.maps[0].write.dtype
        z = np.zeros((nodes, 2 * B**2), dtype)
        old, new = np.zeros((2, nodes, B), dtype)
        for t in range(items):
            at = t % period
            if t == items - 1 - first:
                z, old = self._own(z, at), self._written(at)
            elif t == items - 1 - second:
                old = np.einsum("ni,nij->nj", old, self.cycle.steps[at].along)
                z, new = self._own(z, at), self._written(at)
            else:
                z, old, new = self._fresh(self.maps[at], z, old, new)
        r, mean = self.cycle.nodes, self.cycle.mean
        power = mean(r**2 * (z[:, 0] + z[:, B**2]))
        return Rebound(mean(r * old[:, 0]).item(), mean(r * new[:, 0]).item(), power.item())

    def _fresh(
        self, maps: TaughtMaps, z: Array, old: Array, new: Array
    ) -> tuple[Array, Array, Array]:
        z = z @ maps.carry.T
        z[:, : self.blocks**2] += maps.source
        return z, old @ maps.mean, new @ maps.mean

    def _own(self, z: Array, at: int) -> Array:
        """The write of the key itself: across w, and along it with the new value."""
        step: RadialStep = self.cycle.steps[at]
        across, along = (part.transpose(0, 2, 1) for part in (step.across, step.along))
        b = step.write[:, :, None]
        x, y = np.split(z, 2, axis=1)
        whole = np.einsum("nij,nj->ni", kron(along, along), x + y) + kron(b, b)[:, :, 0]
        flat = np.einsum("nij,nj->ni", kron(across, across), x)
        return np.hstack([flat, whole - flat])

    def _written(self, at: int) -> Array:
        """E[S^T v | k] along w of the value just written."""
        return self.cycle.steps[at].write


def rebinding_law(rule: AffineRule, keys: Keys, d: int) -> RebindingLaw | None:
    """The law on isotropic keys; None where the rule or the keys are not isotropic."""
    cycle = radial_cycle(rule, keys, d)
    return None if cycle is None else RebindingLaw(cycle, d)
