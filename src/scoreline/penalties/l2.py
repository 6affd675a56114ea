"""The squared Euclidean norm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import FloatArray
from scoreline.penalties.base import Penalty

__all__ = ["L2"]


@dataclass(frozen=True)
class L2(Penalty):
    r"""Sum of squares, "weight decay": spreads the weight over all inputs.

    .. math:: R(W) = \sum W^2, \qquad \nabla R = 2 W

    There is no factor 1/2, so that scikit-learn's ``C`` is ``1 / (2 * lam * N)``.

    References
    ----------
    Hoerl & Kennard (1970), Ridge regression, Technometrics 12.
    """

    @property
    def coefficients(self) -> tuple[float, float]:
        """Return ``(1, 0)``."""
        return 1.0, 0.0

    def value(self, W: FloatArray) -> FloatArray:
        """Return the sums of squares, shape ``(K,)``."""
        return np.square(W, dtype=np.float64).sum(axis=(-2, -1))

    def smooth_value(self, W: FloatArray) -> FloatArray:
        """Return all of it."""
        return self.value(W)

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return ``2 W``."""
        return 2 * W
