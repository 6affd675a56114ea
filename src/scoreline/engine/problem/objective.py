"""What is minimised: mean loss plus penalty, for K configurations at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.base import Batch, DataSource
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.shifted_rows import ShiftedRows
from scoreline.engine.problem.standardization import Standardization, row_weights
from scoreline.losses import Loss, rows_for
from scoreline.penalties import Penalty
from scoreline.rows import SparseMatrix, dense, matrix_of, row_entries, stored_entries

__all__ = [
    "BatchResult",
    "Objective",
    "Standardization",
    "compute_dtype",
    "linear_scores",
    "pass_rows",
    "predicted_classes",
    "row_weights",
    "slope_products",
    "weighted_slopes",
]

#: Entries of a block of rows that is turned into floats at a time: 16 MB of float32.
BLOCK_ENTRIES = 1 << 22


def compute_dtype(data: np.dtype[np.generic]) -> np.dtype[np.floating]:
    """Return the dtype in which data of a dtype are multiplied: float64 stays, all else is float32."""
    return np.dtype(np.float64 if data == np.float64 else np.float32)


class BatchResult(NamedTuple):
    """What one pass over some rows gives, for each configuration."""

    #: Weighted mean loss plus ``lam * R(W)``, float64 ``(K,)``.
    objective: FloatArray
    #: Weighted mean loss alone, float64 ``(K,)``.
    loss: FloatArray
    #: Weighted share of rows whose best score is the true class's, float64 ``(K,)``.
    accuracy: FloatArray
    #: Gradient of the mean loss and of the smooth part of the penalty.
    gradient: Params


@dataclass(frozen=True, eq=False)
class Objective:
    r"""The function that training makes small, for K configurations at once.

    .. math:: L_k(W, b) = \frac{1}{\sum_i w_i} \sum_i w_i\, \ell(W_k x_i + b_k, y_i) + \lambda_k R(W_k)

    Parameters
    ----------
    loss : Loss
    penalty : Penalty
    lam : array (K,)
        Strength :math:`\lambda_k` of the penalty.
    n_classes : int
        Number of classes C; there are ``R = 1`` rows of scores for two classes, else C.
    fit_intercept : bool
        Whether there is a bias; it is never penalised.
    standardization : Standardization, optional
        Applied to the rows; W and b are those of standardised rows.
    template_per_class : bool
        Whether two classes have a row of scores each too, as where their weights are drawn.
    """

    loss: Loss
    penalty: Penalty
    lam: FloatArray
    n_classes: int
    fit_intercept: bool = True
    standardization: Standardization | None = None
    template_per_class: bool = False

    @property
    def n_configurations(self) -> int:
        """Number of configurations K."""
        return len(self.lam)

    @property
    def n_rows(self) -> int:
        """Number of rows R of W."""
        return self.n_classes if self.template_per_class else rows_for(self.n_classes)

    @property
    def value_at_zero(self) -> float:
        """The objective at W = 0 and b = 0, whatever the data."""
        return self.loss.value_at_zero(self.n_classes)

    def scores(self, params: Params, X: Array | SparseMatrix, out: FloatArray | None = None) -> FloatArray:
        """Return the scores ``(B, K, R)`` of raw rows ``(B, D)``, in `out` where that is given."""
        return linear_scores(self.folded(params), X, out)

    def data_loss(self, params: Params, source: DataSource) -> tuple[FloatArray, FloatArray]:
        """Return mean loss and accuracy over a source, float64 ``(K,)`` each."""
        folded = self.folded(params)
        loss, right = np.zeros(self.n_configurations), np.zeros(self.n_configurations)
        for batch in source.batches(pass_rows(params, source), seed=None):
            scores = linear_scores(folded, batch.X)
            weight = row_weights(batch)
            loss += weight @ self.loss.value(scores, batch.y).astype(np.float64)
            right += weight @ (predicted_classes(scores) == batch.y[:, None])
        return loss / source.total_weight, right / source.total_weight

    def value(self, params: Params, source: DataSource) -> FloatArray:
        """Return the objective over a source, float64 ``(K,)``."""
        return self.data_loss(params, source)[0] + self.penalty_value(params)

    def penalty_value(self, params: Params) -> FloatArray:
        """Return ``lam * R(W)``, float64 ``(K,)``."""
        return self.lam * self.penalty.value(params.W)

    def value_and_gradient(self, params: Params, batch: Batch, *, mean_weight: float | None = None) -> BatchResult:
        """Return objective and gradient over the rows of `batch`, however many; see `BatchResult`.

        `mean_weight` is the mean weight of a row in the whole data: with it the sums are divided by the weight
        that so many rows are expected to have, which makes the gradient an unbiased estimate of that of the whole.
        By default they are divided by the weight that these rows have.
        """
        folded = self.folded(params)
        total = Params(np.zeros(params.W.shape), np.zeros(params.b.shape))
        loss, right = np.zeros(self.n_configurations), np.zeros(self.n_configurations)
        weight_sum = 0.0
        for block in _blocks(batch, _rows_a_block(params, row_entries(batch.X))):
            X = _as_matrix(block.X, params.W.dtype)
            scores = linear_scores(folded, X)
            weight = row_weights(block)
            values, slopes = self.loss.value_and_gradient(scores, block.y)
            loss += weight @ values.astype(np.float64)
            right += weight @ (predicted_classes(scores) == block.y[:, None])
            weight_sum += weight.sum()
            slopes = weighted_slopes(slopes, block.weight)
            total = total.plus(Params(slope_products(slopes, X), slopes.sum(axis=0, dtype=np.float64)))
        if mean_weight is not None:
            weight_sum = len(batch.y) * mean_weight
        mean_loss = loss / weight_sum
        gradient = self.finish_gradient(params, total, weight_sum)
        return BatchResult(mean_loss + self.penalty_value(params), mean_loss, right / weight_sum, gradient)

    def standardized(self, X: Array | SparseMatrix, dtype: np.dtype[np.floating]) -> FloatArray:
        """Return rows as W sees them, in a new array, which is dense."""
        rows: FloatArray = dense(X).astype(dtype)
        if self.standardization is not None:
            rows -= self.standardization.mean.astype(dtype)
            rows *= self.standardization.scale.astype(dtype)
        return rows

    def shifted(self, X: SparseMatrix, dtype: np.dtype[np.floating]) -> ShiftedRows:
        """Return sparse rows as W sees them, for products."""
        return ShiftedRows.standardized(X, self.standardization, dtype)

    def folded(self, params: Params) -> Params:
        """Return parameters that take raw rows."""
        return params if self.standardization is None else self.standardization.fold(params)

    def finish_gradient(self, params: Params, total: Params, weight_sum: float) -> Params:
        """Divide the summed products of slopes and raw rows, undo the fold and add the penalty's smooth part."""
        dtype = params.W.dtype
        dW, db = total.W / weight_sum, total.b / weight_sum
        if self.standardization is not None:
            mean, scale = self.standardization
            dW = (dW - db[:, :, None] * mean) * scale
        smooth = self.penalty.gradient(params.W)
        if smooth is not None:
            dW = dW + self.lam[:, None, None] * smooth
        return Params(dW.astype(dtype), (db if self.fit_intercept else np.zeros_like(db)).astype(dtype))


