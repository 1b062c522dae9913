"""Whether heads, which regularise by removing parameters, help on future pairs at low loads."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from capacity.recall import Status
from experiments.expected import expected
from experiments.hypothesis import Hypothesis, Prediction
from experiments.passes import Pass
from experiments.sweep import Grid, Settings

SIGNAL = 0.7
HEADS = 4
DIM = {"quick": 32, "paper": 64}
TRIALS = {"quick": 32, "paper": 200}
LOADS = (1 / 8, 3 / 8, 1 / 2)  # not d_k/4, where each of 4 heads has its own pole
RULES: dict[str, tuple[Settings, ...]] = {
    "hebbian": ({},),
    "delta": ({"beta": 0.5}, {"beta": 1.0}),
    "mesa": ({"lam": 0.0}, {"lam": round((1 - SIGNAL) / SIGNAL, 6)}),
}


def grids(
    preset: str, rules: dict[str, tuple[Settings, ...]] = RULES, loads: tuple[float, ...] = LOADS
) -> tuple[Grid, ...]:
    """Rules with one head and with several, on the same streams of a fixed linear teacher."""
    d = DIM[preset]
    return (
        Grid(
            rules=rules,
            loads=loads,
            trials=TRIALS[preset],
            dims=((d, d),),
            values=(f"teacher:signal={SIGNAL}",),
            wrappers=({}, {"heads": str(HEADS)}),
            probe="future",
        ),
    )


def largest_gain(frame: pd.DataFrame, *, at_best_gain: bool = True) -> float:
    """Error with one head less that with several, of the rule and load where it is largest."""
    best = 1 - frame["alignment"] ** 2 / frame["power"]
    table = frame.assign(judged=best if at_best_gain else frame["error"]).pivot_table(
        index=["rule", "parameters", "items"], columns="wrappers", values="judged"
    )
    single, several = sorted(table.columns, key=len)
    return float((table[single] - table[several]).max())


def lone_head(work: Pass) -> Pass:
    """A head as a memory of its own: the other slices of its keys add to the noise of its values.

    Each head has 1/h of the dimensions and sees 1/h of the teacher's signal.
    """
    return replace(
        work,
        d_k=work.d_k // HEADS,
        d_v=work.d_v // HEADS,
        values=f"teacher:signal={SIGNAL / HEADS}",
        wrappers="{}",
    )


def predicted(
    works: tuple[Grid, ...], statistic: Callable[[pd.DataFrame], float] = largest_gain
) -> Prediction:
    """From the law of one head; asymptotic in d/h, for it takes slices to have norm 1/sqrt(h)."""
    frames = []
    for work in (p for grid in works for p in grid.passes("cpu", None)):
        found = expected(work if work.wrappers == "{}" else lone_head(work))
        if found is None:
            return Prediction(0.0, float("inf"))
        frames.append(found[0].assign(wrappers=work.wrappers))
    return Prediction(0.0, float("inf"), statistic(pd.concat(frames)), Status.ASYMPTOTIC)


HYPOTHESIS = Hypothesis(
    name="heads_future",
    question="Q1",
    statement="More heads at fixed d lower the error on future pairs of a linear teacher below a "
    "critical load.",
    effect="error with 1 head less that with 4, at the best gain, of the rule and load N <= d_k/2 "
    "where heads gain most",
    grids=grids,
    statistic=largest_gain,
    prediction=lambda preset: predicted(grids(preset)),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.005, "paper": 0.0014},
    minimal=0.02,
)
