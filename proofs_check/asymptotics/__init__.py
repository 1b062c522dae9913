"""Asymptotic laws: the equation each one solves is derived, and what follows from it is checked.

Limits rest on cited lemmas. What is not derived stays a conjecture, listed with its reason.
"""

from collections.abc import Mapping

# Modules of capacity that speak of an asymptotic or conjectured law, and the files with its claims.
DERIVED: Mapping[str, tuple[str, ...]] = {
    "ridge_law": ("ridge", "large_ridge", "exponential"),
    "kernel_spectrum": ("kernel_ridge",),
    "omega_law": ("omega",),
    "lazy_law": ("ttt_mlp",),
    "attractor": ("hopfield",),
    "polar_law": ("polar",),
    "rules.dense_am": ("dense_am",),
}

# What is not derived, and why.
CONJECTURED: Mapping[str, str] = {
    "accuracy": "Gaussian read-out noise is a central limit in d_v, the number of values; the "
    "error of the limit is measured, not bounded.",
    "attractor": "Replica symmetry is assumed as in the cited equations; it breaks close to "
    "capacity.",
    "heads_law": "It takes the status of its heads and adds no limit of its own.",
    "heads_taught": "Slices of a unit key are taken to have norm 1/sqrt(h) and to be independent; "
    "the error falls as h/d: measured. The law of one head is that of its rule.",
    "lazy_law": "The limit of wide nets is cited. At finite N the power of old pairs neglects the "
    "spread of the query's square, which vanishes at age 0 and as N grows: measured.",
    "polar_law": "Exponents of power-law frequencies come from orders of magnitude of score and "
    "noise, without logarithms; they are measured.",
    "taught_ridge": "Leaving one out with a teacher adds sums over pairs of ages to the equation "
    "of the ridge law; these are measured, not derived.",
}
