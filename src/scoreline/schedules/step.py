"""A staircase."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scoreline._checks import check_field
from scoreline.schedules.base import Schedule

__all__ = ["Step"]


@dataclass(frozen=True)
class Step(Schedule):
    r"""Step decay: every so many epochs the rate drops by a factor.

    .. math:: \gamma^{\lfloor t / n \rfloor}

    Parameters
    ----------
    every : float, default 10
        Epochs :math:`n > 0` between drops.
    drop : float, default 0.5
        :math:`\gamma` in [0, 1).
    """

    every: float = 10.0
    drop: float = 0.5

    def __post_init__(self) -> None:
        check_field(self, "every", 0, above=True)
        check_field(self, "drop", 0, 1)

    def factor(self, epoch: float, max_epochs: float) -> float:
        """Return ``drop ** floor(epoch / every)``."""
        return self.drop ** math.floor(epoch / self.every)
