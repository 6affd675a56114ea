"""A gentle start before another schedule."""

from __future__ import annotations

from dataclasses import dataclass

from scoreline._checks import check_number
from scoreline.schedules.base import Schedule

__all__ = ["Warmup"]


@dataclass(frozen=True)
class Warmup(Schedule):
    """Linear warm-up from 0 over the first epochs, then another schedule over the rest.

    Parameters
    ----------
    epochs : float, default 1
        Length of the warm-up, above 0.
    then : str or Schedule, default "constant"
        What follows; its time starts when the warm-up ends.

    References
    ----------
    Goyal et al. (2017), Accurate, large minibatch SGD, arXiv:1706.02677, 2.2.
    """

    epochs: float = 1.0
    then: str | Schedule = "constant"

    def __post_init__(self) -> None:
        check_number("epochs", self.epochs, 0, above=True)
        self._following()  # a wrong name is told here, not in the middle of a run

    def _following(self) -> Schedule:
        from scoreline.schedules import (
            SCHEDULES,
        )  # the registry lists this class, so it cannot be imported above

        return SCHEDULES.build(self.then)

    def factor(self, epoch: float, max_epochs: float) -> float:
        """Return ``epoch / epochs`` during the warm-up, then the factor of the schedule that follows."""
        if epoch < self.epochs:
            return epoch / self.epochs
        return self._following().factor(epoch - self.epochs, max(max_epochs - self.epochs, 0.0))
