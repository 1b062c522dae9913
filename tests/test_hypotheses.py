"""Hypotheses: declared without data, able to come out either way, judged by stated statistics."""

import itertools
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from typer.testing import CliRunner

import experiments.__main__ as measurements
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.recall import Status
from capacity.rule import Dims
from experiments import hypothesis as declared
from experiments.curves import crossing, exponent, lowest, reach, rows
from experiments.expected import by_laws, expected
from experiments.hypothesis import Hypothesis, Prediction, find_hypotheses, hypotheses
from experiments.judge import all_passes, declarations, plans, save, verdicts
from experiments.passes import Pass, run_pass
from experiments.runner import execute, missing
from experiments.store import Store
from experiments.sweep import Grid
from experiments.verdict import (
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    Estimate,
    holm,
    judge,
    p_value,
    verdict,
)
from tests.worlds import WORLDS, measured

ALL = hypotheses()
RUNNER = CliRunner()
TEMPLATE = Path(__file__).parent.parent / "examples" / "my_hypothesis.py"


def small(**changes: object) -> Hypothesis:
    """A hypothesis that is quick to measure: 4 replicates of 8 streams."""
    grid = Grid(rules={"hebbian": ({},)}, loads=(1.0,), trials=8, dims=((8, 8),))
    fields: dict[str, object] = {
        "name": "small",
        "question": "limits",
        "statement": "Hebbian error at N = d_k is near 1 - 1/d_k.",
        "effect": "mean squared error",
        "grids": lambda preset: (grid,),
        "statistic": lambda frame: float(rows(frame, mean=True)["mse"].iloc[0]),
        "prediction": lambda preset: Prediction(0.5, 1.5),
        "replicates": {"quick": 4},
        "spread": {"quick": 0.1},
        "minimal": 0.2,
    }
    return Hypothesis(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ALL)
def test_a_declaration_needs_no_data(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Store, "load", lambda *_: pytest.fail("a declaration read data"))
    hypothesis = ALL[name]
    assert {"quick", "paper"} <= set(hypothesis.replicates)
    row = declarations([hypothesis], "quick")[0]
    assert 0.5 < row["power"] <= 1
    assert row["supported_from"] < row["supported_to"]
    assert (row["predicted"] is None) == (row["status"] is None)
    assert row["predicted"] is None or np.isfinite(row["predicted"])
    assert list(tmp_path.iterdir()) == []


def test_every_hypothesis_has_its_worlds() -> None:
    assert set(WORLDS) == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_hypothesis_can_come_out_either_way(name: str) -> None:
    """Its own grids and statistic, on made-up measurements of a world on each side."""
    hypothesis = ALL[name]
    for world, outcome in zip(WORLDS[name], (SUPPORTED, REFUTED), strict=True):
        effect = hypothesis.statistic(measured(hypothesis, world))
        found = verdict(hypothesis, "quick", [effect, effect + 1e-6])
        assert found.verdict == outcome, effect


@pytest.mark.parametrize("name", ALL)
def test_every_rule_of_decision_gives_all_three_verdicts(name: str) -> None:
    hypothesis = ALL[name]
    predicted = hypothesis.prediction("quick")
    edge, side = (predicted.low, 1) if np.isfinite(predicted.low) else (predicted.high, -1)
    step = hypothesis.minimal * side
    for shift, outcome in ((step, SUPPORTED), (-step, REFUTED), (0.0, UNDECIDED)):
        effects = edge + shift + hypothesis.minimal * np.array([-0.01, 0.0, 0.01])
        assert verdict(hypothesis, "quick", list(effects)).verdict == outcome


def test_no_two_studies_share_a_stream() -> None:
    blocks = [
        hypothesis.seeds(preset, pilot=pilot)
        for hypothesis in ALL.values()
        for preset in hypothesis.replicates
        for pilot in (False, True)
    ]
    seeds = [seed for block in blocks for seed in block]
    assert len(set(seeds)) == len(seeds)
    assert min(seeds) > 1000  # sweeps of figures use small seeds
    assert max(seeds) < 2**31
    for hypothesis in ALL.values():
        by_seed = hypothesis.plan("quick")
        assert {work.seed for works in by_seed.values() for work in works} == set(by_seed)


