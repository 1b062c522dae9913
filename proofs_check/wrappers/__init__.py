"""Proofs of the wrappers, one per file; stems are those of ``capacity/wrappers``."""
