"""The figure of cost: its numbers are the laws', its fronts are fronts, its dots are its table."""

import numpy as np
import pandas as pd
import pytest

from capacity import questions
from paper_figures.discover import figures
from paper_figures.figures.pareto import COSTS, GAINS, _front
from paper_figures.style import Style

PARETO = figures()["pareto"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return PARETO.data({})


def test_numbers_are_those_of_the_questions(table: pd.DataFrame) -> None:
    for rule in ("hebbian", "delta", "sliding_window", "log_linear"):
        rows = table[(table["rule"] == rule) & (table["d"] == 64)].set_index("gain")["gained"]
        asked = {"d_k": 64, "criterion": "cos2=0.5"}
        stored = questions.invert(rule, **asked)["capacity"]  # type: ignore[arg-type]
        horizon = questions.horizon(rule, **asked)["horizon"]  # type: ignore[arg-type]
        assert rows["capacity"] == stored
        assert rows["horizon"] == (horizon or 0)


def test_a_cache_is_charged_for_all_it_holds(table: pd.DataFrame) -> None:
    """64 pairs of 64 + 64 numbers of 4 bytes; the state of a matrix does not depend on the gain."""
    rows = table[table["d"] == 64].set_index(["rule", "gain"])["bytes"]
    assert rows["sliding_window", "horizon"] == 64 * 128 * 4
    assert rows["delta", "horizon"] == rows["delta", "capacity"] == 64 * 64 * 4


def test_fronts_are_not_dominated_and_dominate_the_rest(table: pd.DataFrame) -> None:
    for cost in COSTS:
        for _, rows in table[table["gained"] > 0].groupby(["gain", "d"]):
            front = rows[f"front_{cost}"]
            for _, row in rows.iterrows():
                others = rows[(rows[cost] <= row[cost]) & (rows["gained"] >= row["gained"])]
                strictly = (others[cost] < row[cost]) | (others["gained"] > row["gained"])
                assert front[row.name] == (not strictly.any())
            assert front.any()
    slipped = pd.DataFrame({"flops": [1.0, 2.0], "gained": [3.0, 2.0]})
    assert _front(slipped, "flops") == [0]
    equals = pd.DataFrame({"flops": [1.0, 1.0, 2.0], "gained": [3.0, 3.0, 3.0]})
    assert _front(equals, "flops") == [0, 1]


def test_no_load_below_a_capacity_fails(table: pd.DataFrame) -> None:
    """Log-linear attention forgets whole buckets: its curve is a saw, and a coarse search skips."""
    for d in (64, 128):
        rows = table[(table["rule"] == "log_linear") & (table["d"] == d)].set_index("gain")
        asked = {"d_k": d, "d_v": d, "criterion": "cos2=0.5"}
        exact = questions.invert("log_linear", **asked)["capacity"]  # type: ignore[arg-type]
        assert rows["gained"]["capacity"] == exact


@pytest.mark.parametrize("columns", [1, 2])
def test_dots_are_the_table(table: pd.DataFrame, columns: int) -> None:
    style = Style("neurips", columns)
    with style.theme():
        canvas = PARETO.draw(table, style)
    dots = {
        str(line.get_gid()): line
        for ax in canvas.axes
        for line in ax.lines
        if str(line.get_gid()).startswith("law")
    }
    shown = table[table["gained"] > 0]
    assert len(dots) == len(shown) * len(COSTS)
    for _, row in shown.iterrows():
        for cost in COSTS:
            line = dots[f"law {cost} {row['gain']} {row['d']} {row['rule']}"]
            np.testing.assert_array_equal(line.get_xydata(), [[row[cost], row["gained"]]])
    assert set(table["gain"]) == set(GAINS)


def test_the_caption_names_what_has_no_place(table: pd.DataFrame) -> None:
    text = PARETO.caption(table)
    assert "No horizon drawn (no law): Atlas" in text
    assert "nan" not in text
