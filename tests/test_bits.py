"""Bits per scalar are N I / state, below the bound by rank where a memory reads linearly."""

import pandas as pd
import pytest

from capacity.bounds import rank_bound
from capacity.discover import rules
from capacity.rule import Dims
from capacity.threshold import Criterion
from experiments.sweep import Grid
from paper_figures.capacities import Asked, capacities
from paper_figures.discover import figures
from paper_figures.figures.bits import largest
from paper_figures.linearity import linear_features
from tests.test_capacities import DIMS, HALF, LOADS, export


@pytest.fixture(scope="module")
def directions() -> pd.DataFrame:
    chosen = {name: ({},) for name in ("hebbian", "delta", "mesa", "softmax")}
    return export(Grid(LOADS, 60, chosen, dims=DIMS, probe="cos2"))


@pytest.fixture(scope="module")
def choices() -> pd.DataFrame:
    chosen, options = {"hebbian": ({},), "delta": ({},)}, ({"candidates": 256},)
    return export(Grid(LOADS, 40, chosen, dims=DIMS, probe="accuracy", options=options))


def test_accuracy_is_at_most_asymptotic(choices: pd.DataFrame) -> None:
    asked = Asked(Criterion("accuracy", 0.9, 256), "accuracy", "accuracy_stderr")
    assert set(capacities(choices, asked, (8,))["status"].dropna()) == {"asymptotic"}


def test_bits_are_pairs_times_information_over_state(
    directions: pd.DataFrame, choices: pd.DataFrame
) -> None:
    figure, d = figures()["bits"], 16
    frame = figure.data({"capacity": directions, "accuracy": choices})
    stored = capacities(directions, HALF, (d,))
    stored = stored[(stored["rule"] == "hebbian") & (stored["d_k"] == d)].set_index("kind")
    row = frame[(frame["row"] == "Hebbian") & (frame["panel"] == "direction")].set_index("kind")
    assert row.loc["law", "x"] == pytest.approx(stored.loc["law", "edge"] * (d / 2) / d**2)
    for name, at in {"x": "capacity", "low": "low", "high": "high"}.items():
        assert row.loc["measured", name] == pytest.approx(stored.loc["measured", at] / d / 2)
    # rank: N = 2 d pairs of d/2 bits in d^2 scalars; a ridge memory holds twice the scalars
    assert row.loc["bound", "x"] == pytest.approx(1.0)
    ridge = frame[(frame["row"] == "Mesa") & (frame["kind"] == "bound")]["x"]
    assert ridge.item() == pytest.approx(0.5)
    assert "Softmax attention" not in set(frame.loc[frame["kind"] == "bound", "row"])
    dots = frame[(frame["kind"] == "measured") & (frame["panel"] == "direction")]
    bound = frame[frame["kind"] == "bound"].set_index("row")["x"]
    assert (dots.set_index("row")["low"] <= bound.reindex(dots["row"])).all()
    assert "$I = 8$ bits" in figure.caption(frame)


def test_the_rank_bound_is_inverted() -> None:
    assert largest(16, 0.5) == 32
    assert rank_bound(16, 32) <= 0.5 < rank_bound(16, 33)


def test_linear_read_outs_are_told_by_running_them() -> None:
    dims = Dims(8, 8)
    found = {name for name, rule in rules().items() if linear_features(rule(), dims) is not None}
    assert {"hebbian", "delta", "gla", "momentum", "mesa", "log_linear"} <= found
    assert not found & {"softmax", "sliding_window", "eviction", "mlstm", "hopfield", "ttt_mlp"}
    assert linear_features(rules()["hebbian"](), dims) == 8
