"""Squared error to targets of plus and minus one: least-squares classification."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.kernels.form import CompiledForm
from scoreline.losses.base import CertifiedLoss, RowwiseLoss, shown_number, sum_of_terms, targets

__all__ = ["SquaredError"]


@dataclass(frozen=True)
class SquaredError(RowwiseLoss, CertifiedLoss):
    r"""Squared distance of the scores from the targets :math:`t_c = \pm 1`.

    .. math:: L = \sum_c (s_c - t_c)^2 = \sum_c (1 - t_c s_c)^2, \qquad
       t_c = +1 \text{ if } c = y \text{ else } -1

    With L2 this is scikit-learn's ``RidgeClassifier`` with ``alpha = lam * N``.

    References
    ----------
    Hastie, Tibshirani & Friedman (2009), The Elements of Statistical Learning, 4.2.
    """

    smooth: ClassVar[bool] = True
    quadratic: ClassVar[bool] = True
    label: ClassVar[str] = "squared error"

    def _phi(self, margins: FloatArray) -> tuple[FloatArray, FloatArray]:
        miss = 1 - margins
        return miss * miss, -2 * miss

    def compiled_form(self) -> CompiledForm:
        """Return the sum over the classes."""
        return CompiledForm(_row)

    def written_out(self, scores: Sequence[float], y: int) -> str | None:
        """Return the sum of the squares."""
        return " + ".join(f"({shown_number(score)} {'−' if j == y else '+'} 1)²" for j, score in enumerate(scores))

    def bounds(self, n_classes: int) -> tuple[float, float]:
        """Return ``(0, inf)``."""
        return 0.0, math.inf

    def curvature(self, n_classes: int) -> float:
        """Return 2, everywhere and exactly."""
        return 2.0

    def conjugate(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return :math:`\sum_c (u_c + u_c^2 / 4)` with :math:`u_c = t_c a_c`, the slope by the margin."""
        u = targets(slopes, y) * slopes
        return (u + u * u / 4).sum(axis=-1)

    def feasible(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Return `slopes`: every one is in the domain."""
        del y
        return slopes

    def dual_statistics(self, slopes: FloatArray, y: Labels, weight: FloatArray) -> FloatArray:
        """Return the sum of the slopes, and that of the weights last, ``(R + 1,)``."""
        del y
        return np.append(weight @ slopes, weight.sum())

    def balancing(self, statistics: FloatArray) -> Callable[[FloatArray, Labels], FloatArray]:
        """Take off the mean: every slope is in the domain."""
        mean = statistics[:-1] / statistics[-1]
        return lambda slopes, _: slopes - mean


def _term(margin: Any, _: Any) -> tuple[Any, Any]:
    """Return ``phi`` and its derivative for one float32."""
    miss = np.float32(1) - margin
    return miss * miss, np.float32(-2) * miss


_row = sum_of_terms(_term)
