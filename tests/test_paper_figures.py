"""The paper's Figures 2 and 3 and their companions: drawn as described, from what was measured."""

import json
import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from torch.nn.functional import gelu

from capacity.discover import rule_class
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.rule import Dims
from capacity.values import parse_values
from experiments.passes import Pass, run_pass
from paper_figures.discover import figures
from paper_figures.network import THINNEST, WIDEST, column, line_width
from paper_figures.pairs import pairs
from paper_figures.style import Style
from tests.test_figures import assert_drawn, drawn, lines

D, ITEMS, COLUMNS = 4, (4, 8), (1, 2)


def swept(
    probe: str,
    rule: str,
    parameters: dict[str, float],
    d_k: int = D,
    d_v: int = D,
    items: tuple[int, ...] = ITEMS,
    trials: int = 6,
    **more: str,
) -> pd.DataFrame:
    """What a sweep holds for one pass."""
    values = rule_class(rule).with_values(**parameters).values()
    text = json.dumps(values, sort_keys=True)
    return run_pass(Pass(rule, text, "sphere", d_k, d_v, items, trials, probe=probe, **more))  # type: ignore[arg-type]


# Figure 2: a net that grows


@pytest.fixture(scope="module")
def growing() -> pd.DataFrame:
    return figures()["growing_network"].data({})


def matrix(rows: pd.DataFrame, layer: int) -> torch.Tensor:
    """The weight matrix (targets, sources) of one layer."""
    found = rows[rows["layer"] == layer].pivot(index="target", columns="source", values="weight")
    return torch.tensor(found.to_numpy(), dtype=torch.float64)


def softmax_net(rows: pd.DataFrame, query: torch.Tensor) -> torch.Tensor:
    """The net that the weights of the table make: softmax over the hidden units."""
    scores = matrix(rows, 0) @ query / rows["bandwidth"].iloc[0] ** 2
    return matrix(rows, 1) @ torch.softmax(scores, 0)


def test_the_growing_net_is_the_rule_that_ships(growing: pd.DataFrame) -> None:
    rule = rule_class("softmax")(bandwidth=growing["bandwidth"].iloc[0])
    keys, values = pairs(3, 2, 5, seed=3)
    query = torch.tensor([0.6, 0.0, -0.8], dtype=torch.float64)
    for t, rows in growing.groupby("t"):
        dims = Dims(3, 2, int(t))
        state = rule.write_stream(rule.init(dims, (1,)), keys[None, :t], values[None, :t])
        expected = rule.read_stream(state, query[None, None])[0, 0]
        torch.testing.assert_close(softmax_net(rows, query), expected, rtol=1e-12, atol=1e-14)
        moved = rows.assign(weight=rows["weight"] + 1e-6 * (rows["unit"] == 1))
        if t > 1:  # the control: a weight that is not the state's
            assert not torch.allclose(softmax_net(moved, query), expected, rtol=1e-12)


def weight_lines(ax: object) -> dict[tuple[int, int, int], Line2D]:
    found = {}
    for line in ax.lines:  # type: ignore[attr-defined]
        kind, *where = str(line.get_gid()).split(" ")
        if kind == "weight":
            layer, source, target = map(int, where)
            found[layer, source, target] = line
    return found


def assert_weights_drawn(ax: object, rows: pd.DataFrame, largest: float) -> None:
    """One line a weight: width in proportion to magnitude, dashed where negative."""
    found = weight_lines(ax)
    assert len(found) == len(rows)
    for _, row in rows.iterrows():
        line = found[row["layer"], row["source"], row["target"]]
        share = abs(row["weight"]) / largest
        assert line.get_linewidth() == pytest.approx(THINNEST + (WIDEST - THINNEST) * share)
        assert (line.get_linestyle() == "-") == (row["weight"] >= 0)


