"""Ratios of run times, measured in one run, printed and written as JSON with the hardware."""
