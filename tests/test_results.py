"""Sweeps and results: stored once, never again, bitwise the same after a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from capacity.errors import InputError
from experiments.passes import Pass, run_pass
from experiments.runner import execute, missing
from experiments.store import Store, data_hash, export
from experiments.sweep import Grid, Sweep, find_sweep, sweeps

SWEEP = """
from experiments.sweep import Grid, Sweep
GRID = Grid(
    loads=(0.5, 1, 2), trials=64, dims=((16, 16), (24, 24)), keys=("sphere", "gaussian"),
    rules={"hebbian": ({},), "delta": ({"beta": 0.3}, {"beta": 0.9}), "decay": ({"gamma": 0.9},)},
)
SWEEP = Sweep("small", "A small sweep", {"quick": (GRID,)})
"""


@pytest.fixture
def sweep_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.py"
    path.write_text(SWEEP)
    return path


def small_pass(**changes: object) -> Pass:
    fields: dict[str, object] = {
        "rule": "delta",
        "parameters": '{"beta": 0.5}',
        "keys": "sphere",
        "d_k": 8,
        "d_v": 8,
        "checkpoints": (4, 8),
        "trials": 10,
    }
    return Pass(**{**fields, **changes})  # type: ignore[arg-type]


def run(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "experiments", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=check)


def test_key_follows_what_determines_the_numbers() -> None:
    assert small_pass().key == small_pass().key
    for change in ({"seed": 1}, {"trials": 11}, {"dtype": "float32"}, {"checkpoints": (8,)}):
        assert small_pass(**change).key != small_pass().key


def test_rows_do_not_depend_on_other_checkpoints() -> None:
    both, one = run_pass(small_pass()), run_pass(small_pass(checkpoints=(8,)))
    columns = ["items", "age", "signal", "power", "mse", "mse_stderr"]
    shared = both[both["items"] == 8][columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(shared, one[columns], rtol=1e-12, atol=1e-12)


def test_running_again_computes_nothing(sweep_file: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "results")
    plan = find_sweep(str(sweep_file)).plan("quick")
    assert len(plan) == 16
    execute(missing(plan, store), store, workers=1)
    before = {p: p.stat().st_mtime_ns for p in store.folder.iterdir()}
    assert missing(plan, store) == []
    assert {p: p.stat().st_mtime_ns for p in store.folder.iterdir()} == before


def test_truncated_and_foreign_files_are_named_and_good_passes_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    work = small_pass()
    execute([work], store)
    good = store.path(work.key).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(good[: len(good) // 2])
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "foreign.parquet")
    with pytest.raises(InputError, match=r"cut\.parquet is truncated.*foreign\.parquet is not"):
        missing([work], store)
    assert store.path(work.key).read_bytes() == good


def test_a_failing_pass_is_named_and_the_others_are_stored(tmp_path: Path) -> None:
    store = Store(tmp_path)
    good = small_pass()
    bad = small_pass(parameters='{"beta": 7.0}')
    with pytest.raises(InputError, match=r"(?s)delta\(beta=7.0\).*needs 0 <= beta <= 2"):
        execute([bad, good], store, workers=1)
    assert store.has(good.key)


def test_unknown_sweep_and_preset() -> None:
    with pytest.raises(InputError, match="did you mean 'recall'"):
        find_sweep("recal")
    with pytest.raises(InputError, match="Allowed: paper, quick"):
        next(iter(sweeps().values())).plan("fast")
    with pytest.raises(InputError, match="not a file"):
        find_sweep("absent.py")


def test_orthonormal_loads_stop_at_d() -> None:
    grid = Grid(loads=(0.5, 1, 2), trials=2, keys=("orthonormal",), dims=((8, 8),))
    plan = Sweep("x", "x", {"quick": (grid,)}).plan("quick")
    assert {work.checkpoints for work in plan} == {(4, 8)}


def test_export_hash_is_of_the_data_alone(tmp_path: Path) -> None:
    table = run_pass(small_pass())
    again = table.assign(seconds=1.0, host="elsewhere", revision="other")
    assert data_hash(table) == data_hash(again)
    changed = table.copy()
    changed.loc[0, "mse"] += 1e-12
    assert data_hash(changed) != data_hash(table)
    found = export(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().startswith(f"# data_hash: {found}\n")
    with pytest.raises(InputError, match="no known format"):
        export(table, tmp_path / "t.xlsx")
    with pytest.raises(InputError, match="cannot be written"):
        export(table, tmp_path / "t.csv" / "below_a_file.csv")


def test_every_worker_count_gives_the_same_bytes(sweep_file: Path, tmp_path: Path) -> None:
    plan = find_sweep(str(sweep_file)).plan("quick")[:4]
    tables = []
    for workers in (1, 2):
        store = Store(tmp_path / str(workers))
        if workers == 1:
            execute(plan, store, workers=1)
        else:
            run("run", str(sweep_file), "--results", str(store.folder), "--workers", "2")
        tables.append(store.load([work.key for work in plan]))
    assert data_hash(tables[0]) == data_hash(tables[1])


@pytest.mark.long
def test_kill_at_random_moments_loses_nothing(sweep_file: Path, tmp_path: Path) -> None:
    """kill -9 three times during a sweep; no committed pass is computed again, same final table."""
    plain, killed = tmp_path / "plain", tmp_path / "killed"
    run("run", str(sweep_file), "--results", str(plain), "--workers", "2")
    command = [
        sys.executable,
        "-m",
        "experiments",
        "run",
        str(sweep_file),
        "--results",
        str(killed),
    ]
    for moment in (4.0, 6.5, 9.0):
        process = subprocess.Popen(
            command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    before = {p: p.stat().st_mtime_ns for p in killed.glob("*.parquet")} if killed.exists() else {}
    run("run", str(sweep_file), "--results", str(killed))
    after = {p: p.stat().st_mtime_ns for p in killed.glob("*.parquet")}
    assert {p: after[p] for p in before} == before
    keys = [work.key for work in find_sweep(str(sweep_file)).plan("quick")]
    assert data_hash(Store(plain).load(keys)) == data_hash(Store(killed).load(keys))


def test_probe_wrappers_values_and_options_are_part_of_the_name() -> None:
    changes = [
        {},
        {"probe": "rebinding", "options": '{"first": 2, "second": 1}'},
        {"probe": "rebinding", "options": '{"first": 3, "second": 1}'},
        {"values": "teacher:signal=0.5"},
        {"wrappers": '{"heads": "2"}'},
        {"wrappers": '{"features": "relu"}'},
        {"wrappers": '{"features": "taylor"}'},
    ]
    keys = [small_pass(**change).key for change in changes]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probe": "recal"}, "probe 'recal'; did you mean 'recall'"),
        ({"options": '{"share": 2}'}, "option of the probe 'share'"),
        ({"values": "teacher:signal=2"}, "0 <= signal <= 1"),
        ({"wrappers": '{"head": "2"}'}, "wrapper 'head'"),
    ],
)
def test_impossible_passes_say_what_is_allowed(change: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_pass(small_pass(**change))


@pytest.mark.parametrize(
    ("probe", "options"), [("future", {"share": 2}), ("rebinding", {"first": 3, "second": 1})]
)
def test_every_probe_runs_from_a_grid(tmp_path: Path, probe: str, options: dict[str, int]) -> None:
    grid = Grid(
        rules={"delta": ({},), "softmax": ({},)},
        loads=(0.5, 1),
        trials=4,
        dims=((8, 8),),
        probe=probe,
        options=(options,),
        values=("teacher:signal=0.5",) if probe == "future" else ("noise",),
    )
    plan = Sweep("mine", "-", {"quick": (grid,)}).plan("quick")
    store = Store(tmp_path)
    execute(plan, store, workers=1)
    rows = store.load([work.key for work in plan])
    assert sorted(set(rows["items"])) == [4, 8]
    assert list(rows["rule"].unique()) == ["delta", "softmax"]


def test_an_interrupt_begins_no_further_pass_and_keeps_what_is_stored(tmp_path: Path) -> None:
    """As a terminal sends it, to the whole process group."""
    command = [sys.executable, "-m", "experiments", "run", "capacity", "--workers", "2"]
    run = subprocess.Popen(
        [*command, "--results", str(tmp_path)],
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    while not (stored := list(tmp_path.glob("*.parquet"))):
        assert run.poll() is None
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    told, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    left = list(tmp_path.glob("*.parquet"))
    assert len(stored) <= len(left) <= len(stored) + 4 < 52
    assert f"Stopped: {len(left)} of 52 passes stored; run again to go on." in told


def test_a_folder_that_cannot_be_written_is_told_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    begun: list[Pass] = []
    with pytest.raises(InputError, match="Results cannot be written to"):
        execute([small_pass()], Store(tmp_path / "file" / "below"), report=begun.append)
    assert begun == []
