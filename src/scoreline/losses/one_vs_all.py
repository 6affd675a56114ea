"""One binary SVM a class: each class against the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import FloatArray, Labels
from scoreline.losses.base import CertifiedLoss, RowwiseLoss, targets

__all__ = ["OneVsAll"]


@dataclass(frozen=True)
class OneVsAll(RowwiseLoss, CertifiedLoss):
    r"""One-vs-all hinge: a binary SVM for each class, summed.

    .. math:: L = \sum_c \max(0,\; \Delta - t_c s_c)^q, \qquad t_c = +1 \text{ if } c = y \text{ else } -1

    with :math:`q = 2` if `squared`, else 1. ``OneVsAll(squared=True)`` with L2 is scikit-learn's ``LinearSVC``.

    Parameters
    ----------
    margin : float, default 1
        :math:`\Delta > 0`.
    squared : bool, default False
        Sum the squares of the hinges, which have a derivative everywhere.

    References
    ----------
    Rifkin & Klautau (2004), In defense of one-vs-all classification, JMLR 5.
    """

    margin: float = 1.0
    squared: bool = False

    label: ClassVar[str] = "hinge loss"

    def __post_init__(self) -> None:
        check_field(self, "margin", 0, above=True)

    @property
    def smooth(self) -> bool:  # type: ignore[override]
        """The squared hinge has a derivative everywhere, the plain one has not."""
        return self.squared

    def _phi(self, margins: FloatArray) -> tuple[FloatArray, FloatArray]:
        violation = np.maximum(self.margin - margins, 0)
        if self.squared:
            return violation * violation, -2 * violation
        return violation, -(violation > 0).astype(margins.dtype)

    def bounds(self, n_classes: int) -> tuple[float, float]:
        """Return ``(0, inf)``."""
        return 0.0, math.inf

    def curvature(self, n_classes: int) -> float:
        """Return 2 for the squared hinge: the classes do not mix."""
        return 2.0 if self.squared else 1.0

    def conjugate(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return :math:`\sum_c \Delta u_c` (plus :math:`u_c^2 / 4` if squared) with :math:`u_c = t_c a_c \le 0`.

        The plain hinge's domain ends at -1, which its slopes never pass.
        """
        u = targets(slopes, y) * slopes
        return (self.margin * u + (u * u / 4 if self.squared else 0)).sum(axis=-1)

    def balanced(self, slopes: FloatArray, y: Labels, weight: FloatArray | None) -> FloatArray:
        """Shrink, for each class, the side that pulls harder: its own examples or the others."""
        pull = np.abs(slopes) * (1.0 if weight is None else weight[:, None])
        own = targets(slopes, y) > 0
        of_own, of_others = np.where(own, pull, 0).sum(axis=0), np.where(own, 0, pull).sum(axis=0)
        least = np.minimum(of_own, of_others)
        shrink_own = np.divide(least, of_own, out=np.ones_like(least), where=of_own > 0)
        shrink_others = np.divide(least, of_others, out=np.ones_like(least), where=of_others > 0)
        return slopes * np.where(own, shrink_own, shrink_others)
