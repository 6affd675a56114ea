"""The multiclass SVM loss of the lecture: a hinge for each wrong class."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.kernels.form import CompiledForm
from scoreline.losses.balance import both_slopes, class_sums, matrix_balancing
from scoreline.losses.base import MultinomialLoss, as_pair, of_pair, put_true, shown_number, true_scores
from scoreline.losses.hinge import (
    HingeLoss,
    check_one_smoothing,
    hinge,
    hinge_conjugate,
    hinge_curvature,
    one_hinge,
)

__all__ = ["WestonWatkins"]


@dataclass(frozen=True)
class WestonWatkins(MultinomialLoss, HingeLoss):
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
    smoothing_width : float, default 0
        Width over which the kink of each hinge is smoothed; see `scoreline.losses.hinge`.

    References
    ----------
    Weston & Watkins (1999), Support vector machines for multi-class pattern recognition, ESANN.
    """

    margin: float = 1.0
    squared: bool = False
    average: bool = False
    include_true: bool = False
    smoothing_width: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_smoothing("WestonWatkins", self.squared, self.smoothing_width)

    @property
    def smooth(self) -> bool:  # type: ignore[override]
        """The squared and the smoothed hinge have a derivative everywhere, the plain one has not."""
        return self.squared or super().smooth

    def _value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        short: FloatArray = scores - true_scores(scores, y) + self.margin
        put_true(short, y, 0)
        scale = self._scale(scores.shape[-1])
        values, slopes = hinge(short, self.squared, self.smoothing_width)
        gradient = scores.dtype.type(scale) * slopes
        put_true(gradient, y, -gradient.sum(axis=-1, keepdims=True))
        return scale * (values.sum(axis=-1) + self._constant()), gradient

    def compiled_form(self) -> CompiledForm:
        """Return the same for one row."""
        return CompiledForm(
            _row, (self.margin, self.squared, self.average, self.include_true, self.smoothing_width)
        )

    def shift(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Return the width times the slopes of the wrong classes' hinges; see `HingeLoss.shift`."""
        shift: FloatArray = slopes * slopes.dtype.type(
            self.smoothing_width / self._scale(max(2, slopes.shape[-1]))
        )
        if slopes.shape[-1] > 1:
            put_true(shift, y, 0)
        return shift

    def slope_change(self, scores: FloatArray, y: Labels, change: FloatArray) -> FloatArray:
        """Return the Hessian times `change`: every hinge has curvature along one difference of scores."""
        if scores.shape[-1] == 1:
            return of_pair(self.slope_change(as_pair(scores), y, as_pair(change)))
        curvature = hinge_curvature(
            scores - true_scores(scores, y) + self.margin, self.squared, self.smoothing_width
        )
        slopes: FloatArray = self._scale(scores.shape[-1]) * curvature * (change - true_scores(change, y))
        put_true(slopes, y, 0)
        put_true(slopes, y, -slopes.sum(axis=-1, keepdims=True))
        return slopes

    def written_out(self, scores: Sequence[float], y: int) -> str | None:
        """Return the sum of the hinges; None for a mean, with the true class's own term or smoothed."""
        if self.average or self.include_true or self.smoothing_width:
            return None
        wrong = (shown_number(score) for j, score in enumerate(scores) if j != y)
        own, power = shown_number(scores[y]), "²" * self.squared
        return " + ".join(f"max(0, {score} − {own} + {self.margin:g}){power}" for score in wrong)

    def _scale(self, n_classes: int) -> float:
        if not self.average:
            return 1.0
        return 1 / (n_classes if self.include_true else n_classes - 1)

    def _constant(self) -> float:
        """The true class's own term."""
        return self._at_margin() if self.include_true else 0.0

    def _at_margin(self) -> float:
        """One hinge where the scores are equal."""
        return float(hinge(np.array([self.margin]), self.squared, self.smoothing_width)[0][0])

    def bounds(self, n_classes: int) -> tuple[float, float]:
        """Return ``(0, inf)``, or the true class's own term instead of 0 where that is included."""
        return self._scale(n_classes) * self._constant(), math.inf

    def value_at_zero(self, n_classes: int) -> float:
        """Return ``(C - 1) * margin`` for the plain sum: 9 for ten classes."""
        return self._scale(n_classes) * ((n_classes - 1) * self._at_margin() + self._constant())

    def curvature(self, n_classes: int) -> float:
        """Return ``2 C`` times the averaging for the squared hinge: the Hessian is twice a star's Laplacian."""
        squared = self._scale(n_classes) * (2 if n_classes == 2 else 2 * n_classes)
        if self.smoothing_width > 0:
            return squared / (2 * self.smoothing_width)
        return squared if self.squared else squared / 2

    def conjugate(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return :math:`\sum_{j \ne y} (h^*(a_j) - \Delta a_j)` with :math:`h^*` of `hinge_conjugate`.

        In the domain the slopes of the wrong classes are at least 0 (and at most 1 unless the hinge is squared),
        and all of an example's sum to 0. Averaging divides the hinges; the true class's own term is a constant.
        """
        wrong = both_slopes(slopes).copy()
        put_true(wrong, y, 0)
        scale = self._scale(wrong.shape[-1])
        curved = scale * hinge_conjugate(wrong / scale, self.squared, self.smoothing_width)
        return (curved - self.margin * wrong).sum(axis=-1) - scale * self._constant()

    def feasible(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Clip the slopes of the wrong classes; the true class takes what they give."""
        both = both_slopes(slopes)
        wrong = np.clip(both, 0, None if self.squared else self._scale(both.shape[-1]))
        put_true(wrong, y, 0)
        put_true(wrong, y, -wrong.sum(axis=-1, keepdims=True))
        return wrong[:, 1:] if slopes.shape[-1] == 1 else wrong

    def dual_statistics(self, slopes: FloatArray, y: Labels, weight: FloatArray) -> FloatArray:
        """Return the weighted sums of each wrong class's slopes over the examples of each true one, ``(C, C)``."""
        return class_sums(slopes, y, weight)

    def balancing(self, statistics: FloatArray) -> Callable[[FloatArray, Labels], FloatArray]:
        """Scale the slopes of each pair of classes until row sums equal column sums (matrix balancing)."""
        return matrix_balancing(statistics)


def _row(scores: Array, y: int, slopes: Array, numbers: Any) -> Any:
    """Return the loss of one row of float32, and write its slopes."""
    margin, squared, average, include_true, width = numbers
    R = len(scores)
    zero, one = np.float32(0), np.float32(1)
    value = zero
    scale = one
    if average:
        scale = one / np.float32(max(R, 2) if include_true else max(R, 2) - 1)
    constant = one_hinge(margin, squared, width)[0] if include_true else zero
    if R == 1:
        sign = one if y == 1 else -one
        value, slope = one_hinge(margin - sign * scores[0], squared, width)
        slopes[0] = -sign * scale * slope
        return scale * (value + constant)
    down = zero
    own = scores[y]
    for c in range(R):
        if c == y:
            continue
        each, slope = one_hinge(scores[c] - own + margin, squared, width)
        value += each
        slopes[c] = scale * slope
        down += scale * slope
    slopes[y] = -down
    return scale * (value + constant)
