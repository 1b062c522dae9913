"""A pass: the atom of measurement, one rule written once along its streams, read at checkpoints.

Its key hashes everything that determines the numbers; revision, seconds and host do not enter.
"""

import hashlib
import importlib
import json
import os
import pkgutil
import platform
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import torch

import experiments.probes
from capacity.discover import rule_class, wrapped
from capacity.errors import unknown
from capacity.keys import Empirical, Keys, parse_keys
from capacity.revision import revision
from capacity.rule import Dims, Rule
from capacity.values import parse_values
from experiments.code import code_digest, library_versions
from experiments.device import device_class, parse_device, parse_dtype
from experiments.probes.recall import batch_size
from experiments.request import Measure, Request


@dataclass(frozen=True)
class Pass:
    """What one pass measures.

    ``parameters`` of the rule, ``wrappers`` around it and ``options`` of the probe are JSON text,
    so that passes hash and compare.
    """

    rule: str
    parameters: str
    keys: str
    d_k: int
    d_v: int
    checkpoints: tuple[int, ...]
    trials: int
    values: str = "noise"
    seed: int = 0
    dtype: str = "float64"
    device: str = "cpu"
    threads: int = 1
    rule_file: str | None = None
    probe: str = "recall"
    wrappers: str = "{}"
    options: str = "{}"

    def rule_type(self) -> type[Rule]:
        """The class of the rule."""
        return rule_class(self.rule, Path(self.rule_file) if self.rule_file else None)

    def build(self) -> Rule:
        """The rule with its parameters, inside its wrappers."""
        plain: Rule = self.rule_type().with_values(**json.loads(self.parameters))
        return wrapped(plain, json.loads(self.wrappers))

    def request(self) -> Request:
        """What the probe is asked."""
        return Request(
            rule=self.build(),
            keys=parse_keys(self.keys),
            values=parse_values(self.values),
            dims=self.dims(),
            checkpoints=self.checkpoints,
            trials=self.trials,
            seed=self.seed,
            dtype=parse_dtype(self.dtype),
            device=parse_device(self.device),
            options=json.loads(self.options),
        )

    def dims(self) -> Dims:
        """Dimensions, with room for the whole stream."""
        return Dims(self.d_k, self.d_v, max(self.checkpoints))

    def identity(self) -> dict[str, Any]:
        """Everything that determines the numbers, as plain JSON."""
        device = parse_device(self.device)
        return {
            "probe": self.probe,
            "options": json.loads(self.options),
            "rule": self.rule,
            "parameters": json.loads(self.parameters),
            "wrappers": json.loads(self.wrappers),
            "keys": self.keys,
            "keys_digest": _keys_digest(parse_keys(self.keys)),
            "values": self.values,
            "d_k": self.d_k,
            "d_v": self.d_v,
            "checkpoints": list(self.checkpoints),
            "trials": self.trials,
            "seed": self.seed,
            "batch": batch_size(self.dims(), max(self.checkpoints), device),
            "dtype": self.dtype,
            "device": device_class(device),
            "threads": self.threads,
            "code": code_digest(self.build(), probe(self.probe).__name__),
            "libraries": library_versions(),
        }

    @property
    def key(self) -> str:
        """The name under which the result is stored."""
        text = json.dumps(self.identity(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def label(self) -> str:
        """A short name for progress and messages."""
        settings = ",".join(f"{k}={v}" for k, v in json.loads(self.parameters).items())
        around = "".join(f" {k}={v}" for k, v in json.loads(self.wrappers).items())
        return f"{self.probe} {self.rule}({settings}){around} {self.keys} d={self.d_k}x{self.d_v}"

    def work(self) -> float:
        """Multiply-adds that the pass needs, roughly: the weight of its share of the progress."""
        rule, dims, last = self.build(), self.dims(), max(self.checkpoints)
        price = rule.cost(dims, last)
        return self.trials * (last * price.write + sum(self.checkpoints) * price.read + 1e4 * last)


@cache
def probes() -> dict[str, ModuleType]:
    """The probes that ship, by name: one module each, with a function ``measure``."""
    names = (info.name for info in pkgutil.iter_modules(experiments.probes.__path__))
    return {name: importlib.import_module(f"experiments.probes.{name}") for name in names}


def probe(name: str) -> ModuleType:
    """The module of a probe."""
    if name not in probes():
        raise unknown("probe", name, probes())
    return probes()[name]


def _keys_digest(keys: Keys) -> str | None:
    return hashlib.sha256(keys.rows.tobytes()).hexdigest() if isinstance(keys, Empirical) else None


def run_pass(work: Pass) -> pd.DataFrame:
    """Measure one pass: a row an age and checkpoint, with what it was measured on."""
    before = torch.get_num_threads()
    torch.set_num_threads(work.threads)
    began = time.perf_counter()
    try:
        measure: Measure = probe(work.probe).measure
        table = measure(work.request())
    finally:
        torch.set_num_threads(before)
    identity = work.identity()
    for name in ("rule", "keys", "values", "d_k", "d_v", "trials", "seed", "dtype", "device"):
        table[name] = identity[name]
    for name in ("parameters", "wrappers"):
        table[name] = json.dumps(identity[name], sort_keys=True)
    return table.assign(
        key=work.key,
        revision=revision(),
        seconds=time.perf_counter() - began,
        host=f"{platform.machine()}, {os.cpu_count()} cores",
    )
