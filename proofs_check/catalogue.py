"""All that ships, by id: what a claim may ask for."""

import importlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
from sympy import Integer

from capacity.chunkwise import Coefficients, write_chunks, write_loop
from capacity.discover import feature_maps, wrappers
from capacity.discover import rules as discovered
from capacity.errors import unknown
from capacity.gates import gates
from capacity.kernel_law import densities
from capacity.keys import ENSEMBLES
from capacity.parameters import Declared
from capacity.prose import well_formed
from capacity.questions import invert
from capacity.recall import Status
from capacity.rule import Dims, Rule
from proofs_check.claim import ProofError
from proofs_check.exact_code import angles, exact, interpolated, known_angles
from proofs_check.functions import STAND_INS
from proofs_check.laws import (
    gated,
    metric,
    orthonormal_ridge,
    signs,
    stated,
    window_growth,
    window_lifelong,
)
from proofs_check.notation import Expr
from proofs_check.shipping import Array, Shipping
from proofs_check.tensor import Exact, as_matrix
from proofs_check.wrapped import (
    ShippedMap,
    ShippedWrapper,
    frequencies,
    head_moments,
    mean_over_heads,
)


class Catalogue:
    """All rules, wrappers and feature maps that ship, by id; no two share one."""

    def __init__(self, rules: Mapping[str, type[Rule]] | None = None) -> None:
        self.rules = discovered() if rules is None else rules
        self.wrappers, self.features = wrappers(), feature_maps()

    def __call__(self, name: str) -> Shipping:
        if name not in self.rules:
            raise ProofError(str(unknown("rule", name, self.rules)))
        return Shipping(self.rules[name])

    def part(self, name: str) -> Any:
        """What belongs to no rule, by module and name, such as ``bounds.rank_bound``."""
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(f"capacity.{module}"), attribute)

    def kernel(
        self, S: Expr, decays: list[Any], columns: list[tuple[Expr, ...]], chunk: int
    ) -> Expr:
        """S after steps of (P, Q, B, V), V with a row a pair, from the kernel of ``chunk`` steps.

        decays: numbers, lists of a number a channel, or matrices that mix blocks; chunk 0 is the
        loop without chunks.
        """
        parts: Any = [Exact.of(*each) for each in zip(*columns, strict=True)]
        decay: Any = Exact([[x.tolist() if hasattr(x, "tolist") else x for x in decays]])
        steps, start = Coefficients(gates(decay), *parts[:3]), Exact.of(S)[:, 0]
        write: Any = write_chunks if chunk else write_loop
        return as_matrix(write(start, steps, parts[3], *([chunk] if chunk else [])))

    def feature_map(self, name: str) -> ShippedMap:
        """A feature map by id."""
        return ShippedMap(self.features[name])

    def wrapper(self, name: str, inner: Rule, **values: Any) -> ShippedWrapper:
        """A wrapper by id, around a rule, with its parameters; a feature map may be named."""
        if isinstance(values.get("feature_map"), str):
            values["feature_map"] = self.features[values["feature_map"]]()
        return ShippedWrapper(self.wrappers[name], inner, **values)

    @contextmanager
    def swapped(self, name: str, **swaps: Any) -> Iterator[Any]:
        """A module whose functions of numbers take symbols; ``swaps`` are further names of it."""
        module = importlib.import_module(f"capacity.{name}")
        known = {x: y for x, y in STAND_INS.items() if hasattr(module, x) or x == "float"}
        with ExitStack() as stack:
            for attribute, value in (known | swaps).items():
                create = attribute == "float"
                stack.enter_context(patch.object(module, attribute, value, create=create))
            yield module

    mean_over_heads = staticmethod(mean_over_heads)
    head_moments = staticmethod(head_moments)
    angles, known_angles = staticmethod(angles), staticmethod(known_angles)
    window_growth, window_lifelong = staticmethod(window_growth), staticmethod(window_lifelong)
    densities, metric = staticmethod(densities), staticmethod(metric)
    signs, orthonormal_ridge = staticmethod(signs), staticmethod(orthonormal_ridge)
    gated, stated, rational = staticmethod(gated), staticmethod(stated), staticmethod(exact)
    frequencies, interpolated = staticmethod(frequencies), staticmethod(interpolated)

    @staticmethod
    def array(*entries: Expr) -> Array:
        """An array-valued parameter, on symbols; of floats, the floats themselves."""
        return np.array(entries, dtype=float if isinstance(entries[0], float) else object)

    @staticmethod
    def capacity(rule: str, criterion: str, **asked: Any) -> Expr:
        """N* as a user asks for it; -1 where there is none to give."""
        found = invert(rule, criterion=criterion, **asked)["capacity"]
        return Integer(-1 if found is None else found)

    def declared(self, name: str) -> type[Declared]:
        """The rule, wrapper or feature map of this id."""
        known: dict[str, type[Declared]] = {**self.rules, **self.wrappers, **self.features}
        if name not in known:
            raise ProofError(str(unknown("rule", name, known)))
        return known[name]

    def well_formed(self, text: str) -> bool:
        """Whether every formula between dollar signs is closed, and its braces match."""
        return well_formed(text)

    def require_parameters(self, names: tuple[str, ...], symbols: tuple[Expr, ...]) -> None:
        """Every symbol of a claim is a parameter that one of what it speaks of declares."""
        declared = {p.name for name in names for p in self.declared(name).parameters()}
        strange = sorted(str(x) for x in symbols if str(x) not in declared)
        if strange:
            raise ProofError(
                f"names undeclared symbols: {', '.join(strange)}; "
                f"{', '.join(names) or 'no rule'} declares {', '.join(sorted(declared)) or 'none'}."
            )

    def symbols(self, names: tuple[str, ...]) -> dict[str, str]:
        """LaTeX of the parameters of these rules, wrappers and feature maps, as declared."""
        return {p.name: p.symbol for name in names for p in self.declared(name).parameters()}

    def exact(self, folder: str = "rules") -> list[str]:
        """What has a law, at default parameters, that is exact on some ensemble of random keys.

        folder: rules; wrappers, which have one around some rule, with features or without; or
        features, which have one around some rule.
        """
        plain = [rule() for rule in self.rules.values()]
        if folder == "rules":
            return [rule.rule_id() for rule in plain if _has_exact_law(rule)]
        featured = {name: self._featured(plain, name) for name in self.features}
        if folder == "features":
            return [name for name, each in featured.items() if any(map(_has_exact_law, each))]
        inner = [*plain, *(rule for each in featured.values() for rule in each)]
        return [name for name in self.wrappers if any(map(_has_exact_law, self._in(name, inner)))]

    def _featured(self, rules: Iterable[Rule], feature_map: str) -> list[Rule]:
        chosen = self.features[feature_map]()
        return [self.wrapper("features", rule, feature_map=chosen).rule for rule in rules]

    def _in(self, wrapper: str, rules: Iterable[Rule]) -> Iterator[Rule]:
        """Rules inside a wrapper; inside features they are already."""
        layered = (rule for rule in rules if isinstance(rule, self.wrappers[wrapper]))
        plain = (rule for rule in rules if not isinstance(rule, self.wrappers[wrapper]))
        yield from layered
        if self.wrappers[wrapper].parameters():
            yield from (self.wrapper(wrapper, rule).rule for rule in plain)


def _has_exact_law(rule: Rule) -> bool:
    laws = (rule.law(ensemble(), Dims(8, 8, 8)) for ensemble in ENSEMBLES.values())
    return any(law is not None and Status.EXACT in law.statuses.values() for law in laws)
