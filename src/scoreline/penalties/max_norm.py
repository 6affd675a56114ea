"""A ball that each class's weights may not leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import FloatArray
from scoreline.penalties.base import Penalty

__all__ = ["MaxNorm"]


@dataclass(frozen=True)
class MaxNorm(Penalty):
    r"""Max-norm constraint: the row of every class stays in a ball; ``lam`` plays no part.

    .. math:: \|W_c\|_2 \le r, \qquad \mathrm{project}(W_c) = W_c \min(1, r / \|W_c\|_2)

    Parameters
    ----------
    radius : float, default 1
        :math:`r > 0`.

    References
    ----------
    Srebro & Shraibman (2005), Rank, trace-norm and max-norm, COLT; Srivastava et al. (2014), JMLR 15, 5.1.
    """

    radius: float = 1.0

    def __post_init__(self) -> None:
        check_field(self, "radius", 0, above=True)

    def value(self, W: FloatArray) -> FloatArray:
        """Return 0 for every configuration: inside the ball nothing is preferred."""
        return np.zeros(W.shape[0])

    def project(self, W: FloatArray) -> FloatArray:
        """Return `W` with every row that is too long shortened to the radius."""
        norm = np.sqrt(np.square(W, dtype=np.float64).sum(axis=-1, keepdims=True))
        return (W * (self.radius / np.maximum(norm, self.radius))).astype(W.dtype, copy=False)
