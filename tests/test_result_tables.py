"""Tables of results: what they print is what the exports hold, and what laws say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from capacity.discover import rules
from capacity.keys import Sphere
from capacity.prose import words
from capacity.questions import invert
from capacity.rule import Dims
from paper_figures.discover import figures, tables
from paper_figures.latex import tex_text
from paper_figures.table import Table, print_table
from paper_figures.tables import agreement, audit, capacities, horizons, hypotheses, price
from tests.test_real_heads import audit_table
from tests.test_tables import assert_sound


def fitted(rule: str, d: int, value: float, low: float, high: float, **more: object) -> dict:
    text = "{}" if rule == "hebbian" else '{"beta": 1.0}'
    return {
        **{"rule": rule, "parameters": text, "keys": "sphere", "d_k": d, "d_v": d},
        **{"criterion": "cos2=0.5", "value": value, "low": low, "high": high},
        **{"censored": bool(np.isinf(high)), "smallest": 2.0, "largest": 48.0, "points": 15},
        **{"trials": 60, "blocks": 20, "resamples": 1000, "confidence": 0.95, **more},
    }


SIZES = pd.DataFrame(
    [
        fitted("hebbian", 8, 9.2, 8.4, 10.1),
        fitted("hebbian", 16, 17.6, 16.7, 18.9),
        fitted("delta", 8, 20.0, 19.0, 21.0),  # far from its law
        fitted("delta", 16, 48.0, 45.0, np.inf),
    ]
)
AGES = pd.DataFrame(
    [fitted("delta", 16, 6.1, 4.9, 7.4, items=128), fitted("hebbian", 16, 0.0, 0.0, 0.0, items=128)]
)


def printed(table: Table, frame: pd.DataFrame) -> tuple[str, str]:
    """LaTeX and Markdown of these rows, the LaTeX found to be sound."""
    made = Table(
        table.name,
        table.title,
        table.columns,
        lambda _: frame,
        table.caption,
        group=table.group,
        sideways=table.sideways,
        numbers=table.numbers,
        section=table.section,
    )
    files = print_table(made, {}, command="test", preset="quick")
    text = files[f"{table.name}.tex"].decode()
    assert_sound(text)
    return text, files[f"{table.name}.md"].decode()


def test_capacities_stand_beside_their_laws() -> None:
    frame = capacities.data({"capacity": SIZES, "loads": loads()})
    row = frame.set_index("rule").loc["hebbian"]
    for d in (8, 16):
        assert row[f"law_{d}"] == invert("hebbian", d_k=d, criterion="cos2=0.5")["capacity"]
        assert row[f"agrees_{d}"]
    text, table = printed(capacities.TABLE, frame)
    assert r"17.6 & $_{-0.9}^{+1.3}$ & 17 \\" in text
    assert "| ≥45 |" in table
    assert not frame.set_index("rule").loc["delta", "agrees_8"]  # the control
    assert "Of 3 intervals beside an exact law 2 hold it" in text
    found = capacities.numbers(frame)
    assert (found["Compared"].value, found["Agreeing"].value) == (3, 2)
    assert found["hebbian-D16"].value == 17.6
    assert "Read at the measured loads" not in text


def loads(*items: int) -> pd.DataFrame:
    """Loads of each row of ``SIZES``; every number of pairs where none are given."""
    each = SIZES[["rule", "parameters", "keys", "d_k", "d_v"]]
    return each.merge(pd.DataFrame({"items": items or range(1, 65)}), how="cross")


def test_laws_that_coarse_loads_misplace_are_read_at_these() -> None:
    """The Hebbian law 1 / (1 + (N - 1) / d) on the line from N = 5 to N = 40."""
    frame = capacities.data({"capacity": SIZES, "loads": loads(5, 40)})
    ends = [1 / (1 + (n - 1) / 16) for n in (5, 40)]
    read = 5 + 35 * (ends[0] - 0.5) / (ends[0] - ends[1])
    row = frame.set_index("rule").loc["hebbian"]
    assert row["read_16"] == pytest.approx(read)
    told = f"{read:.2f} at $d = 16$ (exactly: $N^* = 17$)"
    assert told in capacities.caption(frame)
    assert capacities.numbers(frame)["hebbian-D16 read"].value == pytest.approx(read)


def test_horizons_stand_beside_both_laws() -> None:
    frame = horizons.data({"lifelong": AGES}).set_index("rule")
    recall = rules()["delta"]().law(Sphere(), Dims(16, 16, 128)).recall(128)
    assert frame.loc["delta", "law_16"] == np.flatnonzero(recall.cos2 >= 0.5)[-1]
    assert frame.loc["delta", "endless_16"] == frame.loc["delta", "law_16"]
    assert frame.loc["delta", "agrees_16"]
    assert pd.isna(frame.loc["hebbian", "measured_16"])
    assert frame.loc["hebbian", "measured_16_reason"] == "the newest pair already fails"
    text, _ = printed(horizons.TABLE, frame.reset_index())
    assert r"$N = 8\,d$ pairs" in text


def recall_rows(shift: float) -> pd.DataFrame:
    """Measurements of the delta rule at every age, scattered around the law by their error."""
    items, rng = 400, np.random.default_rng(0)
    recall = rules()["delta"]().law(Sphere(), Dims(16, 16, items)).recall(items)
    rows = pd.DataFrame({"age": np.arange(items), "items": items, "trials": 200})
    for name in agreement.QUANTITIES:
        error = 0.01 * np.ones(items)
        rows[f"{name}_stderr"] = error
        rows[name] = getattr(recall, name) + error * (rng.standard_normal(items) + shift)
    text = {"rule": "delta", "parameters": '{"beta": 1.0}', "keys": "sphere"}
    return rows.assign(**text, d_k=16, d_v=16).astype({"age": "Int64"})


def frames(shift: float) -> dict[str, pd.DataFrame]:
    rows = recall_rows(shift)
    mean = rows.tail(1).assign(age=pd.array([None], dtype="Int64"))
    for name in agreement.QUANTITIES:
        mean[name] = rows[name].mean()
    return {"forgetting": rows, "recall": mean}


@pytest.mark.parametrize("shift", [0.0, 2.5])
def test_agreement_tells_laws_that_hold_from_laws_that_do_not(shift: float) -> None:
    frame = agreement.data(frames(shift)).set_index("quantity")
    row = frame.loc["mse"]
    assert abs(row["mean"] - shift) < 4 / np.sqrt(row["cells"])
    assert abs(row["spread"] - 1) < 4 / np.sqrt(2 * row["cells"])
    assert row["bound"] == pytest.approx(stats.t.isf(0.025 / row["cells"], 199))
    assert (row["largest"] > row["bound"]) == (shift > 0)
    assert (row["within"] > 0.9) == (shift == 0)
    text, table = printed(agreement.TABLE, frame.reset_index())
    assert {line.count("|") for line in table.split("\n") if line.startswith("|")} == {11}
    assert f"{0 if shift == 0 else 3} are beyond the bound" in text


def verdicts() -> pd.DataFrame:
    reach = 0.1 * stats.t.isf(0.025, 7)
    row = {
        **{"name": "one", "question": "Q1", "statement": "N* grows as d_k^2.", "effect_is": "x"},
        **{"predicted": 1.0, "status": "exact", "supported_from": 0.5, "supported_to": np.inf},
        **{"minimal": 0.1, "power": 0.9, "n": 8, "effect": 1.234, "stderr": 0.1},
        **{"low": 1.234 - reach, "high": 1.234 + reach, "p_holm": 1e-5, "note": ""},
        **{"verdict": "supported", "verdict_holm": "supported"},
    }
    other = {**row, "name": "two", "question": "limits", "predicted": np.nan, "status": None}
    other |= {"p_holm": 0.2, "verdict_holm": "undecided"}
    return pd.DataFrame([row, other])


def test_hypotheses_say_effect_interval_and_verdict() -> None:
    frame = hypotheses.data({"hypotheses": verdicts()})
    assert list(frame["name"]) == ["two", "one"]
    assert frame["level"].iloc[0] == pytest.approx(0.95)
    text, table = printed(hypotheses.TABLE, frame)
    assert "1.23(10)" in text
    assert "1.23(10)" in table
    assert "$0.998$ to $1.47$" in text
    assert "1 supported, 0 refuted, 1 undecided (1 of them decided alone)" in text
    assert r"95 \% interval" in text
    assert words("N* grows as d_k^2.") in text
    assert hypotheses.numbers(frame)["one-verdict"].text == "supported"


def test_price_is_what_rules_declare() -> None:
    frame = price.data({}).set_index("rule")
    assert len(frame) == len(rules())
    rule, dims = rules()["delta"](), Dims(price.D, price.D, price.T)
    assert frame.loc["delta", "scalars"] == rule.state_scalars(dims, price.T)
    assert frame.loc["delta", "write"] == rule.cost(dims, price.T).write
    assert frame.loc["softmax", "growth"] == "grows"
    assert (frame.loc["delta", "kernel"], frame.loc["softmax", "kernel"]) == (
        "chunkwise",
        "step by step",
    )
    printed(price.TABLE, frame.reset_index())


def test_real_heads_have_medians_with_intervals() -> None:
    rows = audit_table().assign(measured_median=1.0, raw=2.0)
    frame = audit.data({"audit": rows})
    heads = rows[(rows["ages"] == "all") & (rows["rule"] == "hebbian")]
    ratio = heads["measured"] / heads["given_keys"]
    row = frame.set_index("rule").loc["hebbian"]
    assert row["keys"] == pytest.approx(ratio.median())
    assert (row["keys_low"], row["keys_high"]) == (ratio.min(), ratio.max())  # of 6, as they must
    assert frame.set_index("rule").loc["delta", "covariance_reason"] == "no prediction"
    printed(audit.TABLE, frame)


def test_intervals_of_medians_cover() -> None:
    """Of 2000 samples of 21, 95 % or a little more (ranks are whole); the control: their middle."""
    samples = np.random.default_rng(5).standard_normal((2000, 21))
    found = np.array([audit.median_interval(each) for each in samples])
    covered = ((found[:, 1] <= 0) & (found[:, 2] >= 0)).mean()
    exact = 1 - 2 * stats.binom.cdf(5, 21, 0.5)
    assert abs(covered - exact) < 4 * np.sqrt(exact * (1 - exact) / 2000)
    assert exact >= audit.LEVEL
    halved = ((found[:, 1] / 2 <= 0) & (found[:, 2] / 2 >= 0.1)).mean()
    assert halved < audit.LEVEL
    assert np.isnan(audit.median_interval(np.ones(3))[1])


def test_outputs_have_names_of_their_own() -> None:
    assert not set(figures()) & set(tables())


def test_comparisons_are_safe_for_latex() -> None:
    assert tex_text("a < b | c") == "a $<$ b $|$ c"