@pytest.mark.parametrize("columns", COLUMNS)
def test_the_growing_net_is_drawn_from_its_table(growing: pd.DataFrame, columns: int) -> None:
    canvas = drawn(figures()["growing_network"], growing, Style("neurips", columns))
    largest = growing["weight"].abs().max()
    for (t, rows), ax in zip(growing.groupby("t"), canvas.axes, strict=True):
        assert ax.get_title() == f"$t={t}$"
        assert_weights_drawn(ax, rows, largest)
        for _, row in rows.iterrows():  # the newest unit black, older ones grey
            line = weight_lines(ax)[row["layer"], row["source"], row["target"]]
            assert (to_hex(line.get_color()) == "#000000") == (row["unit"] == t)
        hidden = [line for line in ax.lines if str(line.get_gid()).startswith("unit 1 ")]
        assert len(hidden) == t
        flipped = rows.assign(weight=-rows["weight"])  # the control
        with pytest.raises(AssertionError):
            assert_weights_drawn(ax, flipped, largest)


def test_units_stay_where_they_are_as_the_net_grows() -> None:
    assert column(1, 2, slots=5) == column(1, 5, slots=5)[:2]
    assert [place.y for place in column(0, 3)] == [1, 0, -1]


def test_a_weight_beyond_the_largest_is_refused() -> None:
    assert line_width(-2.0, 2.0) == WIDEST
    with pytest.raises(InputError, match=r"at most 2\.0 in magnitude, got -3\.0"):
        line_width(-3.0, 2.0)


# Figure 3: a net that is trained


@pytest.fixture(scope="module")
def trained() -> pd.DataFrame:
    return figures()["trained_network"].data({})


def step_on(rows: pd.DataFrame, pair: int) -> torch.Tensor:
    """- grad of |v - W2 gelu(W1 k)/sqrt(H)|^2/2 on one pair, in the order of the rows."""
    keys, values = pairs(3, 2, 4, seed=3)
    W1, W2 = (matrix(rows, layer).requires_grad_() for layer in (0, 1))
    guess = W2 @ gelu(W1 @ keys[pair]) / math.sqrt(len(W1))
    down = torch.autograd.grad((values[pair] - guess).square().sum() / 2, (W1, W2))
    return -torch.cat([g.flatten() for g in down])


def test_the_step_is_the_printed_one(trained: pd.DataFrame) -> None:
    before, after = (trained[trained["when"] == x].reset_index() for x in ("before", "after"))
    change = torch.tensor(after["change"].to_numpy(), dtype=torch.float64)
    torch.testing.assert_close(change, step_on(before, 2), rtol=1e-10, atol=1e-14)
    assert not torch.allclose(change, step_on(before, 1), rtol=1e-3)  # another pair's
    np.testing.assert_allclose(after["weight"], before["weight"] + after["change"], atol=1e-14)
    assert after["loss"].iloc[0] < before["loss"].iloc[0]


@pytest.mark.parametrize("columns", COLUMNS)
def test_the_trained_net_is_drawn_from_its_table(trained: pd.DataFrame, columns: int) -> None:
    canvas = drawn(figures()["trained_network"], trained, Style("neurips", columns))
    left, arrow, right = canvas.axes
    largest = trained["weight"].abs().max()
    for ax, when in ((left, "before"), (right, "after")):
        assert_weights_drawn(ax, trained[trained["when"] == when], largest)
    words = [{text.get_text() for text in ax.texts} for ax in (left, arrow, right)]
    assert words[0] == {"$k_t$", r"$\hat{v}_t$"}
    assert words[2] == {"$q_t$", "$y_t$"}
    assert r"$\theta_t = \theta_{t-1} - \nabla_{\!\theta}\, L(v_t, \hat{v}_t)$" in words[1]
    colours = {to_hex(line.get_color()) for line in weight_lines(left).values()}
    assert len(colours) == 1  # nothing has moved yet
    rows = trained[trained["when"] == "after"]
    most = rows.loc[rows["change"].abs().idxmax()]
    line = weight_lines(right)[most["layer"], most["source"], most["target"]]
    assert to_hex(line.get_color()) == "#aa4499"  # the family's colour, in full


