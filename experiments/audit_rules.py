"""Preset: the rules that the audit runs on every head unless told otherwise."""

from capacity.affine import AffineRule
from capacity.discover import rules
from capacity.rule import Rule

MEASURED_TOO = ("softmax", "sliding_window")  # not affine, yet cheap on a window


def audited_rules() -> dict[str, Rule]:
    """Every affine rule and the caches, at their default parameters."""
    return {
        name: rule()
        for name, rule in rules().items()
        if issubclass(rule, AffineRule) or name in MEASURED_TOO
    }
