"""Whether a memory reads linearly: then the rank of its read-out bounds what it can recall."""

import numpy as np
import torch

from capacity.rule import Dims, Rule

PAIRS = 8


def linear_features(rule: Rule, dims: Dims) -> int | None:
    """d_k if o(x + y) = o(x) + o(y) for stored keys x and other queries y, else None.

    Told by running the rule on pairs drawn here, so that it holds for a user's own rule as well.
    The y are of many lengths: what is flat near zero is not taken as linear.
    """
    rng = np.random.default_rng(0)
    k, v, y = (
        torch.from_numpy(rng.standard_normal((1, PAIRS, d))) for d in (dims.d_k, dims.d_v, dims.d_k)
    )
    k, lengths = k / k.norm(dim=2, keepdim=True), torch.from_numpy(np.geomspace(0.1, 10, PAIRS))
    y = y * lengths[:, None]
    room = Dims(dims.d_k, dims.d_v, PAIRS)
    empty = rule.init(room, (1,), torch.Generator().manual_seed(0))
    state = rule.write_stream(empty, k, v)
    whole = rule.read_stream(state, k + y)
    apart = rule.read_stream(state, k) + rule.read_stream(state, y)
    scale = float(apart.abs().max())
    return dims.d_k if float((whole - apart).abs().max()) <= 1e-9 * scale else None
