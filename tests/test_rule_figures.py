"""Capacity and forgetting of every rule draw what law and sweep say, and name what is left out."""

import json

import numpy as np
import pandas as pd
import pytest

from capacity.discover import rule_class
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.rule import Dims
from capacity.threshold import Over, capacity
from experiments.probes import cos2
from experiments.probes.recall import recall_probe
from paper_figures.capacities import shown
from paper_figures.crossings import crossing
from paper_figures.discover import figures
from paper_figures.figures.capacity import ASKED, SIZES
from paper_figures.style import Style

TRIALS, DIMS, LOADS = 40, (8, 12), (0.5, 0.75, 1, 1.25, 1.5, 2)
RULES = ("hebbian", "delta", "softmax", "mlstm")


def measured(rule: str, d: int) -> pd.DataFrame:
    """What the export of the sweep holds for one rule and size."""
    chosen, sizes = rule_class(rule)(), tuple(round(load * d) for load in LOADS)
    found = recall_probe(chosen, Sphere(), Dims(d, d, sizes[-1]), sizes, trials=TRIALS)
    rows = pd.concat([at.table() for at in found], ignore_index=True)
    text = json.dumps(chosen.values(), sort_keys=True)
    return rows.assign(rule=rule, parameters=text, keys="sphere", d_k=d, d_v=d, trials=TRIALS)


def directions(rule: str, d: int) -> pd.DataFrame:
    """What the export of the capacity sweep holds for one rule and size."""
    chosen, sizes = rule_class(rule)(), tuple(round(load * d) for load in LOADS)
    found = cos2.cos2_probe(chosen, Sphere(), Dims(d, d, sizes[-1]), sizes, trials=TRIALS)
    text = json.dumps(chosen.values(), sort_keys=True)
    rows = cos2.table(found).assign(rule=rule, parameters=text, keys="sphere")
    return rows.assign(d_k=d, d_v=d, trials=TRIALS)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    parts = [directions(rule, d) for rule in RULES for d in DIMS]
    unknown = parts[0].assign(rule="my_rule", parameters="{}")  # a user's own: no state, no law
    lost = parts[1].assign(rule="decay", parameters='{"gamma": 0.99}', cos2=0.0)
    table = pd.concat([*parts, unknown, lost], ignore_index=True)
    return figures()["capacity"].data({"capacity": table})


def test_a_crossing_is_where_the_mean_first_fails() -> None:
    items = np.array([2.0, 4.0, 8.0, 16.0])
    half = ASKED.criterion
    assert crossing(items, [0.9, 0.6, 0.4, 0.9], half) == (6.0, False)
    assert crossing(items, [0.9, 0.8, 0.7, 0.5], half) == (16.0, True)
    assert crossing(items, [0.4, 0.8, 0.7, 0.5], half) == (0.0, False)


def drawn(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    style = Style()
    with style.theme():
        canvas = figures()["capacity"].draw(frame, style)
    return {
        line.get_gid(): np.asarray(line.get_xydata())
        for ax in canvas.axes
        for line in ax.lines
        if line.get_gid()
    }


def expected(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    rows = shown(frame)
    kind = rows["kind"].where(~rows["censored"].astype(bool), "open")
    return {
        " ".join(key): found.sort_values("d_k")[["state", "capacity"]].to_numpy(float)
        for key, found in rows.groupby([kind, "rule", "parameters"])
    }


def test_lines_and_dots_are_the_table(frame: pd.DataFrame) -> None:
    found, wanted = drawn(frame), expected(frame)
    assert set(found) == set(wanted)
    assert {gid.split(" ")[0] for gid in found} == {"law", "measured", "open"}
    for gid, points in wanted.items():
        np.testing.assert_array_equal(found[gid], points)
    moved = expected(frame.assign(capacity=frame["capacity"] + 1e-9))  # the control
    assert not any(np.array_equal(found[gid], moved[gid]) for gid in found if "delta" in gid)


def test_lines_are_capacities_of_laws(frame: pd.DataFrame) -> None:
    rows = frame[(frame["kind"] == "law") & (frame["rule"] == "hebbian")]
    assert rows["d_k"].tolist() == list(SIZES)
    assert rows["state"].tolist() == [d * d for d in SIZES]
    for d, stored in zip(rows["d_k"], rows["capacity"], strict=True):
        law = rule_class("hebbian")().law(Sphere(), Dims(d, d))
        assert law is not None
        assert stored == capacity(law, ASKED.criterion, Dims(d, d), Sphere(), Over("mean")).value
        assert stored == d + 1  # cos2 = 1 / (1 + (N - 1) / d)


def test_the_caption_names_what_is_not_drawn(frame: pd.DataFrame) -> None:
    text = figures()["capacity"].caption(frame)
    assert "Capacity of 6 memories" in text
    assert "Law not drawn, no law: mLSTM, my rule." in text
    assert "Not measured, state unknown: my rule ($d$ = 8)." in text
    assert "Not measured, already fails at the fewest pairs tried, 6: Decayed Hebbian" in text
    assert f"with {TRIALS} streams" in text
    both = shown(frame[frame["kind"] == "measured"])
    crossed = both[~both["censored"].astype(bool) & (both["rule"] != "mlstm")]
    crossed = crossed[crossed["d_k"].isin(SIZES)]
    assert f"(exact, {len(crossed)} dots)" in text


def test_forgetting_shows_each_rule_once_from_most_streams() -> None:
    table = pd.concat([measured(rule, 8) for rule in RULES], ignore_index=True)
    variant = table[table["rule"] == "delta"].assign(parameters='{"beta": 0.5}')
    fewer = table.assign(trials=TRIALS // 2, mse=table["mse"] + 1)
    early = table["items"] < 16
    part = table[(table["rule"] != "softmax") | early]  # one rule is not measured at the last N
    figure = figures()["forgetting"]
    frame = figure.data({"forgetting": pd.concat([fewer[early], variant, part])})
    dots = frame[frame["kind"] == "measured"]
    assert set(frame["items"]) == {12}  # the largest N at which most rules were measured
    assert set(frame["rule"]) == set(RULES)
    assert not (frame["parameters"] == '{"beta": 0.5}').any()
    both = dots.merge(table, on=["rule", "parameters", "items", "age"], suffixes=("", "_sweep"))
    assert len(both) == len(dots) == len(dots.drop_duplicates(["rule", "age"]))
    assert (both["mse"] == both["mse_sweep"]).all()
    assert (dots["trials"] == TRIALS).all()
    law = rule_class("delta")().law(Sphere(), Dims(8, 8))
    assert law is not None
    line = frame[(frame["kind"] == "law") & (frame["rule"] == "delta")]
    np.testing.assert_array_equal(line["mse"], law.recall(12).mse[line["age"]])
    assert "after $N = 12$ writes to each of 4 memories" in figure.caption(frame)
    assert "no law: mLSTM." in figure.caption(frame)


def test_growth_needs_several_numbers_of_items() -> None:
    table = measured("delta", 8)
    figure = figures()["forgetting_limits"]
    assert set(figure.data({"forgetting": table})["rule"]) == {"delta"}
    with pytest.raises(InputError, match="one number of items"):
        figure.data({"forgetting": table[table["items"] == 8]})
