"""The sum of absolute values, whose proximal step sets small weights to zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.penalties.base import Penalty

__all__ = ["L1", "soft_threshold"]


def soft_threshold(W: FloatArray, threshold: Array) -> FloatArray:
    r"""Return :math:`\mathrm{sign}(W) \max(|W| - \tau, 0)`, the proximal step of the absolute value."""
    return np.copysign(np.maximum(np.abs(W) - threshold, 0), W).astype(W.dtype, copy=False)


@dataclass(frozen=True)
class L1(Penalty):
    r"""Sum of absolute values, "lasso": weights that earn little become exactly zero.

    .. math:: R(W) = \sum |W|, \qquad
       \mathrm{prox}(W, \tau) = \mathrm{sign}(W) \max(|W| - \tau, 0)

    References
    ----------
    Tibshirani (1996), Regression shrinkage and selection via the lasso, JRSS B 58; Parikh & Boyd (2014), Proximal
    algorithms, 6.5.2.
    """

    @property
    def coefficients(self) -> tuple[float, float]:
        """Return ``(0, 1)``."""
        return 0.0, 1.0

    def value(self, W: FloatArray) -> FloatArray:
        """Return the sums of absolute values, shape ``(K,)``."""
        return np.abs(W).sum(axis=(-2, -1), dtype=np.float64)

    def prox(self, W: FloatArray, step: Array) -> FloatArray:
        """Return `W` with every weight moved towards zero by `step`, and no further."""
        return soft_threshold(W, step)