def test_the_t_interval_is_the_textbooks() -> None:
    effects = [0.2, 0.5, 0.4, 0.9, 0.1]
    found = Estimate(tuple(effects)).interval(0.05)
    textbook = stats.ttest_1samp(effects, 0.0).confidence_interval(0.95)
    assert found == pytest.approx((textbook.low, textbook.high), rel=1e-12)


def test_p_of_one_edge_is_the_t_tests() -> None:
    effects = (0.2, 0.5, 0.4, 0.9, 0.1)
    p = p_value(Estimate(effects), Prediction(0.1, np.inf))
    assert p == pytest.approx(stats.ttest_1samp(effects, 0.1).pvalue, rel=1e-12)


@given(
    st.lists(st.floats(-3, 3), min_size=2, max_size=6),
    st.floats(-1, 0),
    st.floats(0.1, 1),
    st.sampled_from([0.01, 0.05, 0.3]),
)
def test_decided_means_p_below_alpha(
    effects: list[float], low: float, width: float, alpha: float
) -> None:
    found, region = Estimate(tuple(effects)), Prediction(low, low + width)
    p = p_value(found, region)
    if abs(p - alpha) > 1e-9 and not (found.stderr == 0 and p == 1):
        assert (judge(found, region, alpha) != UNDECIDED) == (p < alpha)


def test_power_is_what_simulation_finds() -> None:
    """Of 4000 studies, within 4 standard errors; a study of half the size is refused."""
    hypothesis = small(replicates={"quick": 5}, spread={"quick": 0.25}, minimal=0.3)
    one_edge = replace(hypothesis, prediction=lambda preset: Prediction(0.0, np.inf))
    rng = np.random.default_rng(1)
    studies = 0.3 + 0.25 * rng.standard_normal((4000, 5))
    decided = [judge(Estimate(tuple(x)), Prediction(0.0, np.inf), 0.05) for x in studies]
    share = decided.count(SUPPORTED) / 4000
    slack = 4 * np.sqrt(share * (1 - share) / 4000)
    assert abs(share - one_edge.power("quick")) < slack
    fewer = replace(one_edge, replicates={"quick": 3})
    assert abs(share - fewer.power("quick")) > slack
    assert hypothesis.power("quick") < one_edge.power("quick")  # two edges can be missed


def test_a_true_edge_is_seldom_left() -> None:
    """At an effect on the edge, 5 % of verdicts are decided, within 4 standard errors."""
    rng = np.random.default_rng(2)
    studies = rng.standard_normal((4000, 4))
    decided = sum(
        judge(Estimate(tuple(x)), Prediction(0.0, 9.0), 0.05) != UNDECIDED for x in studies
    )
    assert abs(decided / 4000 - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 4000)


def family(ps: list[float]) -> list[float]:
    """Holm's adjusted p of verdicts with these p."""
    base = verdict(small(), "quick", [1.0, 1.1])
    judged = [replace(base, p=p, verdict=SUPPORTED) for p in ps]
    return [each.p_holm for each in holm(judged, [0.05] * len(ps))]


