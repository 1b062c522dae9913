"""Data beyond white noise: linear teachers and keys that are written twice."""
