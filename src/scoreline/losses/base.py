"""What every loss offers: a value and a gradient for each example's scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.errors import DataError, UsageError
from scoreline.kernels.form import CompiledForm

__all__ = [
    "CertifiedLoss",
    "HessianLoss",
    "Loss",
    "MultinomialLoss",
    "RowwiseLoss",
    "SmoothableLoss",
    "rows_for",
    "shown_number",
    "sum_of_terms",
]


@dataclass(frozen=True)
class Loss(ABC):
    """How unhappy we are with the scores of one example, given its label.

    A loss knows nothing of weights, of averages over examples or of penalties.

    Scores have shape ``(B, ..., C)``: B examples, any axes between (K configurations, say), C classes. A last
    axis of length 1 means *two classes with one score*, as in scikit-learn: a positive score means class 1, its
    negative for class 0. Labels ``y`` have shape ``(B,)`` and count from 0.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "compiled_form" not in vars(cls):  # a subclass may compute something else
            cls.compiled_form = Loss.compiled_form  # type: ignore[method-assign]

    #: Whether `probabilities` exists.
    probabilistic: ClassVar[bool] = False
    #: Whether the loss has a derivative everywhere.
    smooth: ClassVar[bool] = False
    #: Whether its Hessian is the same everywhere, so that one Newton step finds the optimum.
    quadratic: ClassVar[bool] = False
    #: What one example's loss is called on an axis of a figure.
    label: ClassVar[str] = "loss"

    @property
    def certificate(self) -> CertifiedLoss | None:
        """What bounds an objective with this loss from below: the loss itself where it has a conjugate."""
        return None

    @property
    def smoothing(self) -> SmoothableLoss | None:
        """What makes smooth losses near this one: the loss itself where that is possible."""
        return None

    @property
    def hessian(self) -> HessianLoss | None:
        """What multiplies by the Hessian of the loss: the loss itself where few rows have any curvature."""
        return None

    def written_out(self, scores: Sequence[float], y: int) -> str | None:
        """Return the formula of one example's loss with its numbers in place, as one would write it by hand.

        None where the loss, or this variant of it, has no short formula.

        Parameters
        ----------
        scores : sequence of float
            One a class, two for two classes.
        y : int
            The label.
        """
        del scores, y
        return None

    @abstractmethod
    def value(self, scores: FloatArray, y: Labels) -> FloatArray:
        """Return each example's loss, shape ``(B, ...)``, in the dtype of `scores`.

        Raises
        ------
        DataError
            `scores` and `y` differ in length or a label has no score.
        """

    @abstractmethod
    def value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        """Return the losses, shape ``(B, ...)``, and their (sub)gradients by the scores, ``(B, ..., C)``."""

    @abstractmethod
    def bounds(self, n_classes: int) -> tuple[float, float]:
        """Return the infimum and supremum of one example's loss over all scores."""

    @abstractmethod
    def value_at_zero(self, n_classes: int) -> float:
        """Return one example's loss when all scores are 0, as they are at ``W = 0, b = 0``."""

    @abstractmethod
    def curvature(self, n_classes: int) -> float:
        """Return an upper bound of the largest eigenvalue of the Hessian by the scores.

        Two classes share one score here, as they do in `rows_for`; a pair of scores has at most twice the bound.
        A plain hinge has no Hessian; it gives half the bound of its square, which has the same slope half a
        margin inside. Step sizes are set by it, not proofs.
        """

    def compiled_form(self) -> CompiledForm | None:
        """Return the loss of one row of scores for compiled code, or None; subclasses do not inherit it.

        Its function is called as ``function(scores, y, slopes, numbers)``: one example's scores ``(C,)`` of
        float32 (``(1,)`` for two classes), its label, an array like the scores, into which it writes the slopes,
        and the form's numbers; it returns the loss. A loss that has no form is left to NumPy.
        """
        return None

    def probabilities(self, scores: FloatArray) -> FloatArray:
        """Return class probabilities ``(B, ..., C)`` (two classes for a single score).

        Raises
        ------
        UsageError
            The loss has no probabilities.
        """
        raise UsageError(
            f"{type(self).__name__} was asked for probabilities, and its scores have none",
            allowed="losses with probabilities, as Softmax",
            fix="train with loss='softmax', or use the scores (decision_function)",
        )


