"""The figure of heads of deep memories: sizes that are compared, steps that are chosen, laws."""

import json

import numpy as np
import pandas as pd
import pytest

from capacity.discover import rules, wrapped
from capacity.rule import Dims
from experiments.sweep import sweeps
from paper_figures.discover import figures
from tests.test_curves import smoke


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return figures()["deep_heads"].data({"deep_heads": smoke("deep_heads")})


def test_wider_nets_in_heads_have_as_many_parameters_as_one_head() -> None:
    """Of each net and number of heads: 1/h of the scalars, or all of them."""
    sizes: dict[str, set[float]] = {}
    for work in sweeps()["deep_heads"].plan("quick"):
        rule, heads = work.build(), int(json.loads(work.wrappers)["heads"])
        one = wrapped(rules()[work.rule].with_values(**_narrow(work.parameters)), {"heads": "1"})
        dims = Dims(work.d_k, work.d_v)
        share = rule.state_scalars(dims, 1) / one.state_scalars(dims, 1)
        sizes.setdefault(f"{work.rule} {heads}", set()).add(round(share * heads, 1))
    assert sizes["ttt_mlp 4"] == sizes["titans_mlp 4"] == {1, 4}
    assert sizes["delta 4"] == {1}


def _narrow(parameters: str) -> dict[str, float]:
    values = json.loads(parameters)
    return values | ({"width": 4} if "width" in values else {})


def test_dots_are_the_better_steps(frame: pd.DataFrame) -> None:
    rows = smoke("deep_heads")
    rows = rows[(rows["rule"] == "titans_mlp") & rows["noise"].notna()]
    rows = rows[(rows["wrappers"] == '{"heads": "2"}') & (rows["items"] == 16)]
    errors = rows["noise"] / (1 + rows["noise"])
    widths = [json.loads(x)["width"] for x in rows["parameters"]]
    best = errors.groupby(widths).min()
    dots = frame[(frame["panel"] == "stored titans_mlp") & (frame["kind"] == "measured")]
    dots = dots[(dots["x"] == 2) & dots["series"].str.endswith("$N = 16$")]
    np.testing.assert_allclose(sorted(dots["y"]), sorted(best), rtol=1e-12)


def test_laws_are_of_linear_memories_and_of_wide_nets(frame: pd.DataFrame) -> None:
    told = frame[frame["kind"] == "law"].groupby("panel")["status"].unique()
    assert told["stored delta"].tolist() == ["exact"]
    assert told["stored ttt_mlp"].tolist() == ["asymptotic"]
    assert told["unseen delta"].tolist() == ["asymptotic"]
    assert set(told.index) == {"stored delta", "stored ttt_mlp", "unseen delta"}


def test_comparisons_of_heads_tell_signs_from_clear_differences(frame: pd.DataFrame) -> None:
    """Dots of one panel, made up: one clearly lower, one lower within the errors, one higher."""
    rows = frame[(frame["panel"] == "unseen lact") & (frame["kind"] == "measured")]
    rows = rows[rows["series"] == rows["series"].iloc[0]].head(1)
    dots = pd.concat([rows] * 4).assign(x=[1, 2, 4, 8], y=[0.98, 0.97, 0.96, 0.999], stderr=0.005)
    figure = figures()["deep_heads"]
    n, text = figure.numbers(dots), figure.caption(dots)
    found = [n[f"unseen pairs {key}"].value for key in ("lower", "better", "worse", "compared")]
    assert found == [2, 1, 1, 3]
    assert "above 0.95 for LaCT" in text
    assert "$4 d/h$ hidden units" in text
    assert "above 0.95" not in figure.caption(dots.assign(y=dots["y"] - 0.1))  # the control
