"""Figures of curves draw their tables: all sweeps that they need, with few streams, compared."""

from collections.abc import Mapping
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas

from experiments.passes import run_pass
from experiments.sweep import sweeps
from paper_figures import curves
from paper_figures.data import Need
from paper_figures.discover import figures
from paper_figures.figure import Figure
from paper_figures.style import Style

DRAWN = {
    name: figure
    for name, figure in figures().items()
    if isinstance(figure.draw, partial) and figure.draw.func is curves.draw
}


@cache
def smoke(name: str) -> pd.DataFrame:
    """The export of a sweep with a few streams."""
    return pd.concat([run_pass(work) for work in sweeps()[name].plan("smoke")], ignore_index=True)


def measured(need: Need) -> pd.DataFrame:
    """The export of a sweep with a few streams, its columns alone."""
    return smoke(need.file.partition("-{preset}")[0])[list(need.columns)]


@pytest.fixture(scope="module", params=list(DRAWN))
def drawn(request: pytest.FixtureRequest) -> tuple[Figure, pd.DataFrame]:
    figure = DRAWN[request.param]
    return figure, figure.data({key: measured(need) for key, need in figure.needs.items()})


def canvas_of(figure: Figure, frame: pd.DataFrame, columns: int) -> Canvas:
    style = Style("neurips", columns)
    with style.theme():
        return figure.draw(frame, style)


def assert_drawn(canvas: Canvas, frame: pd.DataFrame) -> None:
    """One artist a curve, at the points of its rows, with their error bars."""
    lines = {line.get_gid(): line for ax in canvas.axes for line in ax.lines if line.get_gid()}
    wanted: Mapping[str, pd.DataFrame] = {
        f"{kind} {panel} {series}": rows.sort_values("x")
        for (kind, panel, series), rows in frame.groupby(["kind", "panel", "series"])
    }
    assert set(lines) == set(wanted)
    for gid, rows in wanted.items():
        np.testing.assert_array_equal(np.asarray(lines[gid].get_xdata(), float), rows["x"])
        np.testing.assert_array_equal(np.asarray(lines[gid].get_ydata(), float), rows["y"])


@pytest.mark.parametrize("columns", [1, 2])
def test_what_is_drawn_is_the_table(drawn: tuple[Figure, pd.DataFrame], columns: int) -> None:
    figure, frame = drawn
    canvas = canvas_of(figure, frame, columns)
    assert_drawn(canvas, frame)
    moved = frame.copy()  # the control
    moved.loc[len(moved) // 2, "y"] += 1e-9 * max(1.0, abs(moved["y"].iloc[len(moved) // 2]))
    with pytest.raises(AssertionError):
        assert_drawn(canvas, moved)


def test_tables_have_their_columns_and_kinds(drawn: tuple[Figure, pd.DataFrame]) -> None:
    _, frame = drawn
    assert set(curves.COLUMNS) <= set(frame.columns)
    assert set(frame["kind"]) <= set(curves.KINDS)
    assert frame.loc[frame["kind"] == "law", "status"].notna().all()
    assert np.isfinite(frame[["x", "y"]].to_numpy(float)).all()


def test_captions_are_filled_from_the_data(drawn: tuple[Figure, pd.DataFrame]) -> None:
    figure, frame = drawn
    text = figure.caption(frame)
    assert "nan" not in text
    assert text.count("$") % 2 == 0
    measured_rows = frame[frame["kind"] == "measured"]
    assert len(measured_rows) == 0 or "stream" in text


def test_a_figure_with_an_exact_law_could_disagree_with_it(
    drawn: tuple[Figure, pd.DataFrame],
) -> None:
    """Where dots lie on exact laws, a law five standard errors off is seen to be off."""
    _, frame = drawn
    before = curves.deviations(frame)
    if before.empty:
        return
    off = frame.copy()
    dots = off["kind"] == "measured"
    off.loc[dots, "y"] += 12 * off.loc[dots, "stderr"].fillna(0)
    assert curves.deviations(off).median() > 5 > before.median()
