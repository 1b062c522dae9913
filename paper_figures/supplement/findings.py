r"""Sentences that quote numbers of figures and tables, by section; each stands if all are there.

A number is a macro of ``numbers.tex``, ``\CapacitiesAgreeing`` for one. Sentences are worded so
that they are true whatever the number is.
"""

import re
from collections.abc import Mapping

from paper_figures.section import Section

_NUMBER = re.compile(r"\\([A-Z][A-Za-z]+)")

FINDINGS: Mapping[Section, tuple[str, ...]] = {
    Section.PAPER: (
        r"One step takes the loss of the drawn net from \TrainedNetworkBefore{} to"
        r" \TrainedNetworkAfter{}.",
        r"Of \RegressionErrorDots{} measured errors of attention as regression that an exact law"
        r" predicts, \RegressionErrorWithin{} lie within two standard errors of it.",
    ),
    Section.CAPACITY: (
        r"Of \CapacitiesCompared{} measured intervals of a capacity beside an exact law"
        r" \CapacitiesAgreeing{} hold the law's.",
        r"The most that a scalar of state holds by measurement is \BitsDirection{} bits where the"
        r" direction of a value is read out, \BitsChoice{} where one of many candidates is chosen.",
        r"The argmax capacity of an outer-product memory grows with $d$ to the power"
        r" $\HypothesesOuterProductCapacityEffect$, but for a logarithm.",
    ),
    Section.INTERFERENCE: (
        r"Of \ForgettingDots{} dots of error against age that an exact law predicts"
        r" \ForgettingWithin{}, and of \EffectiveDimensionDots{} against the effective dimension"
        r" \EffectiveDimensionWithin{} lie within two standard errors of it.",
    ),
    Section.COST: (
        r"Of \PriceRules{} rules \PriceFixed{} have a state of fixed size, and \PriceChunkwise{}"
        r" are written in chunks.",
        r"The binary logarithm of what a two-layer memory stores, over what a linear one does at"
        r" equal bytes, is $\HypothesesMlpMemoryEffect$.",
    ),
    Section.Q1: (
        r"The learner with the lower loss on its stream has an error on unseen pairs that differs"
        r" from the other's by $\HypothesesOnlineLossEffect$.",
        r"The best rate of forgetting grows with the drift to the power"
        r" $\HypothesesDriftGateEffect$.",
        r"Of all pairs of rules, the share in which the larger state recalls worse is"
        r" $\HypothesesStateSizeEffect$.",
    ),
    Section.Q2: (
        r"The delta rule's gain in horizon over the best decayed sum is"
        r" $\HypothesesDeltaHorizonEffect$ of the latter on white keys and"
        r" $\HypothesesDeltaHorizonCorrelatedEffect$ on correlated ones.",
        r"Replaying the worst-recalled pairs instead of the newest lowers the error by the fraction"
        r" $\HypothesesReplayEffect$, and caching them by $\HypothesesCachingEffect$.",
        r"An orthogonalised step changes the squared cosine of stored pairs by"
        r" $\HypothesesOrthogonalisationEffect$ on white keys, and by"
        r" $\HypothesesOrthogonalisationCommonModeEffect$ where one direction dominates them.",
    ),
    Section.Q3: (
        r"The binary logarithm of the delta rule's capacity per scalar of state on quadratic keys,"
        r" over that on plain ones, is $\HypothesesNonlinearKeysEffect$.",
    ),
    Section.REAL: (
        r"In \RealHeadsHeads{} heads the median effective dimension of the keys is"
        r" \RealHeadsDimension{}; measured error over law, median over heads, is"
        r" \RealHeadsLeast{} to \RealHeadsMost{} across rules, and \RealHeadsControlLeast{} to"
        r" \RealHeadsControlMost{} where values are shuffled.",
    ),
    Section.AGREEMENT: (
        r"Of \AgreementCells{} cells \AgreementWithin\% lie within two standard errors of their"
        r" law; \AgreementBeyond{} of \AgreementRows{} rows of the table lie beyond the bound for"
        r" so many cells.",
    ),
    Section.HYPOTHESES: (
        r"Of \HypothesesAll{} hypotheses \HypothesesSupported{} are supported,"
        r" \HypothesesRefuted{} refuted and \HypothesesUndecided{} undecided.",
    ),
}


def findings(section: Section, numbers: Mapping[str, str]) -> str:
    """The sentences of a section whose numbers are all known."""
    told = FINDINGS.get(section, ())
    return " ".join(each for each in told if set(_NUMBER.findall(each)) <= numbers.keys())


def quoted(text: str, numbers: Mapping[str, str]) -> str:
    """A text with its numbers in place of their macros; other macros stay."""
    return re.sub(
        rf"{_NUMBER.pattern}(\{{\}})?",
        lambda found: numbers.get(found[1], found[0]),
        text,
    )
