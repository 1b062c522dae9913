"""A series: one rule with its parameters on one key ensemble, its law, and how it is drawn."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from capacity.discover import rules
from capacity.keys import parse_keys
from capacity.law import Law
from capacity.parameters import Parameter
from capacity.recall import weakest
from capacity.rule import Dims, Rule
from paper_figures.style import family_colour, family_order, rule_colour, rule_marker, shade

GROUP = ["rule", "parameters", "keys", "d_k", "d_v"]


@dataclass(frozen=True)
class Series:
    """What is measured in rows that share rule, parameters (JSON), keys and dimensions."""

    rule: str
    parameters: str
    keys: str
    d_k: int
    d_v: int

    @cached_property
    def built(self) -> Rule | None:
        """The rule; None for a user's own, whose file the figures do not know."""
        kind = rules().get(self.rule)
        return None if kind is None else kind.with_values(**json.loads(self.parameters))

    @property
    def family(self) -> str:
        """The rule's family; "other" for a user's own rule."""
        return self.built.family if self.built else "other"

    @property
    def is_default(self) -> bool:
        """Whether all parameters are the rule's defaults."""
        return self.built is None or self.built.values() == type(self.built)().values()

    @property
    def label(self) -> str:
        """The rule's title, with the parameters that are not defaults."""
        return self._label(everything=False)

    @property
    def full_label(self) -> str:
        """The rule's title with every scalar parameter."""
        return self._label(everything=True)

    def _label(self, *, everything: bool) -> str:
        if self.built is None:
            return self.rule.replace("_", " ")
        values = self.built.values()
        shown = [
            p
            for p in self.built.parameters()
            if np.ndim(values[p.name]) == 0
            and isinstance(values[p.name], int | float)
            and (everything or values[p.name] != type(self.built)().values()[p.name])
        ]
        return ", ".join([self.built.title, *(setting(p, values[p.name]) for p in shown)])

    def law(self, items: int) -> Law | None:
        """The law of recall for streams of up to this many pairs; None where theory has none."""
        if self.built is None:
            return None
        return self.built.law(parse_keys(self.keys), Dims(self.d_k, self.d_v, items))

    @property
    def colour(self) -> str:
        """The rule's colour; a variant's shade is fixed by its parameters too."""
        name = self.rule if self.is_default else self.rule + self.parameters
        return rule_colour(self.family, name)

    def marked(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with family and identity of the series as columns."""
        return rows.assign(
            family=self.family,
            rule=self.rule,
            parameters=self.parameters,
            keys=self.keys,
            d_k=self.d_k,
            d_v=self.d_v,
        )

    @property
    def marker(self) -> str:
        """The rule's marker."""
        return rule_marker(self.rule)

    @property
    def dots(self) -> dict[str, Any]:
        """Markers filled and edged in white at the default parameters, open elsewhere."""
        if self.is_default:
            return {"markerfacecolor": self.colour, "markeredgecolor": "white", "mew": 0.3}
        return {"markerfacecolor": "white", "markeredgecolor": self.colour, "mew": 0.8}


def setting(parameter: Parameter, value: float) -> str:
    """``$symbol = value$``, as mathtext and LaTeX both read it."""
    return f"${parameter.symbol}={value:g}$"


def held(rule: str, values: Mapping[str, Any]) -> str:
    """Parameters that are held fixed, with their symbols; numbers of iterations are left out."""
    told = [p for p in rules()[rule].parameters() if p.name in values and not p.integer]
    return ", ".join(setting(p, values[p.name]) for p in told)


def shades(family: str, count: int) -> list[str]:
    """Shades of a family's colour from light to dark."""
    return [shade(family_colour(family), x) for x in np.linspace(0.55, -0.35, count)]


def series_of(frame: pd.DataFrame) -> Iterator[tuple[Series, pd.DataFrame]]:
    """The series of a table with their rows, by family, then name."""
    found = []
    for _, rows in frame.groupby(GROUP, sort=True):
        first = rows.iloc[0]
        rule, parameters, keys = (str(first[name]) for name in ("rule", "parameters", "keys"))
        found.append((Series(rule, parameters, keys, int(first["d_k"]), int(first["d_v"])), rows))
    yield from sorted(found, key=lambda pair: family_order(pair[0].family))


def law_status(law: Law) -> str:
    """The weakest status of the law's quantities, on which its error depends."""
    return str(weakest(law.statuses))


def one_setting(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows on sphere keys at the largest dimensions at which every rule was measured."""
    rows = frame[frame["keys"] == "sphere"]
    groups = [found for _, found in rows.groupby(["d_k", "d_v"], sort=True)]
    return max(reversed(groups), key=lambda found: found["rule"].nunique())


def most_trials(frame: pd.DataFrame) -> pd.DataFrame:
    """Of rows on the same series, number of items and age, those measured on most streams."""
    ordered = frame.sort_values("trials", ascending=False, kind="stable")
    same = [*GROUP, "items", *(["age"] if "age" in frame else [])]
    return ordered.drop_duplicates(same).sort_index()


def defaults(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of rules at their default parameters."""
    return pd.concat([rows for series, rows in series_of(frame) if series.is_default])


def together(parts: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """The parts as one table, with these columns even where no part has them."""
    table = pd.concat(parts, ignore_index=True)
    return table.assign(**{name: None for name in columns if name not in table})
