"""Comparisons with other libraries: how fast, how exact, how much memory. Run ``python -m benchmarks``."""
