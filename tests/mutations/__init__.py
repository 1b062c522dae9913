"""Mutation test: slips are made in what theory declares, and proofs, probes or referees must see.

Every coefficient, closed form and function of the affine law engine is changed in small ways, one
at a time and only in memory; each change is then judged by all three checks that a law stands on:

    proof    the claims of ``proofs_check`` that run the changed function,
    probe    laws against measured streams, where either side runs it (``cells.py``),
    referee  the tests against code by others, where they run it.

``python -m tests.mutations`` prints which check kills what; a mutant that all three let pass must
be explained in ``explained.py``.
"""