# Their companions, and that of Figure 1


@pytest.fixture(scope="module")
def regressed() -> pd.DataFrame:
    cells = [
        swept(
            "future", "softmax", {"bandwidth": h}, 2, 1, (1, 3, 16), 80, values="teacher:signal=1"
        )
        for h in (0.28, 1.2)
    ]
    return pd.concat(cells, ignore_index=True)


@pytest.mark.parametrize("columns", COLUMNS)
def test_errors_of_attention_are_drawn_as_measured_and_by_law(
    regressed: pd.DataFrame, columns: int
) -> None:
    figure = figures()["regression_error"]
    frame = figure.data({"regression": regressed})
    renamed = frame.assign(mse=frame["y"])
    canvas = drawn(figure, frame, Style("neurips", columns))
    assert_drawn(canvas, renamed, ["kind", "panel", "series"], "x")
    with pytest.raises(AssertionError):
        assert_drawn(
            canvas, renamed.assign(mse=frame["y"] * 1.01), ["kind", "panel", "series"], "x"
        )
    for words, name in (("unseen", "error"), ("stored", "stored_mse")):
        of = frame[frame["series"] == f"{words} keys, $N = 16$"].set_index("x")["y"]
        dots = regressed[regressed["items"] == 16]
        kinds = frame.loc[frame["series"] == f"{words} keys, $N = 16$", "kind"].to_numpy()
        assert of[kinds == "measured"].tolist() == dots[name].tolist()
        law = rule_class("softmax")(bandwidth=1.2).taught(
            Sphere(), Dims(2, 1), parse_values("teacher:signal=1")
        )
        assert law is not None
        told = law.future(16).error[-1] if words == "unseen" else law.stored(16).mse.mean()
        assert of[kinds == "law"][1.2] == told
    text = figure.caption(frame)
    assert "means over 80 streams" in text
    best = frame[(frame["series"] == "unseen keys, $N = 3$") & (frame["kind"] == "law")]
    at = best.sort_values("y").iloc[0]
    assert f"{at['x']:.2f} ($N = 3$, error {at['y']:.2g})" in text


@pytest.fixture(scope="module")
def grown() -> pd.DataFrame:
    shown = (("softmax", {}), ("hebbian", {}), ("sliding_window", {"window": 4, "bandwidth": 0.5}))
    return pd.concat([swept("growth", rule, dict(p)) for rule, p in shown], ignore_index=True)


@pytest.mark.parametrize("columns", COLUMNS)
def test_growth_draws_counts_and_declarations(grown: pd.DataFrame, columns: int) -> None:
    figure = figures()["growth"]
    own = grown[grown["rule"] == "hebbian"].assign(rule="my_rule", parameters="{}")
    frame = figure.data({"growth": pd.concat([grown, own], ignore_index=True)})
    by = ["kind", "quantity", "rule", "parameters"]
    renamed = frame.assign(mse=frame["value"])
    canvas = drawn(figure, frame, Style("icml", columns))
    assert_drawn(canvas, renamed, by, "items")
    with pytest.raises(AssertionError):
        assert_drawn(canvas, renamed.assign(mse=renamed["mse"] + 1), by, "items")
    assert frame.loc[frame["rule"] == "my_rule", "kind"].unique().tolist() == ["measured"]
    state = frame[(frame["quantity"] == "state") & (frame["rule"] == "softmax")]
    for kind in ("measured", "law"):
        assert state.loc[state["kind"] == kind, "value"].tolist() == [2 * D * n for n in ITEMS]
    hebbian = frame[(frame["quantity"] == "state") & (frame["rule"] == "hebbian")]
    assert set(hebbian["value"]) == {D * D}
    text = figure.caption(frame)
    assert rf"Softmax attention: ${2 * D}\,t$" in text
    assert f"Hebbian: {D * D};" in text
    assert "equal in all 6 dots for the state" in text


