"""A learning rate that follows from the data."""

from __future__ import annotations

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import Batch, DataSource
from scoreline.engine.problem.objective import Objective, compute_dtype
from scoreline.engine.problem.shifted_rows import ShiftedRows
from scoreline.optimizers import Optimizer
from scoreline.rows import stored_entries

__all__ = ["largest_eigenvalue", "safe_lr", "sample_rows", "suggest_lr"]

#: Rows that the estimate uses, and entries in them, at the most.
SAMPLE, SAMPLE_ENTRIES = 2048, 1 << 23


def sample_rows(n_features: int) -> int:
    """Return how many rows the estimate uses: 2,048, or fewer of very many features."""
    return min(SAMPLE, max(1, SAMPLE_ENTRIES // max(n_features, 1)))


def suggest_lr(objective: Objective, source: DataSource, optimizer: Optimizer, batch_size: int) -> FloatArray:
    """Return the optimiser's customary rate, or for one that does not rescale gradients the safe rate, ``(K,)``.

    Parameters
    ----------
    objective, source, optimizer, batch_size
        Of the run to come.
    """
    if optimizer.default_lr is not None:
        return np.full(objective.n_configurations, optimizer.default_lr)
    return safe_lr(objective, source, batch_size)


def safe_lr(objective: Objective, source: DataSource, batch_size: int) -> FloatArray:
    r"""Return one over the expected smoothness of a mini-batch, below which plain steps converge, ``(K,)``.

    .. math:: \eta_k = \frac{1}{L_B}, \qquad
       L_B = c \left(\frac{n(B-1)}{B(n-1)} \lambda_{\max} + \frac{n-B}{B(n-1)} \max_i \|x_i\|^2 \right)
             + \lambda_{\mathrm{reg},k}

    with :math:`c` the loss's curvature bound, :math:`\lambda_{\max}` the largest eigenvalue of
    :math:`\frac1n \sum x_i x_i^\top` (a 1 appended to x for the bias) and :math:`\lambda_{\mathrm{reg},k}` the
    curvature of configuration k's penalty at its strongest. Eigenvalue and norms come from a sample of 2,048 rows,
    and the mean norm stands in for the largest, which a sample cannot know.

    References
    ----------
    Gower et al. (2019), SGD: general analysis and improved rates, ICML, proposition 3.8 (b-nice sampling).
    """
    X, squares = _sample(objective, source)
    n, B = source.n_examples, min(batch_size, source.n_examples)
    row = float(squares.mean())
    whole = (n * (B - 1)) / (B * (n - 1)) if n > 1 else 1.0
    single = (n - B) / (B * (n - 1)) if n > 1 else 0.0
    curvature = objective.loss.curvature(objective.n_classes)
    smoothness = curvature * (whole * largest_eigenvalue(X) + single * row)
    return 1.0 / np.maximum(smoothness + _penalty_curvature(objective), 1e-30)


def largest_eigenvalue(X: FloatArray | ShiftedRows, *, iterations: int = 30, seed: int = 0) -> float:
    """Return the largest eigenvalue of ``X'X / n`` by power iteration (from below, within a few per cent)."""
    rng = np.random.default_rng(seed)
    unit: FloatArray = rng.standard_normal((X.shape[1],))
    value = 0.0
    for _ in range(iterations):
        size = float(np.sqrt(unit @ unit))
        if size == 0:
            return 0.0
        direction = (unit / size).astype(X.dtype)
        unit = np.asarray((X @ direction) @ X, dtype=np.float64) / len(X)
        value = float(np.sqrt(unit @ unit))
    return value


def _sample(objective: Objective, source: DataSource) -> tuple[FloatArray | ShiftedRows, FloatArray]:
    """Return some rows as the objective sees them, a 1 appended where there is a bias, and their squared norms.

    Each is multiplied by the root of its share of the weight, so that their second moments are the weighted ones.
    """
    rows = sample_rows(stored_entries(source.rows))
    batch = next(iter(source.batches(min(rows, source.n_examples), seed=0)))
    if batch.matrix is not None:
        sparse = _sparse_sample(objective, batch)
        return sparse, sparse.squares()
    X = objective.standardized(batch.X, compute_dtype(batch.X.dtype))
    if objective.fit_intercept:
        X = np.column_stack([X, np.ones(len(X), X.dtype)])
    if batch.weight is not None:
        X *= np.sqrt(batch.weight / max(batch.weight.mean(), 1e-30))[:, None].astype(X.dtype)
    return X, np.einsum("ij,ij->i", X, X, dtype=np.float64)


def _sparse_sample(objective: Objective, batch: Batch) -> ShiftedRows:
    """Return sparse rows as `_sample` does, for products alone."""
    from scipy.sparse import csr_array, hstack

    X = objective.shifted(batch.X, compute_dtype(batch.X.dtype))
    if objective.fit_intercept:
        ones = csr_array(np.ones((len(X), 1), X.dtype))
        X = ShiftedRows(hstack([X.sparse, ones], format="csr"), X.left, np.append(X.right, 0))
    return X if batch.weight is None else X.weighted(np.sqrt(batch.weight / max(batch.weight.mean(), 1e-30)))


def _penalty_curvature(objective: Objective) -> FloatArray:
    """Return twice ``lam`` times the penalty's curvature, read off its gradient at W = 1, ``(K,)``."""
    slope = objective.penalty.gradient(np.ones((1, 1, 1)))
    return np.zeros_like(objective.lam) if slope is None else objective.lam * float(slope.max())
