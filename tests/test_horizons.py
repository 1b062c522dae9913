"""Horizons: recall by band of age, crossings with intervals, levers, and prices."""

import json

import numpy as np
import pandas as pd
import pytest

from capacity.discover import rule_class, rules
from capacity.keys import Sphere
from capacity.rule import Dims
from capacity.threshold import Criterion
from experiments.passes import run_pass
from experiments.probes.cos2_ages import edges, price
from experiments.probes.recall import recall_probe
from experiments.sweep import Grid, Sweep, sweeps
from paper_figures.crossings import banded, last_crossing
from paper_figures.figure import Figure
from paper_figures.figures import horizon_price, longer_horizons
from paper_figures.horizons import NEED, Curve, best, length, settings, youngest

HALF = Criterion("cos2", 0.5)
D, TIMES = 8, (5, 5.5, 6)


def export(grid: Grid, rule_file: str | None = None) -> pd.DataFrame:
    """What the export of a sweep of one grid holds."""
    plan = grid.passes("cpu", rule_file)
    return pd.concat([run_pass(work) for work in plan], ignore_index=True)[list(NEED.columns)]


def grid(rule: str, *listed: dict[str, float], loads: tuple[float, ...] = TIMES) -> Grid:
    return Grid(loads, 400, {rule: listed}, dims=((D, D),), probe="cos2_ages")


def test_bands_are_recall_by_age() -> None:
    """At one time of reading; over several times the mean differs."""
    rows = export(grid("delta", {"beta": 0.6}, loads=(2,)))
    rule, dims = rules()["delta"].with_values(beta=0.6), Dims(D, D)
    at = recall_probe(rule, Sphere(), dims, (2 * D,), trials=400)[0].by_age
    cos2 = at["signal"].mean ** 2 / at["power"].mean
    bands = zip(rows["age"], rows["oldest"], strict=True)
    expected = [cos2[young : old + 1].mean() for young, old in bands]
    np.testing.assert_allclose(rows["cos2"], expected, rtol=1e-12)
    several = export(grid("delta", {"beta": 0.6}, loads=(2, 3)))["cos2"]
    assert abs(several[: len(rows)] - expected).max() > 1e-4  # the control


def test_bands_cover_every_age_once_and_widen() -> None:
    found = edges(200)
    widths = np.diff(found)
    assert found[0] == 0
    assert found[-1] == 200
    assert (widths[:10] == 1).all()
    assert widths[:-1].max() > 10


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("delta", {"beta": 0.6}),
        ("omega", {"window": 2, "beta": 0.4}),
        ("ttt_linear", {"chunk": 4, "beta": 0.5}),
        ("momentum", {"mu": 0.5, "beta": 0.3}),
    ],
)
def test_bands_are_where_the_exact_law_says(rule: str, values: dict[str, float]) -> None:
    """Within 4.5 standard errors at every band younger than 2 d; a law 15 % off is refused."""
    (setting,) = settings(export(grid(rule, values)))
    assert setting.status == "exact"
    assert setting.law is not None
    young = setting.measured.ages < 2 * D
    measured, law = setting.measured.cos2[young], setting.law.cos2[young]
    stderr = setting.measured.stderr[young]
    assert (abs(measured - law) / stderr).max() < 4.5
    assert (abs(measured - 0.85 * law) / stderr).max() > 4.5  # the control


def curve(*cos2: float, stderr: float = 0.0) -> Curve:
    return Curve(np.arange(len(cos2)) + 0.0, np.array(cos2), np.full(len(cos2), stderr))


