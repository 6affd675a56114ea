"""The structured SVM loss: one hinge against the best wrong class."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.kernels.form import CompiledForm
from scoreline.kernels.plain import exponential
from scoreline.losses.balance import both_slopes, class_sums, matrix_balancing
from scoreline.losses.base import MultinomialLoss, as_pair, of_pair, put_true, shown_number, true_scores
from scoreline.losses.hinge import HingeLoss

__all__ = ["CrammerSinger"]

#: Least share of a slope that the smoothing is centred on: one of 0 could never grow again.
FAINTEST = 1e-6


@dataclass(frozen=True)
class CrammerSinger(MultinomialLoss, HingeLoss):
    r"""The Crammer-Singer hinge, "structured SVM": the best wrong class must stay a margin below the true one.

    .. math:: L = \max(0,\; \max_{j \ne y} s_j - s_y + \Delta)

    Where several wrong classes share the best score, the subgradient falls on the first. With a smoothing width
    :math:`\mu`, the largest of :math:`v_y = 0` and :math:`v_j = s_j - s_y + \Delta` becomes
    :math:`\mu \log \sum_j e^{v_j / \mu}`, at most :math:`\mu \log C` above it.

    Parameters
    ----------
    margin : float, default 1
        :math:`\Delta > 0`.
    smoothing_width : float, default 0
        :math:`\mu \ge 0`.

    References
    ----------
    Crammer & Singer (2001), On the algorithmic implementation of multiclass kernel-based vector machines, JMLR 2;
    Nesterov (2005), Smooth minimization of non-smooth functions, Math. Program. 103, 4.2, for the smoothing.
    """

    margin: float = 1.0
    smoothing_width: float = 0.0

    def _value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        if self.smoothing_width > 0:
            return self._smoothed_value_and_gradient(scores, y)
        wrong = scores.copy()
        put_true(wrong, y, -np.inf)
        rival = wrong.argmax(axis=-1, keepdims=True)
        violation = np.take_along_axis(wrong, rival, axis=-1) - true_scores(scores, y) + self.margin
        active = (violation > 0).astype(scores.dtype)
        gradient = np.zeros_like(scores)
        np.put_along_axis(gradient, rival, active, axis=-1)
        put_true(gradient, y, -active)
        return np.maximum(violation, 0)[..., 0], gradient

    def compiled_form(self) -> CompiledForm:
        """Return the same for one row."""
        return CompiledForm(_row, (self.margin, self.smoothing_width))

    def _smoothed_value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        short: FloatArray = scores - true_scores(scores, y) + self.margin
        put_true(short, y, 0)
        most = short.max(axis=-1, keepdims=True)
        gradient: FloatArray = np.exp((short - most) / scores.dtype.type(self.smoothing_width))
        total = gradient.sum(axis=-1, keepdims=True)
        value = most + scores.dtype.type(self.smoothing_width) * np.log(total)
        gradient /= total
        put_true(gradient, y, 0)
        put_true(gradient, y, -gradient.sum(axis=-1, keepdims=True))
        return value[..., 0], gradient

    def shift(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return :math:`\mu \log (p_j / p_y)`, with the p of `conjugate`; see `HingeLoss.shift`."""
        p = self._wrong(slopes, y)
        put_true(p, y, 1 - p.sum(axis=-1, keepdims=True))
        log_p = np.log(np.maximum(p, FAINTEST))
        shift: FloatArray = slopes.dtype.type(self.smoothing_width) * (log_p - true_scores(log_p, y))
        return shift[:, 1:] - shift[:, :1] if slopes.shape[-1] == 1 else shift

    def slope_change(self, scores: FloatArray, y: Labels, change: FloatArray) -> FloatArray:
        """Return the Hessian of the smoothed hinge times `change`: that of log-sum-exp, over the width."""
        if scores.shape[-1] == 1:
            return of_pair(self.slope_change(as_pair(scores), y, as_pair(change)))
        p = self._smoothed_value_and_gradient(scores, y)[1]
        put_true(p, y, 0)
        ahead = change - true_scores(change, y)
        slopes: FloatArray = (
            p * (ahead - (p * ahead).sum(axis=-1, keepdims=True)) / scores.dtype.type(self.smoothing_width)
        )
        put_true(slopes, y, -slopes.sum(axis=-1, keepdims=True))
        return slopes

    def written_out(self, scores: Sequence[float], y: int) -> str | None:
        """Return the hinge of the best wrong class; None if smoothed."""
        if self.smoothing_width:
            return None
        wrong = [shown_number(score) for j, score in enumerate(scores) if j != y]
        best = f"max({', '.join(wrong)})" if len(wrong) > 1 else wrong[0]
        return f"max(0, {best} − {shown_number(scores[y])} + {self.margin:g})"

    def bounds(self, n_classes: int) -> tuple[float, float]:
        """Return ``(0, inf)``."""
        return 0.0, math.inf

    def value_at_zero(self, n_classes: int) -> float:
        """Return the margin, whatever the number of classes; a little more with smoothing."""
        if self.smoothing_width > 0:
            spread = math.log(n_classes - 1 + math.exp(-self.margin / self.smoothing_width))
            return self.margin + self.smoothing_width * spread
        return self.margin

    def curvature(self, n_classes: int) -> float:
        """Return that of one pair of scores."""
        pair = 1.0 if n_classes == 2 else 2.0
        return pair / (4 * self.smoothing_width) if self.smoothing_width > 0 else pair

    def conjugate(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return :math:`-\Delta \sum_{j \ne y} a_j`, plus :math:`\mu \sum_j p_j \log p_j` if smoothed.

        In the domain the slopes of the wrong classes are at least 0 and sum to at most 1, and all of an example's
        sum to 0; p are these slopes with what is left of 1 for the true class.
        """
        wrong = self._wrong(slopes, y)
        value = -self.margin * wrong.sum(axis=-1)
        if self.smoothing_width > 0:
            p = wrong.copy()
            put_true(p, y, np.maximum(1 - wrong.sum(axis=-1, keepdims=True), 0))
            value = value + self.smoothing_width * (p * np.log(p, out=np.zeros_like(p), where=p > 0)).sum(axis=-1)
        return value

    def feasible(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Clip the slopes of the wrong classes, and scale them where they sum to more than 1."""
        wrong = np.maximum(self._wrong(slopes, y), 0)
        wrong /= np.maximum(wrong.sum(axis=-1, keepdims=True), 1)
        put_true(wrong, y, -wrong.sum(axis=-1, keepdims=True))
        return wrong[:, 1:] if slopes.shape[-1] == 1 else wrong

    def dual_statistics(self, slopes: FloatArray, y: Labels, weight: FloatArray) -> FloatArray:
        """Return the weighted sums of each wrong class's slopes over the examples of each true one, ``(C, C)``."""
        return class_sums(slopes, y, weight)

    def balancing(self, statistics: FloatArray) -> Callable[[FloatArray, Labels], FloatArray]:
        """Scale the slopes of each pair of classes until row sums equal column sums (matrix balancing)."""
        return matrix_balancing(statistics)

    def _wrong(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Return the slopes of the wrong classes, one column a class."""
        both = both_slopes(slopes).copy()
        put_true(both, y, 0)
        return both


def _row(scores: Array, y: int, slopes: Array, numbers: Any) -> Any:
    """Return the loss of one row of float32, and write its slopes."""
    margin, width = numbers
    R = len(scores)
    zero, one = np.float32(0), np.float32(1)
    if R == 1:
        sign = one if y == 1 else -one
        short = margin - sign * scores[0]
        if width > 0:
            small = math.exp(-abs(short) / width)
            slopes[0] = -sign * (one / (one + small) if short > 0 else small / (one + small))
            return max(short, zero) + width * np.log1p(small)
        slopes[0] = -sign if short > 0 else zero
        return max(short, zero)
    rival = 1 if y == 0 else 0
    for c in range(R):
        if c != y and scores[c] > scores[rival]:
            rival = c
    short = scores[rival] - scores[y] + margin
    if width > 0:
        most = max(short, zero)
        sharpness = one / width
        for c in range(R):
            slopes[c] = exponential(min((scores[c] - scores[y] + margin - most) * sharpness, zero))
        slopes[y] = zero
        rivals = zero
        for c in range(R):
            rivals += slopes[c]
        total = rivals + exponential(-most * sharpness)
        each = one / total
        for c in range(R):
            slopes[c] *= each
        slopes[y] = -rivals * each
        return most + width * math.log(total)
    for c in range(R):
        slopes[c] = zero
    if short > 0:
        slopes[rival] = one
        slopes[y] = -one
    return max(short, zero)
