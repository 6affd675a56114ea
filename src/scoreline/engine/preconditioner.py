"""A fixed approximation of the Hessian, cheap to invert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.objective import Objective, block_rows
from scoreline.engine.params import Params
from scoreline.losses import Loss

__all__ = ["Preconditioner", "curvature_at_zero"]

#: Rows that the Gram matrix is made of.
GRAM_ROWS = 10_000
#: What is added to the diagonal at first, relative to its largest entry.
JITTER = 1e-10
#: Features beyond which only the diagonal of the Gram matrix is used.
MAX_DENSE = 4096


def curvature_at_zero(loss: Loss, n_classes: int, n_rows: int) -> float:
    """Return the mean of the diagonal of the loss's Hessian by the scores, at scores of 0 (by differences)."""
    h = 1e-4
    y = np.arange(n_classes)
    ahead = np.zeros((n_classes, n_rows))
    diagonal = 0.0
    for row in range(n_rows):
        moved = ahead.copy()
        moved[:, row] = h
        up = loss.value_and_gradient(moved, y)[1][:, row]
        down = loss.value_and_gradient(-moved, y)[1][:, row]
        diagonal += float((up - down).mean()) / (2 * h)
    return max(diagonal / n_rows, 1e-3)


@dataclass(frozen=True, eq=False)
class Preconditioner:
    r"""The inverse of :math:`c\, \frac1n \sum_i \tilde x_i \tilde x_i^\top + 2 \lambda I`, for each class alike.

    :math:`\tilde x` is x with a 1 for the bias, which is not penalised; :math:`c` is the curvature of the loss at
    scores of 0; the sum runs over a sample of rows.
    """

    #: Cholesky factor ``(D + 1, D + 1)``, or the diagonal ``(D + 1,)``.
    factor: FloatArray

    @classmethod
    def of(cls, objective: Objective, source: DataSource) -> Preconditioner:
        """Measure the Gram matrix of a sample of `source` and factorise."""
        dense = source.n_features <= MAX_DENSE
        gram = _gram(objective, source, dense)
        gram *= curvature_at_zero(objective.loss, objective.n_classes, objective.n_rows)
        smooth = objective.penalty.gradient(np.ones((1, 1, 1)))
        ridge = np.full(
            source.n_features + 1, 0.0 if smooth is None else float(objective.lam[0] * smooth[0, 0, 0])
        )
        ridge[-1] = 0.0
        diagonal = np.einsum("ii->i", gram) if dense else gram
        diagonal += ridge
        # A feature that never varies has no curvature; the jitter keeps its row harmless.
        jitter = JITTER * max(float(diagonal.max()), 1e-30)
        return cls(_factorised(gram, jitter) if dense else diagonal + jitter)

    def solve(self, gradient: Params) -> Params:
        """Return the inverse times `gradient`."""
        from scipy.linalg import cho_solve

        flat = np.concatenate([gradient.W[0], gradient.b[0][:, None]], axis=1).astype(self.factor.dtype)
        if self.factor.ndim == 2:
            solved = cho_solve((self.factor, True), flat.T, check_finite=False).T
        else:
            solved = flat / self.factor
        solved = solved.astype(gradient.W.dtype)
        return Params(solved[None, :, :-1], solved[None, :, -1])


def _factorised(gram: FloatArray, jitter: float) -> FloatArray:
    """Return the lower Cholesky factor of a Gram matrix with `jitter`, or what it takes, on its diagonal.

    Dependent features have eigenvalues of 0, and rounding (that of float32 data is some 1e-7 of the largest) may
    push these below; the jitter grows until they are above.
    """
    from scipy.linalg import LinAlgError, cho_factor

    lifted = gram.copy()
    np.einsum("ii->i", lifted)[:] += jitter
    try:
        factor: Any = cho_factor(lifted, lower=True, overwrite_a=True, check_finite=False)[0]
    except LinAlgError:
        if not jitter < gram.max():  # then it is no Gram matrix
            raise
        return _factorised(gram, 10 * jitter)
    return np.asarray(factor)


def _gram(objective: Objective, source: DataSource, dense: bool) -> FloatArray:
    """Return the second moments of a sample of rows with a 1 appended: a matrix, or its diagonal."""
    D = source.n_features
    total = np.zeros((D + 1, D + 1) if dense else D + 1)
    rows, seen = 0, 0.0
    for batch in source.batches(min(block_rows(D), GRAM_ROWS), seed=0):
        X = np.ones((len(batch.y), D + 1), np.float64 if batch.X.dtype == np.float64 else np.float32)
        X[:, :-1] = batch.X
        if objective.standardization is not None:
            mean, scale = objective.standardization
            X[:, :-1] = (X[:, :-1] - mean) * scale
        if not objective.fit_intercept:
            X[:, -1] = 0
        weight = np.ones(len(X)) if batch.weight is None else batch.weight
        weighted = X * np.sqrt(weight)[:, None].astype(X.dtype)
        total += weighted.T @ weighted if dense else np.einsum("ij,ij->j", weighted, weighted)
        rows += len(X)
        seen += float(weight.sum())
        if rows >= GRAM_ROWS and seen > 0:
            break
    return total / seen
