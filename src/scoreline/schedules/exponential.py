"""A steady decline."""

from __future__ import annotations

from dataclasses import dataclass

from scoreline._checks import check_field
from scoreline.schedules.base import Schedule

__all__ = ["Exponential"]


@dataclass(frozen=True)
class Exponential(Schedule):
    r"""Exponential decay: :math:`\gamma^t` after :math:`t` epochs.

    Parameters
    ----------
    decay : float, default 0.95
        :math:`\gamma` in (0, 1): what is left of the rate after an epoch.
    """

    decay: float = 0.95

    def __post_init__(self) -> None:
        check_field(self, "decay", 0, 1, above=True)

    def factor(self, epoch: float, max_epochs: float) -> float:
        """Return ``decay ** epoch``."""
        return self.decay**epoch