def test_holm_by_hand() -> None:
    assert family([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert family([0.03]) == [0.03]
    base = verdict(small(), "quick", [1.0, 1.1])
    judged = [replace(base, p=p, verdict=SUPPORTED) for p in (0.01, 0.03, 0.04)]
    kept = [each.verdict_holm for each in holm(judged, [0.05] * 3)]
    assert kept == [SUPPORTED, UNDECIDED, UNDECIDED]


def test_holm_controls_the_family_where_single_tests_do_not() -> None:
    rng = np.random.default_rng(3)
    ps = rng.random((1000, 10))
    alone = (ps.min(axis=1) < 0.05).mean()
    corrected = np.mean([min(family(list(row))) < 0.05 for row in ps])
    slack = 4 * np.sqrt(0.05 * 0.95 / 1000)
    assert corrected < 0.05 + slack
    assert alone > 0.05 + slack


def test_a_replicate_without_effect_leaves_the_verdict_open_and_is_told() -> None:
    found = verdict(small(), "quick", [1.0, float("nan"), 1.0])
    assert found.verdict == UNDECIDED
    assert found.p == 1
    assert found.note == "1 of 3 replicates have no effect"


def test_a_spread_beyond_the_declared_one_is_told() -> None:
    assert "exceeds the declared 0.1" in verdict(small(), "quick", [0.1, 1.0, 1.9]).note
    assert verdict(small(), "quick", [0.9, 1.0, 1.1]).note == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"question": "Q4"}, "Unknown question of small 'Q4'"),
        ({"spread": {"paper": 0.1}}, "same presets"),
        ({"spread": {"quick": 0.0}}, "0 < spread < inf, got 0"),
        ({"minimal": -1.0}, "0 < minimal < inf, got -1"),
        ({"alpha": 1.0}, "0 < alpha < 1, got 1"),
        ({"replicates": {"quick": 1}}, "2 <= replicates <= 2048, got 1"),
    ],
)
def test_impossible_declarations_say_what_is_allowed(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        small(**changes)


def test_a_region_must_leave_room_for_either_verdict() -> None:
    with pytest.raises(InputError, match="nothing could refute it"):
        Prediction(-np.inf, np.inf)
    with pytest.raises(InputError, match="low < high"):
        Prediction(1.0, 1.0)
    with pytest.raises(InputError, match=r"minimal <= 0.5, half the width"):
        small(minimal=0.6).power("quick")


def law_and_probe(work: Pass, column: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, Status]:
    """Expected and measured means of a pass, and standard errors."""
    found = expected(work)
    assert found is not None
    law, probe = found[0], run_pass(work)
    if "age" in probe:
        law, probe = rows(law, mean=True), rows(probe, mean=True)
    error = probe[f"{column}_stderr"]
    return law[column].to_numpy(), probe[column].to_numpy(), error.to_numpy(), found[1]


@pytest.mark.parametrize(
    ("column", "changes", "slack", "status"),
    [
        ("mse", {}, 0.0, Status.EXACT),
        ("mse", {"values": "teacher:signal=0.6"}, 0.0, Status.EXACT),
        ("error", {"probe": "future", "values": "teacher:signal=0.6"}, 0.0, Status.EXACT),
        ("stored_mse", {"probe": "future", "values": "teacher:signal=0.6"}, 0.0, Status.EXACT),
        # the Gaussian noise model of accuracy: asymptotic in d_v
        ("accuracy", {"probe": "accuracy", "options": '{"candidates": 100}'}, 1 / 32, "asymptotic"),
    ],
)
def test_expectations_meet_the_probes(
    column: str, changes: dict[str, str], slack: float, status: Status
) -> None:
    fields = {"rule": "delta", "parameters": '{"beta": 0.7}', "keys": "sphere", "trials": 400}
    work = Pass(**{**fields, "d_k": 32, "d_v": 32, "checkpoints": (24, 48), **changes})  # type: ignore[arg-type]
    law, probe, error, found = law_and_probe(work, column)
    assert found == status
    assert (np.abs(probe - law) < 4 * error + slack).all()
    assert not (np.abs(probe - 1.2 * law) < 4 * error + slack).any()


def test_no_law_is_no_prediction() -> None:
    grid = Grid(rules={"atlas": ({},)}, loads=(1.0,), trials=2, dims=((4, 4),))
    found = by_laws((grid,), lambda frame: 1.0, low=0.0, high=1.0)
    assert found == Prediction(0.0, 1.0, None, None)


def test_accuracy_among_stored_values_by_hand() -> None:
    from capacity.discover import rules
    from experiments.probes.accuracy import accuracy_probe
    from experiments.streams import streams

    dims, items, trials = Dims(6, 6), 20, 5
    found = accuracy_probe(rules()["hebbian"](), Sphere(), dims, (items,), trials=trials)
    keys, values = streams(Sphere(), dims, range(trials), items)
    won = []
    for k, v in zip(keys.numpy(), values.numpy(), strict=True):
        v = v / np.linalg.norm(v, axis=1, keepdims=True)
        o = k @ (v.T @ k).T
        won.append(np.mean((o @ v.T).argmax(axis=1) == np.arange(items)))
    assert float(found[items].mean) == pytest.approx(np.mean(won), abs=1e-12)
    assert float(found[items].mean) != pytest.approx(np.mean(won[:-1]), abs=1e-12)


@pytest.mark.parametrize("given_candidates", [1, 2.5, "fresh"])
def test_impossible_alphabets_are_refused(given_candidates: object) -> None:
    options = json.dumps({"candidates": given_candidates})
    work = Pass("hebbian", "{}", "sphere", 4, 4, (4,), 2, probe="accuracy", options=options)
    with pytest.raises(InputError, match='needs "stored" or a number >= 2'):
        run_pass(work)


def test_replay_holds_the_worst_recalled_pairs() -> None:
    """Against a loop in plain numpy; holding the newest instead gives other numbers."""
    from experiments.streams import streams

    rule = Pass(
        "replay", "{}", "sphere", 4, 4, (9,), 1, rule_file=str(ALL["replay"].rule_file)
    ).rule_type()(beta=0.3, cache=3)
    keys, values = streams(Sphere(), Dims(4, 4), range(1), 9)
    state = rule.write_stream(rule.init(Dims(4, 4), (1,)), keys, values)
    for newest, close in ((False, True), (True, False)):
        S, held = np.zeros((4, 4)), []
        for k, v in zip(keys[0].numpy(), values[0].numpy(), strict=True):
            held.append((k, v))
            S = S + 0.3 * sum(np.outer(b - S @ a, a) for a, b in held)
            if len(held) > 3:
                errors = [np.sum((b - S @ a) ** 2) for a, b in held]
                held.pop(0 if newest else int(np.argmin(errors)))
        assert np.allclose(state.S[0].numpy(), S, rtol=0, atol=1e-12) == close
    one = rule.init(Dims(4, 4))
    from capacity.rule import Token

    for t in range(9):
        one = rule.write(one, Token(keys[0, t : t + 1], values[0, t : t + 1], t))
    torch.testing.assert_close(one.S, state.S[0], rtol=0, atol=1e-12)


def test_curves_find_what_was_put_in() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0])
    assert crossing(x, np.log(x), np.log(3.0)) == pytest.approx(3.0)
    assert crossing(x[::-1], np.log(x[::-1]), np.log(3.0)) == pytest.approx(3.0)
    assert exponent(x, 5 * x**1.7) == pytest.approx(1.7)
    assert lowest(x, (np.log(x) - np.log(3)) ** 2 + 7) == pytest.approx((3.0, 7.0))
    ages = np.arange(30.0)
    assert reach(ages, np.exp(-ages / 10), np.exp(-1.23)) == pytest.approx(12.3)


