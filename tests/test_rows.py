"""Figures of one row a rule draw their tables: mark by mark, at the row of its rule."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure as Canvas

from experiments.passes import run_pass
from experiments.sweep import sweeps
from paper_figures import rows
from paper_figures.data import Need
from paper_figures.discover import figures
from paper_figures.figure import Figure
from paper_figures.style import Style

FEW = ("hebbian", "delta", "gated_delta", "mesa", "softmax", "sliding_window")
DRAWN = {
    name: figure
    for name, figure in figures().items()
    if isinstance(figure.draw, partial) and figure.draw.func is rows.draw
}


def measured(need: Need) -> pd.DataFrame:
    """The export of a sweep with few streams of a few rules."""
    sweep = sweeps()[need.file.partition("-{preset}")[0]]
    plan = [work for work in sweep.plan("smoke") if work.rule in FEW]
    return pd.concat([run_pass(work) for work in plan], ignore_index=True)[list(need.columns)]


@pytest.fixture(scope="module", params=list(DRAWN))
def drawn(request: pytest.FixtureRequest) -> tuple[Figure, pd.DataFrame]:
    figure = DRAWN[request.param]
    return figure, figure.data({key: measured(need) for key, need in figure.needs.items()})


def canvas_of(figure: Figure, frame: pd.DataFrame, columns: int) -> Canvas:
    style = Style("neurips", columns)
    with style.theme():
        return figure.draw(frame, style)


def found_marks(canvas: Canvas, panels: list[str]) -> set[tuple[str, str, float, float]]:
    """(panel, kind, x, row) of every mark on the canvas."""
    found = set()
    for name, ax in zip(panels, canvas.axes, strict=True):
        for line in ax.lines:
            if line.get_gid():
                kind = line.get_gid().split(" ")[0]
                x, y = (np.asarray(each, float) for each in line.get_data())
                found |= {(name, kind, *point) for point in zip(x, y, strict=True)}
        for group in ax.collections:
            if isinstance(group, LineCollection) and group.get_gid():
                kind = group.get_gid().split(" ")[0]
                found |= {(name, kind, *segment.mean(axis=0)) for segment in group.get_segments()}
    return {(panel, kind, round(x, 12), round(y, 9)) for panel, kind, x, y in found}


def assert_drawn(figure: Figure, canvas: Canvas, frame: pd.DataFrame) -> None:
    panels = figure.draw.keywords["panels"]  # type: ignore[attr-defined]
    order = list(dict.fromkeys(frame["row"]))
    here = frame[rows.inside(frame, panels)]
    wanted = {
        (panel, kind, round(x, 12), float(order.index(row)))
        for panel, row, kind, x in here[["panel", "row", "kind", "x"]].itertuples(index=False)
    }
    assert wanted
    assert found_marks(canvas, list(panels)) == wanted
    labels = [text.get_text() for text in canvas.axes[0].get_yticklabels()]
    assert labels == order


@pytest.mark.parametrize("columns", [1, 2])
def test_what_is_drawn_is_the_table(drawn: tuple[Figure, pd.DataFrame], columns: int) -> None:
    figure, frame = drawn
    canvas = canvas_of(figure, frame, columns)
    assert_drawn(figure, canvas, frame)
    moved = frame.copy()  # the control
    moved.loc[len(moved) // 2, "x"] += 1e-6
    with pytest.raises(AssertionError):
        assert_drawn(figure, canvas, moved)


def test_tables_have_their_columns_and_kinds(drawn: tuple[Figure, pd.DataFrame]) -> None:
    _, frame = drawn
    assert set(rows.COLUMNS) <= set(frame.columns)
    assert set(frame["kind"]) <= set(rows.KINDS)
    lines = frame["kind"].isin(["law", "bound"])
    assert frame.loc[lines, "status"].notna().all()
    assert np.isfinite(frame["x"].to_numpy(float)).all()
    dots = frame[(frame["kind"] == "measured") & frame["low"].notna()]
    assert ((dots["low"] <= dots["x"]) & (dots["x"] <= dots["high"])).all()


def test_bars_are_the_intervals(drawn: tuple[Figure, pd.DataFrame]) -> None:
    figure, frame = drawn
    panels = figure.draw.keywords["panels"]  # type: ignore[attr-defined]
    canvas = canvas_of(figure, frame, 2)
    here = frame[rows.inside(frame, panels) & (frame["kind"] == "measured")]
    for name, ax in zip(panels, canvas.axes, strict=True):
        low, high = ax.get_xlim()
        dots = here[here["panel"] == name]
        wanted = {
            (round(max(a, low) if a == a else x, 9), round(min(b, high) if b == b else x, 9))
            for x, a, b in dots[["x", "low", "high"]].itertuples(index=False)
        }
        segments = [
            segment[:, 0]
            for group in ax.collections
            if isinstance(group, LineCollection) and not group.get_gid()
            for segment in group.get_segments()
            if len(set(segment[:, 1])) == 1 and tuple(segment[:, 0]) != (0.0, 1.0)
        ]
        assert wanted <= {(round(a, 9), round(b, 9)) for a, b in segments}


def test_captions_are_filled_from_the_data(drawn: tuple[Figure, pd.DataFrame]) -> None:
    figure, frame = drawn
    text = figure.caption(frame)
    assert "nan" not in text
    assert text.count("$") % 2 == 0
    assert "stream" in text
