"""The longest horizon that a decayed Hebbian memory can be tuned to."""

import math

import numpy as np
import pandas as pd

from experiments.curves import lowest, parameter, reach, rows
from experiments.expected import by_laws
from experiments.hypothesis import Hypothesis
from experiments.sweep import Grid

SNR = 1.0
DIM = {"quick": 32, "paper": 128}
TRIALS = {"quick": 120, "paper": 200}
FACTORS = (0.4, 0.63, 1.0, 1.6, 2.5)  # of the gate 1 - gamma^2 = e theta/d


def gates(d: int) -> tuple[float, ...]:
    """gamma around the one that theory calls best."""
    return tuple(round(math.sqrt(1 - x * math.e * SNR / d), 6) for x in FACTORS)


def grids(preset: str) -> tuple[Grid, ...]:
    """One load, long enough for every gate to have forgotten its beginning."""
    d = DIM[preset]
    return (
        Grid(
            rules={"decay": tuple({"gamma": gamma} for gamma in gates(d))},
            loads=(3.0,),
            trials=TRIALS[preset],
            dims=((d, d),),
        ),
    )


def longest(frame: pd.DataFrame) -> float:
    """Highest point of the parabola through horizon against gate, times e theta/d."""
    d, ages = int(frame["d_k"].iloc[0]), frame[frame["age"].notna()]
    gammas = np.array(sorted(parameter(ages, "gamma").unique()))
    found = []
    for gamma in gammas:
        at = rows(ages, gamma=gamma)
        signal2 = at["signal"] ** 2
        found.append(reach(at["age"], signal2 / (at["power"] - signal2), SNR))
    return -lowest(1 - gammas**2, -np.array(found))[1] * math.e * SNR / d


HYPOTHESIS = Hypothesis(
    name="decay_horizon",
    question="limits",
    statement="The longest horizon of a decayed Hebbian memory at signal-to-noise ratio theta is "
    "d/(e theta).",
    effect="longest horizon over gates at theta = 1, in units of d/(e theta)",
    grids=grids,
    statistic=longest,
    prediction=lambda preset: by_laws(grids(preset), longest, low=0.9, high=1.1),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.033, "paper": 0.005},
    minimal=0.05,
)
