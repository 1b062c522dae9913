"""Asymptotic laws: the equation each one solves is derived, and what follows from it is checked."""
