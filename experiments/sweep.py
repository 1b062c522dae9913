"""A sweep: a frozen declaration of what to measure, planned into the fewest passes.

Loads, ages and prefixes share a pass; only rule, parameters, keys and dimensions separate passes.
"""

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

import experiments.sweeps
from capacity.discover import import_file, rule_class, rule_from_file, rules
from capacity.errors import InputError, unknown
from capacity.keys import parse_keys
from capacity.rule import Dims
from experiments.passes import Pass
from experiments.thresholds import Threshold, thresholds

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Grid:
    """Rules x wrappers x keys x values x options x dimensions x loads, over ``trials`` streams.

    ``rules`` maps rule ids to parameter settings; None means every rule at its defaults. Loads
    are multiples of d_k; those beyond what the keys allow are left out (orthonormal: N <= d_k).
    ``probe`` names what is measured, ``options`` settings of that probe, ``wrappers`` what goes
    around every rule.
    """

    loads: tuple[float, ...]
    trials: int
    rules: Mapping[str, tuple[Settings, ...]] | None = None
    keys: tuple[str, ...] = ("sphere",)
    dims: tuple[tuple[int, int], ...] = ((64, 64),)
    seed: int = 0
    dtype: str = "float64"
    probe: str = "recall"
    values: tuple[str, ...] = ("noise",)
    wrappers: tuple[Mapping[str, str], ...] = ({},)
    options: tuple[Settings, ...] = ({},)

    def passes(self, device: str, rule_file: str | None) -> list[Pass]:
        """The passes of this grid, each with all its loads as checkpoints."""
        chosen = self.rules
        if chosen is None:
            own = [rule_from_file(Path(rule_file)).rule_id()] if rule_file else []
            chosen = {name: ({},) for name in [*rules(), *own]}
        cells = product(self.keys, self.values, self.wrappers, self.options, self.dims)
        return [
            self._pass(rule, settings, cell, device, rule_file)
            for cell in cells
            for rule, listed in chosen.items()
            for settings in listed
            if self._checkpoints(cell[0], cell[-1][0])
        ]

    def _checkpoints(self, keys: str, d_k: int) -> tuple[int, ...]:
        most = parse_keys(keys).most_items(d_k)
        items = sorted({max(1, round(load * d_k)) for load in self.loads})
        return tuple(n for n in items if most is None or n <= most)

    def _pass(
        self,
        rule: str,
        settings: Settings,
        cell: tuple[str, str, Mapping[str, str], Settings, tuple[int, int]],
        device: str,
        rule_file: str | None,
    ) -> Pass:
        known, (keys, teacher, around, options, dims) = rules(), cell
        file = rule_file if rule not in known else None
        values = rule_class(rule, Path(file) if file else None).with_values(**settings).values()
        d_k, d_v = Dims(*dims).d_k, Dims(*dims).d_v
        return Pass(
            rule=rule,
            parameters=json.dumps(values, sort_keys=True),
            keys=keys,
            d_k=d_k,
            d_v=d_v,
            checkpoints=self._checkpoints(keys, d_k),
            trials=self.trials,
            seed=self.seed,
            dtype=self.dtype,
            device=device,
            rule_file=file,
            probe=self.probe,
            values=teacher,
            wrappers=json.dumps(dict(around), sort_keys=True),
            options=json.dumps(dict(options), sort_keys=True),
        )


@dataclass(frozen=True)
class Sweep:
    """A named measurement with one list of grids per preset.

    ``threshold``: a size that its export computes from the curves of each series.
    rule_file: a file with a rule that does not ship; without one, a user's own may be named.
    """

    name: str
    title: str
    presets: Mapping[str, tuple[Grid, ...]] = field(default_factory=dict)
    threshold: Threshold | None = None
    rule_file: Path | None = None

    def plan(self, preset: str, *, device: str = "cpu", rule_file: str | None = None) -> list[Pass]:
        """The passes of a preset, without repeats.

        The preset ``smoke`` is the quick one with eight streams: its numbers mean nothing, but
        every pass has its rows, for tests of what reads them.
        """
        if preset == "smoke":
            passes = self.plan("quick", device=device, rule_file=rule_file)
            return list(dict.fromkeys(replace(each, trials=min(8, each.trials)) for each in passes))
        if preset not in self.presets:
            raise unknown(f"preset of sweep {self.name}", preset, self.presets)
        file = str(self.rule_file) if self.rule_file else rule_file
        passes = [p for grid in self.presets[preset] for p in grid.passes(device, file)]
        return list(dict.fromkeys(passes))


def exports(sweep: Sweep, table: pd.DataFrame, path: Path) -> dict[Path, pd.DataFrame]:
    """The tables of an export by file: the rows, and where a size is sought what was found.

    The blocks that it was found from stay in the passes.
    """
    if sweep.threshold is None:
        return {path: table}
    rows = table.drop(columns=sweep.threshold.blocks)
    return {
        path: rows,
        path.with_name(f"threshold-{path.name}"): thresholds(table, sweep.threshold),
    }


def sweeps() -> dict[str, Sweep]:
    """The sweeps that ship, by name: one module each, with a constant SWEEP."""
    found = {}
    for info in pkgutil.iter_modules(experiments.sweeps.__path__):
        module = importlib.import_module(f"experiments.sweeps.{info.name}")
        found[info.name] = _sweep_of(module, f"experiments/sweeps/{info.name}.py")
    return found


def find_sweep(name: str) -> Sweep:
    """A sweep that ships, or a user's own by the path of its Python file."""
    if not name.endswith(".py"):
        known = sweeps()
        if name not in known:
            raise unknown("sweep", name, [*known, "FILE.py"])
        return known[name]
    path = Path(name)
    if not path.is_file():
        raise InputError(f"{path} is not a file; a sweep file defines SWEEP = Sweep(...).")
    return _sweep_of(import_file(path, f"user_sweep_{path.stem}"), str(path))


def _sweep_of(module: ModuleType, where: str) -> Sweep:
    sweep = getattr(module, "SWEEP", None)
    if not isinstance(sweep, Sweep):
        raise InputError(f"{where} must define SWEEP = Sweep(...).")
    return sweep
