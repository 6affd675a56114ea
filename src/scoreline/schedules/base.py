"""What every schedule offers: the share of the learning rate at a time of the run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from scoreline.registry import Registry

__all__ = ["SCHEDULES", "Schedule"]


@dataclass(frozen=True)
class Schedule(ABC):
    """A factor on the learning rate that depends on the time alone. Time is counted in epochs, with fractions."""

    @abstractmethod
    def factor(self, epoch: float, max_epochs: float) -> float:
        """Return the factor at time `epoch`, 0 <= epoch <= max_epochs."""


#: All schedules by the names that the estimators and the command line take. The package fills it: it stands below
#: them, since a schedule may hold another.
SCHEDULES: Registry[Schedule] = Registry("schedule")
