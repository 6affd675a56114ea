"""The rows whose loss has curvature: all that products with the Hessian of a hinge take."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data.base import DataSource
from scoreline.engine.problem.objective import Objective, block_rows
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.scored import Labelled
from scoreline.engine.problem.shifted_rows import ShiftedRows
from scoreline.losses import HessianLoss

__all__ = ["GatheredRows", "gather_rows", "row_curvatures"]


class GatheredRows(NamedTuple):
    """Active rows as arrays; see `scoreline.engine.problem.oracle.ActiveRows`."""

    objective: Objective
    loss: HessianLoss
    #: Standardised features, scores, labels, and the rows' share of all weight.
    X: FloatArray | ShiftedRows
    scores: FloatArray
    y: Labels
    share: FloatArray

    def hessian_product(self, direction: Params) -> Params:
        """See `ActiveRows.hessian_product`."""
        change = self.X @ direction.W[0].T + direction.b[0]
        slopes = self.share[:, None] * self.loss.slope_change(self.scores, self.y, change)
        slopes = slopes.astype(self.X.dtype, copy=False)
        W = slopes.T @ self.X
        b = slopes.sum(axis=0) if self.objective.fit_intercept else np.zeros_like(direction.b[0])
        return Params(W[None], b[None])


def row_curvatures(loss: HessianLoss) -> Callable[[Labels, FloatArray], FloatArray]:
    """Return what gives the curvature of each row, ``(n,)``, along an arbitrary direction, from its scores.

    A row with curvature has some along such a direction.
    """

    def curvatures(y: Labels, scores: FloatArray) -> FloatArray:
        arbitrary = np.random.default_rng(0).normal(size=(1, scores.shape[1])).astype(scores.dtype)
        change = np.broadcast_to(arbitrary, scores.shape)
        return np.asarray(np.abs(loss.slope_change(scores, y, change)).max(axis=1))

    return curvatures


def gather_rows(
    objective: Objective, source: DataSource, labelled: Labelled, chosen: Array, scores: FloatArray, *, every: int
) -> GatheredRows:
    """Read the chosen rows, each of which stands for so many.

    Parameters
    ----------
    objective : Objective
        Whose loss declares its Hessian.
    source : DataSource
    labelled : Labelled
        Of all rows.
    chosen : array (n,)
        Rising indices of rows.
    scores : array (n, R)
        Of the chosen rows.
    every : int
    """
    loss, (y, weight) = objective.loss.hessian, labelled
    assert loss is not None  # noqa: S101 - what the choice of the model has made sure of
    share = np.full(len(chosen), float(every)) if weight is None else every * weight[chosen]
    X = _standardized(objective, source, chosen, scores.dtype)
    return GatheredRows(objective, loss, X, scores, y[chosen], share / source.total_weight)


def _standardized(
    objective: Objective, source: DataSource, chosen: Array, dtype: np.dtype[np.floating]
) -> FloatArray | ShiftedRows:
    """Return the chosen rows as W sees them, sparse ones for products alone."""
    if source.rows.matrix is not None:
        return objective.shifted(source.rows.matrix[chosen], dtype)
    X = np.empty((len(chosen), source.n_features), dtype)
    first = filled = 0
    for batch in source.batches(block_rows(source.n_features), seed=None):
        last = first + len(batch.y)
        own = chosen[np.searchsorted(chosen, first) : np.searchsorted(chosen, last)] - first
        X[filled : filled + len(own)] = objective.standardized(batch.X[own], X.dtype)
        first, filled = last, filled + len(own)
    return X
