"""Foundations: what the laws of several rules rest on, each derived by a route of its own."""
