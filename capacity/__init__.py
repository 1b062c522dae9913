"""Analytical models of what a fixed-size memory still recalls, one declaration per update rule."""
