"""The multiclass SVM loss of the lecture: a hinge for each wrong class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import FloatArray, Labels
from scoreline.losses.balance import balance_flows
from scoreline.losses.base import CertifiedLoss, MultinomialLoss, put_true, true_scores

__all__ = ["WestonWatkins"]


@dataclass(frozen=True)
class WestonWatkins(MultinomialLoss, CertifiedLoss):
    r"""The Weston-Watkins hinge, "multiclass SVM loss": every wrong class must stay a margin below the true one.

    .. math:: L = \sum_{j \ne y} \max(0,\; s_j - s_y + \Delta)

    The lecture asks what happens when one takes the mean, includes the true class or squares: the fields below
    are its answers. With one score for two classes this is the binary hinge :math:`\max(0, \Delta - t s)`.

    Parameters
    ----------
    margin : float, default 1
        :math:`\Delta > 0`.
    squared : bool, default False
        Sum the squares of the hinges.
    average : bool, default False
        Take the mean over the classes summed instead of the sum.
    include_true : bool, default False
        Sum over all classes, the true one included; its term is always :math:`\Delta` (or its square).

    References
    ----------
    Weston & Watkins (1999), Support vector machines for multi-class pattern recognition, ESANN.
    """

    margin: float = 1.0
    squared: bool = False
    average: bool = False
    include_true: bool = False

    label: ClassVar[str] = "hinge loss"

    def __post_init__(self) -> None:
        check_field(self, "margin", 0, above=True)

    @property
    def smooth(self) -> bool:  # type: ignore[override]
        """The squared hinge has a derivative everywhere, the plain one has not."""
        return self.squared

    def _value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        violation: FloatArray = np.maximum(scores - true_scores(scores, y) + self.margin, 0)
        put_true(violation, y, 0)
        scale = self._scale(scores.shape[-1])
        if self.squared:
            value = (violation * violation).sum(axis=-1)
            gradient = (2 * scale) * violation
        else:
            value = violation.sum(axis=-1)
            gradient = np.where(violation > 0, scores.dtype.type(scale), scores.dtype.type(0))
        put_true(gradient, y, -gradient.sum(axis=-1, keepdims=True))
        return scale * (value + self._constant()), gradient

    def _scale(self, n_classes: int) -> float:
        if not self.average:
            return 1.0
        return 1 / (n_classes if self.include_true else n_classes - 1)

    def _constant(self) -> float:
        """The true class's own term."""
        if not self.include_true:
            return 0.0
        return self.margin**2 if self.squared else self.margin

    def bounds(self, n_classes: int) -> tuple[float, float]:
        """Return ``(0, inf)``, or the true class's own term instead of 0 where that is included."""
        return self._scale(n_classes) * self._constant(), math.inf

    def value_at_zero(self, n_classes: int) -> float:
        """Return ``(C - 1) * margin`` for the plain sum: 9 for ten classes."""
        each = self.margin**2 if self.squared else self.margin
        return self._scale(n_classes) * ((n_classes - 1) * each + self._constant())

    def curvature(self, n_classes: int) -> float:
        """Return ``2 C`` times the averaging for the squared hinge: the Hessian is twice a star's Laplacian."""
        squared = self._scale(n_classes) * (2 if n_classes == 2 else 2 * n_classes)
        return squared if self.squared else squared / 2

    def conjugate(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return :math:`\sum_{j \ne y} (a_j^2 / 4 - \Delta a_j)`, without the square for the plain hinge.

        In the domain the slopes of the wrong classes are at least 0 (and at most 1 for the plain hinge), and all
        of an example's sum to 0. Averaging divides the squares; the true class's own term is a constant.
        """
        wrong = _both(slopes).copy()
        put_true(wrong, y, 0)
        scale = self._scale(wrong.shape[-1])
        quadratic = wrong * wrong / (4 * scale) if self.squared else 0.0
        return (quadratic - self.margin * wrong).sum(axis=-1) - scale * self._constant()

    def balanced(self, slopes: FloatArray, y: Labels, weight: FloatArray | None) -> FloatArray:
        """Scale what flows from each true class to each wrong one until as much flows in as out everywhere."""
        wrong = _both(slopes).copy()
        put_true(wrong, y, 0)
        weighted = wrong if weight is None else wrong * weight[:, None]
        n_classes = wrong.shape[-1]
        flows = np.stack([weighted[y == label].sum(axis=0) for label in range(n_classes)])
        factors = balance_flows(flows)
        wrong *= factors[y] / max(1.0, float(factors.max(initial=0.0)))  # a plain hinge's slopes may only shrink
        put_true(wrong, y, -wrong.sum(axis=-1, keepdims=True))
        return wrong[:, 1:] if slopes.shape[-1] == 1 else wrong


def _both(slopes: FloatArray) -> FloatArray:
    """Return one slope a class: two classes share one."""
    return np.concatenate([-slopes, slopes], axis=-1) if slopes.shape[-1] == 1 else slopes
