"""Figures of correlated keys: places on their axes, and laws at what was measured and between."""

import numpy as np
import pandas as pd
import pytest

from capacity.correlated_keys import Autoregressive, Spectrum, Spike
from capacity.discover import rules
from capacity.keys import Keys, Signs, Sphere
from capacity.rule import Dims
from experiments.passes import run_pass
from experiments.streams import streams
from experiments.sweep import Grid
from paper_figures.correlations import NAMES, curves, effective_dimension
from paper_figures.figures.key_correlation import correlation

D = 8
SIGNS = Signs(Spectrum(1.0).variances(D))
KEYS = (Spectrum(0.0), Spectrum(1.0), SIGNS, Spike(0.2), Spike(0.6), Autoregressive(0.5))


@pytest.mark.parametrize("keys", [Sphere(), *KEYS], ids=lambda keys: keys.label[:12])
def test_effective_dimensions_are_those_of_drawn_keys(keys: Keys) -> None:
    """1/tr Sigma^2 from 4,000 short streams; its error falls as 1/sqrt(streams)."""
    k, _ = streams(keys, Dims(D, D), range(4000), 1)
    drawn = k[:, 0].numpy()
    moment = drawn.T @ drawn / len(drawn)
    found = np.trace(moment) ** 2 / (moment**2).sum()
    exact = effective_dimension(keys, D)
    allowed = 4 * D / np.sqrt(len(drawn)) * 2
    assert abs(found - exact) < allowed
    assert abs(found - 2 * exact) > allowed  # the control


def test_curves_are_the_sweep_and_the_law() -> None:
    labels = tuple(keys.label for keys in KEYS)
    chosen = {"hebbian": ({},), "softmax": ({},)}
    grid = Grid((1.0,), 20, chosen, keys=labels, dims=((D, D),))
    rows = pd.concat([run_pass(work) for work in grid.passes("cpu", None)], ignore_index=True)
    frame = curves(rows, effective_dimension, tuple(NAMES))
    dots = frame[frame["kind"] == "measured"]
    assert len(dots) == len(labels) * len(chosen)
    means = rows[rows["age"].isna()]
    assert sorted(dots["y"]) == sorted(means["mse"])
    assert sorted(dots["stderr"]) == sorted(means["mse_stderr"])
    lines = frame[frame["kind"] == "law"]
    assert set(lines["panel"]) == {"Hebbian"}  # attention has no law on any of these keys
    assert set(lines["series"]) == {NAMES[kind] for kind in (Spectrum, Signs, Spike)}
    for kind, more in ((Spectrum, 1), (Spike, -1)):
        line = lines[lines["series"] == NAMES[kind]]
        np.testing.assert_allclose(line["y"] * line["x"], D + more, rtol=1e-12)  # (N +- 1)/d_eff
    law = rules()["hebbian"]().law(Spike(0.2), Dims(D, D))
    assert law is not None
    placed = curves(rows, correlation, (Spike,))
    at = placed[(placed["kind"] == "law") & (placed["x"] == 0.2)]["y"]
    assert at.item() == law.recall(D).mse.mean()
