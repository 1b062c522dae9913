"""Orthogonalised chunks: exact powers, the law of the signal, counts, and what the figure says."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
import torch

from capacity.discover import rule_class
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.newton_schulz import newton_schulz
from capacity.polar_law import (
    amplitude_limit,
    crossover,
    own_signal,
    plain_stream,
    polar_stream,
)
from capacity.rule import Dims, Rule, Token
from experiments.passes import Pass, run_pass
from experiments.probes.accuracy import accuracy_probe
from experiments.probes.recall import recall_probe
from experiments.streams import streams
from experiments.sweep import sweeps
from paper_figures.columns import with_error
from paper_figures.curves import points
from paper_figures.discover import figures
from paper_figures.figures.orthogonalisation import AGES, PLAIN, _beyond, fitted
from paper_figures.figures.orthogonalisation import crossover as measured_crossover

FILE = sweeps()["orthogonalisation"].rule_file
D = 16


def chunk_write(**values: float) -> Rule:
    return rule_class("chunk_write", FILE).with_values(**values)


def measured(probe: str, items: int, trials: int, options: str, **values: float) -> pd.DataFrame:
    text = json.dumps(chunk_write(**values).values(), sort_keys=True)
    return run_pass(
        Pass("chunk_write", text, "sphere", D, D, (items,), trials, probe=probe, options=options,
             rule_file=str(FILE))
    )  # fmt: skip


def written(items: int, **values: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Keys, values and the memory of one stream."""
    rule, dims = chunk_write(chunk=items, **values), Dims(D, D, items)
    k, v = streams(Sphere(), dims, range(1), items)
    return k[0], v[0], rule.write_stream(rule.init(dims, (1,)), k, v).S[0]