def predicted_classes(scores: FloatArray) -> Array:
    """Return the class with the best score, shape ``(B, ...)``; a single score means class 1 when above 0."""
    if scores.shape[-1] == 1:
        return (scores[..., 0] > 0).astype(np.int64)
    return scores.argmax(axis=-1)


def block_rows(width: int) -> int:
    """Return how many rows of so many numbers make a block of `BLOCK_ENTRIES` entries."""
    return max(1, BLOCK_ENTRIES // max(width, 1))


def pass_rows(params: Params, source: DataSource) -> int:
    """Return how many rows of a source make a block, by what a row takes: its entries or, if more, its scores."""
    return _rows_a_block(params, stored_entries(source.rows))


def _rows_a_block(params: Params, entries: int) -> int:
    K, R, _ = params.W.shape
    return block_rows(max(entries, K * R))


def _blocks(batch: Batch, rows: int) -> Iterator[Batch]:
    if len(batch.y) <= rows:
        yield batch
        return
    for first in range(0, len(batch.y), rows):
        part = slice(first, first + rows)
        yield Batch(batch.X[part], batch.y[part], None if batch.weight is None else batch.weight[part])


def _as_matrix(X: Array | SparseMatrix, dtype: np.dtype[np.floating]) -> FloatArray | SparseMatrix:
    return X.astype(dtype, copy=False)


def linear_scores(params: Params, X: Array | SparseMatrix, out: FloatArray | None = None) -> FloatArray:
    """Return ``W x + b`` for rows ``(B, D)``, ``(B, K, R)`` in the dtype of W, in `out` where that is given.

    The rows, however many, are turned into floats a block at a time.
    """
    K, R, D = params.W.shape
    n = X.shape[0]
    scores = np.empty((n, K, R), params.W.dtype) if out is None else out
    flat = scores.reshape(n, K * R)
    W = params.W.reshape(K * R, D).T
    if matrix_of(X) is not None:
        flat[:] = _as_matrix(X, params.W.dtype) @ W
        flat += params.b.reshape(K * R)
        return scores
    step = block_rows(D)
    for first in range(0, n, step):
        part = slice(first, first + step)
        np.matmul(_as_matrix(X[part], params.W.dtype), W, out=flat[part])
    flat += params.b.reshape(K * R)
    return scores


def weighted_slopes(slopes: FloatArray, weight: FloatArray | None) -> FloatArray:
    """Return slopes ``(B, K, R)`` times the weights ``(B,)`` of their rows, in their dtype."""
    return slopes if weight is None else slopes * weight[:, None, None].astype(slopes.dtype)


def slope_products(slopes: FloatArray, X: Array | SparseMatrix) -> FloatArray:
    """Return the sum of ``slopes x'`` over some rows, ``(K, R, D)``, from slopes ``(B, K, R)``."""
    B, K, R = slopes.shape
    return (slopes.reshape(B, K * R).T @ _as_matrix(X, slopes.dtype)).reshape(K, R, -1)
