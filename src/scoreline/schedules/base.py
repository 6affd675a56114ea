"""What every schedule offers: the share of the learning rate at a time of the run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

__all__ = ["Schedule"]


@dataclass(frozen=True)
class Schedule(ABC):
    """A factor on the learning rate that depends on the time alone. Time is counted in epochs, with fractions."""

    @abstractmethod
    def factor(self, epoch: float, max_epochs: float) -> float:
        """Return the factor at time `epoch`, 0 <= epoch <= max_epochs."""
