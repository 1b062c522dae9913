"""The figure of positions in keys: its table is the sweep and the laws, kind of key by kind."""

import numpy as np
import pandas as pd
import pytest

from capacity.discover import rules, wrapped
from capacity.keys import Sphere
from capacity.rule import Dims
from paper_figures.discover import figures
from paper_figures.figures.positions import AGES, PLAIN
from tests.test_curves import smoke


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return figures()["positions"].data({"positions": smoke("positions")})


def test_rotated_keys_are_drawn_with_their_law(frame: pd.DataFrame) -> None:
    turned = frame[(frame["panel"] == "signal Hebbian") & (frame["series"] == "RoPE, $b = 10$")]
    law = wrapped(rules()["hebbian"](), {"rope": "10"}).law(Sphere(), Dims(32, 32))
    assert law is not None
    line = turned[turned["kind"] == "law"]
    np.testing.assert_array_equal(line["y"], law.recall(len(line)).signal)
    assert line["y"].iloc[0] == pytest.approx(1)  # the newest is read as without rotation
    plain = frame[(frame["panel"] == "signal Hebbian") & (frame["series"] == PLAIN)]
    assert (plain.loc[plain["kind"] == "law", "y"] == 1).all()
    assert abs(line["y"]).iloc[5:].max() < 0.5  # the control: turned keys are not


def test_dots_are_rows_of_the_sweep(frame: pd.DataFrame) -> None:
    rows = smoke("positions")
    rows = rows[rows["age"].isin(AGES)]
    dots = frame[frame["kind"] == "measured"]
    signals = dots[dots["panel"].str.startswith("signal")]
    assert sorted(signals["y"]) == sorted(rows["signal"])
    assert sorted(signals["stderr"]) == sorted(rows["signal_stderr"])
    errors = dots[dots["panel"].str.startswith("error")]
    np.testing.assert_allclose(
        sorted(errors["y"]), sorted(1 - rows["signal"] ** 2 / rows["power"]), rtol=1e-12
    )


def test_only_memories_that_add_have_laws_of_turned_and_filtered_keys(frame: pd.DataFrame) -> None:
    told = frame[(frame["kind"] == "law") & (frame["series"] != PLAIN)]
    assert not told["panel"].str.contains("Delta").any()
    assert told["panel"].str.contains("Hebbian").all()
