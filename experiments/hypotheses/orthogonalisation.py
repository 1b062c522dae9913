"""Whether an orthogonalised step protects what is stored, against the same gradient as it is."""

import pandas as pd

from experiments.curves import parameter, rows
from experiments.hypothesis import Hypothesis, Prediction
from experiments.sweep import Grid, Settings

WINDOW = 4
DIM = {"quick": 16, "paper": 32}
TRIALS = {"quick": 48, "paper": 32}
STEPS: dict[str, dict[str, tuple[float, ...]]] = {
    "quick": {"atlas": (0.05, 0.1, 0.2), "omega": (0.05, 0.1, 0.2, 0.4)},
    "paper": {"atlas": (0.02, 0.04, 0.08, 0.16, 0.32), "omega": (0.05, 0.1, 0.2, 0.4, 0.8)},
}


def grids(preset: str, keys: str = "sphere") -> tuple[Grid, ...]:
    """The window's gradient with and without Newton-Schulz, at several steps."""
    d, steps = DIM[preset], STEPS[preset]
    rules: dict[str, tuple[Settings, ...]] = {
        "atlas": tuple({"beta": b, "mu": 0.0, "window": WINDOW} for b in steps["atlas"]),
        "omega": tuple({"beta": b, "window": WINDOW} for b in steps["omega"]),
    }
    return (
        Grid(
            rules=rules,
            loads=(2.0,),
            trials=TRIALS[preset],
            dims=((d, d),),
            keys=(keys,),
        ),
    )


def protection(frame: pd.DataFrame) -> float:
    """Squared cosine of stored pairs with the orthogonalised step less that with the plain one.

    Mean over stored pairs, each rule at its best step.
    """
    ages = frame[frame["age"].notna()]
    best = {}
    for rule in ("atlas", "omega"):
        own = rows(ages, rule=rule)
        cosine = own["signal"] ** 2 / own["power"]
        best[rule] = float(cosine.groupby(parameter(own, "beta")).mean().max())
    return best["atlas"] - best["omega"]


HYPOTHESIS = Hypothesis(
    name="orthogonalisation",
    question="Q2",
    statement="Orthogonalising the gradient protects stored values, on white keys.",
    effect="mean squared cosine of stored pairs with the orthogonalised step less that with the "
    "plain one, each at its best step, at N = 2 d_k",
    grids=grids,
    statistic=protection,
    prediction=lambda preset: Prediction(0.0, float("inf")),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.003, "paper": 0.0008},
    minimal=0.01,
)
