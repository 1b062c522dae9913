"""Memories that write a window of recent pairs at once: the buffer, the window loss, its checks."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.rule import Rule


class WindowRule(Rule):
    """A rule with parameters ``window`` (pairs) and ``weights`` (one number, or one a pair).

    weights[j] belongs to the pair that arrived j steps ago. The buffer holds the window - 1 latest
    pairs, newest first; slots that are still empty are zero keys, which no update notices.
    """

    window: int
    weights: Any
    linear_in_values = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.ndim(self.weights) > 0 and np.shape(self.weights) != (self.window,):
            raise InputError(
                f"{type(self).__name__} needs weights as one number or one for each of "
                f"window = {self.window} pairs, got shape {np.shape(self.weights)}."
            )

    @property
    def pair_weights(self) -> tuple[float, ...]:
        """The weight of each pair of the window, newest first."""
        weights = np.broadcast_to(np.asarray(self.weights), (self.window,))
        return tuple(weights.tolist())

    def buffer(self, size: int, batch: tuple[int, ...], like: dict[str, Any]) -> Tensor:
        """An empty buffer of keys or values."""
        return torch.zeros(*batch, self.window - 1, size, **like)

    def gradient(self, S: Any, keys: Any, values: Any) -> Any:
        """Gradient of :func:`capacity.losses.window_loss` at S; rows of pairs, newest first.

        Written with operators only, so that proofs can evaluate it on symbols.
        """
        total = 0 * S
        for j, weight in enumerate(self.pair_weights):
            k, v = keys[j : j + 1].T, values[j : j + 1].T
            total = total + weight * (S @ k - v) @ k.T
        return total


def shifted(newest: Tensor, held: Tensor) -> Tensor:
    """The whole window: the newest rows, then the held ones."""
    return torch.cat([newest, held], dim=-2)


def windows(held: Tensor, rows: Tensor) -> Tensor:
    """The window at each step of a run: (batch, T, window, size) from (batch, T, size) rows."""
    reach = held.shape[1]
    run = torch.cat([held.flip(1), rows], dim=1)
    return torch.stack([run[:, reach - j : run.shape[1] - j] for j in range(reach + 1)], dim=2)
