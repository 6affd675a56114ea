"""No penalty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import FloatArray
from scoreline.penalties.base import Penalty

__all__ = ["NoPenalty"]


@dataclass(frozen=True)
class NoPenalty(Penalty):
    """``R(W) = 0``: the data alone decide."""

    @property
    def coefficients(self) -> tuple[float, float]:
        """Return ``(0, 0)``."""
        return 0.0, 0.0

    def value(self, W: FloatArray) -> FloatArray:
        """Return 0 for every configuration."""
        return np.zeros(W.shape[0])
