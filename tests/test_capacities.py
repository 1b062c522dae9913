"""Capacities have intervals that cover; exponents that are slopes."""

import numpy as np
import pandas as pd
import pytest

from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.rule import Dims
from capacity.threshold import Criterion
from experiments.passes import run_pass
from experiments.probes.cos2 import blocks_of, cos2_probe
from experiments.probes.recall import recall_probe
from experiments.sweep import Grid
from paper_figures.capacities import Asked, agreeing, agreement, capacities
from paper_figures.discover import figures
from paper_figures.series import Series

HALF = Asked(Criterion("cos2", 0.5), "cos2", "cos2_stderr")
LOADS = (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2)
DIMS = ((8, 8), (16, 16))


def export(grid: Grid) -> pd.DataFrame:
    """What the export of a sweep of one grid holds."""
    return pd.concat([run_pass(work) for work in grid.passes("cpu", None)], ignore_index=True)


@pytest.fixture(scope="module")
def directions() -> pd.DataFrame:
    chosen = {name: ({},) for name in ("hebbian", "delta", "mesa", "softmax")}
    return export(Grid(LOADS, 200, chosen, dims=DIMS, probe="cos2"))


def test_the_probe_agrees_with_recall_by_age() -> None:
    rule, dims, sizes = rules()["delta"](), Dims(8, 8), (4, 12)
    measured = recall_probe(rule, Sphere(), dims, sizes, trials=60)
    for one, other in zip(
        measured, cos2_probe(rule, Sphere(), dims, sizes, trials=60), strict=True
    ):
        s, p = (one.by_age[name].mean for name in ("signal", "power"))
        assert other.cos2 == pytest.approx((s**2 / p).mean(), rel=1e-12)
        assert other.cos2 != pytest.approx((s[1:] ** 2 / p[1:]).mean(), rel=1e-6)  # the control


def test_jackknife_errors_are_the_spread_of_repetitions() -> None:
    """Means of 60 repetitions scatter by their stated error: chi-square on 59 degrees, 4 sigma."""
    rule, count = rules()["hebbian"](), 60
    runs = [
        cos2_probe(rule, Sphere(), Dims(8, 8), (8,), trials=40, seed=seed)[0]
        for seed in range(count)
    ]
    spread = np.std([run.cos2 for run in runs], ddof=1)
    stated = np.sqrt(np.mean([run.stderr**2 for run in runs]))
    allowed = 4 * np.sqrt(1 / (2 * (count - 1)) + 1 / (2 * 19 * count))
    assert abs(np.log(spread / stated)) < allowed
    assert abs(np.log(spread / (stated * 2))) > allowed  # the control


def test_blocks_divide_the_streams() -> None:
    assert [blocks_of(n) for n in (2, 8, 50, 60, 400)] == [2, 8, 10, 20, 20]
    with pytest.raises(InputError, match="divisor from 2 to 20, for equal blocks, got 23"):
        blocks_of(23)


def made_up(shift: float) -> pd.DataFrame:
    """Rows whose mean falls through the threshold at N = 16 + shift, error 0.02."""
    items = np.arange(4, 40, 4.0)
    rows = pd.DataFrame({"items": items, "cos2": 0.5 - 0.01 * (items - 16 - shift)})
    text = Series("hebbian", "{}", "sphere", 16, 16)
    return text.marked(rows.assign(cos2_stderr=0.02, trials=10))


def test_intervals_hold_the_loads_that_the_error_allows() -> None:
    found = capacities(made_up(1.0), HALF, (16,))
    row = found[found["kind"] == "measured"].iloc[0]
    assert row["capacity"] == pytest.approx(17.0)
    assert (row["low"], row["high"]) == pytest.approx((13.0, 21.0))  # two errors of 0.02 at 0.01
    assert agreeing(found) == (1, 1)  # Hebbian: N* = 17
    assert agreeing(capacities(made_up(9.0), HALF, (16,))) == (1, 0)  # the control


def test_intervals_of_measurements_hold_exact_laws(directions: pd.DataFrame) -> None:
    """The control: means moved by six errors."""
    assert agreeing(capacities(directions, HALF, (8, 16))) == (4, 4)
    moved = directions.assign(cos2=directions["cos2"] + 6 * directions["cos2_stderr"])
    assert agreeing(capacities(moved, HALF, (8, 16)))[1] == 0


