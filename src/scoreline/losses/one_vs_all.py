"""One binary SVM a class: each class against the rest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import FloatArray
from scoreline.losses.base import RowwiseLoss

__all__ = ["OneVsAll"]


@dataclass(frozen=True)
class OneVsAll(RowwiseLoss):
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
