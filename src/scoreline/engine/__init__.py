"""The engine: what is minimised, and the loops that minimise it."""