def test_measurements_and_laws_are_read_at_the_same_loads() -> None:
    """A law that falls between two loads crosses, read at these, where its own values would."""
    rule, d, sizes = rules()["log_linear"](), 16, np.array([2.0, 4, 6, 8, 10, 12, 16])
    law = rule.law(Sphere(), Dims(d, d, 16))
    means = [float(HALF.criterion.measure(law.recall(int(n)), d).mean()) for n in sizes]
    text = Series("log_linear", '{"gate": 0.7}', "sphere", d, d)
    rows = pd.DataFrame({"items": sizes, "cos2": means, "cos2_stderr": 0.002, "trials": 10})
    found = capacities(text.marked(rows), HALF, (d,))
    one, exact = (found[found["kind"] == kind].iloc[0] for kind in ("measured", "law"))
    assert exact["capacity"] == 8
    assert exact["read"] == pytest.approx(one["capacity"])
    assert one["low"] > exact["edge"]  # the control: the exact edge is outside the interval
    assert agreeing(found) == (1, 1)
    told = f"the law of Log-linear attention crosses at {exact['read']:.2f} at $d = 16$"
    assert told in agreement(found)
    assert "Read at the measured loads" not in agreement(capacities(made_up(1.0), HALF, (16,)))


def test_endless_and_failing_capacities_say_so(directions: pd.DataFrame) -> None:
    found = capacities(directions, HALF, (8,))
    row = found[(found["rule"] == "softmax") & (found["kind"] == "measured")].iloc[0]
    assert row["censored"]
    assert row["capacity"] == 16
    assert np.isinf(row["high"])
    lost = capacities(made_up(-15.0), HALF, (16,)).iloc[0]
    assert lost["capacity"] == 0
    assert lost["reason"] == "already fails at the fewest pairs tried, 4"


def test_exponents_are_slopes_of_logarithms(directions: pd.DataFrame) -> None:
    figure = figures()["capacity_exponents"]
    frame = figure.data({"capacity": directions})
    stored = capacities(directions, HALF, (8, 16))
    for kind in ("law", "measured"):
        rows = stored[(stored["rule"] == "hebbian") & (stored["kind"] == kind)].sort_values("d_k")
        row = frame[(frame["row"] == "Hebbian") & (frame["kind"] == kind)].set_index("panel")
        small, large = rows["edge"]
        assert row.loc["d_k", "x"] == pytest.approx(np.log2(large / small))
        assert row.loc["state", "x"] == pytest.approx(np.log2(large / small) / 2)
    ends = [np.log2(high / low) / 4 for low, high in rows[["low", "high"]].to_numpy(float)]
    half = (row.loc["d_k", "high"] - row.loc["d_k", "low"]) / 2
    assert half == pytest.approx(2 * np.hypot(*ends))
    dots = frame[frame["kind"] == "measured"]
    assert "Softmax attention" not in set(dots["row"])  # every load met the criterion
    text = figure.caption(frame)
    assert "over $d$ = 8, 16" in text
    assert "with 200 streams" in text


def test_a_state_that_shrinks_has_no_exponent() -> None:
    """The levels of log-linear attention go with the binary digits of the number of pairs."""
    chosen = {"hebbian": ({},), "log_linear": ({},)}
    rows = export(Grid(LOADS, 20, chosen, dims=DIMS, probe="cos2"))
    figure = figures()["capacity_exponents"]
    frame = figure.data({"capacity": rows})
    panels = frame.groupby("row")["panel"].agg(set)
    assert panels["Log-linear attention"] == {"d_k"}
    assert panels["Hebbian"] == {"d_k", "state"}
    told = "rises and falls with the number of pairs: Log-linear attention."
    assert told in figure.caption(frame)
    alone = figure.data({"capacity": rows[rows["rule"] == "hebbian"]})
    assert "rises and falls" not in figure.caption(alone)


def test_exponents_need_two_sizes(directions: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="at two d or more; these are at d = 8"):
        figures()["capacity_exponents"].data({"capacity": directions[directions["d_k"] == 8]})
