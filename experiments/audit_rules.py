"""Preset: the rules that the audit runs on every head unless told otherwise.

One rule of each kind, cheap enough for every window of every head; `--rule` takes any other.
"""

from capacity.discover import rule_class
from capacity.rule import Rule

AFFINE = ("hebbian", "decay", "delta", "gated_delta", "longhorn")
CACHES = ("softmax", "sliding_window")


def audited_rules() -> dict[str, Rule]:
    """The rules of the preset, at their default parameters."""
    return {name: rule_class(name)() for name in (*AFFINE, *CACHES)}
