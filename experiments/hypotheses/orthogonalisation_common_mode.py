"""Whether an orthogonalised step protects what is stored when all keys share a direction."""

from functools import partial

from experiments.hypotheses.orthogonalisation import grids, protection
from experiments.hypothesis import Hypothesis, Prediction

HYPOTHESIS = Hypothesis(
    name="orthogonalisation_common_mode",
    question="Q2",
    statement="Orthogonalising the gradient protects stored values where one direction, which "
    "holds half of the power of every key, would overwrite them.",
    effect="mean squared cosine of stored pairs with the orthogonalised step less that with the "
    "plain one, each at its best step, at N = 2 d_k",
    grids=partial(grids, keys="spike:share=0.5"),
    statistic=protection,
    prediction=lambda preset: Prediction(0.0, float("inf")),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.006, "paper": 0.0021},
    minimal=0.01,
)
