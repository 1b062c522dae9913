"""Whether a larger state means better recall."""

from itertools import combinations

import pandas as pd

from capacity.discover import rules
from capacity.rule import Dims
from experiments.curves import rows
from experiments.expected import by_laws
from experiments.hypothesis import Hypothesis
from experiments.sweep import Grid, Settings

DIM = {"quick": 16, "paper": 32}
TRIALS = {"quick": 24, "paper": 100}
LOAD = 2.0


def grids(preset: str) -> tuple[Grid, ...]:
    """Every rule that ships at its defaults, at one load."""
    d = DIM[preset]
    every: dict[str, tuple[Settings, ...]] = {name: ({},) for name in rules()}
    return (Grid(rules=every, loads=(LOAD,), trials=TRIALS[preset], dims=((d, d),)),)


def discordant(frame: pd.DataFrame) -> float:
    """Share of pairs of rules, of unlike state size, in which the larger state recalls worse.

    Recall is judged after the best output gain, so that no rule loses by its scale.
    """
    means, known = rows(frame, mean=True), rules()
    cells = [
        (
            known[at["rule"]]().state_scalars(Dims(at["d_k"], at["d_v"], at["items"]), at["items"]),
            at["signal"] ** 2 / at["power"] if at["power"] > 0 else 0.0,
        )
        for _, at in means.iterrows()
    ]
    unlike = [(one, two) for one, two in combinations(cells, 2) if one[0] != two[0]]
    worse = sum((one[0] - two[0]) * (one[1] - two[1]) < 0 for one, two in unlike)
    return float(worse) / len(unlike)


HYPOTHESIS = Hypothesis(
    name="state_size",
    question="Q1",
    statement="State size alone does not order rules by their recall.",
    effect="share of pairs of shipped rules at their defaults in which the larger state recalls "
    "worse, at N = 2 d_k",
    grids=grids,
    statistic=discordant,
    prediction=lambda preset: by_laws(grids(preset), discordant, low=0.1, high=float("inf")),
    replicates={"quick": 4, "paper": 4},
    spread={"quick": 0.004, "paper": 0.0036},
    minimal=0.1,
)
