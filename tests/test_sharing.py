"""The figure of pairs and queries: equal state, equal memories, and several pairs a token."""

import numpy as np
import pandas as pd
import pytest

from paper_figures.discover import figures
from paper_figures.figures.sharing import COUNT, FORGETTING, MEMORY, STATE
from paper_figures.gain import best_gain_error
from tests.test_curves import smoke


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return figures()["sharing"].data({"sharing": smoke("sharing")})


def law(frame: pd.DataFrame, panel: str, series: str) -> pd.Series:
    rows = frame[(frame["kind"] == "law") & (frame["panel"] == panel)]
    return rows[rows["series"] == series].set_index("x")["y"]


def test_sums_hear_all_pairs_of_their_memory(frame: pd.DataFrame) -> None:
    """(g N - 1)/d_k, with keys g times as wide or not."""
    pairs, width = frame["each"].iloc[0], frame["d_v"].iloc[0]
    for g, y in law(frame, "hebbian", STATE).items():
        assert y == pytest.approx((g * pairs - 1) / (g * width), rel=1e-12)  # type: ignore[operator]
    for g, y in law(frame, "hebbian", MEMORY).items():
        assert y == pytest.approx((g * pairs - 1) / width, rel=1e-12)  # type: ignore[operator]


def test_a_memory_of_equal_state_in_all_loses_little_by_sharing(frame: pd.DataFrame) -> None:
    for rule in ("delta", "mesa"):
        same, fewer = (law(frame, rule, series) for series in (STATE, MEMORY))
        assert abs(same[8] / same[1] - 1) < 0.05
        assert fewer[8] > 1.5 * fewer[1]  # the control


def test_pairs_of_a_token_are_read_by_the_age_of_the_token(frame: pd.DataFrame) -> None:
    one, two = (law(frame, FORGETTING, f"$n_h = {n}$") for n in (1, 2))
    assert len(one) == len(two)
    late = law(frame, COUNT, r"$\alpha = 1$")
    assert late[1] == one[9]
    assert late[2] == two[9]
    assert (two.to_numpy() > one.to_numpy())[:20].all()


def test_errors_at_the_best_gain_have_an_upper_end_of_their_spread() -> None:
    """Over made-up samples whose signal and power vary together, and where the signal vanishes."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=20_000)
    for mean in (1.0, 0.0):
        s = mean + 0.02 * shared
        p = 2 - 0.03 * shared
        error, spread = best_gain_error(mean, 0.02, 2.0, 0.03)
        actual = np.std(1 - s**2 / p)
        assert error == pytest.approx(1 - mean**2 / 2)
        assert 0.9 * actual < spread < 3 * actual


def test_ratios_are_told_without_gain_and_at_the_best(frame: pd.DataFrame) -> None:
    rows = smoke("sharing")
    rows = rows[(rows["rule"] == "hebbian") & rows["age"].isna() & (rows["d_k"] == rows["d_v"])]
    ends = rows.sort_values("items").iloc[[0, -1]]
    n, text = figures()["sharing"].numbers(frame), figures()["sharing"].caption(frame)
    raw, best = n[f"Hebbian {MEMORY}"], n[f"Hebbian {MEMORY} at best gain"]
    assert raw.value == pytest.approx(ends["mse"].iloc[1] / ends["mse"].iloc[0])
    error = (1 - ends["signal"] ** 2 / ends["power"]).to_numpy()
    assert best.value == pytest.approx(error[1] / error[0])
    assert best.value < raw.value
    assert f"and {raw} (" in text
    assert rf"Delta rule, $\beta={0.5:g}$" in text
