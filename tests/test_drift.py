"""The figure of drift: a gate of 1 stands at infinity, apart from the curve of its law."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from paper_figures.curves import deviations
from paper_figures.discover import figures
from paper_figures.figures.drift import BREAK, FUTURE, LONGEST, PAST, _least
from paper_figures.series import held
from tests import test_curves
from tests.test_curves import canvas_of, smoke
from tests.test_figures import lines

FIGURE = figures()["drift"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return FIGURE.data({"drift": smoke("drift")})


@pytest.mark.parametrize("columns", [1, 2])
def test_a_law_is_broken_before_a_gate_of_one(frame: pd.DataFrame, columns: int) -> None:
    canvas = canvas_of(FIGURE, frame, columns)
    found, dashes = lines(canvas), 0
    for (panel, series), rows in frame[frame["kind"] == "law"].groupby(["panel", "series"]):
        drawn, rows = found.pop(f"law {panel} {series}"), rows.sort_values("x")
        gate = rows["parameter"].iloc[0] in ("gamma", "alpha")
        if gate:
            dash = found.pop(f"law at infinity {panel} {series}")
            assert (dash.get_xdata()[0], dash.get_ydata()[0]) == tuple(rows[["x", "y"]].iloc[-1])
            assert rows["x"].iloc[-1] == LONGEST > 1.5 * BREAK >= 1.5 * rows["x"].iloc[-2]
            dashes += 1
        curve = rows[:-1] if gate else rows
        np.testing.assert_array_equal(np.asarray(drawn.get_xdata(), float), curve["x"])
        np.testing.assert_array_equal(np.asarray(drawn.get_ydata(), float), curve["y"])
    assert dashes == 3
    others = frame[frame["kind"] != "law"].groupby(["kind", "panel", "series"])
    assert set(found) == {" ".join(map(str, key)) for key, _ in others}


def test_the_last_tick_of_gates_is_infinity(frame: pd.DataFrame) -> None:
    canvas = canvas_of(FIGURE, frame, 2)
    canvas.canvas.draw()
    for ax in canvas.axes:
        last = [tick.get_text() for tick in ax.get_xticklabels()][-1]
        assert (last == r"$\infty$") == ax.get_xlabel().startswith("memory")


def test_the_table_is_that_of_a_figure_of_curves(frame: pd.DataFrame) -> None:
    drawn = FIGURE, frame
    test_curves.test_tables_have_their_columns_and_kinds(drawn)
    test_curves.test_captions_are_filled_from_the_data(drawn)
    test_curves.test_a_figure_with_an_exact_law_could_disagree_with_it(drawn)
    dots = frame[(frame["kind"] == "measured") & (frame["x"] == LONGEST)]
    assert len(deviations(frame)) > len(deviations(frame.drop(dots.index)))  # they are compared


def test_the_caption_names_places_and_what_is_held(frame: pd.DataFrame) -> None:
    text, n = FIGURE.caption(frame), FIGURE.numbers(frame)
    assert r"At $\infty$ stands $\gamma = 1$ or $\alpha = 1$" in text
    assert rf"$\beta = {n['Delta rule past']}$ against $\beta = {n['Delta rule future']}$" in text
    assert r"Gated delta rule ($\beta=0.5$) $1/(1-\alpha) = " in text
    assert r"Mesa ($\gamma=0.98$, $\beta=1$) $\lambda = " in text
    assert "Decayed Hebbian past" not in n
    assert "Decayed Hebbian has no step size" in text
    ended = frame[~((frame["x"] == LONGEST) & frame["parameter"].isin(["gamma", "alpha"]))]
    assert r"\infty" not in FIGURE.caption(ended)  # the control


def test_least_places_are_those_of_a_parabola() -> None:
    x = np.geomspace(0.1, 2, 9)
    row = {"panel": "delta", "parameter": "beta", "series": PAST, "kind": "law"}
    law = pd.DataFrame({**row, "x": x, "y": np.log(x / 0.7) ** 2})
    assert _least(law) == pytest.approx(0.7)
    assert _least(law.assign(y=x)) == pytest.approx(0.1)  # at an edge
    gates = law.assign(panel="decay", parameter="gamma", series=FUTURE, x=np.geomspace(5, 1e3, 9))
    assert math.isinf(_least(gates.assign(y=-x)))


def test_what_is_held_has_no_numbers_of_iterations() -> None:
    values = json.loads('{"gamma": 0.9, "cg_steps": 0}')
    assert held("mesa", values) == r"$\gamma=0.9$"
