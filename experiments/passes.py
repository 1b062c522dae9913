"""A pass: the atom of measurement, one rule written once along its streams, read at checkpoints.

Its key hashes everything that determines the numbers; revision, seconds and host do not enter.
"""

import hashlib
import json
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from capacity.discover import rule_class
from capacity.keys import Empirical, Keys, parse_keys
from capacity.revision import revision
from capacity.rule import Dims, Rule
from capacity.values import parse_values
from experiments.code import code_digest, library_versions
from experiments.device import device_class, parse_device, parse_dtype
from experiments.probes.recall import batch_size, recall_probe


@dataclass(frozen=True)
class Pass:
    """What one pass measures; ``parameters`` is JSON text, so that passes hash and compare."""

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

    def rule_type(self) -> type[Rule]:
        """The class of the rule."""
        return rule_class(self.rule, Path(self.rule_file) if self.rule_file else None)

    def build(self) -> Rule:
        """The rule with its parameters."""
        rule: Rule = self.rule_type().with_values(**json.loads(self.parameters))
        return rule

    def dims(self) -> Dims:
        """Dimensions, with room for the whole stream."""
        return Dims(self.d_k, self.d_v, max(self.checkpoints))

    def identity(self) -> dict[str, Any]:
        """Everything that determines the numbers, as plain JSON."""
        device = parse_device(self.device)
        return {
            "rule": self.rule,
            "parameters": json.loads(self.parameters),
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
            "code": code_digest(self.rule_type()),
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
        return f"{self.rule}({settings}) {self.keys} d={self.d_k}x{self.d_v}"

    def work(self) -> float:
        """Multiply-adds that the pass needs, roughly: the weight of its share of the progress."""
        rule, dims, last = self.build(), self.dims(), max(self.checkpoints)
        price = rule.cost(dims, last)
        return self.trials * (last * price.write + sum(self.checkpoints) * price.read + 1e4 * last)


def _keys_digest(keys: Keys) -> str | None:
    return hashlib.sha256(keys.rows.tobytes()).hexdigest() if isinstance(keys, Empirical) else None


def run_pass(work: Pass) -> pd.DataFrame:
    """Measure one pass: a row an age and checkpoint, with what it was measured on."""
    before = torch.get_num_threads()
    torch.set_num_threads(work.threads)
    began = time.perf_counter()
    try:
        measured = recall_probe(
            work.build(),
            parse_keys(work.keys),
            work.dims(),
            work.checkpoints,
            trials=work.trials,
            values=parse_values(work.values),
            seed=work.seed,
            dtype=parse_dtype(work.dtype),
            device=parse_device(work.device),
        )
    finally:
        torch.set_num_threads(before)
    table = pd.concat([at.table() for at in measured], ignore_index=True)
    identity = work.identity()
    for name in ("rule", "keys", "values", "d_k", "d_v", "trials", "seed", "dtype", "device"):
        table[name] = identity[name]
    table["parameters"] = json.dumps(identity["parameters"], sort_keys=True)
    return table.assign(
        key=work.key,
        revision=revision(),
        seconds=time.perf_counter() - began,
        host=f"{platform.machine()}, {os.cpu_count()} cores",
    )
