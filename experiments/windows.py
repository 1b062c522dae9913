"""Keys and values of one attention head, cut into windows at whose start the memory is empty."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from capacity.arrays import check_matrix, read_arrays
from capacity.errors import InputError

WINDOW = 256  # tokens


@dataclass(frozen=True)
class Head:
    """Keys (windows, tokens, d_k) and values (windows, tokens, d_v) as they came; values may lack.

    layer and head count from 0; None where the source does not say.
    """

    source: str
    keys: Tensor
    values: Tensor | None = None
    layer: int | None = None
    head: int | None = None

    @property
    def label(self) -> str:
        """Source and place, for messages."""
        place = "" if self.layer is None else f" layer {self.layer} head {self.head}"
        return f"{self.source}{place}"


def cut(rows: Tensor, window: int, limit: int | None = None) -> Tensor:
    """Whole windows (windows, window, ...) of rows (tokens, ...); the last, partial one is dropped.

    ``limit`` keeps so many, evenly spaced. Raises :class:`InputError` for a window below 2 tokens
    or longer than the rows, and a limit below 1.
    """
    if not 2 <= window <= len(rows):
        raise InputError(
            f"A window needs between 2 and {len(rows)} tokens (all there are), got {window}."
        )
    if limit is not None and limit < 1:
        raise InputError(f"The number of windows must be a positive integer, got {limit}.")
    count = len(rows) // window
    whole = rows[: count * window].reshape(count, window, *rows.shape[1:])
    kept = min(count, limit or count)
    return whole[torch.arange(kept) * count // kept]


def unit_norm(keys: Tensor, label: str) -> Tensor:
    """Keys divided by their norms, nothing subtracted."""
    largest = keys.abs().amax(dim=-1, keepdim=True)
    if (largest == 0).any():
        raise InputError(f"The keys of {label} hold a zero vector, which has no direction.")
    scaled = keys / largest  # squares neither overflow nor vanish
    directions: Tensor = scaled / scaled.norm(dim=-1, keepdim=True)
    return directions


def standardise(values: Tensor, label: str) -> Tensor:
    """Values minus their mean over all tokens, scaled so that the mean of |v|^2 is 1."""
    centred = values - values.mean(dim=(0, 1))
    power = centred.square().sum(dim=-1).mean()
    if power <= 1e-12 * values.square().sum(dim=-1).mean():
        raise InputError(f"The values of {label} are all alike: nothing is left to recall.")
    unit: Tensor = centred / power.sqrt()
    return unit


def read_head(path: Path, window: int = WINDOW, limit: int | None = None) -> Head:
    """The head of a user's file: ``keys`` (tokens, d_k) and, optionally, ``values`` (tokens, d_v).

    At most ``limit`` windows, evenly spaced; float64. .npz and .safetensors name their arrays; a
    .npy holds keys alone. Raises :class:`InputError` as :func:`capacity.arrays.read_arrays` does,
    and for axes or lengths that do not fit.
    """
    arrays = read_arrays(path, ("keys", "values"), only=True)
    for name, array in arrays.items():
        check_matrix(path, name, array)
    tokens = {name: len(array) for name, array in arrays.items()}
    if len(set(tokens.values())) > 1:
        raise InputError(
            f"{path} holds {tokens['keys']} keys but {tokens['values']} values; "
            "each token needs one of each."
        )
    cuts = {name: cut(torch.from_numpy(array), window, limit) for name, array in arrays.items()}
    return Head(path.name, cuts["keys"], cuts.get("values"))
