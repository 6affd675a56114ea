"""The oracle: all that a method on the whole data may ask of an objective and its data.

Whatever has one entry an example (scores, the losses' derivatives by them, ...) stays with the oracle. Methods
hold vectors, which only the oracle that made them can read, and combine them through it: where and how they are
stored (in memory, in compiled code's layout, on many machines) is hidden from methods.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, NewType, Protocol

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.losses import Loss

__all__ = ["ActiveRows", "LossEvaluation", "Oracle", "Sample", "Vector"]

#: An array with one entry an example, of the shape (R,) of a row of scores or another, that only its oracle reads.
Vector = NewType("Vector", object)


class LossEvaluation(NamedTuple):
    """Weighted means over all examples, in float64."""

    loss: float
    accuracy: float
    #: Derivative of the loss along the change of the scores.
    slope: float


class Sample(NamedTuple):
    """Some examples: their scores in float64, labels, and weights (None: all 1)."""

    scores: FloatArray
    y: Labels
    weight: FloatArray | None


class ActiveRows(Protocol):
    """The examples whose loss has curvature at some scores."""

    def hessian_product(self, direction: Params) -> Params:
        """Return the Hessian of the mean loss, over these examples, times a direction."""


class Oracle(Protocol):
    r"""What a method on the whole data asks of an objective with K = 1.

    Second moments of the features are no part of it: they have no entry an example, and are measured on the rows
    once for many objectives; see `scoreline.engine.exact.moments`. Nor is there a method for slopes alone, as loss
    and slopes have the exponentials in common: `evaluate` returns both from one traversal of the scores.

    Where a method takes `out`, a vector that is no longer needed, its memory may hold the result: with a thousand
    classes a vector is larger than the data, and to allocate one takes as long as to fill it.
    """

    @property
    def objective(self) -> Objective:
        """The objective, K = 1."""

    @property
    def n_examples(self) -> int:
        """The number of examples N."""

    @property
    def n_features(self) -> int:
        """The number of features D."""

    @property
    def n_entries(self) -> int:
        """The numbers that all examples take as they lie: N D, or those that sparse rows store."""

    @property
    def n_rows(self) -> int:
        """The number of rows R of W: of the scores of an example."""

    @property
    def total_weight(self) -> float:
        """The sum of the examples' weights."""

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """The dtype of vectors, and of the products with the data."""

    @property
    def steps_at_once(self) -> int:
        """Steps that `evaluate` takes for about the price of one: more where a call costs much, as by network."""

    def consecutive(self) -> AbstractContextManager[Any]:
        """Return the context of calls that follow one another without a pause."""

    def with_loss(self, loss: Loss) -> Oracle:
        """Return the oracle of the same data with another loss; both read each other's vectors."""

    def scores(self, params: Params) -> Vector:
        """Return the scores of all examples: one pass over the data, none where W = 0."""

    def constant(self, row: FloatArray) -> Vector:
        """Return the vector that has the same row ``(R,)`` for every example, as a change of the scores."""

    def evaluate(
        self, scores: Vector, change: Vector | None, steps: Sequence[float], *, out: Vector | None = None
    ) -> tuple[list[LossEvaluation], Vector]:
        """Evaluate ``scores + t * change`` for each step t, in one traversal of the vectors.

        Parameters
        ----------
        scores : Vector
        change : Vector or None
            None for no change.
        steps : sequence of float
        out : Vector, optional
            Is overwritten.

        Returns
        -------
        list of LossEvaluation
            One a step.
        Vector
            The slopes, derivatives of the losses by the scores, at the last step.
        """

    def gradient(self, params: Params, slopes: Vector) -> Params:
        """Return the gradient of the objective's smooth part from the slopes: one pass over the data."""

    def mean_slopes(self, slopes: Vector) -> FloatArray:
        """Return the weighted mean of the slopes, which is the gradient by the bias, float64 ``(R,)``."""

    def combine(self, a: Vector, t: float, b: Vector, *, out: Vector | None = None) -> Vector:
        """Return ``a + t * b``."""

    def reduce(self, f: Callable[..., FloatArray], *vectors: Vector, least_rows: int = 1) -> FloatArray:
        """Return the sum of ``f(y, w, *blocks)`` over blocks of examples, in an order that is always the same.

        Parameters
        ----------
        f : callable
            Takes labels, weights (1 where none are given) and the blocks of the vectors; pure.
        vectors : Vector
        least_rows : int, default 1
            Examples of a block, for sums that are as large as so many.
        """

    def transform(
        self,
        f: Callable[..., FloatArray],
        *vectors: Vector,
        row: tuple[int, ...] | None = None,
        dtype: np.dtype[np.floating] | None = None,
        out: Vector | None = None,
    ) -> Vector:
        """Return ``f(y, *blocks)`` of all blocks of examples.

        Parameters
        ----------
        f : callable
            Takes labels and the blocks of the vectors; pure.
        vectors : Vector
        row : tuple of int, optional
            The shape of an entry of the result; by default that of the first vector's.
        dtype : dtype, optional
            Of the result; by default the oracle's.
        out : Vector, optional
            Is overwritten; one of the vectors may be given.
        """

    def sample(self, scores: Vector, most: int) -> Sample:
        """Return at most so many examples, evenly spaced."""

    def active_rows(self, scores: Vector, *, straight: float, most_entries: int) -> ActiveRows:
        """Gather the examples whose loss has curvature, so that products with the Hessian touch no others.

        The loss of the objective declares its Hessian.

        Parameters
        ----------
        scores : Vector
        straight : float
            Share of the largest curvature below which an example counts as having none.
        most_entries : int
            Numbers of their features that are held; of more examples than that, evenly spaced ones stand for all.
        """

    def hessian(self, row_hessians: Vector) -> FloatArray:
        r"""Return the Hessian of the mean loss by weights and bias, float64 ``(R, D + 1, R, D + 1)``.

        It is the weighted mean of :math:`h_i \otimes z_i z_i^\top` with :math:`z_i = (x_i, 1)`: one pass over the
        data. `row_hessians` holds the :math:`h_i`, ``(R, R)`` an example.
        """

    def saved(self, vector: Vector) -> Array:
        """Return a vector as one array, to be kept in a file."""

    def restored(self, array: Array) -> Vector:
        """Return the vector that was saved as an array."""
