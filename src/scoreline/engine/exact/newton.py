"""Newton's model of an objective whose loss has curvature in few rows: these active rows are all it needs."""

from __future__ import annotations

import numpy as np

from scoreline.engine.exact.constants import CG_ACCURACY, CG_LONGEST_STEP, CG_STEPS, NEWTON_ENTRIES, ZERO_CURVATURE
from scoreline.engine.exact.descent import ModelState
from scoreline.engine.exact.lbfgs import no_pairs
from scoreline.engine.exact.moments import Factors, Moments
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point, dot

__all__ = ["Newton"]


class Newton:
    r"""The Hessian of smoothed or squared hinges, solved by preconditioned conjugate gradients.

    .. math:: H = \frac{1}{\sum w_i} \sum_i w_i\, x_i x_i^\top \otimes \nabla^2 \ell_i + 2 \lambda \alpha I

    A smoothed hinge is straight but within the width of its kink, a squared one but where the margin is missed:
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

    def quadratic(self, state: ModelState) -> None:
        """Return nothing: slopes of hinges that are moved along a step are no better."""

    def learned(self, state: ModelState, step: Params, after: Point, before: Point) -> ModelState:
        """Learn nothing: the Hessian is known wherever it is asked for."""
        del step, after, before
        return state

    def direction(self, here: Point, state: ModelState) -> Params:
        """Return nearly :math:`-H^{-1} g`; see `Model.direction`."""
        preconditioner = self.factors.at(state.curvature)
        active = here.oracle.active_rows(here.scores, straight=ZERO_CURVATURE, most_entries=NEWTON_ENTRIES)
        x = Params(np.zeros_like(here.gradient.W), np.zeros_like(here.gradient.b))
        residual = here.gradient
        solved = preconditioner.solve(residual)
        along, size = solved, dot(residual, solved)
        enough = CG_ACCURACY**2 * size
        for _ in range(CG_STEPS):
            if size <= enough:
                break
            product = active.hessian_product(along)
            product = product._replace(W=product.W + along.W.dtype.type(self.ridge) * along.W)
            curvature = dot(along, product)
            if not curvature * CG_LONGEST_STEP > size:
                break
            t = size / curvature
            x, residual = x.plus(along, -t), residual.plus(product, -t)
            solved = preconditioner.solve(residual)
            before, size = size, dot(residual, solved)
            along = solved.plus(along, size / before)
        # Where there is no curvature at all, conjugate gradients have not begun.
        return x if dot(here.gradient, x) < 0 else Params(-solved.W, -solved.b)
