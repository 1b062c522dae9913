"""Pairs for schematics: one stream of unit keys and white values, a function of its seed alone."""

import torch
from torch import Tensor

from capacity.counter_random import Draws
from capacity.keys import Sphere


def pairs(d_k: int, d_v: int, items: int, seed: int) -> tuple[Tensor, Tensor]:
    """Keys (items, d_k) uniform on the sphere and values (items, d_v), N(0, I/d_v)."""
    stream = torch.tensor([seed])
    keys = Sphere().sample(Draws(0, stream), d_k, items)[0]
    values = Draws(1, stream).normal(items, d_v)[0] / d_v**0.5
    return keys, values
