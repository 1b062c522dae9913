"""Preset: the rules that the audit runs on every head unless told otherwise."""

import json
from pathlib import Path

from capacity.affine import AffineRule
from capacity.discover import rules
from capacity.rule import Rule

# rules that are not affine, yet cheap on a window
ALSO = frozenset(json.loads(Path(__file__).with_suffix(".json").read_text())["also"])


def audited_rules() -> dict[str, Rule]:
    """Every affine rule and those of the preset, at their default parameters."""
    return {
        name: rule()
        for name, rule in rules().items()
        if issubclass(rule, AffineRule) or name in ALSO
    }
