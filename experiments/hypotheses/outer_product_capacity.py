"""How many values an outer-product memory picks out of all that it stores."""

import numpy as np
import pandas as pd

from experiments.curves import crossing, exponent, rows
from experiments.expected import by_laws
from experiments.hypothesis import Hypothesis
from experiments.sweep import Grid

RECALLED = 0.5  # share of stored pairs whose value wins among all stored values
DIMS = {"quick": (16, 32, 64), "paper": (32, 64, 128)}
TRIALS = {"quick": 4, "paper": 16}
# N log N in units of d^2: finite memories pass half of their pairs between these (Barnfield, Kim,
# Nichani, Lee, Lu 2026 prove the scale)
SCALES = (0.35, 0.5, 0.7, 1.0)


def items_at(scale: float, d: int) -> float:
    """N with N log N = scale d^2, by Newton's method from below."""
    items = 2.0 + scale * d
    for _ in range(50):
        items -= (items * np.log(items) - scale * d**2) / (np.log(items) + 1)
    return float(items)


def grids(preset: str) -> tuple[Grid, ...]:
    """Square memories, at loads around half recall."""
    return tuple(
        Grid(
            rules={"hebbian": ({},)},
            loads=tuple(items_at(scale, d) / d for scale in SCALES),
            trials=TRIALS[preset],
            dims=((d, d),),
            probe="accuracy",
        )
        for d in DIMS[preset]
    )


def growth(frame: pd.DataFrame) -> float:
    """Exponent x of N* log N* ~ d^x."""
    dims, sizes = sorted(set(frame["d_k"])), []
    for d in dims:
        at = rows(frame, d_k=d)
        items = crossing(at["items"], at["accuracy"], RECALLED)
        sizes.append(items * np.log(items))
    return exponent(dims, sizes)


HYPOTHESIS = Hypothesis(
    name="outer_product_capacity",
    question="limits",
    statement="The number of values that an outer-product memory picks out of all that it stores "
    "grows as d^2/log.",
    effect="exponent x of N* log N* ~ d^x, N* pairs of which half are recalled",
    grids=grids,
    statistic=growth,
    prediction=lambda preset: by_laws(grids(preset), growth, low=1.8, high=2.2),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.035, "paper": 0.02},
    minimal=0.1,
)
