"""The loss's curvature near a point, and the quadratic model of the objective that follows it."""

from __future__ import annotations

import numpy as np

from scoreline.engine.exact.lbfgs import LBFGS
from scoreline.engine.exact.moments import Moments
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.passes import Passes
from scoreline.engine.problem.point import Point

__all__ = ["CurvatureModel", "mean_curvature"]

#: Least and largest curvature that a preconditioner is made with, relative to the loss's bound.
CURVATURE_RANGE = 1e-6, 1.0
#: Rows and scores that it is measured on at the most, and the length of the directions that it is measured along.
CURVATURE_ROWS, CURVATURE_ENTRIES, LENGTH = 2000, 1 << 19, 1e-3
#: Fewest and most directions of a row: as many as give `CURVATURE_ROWS` of them in all.
DIRECTIONS = 2, 16
#: A preconditioner is made anew where the curvature is this many times what it was made for, or one over it,
CHANGED = 2.0
#: and where that takes no more than so many iterations do, whose passes reach a quarter of a product's speed.
WORTH_ITERATIONS, OF_A_PRODUCT = 12, 0.25


class CurvatureModel:
    r"""Recent curvature, by L-BFGS, on top of :math:`(c\, M + 2 \lambda I)^{-1}` with c that of the loss here.

    The curvature of softmax falls from :math:`1/C` to nearly nothing where rows come to be told apart for certain,
    and the balance of data and penalty with it.

    Parameters
    ----------
    passes : Passes
        Over a smooth objective.
    moments : Moments
        Of its data.
    curvature : float
        Of the loss where the way begins; see `mean_curvature`.
    ridge : float
        :math:`2 \lambda`.
    """

    def __init__(self, passes: Passes, moments: Moments, curvature: float, ridge: float) -> None:
        self.passes, self.moments, self.ridge = passes, moments, ridge
        self.preconditioner = moments.preconditioner(curvature, ridge)
        self.recent = LBFGS(self.preconditioner.solve)
        rows, features = passes.source.n_examples, passes.source.n_features
        iteration = 2 * rows * features * passes.objective.n_rows / OF_A_PRODUCT
        self.follows = moments.multiplications_for_a_ridge <= WORTH_ITERATIONS * iteration

    def learn(self, step: Params, after: Point, before: Point) -> None:
        """Keep the curvature along the step; see `Model.learn`."""
        self.recent.learn(step, after.gradient, before.gradient)
        if self.follows:
            curvature = mean_curvature(self.passes, after)
            if not 1 / CHANGED < curvature / self.preconditioner.curvature < CHANGED:
                self.preconditioner = self.moments.preconditioner(curvature, self.ridge)
                self.recent.inverse = self.preconditioner.solve

    def direction(self, here: Point) -> Params:
        """Return minus the inverse Hessian times the gradient; see `Model.direction`."""
        r = self.recent.times(here.gradient)
        return Params(-r.W, -r.b)


def mean_curvature(passes: Passes, here: Point) -> float:
    r"""Return about the mean of the diagonal of the loss's Hessian H by the scores, on a sample of rows.

    The mean of :math:`v^\top H v` over the rows v of a Hadamard matrix is the trace of H. Each row of data takes a
    few of them by chance: where there are few rows of data all, so that repeated rows are worth what their weights
    say. Products with H are differences of slopes.

    References
    ----------
    Bekas, Kokiopoulou & Saad (2007), An estimator for the diagonal of a matrix, Appl. Numer. Math. 57; Hutchinson
    (1990), A stochastic estimator of the trace of the influence matrix for Laplacian smoothing splines, Commun.
    Statist. Simula. 19, for chance.
    """
    from scipy.linalg import hadamard

    loss, labelled = passes.objective.loss, passes.labelled
    n, R = here.scores.shape
    rows = np.linspace(0, n - 1, min(n, CURVATURE_ROWS, max(1, CURVATURE_ENTRIES // R))).astype(np.int64)
    sample, y = here.scores[rows].astype(np.float64), labelled.y[rows]
    share = None if labelled.weight is None else labelled.weight[rows]
    if share is not None and not share.any():
        share = None
    signs = LENGTH * hadamard(1 << (R - 1).bit_length())[:, :R]
    n_directions = min(len(signs), int(np.clip(CURVATURE_ROWS // len(rows), *DIRECTIONS)))
    drawn = np.random.default_rng(0).random((len(rows), len(signs))).argsort(axis=1)
    total = 0.0
    for j in range(n_directions):
        step = signs[drawn[:, j]]
        change = loss.value_and_gradient(sample + step, y)[1] - loss.value_and_gradient(sample - step, y)[1]
        along = np.einsum("ij,ij->i", change, step)
        total += float(np.average(along, weights=share)) / (2 * LENGTH**2 * R)
    bound = loss.curvature(max(2, R))
    return float(np.clip(total / n_directions, CURVATURE_RANGE[0] * bound, CURVATURE_RANGE[1] * bound))
