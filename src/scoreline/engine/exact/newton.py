"""Newton's model of an objective whose loss bends in few places: the rows that bend are all it needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.engine.exact.moments import Preconditioner
from scoreline.engine.problem.objective import block_rows
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.passes import Passes
from scoreline.engine.problem.point import Point, dot
from scoreline.losses import HingeLoss

__all__ = ["Newton"]

#: Numbers of the bending rows that are held at a time; of more rows than that, evenly spaced ones stand for all.
MOST_ENTRIES = 1 << 25
#: Steps of conjugate gradients at the most, and the residual at which they end, relative to the first.
MOST_STEPS, ACCURACY = 250, 0.05
#: Longest step of them: a bias that no row bends along would run away.
FARTHEST = 1e8
#: Share of the largest bend below which a row counts as straight.
STRAIGHT = 1e-5


class _Bending(NamedTuple):
    """The rows where the loss bends: standardised features, scores, labels, and their share of all weight."""

    X: FloatArray
    scores: FloatArray
    y: Labels
    share: FloatArray


class Newton:
    r"""The Hessian of rounded or squared hinges, solved by preconditioned conjugate gradients.

    .. math:: H = \frac{1}{\sum w_i} \sum_i w_i\, x_i x_i^\top \otimes \nabla^2 \ell_i + 2 \lambda \alpha I

    A rounded hinge is straight but within the width of its corner, a squared one but where the margin is missed:
    most rows take no part in H, and a step of conjugate gradients costs a small part of a pass over the data.

    References
    ----------
    Keerthi & DeCoste (2005), A modified finite Newton method for fast solution of large scale linear SVMs, JMLR 6;
    Lin, Weng & Keerthi (2008), Trust region Newton method for large-scale logistic regression, JMLR 9; Byrd, Chin,
    Neveitt & Nocedal (2011), On the use of stochastic Hessian information, SIAM J. Optim. 21, for the sample.
    """

    def __init__(self, passes: Passes, loss: HingeLoss, ridge: float, preconditioner: Preconditioner) -> None:
        self.passes, self.loss, self.ridge, self.preconditioner = passes, loss, ridge, preconditioner

    def learn(self, step: Params, after: Point, before: Point) -> None:
        """Learn nothing: the Hessian is known wherever it is asked for."""

    def direction(self, here: Point) -> Params:
        """Return nearly :math:`-H^{-1} g`; see `Model.direction`."""
        bending = self._bending(here.scores)
        x = Params(np.zeros_like(here.gradient.W), np.zeros_like(here.gradient.b))
        residual = here.gradient
        solved = self.preconditioner.solve(residual)
        along, size = solved, dot(residual, solved)
        enough = ACCURACY**2 * size
        for _ in range(MOST_STEPS):
            if size <= enough:
                break
            bent = self._hessian_times(bending, along)
            curvature = dot(along, bent)
            if not curvature * FARTHEST > size:
                break
            t = size / curvature
            x, residual = x.plus(along, -t), residual.plus(bent, -t)
            solved = self.preconditioner.solve(residual)
            before, size = size, dot(residual, solved)
            along = solved.plus(along, size / before)
        # Where nothing bends at all, conjugate gradients have not begun.
        return x if dot(here.gradient, x) < 0 else Params(-solved.W, -solved.b)

    def _hessian_times(self, bending: _Bending, params: Params) -> Params:
        change = bending.X @ params.W[0].T + params.b[0]
        slopes = bending.share[:, None] * self.loss.slope_change(bending.scores, bending.y, change)
        slopes = slopes.astype(bending.X.dtype, copy=False)
        W = slopes.T @ bending.X + params.W.dtype.type(self.ridge) * params.W[0]
        b = slopes.sum(axis=0) if self.passes.objective.fit_intercept else np.zeros_like(params.b[0])
        return Params(W[None], b[None])

    def _bending(self, scores: FloatArray) -> _Bending:
        """Gather the rows where the loss bends."""
        objective, source, (y, weight) = self.passes.objective, self.passes.source, self.passes.labelled
        # What bends along an arbitrary direction bends.
        arbitrary = np.random.default_rng(0).normal(size=(1, scores.shape[1])).astype(scores.dtype)
        bends = np.empty(len(y))
        rows = block_rows(scores.shape[1])
        for first in range(0, len(y), rows):
            part = slice(first, first + rows)
            change = np.broadcast_to(arbitrary, scores[part].shape)
            bends[part] = np.abs(self.loss.slope_change(scores[part], y[part], change)).max(axis=1)
        chosen = np.flatnonzero(bends > STRAIGHT * bends.max(initial=0))
        every = max(1, -(-len(chosen) * source.n_features // MOST_ENTRIES))
        chosen = chosen[::every]
        share = np.full(len(chosen), float(every)) if weight is None else every * weight[chosen]
        X = np.empty((len(chosen), source.n_features), scores.dtype)
        first = filled = 0
        for batch in source.batches(block_rows(source.n_features), seed=None):
            last = first + len(batch.y)
            own = chosen[np.searchsorted(chosen, first) : np.searchsorted(chosen, last)] - first
            X[filled : filled + len(own)] = objective.standardized(batch.X[own], X.dtype)
            first, filled = last, filled + len(own)
        return _Bending(X, scores[chosen], y[chosen], share / source.total_weight)
