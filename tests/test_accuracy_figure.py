"""The phase diagram of argmax accuracy: what is measured, where the law falls, what is drawn."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh

from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.rule import Dims
from capacity.threshold import Criterion
from experiments.passes import run_pass
from experiments.probes.accuracy import accuracy_probe
from experiments.sweep import sweeps
from paper_figures.discover import figures
from paper_figures.figures.accuracy import COLUMNS, LEVELS, distances, edges, falls
from paper_figures.style import Style

FIGURE = figures()["accuracy"]


@pytest.fixture(scope="module")
def export() -> pd.DataFrame:
    """Eight streams of the rules that the figure shows, among all numbers of candidates."""
    plan = [work for work in sweeps()["accuracy"].plan("smoke") if "candidates" in work.options]
    chosen = [work for work in plan if work.rule in ("hebbian", "delta", "mesa")]
    return pd.concat([run_pass(work) for work in chosen], ignore_index=True)


@pytest.fixture(scope="module")
def frame(export: pd.DataFrame) -> pd.DataFrame:
    return FIGURE.data({"accuracy": export[list(COLUMNS)]})


def test_the_probe_measures_what_the_law_says() -> None:
    """Status asymptotic: four standard errors and 1/d_v; the control asks among 16 times more."""
    rule, d, n, v = rules()["hebbian"](), 32, 64, 64
    at = accuracy_probe(rule, Sphere(), Dims(d, d), (n,), candidates=v, trials=200)[n]
    law = rule.law(Sphere(), Dims(d, d))
    assert law is not None
    allowed = 4 * float(at.stderr) + 1 / d
    assert abs(float(at.mean) - law.recall(n).accuracy(v, d).mean()) < allowed
    assert abs(float(at.mean) - law.recall(n).accuracy(16 * v, d).mean()) > allowed


def test_fewer_candidates_are_among_more() -> None:
    """Fresh candidates are prefixes, so that no stream gains by more of them."""
    rule, sizes = rules()["delta"](), (8, 24)
    few, many = (
        accuracy_probe(rule, Sphere(), Dims(8, 8), sizes, candidates=v, trials=20) for v in (4, 64)
    )
    assert all(few[n].mean > many[n].mean for n in sizes)


@pytest.mark.parametrize("bad", [1, "all", 2.5])
def test_bad_candidates_are_named(bad: int | str) -> None:
    with pytest.raises(InputError, match="candidates needs"):
        accuracy_probe(rules()["delta"](), Sphere(), Dims(8, 8), (8,), candidates=bad, trials=2)


def test_cells_are_the_sweep(frame: pd.DataFrame, export: pd.DataFrame) -> None:
    cells = frame[frame["kind"] == "cell"]
    assert set(cells["rule"]) == {"hebbian", "delta"}  # mesa has one number of candidates
    export = export.assign(candidates=export["candidates"].astype(int))
    on = ["rule", "items", "candidates"]
    assert len(cells) == len(cells.drop_duplicates(on))
    both = cells.merge(export.drop_duplicates(on), on=on, suffixes=("", "_sweep"))
    assert len(both) == len(cells)
    assert (both["accuracy"] == both["accuracy_sweep"]).all()
    assert not (both["accuracy"] == both["accuracy_stderr_sweep"]).all()  # the control


def test_contours_are_where_the_law_falls(frame: pd.DataFrame) -> None:
    row = frame[(frame["kind"] == "law") & (frame["rule"] == "delta")].iloc[3]
    law = rules()["delta"]().law(Sphere(), Dims(32, 32))
    assert law is not None
    below, above = int(row["items"]), int(row["items"]) + 1
    mean = [law.recall(n).accuracy(int(row["candidates"]), 32).mean() for n in (below, above)]
    assert mean[0] >= row["level"] >= mean[1]
    assert falls(law, Criterion("accuracy", 0.5, 64), 32) > falls(
        law, Criterion("accuracy", 0.9, 64), 32
    )


def test_crossings_lie_between_cells(frame: pd.DataFrame) -> None:
    cells = frame[frame["kind"] == "cell"]
    crossings = frame[frame["kind"] == "crossing"]
    assert len(crossings) > 10
    for row in crossings.itertuples():
        here = cells[(cells["rule"] == row.rule) & (cells["candidates"] == row.candidates)]
        line = here.set_index("load")["accuracy"].sort_index()
        before = line[line.index <= row.load]
        assert before.iloc[-1] >= row.level > line[line.index > row.load].iloc[0]
        assert row.low <= row.load <= row.high


@pytest.mark.parametrize("columns", [1, 2])
def test_what_is_drawn_is_the_table(frame: pd.DataFrame, columns: int) -> None:
    style = Style("neurips", columns)
    with style.theme():
        canvas = FIGURE.draw(frame, style)
    panels = [ax for ax in canvas.axes if ax.get_xlabel()]
    for ax, rule in zip(panels, ("hebbian", "delta"), strict=True):
        rows = frame[frame["rule"] == rule]
        cells = rows[rows["kind"] == "cell"].sort_values(["candidates", "load"])
        mesh = next(each for each in ax.collections if isinstance(each, QuadMesh))
        drawn = np.asarray(mesh.get_array()).ravel()
        np.testing.assert_array_equal(drawn, cells["accuracy"])
        with pytest.raises(AssertionError):  # the control
            np.testing.assert_array_equal(drawn, cells["accuracy"].iloc[::-1])
        by_gid = {line.get_gid(): line for line in ax.lines if line.get_gid()}
        for level in LEVELS:
            for kind in ("law", "crossing"):
                part = rows[(rows["kind"] == kind) & (rows["level"] == level)]
                line = by_gid[f"{kind} {level}"]
                np.testing.assert_array_equal(line.get_xdata(), part["load"])
                np.testing.assert_array_equal(line.get_ydata(), part["candidates"])
            assert by_gid[f"law {level}"].get_linestyle() == "--"


def test_the_caption_counts_its_data(frame: pd.DataFrame) -> None:
    text, ratio = FIGURE.caption(frame), distances(frame)
    assert f"at {len(ratio)} dots: {ratio.min():.2f} to {ratio.max():.2f}" in text
    assert "nan" not in text


def test_edges_enclose_their_centres() -> None:
    assert edges(np.array([1.0, 4.0, 16.0])) == pytest.approx([0.5, 2, 8, 32])
