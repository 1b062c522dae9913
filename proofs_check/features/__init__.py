"""Proofs of the feature maps, one per file; stems are those of ``capacity/features``."""
