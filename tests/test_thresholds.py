"""Fitted thresholds: intervals that cover a known answer, censored ends, exports of sweeps."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import isotonic_regression

from capacity.discover import rules
from capacity.keys import Sphere
from capacity.rule import Dims
from experiments.passes import run_pass
from experiments.probes.cos2 import cos2_probe
from experiments.sweep import Grid, Sweep, exports
from experiments.thresholds import Threshold, crossings, expanded, fit, thresholds

LOADS = np.array([2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40], dtype=float)
TRUTH = 13.0  # of a curve 1/(1 + (x + 1)/14), which is straight in the fit's coordinates
HALF = Threshold("cos2", 0.5, over="items")


def made_up(rng: np.random.Generator, count: int) -> np.ndarray:
    """Blocks whose errors are shared by neighbouring loads, and larger at small ones."""
    errors = rng.standard_normal((count, len(LOADS))) + 4 * rng.standard_normal((count, 1))
    return 1 / (1 + (LOADS + 1) / (TRUTH + 1)) + 0.015 * errors * np.linspace(1.5, 0.5, len(LOADS))


def covered(alpha: float, repeats: int = 240) -> float:
    rng = np.random.default_rng(1)
    found = [fit(LOADS, made_up(rng, 20), 0.5, alpha=alpha, resamples=300) for _ in range(repeats)]
    return float(np.mean([each.low <= TRUTH <= each.high for each in found]))


def test_intervals_cover_as_often_as_they_say() -> None:
    """Of 240 repetitions, 95 % within 3.5 binomial errors; the control: intervals at 80 %."""
    allowed = 3.5 * np.sqrt(0.05 * 0.95 / 240)
    assert abs(covered(0.05) - 0.95) < allowed
    assert abs(covered(0.20) - 0.95) > allowed


def test_the_spread_of_resamples_is_that_of_repetitions() -> None:
    """Of 300 repetitions; the control: neighbouring loads resampled apart lose what they share."""
    rng = np.random.default_rng(2)
    samples = [made_up(rng, 20) for _ in range(300)]
    found = [fit(LOADS, each, 0.5, resamples=100) for each in samples]
    spread = np.std([each.value for each in found], ddof=1)
    stated = np.sqrt(np.mean([each.stderr**2 for each in found]))
    assert abs(np.log(spread / stated)) < 3.5 / np.sqrt(2 * 299)
    apart = [rng.permuted(each, axis=0) for each in samples]
    lost = np.sqrt(np.mean([fit(LOADS, each, 0.5, resamples=100).stderr ** 2 for each in apart]))
    assert abs(np.log(spread / lost)) > 3.5 / np.sqrt(2 * 299)


def test_percentiles_are_expanded_for_few_blocks() -> None:
    assert expanded(0.025, 10**6) == pytest.approx(0.025, rel=1e-3)
    assert expanded(0.025, 20) == pytest.approx(0.01588, rel=1e-3)


def test_the_fit_is_straight_in_log_odds() -> None:
    curve = 1 / (1 + (LOADS + 1) / (TRUTH + 1))
    assert crossings(LOADS, curve, 0.5) == pytest.approx([TRUTH])
    assert crossings(LOADS[::4], curve[::4], 0.5) == pytest.approx([TRUTH])


def test_the_fit_is_the_isotonic_one() -> None:
    """Against scipy's, whose values beside the level are the only ones that matter."""
    rng = np.random.default_rng(4)
    curves = rng.uniform(0.1, 0.9, (200, len(LOADS))) - LOADS / 100
    found = crossings(LOADS, curves, 0.4)
    fitted = np.array([isotonic_regression(curve, increasing=False).x for curve in curves])
    assert (fitted != curves).any(axis=1).all()
    assert found == pytest.approx(crossings(LOADS, fitted, 0.4))
    above = (fitted >= 0.4).sum(axis=1)
    between = (above > 0) & (above < len(LOADS))
    assert between.sum() > 100
    assert (LOADS[above[between] - 1] <= found[between]).all()
    assert (found[between] <= LOADS[above[between]]).all()
    assert found[~between] == pytest.approx(np.where(above[~between] == 0, 0.0, np.inf))


def test_what_never_or_always_fails_has_no_crossing() -> None:
    rng = np.random.default_rng(3)
    high, low = (level + 0.01 * rng.standard_normal((10, 4)) for level in (0.9, 0.1))
    endless, lost = fit(LOADS[:4], high, 0.5), fit(LOADS[:4], low, 0.5)
    assert endless.censored
    assert (endless.value, endless.low) == (8.0, 8.0)
    assert np.isinf(endless.high)
    assert np.isnan(endless.stderr)
    assert (lost.value, lost.low, lost.high, lost.censored) == (0.0, 0.0, 0.0, False)


@pytest.fixture(scope="module")
def passes() -> pd.DataFrame:
    chosen = {"hebbian": ({},), "delta": ({},)}
    loads = (0.5, 1, 1.5, 2, 3)
    grids = (
        Grid(loads, 60, chosen, dims=((8, 8),), probe="cos2"),
        Grid((4,), 60, {"delta": ({},)}, dims=((8, 8),), probe="cos2", options=({"ages": 16},)),
    )
    return pd.concat([run_pass(w) for g in grids for w in g.passes("cpu", None)])


def test_pseudo_values_give_the_mean_and_its_error(passes: pd.DataFrame) -> None:
    for _, row in passes.iterrows():
        blocks = np.array(json.loads(row["cos2_blocks"]))
        assert len(blocks) == 20
        assert blocks.std(ddof=1) / np.sqrt(20) == pytest.approx(row["cos2_stderr"])
        assert abs(blocks.mean() - row["cos2"]) < row["cos2_stderr"]


def test_ages_of_the_probe_are_the_parts_of_its_mean() -> None:
    found = cos2_probe(rules()["delta"](), Sphere(), Dims(8, 8), (12,), trials=20)[0]
    by_age = found.by_age(12)
    assert by_age["cos2"].mean() == pytest.approx(found.cos2)
    assert list(found.by_age(5)["cos2"]) == list(by_age["cos2"][:5])


def test_an_export_seeks_the_size_of_each_series(passes: pd.DataFrame, tmp_path: Path) -> None:
    loads = passes[passes["age"].isna()].drop(columns="age")
    found = exports(Sweep("mine", "mine", threshold=HALF), loads, tmp_path / "mine-quick.parquet")
    rows, sizes = found.values()
    assert [path.name for path in found] == ["mine-quick.parquet", "threshold-mine-quick.parquet"]
    assert "cos2_blocks" not in rows
    hebbian = sizes[sizes["rule"] == "hebbian"].iloc[0]
    assert hebbian["low"] < 9 < hebbian["high"]  # the law: 1/(1 + (N - 1)/8) = 1/2 at N = 9
    assert hebbian["low"] < hebbian["value"] < hebbian["high"]
    assert (hebbian["criterion"], hebbian["points"], hebbian["blocks"]) == ("cos2=0.5", 5, 20)
    assert len(exports(Sweep("mine", "mine"), loads, tmp_path / "a.parquet")) == 1


def test_a_horizon_is_sought_over_ages(passes: pd.DataFrame) -> None:
    aged = passes[passes["age"].notna()]
    found = thresholds(aged, Threshold("cos2", 0.5, over="age")).iloc[0]
    assert found["items"] == 32
    before, after = (
        float(aged.loc[aged["age"] == age, "cos2"].iloc[0])
        for age in (int(found["value"]), int(found["value"]) + 2)
    )
    assert after < 0.5 < before + 0.02
