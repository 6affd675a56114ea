"""Half a cosine wave from the full rate to its end."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scoreline._checks import check_field
from scoreline.schedules.base import Schedule

__all__ = ["Cosine"]


@dataclass(frozen=True)
class Cosine(Schedule):
    r"""Cosine annealing over the whole run.

    .. math:: e + (1 - e)\, \tfrac12 \left(1 + \cos(\pi t / T)\right)

    Parameters
    ----------
    end : float, default 0
        What is left of the rate at the end, :math:`e` in [0, 1).

    References
    ----------
    Loshchilov & Hutter (2017), SGDR, ICLR, arXiv:1608.03983 (without restarts).
    """

    end: float = 0.0

    def __post_init__(self) -> None:
        check_field(self, "end", 0, 1)

    def factor(self, epoch: float, max_epochs: float) -> float:
        """Return the factor on the half wave."""
        share = min(epoch / max_epochs, 1.0) if max_epochs > 0 else 1.0
        return self.end + (1 - self.end) * 0.5 * (1 + math.cos(math.pi * share))
