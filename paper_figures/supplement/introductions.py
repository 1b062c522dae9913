"""What each section is about: the paper's question in our words, and how to read what follows."""

from collections.abc import Mapping

from paper_figures.section import Section

ABSTRACT = r"""
The position paper of \citet{mcdermott2026lifelong} sees attention as an online learner that fits a
map from keys to values while it reads, and says that the parametric forms of attention fall short
through limited memory capacity and costly updates. It has no experiments. Everything quantitative
below is computed or measured by this toolkit: laws of recall, proved in the appendix; measurements
with standard errors; hypotheses on the paper's open questions, declared before their data.
A law is a line, solid where it is exact, dashed where it is asymptotic, dotted where it is a bound;
a measurement is a dot with its error; where no theory is known there is no line.
"""

INTRODUCTIONS: Mapping[Section, str] = {
    Section.RULES: r"""
A rule is an online learner: it takes a pair $(k_t, v_t)$ of key and value into its state and
answers a query $q$ with $y = m(q)$. What is measured throughout is how well it answers at a key
that it has stored (the past) and at one that it has not seen (the future). Each rule is declared
once, with its source, and its law, kernel, price and proof follow from the declaration.
""",
    Section.PAPER: r"""
The three figures of \citet{mcdermott2026lifelong} are schematic. Here they are drawn from fitted
estimators and running states, each beside a companion that puts numbers on it: the error of
attention as regression, what grows with the stream, and the losses before and after a step.
""",
    Section.CAPACITY: r"""
The paper names memory capacity as the first limit to lift: a linear map stores at most as many
orthogonal pairs as its rank, and linear updates overwrite. How many pairs does a memory hold, how
does that number grow with its state, and how far is it from what any state of that size can hold?
""",
    Section.INTERFERENCE: r"""
A write to a fixed state disturbs what is stored there. How is a pair forgotten as others follow,
how much worse does it get when keys resemble each other, and what becomes of a key that is bound
again? Evicting a pair, the paper warns, is not the same as merging it.
""",
    Section.COST: r"""
The second limit is the price of an update: deep memories store more per parameter but may need
several steps per pair. Which rule recalls most for a given number of operations per token, and for
a given number of bytes?
""",
    Section.Q1: r"""
\emph{If the goal is not to memorise pairs, what is the greater online objective, and how should it
be regularised?} The paper proposes to measure the loss on future pairs. The figures set that loss
beside the loss on stored pairs while a regulariser varies: bandwidth, heads, gate, ridge.
""",
    Section.Q2: r"""
\emph{How can online losses efficiently contain longer-horizon signals?} Updates from the newest
pair alone overwrite. Windows, chunks, replay, momentum, second moments and orthogonalised steps
reach further back, at a price that is compared here.
""",
    Section.Q3: r"""
\emph{Are linear self-supervised labels sufficient, and how should keys and values be generated?}
Nonlinear keys, positions, convolutions and the ratio of pairs to queries change what a fixed state
can tell apart.
""",
    Section.REAL: r"""
Laws for independent keys are of use only as far as the keys of trained models obey them. Here the
keys and values come from the attention heads of a pretrained transformer.
""",
    Section.AGREEMENT: r"""
Every law that claims to be exact is compared with measurements that could refute it.
""",
    Section.HYPOTHESES: r"""
A hypothesis states its effect, the region of effects that supports it, and the power of the test
before its data are read. Independent replicates give an interval: inside the region the statement
is supported, outside it is refuted, across an edge it stays undecided. Over all hypotheses $p$ is
corrected by Holm's method. A refuted hypothesis is a result.
""",
}

# which hypotheses a section is told the tally of: the names that hypotheses give their questions
QUESTIONS: Mapping[Section, str] = {
    Section.CAPACITY: "limits",
    Section.Q1: "Q1",
    Section.Q2: "Q2",
    Section.Q3: "Q3",
}
