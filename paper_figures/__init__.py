"""Figures and tables for publication: they read exported results and draw; they never simulate."""