def test_curves_do_not_extrapolate() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0])
    assert np.isnan(crossing(x, x, 9.0))
    assert np.isnan(crossing(x, x * np.nan, 3.0))
    assert np.isnan(exponent(x, -x))
    assert np.isnan(lowest(x, (np.log(x) - np.log(20)) ** 2)).all()
    assert np.isnan(lowest(x, -((np.log(x) - np.log(3)) ** 2))).all()
    assert np.isnan(reach(x, x, 20.0))


def test_judging_measures_what_is_missing_and_no_more(tmp_path: Path) -> None:
    hypothesis, store = small(), Store(tmp_path)
    planned = plans([hypothesis], "quick")
    execute(missing(all_passes(planned), store), store, workers=1)
    assert missing(all_passes(planned), store) == []
    found = verdicts([hypothesis], "quick", planned, store)[0]
    law = 1 - 1 / 8
    assert found.low < law < found.high
    assert not found.low < 1.5 * law < found.high
    more = replace(hypothesis, replicates={"quick": 5})
    assert len(missing(all_passes(plans([more], "quick")), store)) == 1


def test_verdicts_are_saved_for_readers(tmp_path: Path) -> None:
    judged = [verdict(small(prediction=lambda p: Prediction(0.5, np.inf)), "quick", [1.0, 1.2])]
    content = save(judged, tmp_path / "v.parquet")
    table = pd.read_parquet(tmp_path / "v.parquet")
    assert table.loc[0, "verdict"] == judged[0].verdict
    assert table.loc[0, "supported_to"] == np.inf
    found = json.loads((tmp_path / "v.json").read_text())
    assert found[0]["supported_to"] is None
    assert found[0]["effect"] == pytest.approx(1.1)
    assert set(found[0]) == set(asdict(judged[0])) == set(table.columns)
    other = save([replace(judged[0], effect=1.3)], tmp_path / "v.parquet")
    assert other != content


