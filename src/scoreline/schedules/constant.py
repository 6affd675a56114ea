"""The same learning rate throughout."""

from __future__ import annotations

from dataclasses import dataclass

from scoreline.schedules.base import Schedule

__all__ = ["Constant"]


@dataclass(frozen=True)
class Constant(Schedule):
    """A factor of 1, always."""

    def factor(self, epoch: float, max_epochs: float) -> float:
        """Return 1."""
        return 1.0
