"""Bounds: errors and information that no memory of a kind can beat, and who attains them."""
