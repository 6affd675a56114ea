"""L2 and L1 together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import Array, FloatArray
from scoreline.penalties.base import Penalty
from scoreline.penalties.l1 import soft_threshold

__all__ = ["ElasticNet"]


@dataclass(frozen=True)
class ElasticNet(Penalty):
    r"""The lecture's elastic net: sparse as L1, with groups of like inputs kept together as by L2.

    .. math:: R(W) = \sum \left( \beta W^2 + |W| \right)

    The square goes into the gradient, the absolute value into the proximal step.

    Parameters
    ----------
    beta : float, default 0.5
        Weight :math:`\beta \ge 0` of the squares; 0 leaves L1.

    References
    ----------
    Zou & Hastie (2005), Regularization and variable selection via the elastic net, JRSS B 67.
    """

    beta: float = 0.5

    def __post_init__(self) -> None:
        check_field(self, "beta", 0)

    @property
    def coefficients(self) -> tuple[float, float]:
        """Return ``(beta, 1)``."""
        return self.beta, 1.0

    def value(self, W: FloatArray) -> FloatArray:
        """Return the sums of ``beta W^2 + |W|``, shape ``(K,)``."""
        return self.smooth_value(W) + np.abs(W).sum(axis=(-2, -1), dtype=np.float64)

    def smooth_value(self, W: FloatArray) -> FloatArray:
        """Return the sums of ``beta W^2``, shape ``(K,)``."""
        return self.beta * np.square(W, dtype=np.float64).sum(axis=(-2, -1))

    def gradient(self, W: FloatArray) -> FloatArray:
        """Return ``2 beta W``, the gradient of the squares."""
        return (2 * self.beta) * W

    def prox(self, W: FloatArray, step: Array) -> FloatArray:
        """Return `W` with every weight moved towards zero by `step`, and no further."""
        return soft_threshold(W, step)
