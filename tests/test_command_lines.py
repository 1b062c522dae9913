"""The command lines: what they print, and one clear message for each kind of bad input."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import capacity.__main__ as laws
import experiments.__main__ as measurements
from capacity.errors import InputError

RUNNER = CliRunner()
EXAMPLE = str(Path(__file__).parent.parent / "examples" / "my_rule.py")


def ask(app: object, *arguments: str) -> dict[str, object]:
    """The JSON object that a command prints."""
    result = RUNNER.invoke(app, [*arguments, "--json"], catch_exceptions=False)  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_predict_prints_the_promised_object() -> None:
    found = ask(laws.app, "predict", "delta", "--items", "5", "--d-k", "8", "--set", "beta=0.5")
    assert found["rule"] == "delta"
    assert found["parameters"] == {"beta": 0.5}
    assert (found["keys"], found["d_k"], found["d_v"], found["items"]) == ("sphere", 8, 64, 5)
    assert found["status"] == "exact"
    assert found["statuses"] == {"signal": "exact", "power": "exact"}
    assert found["age"] == list(range(5))
    for name in ("signal", "power", "mse", "cos2"):
        assert len(found[name]) == 5  # type: ignore[arg-type]


def test_probe_prints_the_same_arrays_measured() -> None:
    arguments = ("--items", "5", "--d-k", "8", "--d-v", "4", "--trials", "10", "--device", "cpu")
    found = ask(measurements.app, "probe", "delta", *arguments)
    again = ask(measurements.app, "probe", "delta", *arguments)
    for name in ("signal", "power", "mse", "signal_stderr", "power_stderr", "mse_stderr"):
        assert len(found[name]) == 5  # type: ignore[arg-type]
        assert found[name] == again[name]
    assert (found["trials"], found["seed"], found["device"], found["dtype"]) == (
        10,
        0,
        "cpu",
        "float64",
    )
    other = ask(measurements.app, "probe", "delta", *arguments, "--seed", "1")
    assert other["mse"] != found["mse"]


def test_invert_horizon_and_optimum() -> None:
    found = ask(laws.app, "invert", "hebbian", "--d-k", "64", "--criterion", "mse=0.1")
    assert found["capacity"] == 7
    assert found["criterion"] == "mse=0.1"
    assert found["reason"] is None
    found = ask(laws.app, "horizon", "delta", "--d-k", "64", "--criterion", "cos2=0.5")
    assert found["horizon"] == 22
    found = ask(laws.app, "optimum", "delta", "--d-k", "64", "--for", "age:20")
    assert found["optimum"]["beta"] == pytest.approx(0.7105, abs=1e-4)  # type: ignore[index]


def test_a_users_rule_joins_every_command() -> None:
    own = ("leaky_delta", "--rule-file", EXAMPLE)
    assert ask(laws.app, "predict", *own, "--items", "3")["status"] == "exact"
    assert ask(laws.app, "invert", *own, "--criterion", "cos2=0.5")["capacity"]
    assert ask(laws.app, "optimum", *own, "--for", "age:5")["optimum"]
    assert ask(measurements.app, "probe", *own, "--items", "3", "--trials", "5")["trials"] == 5
    listed = RUNNER.invoke(laws.app, ["list", "--rule-file", EXAMPLE, "--json"])
    assert "leaky_delta" in {row["rule"] for row in json.loads(listed.stdout)}


def test_keys_from_a_file(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((20, 6))
    np.save(tmp_path / "keys.npy", rows)
    keys = f"empirical:{tmp_path / 'keys.npy'}"
    law = ask(laws.app, "predict", "hebbian", "--keys", keys, "--d-k", "6", "--items", "20")
    gram = rows @ rows.T
    expected = (gram**2).sum(1)[::-1]
    np.testing.assert_allclose(law["power"], expected, rtol=1e-12)
    arguments = ("--keys", keys, "--d-k", "6", "--d-v", "6", "--items", "20", "--trials", "400")
    probe = ask(measurements.app, "probe", "hebbian", *arguments)
    z = (np.array(probe["power"]) - expected) / np.array(probe["power_stderr"])
    assert np.abs(z).max() < 4.5


BAD = [
    (laws, ["predict", "delt"], "did you mean 'delta'"),
    (laws, ["predict", "delta", "--keys", "sfere"], "did you mean 'sphere'"),
    (laws, ["predict", "delta", "--keys", "sphere:x=1"], "takes no options"),
    (laws, ["predict", "delta", "--set", "bta=1"], "did you mean 'beta'"),
    (laws, ["predict", "delta", "--set", "beta=3"], "Delta needs 0 <= beta <= 2, got 3"),
    (laws, ["predict", "delta", "--set", "beta=NaN"], "Delta needs 0 <= beta <= 2, got nan"),
    (laws, ["predict", "delta", "--set", 'beta="x"'], "Delta needs 0 <= beta <= 2, got 'x'"),
    (laws, ["predict", "delta", "--set", "beta=true"], "Delta needs"),
    (laws, ["predict", "delta", "--set", "beta=[1]"], "Delta needs"),
    (laws, ["predict", "delta", "--set", "beta"], "name=JSON"),
    (laws, ["predict", "delta", "--set", "beta=x"], "is not JSON"),
    (laws, ["predict", "delta", "--set", "beta=1", "--set", "beta=1"], "set twice"),
    (laws, ["predict", "delta", "--set", "beta=@absent.npy"], "absent.npy is not a file"),
    (laws, ["predict", "delta", "--d-k", "0"], "d_k must be a positive integer, got 0"),
    (laws, ["predict", "delta", "--d-v", "-1"], "d_v must be a positive integer, got -1"),
    (laws, ["predict", "delta", "--items", "0"], "items must be a positive integer, got 0"),
    (laws, ["predict", "delta", "--keys", "orthonormal", "--items", "65"], "at most d_k = 64"),
    (laws, ["invert", "delta", "--criterion", "mze=1"], "did you mean 'mse'"),
    (laws, ["invert", "delta", "--criterion", "mse=1", "--over", "most"], "age:A"),
    (laws, ["optimum", "hebbian", "--for", "age:1"], "no free continuous parameter"),
    (laws, ["optimum", "delta", "--for", "years:1"], "age:A"),
    (laws, ["predict", "x", "--rule-file", "absent.py"], "absent.py is not a Python file"),
    (measurements, ["probe", "delta", "--trials", "0"], "trials must be a positive integer"),
    (measurements, ["probe", "delta", "--items", "-3"], "items must be a positive integer"),
    (measurements, ["probe", "delta", "--dtype", "float16"], "float32, float64"),
    (measurements, ["probe", "delta", "--device", "gpu9"], "cannot be used"),
    (measurements, ["probe", "delta", "--seed", "-1"], "seed needs"),
    (measurements, ["run", "recal"], "did you mean 'recall'"),
    (measurements, ["run", "recall", "--preset", "fast"], "Allowed: paper, quick"),
    (measurements, ["export", "recall", "--results", "absent"], "experiments run recall"),
]


@pytest.mark.parametrize(("module", "arguments", "message"), BAD, ids=lambda x: str(x)[:60])
def test_bad_input_is_one_clear_message(module: object, arguments: list[str], message: str) -> None:
    result = RUNNER.invoke(module.app, arguments)  # type: ignore[attr-defined]
    assert isinstance(result.exception, InputError), result.output
    assert message in str(result.exception)


@pytest.mark.parametrize("package", ["capacity", "experiments"])
def test_exit_code_is_2_without_a_traceback(package: str) -> None:
    verb = {"capacity": "predict", "experiments": "probe"}[package]
    done = subprocess.run(
        [sys.executable, "-m", package, verb, "delt"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: Unknown rule 'delt'")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("keys.txt", b"1 2", "no known format"),
        ("keys.npy", b"garbage", "cannot be read"),
        ("keys.npz", b"garbage", "cannot be read"),
        ("keys.safetensors", b"garbage", "cannot be read"),
    ],
)
def test_unreadable_key_files(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    keys = f"empirical:{tmp_path / name}"
    result = RUNNER.invoke(laws.app, ["predict", "delta", "--keys", keys])
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(3), "two axes"),
        (np.zeros((2, 3), dtype=int), "needs floating point"),
        (np.full((2, 3), np.nan), "NaN or infinite"),
        (np.full((2, 3), np.inf), "NaN or infinite"),
        (np.zeros((0, 3)), "two axes"),
        (np.zeros((2, 3)), "have d_k = 3, got d_k = 64"),
    ],
)
def test_key_arrays_that_cannot_be_used(tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "k.npy", array)
    keys = f"empirical:{tmp_path / 'k.npy'}"
    result = RUNNER.invoke(laws.app, ["predict", "delta", "--keys", keys, "--items", "1"])
    assert isinstance(result.exception, InputError)
    assert message in str(result.exception)


def test_archives_must_name_their_keys(tmp_path: Path) -> None:
    np.savez(tmp_path / "k.npz", kays=np.zeros((2, 3)))
    keys = f"empirical:{tmp_path / 'k.npz'}"
    result = RUNNER.invoke(laws.app, ["predict", "delta", "--keys", keys])
    assert "holds kays, needs an array named 'keys'" in str(result.exception)
