"""The program x <- 5, y <- x + 5, x <- 3, z <- y + x: who keeps answers, who forgets fails."""

import numpy as np
import pandas as pd
import pytest

from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Keys, Orthonormal, Sphere
from capacity.rule import Dims
from experiments.passes import run_pass
from experiments.probes.program import NUMBERS, program_probe
from experiments.sweep import sweeps
from paper_figures.data import Loaded, csv_bytes
from paper_figures.table import print_table
from paper_figures.tables import program
from paper_figures.tables.program import LENGTHS, TABLE, wilson
from tests.test_tables import assert_sound

R, TRIALS = rules(), 400
GUESS = 1 / NUMBERS + 4 * np.sqrt(1 / NUMBERS / TRIALS)  # four standard errors above


def shares(
    name: str, dropped: int = 0, keys: Keys | None = None, items: int = 16, **parameters: float
) -> dict[str, float]:
    """Means of the quantities, on orthonormal keys of 16 dimensions."""
    found = program_probe(
        R[name](**parameters),
        keys or Orthonormal(),
        Dims(16, 64),  # values so wide that no third one lies nearer to a mean of two
        items,
        dropped=dropped,
        trials=TRIALS,
    )
    return {quantity: float(at.mean) for quantity, at in found.items()}


def test_a_memory_that_overwrites_answers_always() -> None:
    found = shares("delta")
    assert (found["right"], found["x_new"], found["x_old"]) == (1, 1, 0)
    assert found["signal_new"] == pytest.approx(1)


def test_a_window_that_has_lost_y_fails() -> None:
    """x was bound 4 pairs ago, y 8; a window of 4 holds the new x alone, one of 8 also y."""
    short, right = shares("sliding_window", window=4), shares("sliding_window", window=8)
    assert (short["x_new"], right["x_new"]) == (1, 1)
    assert short["right"] < GUESS
    assert right["right"] == 1


@pytest.mark.parametrize("name", ["hebbian", "softmax"])
def test_a_memory_that_holds_both_values_tosses_a_coin(name: str) -> None:
    parameters = {"bandwidth": 0.1} if name == "softmax" else {}
    found = shares(name, **parameters)
    assert found["signal_new"] == pytest.approx(found["signal_old"])
    assert found["x_new"] + found["x_old"] == 1
    assert abs(found["x_new"] - 0.5) < 4 * 0.5 / np.sqrt(TRIALS)
    assert found["right"] == found["x_new"]


@pytest.mark.parametrize("dropped", [1, 2, 3, 4])
def test_no_assignment_can_be_dropped(dropped: int) -> None:
    found = shares("delta", dropped)
    assert found["right"] < GUESS
    assert (found["x_old"] == 1) == (dropped == 3)


def test_distractors_make_a_full_memory_forget() -> None:
    few, many = (shares("delta", keys=Sphere(), items=n)["right"] for n in (8, 64))
    assert few > 0.9
    assert many < 0.5


def test_pairs_of_a_token_stay_together() -> None:
    assert shares("delta_product", items=8, alpha=1.0)["right"] == 1
    for name, items, message in (
        ("delta_product", 4, "multiple of 8"),
        ("delta", 6, "multiple of 4"),
    ):
        with pytest.raises(InputError, match=message):
            shares(name, items=items)
    with pytest.raises(InputError, match="dropped must be an integer from 0 to 4, got 5"):
        shares("delta", 5)


def test_wilson_intervals_by_hand() -> None:
    """Eight of ten: (0.8 + z^2/20 -+ z sqrt(0.016 + z^2/400))/(1 + z^2/10)."""
    z = 1.959963984540054
    middle, half = 0.8 + z**2 / 20, z * np.sqrt(0.016 + z**2 / 400)
    found = wilson(0.8, 10)
    assert found[""] == 80
    assert found["_low"] == pytest.approx(100 * (middle - half) / (1 + z**2 / 10))
    assert found["_high"] == pytest.approx(100 * (middle + half) / (1 + z**2 / 10))
    assert wilson(1.0, 10)["_high"] == 100


@pytest.fixture(scope="module")
def export() -> pd.DataFrame:
    plan = [
        work
        for work in sweeps()["program"].plan("smoke")
        if work.rule in ("softmax", "delta", "hebbian")
    ]
    return pd.concat([run_pass(work) for work in plan], ignore_index=True)


def test_the_table_is_the_sweep(export: pd.DataFrame) -> None:
    frame = TABLE.data({"program": export})
    assert len(frame) == len(export.groupby(["rule", "parameters", "wrappers"])) == 6
    row = frame[frame["memory"] == "Delta rule"].iloc[0]
    rows = export[(export["rule"] == "delta") & (export["parameters"] == '{"beta": 1.0}')]
    whole = rows[rows["dropped"] == 0].set_index("distractors")
    for distractors in LENGTHS:
        assert row[f"right_{distractors}"] == 100 * whole["right"][distractors]
    assert row["x_new"] == 100 * whole["x_new"][program.AT]
    assert row["signal_old"] == whole["signal_old"][program.AT]
    assert row["dropped"] == 100 * rows.loc[rows["dropped"] > 0, "right"].max()
    assert "Softmax attention with RoPE, $b=500000$" in set(frame["memory"])
    doubled = export.assign(right=export["right"] / 2)  # the control
    assert csv_bytes(TABLE.data({"program": doubled})) != csv_bytes(frame)


def test_the_caption_says_what_the_numbers_say(export: pd.DataFrame) -> None:
    frame = TABLE.data({"program": export})
    sure = frame.assign(right_15_low=95.0, x_new_low=0.0, dropped=50.0, dropped_high=60.0)
    text = TABLE.caption(sure)
    assert "at $K = 15$: Hebbian;" in text
    assert "is $x$ by: none." in text
    assert "50.0 \\% or less (interval up to 60.0 \\%)" in text
    none = TABLE.caption(frame.assign(right_15_low=0.0))
    assert "at $K = 15$: none." in none


def test_latex_of_the_table_is_sound(export: pd.DataFrame) -> None:
    loaded = {"program": Loaded(export, "hash")}
    files = print_table(TABLE, loaded, command="test", preset="quick")
    assert_sound(files["program.tex"].decode())
