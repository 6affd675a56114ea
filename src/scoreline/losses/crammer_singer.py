"""The structured SVM loss: one hinge against the best wrong class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import FloatArray, Labels
from scoreline.losses.base import MultinomialLoss, put_true, true_scores

__all__ = ["CrammerSinger"]


@dataclass(frozen=True)
class CrammerSinger(MultinomialLoss):
    r"""The Crammer-Singer hinge, "structured SVM": the best wrong class must stay a margin below the true one.

    .. math:: L = \max(0,\; \max_{j \ne y} s_j - s_y + \Delta)

    Where several wrong classes share the best score, the subgradient falls on the first.

    Parameters
    ----------
    margin : float, default 1
        :math:`\Delta > 0`.

    References
    ----------
    Crammer & Singer (2001), On the algorithmic implementation of multiclass kernel-based vector machines, JMLR 2.
    """

    margin: float = 1.0

    label: ClassVar[str] = "hinge loss"

    def __post_init__(self) -> None:
        check_field(self, "margin", 0, above=True)

    def _value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        wrong = scores.copy()
        put_true(wrong, y, -np.inf)
        rival = wrong.argmax(axis=-1, keepdims=True)
        violation = np.take_along_axis(wrong, rival, axis=-1) - true_scores(scores, y) + self.margin
        active = (violation > 0).astype(scores.dtype)
        gradient = np.zeros_like(scores)
        np.put_along_axis(gradient, rival, active, axis=-1)
        put_true(gradient, y, -active)
        return np.maximum(violation, 0)[..., 0], gradient

    def bounds(self, n_classes: int) -> tuple[float, float]:
        """Return ``(0, inf)``."""
        return 0.0, math.inf

    def value_at_zero(self, n_classes: int) -> float:
        """Return the margin, whatever the number of classes."""
        return self.margin

    def curvature(self, n_classes: int) -> float:
        """Return that of one pair of scores."""
        return 1.0 if n_classes == 2 else 2.0