@pytest.mark.parametrize("items", [6, 40])
def test_powers_of_a_polar_write_are_exact(items: int) -> None:
    """1 at stored keys, min(1, b/d) at fresh ones, up to rounding; a plain write is the control."""
    k, _, S = written(items)
    own, fresh = (S @ k.T).square().sum(0), S.square().sum() / D
    np.testing.assert_allclose(own.mean(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(fresh, min(1.0, items / D), rtol=1e-12)
    k, _, S = written(items, orthogonal=0)
    assert abs((S @ k.T).square().sum(0).mean() - 1) > 0.05


def test_the_polar_factor_is_scipys() -> None:
    k, v, S = written(40)
    np.testing.assert_allclose(S, scipy.linalg.polar((v.T @ k).numpy())[0], atol=1e-10)
    iterated = written(40, iterations=5)[2]
    torch.testing.assert_close(iterated, newton_schulz(v.T @ k, 5))
    assert abs(iterated - S).max() > 0.01  # five iterations of Muon are no polar factor


def test_streams_agree_with_single_writes() -> None:
    """A stream that ends within a chunk, read before and after it is applied."""
    rule, dims = chunk_write(chunk=4, alpha=0.9), Dims(5, 5, 10)
    k, v = streams(Sphere(), dims, range(1), 10)
    batch = rule.write_stream(rule.init(dims, (1,)), k, v)
    state = rule.init(dims)
    for t in range(10):
        state = rule.write(state, Token(k[0, t : t + 1], v[0, t : t + 1], torch.tensor(t)))
    torch.testing.assert_close(batch.S[0], state.S)
    flushed = rule.flush(state)
    torch.testing.assert_close(rule.read_stream(batch, k)[0, 3], rule.read(flushed, k[0, 3]))
    assert abs(flushed.S - state.S).max() > 0.01  # the last two pairs waited


def test_the_signal_of_a_polar_chunk_is_near_its_law() -> None:
    """Asymptotic: four standard errors and 1/d; the law of twice the load is refused."""
    for load in (0.5, 1.0, 2.0, 8.0):
        items = round(load * D)
        at = recall_probe(chunk_write(chunk=items), Sphere(), Dims(D, D), (items,), trials=200)[0]
        signal, stderr = (float(getattr(at.over_ages["signal"], x)) for x in ("mean", "stderr"))
        allowed = 4 * stderr + own_signal(load) / D
        assert abs(signal - own_signal(load)) < allowed
        assert abs(signal - own_signal(2 * load)) > allowed


@pytest.mark.parametrize("orthogonal", [0, 1])
def test_streams_of_chunks_are_where_the_laws_say(orthogonal: int) -> None:
    """Power is exact, a polar signal within 1/d; z over streams, and a decay that is refused."""
    load, alpha, chunks = 0.5, 0.9, 12
    rule = chunk_write(chunk=8, alpha=alpha, orthogonal=orthogonal)
    at = recall_probe(rule, Sphere(), Dims(D, D), (8 * chunks,), trials=600)[0].over_ages

    def z(decay: float) -> tuple[float, float]:
        law = (
            polar_stream(load, decay, chunks)
            if orthogonal
            else plain_stream(load, decay, chunks, D)
        )
        slack = {"signal": orthogonal * law.signal.mean() / D, "power": 0.0}
        off = {name: abs(at[name].mean - getattr(law, name).mean()) for name in slack}
        found = [max(0.0, off[name] - slack[name]) / float(at[name].stderr) for name in slack]
        return found[0], found[1]

    assert max(z(alpha)) < 4
    assert max(z(0.95)) > 4


def test_the_two_meet_once_and_the_limit_is_the_quarter_circles() -> None:
    assert crossover() == pytest.approx(1.7304, abs=5e-5)
    assert own_signal(1.0) == pytest.approx(0.75)
    np.testing.assert_allclose(own_signal([1 - 1e-9, 1 + 1e-9]), 0.75, atol=1e-8)  # no jump
    assert own_signal(1e4) * 100 == pytest.approx(amplitude_limit(), rel=1e-3)
    gaussian = np.random.default_rng(0).standard_normal((200, 200)) / np.sqrt(200)
    mean = np.linalg.svd(gaussian, compute_uv=False).mean()
    assert mean == pytest.approx(amplitude_limit(), abs=2 / 200)
    assert mean != pytest.approx(0.9 * amplitude_limit(), abs=2 / 200)  # the control
    large = polar_stream(62.5, 1.0, 1).snr[0] / plain_stream(62.5, 1.0, 1, 10**9).snr[0]
    assert amplitude_limit() < np.sqrt(large) < amplitude_limit() + 0.01  # not reached yet


def test_pools_are_means_of_signal_and_power() -> None:
    rows = measured("cos2_pooled", 24, 40, '{"pool": 8}', chunk=8, alpha=0.9)
    rule = chunk_write(chunk=8, alpha=0.9)
    at = recall_probe(rule, Sphere(), Dims(D, D), (24,), trials=40)[0].by_age
    s, p = (at[name].mean.reshape(3, 8).mean(axis=1) for name in ("signal", "power"))
    np.testing.assert_allclose(rows["cos2"], s**2 / p, rtol=1e-12)
    by_age = (at["signal"].mean ** 2 / at["power"].mean).reshape(3, 8).mean(axis=1)
    assert abs(rows["cos2"] - by_age).min() > 1e-4  # the control: not the mean of ratios
    with pytest.raises(InputError, match="pool must be a positive integer, got 0"):
        measured("cos2_pooled", 8, 4, '{"pool": 0}', chunk=8)


def test_equal_frequencies_are_plain_accuracy() -> None:
    """The same streams, so the same counts; a power law recalls others."""
    count = 48
    found = measured("frequencies", count, 30, '{"exponent": 0}', chunk=count)
    accuracy = accuracy_probe(chunk_write(chunk=count), Sphere(), Dims(D, D), (count,), trials=30)
    assert found["recalled"].item() == pytest.approx(count * float(accuracy[count].mean))
    power = measured("frequencies", count, 30, '{"exponent": 2}', chunk=count)
    assert abs(power["recalled"].item() - found["recalled"].item()) > 1


def test_rare_items_need_orthogonalisation() -> None:
    """The least of many standard errors between them, in one direction."""
    plain, polar = (
        measured("frequencies", 64, 40, '{"exponent": 1.5}', chunk=64, orthogonal=o) for o in (0, 1)
    )
    gap = polar["recalled"].item() - plain["recalled"].item()
    assert gap > 8 * np.hypot(polar["recalled_stderr"].item(), plain["recalled_stderr"].item())


def test_slopes_and_crossings_are_read_off_the_dots() -> None:
    x, stderr = np.array([8.0, 16.0, 32.0]), np.array([0.1, 0.1, 0.1])
    slope, error = fitted(x, 3 * x**1.25, stderr)
    assert slope == pytest.approx(1.25)
    by_hand = np.hypot(0.1 / (3 * 8**1.25), 0.1 / (3 * 32**1.25)) / np.log(4)
    assert error == pytest.approx(by_hand)
    dots = points("ratio", "-", "measured", [1.0, 2.0, 3.0], [1.2, 1.0, 0.8], stderr=0.05)
    found = measured_crossover(dots)
    assert (found.low, found.at, found.high) == pytest.approx((1.5, 2.0, 2.5))


def test_the_caption_quotes_what_was_measured() -> None:
    figure = figures()["orthogonalisation"]
    plan = sweeps()["orthogonalisation"].plan("smoke")
    few = [run_pass(each) for each in plan if max(each.checkpoints) <= 256]
    frame = figure.data({"orthogonalisation": pd.concat(few, ignore_index=True)})
    text, first = figure.caption(frame), frame.iloc[0]
    assert f"$y = {first['crossing']:.2f}$" in text
    assert "law 1.7304" in text
    assert "$N = 16\\,d$" in text  # among which argmax chooses
    n, streams_of = figure.numbers(frame), frame[frame["series"].isin(list(AGES))]
    most = streams_of[streams_of["kind"] == "measured"].sort_values("y").iloc[-1]
    assert f"the largest ratio is {with_error(most['y'], most['stderr'])}" in text
    law = streams_of[(streams_of["kind"] == "law") & (streams_of["series"] == most["series"])]
    assert n["largest law"].value == law.set_index("x")["y"][most["x"]]
    dots = frame[(frame["kind"] == "measured") & frame["slope"].notna()]
    slopes = dots.drop_duplicates("slope")[["slope", "slope_stderr"]].to_numpy()
    assert len(slopes) == 4
    assert all(f"$x = {with_error(*slope)}$" in text for slope in slopes)
    assert f"{n['beyond']} of 4 conjectured exponents lie beyond" in text


def test_conjectured_exponents_beyond_two_standard_errors_are_named() -> None:
    row = {"panel": "-", "series": PLAIN, "frequency": 2.0, "x": 8.0}
    law, dots = {**row, "kind": "law", "slope": 0.5}, {**row, "kind": "measured", "slope": 0.45}
    case = f"{PLAIN} at $i^{{-2}}$"
    for stderr, beyond in ((0.024, [case]), (0.026, [])):
        assert _beyond(pd.DataFrame([law, {**dots, "slope_stderr": stderr}])) == beyond
    assert Path(str(FILE)).name == "chunk_write.py"