TEACHER = "teacher:signal=0.8"
COUNTS = (1, 3)


def written() -> Iterator[pd.DataFrame]:
    cells = [(k, 1) for k in (0, *COUNTS)] + [(k, k) for k in COUNTS if k > 1]
    for rule, parameters in (("delta", {"beta": 0.5}), ("ttt_mlp", {})):
        for steps, earlier in cells:
            options = json.dumps({"steps": steps, "earlier": earlier})
            yield swept("steps", rule, dict(parameters), values=TEACHER, options=options)


@pytest.fixture(scope="module")
def stepped() -> pd.DataFrame:
    return pd.concat(list(written()), ignore_index=True)


BY = ["kind", "repeated", "loss", "rule", "parameters"]


@pytest.mark.parametrize("columns", COLUMNS)
def test_losses_after_steps_are_the_table(stepped: pd.DataFrame, columns: int) -> None:
    figure = figures()["inner_steps"]
    own = stepped[stepped["rule"] == "ttt_mlp"].assign(rule="my_rule", parameters="{}")
    frame = figure.data({"steps": pd.concat([stepped, own], ignore_index=True)})
    canvas = drawn(figure, frame, Style("neurips", columns))
    assert_drawn(canvas, frame, BY, "steps")
    with pytest.raises(AssertionError):
        assert_drawn(canvas, frame.assign(mse=frame["mse"] * 1.001), BY, "steps")
    assert set(frame["items"]) == {min(ITEMS)}
    assert set(frame.loc[frame["kind"] == "law", "rule"]) == {"delta"}
    assert bars(canvas) == set(frame.loc[frame["kind"] == "measured", "mse_stderr"].round(10))


def bars(canvas: Canvas) -> set[float]:
    """Half the heights of the error bars."""
    segments = [s for ax in canvas.axes for c in ax.collections for s in c.get_segments()]
    return {float(np.round((s[1, 1] - s[0, 1]) / 2, 10)) for s in segments}


def test_the_law_of_several_steps_is_that_of_one_longer_step(stepped: pd.DataFrame) -> None:
    frame = figures()["inner_steps"].data({"steps": stepped})
    rows = frame[(frame["kind"] == "law") & (frame["repeated"] == "every")]
    items = min(ITEMS)
    for steps in COUNTS:
        longer = rule_class("delta")(beta=1 - 0.5**steps)
        law = longer.taught(Sphere(), Dims(D, D), parse_values(TEACHER))
        assert law is not None
        stored = law.stored(items).mse
        expected = [stored[0], stored[1:].mean(), law.future(items).error[-1]]
        at = rows[rows["steps"] == steps].set_index("loss")["mse"]
        np.testing.assert_allclose(at[["newest", "stored", "unseen"]], expected, rtol=1e-12)


def test_captions_of_the_companions_state_their_data(
    stepped: pd.DataFrame, growing: pd.DataFrame, trained: pd.DataFrame
) -> None:
    figure = figures()["inner_steps"]
    frame = figure.data({"steps": stepped})
    text = figure.caption(frame)
    assert f"$N = {min(ITEMS)}$ pairs, means over 6 streams" in text
    assert "explains 0.8 of" in text
    assert "no law: TTT-MLP." in text
    linear = figure.caption(frame[frame["rule"] == "delta"])  # the control: other data, other text
    assert "no law" not in linear
    assert "1, 2 and 5 units" in figures()["growing_network"].caption(growing)
    assert "t = 3" in figures()["trained_network"].caption(trained)
    loss = trained.groupby("when")["loss"].first()
    assert f"{loss['before']:.2f} to {loss['after']:.2f}" in figures()["trained_network"].caption(
        trained
    )


def test_lines_of_a_schematic_carry_their_names(growing: pd.DataFrame) -> None:
    canvas = drawn(figures()["growing_network"], growing)
    assert {gid.split(" ")[0] for gid in lines(canvas)} == {"weight", "unit"}
