"""Captions of feature maps and regularisers: their settings, and from where on features help."""

import numpy as np
import pandas as pd
import pytest

from paper_figures.curves import points
from paper_figures.discover import figures
from paper_figures.figures.feature_maps import PLAIN, _better
from paper_figures.figures.regularisers import _between
from tests.test_curves import smoke


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    return figures()["feature_maps"].data({"feature_maps": smoke("feature_maps")})


def test_panels_of_features_name_the_step(features: pd.DataFrame) -> None:
    draw = figures()["feature_maps"].draw
    panels = draw.keywords["panels"](features)  # type: ignore[attr-defined]
    assert panels["delta"].title == r"Delta rule, $\beta=0.5$"
    assert panels["hebbian"].title == "Hebbian"


def test_bounds_and_draws_are_named(features: pd.DataFrame) -> None:
    text = figures()["feature_maps"].caption(features)
    assert "bounds, of errors from below, of $d_{\\mathrm{eff}}$ from above" in text
    assert "FAVOR+ and Two layers are one random draw (seed 0), in all streams." in text


@pytest.mark.parametrize(("last", "load"), [(0.7, 2.0), (0.95, None)])
def test_features_are_better_from_the_load_after_which_they_stay_so(
    last: float, load: float | None
) -> None:
    """Worse at N = d, better at 2 d and 4 d; or better at 2 d, and not at the largest."""
    x, stderr = np.array([8.0, 16.0, 32.0]), np.full(3, 0.01)
    plain = points("hebbian", PLAIN, "measured", x, [0.5, 0.7, 0.9], stderr=stderr)
    other = points("hebbian", "ReLU", "measured", x, [0.6, 0.6, last], stderr=stderr)
    found = _better(pd.concat([plain, other], ignore_index=True).assign(d=8))["Hebbian"]
    assert (found["ReLU"].value if found else None) == load
    near = _better(pd.concat([plain, other.assign(stderr=0.2)], ignore_index=True).assign(d=8))
    assert near["Hebbian"] == {}  # the control: within errors


def test_regularisers_name_loads_and_settings() -> None:
    figure = figures()["regularisers"]
    text = figure.caption(figure.data({"regularisers": smoke("regularisers")}))
    assert r"$N/d$ = 0.5, 2, 8 (Delta rule, $\beta=1$; Mesa, $\gamma=1$" in text
    assert r"hypothesis heads\_near\_interpolation." in text
    assert _between([2, 8]) == _between([0.5, 1, 2]) == ""