class CertifiedLoss(Loss):
    """A loss with a conjugate, from which a lower bound of the whole objective follows."""

    @property
    def certificate(self) -> CertifiedLoss:
        """The loss itself."""
        return self

    @abstractmethod
    def conjugate(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return :math:`\ell^*(a) = \sup_s \langle a, s \rangle - \ell(s)` for each example, float64 ``(B,)``.

        Parameters
        ----------
        slopes : array (B, C) of float64
            Points of its domain: gradients of the loss at any scores, or what `balanced` makes of them.
        y : array (B,)
            Labels.
        """

    @abstractmethod
    def feasible(self, slopes: FloatArray, y: Labels) -> FloatArray:
        """Return points of the conjugate's domain near `slopes`, which may lie anywhere.

        Parameters
        ----------
        slopes : array (B, C) of float64
            One row an example.
        y : array (B,)
            Labels.
        """

    @abstractmethod
    def dual_statistics(self, slopes: FloatArray, y: Labels, weight: FloatArray) -> FloatArray:
        """Return statistics for dual feasibility: weighted sums over the examples, which add up over parts.

        Parameters
        ----------
        slopes : array (B, C) of float64
            Gradients of the loss at any scores, one row an example.
        y : array (B,)
            Labels.
        weight : array (B,) of float64
            The examples' weights.
        """

    @abstractmethod
    def balancing(self, statistics: FloatArray) -> Callable[[FloatArray, Labels], FloatArray]:
        """Return what makes of slopes points of the conjugate's domain, whose weighted sum over all examples is 0.

        Slopes and labels of some of the examples go in, ``(B, C)`` of float64 and ``(B,)``; points near these
        slopes come out, ``(B, C)``.

        Parameters
        ----------
        statistics : array
            The sum of what `dual_statistics` gives, over all examples.
        """


class SmoothableLoss(CertifiedLoss):
    """A loss with kinks that can be smoothed about a prox-centre among its slopes."""

    #: How far the true class's score should lie above others: the measure of the width.
    margin: float
    #: Width over which kinks are smoothed; 0 for the plain loss.
    smoothing_width: float

    @abstractmethod
    def smoothed(self, width: float) -> Self:
        """Return the loss with kinks smoothed over a width. Its slopes lie in the same domain."""

    @abstractmethod
    def shift(self, slopes: FloatArray, y: Labels) -> FloatArray:
        r"""Return what, added to scores, centres the smoothing on `slopes`.

        The smoothed loss is the largest of :math:`a \cdot s - L^*(a) - \mu\, d(a, a_0)` over slopes a, with a
        distance d to a centre :math:`a_0`. To move the centre is to move the scores: this is by how much.

        Parameters
        ----------
        slopes : array (B, C)
            In the loss's domain.
        y : array (B,)
            Labels.
        """


class HessianLoss(Loss):
    """A loss whose Hessian by the scores is known, and 0 for most rows."""

    @abstractmethod
    def slope_change(self, scores: FloatArray, y: Labels, change: FloatArray) -> FloatArray:
        """Return how fast the slopes change as the scores do: the Hessian times `change`.

        Parameters
        ----------
        scores : array (B, C)
            Where the loss, smooth by squaring or smoothing, is differentiated twice.
        y : array (B,)
            Labels.
        change : array (B, C)
            Of the scores.
        """


class MultinomialLoss(Loss):
    """A loss of the differences between the classes' scores.

    Adding one number to all scores of an example changes nothing, so that one score ``s`` for two classes is
    the pair ``(-s/2, s/2)``, and softmax becomes the logistic loss, each hinge the binary hinge.
    Subclasses give `_value_and_gradient` for two classes or more.
    """

    @abstractmethod
    def _value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        """Return values and gradients for ``C >= 2``."""

    def value(self, scores: FloatArray, y: Labels) -> FloatArray:
        """Return each example's loss, shape ``(B, ...)``; see `Loss.value`."""
        return self.value_and_gradient(scores, y)[0]

    def value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        """Return losses ``(B, ...)`` and gradients ``(B, ..., C)``; see `Loss.value_and_gradient`."""
        scores, y = checked(scores, y)
        if scores.shape[-1] > 1:
            return self._value_and_gradient(scores, y)
        value, gradient = self._value_and_gradient(as_pair(scores), y)
        return value, of_pair(gradient)


class RowwiseLoss(Loss):
    """A sum of one binary loss ``phi(t_c s_c)`` a class: ``t_c`` is 1 for the true class, -1 for the others.

    With one score for two classes there is one such term, ``phi(t s)``. Subclasses give `_phi`.
    """

    @abstractmethod
    def _phi(self, margins: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return ``phi`` and its derivative, elementwise."""

    def value(self, scores: FloatArray, y: Labels) -> FloatArray:
        """Return each example's loss, shape ``(B, ...)``; see `Loss.value`."""
        return self.value_and_gradient(scores, y)[0]

    def value_and_gradient(self, scores: FloatArray, y: Labels) -> tuple[FloatArray, FloatArray]:
        """Return losses ``(B, ...)`` and gradients ``(B, ..., C)``; see `Loss.value_and_gradient`."""
        scores, y = checked(scores, y)
        target = targets(scores, y)
        value, slope = self._phi(target * scores)
        return value.sum(axis=-1), target * slope

    def value_at_zero(self, n_classes: int) -> float:
        """Return ``C * phi(0)``, or ``phi(0)`` for two classes, which share one score."""
        return rows_for(n_classes) * float(self._phi(np.zeros(1))[0][0])


def sum_of_terms(term: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of a `RowwiseLoss`'s compiled form, from that of one class.

    Parameters
    ----------
    term : callable
        Takes one margin ``t_c s_c`` and the form's numbers; returns ``phi`` and its derivative.
    """

    def row(scores: Array, y: int, slopes: Array, numbers: Any) -> Any:
        R = len(scores)
        one = np.float32(1)
        value = np.float32(0)
        true = 0 if R == 1 else y  # one score for two classes is that of class 1
        for c in range(R):
            sign = one if c == true and (R > 1 or y == 1) else -one
            each, slope = term(sign * scores[c], numbers)
            value += each
            slopes[c] = sign * slope
        return value

    return row


def rows_for(n_classes: int) -> int:
    """Return how many score functions (rows of W) tell `n_classes` classes apart: one for two classes."""
    return 1 if n_classes == 2 else n_classes


def shown_number(number: float) -> str:
    """Return a number with two decimals as it stands in a sum: negative ones in brackets."""
    text = f"{number + 0.0:.2f}"
    return f"(−{text[1:]})" if text.startswith("-") and text != "-0.00" else text.removeprefix("-")


def checked(scores: Array, y: Array) -> tuple[FloatArray, Labels]:
    """Return scores as floats and labels as int64, or say what does not fit."""
    scores = np.asarray(scores)
    if scores.dtype not in (np.float32, np.float64):
        scores = scores.astype(np.float64)
    y = np.asarray(y)
    if scores.ndim < 2 or scores.shape[-1] == 0 or y.shape != scores.shape[:1] or y.dtype.kind not in "iu":
        raise DataError(
            f"Scores of shape {scores.shape} came with labels of shape {y.shape} and dtype {y.dtype}",
            allowed="scores (B, ..., C) with C at least 1 and B integer labels (B,)",
            fix="pass one integer label for each row of scores",
        )
    n_classes = max(scores.shape[-1], 2)
    if y.size and not (y.min() >= 0 and y.max() < n_classes):
        raise DataError(
            f"Labels run from {y.min()} to {y.max()} while the scores tell {n_classes} classes apart",
            allowed=f"labels 0 to {n_classes - 1}",
            fix="number the classes from 0, one score each",
        )
    return scores, y.astype(np.int64, copy=False)


def targets(scores: FloatArray, y: Labels) -> FloatArray:
    """Return ``t``, shaped like `scores`: 1 for the true class, -1 for the others."""
    target = np.full_like(scores, -1)
    if scores.shape[-1] == 1:
        target[y == 1] = 1
    else:
        put_true(target, y, 1)
    return target


def as_pair(scores: FloatArray) -> FloatArray:
    """Turn one score ``s`` for two classes into the pair ``(-s/2, s/2)``."""
    half = scores / 2
    return np.concatenate([-half, half], axis=-1)


def of_pair(gradient: FloatArray) -> FloatArray:
    """Turn the gradient by the pair ``(-s/2, s/2)`` into that by ``s``."""
    return (gradient[..., 1:] - gradient[..., :1]) / 2


def true_index(scores: Array, y: Labels) -> Any:
    """Return the index array ``(B, 1, ..., 1)`` of the true classes, for ``take_along_axis``."""
    return np.broadcast_to(y.reshape(-1, *[1] * (scores.ndim - 1)), (*scores.shape[:-1], 1))


def true_scores(scores: FloatArray, y: Labels) -> FloatArray:
    """Return the true classes' scores, shape ``(B, ..., 1)``."""
    return np.take_along_axis(scores, true_index(scores, y), axis=-1)


def put_true(array: FloatArray, y: Labels, value: FloatArray | float) -> None:
    """Set the entries of the true classes of `array`, which the caller has just made."""
    np.put_along_axis(array, true_index(array, y), value, axis=-1)
