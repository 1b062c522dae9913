"""The audit: on data whose answer is known, on files that cannot be used, and on a tiny model."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn

from capacity.affine import AffineRule
from capacity.discover import rules
from capacity.errors import InputError
from capacity.rule import Dims
from capacity.rules.hebbian import Hebbian
from experiments import real
from experiments.audit import ALL, age_groups, audit, summarise
from experiments.audit_cli import audit_command, audit_file, chosen_rules
from experiments.audit_rules import AFFINE, CACHES, audited_rules
from experiments.windows import Head, cut, read_head, standardise, unit_norm

Z = 4.5  # two-sided 7e-6 a comparison
WINDOWS, TOKENS, D = 400, 12, 6


def head(seed: int = 0, follow: float = 0.0, windows: int = WINDOWS) -> Head:
    """Correlated keys of unlike norms and values that follow them to a share ``follow``."""
    g = torch.Generator().manual_seed(seed)
    spread = torch.tensor([2.0, 1.0, 0.7, 0.5, 0.4, 0.3], dtype=torch.float64)
    keys = torch.randn(windows, TOKENS, D, generator=g, dtype=torch.float64) * spread + 0.3
    noise = torch.randn(windows, TOKENS, D, generator=g, dtype=torch.float64)
    return Head("made", keys, follow * keys + (1 - follow) * noise + 1.0)


def overall(table: pd.DataFrame, rule: str) -> pd.Series:
    return table[(table["rule"] == rule) & (table["ages"] == ALL)].iloc[0]


CHOSEN = {name: rule for name, rule in audited_rules().items() if isinstance(rule, AffineRule)}


def gaps(follow: float) -> dict[str, float]:
    """|z| of measured against the prediction given the keys, by rule."""
    table = audit([head(follow=follow)], CHOSEN)
    rows = [overall(table, name) for name in CHOSEN]
    return {
        row["rule"]: abs(row["measured"] - row["given_keys"]) / row["measured_stderr"]
        for row in rows
    }


def test_independent_values_meet_the_prediction_given_the_keys() -> None:
    assert max(gaps(follow=0.0).values()) < Z


def test_values_that_follow_keys_do_not() -> None:
    found = gaps(follow=0.5)
    assert found["hebbian"] > Z
    assert found["delta"] > Z


def test_shuffling_restores_the_prediction() -> None:
    """The control of the audit itself: permuted values are independent of their keys."""
    table = audit([head(follow=0.5)], CHOSEN)
    for name in CHOSEN:
        row = overall(table, name)
        assert abs(row["shuffled"] - row["given_keys"]) < Z * row["shuffled_stderr"], name


def test_hebbian_prediction_is_the_mean_square_overlap() -> None:
    """Given keys, the Hebbian error is the sum of squared overlaps with the other keys."""
    made = head(windows=5)
    row = overall(audit([made], {"hebbian": CHOSEN["hebbian"]}), "hebbian")
    keys = made.keys / made.keys.norm(dim=2, keepdim=True)
    overlaps = (keys @ keys.mT).square().sum(dim=2) - 1
    assert row["given_keys"] == pytest.approx(overlaps.mean().item(), rel=1e-12)
    rows = keys.flatten(0, 1)
    moment = rows.T @ rows / len(rows)
    d_eff = 1 / moment.square().sum().item()
    assert row["d_eff"] == pytest.approx(d_eff, rel=1e-12)
    assert row["given_covariance"] == pytest.approx((TOKENS - 1) / d_eff, rel=1e-10)


def test_measured_is_the_rule_written_and_read_pair_by_pair() -> None:
    made = head(windows=3, follow=0.4)
    keys, values = unit_norm(made.keys, "x"), standardise(made.values, "x")  # type: ignore[arg-type]
    for name, rule in CHOSEN.items():
        states = rule.init(Dims(D, D, TOKENS), (3,))
        states = rule.write_stream(states, keys, values)
        error = (rule.read_stream(states, keys) - values).square().sum(dim=2)
        row = overall(audit([made], {name: rule}), name)
        assert row["measured"] == pytest.approx(error.mean().item(), rel=1e-9), name
        typical = error.mean(dim=1).median().item()  # of three windows, the middle one
        assert row["measured_median"] == pytest.approx(typical, rel=1e-9), name


class Squaring(Hebbian):
    """A rule whose read-out is not linear in the values."""

    linear_in_values = False

    def read_stream(self, states, queries):  # type: ignore[no-untyped-def]
        return super().read_stream(states, queries) ** 2


def test_rules_that_are_not_linear_are_measured_without_a_prediction() -> None:
    made = head(windows=3)
    row = overall(audit([made], {"squaring": Squaring()}), "squaring")
    keys, values = unit_norm(made.keys, "x"), standardise(made.values, "x")  # type: ignore[arg-type]
    read = (keys @ keys.mT @ values) ** 2
    expected = (read - values).square().sum(dim=2).mean().item()
    assert row["measured"] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(row["given_keys"])


def test_caches_meet_the_prediction_given_the_keys() -> None:
    others = {name: rule for name, rule in audited_rules().items() if name in CACHES}
    assert set(others) == set(CACHES)
    table = audit([head(follow=0.5)], others)
    for name in others:
        row = overall(table, name)
        gap = abs(row["shuffled"] - row["given_keys"])
        assert gap <= Z * row["shuffled_stderr"], name  # a wide window recalls without error


def test_single_precision_agrees_with_double() -> None:
    made = head(windows=8, follow=0.5)
    assert made.values is not None
    single = Head("made", made.keys.float(), made.values.float())
    for name in CHOSEN:
        double = overall(audit([made], {name: CHOSEN[name]}), name)
        rough = overall(audit([single], {name: CHOSEN[name]}), name)
        for column in ("measured", "shuffled", "given_keys"):
            # condition of a sum of TOKENS updates of unit size, in units of float32 rounding
            assert rough[column] == pytest.approx(double[column], rel=1e-4), (name, column)


def test_ages_partition_the_window_and_their_means_agree() -> None:
    for tokens in (2, 5, 12, 64, 256, 300):
        groups = dict(age_groups(tokens))
        whole = groups.pop(ALL)
        ages = [age for pick in groups.values() for age in range(tokens)[pick]]
        assert ages == list(range(tokens)[whole])
    table = audit([head(windows=5)], {"delta": CHOSEN["delta"]}).set_index("ages")
    counts = {name: len(range(TOKENS)[pick]) for name, pick in age_groups(TOKENS).items()}
    for column in ("measured", "shuffled", "given_keys", "given_covariance", "raw"):
        parts = sum(table.loc[name, column] * n for name, n in counts.items() if name != ALL)
        assert parts / TOKENS == pytest.approx(table.loc[ALL, column], rel=1e-12)


def test_newest_delta_item_is_exact_on_unit_keys() -> None:
    """Age 0 under beta = 1 is recalled without error: ages are not reversed."""
    table = audit([head(windows=5)], {"delta": CHOSEN["delta"]}).set_index("ages")
    assert table.loc["0", "measured"] < 1e-20
    assert table.loc["4-11", "measured"] > 0.01


def test_a_memory_that_diverges_is_infinite() -> None:
    made = head(windows=2)
    huge = Head("made", 1e30 * made.keys.float(), made.values.float())  # type: ignore[union-attr]
    row = overall(audit([huge], {"delta": CHOSEN["delta"]}), "delta")
    assert np.isinf(row["raw"])
    assert np.isnan(row["raw_stderr"])
    assert np.isfinite(row["measured"])


def test_summary_takes_medians_over_heads_and_ratios() -> None:
    table = audit([head(seed) for seed in range(3)], {"delta": CHOSEN["delta"]})
    summary = summarise(table).iloc[0]
    rows = table[table["ages"] == ALL]
    assert summary["measured"] == pytest.approx(rows["measured"].median())
    ratio = (rows["measured"] / rows["given_keys"]).median()
    assert summary["measured/given_keys"] == pytest.approx(ratio)


def test_degenerate_heads_are_refused() -> None:
    made = head(windows=2)
    zero = made.keys.clone()
    zero[0, 0] = 0
    with pytest.raises(InputError, match="zero vector"):
        audit([Head("made", zero, made.values, 3, 4)], CHOSEN)
    with pytest.raises(InputError, match="made layer 3 head 4 are all alike"):
        audit([Head("made", made.keys, torch.ones(2, TOKENS, 2), 3, 4)], CHOSEN)


# files


def rows(seed: int = 0, tokens: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((tokens, D))


def test_every_format_gives_the_same_table(tmp_path: Path) -> None:
    keys, values = rows(0), rows(1)
    np.save(tmp_path / "a.npy", keys)
    np.savez(tmp_path / "a.npz", keys=keys, values=values)
    save_file({"keys": keys, "values": values}, tmp_path / "a.safetensors")
    bare, npz, tensors = (
        audit_file(tmp_path / f"a.{end}", CHOSEN, window=16).drop(columns="source")
        for end in ("npy", "npz", "safetensors")
    )
    pd.testing.assert_frame_equal(npz, tensors)
    assert (npz["windows"] == 2).all()
    assert bare["measured"].isna().all()
    pd.testing.assert_series_equal(bare["given_keys"], npz["given_keys"])


def write(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"keys": rows()[0]}, r"shape \(6,\), needs two axes"),
        ({"keys": rows()[None]}, r"shape \(1, 40, 6\), needs two axes"),
        ({"keys": rows(), "values": rows()[:, :, None]}, r"'values'.*needs two axes"),
        ({"keys": np.ones((40, 3), dtype=int)}, "'keys'.*dtype int64, needs floating"),
        ({"keys": rows() * np.nan}, "'keys'.*NaN or infinite"),
        ({"keys": rows(), "values": np.full((40, D), np.inf)}, "'values'.*NaN or infinite"),
        ({"k": rows()}, "holds k, needs an array named 'keys'"),
        ({"keys": rows(), "vals": rows()}, "holds vals; allowed: keys, values"),
        ({"keys": rows(), "values": rows(tokens=39)}, "40 keys but 39 values"),
        ({"keys": rows(tokens=15)}, "between 2 and 15 tokens.*got 16"),
    ],
)
def test_bad_arrays_are_named(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_head(write(tmp_path / "bad.npz", **arrays), 16)


def test_fewer_windows_are_spread_over_the_text() -> None:
    text = torch.arange(43)
    assert cut(text, 4)[:, 0].tolist() == list(range(0, 40, 4))
    assert cut(text, 4, 5)[:, 0].tolist() == [0, 8, 16, 24, 32]
    assert cut(text, 4, 99).shape == (10, 4)


def test_workers_do_not_change_the_numbers() -> None:
    heads = [head(seed, windows=4) for seed in range(3)]
    threads = torch.get_num_threads()
    one, three = (audit(heads, CHOSEN, workers=n) for n in (1, 3))
    pd.testing.assert_frame_equal(one, three, check_exact=True)
    assert torch.get_num_threads() == threads


def test_bad_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.npy is not a file"):
        read_head(tmp_path / "missing.npy")
    with pytest.raises(InputError, match=r"no known format; allowed: \.npy"):
        read_head(tmp_path / "keys.txt")
    for name in ("torn.npy", "torn.npz", "torn.safetensors"):
        (tmp_path / name).write_bytes(b"not an array")
        with pytest.raises(InputError, match=f"{name} cannot be read"):
            read_head(tmp_path / name)


@pytest.mark.parametrize("window", [1, 0, -3, 41])
def test_windows_that_do_not_fit_are_refused(window: int) -> None:
    with pytest.raises(InputError, match="between 2 and 40 tokens"):
        cut(torch.zeros(40, 2), window)


# the command


def test_command_stores_both_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "mine.npz", keys=rows(0), values=rows(1))
    audit_command(file, tmp_path / "out", ["delta", "hebbian"], window=16)
    parquet = pd.read_parquet(tmp_path / "out" / "audit-mine.parquet")
    csv = pd.read_csv(tmp_path / "out" / "audit-mine.csv", comment="#")
    assert list(parquet["rule"].unique()) == ["delta", "hebbian"]
    np.testing.assert_allclose(csv["measured"], parquet["measured"], rtol=1e-15)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["audit-mine.csv", "audit-mine.parquet"]
    assert "hebbian" in capsys.readouterr().out


def test_command_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    file = write(tmp_path / "mine.npz", keys=rows(0))
    with pytest.raises(InputError, match="Unknown rule 'delt'; did you mean 'delta'"):
        audit_command(file, tmp_path, ["delt"])
    with pytest.raises(InputError, match="number of windows must be a positive integer, got 0"):
        audit_command(file, tmp_path, window=16, windows=0)
    with pytest.raises(InputError, match=r"mine\.npz.* cannot be written"):
        audit_command(file, file, ["delta"], window=16)


def test_a_users_rule_joins_the_preset(tmp_path: Path) -> None:
    own = tmp_path / "my_rule.py"
    own.write_text(
        "from capacity.rule import Source\n"
        "from capacity.affine import AffineRule, Step\n"
        "class MyRule(AffineRule):\n"
        "    family, title, update = 'mine', 'Mine', 'S'\n"
        "    source = Source('me', 'here', '1')\n"
        "    def coefficients(self, token):\n"
        "        return Step(write=0.5 * token.k)\n"
        "    def cost(self, dims, t):\n"
        "        raise NotImplementedError\n"
    )
    found = chosen_rules([], own)
    assert found is not None
    assert set(found) == set(audited_rules()) | {"my_rule"}
    assert chosen_rules([], None) is None


# a transformer, without the weights


class Attention(nn.Module):
    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.key, self.value = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden)


class Block(nn.Module):
    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.attention = nn.Module()
        self.attention.self = Attention(hidden)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.attention.self
        return x + torch.tanh(inner.key(x)) * inner.value(x.roll(1, dims=1))  # type: ignore


class Encoder(nn.Module):
    """The parts of a BERT encoder that the audit touches, tiny and random."""

    def __init__(self, layers: int = 3, hidden: int = 8, heads: int = 2) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.config = SimpleNamespace(
            hidden_size=hidden, num_attention_heads=heads, max_position_embeddings=32
        )
        self.embed = nn.Embedding(50, hidden)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(Block(hidden) for _ in range(layers))

    def forward(self, input_ids: Tensor) -> Tensor:
        x = self.embed(input_ids)
        for block in self.encoder.layer:  # type: ignore[union-attr]
            x = block(x)
        return x


def tiny_text(windows: int = 5, length: int = 7) -> real.Text:
    ids = torch.randint(2, 50, (windows, length), generator=torch.Generator().manual_seed(1))
    return real.Text(ids, windows * length + 3, 0, 1)


@pytest.mark.parametrize("batch", [2, 5])
def test_heads_are_what_the_projections_give(batch: int) -> None:
    model, text = Encoder(), tiny_text()
    seen: list[int] = []
    inputs = real.layer_inputs(model, text, batch=batch, tick=seen.append)
    assert sum(seen) == 5
    heads = list(real.transformer_heads(model, inputs, "tiny"))
    assert [(h.layer, h.head) for h in heads] == [(i, j) for i in range(3) for j in range(2)]
    edges = torch.tensor([[0, 1]]).expand(5, 2)
    x = model.embed(torch.cat([edges[:, :1], text.windows, edges[:, 1:]], dim=1))
    for layer, block in enumerate(model.encoder.layer):  # type: ignore[arg-type]
        for name in ("keys", "values"):
            projected = getattr(block.attention.self, name[:-1])(x)[:, 1:-1]
            for at in range(2):
                found = getattr(heads[2 * layer + at], name)
                expected = projected[..., 4 * at : 4 * at + 4]
                # the same float32 products in another batch: a few roundings apart
                torch.testing.assert_close(found, expected.detach(), rtol=1e-5, atol=1e-6)
        x = block(x)


def test_hooks_are_gone_and_heads_can_be_audited() -> None:
    model = Encoder()
    inputs = real.layer_inputs(model, tiny_text())
    for block in model.encoder.layer:  # type: ignore[union-attr]
        assert not block.attention.self.key._forward_pre_hooks  # type: ignore[union-attr]
    table = audit(real.transformer_heads(model, inputs, "tiny"), {"delta": CHOSEN["delta"]})
    assert len(table) == 6 * len(age_groups(7))
    assert table["measured"].notna().all()


def test_a_window_longer_than_the_model_reads_is_refused() -> None:
    with pytest.raises(InputError, match="at most 30 tokens a window, got 31"):
        real.layer_inputs(Encoder(), tiny_text(length=31))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'memory-capacity\[real\]'"):
        real.model_folder()


def test_the_reference_text_is_english_prose() -> None:
    text = real.reference_text()
    assert len(text) > 400_000
    assert "The " in text


def test_preset_names_rules_that_exist() -> None:
    assert set(audited_rules()) == {*AFFINE, *CACHES} <= set(rules())


@pytest.mark.long
def test_two_windows_of_the_real_transformer(tmp_path: Path) -> None:
    """Needs the extra ``real``; without it the command says so and this test fails."""
    audit_command(None, tmp_path, ["hebbian", "delta"], windows=2)
    table = pd.read_parquet(tmp_path / "audit.parquet")
    assert table.groupby(["layer", "head"]).ngroups == 72
    assert (table["d_k"] == 32).all()
    hebbian = table[(table["rule"] == "hebbian") & (table["ages"] == ALL)]
    assert (hebbian["measured"] > hebbian["given_keys"]).all()
