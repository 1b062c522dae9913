"""The best gate of a decayed Hebbian memory whose teacher drifts."""

import math

import pandas as pd

from experiments.curves import exponent, lowest, parameter, rows
from experiments.expected import by_laws
from experiments.hypothesis import Hypothesis
from experiments.sweep import Grid

SIGNAL = 0.7
DIMS = {"quick": (8, 4), "paper": (32, 8)}
TRIALS = {"quick": 96, "paper": 100}
DRIFTS = {"quick": (0.064, 0.016, 0.004), "paper": (0.016, 0.004, 0.001)}
FACTORS = (0.35, 0.6, 1.0, 1.7, 2.9)  # of the rate 1 - gamma that theory calls best


def best_rate(d: int, drift: float) -> float:
    """1 - gamma of the least future error at the best output gain, d -> infinity.

    d (1 - gamma) = sqrt(T (T + 2 r)) with T = d drift/2 and signal fraction r.
    """
    T = d * drift / 2
    return math.sqrt(T * (T + 2 * SIGNAL)) / d


def grids(preset: str) -> tuple[Grid, ...]:
    """Rates around the best one at each drift, on streams of four of its memory times."""
    d, d_v = DIMS[preset]
    return tuple(
        Grid(
            rules={"decay": tuple({"gamma": round(1 - x * rate, 6)} for x in FACTORS)},
            loads=(4 / rate / d,),
            trials=TRIALS[preset],
            dims=((d, d_v),),
            values=(f"teacher:signal={SIGNAL},drift={drift}",),
            probe="future",
        )
        for drift in DRIFTS[preset]
        for rate in [best_rate(d, drift)]
    )


def power_of_drift(frame: pd.DataFrame) -> float:
    """Slope of the log of the best rate on the log of the drift; NaN where no rate is best."""
    drifts, rates = [], []
    for values in sorted(set(frame["values"])):
        at = rows(frame, values=values)
        error = 1 - at["alignment"] ** 2 / at["power"]
        drifts.append(float(values.rpartition("=")[2]))
        rates.append(lowest(1 - parameter(at, "gamma"), error)[0])
    return exponent(drifts, rates)


HYPOTHESIS = Hypothesis(
    name="drift_gate",
    question="Q1",
    statement="Under a drifting teacher one gate is best, and its rate 1 - gamma grows as the "
    "square root of the drift.",
    effect="power of the drift rate in the best 1 - gamma, at the best output gain",
    grids=grids,
    statistic=power_of_drift,
    prediction=lambda preset: by_laws(grids(preset), power_of_drift, low=0.4, high=0.6),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.045, "paper": 0.02},
    minimal=0.08,
)
