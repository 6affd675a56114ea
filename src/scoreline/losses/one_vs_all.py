"""One binary SVM a class: each class against the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.kernels.form import CompiledForm
from scoreline.losses.base import RowwiseLoss, shown_number, sum_of_terms, targets
from scoreline.losses.hinge import (
    HingeLoss,
    check_one_smoothing,
    hinge,
    hinge_conjugate,
    hinge_curvature,
    one_hinge,
)

__all__ = ["OneVsAll"]


@dataclass(frozen=True)
class OneVsAll(RowwiseLoss, HingeLoss):
    r"""One-vs-all hinge: a binary SVM for each class, summed.

    .. math:: L = \sum_c \max(0,\; \Delta - t_c s_c)^q, \qquad t_c = +1 \text{ if } c = y \text{ else } -1

    with :math:`q = 2` if `squared`, else 1. ``OneVsAll(squared=True)`` with L2 is scikit-learn's ``LinearSVC``.

    Parameters
    ----------
    margin : float, default 1
        :math:`\Delta > 0`.
    squared : bool, default False
        Sum the squares of the hinges, which have a derivative everywhere.
    smoothing_width : float, default 0
        Width over which the kink of each hinge is smoothed; see `scoreline.losses.hinge`.

    References
    ----------
    Rifkin & Klautau (2004), In defense of one-vs-all classification, JMLR 5.
    """

    margin: float = 1.0
    squared: bool = False
    smoothing_width: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_smoothing("OneVsAll", self.squared, self.smoothing_width)

    @property
    def smooth(self) -> bool:  # type: ignore[override]
        """The squared and the smoothed hinge have a derivative everywhere, the plain one has not."""
        return self.squared or super().smooth

    def _phi(self, margins: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, slopes = hinge(self.margin - margins, self.squared, self.smoothing_width)
        return values, -slopes

    def compiled_form(self) -> CompiledForm:
        """Return the sum over the classes."""
        return CompiledForm(_row, (self.margin, self.squared, self.smoothing_width))

    def shift(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Return the width times the slopes; see `HingeLoss.shift`."""
        return slopes * slopes.dtype.type(self.smoothing_width)

    def slope_change(self, scores: FloatArray, y: Labels, change: FloatArray) -> FloatArray:
        """Return the Hessian times `change`: every hinge has curvature along one score."""
        return (
            hinge_curvature(self.margin - targets(scores, y) * scores, self.squared, self.smoothing_width) * change
        )

    def written_out(self, scores: Sequence[float], y: int) -> str | None:
        """Return the sum of the hinges; None if smoothed."""
        if self.smoothing_width:
            return None
        power = "²" * self.squared
        terms = (
            f"max(0, {self.margin:g} {'−' if j == y else '+'} {shown_number(score)}){power}"
            for j, score in enumerate(scores)
        )
        return " + ".join(terms)

    def bounds(self, n_classes: int) -> tuple[float, float]:
        """Return ``(0, inf)``."""
        return 0.0, math.inf

    def curvature(self, n_classes: int) -> float:
        """Return 2 for the squared hinge: the classes do not mix."""
        if self.smoothing_width > 0:
            return 1 / self.smoothing_width
        return 2.0 if self.squared else 1.0

    def conjugate(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return :math:`\sum_c (\Delta u_c + h^*(-u_c))`, :math:`u_c = t_c a_c \le 0`, :math:`h^*` the hinge's.

        The plain hinge's domain ends at -1, which its slopes never pass.
        """
        u = targets(slopes, y) * slopes
        return (self.margin * u + hinge_conjugate(u, self.squared, self.smoothing_width)).sum(axis=-1)

    def feasible(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Clip each slope to those of a hinge."""
        target = targets(slopes, y)
        return target * np.clip(target * slopes, None if self.squared else -1, 0)

    def dual_statistics(self, slopes: FloatArray, y: Labels, weight: FloatArray) -> FloatArray:
        """Return each class's sums of absolute slopes, over its own examples and over the others, ``(2, R)``."""
        own, size = targets(slopes, y) > 0, np.abs(slopes)
        return np.stack([weight @ np.where(own, size, 0), weight @ np.where(own, 0, size)])

    def balancing(self, statistics: FloatArray) -> Callable[[FloatArray, Labels], FloatArray]:
        """Shrink, for each class, the side of the larger sum: its own examples or the others."""
        of_own, of_others = statistics
        least = np.minimum(of_own, of_others)
        shrink_own = np.divide(least, of_own, out=np.ones_like(least), where=of_own > 0)
        shrink_others = np.divide(least, of_others, out=np.ones_like(least), where=of_others > 0)
        return lambda slopes, y: slopes * np.where(targets(slopes, y) > 0, shrink_own, shrink_others)


def _term(margin: Any, numbers: Any) -> tuple[Any, Any]:
    """Return ``phi`` and its derivative for one float32."""
    wanted, squared, width = numbers
    value, slope = one_hinge(wanted - margin, squared, width)
    return value, -slope


_row = sum_of_terms(_term)
