"""From replicates to a verdict: an interval, a declared region, and Holm's correction for many.

The effect's interval is Student's, at level 1 - alpha over independent replicates. Inside the
declared region it supports the statement, outside it refutes it, across an edge it leaves it
undecided. p is the smallest alpha at which the interval misses every edge of the region: a
two-sided test of "the effect lies on the nearest edge". Holm's step-down holds at alpha the chance
of any verdict where the effect lies on an edge. That of any verdict on the wrong side is held for
independent studies (Shaffer 1980, Annals of Statistics 8), and hypotheses share no stream.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, sqrt
from statistics import fmean, stdev

from scipy import stats

from experiments.hypothesis import Hypothesis, Prediction

SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "undecided"


@dataclass(frozen=True)
class Estimate:
    """The effect in each of n >= 2 replicates."""

    effects: tuple[float, ...]

    @property
    def missing(self) -> int:
        """Replicates whose data do not determine the effect."""
        return sum(not isfinite(x) for x in self.effects)

    @property
    def mean(self) -> float:
        """The effect; NaN if any replicate has none, for leaving it out would select."""
        return float("nan") if self.missing else fmean(self.effects)

    @property
    def spread(self) -> float:
        """Standard deviation between replicates."""
        return float("nan") if self.missing else stdev(self.effects)

    @property
    def stderr(self) -> float:
        """Standard error of the mean."""
        return self.spread / sqrt(len(self.effects))

    def interval(self, alpha: float) -> tuple[float, float]:
        """Student's interval at level 1 - alpha."""
        reach = float(stats.t.ppf(1 - alpha / 2, len(self.effects) - 1)) * self.stderr
        return self.mean - reach, self.mean + reach


def p_value(found: Estimate, predicted: Prediction) -> float:
    """The smallest alpha at which the interval misses every edge; 1 where there is no effect."""
    if found.missing:
        return 1.0
    distance = min(abs(found.mean - edge) for edge in predicted.edges)
    if found.stderr == 0:
        return float(distance == 0)
    return float(2 * stats.t.sf(distance / found.stderr, len(found.effects) - 1))


def judge(found: Estimate, predicted: Prediction, alpha: float) -> str:
    """The declared rule: where the whole interval lies."""
    low, high = found.interval(alpha)
    if found.missing or any(low <= edge <= high for edge in predicted.edges):
        return UNDECIDED
    return SUPPORTED if predicted.holds(found.mean) else REFUTED


@dataclass(frozen=True)
class Verdict:
    """A judged hypothesis, with what was declared before and what was found."""

    name: str
    question: str
    statement: str
    effect_is: str
    preset: str
    predicted: float | None
    status: str | None
    supported_from: float
    supported_to: float
    minimal: float
    power: float
    spread_declared: float
    spread_found: float
    n: int
    effect: float
    stderr: float
    low: float
    high: float
    p: float
    verdict: str
    note: str
    p_holm: float = 1.0
    verdict_holm: str = UNDECIDED


def doubts(found: Estimate, declared: float) -> str:
    """What speaks against the declaration: replicates without effect, a larger spread."""
    if found.missing:
        return f"{found.missing} of {len(found.effects)} replicates have no effect"
    degrees = len(found.effects) - 1
    if degrees * (found.spread / declared) ** 2 > stats.chi2.ppf(0.999, degrees):
        return f"the spread {found.spread:.2g} exceeds the declared {declared:g}: less power"
    return ""


def verdict(hypothesis: Hypothesis, preset: str, effects: Sequence[float]) -> Verdict:
    """Judge one hypothesis by the effects of its replicates; Holm's columns as if it were alone."""
    found, predicted = Estimate(tuple(effects)), hypothesis.prediction(preset)
    low, high = found.interval(hypothesis.alpha)
    decided, p = judge(found, predicted, hypothesis.alpha), p_value(found, predicted)
    notes = (hypothesis.note(preset), doubts(found, hypothesis.spread[preset]))
    return Verdict(
        name=hypothesis.name,
        question=hypothesis.question,
        statement=hypothesis.statement,
        effect_is=hypothesis.effect,
        preset=preset,
        predicted=predicted.value,
        status=None if predicted.status is None else str(predicted.status),
        supported_from=predicted.low,
        supported_to=predicted.high,
        minimal=hypothesis.minimal,
        power=hypothesis.power(preset),
        spread_declared=hypothesis.spread[preset],
        spread_found=found.spread,
        n=len(found.effects),
        effect=found.mean,
        stderr=found.stderr,
        low=low,
        high=high,
        p=p,
        verdict=decided,
        note="; ".join(filter(None, notes)),
        p_holm=p,
        verdict_holm=decided,
    )


def holm(verdicts: Sequence[Verdict], alphas: Sequence[float]) -> list[Verdict]:
    """The verdicts of one family with Holm's adjusted p, and what is still decided by it."""
    order = sorted(range(len(verdicts)), key=lambda i: verdicts[i].p)
    adjusted, reached = [1.0] * len(verdicts), 0.0
    for rank, i in enumerate(order):
        reached = max(reached, min(1.0, (len(verdicts) - rank) * verdicts[i].p))
        adjusted[i] = reached
    return [
        replace(each, p_holm=p, verdict_holm=each.verdict if p <= alpha else UNDECIDED)
        for each, p, alpha in zip(verdicts, adjusted, alphas, strict=True)
    ]
