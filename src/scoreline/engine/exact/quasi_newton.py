"""The quasi-Newton model of a smooth objective: recent curvature on top of the second moments of the data."""

from __future__ import annotations

from scoreline.engine.exact.constants import CURVATURE_RATIO, FACTOR_ITERATIONS, ITERATION_RATE
from scoreline.engine.exact.curvature import mean_curvature
from scoreline.engine.exact.descent import ModelState
from scoreline.engine.exact.lbfgs import inverse_times, no_pairs, with_pair
from scoreline.engine.exact.moments import Factors, Moments, Preconditioner
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point

__all__ = ["QuasiNewton"]


class QuasiNewton:
    r"""Recent curvature, by L-BFGS, on top of :math:`(c\, M + 2 \lambda I)^{-1}` with c that of the loss here.

    The curvature of softmax falls from :math:`1/C` to nearly nothing where rows become separable,
    and the balance of data and penalty with it.

    Parameters
    ----------
    moments : Moments
        Of the data.
    ridge : float
        :math:`2 \lambda`.
    numbers : int
        Examples times features times rows of scores.
    """

    def __init__(self, moments: Moments, ridge: float, numbers: int) -> None:
        self.factors = Factors(moments, ridge)
        self.follows = moments.multiplications_for_a_ridge <= FACTOR_ITERATIONS * 2 * numbers / ITERATION_RATE

    def first(self, curvature: float) -> ModelState:
        """Return the state of the model at a point where the loss has a mean curvature."""
        return ModelState(curvature, no_pairs())

    def prepare(self, state: ModelState) -> None:
        """Factorise, where the curvature asks for it: see `Model.prepare`."""
        self.factors.at(state.curvature)

    def quadratic(self, state: ModelState) -> Preconditioner:
        """Return the quadratic near a point; see `Model.quadratic`."""
        return self.factors.at(state.curvature)

    def direction(self, here: Point, state: ModelState) -> Params:
        """Return minus the inverse Hessian times the gradient; see `Model.direction`."""
        r = inverse_times(state.recent, self.factors.at(state.curvature).solve, here.gradient)
        return Params(-r.W, -r.b)

    def learned(self, state: ModelState, step: Params, after: Point, before: Point) -> ModelState:
        """Keep the curvature along the step; see `Model.learned`."""
        curvature, recent = state.curvature, with_pair(state.recent, step, after.gradient, before.gradient)
        if self.follows:
            now = mean_curvature(after.oracle, after.scores)
            curvature = curvature if 1 / CURVATURE_RATIO < now / curvature < CURVATURE_RATIO else now
        return ModelState(curvature, recent)
