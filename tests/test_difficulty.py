"""The figure of difficulty: what is left to one who knows the teacher, and what memories learn."""

import numpy as np
import pandas as pd
import pytest
import torch

from capacity.keys import Sphere
from capacity.rule import Dims
from capacity.values import parse_values
from experiments.streams import draws, streams
from experiments.sweeps.difficulty import FLOORS, PERIODS, both, moving, noisy, switching
from paper_figures.discover import figures
from paper_figures.figures.difficulty import (
    BOTH,
    DRIFT,
    LEFT,
    NOISE,
    SWITCH,
    USEFUL,
    floor,
    kind,
)
from tests.test_curves import smoke


@pytest.mark.parametrize(("make", "name"), [(noisy, NOISE), (moving, DRIFT), (both, BOTH)])
def test_kinds_of_tasks_are_equally_difficult(make: object, name: str) -> None:
    for wanted in FLOORS:
        values = parse_values(make(wanted))  # type: ignore[operator]
        assert floor(values) == pytest.approx(wanted, abs=2e-6)
        assert kind(values) == name


@pytest.mark.parametrize("make", [noisy, moving, both])
def test_difficulty_is_the_error_of_the_teacher_of_the_pair_before(make: object) -> None:
    """E |v_1 - theta W_0 k_1|^2, measured on drawn teachers and pairs."""
    values, d, trials = parse_values(make(0.3)), 6, 4000  # type: ignore[operator]
    dims, seeds = Dims(d, d), range(trials)
    k, v = streams(Sphere(), dims, seeds, 2, values=values)
    W = next(values.teachers(draws("teacher", Sphere(), dims, seeds), d, d, 2))
    told = values.theta * torch.einsum("nij,nj->ni", W, k[:, 1])
    error = (v[:, 1] - told).square().sum(1).numpy()
    stderr = error.std() / np.sqrt(trials)
    assert abs(error.mean() - 0.3) < 4 * stderr
    assert abs(error.mean() - 0.35) > 4 * stderr  # the control


def test_difficulty_of_switches_is_that_error_over_a_period() -> None:
    """E |v_t - c W_(t-1) k_t|^2 at the best c, 1 - 1/L, over the phases t = 1 .. L of a period."""
    period, d, trials = 3, 6, 3000
    values = parse_values(switching(period))
    assert kind(values) == SWITCH
    assert floor(values) == pytest.approx(1 - (1 - 1 / period) ** 2)
    dims, seeds = Dims(d, d), range(trials)
    k, v = streams(Sphere(), dims, seeds, period + 1, values=values)
    W = list(values.teachers(draws("teacher", Sphere(), dims, seeds), d, d, period + 1))
    error = sum(
        (v[:, t] - values.kept * torch.einsum("nij,nj->ni", W[t - 1], k[:, t])).square().sum(1)
        for t in range(1, period + 1)
    )
    found = error.numpy() / period  # type: ignore[union-attr]
    stderr = found.std() / np.sqrt(trials)
    assert abs(found.mean() - floor(values)) < 4 * stderr
    assert abs(found.mean() - 0.9 * floor(values)) > 4 * stderr  # the control


def test_switches_are_about_as_difficult_as_the_rest() -> None:
    floors = [floor(parse_values(switching(period))) for period in PERIODS]
    np.testing.assert_allclose(floors, FLOORS, rtol=0.03)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return figures()["difficulty"].data({"difficulty": smoke("difficulty")})


def test_no_law_is_below_what_is_possible(frame: pd.DataFrame) -> None:
    told = frame[(frame["kind"] == "law") & ~frame["series"].isin([LEFT])]
    errors = told[told["panel"] != USEFUL]
    assert len(errors) == 4 * 3 * len(FLOORS) + 3 * len(PERIODS)  # Mesa has no law of switches
    assert (errors["y"] > errors["x"]).all()
    shares = told[told["panel"] == USEFUL]
    assert shares["y"].between(0, 1).all()


def test_at_one_difficulty_noise_leaves_more_to_learn_than_drift(frame: pd.DataFrame) -> None:
    told = frame[(frame["kind"] == "law") & (frame["panel"] == USEFUL)]
    still, moved = (told[told["series"] == name].sort_values("x")["y"] for name in (NOISE, DRIFT))
    assert (still.to_numpy() > moved.to_numpy() + 0.05).all()


def test_the_caption_names_the_settings(frame: pd.DataFrame) -> None:
    text = figures()["difficulty"].caption(frame)
    assert r"Gated delta rule, $\alpha=0.97$, $\beta=0.5$; Mesa, $\gamma=0.97$" in text
    assert "at these settings" in text
