r"""Gated linear attention: $S \leftarrow S\,\mathrm{diag}(\alpha_t) + v k^\top$."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from capacity.affine import AffineRule, Step
from capacity.closed import geometric, rank_one_recall
from capacity.errors import InputError
from capacity.gated_law import GatedLaw, square_moments
from capacity.keys import Keys
from capacity.law import Law
from capacity.losses import hebbian_loss
from capacity.parameters import param
from capacity.rule import Dims, Objective, Source, Token
from capacity.schedule import at_token


@dataclass(frozen=True)
class Gla(AffineRule):
    """Hebbian writes into a memory whose channels forget at their own rates.

    alpha is one number, one per channel (d_k,), or one row a token: (T, d_k), or (T, 1) for one
    number a token. Rows repeat with period T. The decay acts before the write. The law is exact on
    sphere, Gaussian, sign, orthonormal and given keys, for all of these shapes. The printed S is
    our transpose (d_k x d_v there); gates enter here as values, not as low-rank functions of the
    input.
    """

    family = "linear"
    title = "Gated linear attention"
    update = r"S \leftarrow S\,\mathrm{diag}(\alpha_t) + v k^\top"
    source = Source("Yang et al. 2024 (GLA)", "arXiv:2312.06635", "section 4.1")

    alpha: Any = param(
        0.95, symbol=r"\alpha_t", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.99, 1.0), array=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.ndim(self.alpha) > 2:
            raise self._misshapen("d_k")

    @property
    def period(self) -> int:
        return len(self.alpha) if np.ndim(self.alpha) == 2 else 1

    def coefficients(self, token: Token) -> Step:
        return Step(decay=self._gate(token), write=token.k)

    def _gate(self, token: Token) -> Any:
        """The gate of one token: a number or (d_k,)."""
        if np.ndim(self.alpha) == 0 or not isinstance(token.keys, torch.Tensor):
            return self.alpha
        return at_token(np.atleast_2d(self.alpha), token)

    def check_channels(self, d_k: int) -> None:
        """Raise :class:`InputError` unless alpha has a gate for each channel."""
        shape = np.shape(self.alpha)
        if shape and shape[-1] != d_k and not (len(shape) == 2 and shape[1] == 1):
            raise self._misshapen(f"d_k = {d_k}")

    def _misshapen(self, d_k: str) -> InputError:
        return InputError(
            f"Gla needs alpha of shape (), (d_k,), (T, 1) or (T, d_k) with {d_k}, "
            f"got shape {np.shape(self.alpha)}."
        )

    def objective(self) -> Objective | None:
        """The Hebbian loss with a weight decay per channel; none where the decay varies in time."""
        if np.ndim(self.alpha) == 2:
            return None
        decay = self.alpha if np.ndim(self.alpha) == 0 else torch.tensor(self.alpha)
        return Objective(r"-\langle S k, v\rangle", hebbian_loss, rate=1.0, decay=decay)

    def closed_form(self, *, d: Any, age: Any, items: Any, m4: Any, m6: Any) -> tuple[Any, Any]:
        """Signal and power for gates that do not vary in time (exact); one number or (d_k,).

        s = mean_c alpha_c^a; p = m4 [(sum alpha^a)^2 + 2 sum alpha^2a]/(d (d + 2))
        + (1/d^2) sum_c (1 + alpha_c^2 + ... + alpha_c^2(N-1) - alpha_c^2a).
        """
        if np.ndim(self.alpha) == 0:
            where = {"d": d, "age": age, "items": items, "m4": m4, "m6": m6}
            return rank_one_recall(decay=self.alpha, removal=0, write=1, **where)
        passed = [alpha**age for alpha in self.alpha]
        squares = sum(g**2 for g in passed)
        pairs = sum(g * h for g in passed for h in passed)
        own = m4 * (pairs + 2 * squares) / (d * (d + 2))
        every = sum(geometric(alpha**2, items) for alpha in self.alpha)
        return sum(passed) / d, own + (every - squares) / d**2

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        self.check_channels(dims.d_k)
        moments = square_moments(keys, dims.d_k)
        if moments is None:
            return super().law(keys, dims)
        rows = np.atleast_2d(np.asarray(self.alpha, dtype=float))
        return GatedLaw(np.broadcast_to(rows, (len(rows), dims.d_k)), keys, moments)
