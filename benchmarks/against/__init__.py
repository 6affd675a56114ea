"""Another revision measured beside this source tree: ``python -m benchmarks against REV``."""

from benchmarks.against.command import main

__all__ = ["main"]
