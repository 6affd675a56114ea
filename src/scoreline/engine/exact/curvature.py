"""The loss's curvature near a point."""

from __future__ import annotations

import numpy as np

from scoreline.engine.exact.constants import (
    CURVATURE_ENTRIES,
    CURVATURE_LENGTH,
    CURVATURE_RANGE,
    CURVATURE_ROWS,
    DIRECTIONS,
)
from scoreline.engine.problem.oracle import Oracle, Vector

__all__ = ["mean_curvature"]


def mean_curvature(oracle: Oracle, scores: Vector) -> float:
    r"""Return about the mean of the diagonal of the loss's Hessian H by the scores, on a sample of examples.

    The mean of :math:`v^\top H v` over the rows v of a Hadamard matrix is the trace of H. Each row of data takes a
    few of them by chance: where there are few rows of data all, so that repeated rows count as their weights
    say. Products with H are differences of slopes.

    References
    ----------
    Bekas, Kokiopoulou & Saad (2007), An estimator for the diagonal of a matrix, Appl. Numer. Math. 57; Hutchinson
    (1990), A stochastic estimator of the trace of the influence matrix for Laplacian smoothing splines, Commun.
    Statist. Simula. 19, for chance.
    """
    from scipy.linalg import hadamard

    loss, R = oracle.objective.loss, oracle.n_rows
    sample, y, share = oracle.sample(scores, min(CURVATURE_ROWS, max(1, CURVATURE_ENTRIES // R)))
    if share is not None and not share.any():
        share = None
    signs = CURVATURE_LENGTH * hadamard(1 << (R - 1).bit_length())[:, :R]
    n_directions = min(len(signs), int(np.clip(CURVATURE_ROWS // len(y), *DIRECTIONS)))
    drawn = np.random.default_rng(0).random((len(y), len(signs))).argsort(axis=1)
    total = 0.0
    for j in range(n_directions):
        step = signs[drawn[:, j]]
        change = loss.value_and_gradient(sample + step, y)[1] - loss.value_and_gradient(sample - step, y)[1]
        along = np.einsum("ij,ij->i", change, step)
        total += float(np.average(along, weights=share)) / (2 * CURVATURE_LENGTH**2 * R)
    bound = loss.curvature(max(2, R))
    return float(np.clip(total / n_directions, CURVATURE_RANGE[0] * bound, CURVATURE_RANGE[1] * bound))
