"""The committed error map of momentum chunks: complete, below rounding's own growth, true today."""

import json
import math
from pathlib import Path

import pytest
import torch

from benchmarks import momentum

RESULT = Path(momentum.__file__).parent / "results" / "momentum.json"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_cell_of_the_map_is_beyond_rounding(dtype: torch.dtype) -> None:
    """Rounding adds up like sqrt(N) eps; more than half of the float32 map is where quotients of
    running products would have no digit left."""
    found = json.loads(RESULT.read_text())
    assert (found["mu"], found["chunk"]) == (list(momentum.MOMENTA), list(momentum.CHUNKS))
    cells = [x for row in found[str(dtype).removeprefix("torch.")] for x in row]
    assert len(cells) == len(momentum.MOMENTA) * len(momentum.CHUNKS)
    allowed = 10 * math.sqrt(momentum.ITEMS) * torch.finfo(dtype).eps
    assert max(cells) < allowed
    lost = [x for row in found["quotients_lose_all_digits_of_float32"] for x in row]
    assert sum(lost) > len(lost) / 2


@pytest.mark.parametrize(("mu", "chunk"), [(0.3, 64), (0.99, 256)])
def test_the_map_is_what_the_code_gives(mu: float, chunk: int) -> None:
    found = json.loads(RESULT.read_text())
    row, column = found["mu"].index(mu), found["chunk"].index(chunk)
    committed = found["float32"][row][column]
    now = momentum.error(mu, torch.float32, chunk)
    assert committed / 3 < now < 3 * committed