def test_a_range_of_ages_has_two_ends() -> None:
    late = curve(0.1, 0.3, 0.7, 0.9, 0.6, 0.2)
    assert late.reach(HALF).at == pytest.approx(4.25)
    assert late.youngest(HALF) == pytest.approx(1.5)
    assert late.length(HALF).at == pytest.approx(2.75)
    kept = curve(1.0, 1.0, 1.0, 0.0, 0.0)  # three pairs as they came
    assert kept.length(HALF).at == pytest.approx(3.0)
    assert kept.youngest(HALF) == 0
    nothing = curve(0.4, 0.3)
    assert (nothing.reach(HALF).at, nothing.length(HALF).at) == (0.0, 0.0)
    endless = curve(0.4, 0.9)
    assert endless.reach(HALF).censored
    assert youngest(late.ages, late.cos2, Criterion("cos2", 0.05)) == -0.5
    assert length(late.ages, late.cos2, Criterion("cos2", 0.95)) == (0.0, False)


def test_intervals_hold_the_ages_that_the_error_allows() -> None:
    ages = np.arange(20.0)
    found = banded(ages, 1 - 0.05 * ages, np.full(20, 0.05), HALF, last_crossing)
    assert (found.low, found.at, found.high) == pytest.approx((8.0, 10.0, 12.0))
    assert np.isinf(banded(ages, 1 - 0.02 * ages, np.full(20, 0.2), HALF, last_crossing).high)


def test_intervals_of_horizons_hold_exact_laws() -> None:
    """The control: means moved by six errors."""
    rows = export(grid("delta", {"beta": 0.6}))
    (right,) = settings(rows)
    (wrong,) = settings(rows.assign(cos2=rows["cos2"] + 6 * rows["cos2_stderr"]))
    assert right.law is not None
    law = right.law.reach(HALF).at
    for setting, holds in ((right, True), (wrong, False)):
        found = setting.measured.reach(HALF)
        assert (found.low <= law <= found.high) == holds


def test_levers_are_what_varies_and_steps_are_tuned() -> None:
    listed = [{"window": c, "beta": b} for c in (1, 2) for b in (0.05, 0.4)]
    every = settings(
        pd.concat([export(grid("omega", *listed)), export(grid("delta", {"beta": 0.6}))])
    )
    assert {each.rule: each.lever for each in every} == {"omega": "window", "delta": "d_k"}
    chosen = [one.setting for one in best(every, "horizon", HALF) if one.setting.rule == "omega"]
    assert [each.size for each in chosen] == [1, 2]
    for each in chosen:
        same = [
            s.measured.reach(HALF).at for s in every if (s.rule, s.size) == ("omega", each.size)
        ]
        assert each.measured.reach(HALF).at == max(same) > min(same)


def test_a_sweep_may_name_a_rule_that_does_not_ship() -> None:
    """Figures know its price by its rows alone; a sweep without such a rule takes the user's."""
    plan = [work for work in sweeps()["levers"].plan("smoke") if work.rule == "replay"]
    rows = run_pass(plan[0])
    values = json.loads(plan[0].parameters)
    rule = rule_class("replay", sweeps()["levers"].rule_file).with_values(**values)
    dims, items = Dims(16, 16), int(rows["items"].iloc[0])
    assert dict(rows[["write", "read", "state"]].iloc[0]) == price(rule, dims, items)
    (setting,) = settings(rows)
    assert (setting.title, setting.lever, setting.law) == ("Replay", "d_k", None)
    assert setting.adds == rule.cost(dims, items).write + rule.cost(dims, items).read
    own = Sweep("mine", "-", {"quick": (Grid((1,), 2, {"leaky_delta": ({},)}),)})
    (work,) = own.plan("quick", rule_file="examples/my_rule.py")
    assert work.rule_file == "examples/my_rule.py"


