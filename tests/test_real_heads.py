"""The figure of real heads: what it draws, and what it refuses."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from capacity.errors import InputError
from paper_figures.figures.real_heads import FIGURE, KINDS, data, ticks
from paper_figures.style import Style

RULES = ("hebbian", "delta", "a_users_rule")


def audit_table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [
        {
            **{"source": "made", "layer": layer, "head": head, "d_k": 32, "d_eff": 5.0 + layer},
            **{"windows": 10, "window": 16, "rule": rule, "parameters": "{}", "ages": ages},
            **{name: rng.uniform(0.5, 50) for name in ("measured", "shuffled", "given_keys")},
            "given_covariance": np.nan if rule == "delta" else 1.0,
        }
        for rule in RULES
        for layer in range(2)
        for head in range(3)
        for ages in ("all", "0")
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("columns", [1, 2])
def test_every_head_is_drawn_once_a_kind(columns: int) -> None:
    style = Style(columns=columns)
    frame = data({"audit": audit_table()})
    assert len(frame) == len(RULES) * 6
    with style.theme():
        canvas = FIGURE.draw(frame, style)
        canvas.draw_without_rendering()
    panels = [ax for ax in canvas.axes if ax.axison]
    assert len(panels) == len(RULES) + 1
    for ax in panels[:-1]:
        lines = ax.get_lines()
        assert [line.get_gid() for line in lines] == [kind[0] for kind in KINDS] + ["identity"]
        assert all(len(line.get_xdata()) == 6 for line in lines[:-1])
    assert sum(line.get_gid() == "median" for line in panels[-1].get_lines()) == 2
    assert mpl.rcParams["font.size"] == mpl.rcParamsDefault["font.size"]


def test_caption_takes_its_numbers_from_the_table() -> None:
    table = audit_table()
    table["measured"], table["shuffled"] = 3.0 * table["given_keys"], table["given_keys"]
    text = FIGURE.caption(data({"audit": table}))
    assert "6 heads of made" in text
    assert "10 windows of 16 tokens" in text
    assert "runs from 3 (" in text
    assert "from 1.000 to 1.000" in text
    assert "median 5.5 of $d_k = 32$" in text


def test_an_audit_without_heads_is_refused() -> None:
    table = audit_table()
    for column in ("layer", "measured"):
        with pytest.raises(InputError, match="python -m experiments audit"):
            data({"audit": table.assign(**{column: np.nan})})


@pytest.mark.parametrize("ends", [(0.4, 2.5), (3.0, 200.0), (9.0, 12.0), (0.001, 1e6)])
def test_ticks_are_few_and_inside(ends: tuple[float, float]) -> None:
    found = ticks(*ends)
    assert 1 <= len(found) <= 4
    assert all(ends[0] <= tick <= ends[1] for tick in found)
