"""Softmax cross-entropy, the loss of multinomial logistic regression."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import Array, FloatArray, Labels
from scoreline.kernels.form import CompiledForm
from scoreline.kernels.plain import exponential, first_place, largest
from scoreline.losses.balance import both_slopes, class_sums, matrix_balancing
from scoreline.losses.base import CertifiedLoss, MultinomialLoss, as_pair, put_true, shown_number, true_scores

__all__ = ["Softmax"]

#: Classes up to which slopes are balanced by the sums between each two.
MOST_BALANCED = 2048


@dataclass(frozen=True)
class Softmax(MultinomialLoss, CertifiedLoss):
    r"""Cross-entropy between the softmax of the scores and the label.

    .. math:: L = -\sum_c t_c \log p_c, \qquad p_c = e^{s_c} / \sum_j e^{s_j},
       \qquad \partial L / \partial s_c = p_c - t_c

    with :math:`t` the one-hot label, moved towards the uniform distribution by label smoothing:
    :math:`t = (1 - \epsilon) \mathrm{onehot}(y) + \epsilon / C`.

    The largest score is taken off before the exponential, so that scores of any finite size are safe, and the
    logarithm goes through ``log1p``, so that losses far below the machine epsilon keep their digits.

    Parameters
    ----------
    label_smoothing : float, default 0
        The share :math:`\epsilon` in [0, 1) of the label that is spread evenly over all classes.

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, 4.3.4; Szegedy et al. (2016), arXiv:1512.00567, for
    label smoothing.
    """

    label_smoothing: float = 0.0

    probabilistic: ClassVar[bool] = True
    smooth: ClassVar[bool] = True
    label: ClassVar[str] = "cross-entropy"

    def __post_init__(self) -> None:
        check_field(self, "label_smoothing", 0, 1)

    def _value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        n_classes = scores.shape[-1]
        top = scores.argmax(axis=-1, keepdims=True)
        shifted = scores - np.take_along_axis(scores, top, axis=-1)
        true_part = true_scores(shifted, y)
        uniform = shifted.mean(axis=-1, keepdims=True) if self.label_smoothing else 0.0
        others: FloatArray = np.exp(shifted, out=shifted)  # in place, here and below: most time is memory's
        np.put_along_axis(others, top, 0, axis=-1)
        rest = others.sum(axis=-1, keepdims=True)  # the sum of the exponentials is 1 + rest
        value = np.log1p(rest) - true_part
        np.put_along_axis(others, top, 1, axis=-1)
        gradient: FloatArray = np.divide(others, 1 + rest, out=others)
        true_gradient = true_scores(gradient, y) - (1 - self.label_smoothing)
        if self.label_smoothing:
            value = value + self.label_smoothing * (true_part - uniform)
            put_true(gradient, y, true_gradient)
            gradient -= self.label_smoothing / n_classes
        else:
            # p_y - 1 loses its digits where p_y is near 1; there it is -rest / (1 + rest).
            is_top = top == y.reshape(-1, *[1] * (scores.ndim - 1))
            put_true(gradient, y, np.where(is_top, -rest / (1 + rest), true_gradient))
        return value[..., 0], gradient

    def compiled_form(self) -> CompiledForm:
        """Return the same for one row."""
        return CompiledForm(_row, (self.label_smoothing,))

    def written_out(self, scores: Sequence[float], y: int) -> str | None:
        """Return the logarithm of the sum, less the true class's score; None with label smoothing."""
        if self.label_smoothing:
            return None
        terms = " + ".join(f"e^{shown_number(score)}" for score in scores)
        return f"−{shown_number(scores[y])} + log({terms})"

    def bounds(self, n_classes: int) -> tuple[float, float]:
        """Return the entropy of the smoothed label and infinity.

        Without smoothing the entropy is 0 and never reached; with it, the loss reaches it where ``p = t``.
        """
        share = self.label_smoothing / n_classes
        if share == 0:
            return 0.0, math.inf
        true = 1 - self.label_smoothing + share
        return -(true * math.log(true) + (n_classes - 1) * share * math.log(share)), math.inf

    def value_at_zero(self, n_classes: int) -> float:
        """Return ``ln C``, with label smoothing too."""
        return math.log(n_classes)

    def curvature(self, n_classes: int) -> float:
        """Return 1/2, the bound of Böhning (1992) for ``diag(p) - p p'``; 1/4 for the logistic loss."""
        return 0.25 if n_classes == 2 else 0.5

    def probabilities(self, scores: FloatArray) -> FloatArray:
        """Return ``exp(s_c) / sum_j exp(s_j)``."""
        if scores.shape[-1] == 1:
            scores = as_pair(scores)
        exponentials: FloatArray = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return exponentials / exponentials.sum(axis=-1, keepdims=True)

    def conjugate(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return :math:`\sum_c p_c \log p_c` with :math:`p = a + t`, the slope's own distribution."""
        p = self._distributions(slopes, y)
        # Rounding may leave a probability a hair below 0, where p log p has nothing to say.
        logarithms = np.log(p, out=np.zeros_like(p), where=p > 0)
        return np.einsum("...c,...c->...", p, logarithms)

    def feasible(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Leave out what is negative of each distribution, and scale the rest."""
        p = self._distributions(slopes, y)
        np.maximum(p, 0, out=p)
        p /= p.sum(axis=-1, keepdims=True)
        return self._slopes(p, y, slopes.shape[-1])

    def dual_statistics(self, slopes: FloatArray, y: Labels, weight: FloatArray) -> FloatArray:
        """Return the weighted sums of each wrong class's slopes over the examples of each true one, ``(C, C)``.

        With label smoothing or too many classes, return the sums of distributions and of labels, ``(2, C)``.
        """
        both = both_slopes(slopes)
        if not self._mixes(both.shape[-1]):
            return class_sums(slopes, y, weight)
        sums = weight @ both
        labels = (1 - self.label_smoothing) * np.bincount(y, weight, len(sums))
        labels += self.label_smoothing * weight.sum() / len(sums)
        return np.stack([sums + labels, labels])

    def balancing(self, statistics: FloatArray) -> Callable[[FloatArray, Labels], FloatArray]:
        """Scale the slopes of each pair of classes until row sums equal column sums (matrix balancing).

        To move all probabilities by one distribution would cost far more where they are near 0, as entropy rises
        steeply there. It is done with label smoothing, where none are, and wrong classes' slopes have either sign;
        and for many classes, as their sums grow with the square of their number.
        """
        if self._mixes(statistics.shape[-1]):
            return self._mixing(*statistics)
        return matrix_balancing(statistics)

    def _mixes(self, n_classes: int) -> bool:
        return self.label_smoothing > 0 or n_classes > MOST_BALANCED

    def _mixing(self, m: FloatArray, n: FloatArray) -> Callable[[FloatArray, Labels], FloatArray]:
        r"""Mix every distribution with one more: :math:`p_i \to (1 - \theta) p_i + \theta q`.

        The distributions must sum to the labels'. With :math:`m` the sum of the former and :math:`n` that of the
        latter, :math:`q = (n - (1 - \theta) m) / (\theta \sum w)` sees to it, and
        :math:`\theta = \max_c (1 - n_c / m_c)` is the least for which q has no negative entry.
        """
        theta = float(np.max(1 - np.divide(n, m, out=np.ones_like(n), where=m > 0), initial=0.0))
        share = np.maximum(n - (1 - theta) * m, 0) / n.sum() if theta > 0 else np.zeros_like(n)

        def balanced(slopes: FloatArray, y: Labels) -> FloatArray:
            p = self._distributions(slopes, y)
            p *= 1 - theta
            p += share
            return self._slopes(p, y, slopes.shape[-1])

        return balanced

    def _distributions(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Return ``p = slope + label`` in a new array, two columns for two classes."""
        p = both_slopes(slopes).copy()
        if self.label_smoothing:
            p += self.label_smoothing / p.shape[-1]
        p[np.arange(len(y)), y] += 1 - self.label_smoothing
        return p

    def _slopes(self, p: FloatArray, y: Labels, columns: int) -> FloatArray:
        """Return the slopes of distributions, which are overwritten: one column for two classes."""
        if self.label_smoothing:
            p -= self.label_smoothing / p.shape[-1]
        p[np.arange(len(y)), y] -= 1 - self.label_smoothing
        return p[:, 1:] if columns == 1 else p


def _row(scores: Array, y: int, slopes: Array, numbers: Any) -> Any:
    """Return the loss of one row of float32, and write its slopes."""
    (label_smoothing,) = numbers
    R = len(scores)
    one = np.float32(1)
    if R == 1:  # the pair (-s/2, s/2): the logistic loss
        sign = one if y == 1 else -one
        margin = sign * scores[0]
        small = math.exp(-abs(margin))
        value = np.log1p(small) - min(margin, np.float32(0))
        wrong = small / (one + small) if margin > 0 else one / (one + small)
        share = label_smoothing / np.float32(2)
        slopes[0] = sign * (share - wrong)
        return value + share * margin
    best = largest(scores, 0, R)
    top = y if scores[y] == best else first_place(scores, best)
    for c in range(R):
        slopes[c] = exponential(scores[c] - best)
    slopes[top] = 0  # the sum of the exponentials is 1 + rest
    rest = np.float32(0)
    for c in range(R):
        rest += slopes[c]
    slopes[top] = one
    each = one / (one + rest)
    for c in range(R):
        slopes[c] *= each
    value = np.log1p(rest) - (scores[y] - best)
    slopes[y] = -rest * each if y == top else slopes[y] - one
    if label_smoothing > 0:
        mean = np.float32(0)
        share = label_smoothing / np.float32(R)
        for c in range(R):
            mean += scores[c]
            slopes[c] -= share
        slopes[y] += label_smoothing
        value += label_smoothing * (scores[y] - mean / np.float32(R))
    return value
