"""Newton's model of an objective whose loss has curvature in few rows: these active rows are all it needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.engine.exact.constants import CG_ACCURACY, CG_FARTHEST, CG_STEPS, NEWTON_ENTRIES, STRAIGHT
from scoreline.engine.exact.descent import ModelState
from scoreline.engine.exact.lbfgs import no_pairs
from scoreline.engine.exact.moments import Factors, Moments
from scoreline.engine.problem.objective import block_rows
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.passes import Passes
from scoreline.engine.problem.point import Point, dot
from scoreline.losses import HessianLoss

__all__ = ["Newton"]


class _ActiveRows(NamedTuple):
    """Rows where the loss has curvature: standardised features, scores, labels, and their share of all weight."""

    X: FloatArray
    scores: FloatArray
    y: Labels
    share: FloatArray


class Newton:
    r"""The Hessian of smoothed or squared hinges, solved by preconditioned conjugate gradients.

    .. math:: H = \frac{1}{\sum w_i} \sum_i w_i\, x_i x_i^\top \otimes \nabla^2 \ell_i + 2 \lambda \alpha I

    A smoothed hinge is straight but within the width of its corner, a squared one but where the margin is missed:
    most rows take no part in H, and a step of conjugate gradients costs a small part of a pass over the data.

    References
    ----------
    Keerthi & DeCoste (2005), A modified finite Newton method for fast solution of large scale linear SVMs, JMLR 6;
    Lin, Weng & Keerthi (2008), Trust region Newton method for large-scale logistic regression, JMLR 9; Byrd, Chin,
    Neveitt & Nocedal (2011), On the use of stochastic Hessian information, SIAM J. Optim. 21, for the sample.
    """

    def __init__(self, moments: Moments, ridge: float) -> None:
        self.ridge = ridge
        self.factors = Factors(moments, ridge)

    def first(self, curvature: float) -> ModelState:
        """Return the state of the model at a point where the loss has a mean curvature."""
        return ModelState(curvature, no_pairs())

    def prepare(self, state: ModelState) -> None:
        """Factorise."""
        self.factors.at(state.curvature)

    def near(self, state: ModelState) -> None:
        """Return nothing: slopes of hinges that are moved along a step are no better."""

    def learned(self, state: ModelState, step: Params, after: Point, before: Point) -> ModelState:
        """Learn nothing: the Hessian is known wherever it is asked for."""
        del step, after, before
        return state

    def direction(self, here: Point, state: ModelState) -> Params:
        """Return nearly :math:`-H^{-1} g`; see `Model.direction`."""
        loss = here.passes.objective.loss.hessian
        assert loss is not None  # noqa: S101 - what the choice of this model has made sure of
        preconditioner, active = self.factors.at(state.curvature), self._active_rows(here, loss)
        x = Params(np.zeros_like(here.gradient.W), np.zeros_like(here.gradient.b))
        residual = here.gradient
        solved = preconditioner.solve(residual)
        along, size = solved, dot(residual, solved)
        enough = CG_ACCURACY**2 * size
        for _ in range(CG_STEPS):
            if size <= enough:
                break
            product = self._hessian_times(here.passes, loss, active, along)
            curvature = dot(along, product)
            if not curvature * CG_FARTHEST > size:
                break
            t = size / curvature
            x, residual = x.plus(along, -t), residual.plus(product, -t)
            solved = preconditioner.solve(residual)
            before, size = size, dot(residual, solved)
            along = solved.plus(along, size / before)
        # Where there is no curvature at all, conjugate gradients have not begun.
        return x if dot(here.gradient, x) < 0 else Params(-solved.W, -solved.b)

    def _hessian_times(self, passes: Passes, loss: HessianLoss, active: _ActiveRows, params: Params) -> Params:
        change = active.X @ params.W[0].T + params.b[0]
        slopes = active.share[:, None] * loss.slope_change(active.scores, active.y, change)
        slopes = slopes.astype(active.X.dtype, copy=False)
        W = slopes.T @ active.X + params.W.dtype.type(self.ridge) * params.W[0]
        b = slopes.sum(axis=0) if passes.objective.fit_intercept else np.zeros_like(params.b[0])
        return Params(W[None], b[None])

    @staticmethod
    def _active_rows(here: Point, loss: HessianLoss) -> _ActiveRows:
        """Gather the rows where the loss has curvature."""
        passes, scores = here.passes, here.scores
        objective, source, (y, weight) = passes.objective, passes.source, passes.labelled
        # A row with curvature has some along an arbitrary direction.
        arbitrary = np.random.default_rng(0).normal(size=(1, scores.shape[1])).astype(scores.dtype)
        curvatures = np.empty(len(y))
        rows = block_rows(scores.shape[1])
        for first in range(0, len(y), rows):
            part = slice(first, first + rows)
            change = np.broadcast_to(arbitrary, scores[part].shape)
            curvatures[part] = np.abs(loss.slope_change(scores[part], y[part], change)).max(axis=1)
        chosen = np.flatnonzero(curvatures > STRAIGHT * curvatures.max(initial=0))
        every = max(1, -(-len(chosen) * source.n_features // NEWTON_ENTRIES))
        chosen = chosen[::every]
        share = np.full(len(chosen), float(every)) if weight is None else every * weight[chosen]
        X = np.empty((len(chosen), source.n_features), scores.dtype)
        first = filled = 0
        for batch in source.batches(block_rows(source.n_features), seed=None):
            last = first + len(batch.y)
            own = chosen[np.searchsorted(chosen, first) : np.searchsorted(chosen, last)] - first
            X[filled : filled + len(own)] = objective.standardized(batch.X[own], X.dtype)
            first, filled = last, filled + len(own)
        return _ActiveRows(X, scores[chosen], y[chosen], share / source.total_weight)