def made_up() -> pd.DataFrame:
    """Two widths of a memory, and one lever that recalls 12 pairs for twice the price."""
    rows = []
    for rule, values, d, reach, cost in (
        ("delta", {"beta": 0.6}, 8, 4, 100),
        ("delta", {"beta": 0.6}, 16, 8, 400),
        ("omega", {"window": 2, "beta": 0.3}, 16, 9, 800),
        ("omega", {"window": 4, "beta": 0.2}, 16, 12, 800),
    ):
        text = json.dumps(rules()[rule].with_values(**values).values(), sort_keys=True)
        for age in range(40):
            about = (rule, text, "sphere", d, d, 6 * d, age, 10, age, str(6 * d))
            rows.append((*about, float(age < reach), 0.001, cost // 2, cost // 2, cost))
    return pd.DataFrame(rows, columns=list(NEED.columns))


def test_figures_read_what_was_measured() -> None:
    frame = longer_horizons.FIGURE.data({"levers": made_up()})
    dots = frame[frame["kind"] == "measured"].set_index(["panel", "x"])["y"]
    assert dots["window", 4.0] == pytest.approx(11.5)  # kept to age 11, interpolated to 12
    assert frame["base"].iloc[0] == pytest.approx(7.5)
    assert frame["d"].iloc[0] == 16
    assert "Omega rule: 11.5" in longer_horizons.FIGURE.caption(frame)


def levered(rule: str, reach: dict[float, int], **values: float) -> pd.DataFrame:
    """The made-up memories, and a lever that recalls so many pairs at each of its sizes."""
    (name,) = [key for key in values if key in ("cache", "window") and values[key] == 0]
    rows = []
    for size, ages in reach.items():
        text = json.dumps({**rules()[rule].with_values(**values | {name: size}).values()})
        for age in range(40):
            about = (rule, text, "sphere", 16, 16, 96, age, 10, age, "96")
            rows.append((*about, float(age < ages), 0.001, 400, 400, 800))
    added = pd.DataFrame(rows, columns=list(NEED.columns))
    return pd.concat([made_up(), added], ignore_index=True)


def test_another_lever_that_is_not_at_its_default_is_in_the_title() -> None:
    for window, title in ((1, "LoLA, $w=1$"), (16, "LoLA")):
        every = settings(levered("lola", {2: 3, 4: 5}, cache=0, window=window))
        titles = {each.title for each in every}
        assert titles == {title, "Delta rule", "Omega rule"}


@pytest.mark.parametrize("figure", [longer_horizons.FIGURE, horizon_price.FIGURE])
def test_sizes_that_end_on_a_rise_or_recall_nothing_are_told(figure: Figure) -> None:
    told = "largest size tried, still rising"
    for reach, rising in (({2: 14, 4: 20, 8: 24}, True), ({2: 14, 4: 20, 8: 20}, False)):
        rows = levered("sliding_window", dict(reach), window=0, bandwidth=0.0)
        frame = figure.data({"levers": rows[rows["rule"] != "omega"]})
        assert (told in figure.caption(frame)) == rising
        assert "No age" not in figure.caption(frame)
    rows = levered("sliding_window", {2: 14, 4: 0}, window=0, bandwidth=0.0)
    assert "Sliding window at window $c$ = 4" in figure.caption(figure.data({"levers": rows}))


def test_gains_are_over_the_plain_memory_at_the_same_price() -> None:
    frame = horizon_price.FIGURE.data({"levers": made_up()})
    dots = frame[(frame["panel"] == "half state") & (frame["kind"] == "measured")]
    rule = rules()["delta"].with_values(beta=0.6)

    def reach(d: int) -> float:
        law = rule.law(Sphere(), Dims(d, d))
        assert law is not None
        recall = law.recall(6 * d)
        return last_crossing(recall.age + 0.0, recall.cos2, HALF)[0]

    lever = dots[dots["series"] == "Omega rule"].sort_values("size").iloc[-1]
    share = np.log(800 / 256) / np.log(4)  # 800 scalars lie between 16^2 and 32^2
    expected = 11.5 / np.exp((1 - share) * np.log(reach(16)) + share * np.log(reach(32)))
    assert lever["y"] == pytest.approx(expected)
    assert f"Omega rule {expected:.2f}" in horizon_price.FIGURE.caption(frame)
    assert lever["y"] != pytest.approx(11.5 / reach(16))  # the control: not of the same width
