"""A key written twice: the probe's control, its columns, and what a rule is said to read."""

import numpy as np
import pandas as pd
import pytest

from capacity.discover import rules
from capacity.keys import Orthonormal, Sphere
from capacity.rule import Dims
from experiments.passes import Pass, run_pass
from experiments.probes.rebinding import rebinding_probe
from paper_figures.discover import figures
from paper_figures.figures.rebinding import MEASURED, reads

R, FIGURE = rules(), figures()["rebinding"]
PASS = Pass(
    "delta", '{"beta": 0.5}', "sphere", 8, 8, (12,), 50, probe="rebinding",
    options='{"first": 6, "second": 2}',
)  # fmt: skip


def row(first: float, second: float, *, own: tuple[float, float], error: float) -> pd.Series:
    """Signals, against those under keys of their own, each with the same standard error."""
    excess = (first - own[0], second - own[1])
    found = dict(zip(MEASURED, (first, second, *excess), strict=True))
    return pd.Series(found | {f"{name}_stderr": error for name in MEASURED})


@pytest.mark.parametrize(
    ("first", "second", "own", "verdict"),
    [
        (1.0, 1.0, (1.0, 1.0), "sum"),
        (0.4, 0.8, (0.4, 0.8), "sum"),
        (0.0, 0.9, (0.8, 0.9), "last value"),
        (0.8, 0.0, (0.8, 0.9), "first value"),
        (0.5, 0.5, (1.0, 1.0), "mix"),
        (0.2, 0.5, (0.4, 0.5), "mix"),
        (-0.4, 1.2, (0.7, 1.2), "reversed"),
        (0.08, 0.9, (0.8, 0.9), "undecided"),  # on the edge
    ],
)
def test_verdicts_are_those_of_intervals(
    first: float, second: float, own: tuple[float, float], verdict: str
) -> None:
    assert reads(row(first, second, own=own, error=0.01)) == verdict
    assert reads(row(first, second, own=own, error=0.5)) == "undecided"  # the control


def test_with_orthonormal_keys_the_delta_rule_reads_the_last_value_alone() -> None:
    dims = Dims(16, 4)
    asked = {"first": 6, "second": 2, "trials": 50}
    last = rebinding_probe(R["delta"](), Orthonormal(), dims, 12, **asked)  # type: ignore[arg-type]
    assert abs(float(last["own_error"].mean)) < 1e-12
    assert abs(float(last["second_excess"].mean)) < 1e-12
    half = rebinding_probe(R["delta"](beta=0.5), Orthonormal(), dims, 12, **asked)  # type: ignore[arg-type]
    assert float(half["own_error"].mean) > 0.1


def test_a_sum_reads_both_values_as_if_alone() -> None:
    """<v1, o> gains <v1, v2> under one key, whose mean is 0; a cache reads half of each."""
    for name, lost in (("hebbian", 0.0), ("softmax", -0.5)):
        found = rebinding_probe(
            R[name](), Orthonormal(), Dims(16, 16), 12, first=6, second=2, trials=400
        )
        for value in ("first_excess", "second_excess"):
            assert abs(float(found[value].mean) - lost) < 4 * float(found[value].stderr) + 1e-4


def test_columns_of_a_pass_are_signals_and_ages() -> None:
    """The options have the names of the signals."""
    found = run_pass(PASS).iloc[0]
    measured = rebinding_probe(
        R["delta"](beta=0.5), Sphere(), Dims(8, 8), 12, first=6, second=2, trials=50
    )
    for name in MEASURED:
        assert found[name] == measured[name].mean
    assert (found["first_age"], found["second_age"]) == (6, 2)


def test_rows_bear_the_verdict_and_the_caption_counts_them() -> None:
    frame = FIGURE.data({"rebinding": run_pass(PASS)})
    name = frame["row"].iloc[0]
    assert name.startswith("Delta rule, $\\beta=0.5$: ")
    assert f"1 {name.rpartition(': ')[2]}." in FIGURE.caption(frame)
    laws = frame[frame["kind"] == "law"].set_index("panel")["x"]
    beta, d = 0.5, 8
    fades = 1 - beta / d
    np.testing.assert_allclose(laws["first"], beta * (1 - beta) * fades**5, rtol=1e-12)
    np.testing.assert_allclose(laws["second"], beta * fades**2, rtol=1e-12)
