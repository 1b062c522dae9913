"""What each write does to every stored pair: the probe, its law, and both figures."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import AxesImage

from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.rule import Dims, Rule
from experiments.passes import run_pass
from experiments.probes.interference import Interference, interference_probe
from experiments.probes.recall import recall_probe
from experiments.streams import streams
from experiments.sweep import sweeps
from paper_figures.discover import figures
from paper_figures.figures.interference_age import deviations
from paper_figures.figures.interference_matrix import matrix
from paper_figures.style import Style
from tests.test_figures import assert_drawn, drawn
from tests.zscores import law_of

R, D, ITEMS, SHOWN = rules(), 8, 12, ("hebbian", "delta", "delta_product", "sliding_window", "lola")
BY_MATRIX, BY_AGE = figures()["interference_matrix"], figures()["interference_age"]


def probed(rule: Rule, trials: int = 20, seed: int = 0) -> Interference:
    return interference_probe(rule, Sphere(), Dims(D, D), ITEMS, trials=trials, seed=seed)


@pytest.mark.parametrize("name", ["hebbian", "delta", "momentum", "delta_product", "lola"])
def test_the_last_change_is_the_difference_of_two_recalls(name: str) -> None:
    """The same streams, written and read by another probe; ages shift by the pairs of a token."""
    rule = R[name](window=4, cache=2) if name == "lola" else R[name]()
    before, after = recall_probe(rule, Sphere(), Dims(D, D), (ITEMS - rule.pairs, ITEMS), trials=20)
    error = [at.by_age["mse"].mean for at in (before, after)]
    last = probed(rule).last.mean
    np.testing.assert_allclose(last[rule.pairs :], error[1][rule.pairs :] - error[0], atol=1e-12)
    assert not np.allclose(last[rule.pairs :], error[1][: -rule.pairs] - error[0])


def test_a_window_harms_the_pair_that_leaves_it_and_no_other() -> None:
    along = probed(R["sliding_window"](window=4)).along
    _, v = streams(Sphere(), Dims(D, D), range(1), ITEMS)
    power = v[0].square().sum(1).numpy()
    assert sorted(along) == list(range(2, ITEMS + 1))
    for n, change in along.items():
        expected = np.zeros(n)
        expected[0] = -power[n - 1]
        if n > 4:
            expected[4] = power[n - 5]
        np.testing.assert_allclose(change, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "seed"), [("delta", 901), ("momentum", 902), ("delta_product", 903)]
)
def test_mean_changes_meet_the_difference_of_two_laws(name: str, seed: int) -> None:
    """Every age over 4000 streams; laws that forget that ages shift are refused."""
    rule = R[name]()
    n, dims = rule.pairs, Dims(D, D)
    last = probed(rule, 4000, seed).last
    laws = [law_of(rule, Sphere(), dims, items).mse for items in (ITEMS - n, ITEMS)]
    right = (last.mean[n:] - (laws[1][n:] - laws[0])) / last.stderr[n:]
    assert np.abs(right).max() < 4.5
    wrong = (last.mean[n:] - (laws[1][:-n] - laws[0])) / last.stderr[n:]
    assert np.abs(wrong).max() > 4.5


def test_impossible_streams_are_refused() -> None:
    with pytest.raises(InputError, match="multiple of 2 from 4 on, got 3"):
        interference_probe(R["delta_product"](), Sphere(), Dims(4, 4), 3, trials=2)
    with pytest.raises(InputError, match="multiple of 1 from 2 on, got 1"):
        interference_probe(R["delta"](), Sphere(), Dims(4, 4), 1, trials=2)


@pytest.fixture(scope="module")
def export() -> pd.DataFrame:
    plan = [work for work in sweeps()["interference"].plan("smoke") if work.rule in SHOWN]
    return pd.concat([run_pass(work) for work in plan], ignore_index=True)


@pytest.mark.parametrize("columns", [1, 2])
def test_matrices_are_the_table(export: pd.DataFrame, columns: int) -> None:
    frame = BY_MATRIX.data({"interference": export})
    canvas = drawn(BY_MATRIX, frame, Style("neurips", columns))
    shown = {str(im.get_gid()): im for ax in canvas.axes for im in ax.images}
    assert len(shown) == len(SHOWN)
    for (rule, parameters), rows in frame.groupby(["rule", "parameters"]):
        image = shown[f"change {rule} {parameters}"]
        assert isinstance(image, AxesImage)
        found = np.ma.filled(image.get_array(), np.nan)
        for row in rows.itertuples():
            assert found[row.pair - 1, row.write - 1] == row.change
        step = R[str(rule)]().pairs
        stored = np.isfinite(found).sum()
        assert stored == step * len(rows)  # the pairs of a token share its column, no cell more
        np.testing.assert_array_equal(found, matrix(rows))
    assert (frame["own"].groupby(frame["rule"]).sum() >= 22).all()


def test_the_caption_of_matrices_counts_what_they_show(export: pd.DataFrame) -> None:
    frame = BY_MATRIX.data({"interference": export})
    later = frame[~frame["own"]]
    text = BY_MATRIX.caption(frame)
    assert f"Of {len(later)} changes by later writes" in text
    assert f"{100 * (later['change'] > 0.02).mean():.0f}\\% are rises" in text
    calm = BY_MATRIX.caption(frame.assign(change=0.0))  # the control
    assert "0\\% are rises" in calm
    assert "Delta rule" in calm.split("No rise by more than")[1]


@pytest.mark.parametrize("columns", [1, 2])
def test_changes_by_age_are_the_table(export: pd.DataFrame, columns: int) -> None:
    frame = BY_AGE.data({"interference": export})
    canvas = drawn(BY_AGE, frame, Style("icml", columns))
    by = ["kind", "rule", "parameters"]
    assert_drawn(canvas, frame.rename(columns={"change": "mse"}), by, "age")
    moved = frame.rename(columns={"change": "mse"})
    moved.loc[3, "mse"] += 1e-9
    with pytest.raises(AssertionError):
        assert_drawn(canvas, moved, by, "age")


def test_laws_by_age_are_differences_of_recall(export: pd.DataFrame) -> None:
    frame = BY_AGE.data({"interference": export})
    lines = frame[frame["kind"] == "law"]
    hebbian = lines[lines["rule"] == "hebbian"]
    np.testing.assert_allclose(hebbian["change"], 1 / 16, rtol=1e-12)  # (N - 1)/d grows by 1/d
    window = lines[lines["rule"] == "sliding_window"].set_index("age")["change"]
    assert window[window != 0].to_dict() == {8: 1.0}
    assert set(lines["rule"]) == set(SHOWN) - {"lola"}
    assert lines.loc[lines["rule"] == "delta_product", "age"].min() == 2
    dots = frame[frame["kind"] == "measured"]
    z, text = deviations(dots), BY_AGE.caption(frame)
    assert f"Of {len(z)} dots" in text
    assert f"{(z <= 2).sum()} lie within" in text
    assert "no law: LoLA" in text