def ask(*arguments: str) -> str:
    result = RUNNER.invoke(measurements.app, ["test", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def test_a_users_own_file_is_declared_measured_and_judged(tmp_path: Path) -> None:
    copy = tmp_path / "mine.py"
    text = TEMPLATE.read_text().replace('"quick": 6', '"quick": 3')
    copy.write_text(text.replace("momentum_delay", "mine"))
    where = ["--results", str(tmp_path / "r"), "--data", str(tmp_path / "d"), "--workers", "1"]
    both = [str(TEMPLATE), str(copy)]
    declared_rows = json.loads(ask(*both, "--declare", "--json"))
    assert not (tmp_path / "r").exists()
    assert [row["name"] for row in declared_rows] == ["momentum_delay", "mine"]
    found = json.loads(ask(*both, *where, "--json"))
    for row, before in zip(found, declared_rows, strict=True):
        assert row["verdict_holm"] == "supported"
        assert row["p_holm"] >= row["p"]
        assert row["power"] == before["power"]
        assert row["low"] < before["predicted"] < row["high"]
    assert found[1]["n"] == 3
    stored = sorted((tmp_path / "r").iterdir())
    assert len(stored) == 9
    again = ask(*both, *where)
    assert "9 of 9 passes stored, 0 to compute" in again
    assert "supported" in again
    assert sorted((tmp_path / "r").iterdir()) == stored
    assert (tmp_path / "d" / "hypotheses-chosen-quick.parquet").is_file()
    pilot = json.loads(ask(str(copy), *where, "--pilot", "--json"))
    assert set(pilot[0]) == {"name", "spread_declared", "spread_found", "n"}


def test_names_and_files_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("x = 1\n")
    (tmp_path / "broken.py").write_text("import nothing_of_this_name\n")
    taken = tmp_path / "taken.py"
    taken.write_text(TEMPLATE.read_text().replace("momentum_delay", "rank_bound"))
    strange = tmp_path / "strange.py"
    strange.write_text(TEMPLATE.read_text().replace('question="Q2"', 'question="Q7"'))
    for names, message in (
        (["rank_bond"], "did you mean 'rank_bound'"),
        (["nothing"], r"Allowed: FILE\.py, caching, "),
        (
            [str(strange)],
            r"strange\.py cannot be imported: Unknown question .* Allowed: Q1, Q2, Q3",
        ),
        ([str(tmp_path / "absent.py")], r"absent\.py is not a file"),
        ([str(tmp_path / "empty.py")], "must define HYPOTHESIS"),
        ([str(tmp_path / "broken.py")], "cannot be imported"),
        ([str(taken)], "Two hypotheses are named 'rank_bound'"),
        (["rank_bound", str(taken)], "Two hypotheses are named 'rank_bound'"),
    ):
        with pytest.raises(InputError, match=message):
            find_hypotheses(names)
    with pytest.raises(InputError, match=r"preset of hypothesis rank_bound 'fast'.*paper, quick"):
        RUNNER.invoke(
            measurements.app, ["test", "rank_bound", "--preset", "fast"], catch_exceptions=False
        )


def test_a_failing_statistic_is_named(tmp_path: Path) -> None:
    hypothesis = small(statistic=lambda frame: float(frame["no_such_column"].mean()))
    store, planned = Store(tmp_path), plans([hypothesis], "quick")
    execute(all_passes(planned), store, workers=1)
    with pytest.raises(InputError, match="statistic of small failed: KeyError"):
        verdicts([hypothesis], "quick", planned, store)


def test_every_question_of_the_paper_is_asked() -> None:
    assert {each.question for each in ALL.values()} == set(declared.QUESTIONS)


def test_statements_are_not_repeated() -> None:
    for one, two in itertools.combinations(ALL.values(), 2):
        assert one.statement != two.statement
