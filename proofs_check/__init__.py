"""Machine-checked proofs of the laws that ship; see :mod:`proofs_check.claim`."""
